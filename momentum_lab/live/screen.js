// The browser's half of a lab. The kernel sends frames (picture and words in one message), this
// shows them; it tells where the picture is shown, what is pointed at, which update is wanted. While
// nobody waits it asks for frames of other slider positions, and shows them when the hand arrives.
const WIDEST = 900; // CSS pixels
const SHARPEN_AFTER = 80; // ms of rest until a picture is drawn for all pixels of the screen
const RESIZE_AFTER = 100; // ms
const TICK = 80; // ms between two pictures of a playback
const TICKS = 100; // pictures of a whole playback
const MOST_BYTES = 16e6; // of the frames that a lab holds
const FEED_AFTER = 100; // ms of rest until frames ahead are asked for
const AT_ONCE = 8; // frames asked for: a page that is gone gets no more than these
const LATE = 1000; // ms after which an answer for other settings means that these are the settings
const QUIET = ["want", "sharper", "shown_at"]; // what a lab asks for by itself
const BUSY_AFTER = 500; // ms
const BUSY = "The kernel is busy: the picture still shows the settings before.";

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

const idOf = (reference) => reference.replace("IPY_MODEL_", "");
const keyOf = (context, at) => [context, ...at].join("|");

// Frames that wait until the hand arrives at their settings, the last used at the end.
function makeStore() {
  const frames = new Map();
  let bytes = 0;
  const size = ({ png, table, alt }) => png.byteLength + 2 * (table.length + 3 * alt.length);

  function take(key) {
    const frame = frames.get(key);
    if (frame) bytes -= size(frame);
    frames.delete(key);
    return frame;
  }

  function put(frame) {
    const key = keyOf(frame.context, frame.at);
    take(key);
    frames.set(key, frame);
    bytes += size(frame);
    while (bytes > MOST_BYTES) take(frames.keys().next().value);
  }

  function get(key) {
    const frame = take(key);
    if (frame) put(frame);
    return frame;
  }

  return { has: (key) => frames.has(key), get, put, size: () => [frames.size, bytes] };
}

// The positions of all sliders but the present ones: the nearest first, after those of the sliders
// that feed first.
function wishes(model) {
  const { at } = model.get("frame");
  const found = [];
  model.get("grids").forEach((grid, hero) => {
    const here = grid.indexOf(at[hero]);
    const middle = here < 0 ? grid.findIndex((text) => Number(text) > Number(at[hero])) : here;
    const later = model.get("feeds_first")[hero] ? 0 : 1000;
    grid.forEach((text, position) => {
      if (position === here) return;
      const away = Math.abs(position - middle) + later;
      found.push({ hero, position, away, at: Object.assign([...at], { [hero]: text }) });
    });
  });
  return found.sort((one, other) => one.away - other.away);
}

// Called once for each lab: what its views share.
export default () => {
  let asked = 0;
  const views = new Set();

  function ask(model, name, ...values) {
    model.set(name, [...values, (asked += 1)]);
    model.save_changes();
  }

  // Playback.

  let wanted = null; // the update that was asked for last, until it is there
  let timer = null;
  let part = 0;

  function askUpdate(model, update) {
    const last = model.get("frame").n_updates;
    wanted = Math.min(Math.max(Math.round(update), 0), last);
    beUnsure();
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

  // Frames: the one on the screen, those that are held, what the hand has moved since the last
  // answer of the kernel, and whether it did anything else that the kernel has not done yet.

  let frame = {};
  let busy = null;
  let movedAt = 0;
  let hasAsked = false; // and it is not sent yet
  let underWay = 0;
  const held = makeStore();
  const moved = new Map();

  function display(next) {
    clearTimeout(busy);
    frame = next;
    for (const view of views) view.show();
  }

  function settings(model) {
    const { context, at } = model.get("frame");
    return keyOf(context, at.map((text, hero) => moved.get(hero) ?? text));
  }

  function sayBusySoon() {
    clearTimeout(busy);
    busy = setTimeout(() => views.forEach((view) => view.say(BUSY, "note")), BUSY_AFTER);
  }

  function move(model, hero, slider) {
    const text = model.get("grids")[hero][slider.get("value")];
    if (text === model.get("frame").at[hero]) moved.delete(hero);
    else moved.set(hero, text);
    movedAt = Date.now();
    pending.clear();
    const ahead = isUnsure() ? null : moved.size ? held.get(settings(model)) : model.get("frame");
    if (ahead) display(ahead);
    else sayBusySoon();
  }

  // What the kernel answers wins, but for what it answers to where the hand was before.
  function answer(model) {
    const told = model.get("frame");
    if (told.update === wanted) wanted = null;
    for (const [hero, text] of moved) {
      if (told.at[hero] === text || Date.now() - movedAt > LATE) moved.delete(hero);
    }
    if (!told.kind) held.put(told);
    if (!moved.size || isUnsure() || !held.has(settings(model))) display(told);
    feedSoon(model);
  }

  // Until the answer comes, how far it is; the picture still shows the settings before.
  function tellProgress(model) {
    const words = model.get("progress");
    if (!words) return;
    clearTimeout(busy);
    for (const view of views) view.say(`${words} done: the picture still shows the settings before.`, "note");
  }

  // Whatever a hand does besides the heroes may change what their positions show: no held frame is
  // shown until the kernel has done what it was sent. It may do so in several threads, so only its
  // word that a message is done tells.
  const isUnsure = () => hasAsked || underWay > 0;

  function beUnsure() {
    hasAsked = true;
    sayBusySoon();
  }

  function watch(comm) {
    const send = comm.send.bind(comm);
    comm.send = (data, callbacks, ...more) => {
      const names = Object.keys(data.state ?? {});
      if (names.length && names.every((name) => QUIET.includes(name))) {
        return send(data, callbacks, ...more);
      }
      if (names.includes("place") || names.includes("update")) hasAsked = false;
      underWay += 1;
      sayBusySoon();
      const status = (message) => {
        callbacks?.iopub?.status?.(message); // it may send what came since
        if (message.content.execution_state !== "idle") return;
        underWay -= 1;
        if (!isUnsure()) display(frame);
      };
      return send(data, { ...callbacks, iopub: { ...callbacks?.iopub, status } }, ...more);
    };
  }

  const watched = new Set();

  async function watchHands(model) {
    for (const id of model.get("hands")) {
      if (watched.has(id)) continue;
      watched.add(id);
      const { comm } = await model.widget_manager.get_model(idOf(id));
      if (comm) watch(comm);
    }
  }

  function receive(model, message, buffers) {
    held.put({ ...message, png: buffers[0] });
    pending.delete(keyOf(message.context, message.at));
    if (pending.size === AT_ONCE / 2) feed(model);
  }

  // Frames ahead, while nobody waits and somebody looks.

  const pending = new Set();
  let feeding = null;

  const isSeen = () => !document.hidden && [...views].some((view) => view.isSeen);

  function feedSoon(model) {
    pending.clear();
    clearTimeout(feeding);
    feeding = setTimeout(() => feed(model), FEED_AFTER);
  }

  function feed(model) {
    if (moved.size || timer || !isSeen()) return;
    const { context } = model.get("frame");
    const next = [];
    for (const wish of wishes(model)) {
      const key = keyOf(context, wish.at);
      if (held.has(key) || pending.has(key)) continue;
      pending.add(key);
      next.push([wish.hero, wish.position]);
      if (pending.size >= AT_ONCE) break;
    }
    if (next.length) ask(model, "want", context, next);
  }

  function look(model) {
    if (isSeen()) feedSoon(model);
    else {
      clearTimeout(feeding);
      if (pending.size) ask(model, "want", "", []); // no more of them
      pending.clear();
    }
  }

  async function initialize({ model }) {
    model.on("change:frame", () => answer(model));
    model.on("change:progress", () => tellProgress(model));
    model.on("msg:custom", (message, buffers) => receive(model, message, buffers));
    const turn = () => look(model);
    document.addEventListener("visibilitychange", turn);
    frame = model.get("frame");
    model.on("change:hands", () => watchHands(model));
    watchHands(model); // this model is one of them, and not there before this is over
    for (const [hero, id] of model.get("heroes").entries()) {
      const slider = await model.widget_manager.get_model(idOf(id));
      slider.on("change:value", (_model, _value, options) => {
        if (options?.updated_view || options?.by_hand) move(model, hero, slider);
      });
    }
    return () => document.removeEventListener("visibilitychange", turn);
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
    const label = make("label", "ml-word", {}, "");
    const unit = label.appendChild(document.createTextNode("show update"));
    const box = make("input", "ml-update", { type: "number", min: 0, step: 1 });
    const bar = make("input", "ml-bar", { type: "range", min: 0, "aria-label": "updates shown" });
    let isTyping = false;
    const typed = () => {
      if (isTyping) askUpdate(model, Number(box.value) || 0);
      isTyping = false;
    };
    box.addEventListener("input", () => (isTyping = true));
    box.addEventListener("change", typed);
    playback.addEventListener("keydown", (event) => {
      event.stopPropagation(); // to JupyterLab, which has shortcuts of its own
      if (event.key === "Enter" && event.target === box) typed();
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

    function say(words, kind) {
      if (status.textContent !== words) status.textContent = words;
      status.classList.toggle("ml-note", kind === "note");
      status.classList.toggle("ml-problem", kind === "problem");
    }

    function show() {
      if (!frame.png) return;
      const source = address(frame.png);
      if (picture.src !== source) picture.src = source;
      picture.alt = frame.alt;
      picture.classList.toggle("ml-pick", model.get("plots").length > 0);
      if (finding.textContent !== frame.finding) finding.textContent = frame.finding;
      say(frame.status, frame.kind);
      if (frame.table !== table) runs.innerHTML = table = frame.table;
      unit.data = `show ${frame.unit ?? "update"}`;
      box.max = bar.max = frame.n_updates;
      if (!isTyping) box.value = frame.update;
      if (wanted === null || !bar.matches(":active")) bar.value = frame.update;
      clearTimeout(sharpening);
      if (!frame.is_sharp && frame.number) {
        const { number } = frame;
        sharpening = setTimeout(() => ask(model, "sharper", number), SHARPEN_AFTER);
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

    let holds = -1;

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
      const [left, top, right, bottom] = model.get("plots")[holds];
      const [x, y] = shares(event);
      const clamp = (share) => Math.min(Math.max(share, 0), 1);
      const up = clamp((bottom - y) / (bottom - top));
      beUnsure();
      ask(model, "place", holds, clamp((x - left) / (right - left)), up);
    }

    picture.addEventListener("pointerdown", (event) => {
      holds = event.button === 0 ? plotAt(event) : -1;
      if (holds < 0) return;
      event.preventDefault();
      picture.setPointerCapture(event.pointerId);
      point(event);
    });
    picture.addEventListener("pointermove", (event) => {
      if (holds >= 0) point(event);
      else picture.style.cursor = plotAt(event) < 0 ? "" : "crosshair";
    });
    for (const name of ["pointerup", "pointercancel"]) {
      picture.addEventListener(name, () => (holds = -1));
    }
    const view = { show, say, showPlaying, isSeen: false };
    const seen = new IntersectionObserver((entries) => {
      view.isSeen = entries.at(-1).isIntersecting;
      look(model);
    });
    seen.observe(picture);
    views.add(view);
    show();
    showPlaying();
    return () => {
      views.delete(view);
      if (!views.size && timer) pause();
      seen.disconnect();
      look(model);
      observer.disconnect();
      window.removeEventListener("resize", soon);
      clearTimeout(measuring);
      clearTimeout(sharpening);
    };
  }

  return { initialize, render };
};
