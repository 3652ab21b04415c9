// What the page asks of the server.

async function ask(path, options = {}) {
  const response = await fetch(path, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.title ?? `The server answered ${response.status}`);
  return body;
}

function send(verb, path, body) {
  const headers = { "Content-Type": "application/json" };
  return ask(path, { method: verb, headers, body: JSON.stringify(body) });
}

export const state = () => ask("/chat/state");
export const commands = () => ask("/chat/commands");
export const messages = (chatId) => ask(`/chat/chats/${chatId}/messages`);
export const addUser = (firstName) => send("POST", "/chat/users", { first_name: firstName });
export const start = (userId, payload) => send("POST", `/chat/users/${userId}/start`, { payload });
export const block = (userId, blocked) => send("PUT", `/chat/users/${userId}/blocked`, { blocked });
export const photoUrl = (photo) => `/chat/photos/${photo.id}`;

export function press(message, userId, data) {
  const path = `/chat/chats/${message.chat_id}/messages/${message.id}/press`;
  return send("POST", path, { user_id: userId, data });
}

/** Send text, with a photo if there is one, as a reply if `replyTo` is a message. */
export function write(chatId, userId, { text, photo, replyTo }) {
  const path = `/chat/chats/${chatId}/messages`;
  const thread = replyTo?.thread_id ?? null;
  if (!photo) {
    return send("POST", path, { user_id: userId, text, reply_to: replyTo?.id ?? null, thread_id: thread });
  }
  const form = new FormData();
  form.set("user_id", userId);
  form.set("text", text);
  form.set("reply_to", replyTo?.id ?? "");
  form.set("thread_id", thread ?? "");
  form.set("photo", photo);
  return ask(path, { method: "POST", body: form });
}

/** Hear of every change after `since`; `onConnection(up)` tells when the server goes and returns. */
export function listen(since, handlers, onConnection) {
  const source = new EventSource(`/chat/events?since=${since}`);
  for (const [name, handler] of Object.entries(handlers)) {
    source.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  }
  source.addEventListener("open", () => onConnection(true));
  source.addEventListener("error", () => onConnection(false));
}
