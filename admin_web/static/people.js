// Choosing people in the grid: with the mouse, a range with shift, all of a page, or by keyboard.
"use strict";

(() => {
  const boxes = () => [...document.querySelectorAll(".people input[name=id]")];
  let last = null;

  const recount = () => {
    const form = document.querySelector(".choosing");
    if (!form) return;
    const all = boxes();
    const chosen = all.filter((box) => box.checked).length;
    form.classList.toggle("some", chosen > 0);
    form.querySelector(".chosen-count").textContent =
      chosen === 1 ? "1 person chosen" : `${chosen} people chosen`;
    form.querySelector("[data-choose-all]").hidden = chosen === all.length;
    form.querySelector("[data-choose-none]").hidden = chosen === 0;
    // Letting somebody stay and go at once needs two.
    form.querySelector("button[value=merge]").disabled = chosen < 2;
  };

  const choose = (chosen) => {
    for (const box of boxes()) box.checked = chosen;
    recount();
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-choose-all]")) return choose(true);
    if (event.target.closest("[data-choose-none]")) return choose(false);
    const box = event.target.closest(".people input[name=id]");
    if (!box) return;
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) {
      for (const between of all.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    recount();
  });

  // On a card the space bar chooses; enter opens it, as with every link.
  document.addEventListener("keydown", (event) => {
    const card = event.target.closest(".people .person");
    if (!card || event.key !== " " || event.ctrlKey || event.altKey || event.metaKey) return;
    const box = card.closest("li").querySelector("input[name=id]");
    if (!box) return;
    event.preventDefault();
    box.checked = !box.checked;
    last = box;
    recount();
  });

  // A page that comes back from the browser's memory keeps its ticks.
  window.addEventListener("pageshow", recount);
  document.body.addEventListener("htmx:afterSwap", () => {
    last = null;
    recount();
  });
  recount();
})();
