// The browser's half of pointer.py. The picture is replaced at every event, so the document
// listens, and looks for the picture that stands there now.
function render({ model, el }) {
  let area = -1;
  let press = 0;

  const picture = () => el.closest(".ml-lab")?.querySelector("img.ml-picture");

  function shares(event) {
    const box = picture().getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  function areaAt(event) {
    if (!event.target || event.target !== picture()) return -1;
    const [x, y] = shares(event);
    const within = ([left, top, right, bottom]) =>
      left <= x && x <= right && top <= y && y <= bottom;
    return model.get("areas").findIndex(within);
  }

  function tell(event) {
    const [left, top, right, bottom] = model.get("areas")[area];
    const [x, y] = shares(event);
    const clamp = (share) => Math.min(Math.max(share, 0), 1);
    const across = clamp((x - left) / (right - left));
    const up = clamp((bottom - y) / (bottom - top));
    model.set("place", [area, across, up, press]);
    model.save_changes();
  }

  function down(event) {
    area = event.button === 0 ? areaAt(event) : -1;
    if (area < 0) return;
    event.preventDefault(); // else the browser drags the picture itself away
    press += 1;
    tell(event);
  }

  function move(event) {
    if (area >= 0) tell(event);
    else if (event.target === picture()) {
      event.target.style.cursor = areaAt(event) < 0 ? "" : "crosshair";
    }
  }

  function up() {
    area = -1;
  }

  const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };
  for (const [name, listener] of Object.entries(listeners)) {
    document.addEventListener(name, listener);
  }
  return () => {
    for (const [name, listener] of Object.entries(listeners)) {
      document.removeEventListener(name, listener);
    }
  };
}

export default { render };
