// Makes open pages live. Everything here is a convenience: without it pages work by loading anew.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  for (const select of document.querySelectorAll("select[data-submit]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
    });
  }

  // After an answer the focus stays with the card, so that the keyboard goes on from there.
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const form = event.detail.requestConfig?.elt;
    const target = form?.getAttribute("hx-target");
    if (form?.closest(".card") || target?.startsWith("#q-")) {
      document.querySelector(target)?.focus({ preventScroll: true });
    }
  });

  // What somebody is typing into a card outlives the card's replacement.
  let typed = null;
  document.body.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target;
    if (!old.classList.contains("card")) return;
    // An answer that came meanwhile shows as much already, and may say something besides.
    const fresh = event.detail.fragment.querySelector?.(".card");
    if (fresh?.dataset.revision === old.dataset.revision) {
      event.detail.shouldSwap = false;
      return;
    }
    const input = old.querySelector(".name-form input[name=name]");
    const focused = document.activeElement;
    typed = {
      id: old.id,
      value: input?.value ?? "",
      open: old.querySelector("details.else")?.open ?? false,
      focused: input !== null && input === focused,
      range: input ? [input.selectionStart, input.selectionEnd] : [0, 0],
    };
  });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (typed === null || event.detail.target.id !== typed.id) return;
    const card = document.getElementById(typed.id);
    const input = card?.querySelector(".name-form input[name=name]");
    const details = card?.querySelector("details.else");
    if (details) details.open = typed.open;
    if (input && typed.value) input.value = typed.value;
    if (input && typed.focused) {
      input.focus({ preventScroll: true });
      input.setSelectionRange(...typed.range);
    }
    typed = null;
  });

  const list = document.querySelector("[data-live]");
  if (!list || !window.EventSource) return;

  const title = document.title;
  const busy = () =>
    list.matches(":hover") ||
    (list.contains(document.activeElement) && document.activeElement.tagName !== "ARTICLE");
  let running = false;
  let again = false;

  const catchUp = async (show) => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    const shown = [...list.querySelectorAll(".card")].map(
      (card) => `${card.id.slice(2)}:${card.dataset.revision}`,
    );
    const values = { shown: shown.slice(0, 100).join(",") };
    if (list.dataset.floor) values.floor = list.dataset.floor;
    if (list.dataset.site) values.site = list.dataset.site;
    if ("old" in list.dataset) values.old = "1";
    // Nothing moves under a finger about to press: new cards wait until they are asked for.
    if (!show && busy()) values.hold = "1";
    try {
      await htmx.ajax("GET", "/inbox/catch-up", { source: list, target: list, swap: "none", values });
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
      window.scrollTo({ top: 0 });
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
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", () => stream?.close());
  listen();
})();
