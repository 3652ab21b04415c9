// The inbox: live, and answered by keys. Everything here is a convenience: without it questions are
// answered by their buttons, and the page is loaded anew.
"use strict";

(() => {
  const list = document.querySelector("[data-live]");
  if (!list) return;
  const cards = () => [...list.querySelectorAll(".card")];
  const isOpen = (card) => !card.classList.contains("decided");

  // Where somebody is: the card with the focus, else the first that waits for an answer.
  const current = () =>
    document.activeElement?.closest(".card") ?? cards().find(isOpen) ?? cards()[0] ?? null;
  const goTo = (card) => {
    card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const all = cards();
    const here = all.indexOf(document.activeElement?.closest(".card"));
    const next = all[here < 0 ? 0 : here + by];
    if (next) goTo(next);
  };

  // What an answer says where its card was. The cards answered last are undone first.
  const answered = [];
  let place = null;
  // While an answer is on its way, and when one has come since the page asked what changed, that is
  // older than what the card says: it is not shown, and asked anew.
  const CHANGES = "/inbox/catch-up";
  const answering = new Set();
  let stale = false;
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr } = event.detail;
    if (elt === list || !list.contains(elt)) return;
    answering.add(xhr);
    stale = true;
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig.path === CHANGES) {
      if (stale) event.detail.shouldSwap = false;
      return;
    }
    const card = event.detail.target;
    if (!card.classList?.contains("card") || !list.contains(card)) return;
    place = { parent: card.parentNode, before: card.previousElementSibling };
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    if (place === null) return;
    const card = place.before ? place.before.nextElementSibling : place.parent.firstElementChild;
    place = null;
    if (!card?.classList.contains("card")) return;
    if (document.activeElement === document.body) card.focus({ preventScroll: true });
    if (card.querySelector("[data-undo]")) answered.push(card.id);
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (answering.delete(event.detail.xhr) && !answering.size) catchUp(false);
  });
  const undoLast = () => {
    while (answered.length) {
      const undo = document.getElementById(answered.pop())?.querySelector("[data-undo]");
      if (undo) return undo.click();
    }
    list.querySelector(".decided [data-undo]")?.click();
  };

  // How many of a pile are chosen stands on its button.
  const recount = (card) => {
    const number = card?.querySelector("[data-chosen]");
    if (number) number.textContent = card.querySelectorAll(".faces input:checked").length;
  };
  list.addEventListener("change", (event) => recount(event.target.closest(".pile")));

  // Pictures side by side, large.
  const compare = document.getElementById("compare");
  const picture = (link) => link?.querySelector("img")?.getAttribute("src") ?? null;
  const told = (link) => {
    const sure = link.closest(".option, [data-option]")?.querySelector(".muted")?.innerText ?? "";
    const label = link.getAttribute("aria-label")?.replace(/^Compare with /, "") ?? "";
    return sure.includes(label) ? sure : `${label}, ${sure}`;
  };
  const show = (link) => {
    const card = link.closest(".card");
    const crop = card.querySelector(".crop-link");
    const other = link === crop ? card.querySelector(".enlarge") : link;
    const right = other && picture(other);
    compare.querySelector("h2").hidden = !right;
    compare.querySelector("[data-left]").src = picture(crop);
    compare.querySelector("[data-left-text]").textContent = card.querySelector("h2").innerText;
    const side = compare.querySelector("[data-right]");
    side.closest("figure").hidden = !right;
    if (right) side.src = right;
    const button = other?.closest(".option")?.querySelector("button") ?? null;
    const label = button ? button.cloneNode(true) : null;
    label?.querySelectorAll("kbd").forEach((key) => key.remove());
    compare.querySelector("[data-right-text]").textContent = other ? told(other) : "";
    const take = compare.querySelector("[data-take]");
    take.hidden = button === null;
    take.textContent = label?.textContent.trim() ?? "";
    take.onclick = () => {
      compare.close();
      button.click();
    };
    compare.showModal();
  };
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-compare]");
    if (!link || !picture(link) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(link);
  });

  const keys = document.getElementById("keys");
  const opener = document.querySelector("[data-keys]");
  if (opener) opener.hidden = false;
  opener?.addEventListener("click", () => keys.showModal());
  for (const dialog of [compare, keys]) {
    dialog.addEventListener("click", (event) => {
      // A click beside it, or on Close.
      if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    });
  }

  // Keys, unless somebody is typing or means the browser.
  const press = (key) => {
    const card = current();
    if (!card) return false;
    const button = card.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (button) {
      if (!button.checkVisibility?.()) button.closest("details")?.setAttribute("open", "");
      button.click();
    }
    return button !== null;
  };
  const name = () => {
    const field = current()?.querySelector("input[name=name]:not([type=hidden])");
    field?.closest("details")?.setAttribute("open", "");
    field?.focus();
    return Boolean(field);
  };
  const actions = {
    j: () => step(1),
    ArrowDown: () => step(1),
    k: () => step(-1),
    ArrowUp: () => step(-1),
    n: name,
    u: undoLast,
    "?": () => keys.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) {
      // Out of the field with Escape, so that the keys mean the card again.
      if (event.key === "Escape") event.target.closest(".card")?.focus({ preventScroll: true });
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const known = Object.hasOwn(actions, key);
    if (known) actions[key]();
    else if (!/^[1-9bd]$/.test(key) || !press(key)) return;
    event.preventDefault();
  });

  // What somebody is typing into a card, and what they took out of it, outlives its replacement.
  let kept = null;
  const keep = (card) => {
    const input = card.querySelector("input[name=name]:not([type=hidden])");
    return {
      id: card.id,
      value: input?.value ?? "",
      open: card.querySelector("details.else")?.open ?? false,
      out: [...card.querySelectorAll(".faces input:not(:checked)")].map((box) => box.value),
      within: card.contains(document.activeElement),
      focused: input !== null && input === document.activeElement,
      range: input ? [input.selectionStart, input.selectionEnd] : [0, 0],
    };
  };
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target;
    kept = null;
    if (!old.classList.contains("card")) return;
    if (!event.detail.fragment.querySelector?.(".card")) return;
    kept = keep(old);
  });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    const card = kept && document.getElementById(kept.id);
    if (!card || event.detail.target.id !== kept.id) return;
    const input = card.querySelector("input[name=name]:not([type=hidden])");
    const details = card.querySelector("details.else");
    if (details) details.open = kept.open;
    for (const box of card.querySelectorAll(".faces input")) {
      if (kept.out.includes(box.value)) box.checked = false;
    }
    recount(card);
    if (input && kept.value) input.value = kept.value;
    if (input && kept.focused) {
      input.focus({ preventScroll: true });
      input.setSelectionRange(...kept.range);
    } else if (kept.within) card.focus({ preventScroll: true });
    kept = null;
  });

  const title = document.title;
  const busy = () =>
    list.matches(":hover") ||
    (list.contains(document.activeElement) && document.activeElement.tagName !== "ARTICLE");
  const shown = () => {
    const there = cards().slice(0, 100);
    const within = there.flatMap((card) => (card.dataset.within ?? "").split(",").filter(Boolean));
    return {
      shown: there.map((card) => `${card.id}:${card.dataset.revision}`).join(","),
      within: within.slice(0, 1000).join(","),
    };
  };
  let running = false;
  let again = false;

  const catchUp = async (show) => {
    if (running || answering.size) {
      again = running;
      return;
    }
    running = true;
    stale = false;
    const values = { csrf: list.dataset.csrf, ...shown() };
    for (const key of ["floor", "site", "order"]) {
      if (list.dataset[key]) values[key] = list.dataset[key];
    }
    if ("old" in list.dataset) values.old = "1";
    // Nothing moves under a finger about to press: new cards wait until they are asked for.
    if (!show && busy()) values.hold = "1";
    try {
      await htmx.ajax("POST", CHANGES, { source: list, target: list, swap: "none", values });
    } catch {
      // The next event tries again.
    }
    const open = parseInt(document.getElementById("waiting")?.textContent ?? "0", 10);
    document.title = open ? `(${open}) ${title}` : title;
    running = false;
    if (again) {
      again = false;
      catchUp(show);
    }
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-news]")) {
      catchUp(true);
      if (list.dataset.order !== "oldest") window.scrollTo({ top: 0 });
    }
  });

  // A hidden page listens to nothing: browsers keep few connections to one server.
  let stream = null;
  const listen = () => {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else if (stream === null) {
      stream = new EventSource("/inbox/changes");
      stream.addEventListener("changed", () => catchUp(false));
    }
  };
  if (!window.EventSource) return;
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", () => stream?.close());
  listen();
})();
