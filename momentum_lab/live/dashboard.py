"""Dashboards: named controls, a pure computation and a live picture of its result.

A lesson's dashboard is a short factory at the end of this file. Constructing one displays
nothing; as the last expression of a cell it shows itself: live in Jupyter, as a picture where
no kernel runs, and as one line of numbers for a test.
"""

import base64
import html
from dataclasses import dataclass
from importlib import resources

import ipywidgets as widgets

from momentum_lab.live.picture import Picture
from momentum_lab.live.pointer import Pointer
from momentum_lab.live.style import PIN_LOOKS, STYLE, Look, rule_look
from momentum_lab.validation import unknown_name, whole_number

PLAY, PAUSE = "▶ play", "❚❚ pause"
MOST_PINS = len(PIN_LOOKS)
STYLE_SHEET = resources.files("momentum_lab.live").joinpath("dashboard.css").read_text("utf-8")


@dataclass(frozen=True)
class Pin:
    """A result that stays in the picture, and its look."""

    result: object
    look: Look


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
    heroes: the names of the two or three controls whose sliders stand large above the picture.
    """

    def __init__(
        self,
        name,
        controls,
        compute,
        view,
        presets=None,
        start=None,
        answers=None,
        pick=None,
        heroes=("learning_rate", "momentum"),
    ):
        self.name, self.presets, self._compute = name, presets or {}, compute
        self.answers, self._pick, self.heroes = answers or {}, pick or {}, heroes
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
        self.picture = Picture(view, STYLE)
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
        look = PIN_LOOKS[len(self.pinned)]
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
        return rule_look(self.result.rule)

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
