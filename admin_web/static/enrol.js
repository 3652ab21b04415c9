// Photos are sent one by one as they are chosen, dropped, pasted or taken, and judged at once.
// Without this script the same form sends them all together.
"use strict";

(() => {
  const form = document.getElementById("enrol");
  if (!form) return;

  const byId = (id) => document.getElementById(id);
  const most = Number(form.dataset.most);
  const largest = Number(form.dataset.largest);
  const input = byId("photos");
  const work = byId("work");

  // One step at a time, each with the form as it is then: no answer overtakes another.
  const steps = [];
  let running = false;
  let batch = 0;
  let done = 0;
  let saving = null;

  const show = (text) => {
    byId("work-says").textContent = text;
  };

  const showProgress = () => {
    const photos = steps.some((step) => step.file);
    work.hidden = !photos;
    if (!photos) return;
    byId("work-done").max = batch;
    byId("work-done").value = done;
    const loading = "cold" in form.dataset ? "The models are being loaded; this takes some seconds. " : "";
    show(`${loading}${done} of ${batch} judged.`);
  };

  const replaceReview = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("review");
    if (!fresh) return false;
    const old = byId("review");
    const focused = document.activeElement;
    const lost = old.contains(focused);
    old.replaceWith(document.adoptNode(fresh));
    if (lost) {
      const same = focused.name && [...byId("review").querySelectorAll("button")]
        .find((button) => button.name === focused.name && button.value === focused.value);
      (same || byId("review").querySelector(".asks button, .taken button, .save button") || byId("name") || input).focus({ preventScroll: true });
    }
    return true;
  };

  const complain = (text) => {
    const notice = byId("notice");
    notice.replaceChildren();
    const told = document.createElement("p");
    told.className = "note";
    told.textContent = text;
    notice.append(told);
  };

  const take = async (step) => {
    const data = new FormData(form);
    data.delete("photos");
    if (step.name) data.append(step.name, step.value);
    if (step.file) data.append("photos", step.file, step.file.name || "photo.jpg");
    const answer = await fetch("/enrol/review", {
      method: "POST",
      body: data,
      headers: { "HX-Request": "true" },
    });
    const away = answer.headers.get("HX-Redirect");
    if (away) {
      window.location.assign(away);
      return;
    }
    const text = await answer.text();
    if (!replaceReview(text)) {
      complain(new DOMParser().parseFromString(text, "text/html").body.textContent.trim());
    }
    if (step.file && answer.ok) delete form.dataset.cold;
  };

  const run = async () => {
    if (running) return;
    running = true;
    while (steps.length) {
      const step = steps[0];
      showProgress();
      try {
        await take(step);
      } catch {
        complain("The panel could not be reached. Check the connection, then try again.");
      }
      steps.shift();
      if (step.file) done += 1;
      step.shown?.remove();
    }
    running = false;
    batch = done = 0;
    showProgress();
    const submitter = saving;
    saving = null;
    if (submitter) byId("review").querySelector(".save .primary")?.click();
  };

  const enqueue = (step) => {
    steps.push(step);
    run();
  };

  // Drawn, for the page's policy lets no address of a chosen file be shown.
  const draw = async (file, canvas) => {
    try {
      const bitmap = await createImageBitmap(file);
      const side = Math.min(bitmap.width, bitmap.height);
      canvas.width = canvas.height = 144;
      canvas.getContext("2d").drawImage(
        bitmap, (bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side, 0, 0, 144, 144,
      );
      bitmap.close();
    } catch {
      // What cannot be drawn may yet be read; the server says.
    }
  };

  const add = (files) => {
    const there = byId("review").querySelectorAll("input[name=draft]").length;
    let room = most - there - steps.filter((step) => step.file).length;
    for (const file of files) {
      if (room <= 0) {
        complain(`At most ${most} photos are judged at once. Save these first.`);
        break;
      }
      if (file.size > largest) {
        complain(`${file.name} is larger than ${Math.floor(largest / 2 ** 20)} MB. Please send it smaller: as an ordinary photo, not the original.`);
        continue;
      }
      room -= 1;
      batch += 1;
      const shown = document.createElement("li");
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${file.name || "Photo"}, waiting`);
      shown.append(canvas);
      byId("work-list").append(shown);
      draw(file, canvas);
      enqueue({ file, shown });
    }
  };

  input.addEventListener("change", () => {
    const files = [...input.files];
    input.value = "";
    add(files);
  });

  document.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    byId("give").classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) byId("give").classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    byId("give").classList.remove("dropping");
    if (!event.dataTransfer.files.length || event.target.closest("dialog")) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.target.closest("dialog")) return;
    const files = [...event.clipboardData.files];
    if (files.length) {
      event.preventDefault();
      add(files);
    }
  });

  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.formAction.endsWith("/enrol/review")) {
      event.preventDefault();
      enqueue({ name: button.name, value: button.value });
    } else if (running) {
      event.preventDefault();
      saving = button;
    }
  });

  let typing = 0;
  byId("name")?.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => enqueue({}), 350);
  });

  // The camera.
  const camera = byId("camera");
  const viewer = byId("viewer");
  const says = byId("camera-says");
  let stream = null;

  const frozen = (yes) => {
    byId("shoot").hidden = yes;
    byId("use-shot").hidden = !yes;
    byId("shoot-again").hidden = !yes;
    byId(yes ? "use-shot" : "shoot").focus({ preventScroll: true });
  };

  const close = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    viewer.srcObject = null;
    camera.hidden = true;
    byId("open-camera").hidden = false;
  };

  const reasons = {
    NotAllowedError: "The browser may not use the camera. Allow it beside the address, then try again; or choose photos instead.",
    NotFoundError: "There is no camera on this device. Choose photos instead.",
    NotReadableError: "The camera is in use by another program. Close that, then try again; or choose photos instead.",
  };

  const open = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
      });
    } catch (error) {
      complain(reasons[error.name] ?? "The camera cannot be used. Choose photos instead.");
      return;
    }
    byId("notice").replaceChildren();
    byId("open-camera").hidden = true;
    camera.hidden = false;
    says.textContent = "";
    viewer.srcObject = stream;
    await viewer.play();
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      close();
      complain("The camera was taken away. Press the button to use it again.");
    });
    frozen(false);
  };

  if (navigator.mediaDevices?.getUserMedia) byId("open-camera").hidden = false;
  byId("open-camera").addEventListener("click", open);
  byId("close-camera").addEventListener("click", () => {
    close();
    byId("open-camera").focus();
  });
  byId("shoot").addEventListener("click", () => {
    viewer.pause();
    frozen(true);
  });
  byId("shoot-again").addEventListener("click", async () => {
    await viewer.play();
    frozen(false);
  });
  byId("use-shot").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = viewer.videoWidth;
    canvas.height = viewer.videoHeight;
    canvas.getContext("2d").drawImage(viewer, 0, 0);
    canvas.toBlob(async (blob) => {
      if (blob) add([new File([blob], "camera.jpg", { type: "image/jpeg" })]);
      await viewer.play();
      says.textContent = "Taken. Turn a little, and take another.";
      frozen(false);
    }, "image/jpeg", 0.92);
  });
  window.addEventListener("pagehide", close);
})();
