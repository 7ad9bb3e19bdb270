// The browser's half of a lab. The kernel sends frames (picture and words in one message), this
// shows them; it tells where the picture is shown, what is pointed at, which update is wanted.
const WIDEST = 900; // CSS pixels
const SHARPEN_AFTER = 80; // ms of rest until a picture is drawn for all pixels of the screen
const RESIZE_AFTER = 100; // ms
const TICK = 80; // ms between two pictures of a playback
const TICKS = 100; // pictures of a whole playback

function make(tag, className, attributes = {}, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

function address(png) {
  const bytes = new Uint8Array(png.buffer, png.byteOffset, png.byteLength);
  if (bytes.toBase64) return "data:image/png;base64," + bytes.toBase64();
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) {
    text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  }
  return "data:image/png;base64," + btoa(text);
}

// Called once for each lab: what its views share.
export default () => {
  let asked = 0;
  let wanted = null; // the update that was asked for last, until it is there
  let timer = null; // of the playback
  let part = 0;
  const views = new Set();

  function ask(model, name, ...values) {
    model.set(name, [...values, (asked += 1)]);
    model.save_changes();
  }

  function askUpdate(model, update) {
    const last = model.get("frame").n_updates;
    wanted = Math.min(Math.max(Math.round(update), 0), last);
    ask(model, "update", wanted);
  }

  const present = (model) => wanted ?? model.get("frame").update;

  function pause() {
    clearInterval(timer);
    timer = null;
    for (const view of views) view.showPlaying();
  }

  function tick(model) {
    const { update, n_updates } = model.get("frame");
    if (wanted !== null && wanted !== update) return; // the last picture is not there yet
    if (update >= n_updates) return pause();
    part += 1;
    askUpdate(model, Math.max((part / TICKS) * n_updates, update + 1));
  }

  function play(model) {
    const { update, n_updates } = model.get("frame");
    const isOver = update >= n_updates;
    part = isOver ? 0 : Math.floor((update / n_updates) * TICKS);
    if (isOver) askUpdate(model, 0);
    timer = setInterval(() => tick(model), TICK);
    for (const view of views) view.showPlaying();
  }

  function initialize({ model }) {
    model.on("change:frame", () => {
      if (model.get("frame").update === wanted) wanted = null;
    });
  }

  function render({ model, el }) {
    const finding = make("div", "ml-finding");
    const picture = make("img", "ml-picture", { decoding: "sync", draggable: "false" });
    const status = make("div", "ml-status", { role: "status" });
    const runs = make("div", "ml-runs");
    const playback = make("div", "ml-row ml-playback");
    const button = (words, title, action) => {
      const made = make("button", "jupyter-button", { type: "button", title }, words);
      made.addEventListener("click", action);
      return made;
    };
    const playButton = button("", "go through the updates", () => (timer ? pause() : play(model)));
    const less = button("‹ step", "show one update less", () => askUpdate(model, present(model) - 1));
    const more = button("step ›", "show one update more", () => askUpdate(model, present(model) + 1));
    const label = make("label", "ml-word", {}, "show update");
    const box = make("input", "ml-update", { type: "number", min: 0, step: 1 });
    const bar = make("input", "ml-bar", { type: "range", min: 0, "aria-label": "updates shown" });
    box.addEventListener("change", () => askUpdate(model, Number(box.value) || 0));
    playback.addEventListener("keydown", (event) => {
      event.stopPropagation(); // to JupyterLab, which has shortcuts of its own
      if (event.key === "Enter" && event.target === box) askUpdate(model, Number(box.value) || 0);
    });
    bar.addEventListener("input", () => askUpdate(model, Number(bar.value)));
    label.append(" ", box);
    playback.append(playButton, less, more, label, bar);
    el.classList.add("ml-screen");
    el.append(finding, picture, status, runs, playback);

    // What there is to see.

    let width = 0; // CSS pixels, of the page's room
    let sharpening = null;
    let table = null;
    const pixels = () => Math.round(width * window.devicePixelRatio);

    function show() {
      const frame = model.get("frame");
      if (!frame.png) return;
      picture.src = address(frame.png);
      picture.alt = frame.alt;
      if (finding.textContent !== frame.finding) finding.textContent = frame.finding;
      if (status.textContent !== frame.status) status.textContent = frame.status;
      status.classList.toggle("ml-note", frame.kind === "note");
      status.classList.toggle("ml-problem", frame.kind === "problem");
      if (frame.table !== table) runs.innerHTML = table = frame.table;
      for (const input of [box, bar]) {
        input.max = frame.n_updates;
        const isHeld = input.matches(":active") || (input === box && input === document.activeElement);
        if (!isHeld || wanted === null) input.value = frame.update;
      }
      clearTimeout(sharpening);
      if (!frame.is_sharp) {
        sharpening = setTimeout(() => ask(model, "sharper", frame.number), SHARPEN_AFTER);
      }
    }

    function showPlaying() {
      playButton.textContent = timer ? "❚❚ pause" : "▶ play";
    }

    // Where it is shown.

    let measuring = null;
    let told = "";

    function measure() {
      const room = Math.floor(Math.min(el.clientWidth, WIDEST));
      if (!room) return; // hidden
      width = room;
      const ratio = window.devicePixelRatio;
      const [wide, high] = model.get("size");
      picture.style.width = `${pixels() / ratio}px`;
      picture.style.height = `${Math.round((pixels() * high) / wide) / ratio}px`;
      if (told === `${width} ${ratio}`) return;
      told = `${width} ${ratio}`;
      ask(model, "shown_at", width, ratio);
    }

    function soon() {
      clearTimeout(measuring);
      measuring = setTimeout(measure, told ? RESIZE_AFTER : 0);
    }

    const observer = new ResizeObserver(soon);
    observer.observe(el);
    window.addEventListener("resize", soon); // also when the page is zoomed

    // Pointing into it. A drag stays in the plot where it began.

    let held = -1;

    function shares(event) {
      const at = picture.getBoundingClientRect();
      return [(event.clientX - at.left) / at.width, (event.clientY - at.top) / at.height];
    }

    function plotAt(event) {
      const [x, y] = shares(event);
      const within = ([left, top, right, bottom]) =>
        left <= x && x <= right && top <= y && y <= bottom;
      return model.get("plots").findIndex(within);
    }

    function point(event) {
      const [left, top, right, bottom] = model.get("plots")[held];
      const [x, y] = shares(event);
      const clamp = (share) => Math.min(Math.max(share, 0), 1);
      const up = clamp((bottom - y) / (bottom - top));
      ask(model, "place", held, clamp((x - left) / (right - left)), up);
    }

    picture.addEventListener("pointerdown", (event) => {
      held = event.button === 0 ? plotAt(event) : -1;
      if (held < 0) return;
      event.preventDefault();
      picture.setPointerCapture(event.pointerId);
      point(event);
    });
    picture.addEventListener("pointermove", (event) => {
      if (held >= 0) point(event);
      else picture.style.cursor = plotAt(event) < 0 ? "" : "crosshair";
    });
    for (const name of ["pointerup", "pointercancel"]) {
      picture.addEventListener(name, () => (held = -1));
    }
    picture.classList.toggle("ml-pick", model.get("plots").length > 0);

    const view = { showPlaying };
    views.add(view);
    model.on("change:frame", show);
    show();
    showPlaying();
    return () => {
      views.delete(view);
      if (!views.size && timer) pause();
      model.off("change:frame", show);
      observer.disconnect();
      window.removeEventListener("resize", soon);
      clearTimeout(measuring);
      clearTimeout(sharpening);
    };
  }

  return { initialize, render };
};
