"""Dashboards: named controls, a pure computation and a live picture of its result.

A lesson's dashboard is a short factory at the end of this file. Constructing one displays
nothing; as the last expression of a cell it shows itself: live in Jupyter, as a picture where
no kernel runs, and as one line of numbers for a test.
"""

import base64
import html
from dataclasses import dataclass
from functools import partial
from importlib import resources

import ipywidgets as widgets

from momentum_lab import experiments, plots
from momentum_lab.controls import Choice, Number, even_grid, log_grid
from momentum_lab.picture import Picture
from momentum_lab.pointer import Pointer
from momentum_lab.rules import RULES, averaged, heavy_ball, nesterov, plain, previous_delta
from momentum_lab.validation import unknown_name, whole_number

PLAY, PAUSE = "▶ play", "❚❚ pause"
MOST_PINS = len(plots.PIN_LOOKS)
STYLE_SHEET = resources.files("momentum_lab").joinpath("dashboards.css").read_text("utf-8")


@dataclass(frozen=True)
class Pin:
    """A result that stays in the picture, and its look."""

    result: object
    look: plots.Look


class Dashboard:
    """Controls → compute → picture, with pins, presets and playback.

    name: what the line of numbers begins with.
    controls: `Number` and `Choice` objects; each becomes an attribute: `lab.momentum.value`.
    compute(**values): returns the result for the controls' values (see experiments).
    view: the `View` that draws results.
    presets: a dict from a name to the values that it sets.
    answers: a dict from a name to a function of the present values; it returns values to set.
    pick: the plots that a reader can click or drag in, a dict from the name of the axes to the
    controls that follow (or None), for the place along x and along y.
    start: values to begin with (and to reset to) in place of the controls' own.
    """

    def __init__(
        self, name, controls, compute, view, presets=None, start=None, answers=None, pick=None
    ):
        self.name, self.presets, self._compute = name, presets or {}, compute
        self.answers, self._pick = answers or {}, pick or {}
        self.controls = {control.name: control for control in controls}
        for control in controls:
            if hasattr(type(self), control.name):
                raise ValueError(f"a control may not be called {control.name!r}: a method is")
            setattr(self, control.name, control)
        for control_name, value in (start or {}).items():
            control = self._control(control_name)
            control.value = value
            control.start = control.value
        self.result, self.shown, self.pinned = None, 0, []
        self.picture = Picture(view, plots.STYLE)
        self._busy = False
        self._make_widgets(view.size)
        self._recompute()
        self._pointer.areas = [self.picture.area(axes) for axes in self._pick]
        for control in controls:
            control.observe(self._control_changed, ["value", "note"])

    # What a reader or a cell can do.

    @property
    def values(self):
        """The present value of each control, a dict by name."""
        return {name: control.value for name, control in self.controls.items()}

    def set(self, **values):
        """Set several controls, then compute once; return the dashboard.

        Raises ValueError for an unknown control or option; numbers are clamped, with a note.
        """
        controls = [(self._control(name), value) for name, value in values.items()]
        for control, value in controls:
            control.accept(value)  # refuse before anything has changed
        self._busy = True
        try:
            for control, value in controls:
                control.value = value
        finally:
            self._busy = False
        self._attempt(self._recompute)
        return self

    def preset(self, name):
        """Jump to the settings of this name; return the dashboard."""
        if name not in self.presets:
            raise unknown_name("preset", name, self.presets)
        return self.set(**self.presets[name])

    def answer(self, name):
        """Jump to the settings that this answer computes from the present ones."""
        if name not in self.answers:
            raise unknown_name("answer", name, self.answers)
        return self.set(**self.answers[name](**self.values))

    def point(self, axes, x, y):
        """Point at a place of the plot of this name, as a click does; return the dashboard."""
        if axes not in self._pick:
            raise unknown_name("plot", axes, self._pick)
        return self.set(
            **{
                name: value
                for name, value in zip(self._pick[axes], (x, y), strict=True)
                if name is not None
            }
        )

    def reset(self):
        """Take every control back to where it started; pinned runs stay."""
        return self.set(**{name: control.start for name, control in self.controls.items()})

    def new_seed(self):
        """Take the next seed: other initial weights and another order of the items."""
        low, high = self.seed.grid[0], self.seed.grid[-1]
        return self.set(seed=self.seed.value + 1 if self.seed.value < high else low)

    def pin(self):
        """Keep the present run in the picture and in the table; at most four fit."""
        if len(self.pinned) == MOST_PINS:
            self._show_status(f"Only {MOST_PINS} runs can be pinned: clear them first.")
            return self
        look = plots.PIN_LOOKS[len(self.pinned)]
        self.pinned.append(Pin(self.result, look))
        self._attempt(self._redraw)
        return self

    def clear_pins(self):
        """Let all pinned runs go."""
        self.pinned.clear()
        self._attempt(self._redraw)
        return self

    def show_update(self, number):
        """Show the run up to this update only: 0 is the start, `n_updates` the whole run."""
        self.shown = whole_number("update", number, 0, self.result.n_updates)
        self._attempt(self._redraw)
        return self

    def step(self, by=1):
        """Show one update more (or `by`, which may be negative)."""
        return self.show_update(min(max(self.shown + by, 0), self.result.n_updates))

    @property
    def alt(self):
        """The picture in words."""
        return f"{self.result.finding}. {self.result.sentence}"

    def line(self):
        """Return all settings and numbers in one line, for people and for tests."""
        runs = [("now", self.result), *((pin.look.letter, pin.result) for pin in self.pinned)]
        texts = [
            f"{who}: " + ", ".join(f"{name} {text}" for name, text in result.numbers.items())
            for who, result in runs
        ]
        return f"{self.name} | " + " | ".join(texts)

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = self.widget._repr_mimebundle_()
        bundle["image/png"] = base64.b64encode(self.picture.png()).decode()
        bundle["text/plain"] = self.line()
        return bundle

    # How an event becomes a picture.

    def _control(self, name):
        if name not in self.controls:
            raise unknown_name("control", name, self.controls)
        return self.controls[name]

    def _control_changed(self, change):
        if self._busy:
            return
        if change["name"] == "note":
            self._show_status()
        else:
            self._attempt(self._recompute)

    def _attempt(self, action):
        """Do it; what goes wrong is shown to the reader and raised again for the tests.

        KeyboardInterrupt is no Exception: it passes, and the next event begins anew.
        """
        try:
            action()
        except Exception as error:
            self._show_status(f"{type(error).__name__}: {error}", "ml-problem")
            raise

    @property
    def _look(self):
        return plots.rule_look(self.result.rule)

    def _recompute(self):
        stays = self.result and self.shown != self.result.opens_at  # a reader moved it there
        self.result = self._compute(**self.values)
        self.shown = min(self.shown, self.result.n_updates) if stays else self.result.opens_at
        self._redraw()

    def _redraw(self):
        self.picture.draw(
            [(pin.result, pin.look, pin.result.n_updates) for pin in self.pinned],
            (self.result, self._look, self.shown),
        )
        self._show_picture()
        self._show_status()
        self._show_table()
        self._show_position()

    # The widgets.

    def _make_widgets(self, size):
        self._size = size
        self._image, self._status, self._table = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._table.add_class("ml-runs")
        self._position = widgets.IntSlider(min=0, max=1, readout=False)
        self._position_box = widgets.IntText(description="show update")
        # The widget only ticks: its own buttons have no names that a screen reader could say.
        self._play = widgets.Play(min=0, max=100, interval=80)
        self._play.add_class("ml-hidden")
        self._play_button = _button(PLAY, self._start_or_pause, "go through the updates")
        self._following = False
        self._position.observe(self._position_moved, "value")
        self._position_box.observe(self._position_moved, "value")
        self._play.observe(self._play_ticked, "value")
        self._play.observe(self._play_changed, "playing")
        actions = [
            _button("pin this run", self.pin, "keep this run in the picture, to compare"),
            _button("clear pins", self.clear_pins, "let all pinned runs go"),
            _button("reset", self.reset, "take all controls back to the start"),
        ]
        if "seed" in self.controls:
            actions.insert(2, _button("new seed", self.new_seed, "other random start weights"))
        presets = [_button(name, lambda name=name: self.preset(name)) for name in self.presets]
        presets += [_button(name, lambda name=name: self.answer(name)) for name in self.answers]
        self._pointer = Pointer()
        self._pointer.add_class("ml-hidden")
        self._pointer.observe(self._pointed, "place")
        playback = [
            self._play,
            self._play_button,
            _button("‹ step", lambda: self.step(-1), "show one update less"),
            _button("step ›", self.step, "show one update more"),
            self._position_box,
            self._position,
        ]
        self.widget = _box(
            "ml-lab",
            widgets.HTML(f"<style>{STYLE_SHEET}</style>"),
            _box("ml-controls", *(control.widget for control in self.controls.values())),
            _box("ml-row", _text("try"), *presets) if presets else _box("ml-row"),
            self._image,
            *([self._pointer] if self._pick else []),
            self._status,
            _box("ml-row ml-playback", *playback),
            _box("ml-row", _text("compare"), *actions),
            self._table,
        )

    def _pointed(self, change):
        area, across, up, _press = change["new"]
        axes = list(self._pick)[area]
        x, y = self.picture.data_at(axes, across, up)
        # Three digits are as fine as a pixel, and can be read and typed.
        self.point(axes, float(f"{x:.3g}"), float(f"{y:.3g}"))

    def _position_moved(self, change):
        if not self._following:
            self.show_update(min(max(change["new"], 0), self.result.n_updates))
            self._show_position()

    def _start_or_pause(self):
        if not self._play.playing and self._play.value == self._play.max:
            self._play.value = self._play.min
        self._play.playing = not self._play.playing

    def _play_changed(self, change):
        self._play_button.description = PAUSE if change["new"] else PLAY

    def _play_ticked(self, change):
        update = round(change["new"] / self._play.max * self.result.n_updates)
        if update != self.shown:
            self.show_update(update)

    def _show_picture(self):
        width, height = self._size
        pick = " ml-pick" if self._pick else ""
        picture = base64.b64encode(self.picture.live_png()).decode()
        self._image.value = (
            f'<div class="ml-finding">{html.escape(self.result.finding)}</div>'
            f'<img class="ml-picture{pick}" width="{width}" height="{height}" decoding="sync" '
            f'alt="{html.escape(self.alt)}" src="data:image/png;base64,{picture}">'
        )

    def _show_status(self, problem=None, kind=""):
        notes = [control.note for control in self.controls.values() if control.note]
        words = problem or " ".join([*notes, self.result.sentence])
        kind = kind or ("ml-note" if notes else "")
        self._status.value = f'<div role="status" class="{kind}">{html.escape(words)}</div>'

    def _show_table(self):
        rows = [(self._look, "now", self.result)]
        rows += [(pin.look, pin.look.letter, pin.result) for pin in self.pinned]
        names = self.result.numbers
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
        body = "".join(
            f'<tr><th scope="row">{_swatch(look)} {who}</th>'
            + "".join(
                f'<td data-name="{html.escape(name)}">{html.escape(text)}</td>'
                for name, text in result.numbers.items()
            )
            + "</tr>"
            for look, who, result in rows
        )
        self._table.value = (
            f'<table class="ml-table"><thead><tr><th scope="col">run</th>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def _show_position(self):
        self._following = True
        try:
            self._position.max = self.result.n_updates
            self._position.value = self._position_box.value = self.shown
        finally:
            self._following = False


def _box(classes, *children):
    box = widgets.Box(children)
    for name in classes.split():
        box.add_class(name)
    return box


def _text(words):
    return widgets.HTML(f'<span class="ml-word">{words}</span>')


def _button(words, action, tooltip=""):
    button = widgets.Button(description=words, tooltip=tooltip)
    button.on_click(lambda _button: action())
    return button


def _swatch(look):
    """A short piece of the line, so that the table is also the legend."""
    dash = "" if look.dash == "-" else " ".join(str(n * 1.6) for n in look.dash[1])
    return (
        '<svg class="ml-swatch" width="34" height="8" aria-hidden="true">'
        f'<line x1="1" y1="4" x2="33" y2="4" stroke="{look.color}" '
        f'stroke-width="{look.width}" stroke-dasharray="{dash}"/></svg>'
    )


# One factory for each lesson's dashboard: its controls, its computation, its view.

LEARNING_RATES = log_grid(0.001, 10)
MOMENTA = even_grid(0, 0.99, 0.01)
BATCH_SIZES = {"1 item (online)": 1, "5 items": 5, "20 items": 20, "all items (batch)": "all"}

LINEAR_RULES = (plain, previous_delta, heavy_ball, nesterov, averaged)

ONE_WEIGHT_PRESETS = {
    "the post's sum": {
        "rule": "previous_delta", "weight": 3.56, "gradient": -2.7, "learning_rate": 0.01,
        "momentum": 0.5, "prev_delta": 0.044,
    },
    "from rest: look back": {
        "rule": "previous_delta", "weight": 0, "gradient": -1, "learning_rate": 1,
        "momentum": 0.9, "prev_delta": 0,
    },
    "from rest: build up": {
        "rule": "heavy_ball", "weight": 0, "gradient": -1, "learning_rate": 1,
        "momentum": 0.9, "prev_delta": 0,
    },
}  # fmt: skip
LAB_PRESETS = {
    "slow but sure": {"rule": "plain", "learning_rate": 0.005},
    "too big": {"rule": "plain", "learning_rate": 3.0},
    "second update": {"rule": "previous_delta", "learning_rate": 0.05, "momentum": 0.75},
    "build up speed": {"rule": "heavy_ball", "learning_rate": 0.005, "momentum": 0.9},
    "too much of it": {"rule": "heavy_ball", "learning_rate": 0.5, "momentum": 0.99},
}

# On a quadratic loss: fine where a learning rate changes its fate.
LIMIT_LEARNING_RATES = [*log_grid(0.01, 0.5), *even_grid(0.6, 4, 0.1), *log_grid(5, 30)]
BOWL_PRESETS = {
    "slow but sure": {"rule": "plain", "learning_rate": 0.1, "curvature": 1},
    "just right": {"rule": "plain", "learning_rate": 1, "curvature": 1},
    "zig-zag": {"rule": "plain", "learning_rate": 1.8, "curvature": 1},
    "on the edge": {"rule": "plain", "learning_rate": 2, "curvature": 1},
    "diverging": {"rule": "plain", "learning_rate": 2.1, "curvature": 1},
    "ringing": {"rule": "heavy_ball", "learning_rate": 0.1, "momentum": 0.9, "curvature": 1},
}
VALLEY_PRESETS = {
    "slow floor": {"rule": "plain", "learning_rate": 0.5, "condition_number": 20},
    "zig-zag": {"rule": "plain", "learning_rate": 1.9, "condition_number": 20},
    "zig-zag + second update": {
        "rule": "previous_delta", "learning_rate": 1.9, "momentum": 0.9, "condition_number": 20,
    },
    "second update, slower": {
        "rule": "previous_delta", "learning_rate": 1, "momentum": 0.9, "condition_number": 20,
    },
    "heavy ball swings": {
        "rule": "heavy_ball", "learning_rate": 0.5, "momentum": 0.9, "condition_number": 20,
    },
    "heavy ball at its best": {
        "rule": "heavy_ball", "learning_rate": 2.672, "momentum": 0.4026, "condition_number": 20,
    },
    "d2l's example": {
        "rule": "heavy_ball", "learning_rate": 2.4, "momentum": 0.5, "condition_number": 20,
        "rotation": 0, "start_1": -5, "start_2": -2, "updates": 20,
    },
}  # fmt: skip

MAP_LEARNING_RATES = [rate for rate in LIMIT_LEARNING_RATES if rate <= 10]  # as far as the map
PHASE_MAP_PRESETS = {
    "smooth": {"rule": "heavy_ball", "learning_rate": 0.02, "momentum": 0.5},
    "ringing": {"rule": "heavy_ball", "learning_rate": 0.1, "momentum": 0.9},
    "sign-flipping": {"rule": "plain", "learning_rate": 1.8},
    "three by three": {"rule": "previous_delta", "learning_rate": 2, "momentum": 0.5},
    "diverging": {"rule": "previous_delta", "learning_rate": 1.5, "momentum": 0.8},
}

SPECTRUM_PRESETS = {
    "no momentum": {"rule": "plain", "learning_rate": 1, "momentum": 0},
    "textbook 0.9": {"rule": "heavy_ball", "learning_rate": 1, "momentum": 0.9},
    "worse before better": {
        "rule": "heavy_ball", "condition_number": 1000, "learning_rate": 3.7585,
        "momentum": 0.8812, "updates": 200,
    },
    "too big": {"rule": "plain", "learning_rate": 2.1},
    "too much of it": {"rule": "previous_delta", "learning_rate": 1.2, "momentum": 0.9},
}  # fmt: skip
# As fine as one must be near the edge, from 0.01 to 40: averaged is at its best at √κ.
FINE_STEPS = [*even_grid(1, 1.95, 0.05), *even_grid(2, 4.9, 0.1), *even_grid(5, 9.8, 0.2)]
FINE_LEARNING_RATES = [float(f"{m:g}e{e}") for e in (-2, -1, 0) for m in FINE_STEPS]
FINE_LEARNING_RATES += [float(f"{m:g}e1") for m in FINE_STEPS if m <= 4]
SPECTRUM_CONDITIONS = [
    *(2, 3, 4, 5, 6, 8),
    *(10, 12, 15, 20, 25, 30, 40, 50, 60, 80),
    *(100, 120, 150, 200, 250, 300, 400, 500, 600, 800, 1000),
]


def rule_options(rules):
    """Return what a reader chooses from: each rule's name, as the lessons write it."""
    return {experiments.in_words(rule.__name__): rule.__name__ for rule in rules}


def rule_choice(own_rules, built_in, otherwise):
    """Return the control for the rule: a reader's own come first, and the first is chosen."""
    for rule in own_rules:
        if not hasattr(rule, "__name__"):  # it is also what the reader chooses it by
            raise TypeError(f"a rule must be a function, got {type(rule).__name__}")
    chosen = own_rules[0].__name__ if own_rules else otherwise
    return Choice("rule", rule_options([*own_rules, *built_in]), chosen)


def network_lab(*own_rules, **start):
    """Return the network lab: train a real network anew on every event.

    own_rules: your own rule functions; the first is chosen, the built-in ones are offered, too.
    start: values to begin with, such as momentum=0.9.
    """
    return Dashboard(
        "network_lab",
        [
            rule_choice(own_rules, RULES.values(), "previous_delta"),
            Choice("data_set", experiments.DATA_SETS, "iris"),
            Number("learning_rate", LEARNING_RATES, 0.05),
            Number("hidden_units", range(1, 31), 7),
            Number("momentum", MOMENTA, 0.5),
            Choice("batch_size", BATCH_SIZES, 1),
            Number("epochs", range(5, 201, 5), 50),
            Number("seed", range(0, 100), 0),
        ],
        partial(experiments.train_lab, own_rules),
        plots.NETWORK_LAB,
        presets=LAB_PRESETS,
        start=start,
    )


def one_weight(**start):
    """Return the lab of lesson 1: one update of one weight, then eleven more on the same slope."""
    return Dashboard(
        "one_weight",
        [
            Choice("rule", rule_options(LINEAR_RULES), "previous_delta"),
            Number("weight", even_grid(-5, 5, 0.01), 3.56),
            Number("gradient", even_grid(-5, 5, 0.1), -2.7),
            Number("learning_rate", log_grid(0.001, 1), 0.01),
            Number("prev_delta", even_grid(-0.1, 0.1, 0.002), 0.044, "previous delta"),
            Number("momentum", MOMENTA, 0.5),
        ],
        experiments.update_one_weight,
        plots.ONE_WEIGHT,
        presets=ONE_WEIGHT_PRESETS,
        start=start,
    )


def phase_map(*own_rules, **start):
    """Return the lab of lesson 4: a map of every learning rate and momentum, and a point on it.

    own_rules: your own linear rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "phase_map",
        [
            rule_choice(own_rules, LINEAR_RULES, "heavy_ball"),
            Number("learning_rate", MAP_LEARNING_RATES, 0.1),
            Number("updates", range(20, 201, 10), 60),
            Number("momentum", MOMENTA, 0.8),
        ],
        partial(experiments.probe_map, own_rules),
        plots.PHASE_MAP,
        presets=PHASE_MAP_PRESETS,
        start=start,
        answers={
            "critical damping": partial(experiments.critical_momentum, own_rules),
            "to the edge": partial(experiments.edge_learning_rate, own_rules),
        },
        pick={"map": ("learning_rate", "momentum")},
    )


def spectrum(*own_rules, **start):
    """Return the lab of lesson 5: a loss with many curvatures, and the settings that suit all.

    own_rules: your own linear rules; the first is chosen. start: as in `network_lab`.
    """
    best_values = partial(experiments.best_values, own_rules)
    return Dashboard(
        "spectrum",
        [
            rule_choice(own_rules, LINEAR_RULES, "heavy_ball"),
            Number("condition_number", SPECTRUM_CONDITIONS, 30),
            Number("learning_rate", FINE_LEARNING_RATES, 1.0),
            Number("momentum", MOMENTA, 0.5),
            Number("updates", range(20, 301, 10), 60),
        ],
        partial(experiments.probe_spectrum, own_rules, LINEAR_RULES),
        plots.SPECTRUM,
        presets=SPECTRUM_PRESETS,
        start=start,
        answers={
            "best settings": best_values,
            "plain at its best": partial(best_values, "plain"),
            "the post's rule at its best": partial(best_values, "previous_delta"),
            "heavy ball at its best": partial(best_values, "heavy_ball"),
            "nesterov at its best": partial(best_values, "nesterov"),
        },
    )


def bowl(*own_rules, **start):
    """Return the lab of lesson 2: one weight in a bowl, and the four fates of a learning rate.

    own_rules: your own rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "bowl",
        [
            rule_choice(own_rules, LINEAR_RULES, "previous_delta"),
            Number("learning_rate", LIMIT_LEARNING_RATES, 0.4),
            Number("momentum", MOMENTA, 0.5),
            Number("curvature", log_grid(0.1, 10), 1),
            Number("start", even_grid(-2, 2, 0.05), -1.6),
        ],
        partial(experiments.descend_bowl, own_rules),
        plots.BOWL,
        presets=BOWL_PRESETS,
        start=start,
        answers={"critical damping": partial(experiments.critical_bowl_momentum, own_rules)},
        pick={"bowl": ("start", None)},
    )


def valley(*own_rules, **start):
    """Return the lab of lessons 2 and 3: two weights in a valley, seen from above.

    own_rules: your own rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "valley",
        [
            rule_choice(own_rules, LINEAR_RULES, "previous_delta"),
            Number("learning_rate", LIMIT_LEARNING_RATES, 1),
            Number("momentum", MOMENTA, 0.5),
            Number("condition_number", [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 400], 20),
            Number("rotation", range(0, 91, 5), 20),
            Number("start_1", even_grid(-6, 6, 0.1), -5, "start, weight 1"),
            Number("start_2", even_grid(-3.6, 3.6, 0.1), -0.5, "start, weight 2"),
            Number("updates", range(10, 301, 10), 100),
        ],
        partial(experiments.descend_valley, own_rules),
        plots.VALLEY,
        presets=VALLEY_PRESETS,
        start=start,
        answers={"best settings": partial(experiments.best_valley_settings, own_rules)},
        pick={"contours": ("start_1", "start_2")},
    )
