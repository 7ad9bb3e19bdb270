// The browser's half of predict.Box: a group of radio buttons, a button, and what it tells.
function render({ model, el }) {
  const make = (tag, parent, words) => {
    const made = document.createElement(tag);
    if (words) made.textContent = words;
    parent.append(made);
    return made;
  };
  el.classList.add("ml-predict");
  const group = make("fieldset", el);
  make("legend", group, model.get("question"));
  const name = `predict-${crypto.getRandomValues(new Uint32Array(1))[0]}`; // for this view alone
  const inputs = model.get("options").map((option, index) => {
    const label = make("label", group);
    const input = make("input", label);
    Object.assign(input, { type: "radio", name });
    input.addEventListener("change", () => {
      model.set("choice", index);
      model.save_changes();
    });
    make("span", label, option);
    return input;
  });
  const button = make("button", el);
  button.type = "button";
  button.classList.add("jupyter-button");
  const status = make("div", el);
  status.setAttribute("role", "status");

  let isPressedAgain = false;
  const show = () => {
    const [choice, told] = [model.get("choice"), model.get("told")];
    inputs.forEach((input, index) => {
      input.checked = index === choice;
      input.disabled = told.length > 0;
    });
    // One button for both, so that the focus stays on it.
    button.textContent = told.length ? "predict again" : "check my prediction";
    button.disabled = choice < 0;
    status.replaceChildren();
    for (const [kind, words] of told) make("p", status, words).className = kind;
    if (isPressedAgain && !told.length) {
      inputs[0].focus();
      isPressedAgain = false;
    }
  };
  button.addEventListener("click", () => {
    isPressedAgain = model.get("told").length > 0;
    model.set("pressed", model.get("pressed") + 1);
    model.save_changes();
  });
  el.addEventListener("keydown", (event) => {
    const keys = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", " ", "Enter"];
    const isShortcut = event.shiftKey || event.ctrlKey || event.metaKey || event.altKey;
    if (keys.includes(event.key) && !isShortcut) event.stopPropagation(); // JupyterLab has its own
  });
  model.on("change:choice", show);
  model.on("change:told", show);
  show();
  return () => {
    model.off("change:choice", show);
    model.off("change:told", show);
  };
}

export default { render };
