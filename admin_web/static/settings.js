// Lets a target be chosen by sliding. Without it the field and the button do the same.
"use strict";

(() => {
  const slide = document.getElementById("slide");
  if (slide === null) return;
  const field = document.getElementById(slide.dataset.for);
  const stops = slide.dataset.stops.split(" ").map(Number);

  const nearest = (value) => {
    const far = stops.map((stop) => Math.abs(Math.log(stop / value)));
    return far.indexOf(Math.min(...far));
  };
  const follow = () => {
    const value = Number(field.value.replace(",", ".") || field.placeholder);
    if (value > 0) slide.value = nearest(value);
    slide.setAttribute("aria-valuetext", `${field.value || field.placeholder} %`);
  };

  slide.closest(".slide").hidden = false;
  slide.value = nearest(Number(slide.dataset.now));
  follow();
  slide.addEventListener("input", () => {
    field.value = String(stops[slide.value]);
    slide.setAttribute("aria-valuetext", `${field.value} %`);
  });
  field.addEventListener("input", follow);
})();
