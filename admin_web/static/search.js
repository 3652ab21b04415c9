// "/" opens search on every page. Without this script the button leads to a page that does the same.
"use strict";

(() => {
  const opener = document.querySelector("[data-search]");
  if (!opener || !window.HTMLDialogElement || !window.htmx) return;
  const onPage = document.getElementById("find-page");
  let dialog = null;

  const root = () => onPage ?? dialog;
  const words = () => root()?.querySelector("#find-words");
  const say = (text) => {
    root().querySelector("#find-says").textContent = text;
  };

  const ask = async (file) => {
    const form = root().querySelector("#find-photo");
    if (file.size > Number(form.dataset.largest)) {
      say(`${file.name} is larger than ${Math.floor(form.dataset.largest / 2 ** 20)} MB. Choose a smaller one.`);
      return;
    }
    const data = new FormData(form);
    data.delete("photos");
    data.append("photos", file, file.name || "photo.jpg");
    say("Looking. The first time the models are loaded; that takes some seconds.");
    try {
      const answer = await fetch("/search", { method: "POST", body: data, headers: { "HX-Request": "true" } });
      const away = answer.headers.get("HX-Redirect");
      if (away) {
        window.location.assign(away);
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) {
        say(page.body.textContent.trim());
        return;
      }
      say("");
      const found = root().querySelector("#found");
      found.replaceChildren(...[...page.body.childNodes].map((node) => document.adoptNode(node)));
      found.querySelector("a, button")?.focus();
    } catch {
      say("The panel could not be reached. Check the connection, then try again.");
    }
  };

  const furnish = (where) => {
    where.querySelector("#find-file").addEventListener("change", (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      if (file) ask(file);
    });
    where.addEventListener("dragover", (event) => {
      if ([...event.dataTransfer.types].includes("Files")) event.preventDefault();
    });
    where.addEventListener("drop", (event) => {
      const [file] = event.dataTransfer.files;
      if (!file) return;
      event.preventDefault();
      ask(file);
    });
    where.addEventListener("paste", (event) => {
      const [file] = event.clipboardData.files;
      if (!file) return;
      event.preventDefault();
      ask(file);
    });
    // The arrows go from the words to what was found, and through it.
    where.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      const hits = [...where.querySelectorAll("#found a, #found button")];
      const at = hits.indexOf(document.activeElement);
      if (at < 0 && document.activeElement !== words()) return;
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? words() : hits[Math.min(next, hits.length - 1)])?.focus();
    });
    where.querySelector("#find-form").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== words()) return;
      const first = where.querySelector("#found .hits a");
      if (first && where.querySelector("#found").dataset.words === words().value) {
        event.preventDefault();
        first.click();
      }
    });
    where.addEventListener("htmx:afterSwap", (event) => {
      if (event.target.id === "found") event.target.dataset.words = words().value;
    });
  };

  const open = async () => {
    if (onPage) {
      words().focus();
      words().select();
      return;
    }
    if (!dialog) {
      const answer = await fetch("/search?box", { headers: { Accept: "text/html" } });
      const there = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("find-page");
      if (!there) {
        window.location.assign(opener.href);
        return;
      }
      dialog = document.createElement("dialog");
      dialog.className = "find-dialog";
      dialog.setAttribute("aria-label", "Search");
      dialog.append(...[...there.childNodes].map((node) => document.adoptNode(node)));
      const close = document.createElement("button");
      close.type = "button";
      close.className = "find-close";
      close.textContent = "Close";
      close.addEventListener("click", () => dialog.close());
      dialog.append(close);
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog) dialog.close();
      });
      document.body.append(dialog);
      htmx.process(dialog);
      furnish(dialog);
    }
    if (!dialog.open) dialog.showModal();
    words().focus();
    words().select();
  };

  if (onPage) furnish(onPage);
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    open();
  });
})();
