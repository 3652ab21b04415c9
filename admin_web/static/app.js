// Small conveniences of every page: without them pages work by loading anew.
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

  // Names are offered as somebody types; what was asked last counts.
  const names = document.getElementById("names");
  let asked = "";
  let soon = 0;
  document.addEventListener("input", (event) => {
    if (names === null || event.target.getAttribute("list") !== "names") return;
    const typed = event.target.value.trim();
    if (typed === asked) return;
    asked = typed;
    clearTimeout(soon);
    soon = setTimeout(() => {
      htmx.ajax("GET", "/names", { target: names, swap: "innerHTML", values: { q: typed } });
    }, 120);
  });
})();
