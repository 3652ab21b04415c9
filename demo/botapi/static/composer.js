// Where people write: text, a photo, a reply, a command.

import { make, summary } from "./bubbles.js";
import { notice } from "./notices.js";

const $ = (id) => document.getElementById(id);
const MAX_HEIGHT_PX = 160;

export class Composer {
  /** `send({text, photo, replyTo})` sends; `mark(message)` shows which one is replied to. */
  constructor({ send, mark }) {
    this.send = send;
    this.mark = mark;
    this.target = null;
    this.photo = null;
    $("composer").addEventListener("submit", (event) => this.submit(event));
    $("text").addEventListener("keydown", (event) => this.key(event));
    $("text").addEventListener("input", () => this.grow());
    $("text").addEventListener("paste", (event) => this.attach(event.clipboardData.files[0]));
    $("reply-cancel").addEventListener("click", () => this.replyTo(null, { focus: true }));
    $("attach").addEventListener("click", () => $("photo").click());
    $("photo").addEventListener("change", () => this.attach($("photo").files[0]));
    $("attachment-cancel").addEventListener("click", () => this.attach(null));
    $("menu").addEventListener("click", () => this.menu($("commands").hidden));
  }

  /** Reply to a message with what is sent next; null replies to none. */
  replyTo(message, { focus = Boolean(message) } = {}) {
    this.target = message;
    $("reply").hidden = !message;
    if (message) {
      $("reply-to").textContent = `Reply to ${message.sender_name}`;
      $("reply-text").textContent = summary(message);
    }
    $("text").placeholder = message?.placeholder || (message ? "Reply" : "Message");
    this.mark(message);
    if (focus) $("text").focus();
  }

  /** Send a picture with what is sent next; null sends none, anything else is left alone. */
  attach(file) {
    if (file === undefined || (file && !file.type.startsWith("image/"))) return;
    URL.revokeObjectURL($("attachment-image").src);
    this.photo = file;
    $("photo").value = "";
    $("attachment").hidden = !file;
    if (!file) return;
    $("attachment-image").src = URL.createObjectURL(file);
    $("attachment-name").textContent = file.name;
    $("text").focus();
  }

  /** Offer the menu of commands that the bot has set for this chat, or for all. */
  offer(menus, chatId) {
    const own = menus.find((menu) => menu.scope.chat_id === chatId);
    const all = menus.find((menu) => menu.scope.type === "default" && !menu.language);
    const commands = (own ?? all)?.commands ?? [];
    $("menu").hidden = !commands.length;
    $("commands").replaceChildren(...commands.map(({ command, description }) => {
      const button = make("button", "", make("b", "", `/${command}`), description);
      button.type = "button";
      button.addEventListener("click", () => this.deliver({ text: `/${command}` }));
      return button;
    }));
    this.menu(false);
  }

  menu(open) {
    $("commands").hidden = !open;
    $("menu").setAttribute("aria-expanded", String(open));
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      $("composer").requestSubmit();
    } else if (event.key === "Escape") {
      this.replyTo(null, { focus: true });
    }
  }

  grow() {
    $("text").style.height = "auto";
    $("text").style.height = `${Math.min($("text").scrollHeight + 2, MAX_HEIGHT_PX)}px`;
  }

  async submit(event) {
    event.preventDefault();
    const text = $("text").value.trim();
    if (!text && !this.photo) return;
    const target = this.target;
    const sent = await this.deliver({ text, photo: this.photo, replyTo: target });
    if (!sent) return;
    $("text").value = "";
    this.grow();
    this.attach(null);
    // The bot may have asked something new meanwhile: that question stays open.
    if (this.target === target) this.replyTo(null, { focus: true });
  }

  async deliver(content) {
    this.menu(false);
    try {
      await this.send(content);
      return true;
    } catch (error) {
      notice(error.message);
      return false;
    }
  }
}
