// What pops up: answers of the bot, refusals of the server, a photo in full.

import { photoUrl } from "./api.js";
import { summary } from "./bubbles.js";

const SHOWN_MS = 3500;
const $ = (id) => document.getElementById(id);
let timer;

/** Show a text for a moment, or until it is acknowledged if it is an alert. */
export function notice(text, { alert = false } = {}) {
  if (alert) {
    $("alert-text").textContent = text;
    $("alert").showModal();
    return;
  }
  $("toast").textContent = text;
  $("toast").classList.add("shown");
  clearTimeout(timer);
  timer = setTimeout(() => $("toast").classList.remove("shown"), SHOWN_MS);
}

/** Show a photo in full. */
export function view(message) {
  $("viewer-image").src = photoUrl(message.photo);
  $("viewer-image").alt = message.text ? `Photo: ${summary(message)}` : "Photo";
  $("viewer").showModal();
}

$("viewer").addEventListener("click", (event) => {
  if (event.target === $("viewer")) $("viewer").close();
});
