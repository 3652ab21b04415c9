// The chat page: one conversation on the screen, kept current by server-sent events.

import * as api from "./api.js";
import { bubble, day, initials, make, note, summary } from "./bubbles.js";
import { Composer } from "./composer.js";
import { notice, view } from "./notices.js";

const NEAR_BOTTOM_PX = 140;
const PATIENCE_MS = 15_000;

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
const log = $("log");

const people = new Map();
const chats = new Map();
const messages = new Map();
const unread = new Map();
const presses = new Map();
let invitation = query.get("start");
let bot;
let instance;
let current = null;
let following = true;

const composer = new Composer({
  send: (content) => api.write(current.chat.id, current.user.id, content),
  mark: (message) => {
    log.querySelector(".target")?.classList.remove("target");
    if (message) element(message.id)?.classList.add("target");
  },
});

const actions = { press, reply: (message) => composer.replyTo(message), view, jump };

const element = (id) => log.querySelector(`[data-id="${id}"]`);
const of = (chatId) => messages.get(chatId) ?? new Map();
const isPrivate = (chat) => chat.kind === "private";

async function press(message, button, key) {
  key.setAttribute("aria-busy", "true");
  try {
    setTimeout(() => key.removeAttribute("aria-busy"), PATIENCE_MS);
    const answer = await api.press(message, current.user.id, button.data);
    presses.set(answer.id, { key, early: presses.get(answer.id)?.answered });
    if (presses.get(answer.id).early) answered(presses.get(answer.id).early);
  } catch (error) {
    key.removeAttribute("aria-busy");
    notice(error.message);
  }
}

/** The answer can come before the answer to our own request: then it waits for that. */
function answered(answer) {
  if (answer.answered_at === null || answer.user_id !== current?.user.id) return;
  const mine = presses.get(answer.id);
  if (!mine?.key) {
    presses.set(answer.id, { answered: answer });
    return;
  }
  presses.delete(answer.id);
  mine.key.removeAttribute("aria-busy");
  if (answer.text) notice(answer.text, { alert: answer.show_alert });
}

function jump(id) {
  element(id)?.scrollIntoView({ block: "center" });
  composer.mark({ id });
}

function drawList() {
  const entries = [...chats.values()].filter((chat) => chat.members.length && !chat.migrated_to);
  $("conversations").hidden = entries.length < 2;
  $("back").hidden = entries.length < 2;
  $("list").replaceChildren(...entries.map(listEntry));
}

function listEntry(chat) {
  const last = [...of(chat.id).values()].filter((message) => !message.deleted).at(-1);
  const lines = make("span", "lines", make("span", "name", chat.title));
  lines.append(make("span", "last", last ? summary(last) : "Not started"));
  const face = make("span", "avatar", initials(chat.title));
  face.setAttribute("aria-hidden", "true");
  const button = make("button", "", face, lines);
  button.type = "button";
  if (unread.get(chat.id)) button.append(make("span", "unread", String(unread.get(chat.id))));
  button.setAttribute("aria-current", String(current?.chat.id === chat.id));
  button.addEventListener("click", () => open(chat));
  return make("li", "", button);
}

function drawHead() {
  const { chat, user } = current;
  const title = isPrivate(chat) ? bot.name : chat.title;
  const several = chats.size > 1 && isPrivate(chat);
  $("title").textContent = title;
  $("avatar").textContent = initials(title);
  $("subtitle").textContent = isPrivate(chat)
    ? several ? `bot, in the chat of ${user.name}` : "bot"
    : `${chat.members.length} members and the bot`;
  $("block").hidden = !isPrivate(chat) || !chat.joined;
  $("block").textContent = user.blocked ? "Unblock bot" : "Block bot";
  $("as").hidden = isPrivate(chat) || chat.members.length < 2;
  $("as-user").replaceChildren(...chat.members.map((id) => {
    const option = make("option", "", people.get(id)?.name ?? String(id));
    option.value = id;
    option.selected = id === user.id;
    return option;
  }));
}

function drawFoot() {
  const ready = current && current.chat.joined && !current.user.blocked && invitation === null;
  $("composer").hidden = !ready;
  $("welcome").hidden = Boolean(ready);
  $("welcome-avatar").textContent = initials(bot.name);
  $("welcome-name").hidden = Boolean(current);
  $("first-name").required = !current;
  $("welcome-text").textContent = current?.user.blocked
    ? "You blocked this bot. Start it again to hear from it."
    : invitation !== null && current
      ? "You have an invitation. Start the bot to use it."
      : `${bot.name} writes to you once you have started it.`;
}

function drawLog() {
  log.replaceChildren();
  for (const message of of(current.chat.id).values()) put(message);
  toBottom();
  const last = [...of(current.chat.id).values()].filter((message) => !message.deleted).at(-1);
  composer.replyTo(last?.force_reply ? last : null);
}

/** Show a message in its place, new or changed. */
function put(message) {
  const old = element(message.id);
  if (message.deleted) {
    if (composer.target?.id === message.id) composer.replyTo(null);
    old?.remove();
    return;
  }
  const own = message.sender_id === current.user.id;
  const text = note(message);
  const cited = of(message.chat_id).get(message.reply_to);
  const group = isPrivate(current.chat) ? null : current.chat;
  const node = text ? make("p", "note", text) : bubble(message, { own, group, cited, actions });
  node.dataset.id = message.id;
  node.dataset.day = day(message.sent_at);
  if (old) old.replaceWith(node);
  else append(node);
}

function append(node) {
  const shown = [...log.querySelectorAll("[data-day]")].at(-1)?.dataset.day;
  if (shown !== node.dataset.day) log.append(make("p", "day", node.dataset.day));
  log.append(node);
}

function received(message) {
  const known = of(message.chat_id).has(message.id);
  if (!messages.has(message.chat_id)) messages.set(message.chat_id, new Map());
  messages.get(message.chat_id).set(message.id, message);
  if (current?.chat.id === message.chat_id) show(message, known);
  else if (!known) unread.set(message.chat_id, (unread.get(message.chat_id) ?? 0) + 1);
  drawList();
}

async function offerCommands() {
  composer.offer(await api.commands(), current.chat.id);
}

function show(message, known) {
  const own = message.sender_id === current.user.id;
  put(message);
  if (!known) element(message.id)?.classList.add("new");
  if (following || (own && !known)) toBottom();
  else if (!known) $("newer").hidden = false;
  if (message.from_bot && $("menu").hidden) offerCommands();  // a bot sets its menu when it starts
  if (message.force_reply && !known) composer.replyTo(message, { focus: true });
}

function toBottom() {
  following = true;
  log.scrollTop = log.scrollHeight;
  $("newer").hidden = true;
}

async function open(chat) {
  const wanted = Number(query.get("user"));
  const id = chat.members.includes(wanted) ? wanted : chat.members[0];
  current = { chat, user: people.get(id) };
  unread.delete(chat.id);
  $("frame").dataset.view = "chat";
  drawHead();
  drawFoot();
  drawLog();
  drawList();
  await offerCommands();
}

async function load() {
  const state = await api.state();
  ({ bot, instance } = state);
  document.title = `${bot.name}, demo chat`;
  $("intro").textContent = state.intro;
  $("intro").hidden = !state.intro;
  state.users.forEach((user) => people.set(user.id, user));
  state.chats.forEach((chat) => chats.set(chat.id, chat));
  await Promise.all(state.chats.map(async (chat) => {
    const found = await api.messages(chat.id);
    messages.set(chat.id, new Map(found.messages.map((message) => [message.id, message])));
  }));
  const first = chats.get(Number(query.get("user"))) ?? [...chats.values()][0];
  if (first) await open(first);
  else drawFoot();
  $("title").textContent = bot.name;
  $("avatar").textContent = initials(bot.name);
  api.listen(state.revision, { message: received, press: answered, conversation, user }, connection);
}

function conversation(chat) {
  chats.set(chat.id, chat);
  if (current?.chat.id === chat.id) {
    current.chat = chat;
    drawHead();
    drawFoot();
  }
  if (!current && people.has(chat.members[0])) open(chat);
  drawList();
}

function user(changed) {
  people.set(changed.id, changed);
  if (current?.user.id === changed.id) {
    current.user = changed;
    drawHead();
    drawFoot();
  }
  if (!current && chats.has(changed.id)) open(chats.get(changed.id));
}

/** A server that started anew remembers nothing: begin anew with it. */
async function connection(up) {
  $("subtitle").classList.toggle("down", !up);
  if (!up) $("subtitle").textContent = "connecting…";
  else if ((await api.state()).instance !== instance) location.reload();
  else if (current) drawHead();
}

async function begin(event) {
  event.preventDefault();
  try {
    const person = current?.user ?? (await api.addUser($("first-name").value));
    await api.start(person.id, invitation ?? "");
    invitation = null;
    query.delete("start");
    history.replaceState(null, "", `/?${query}`);
    if (current) drawFoot();
  } catch (error) {
    notice(error.message);
  }
}

$("welcome").addEventListener("submit", begin);
$("newer").addEventListener("click", toBottom);
$("back").addEventListener("click", () => { $("frame").dataset.view = "list"; });
$("block").addEventListener("click", () => api.block(current.user.id, !current.user.blocked));
$("as-user").addEventListener("change", (event) => {
  current.user = people.get(Number(event.target.value));
  drawHead();
  drawFoot();
  drawLog();
});
log.addEventListener("scroll", () => {
  following = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_BOTTOM_PX;
  if (following) $("newer").hidden = true;
});
// The newest message stays in sight when the composer grows or the window shrinks.
new ResizeObserver(() => { if (following) toBottom(); }).observe(log);
load().catch((error) => notice(error.message));
