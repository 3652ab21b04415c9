// Messages to elements.

import { photoUrl } from "./api.js";
import { formatted, link } from "./entities.js";

const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat([], { weekday: "long", day: "numeric", month: "long" });
const SILENT = "M6.500 10a5.500 5.500 0 0 1 11 0c0 5 2 6.500 2 6.500h-15s2-1.500 2-6.500M10 20h4M4 4l16 16";
const LOCK = "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3";

/** Return an element with a class and content. */
export function make(tag, className, ...content) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...content);
  return node;
}

export const clock = (seconds) => CLOCK.format(new Date(seconds * 1000));
export const day = (seconds) => DAY.format(new Date(seconds * 1000));

export function initials(name) {
  return name.split(/\s+/).slice(0, 2).map((word) => word[0] ?? "").join("").toUpperCase();
}

/** Return one line that stands for a message in lists and quotes. */
export function summary(message) {
  const line = message.text.split("\n", 1)[0];
  return line || (message.photo ? "Photo" : "Message");
}

/**
 * Return the element of a message. `own` says that the acting user wrote it, `cited` is the message
 * it replies to, `group` the chat unless it is a private one, `actions` has press(message, button, key), reply(message), view(message), jump(id).
 */
export function bubble(message, { own, group, cited, actions }) {
  const node = make("article", `message${own ? " own" : ""}${message.photo ? " has-photo" : ""}`);
  node.dataset.id = message.id;
  node.setAttribute("aria-label", `${own ? "You" : message.sender_name}, ${clock(message.sent_at)}`);
  const card = make("div", "bubble");
  if (group) card.append(sender(message, group));
  if (cited) card.append(citation(cited, actions));
  if (message.photo) card.append(photo(message, actions, node));
  if (message.text) card.append(body(message));
  card.append(foot(message, actions));
  card.addEventListener("click", (event) => {
    const busy = event.target.closest("a, button, .spoiler") || String(getSelection());
    if (!busy) actions.reply(message);
  });
  node.append(card);
  if (message.buttons.length) node.append(keys(message, actions));
  return node;
}

function sender(message, group) {
  const node = make("strong", "sender", message.sender_name);
  const topic = group.topics[message.thread_id];
  if (topic) node.append(make("span", "", ` in ${topic}`));
  return node;
}

function citation(cited, actions) {
  const node = make("button", "cited", `${cited.sender_name}: ${summary(cited)}`);
  node.type = "button";
  node.addEventListener("click", () => actions.jump(cited.id));
  return node;
}

function photo(message, actions, node) {
  const image = make("img");
  image.src = photoUrl(message.photo);
  image.width = message.photo.width;
  image.height = message.photo.height;
  image.alt = message.text ? `Photo: ${summary(message)}` : "Photo";
  if (message.photo.width < 300) node.classList.add("small-photo");
  const button = make("button", "photo", image);
  button.type = "button";
  button.addEventListener("click", () => actions.view(message));
  return button;
}

function body(message) {
  return make("div", "body", formatted(message.text, message.entities));
}

function foot(message, actions) {
  const reply = make("button", "reply-button", "Reply");
  reply.type = "button";
  reply.addEventListener("click", () => actions.reply(message));
  const node = make("div", "foot", reply);
  if (message.protected) node.append(sign(LOCK, "Cannot be forwarded"));
  if (message.silent) node.append(sign(SILENT, "Sent without sound"));
  if (message.edited_at) node.append(make("span", "edited", "edited"));
  const time = make("time", "", clock(message.sent_at));
  time.dateTime = new Date(message.sent_at * 1000).toISOString();
  node.append(time);
  return node;
}

function sign(path, label) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
  title.textContent = label;
  stroke.setAttribute("d", path);
  node.setAttribute("viewBox", "0 0 24 24");
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  node.append(title, stroke);
  return node;
}

function keys(message, actions) {
  const rows = message.buttons.map((row) => make("div", "", ...row.map((button) => {
    if (button.url) {
      const opener = link(button.url, button.text);
      opener.className = `key ${button.style ?? ""}`;
      return opener;
    }
    const key = make("button", `key ${button.style ?? ""}`, button.text);
    key.type = "button";
    key.addEventListener("click", () => actions.press(message, button, key));
    return key;
  })));
  const node = make("div", "keys", ...rows);
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", "Buttons");
  return node;
}

/** Return the text of a note about the chat itself, or null for an ordinary message. */
export function note(message) {
  if (message.service.migrate_to_chat_id) return "The group became a supergroup";
  if (message.service.migrate_from_chat_id) return "The supergroup begins here";
  return null;
}
