// Choosing photos, and whom they go to. Without it the forms do as much.
"use strict";

(() => {
  const form = document.querySelector("[data-choosing]");
  if (form) {
    const said = form.querySelector("[data-chosen]");
    const button = form.querySelector("[data-move]");
    const nothing = said?.textContent;
    const tell = () => {
      const number = form.querySelectorAll("input[name=photo]:checked").length;
      if (!said || !button) return;
      said.textContent = number ? `${number} chosen` : nothing;
      button.classList.toggle("primary", number > 0);
      button.hidden = !number;
    };
    form.addEventListener("change", tell);
    tell();
  }

  // Writing a name chooses "somebody called".
  for (const field of document.querySelectorAll("[data-chooses]")) {
    field.addEventListener("input", () => {
      const choice = field.form.querySelector(`[name=to][value="${field.dataset.chooses}"]`);
      if (choice && field.value) choice.checked = true;
    });
  }
})();
