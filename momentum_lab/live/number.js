// The browser's half of controls.NumberBox: a box that takes any text, beside its slider.
function render({ model, el }) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const words = document.createElement("span");
  words.textContent = model.get("label");
  Object.assign(input, { type: "text", inputMode: "decimal", autocomplete: "off" });
  input.setAttribute("role", "spinbutton");
  el.classList.add("ml-box");
  label.append(words, input);
  el.append(label);

  const texts = model.get("texts");
  input.setAttribute("aria-valuemin", texts[0]);
  input.setAttribute("aria-valuemax", texts[texts.length - 1]);
  let shown = "";
  const show = (text) => {
    input.value = shown = text;
    input.setAttribute("aria-valuenow", text);
  };
  show(model.get("text"));

  // The slider may not be there yet, but a hand may: the box listens at once.
  const id = model.get("slider").replace("IPY_MODEL_", "");
  const found = model.widget_manager.get_model(id);

  const type = () => {
    if (input.value === shown) return;
    shown = input.value;
    model.set("typed", [input.value, (model.get("typed")[1] ?? 0) + 1]);
    model.save_changes();
  };
  input.addEventListener("change", type);
  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // to JupyterLab, which has shortcuts of its own
    if (event.key === "Enter") type();
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    found.then((slider) => {
      const to = Math.min(Math.max(slider.get("value") + by, 0), texts.length - 1);
      slider.set("value", to, { by_hand: true });
      slider.save_changes();
    });
  });

  const slid = (slider, _value, options) => {
    // Only what a hand does here: what the kernel sets may lie between two positions.
    if (options?.updated_view || options?.by_hand) show(texts[slider.get("value")]);
  };
  const follow = async () => {
    const slider = await found;
    const text = model.get("text");
    // A hand on the slider may be ahead of the kernel's answer.
    if (!texts.includes(text) || texts[slider.get("value")] === text) show(text);
  };
  found.then((slider) => slider.on("change:value", slid));
  model.on("change:text", follow);
  model.on("msg:custom", follow); // what was typed may have to give way to the same text
  return () => found.then((slider) => slider.off("change:value", slid));
}

export default { render };
