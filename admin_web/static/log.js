// The log: how many are ticked, and ticking all. Everything works without it, box by box.
"use strict";

(() => {
  const form = document.getElementById("selection");
  const all = document.getElementById("all");
  if (!form || !all) return;

  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]")];
  const told = form.querySelector("[data-ticked]");
  const show = () => {
    const number = boxes.filter((box) => box.checked).length;
    all.checked = number === boxes.length;
    all.indeterminate = number > 0 && number < boxes.length;
    if (told) told.textContent = `${number} ticked`;
  };

  all.parentElement.hidden = false;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", show);
  // A browser that comes back to the page still has the boxes as they were.
  window.addEventListener("pageshow", show);
})();
