"""Dashboards: named controls, a pure computation and a live picture of its result.

A lab is a short factory of one (labs/). Constructing one displays nothing; as the last expression
of a cell it shows itself: live in Jupyter, as a picture where no kernel runs, and as one line of
numbers for a test.
"""

import base64
import hashlib
import html
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources

import ipywidgets as widgets

from momentum_lab.live.ahead import Ahead
from momentum_lab.live.engine import EVENT, interruptible
from momentum_lab.live.picture import WIDTH, Picture
from momentum_lab.live.progress import Progress
from momentum_lab.live.screen import Screen
from momentum_lab.live.style import PIN_LOOKS, Look, rule_look
from momentum_lab.meaning import meaning
from momentum_lab.rules import RULES
from momentum_lab.validation import unknown_name, whole_number

MOST_PINS = len(PIN_LOOKS)
STYLE_SHEET = resources.files("momentum_lab.live").joinpath("dashboard.css").read_text("utf-8")
FED_FIRST = "learning_rate", "momentum"  # of the sliders whose frames are drawn ahead
INTERRUPTED = "Interrupted: the picture still shows the run before. Move any control to go on."


@dataclass(frozen=True)
class Pin:
    """A result that stays in the picture, and its look."""

    result: object
    look: Look
    number: int  # no two pins of a lab have the same


class Dashboard:
    """Controls → compute → picture, with pins, presets and playback.

    name: what the line of numbers begins with.
    controls: `Number` and `Choice` objects; each becomes an attribute: `lab.momentum.value`.
    compute(**values): returns the result for the controls' values (see experiments). One that has
    `at_update(update)` of its own tells of each update in turn; `unit` is what playback counts.
    view: the `View` that draws results.
    presets: a dict from a name to the values that it sets.
    answers: a dict from a name to a function of the present values; it returns values to set.
    pick: the plots that a reader can click or drag in, a dict from the name of the axes to the
    controls that follow (or None), for the place along x and along y; or to a function of x and y
    that returns values to set.
    start: values to begin with (and to reset to) in place of the controls' own.
    heroes: the names of the two or three controls whose sliders stand large above the picture.
    switches: the names of other controls that stay in sight, beside the rule.
    counts: for a slow computation, what it does many of, such as "trainings". Then it is called as
    compute(progress=progress, **values), and calls progress(done, total) on its way.
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
        switches=(),
        counts="",
    ):
        self.name, self.presets = name, presets or {}
        self.switches = switches
        self.progress = Progress(self._tell_progress, counts)
        self._compute = partial(compute, progress=self.progress) if counts else compute
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
        self.result, self.pinned, self._wish = None, [], None
        self.picture, self.ahead = Picture(view), Ahead(self)
        self._is_setting, self._problem, self._number, self._n_pins = False, "", 0, 0
        self._make_widgets()
        with EVENT:
            self._compute_anew()
            self._show()
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
        with EVENT:
            with self._silently():
                self._forget_notes()
                for control, value in controls:
                    control.value = value
            self._event(self._recompute)
        return self

    def preset(self, name):
        """Jump to the settings of this name; return the dashboard."""
        if name not in self.presets:
            raise unknown_name("preset", name, self.presets)
        return self.set(**self.presets[name])

    def answer(self, name):
        """Jump to the settings that this answer computes from the present ones; return the lab."""
        if name not in self.answers:
            raise unknown_name("answer", name, self.answers)
        wanted = {}
        with EVENT:
            if self._event(lambda: wanted.update(self.answers[name](**self.values))):
                self.set(**wanted)
        return self

    def point(self, axes, x, y):
        """Point at a place of the plot of this name, as a click does; return the dashboard."""
        if axes not in self._pick:
            raise unknown_name("plot", axes, self._pick)
        follows = self._pick[axes]
        if callable(follows):
            return self.set(**follows(x, y))
        places = zip(follows, (x, y), strict=True)
        return self.set(**{name: value for name, value in places if name is not None})

    def reset(self):
        """Take every control back to where it started; pinned runs stay."""
        return self.set(**{name: control.start for name, control in self.controls.items()})

    def new_seed(self):
        """Take the next seed: other initial weights and another order of the items."""
        low, high = self.seed.grid[0], self.seed.grid[-1]
        with EVENT:
            return self.set(seed=self.seed.value + 1 if self.seed.value < high else low)

    def pin(self):
        """Keep the present run in the picture and in the table; at most four fit."""
        with EVENT:
            if len(self.pinned) == MOST_PINS:
                self._tell(f"Only {MOST_PINS} runs can be pinned: clear them first.")
            else:
                self._n_pins += 1
                look = PIN_LOOKS[len(self.pinned)]
                self.pinned.append(Pin(self.result, look, self._n_pins))
                self._event(self._redraw)
        return self

    def clear_pins(self):
        """Let all pinned runs go."""
        with EVENT:
            self.pinned.clear()
            self._event(self._redraw)
        return self

    def show_update(self, number):
        """Show the run up to this update only: 0 is the start, `n_updates` the whole run."""
        with EVENT:
            number = whole_number("update", number, 0, self.result.n_updates)
            self._wish = None if number == self.result.opens_at else number
            self._event(self._show_the_update)
        return self

    def step(self, by=1):
        """Show one update more (or `by`, which may be negative)."""
        with EVENT:
            return self.show_update(min(max(self.shown + by, 0), self.result.n_updates))

    @property
    def shown(self):
        """The update up to which the picture shows the present run."""
        return self._shown_of(self.result)

    def _shown_of(self, result):
        return result.opens_at if self._wish is None else min(self._wish, result.n_updates)

    @property
    def alt(self):
        """The picture in words."""
        return _alt(self.result)

    @property
    def sentence(self):
        """How the present run went, and how it compares with the pinned ones."""
        return self._sentence_of(self.result)

    def _sentence_of(self, result):
        beside = result.beside({pin.look.letter: pin.result for pin in self.pinned})
        return f"{result.sentence} {beside}".strip()

    def line(self):
        """Return all settings and numbers in one line, for people and for tests."""
        runs = [("now", self.result), *((pin.look.letter, pin.result) for pin in self.pinned)]
        texts = [
            f"{who}: " + ", ".join(f"{name} {text}" for name, text in result.numbers.items())
            for who, result in runs
        ]
        return f"{self.name} | " + " | ".join(texts)

    def _repr_mimebundle_(self, include=None, exclude=None):
        with EVENT:
            self._send_frame(is_sharp=True)
            bundle = self.widget._repr_mimebundle_()
            picture = base64.b64encode(self.picture.png()).decode()
            bundle["image/png"] = picture
            # The same with words, for a reader who hears pages: a PNG alone cannot have any.
            bundle["text/html"] = (
                f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{picture}">'
            )
            bundle["text/plain"] = self.line()
            return bundle

    # How an event becomes a picture.

    def _control(self, name):
        if name not in self.controls:
            raise unknown_name("control", name, self.controls)
        return self.controls[name]

    def _control_changed(self, change):
        if self._is_setting or (change["name"] == "note" and change["owner"].is_moving):
            return
        self._forget_notes(but=change["owner"])
        if change["name"] == "note":
            self._tell("")
        else:
            self._event(self._recompute)

    def _forget_notes(self, but=None):
        """Let a note go once another control has moved."""
        with self._silently():
            for control in self.controls.values():
                if control is not but:
                    control.note = ""

    @contextmanager
    def _silently(self):
        """Change controls without an event for each."""
        before, self._is_setting = self._is_setting, True
        try:
            yield
        finally:
            self._is_setting = before

    def _event(self, action):
        """Do it and return True; what goes wrong is shown to the reader and raised again.

        The run before stays, then. An interrupt ends it, and the next event begins anew.
        """
        with EVENT:
            self.ahead.stop()
            before = self.result, self._wish
            try:
                with interruptible():
                    action()
                return True
            except Exception as error:
                self.result, self._wish = before
                self._tell(f"{type(error).__name__}: {error}")
                raise
            except KeyboardInterrupt:
                self.result, self._wish = before
                self._tell(INTERRUPTED)
                if threading.current_thread() is threading.main_thread():
                    raise

    def _recompute(self):
        self._compute_anew()
        self._redraw()

    def _compute_anew(self):
        with self.progress.telling():
            self.result = self._computed(self.values)

    def _show_the_update(self):
        self.result = self._seen_at_the_update(self.result)
        self._redraw()

    def _computed(self, values):
        return self._seen_at_the_update(self._compute(**values))

    def _seen_at_the_update(self, result):
        return result.at_update(self._shown_of(result))

    def _tell_progress(self, words):
        self.screen.progress = words

    def _redraw(self):
        self._problem = ""
        self._show()

    def _tell(self, problem):
        """Show what went wrong (or the notes of the controls) below the picture."""
        self._problem = problem
        self._show()

    def _show(self, is_sharp=False):
        """Send the browser what there is to see; where nobody looks, draw nothing.

        While a hand drags, the next picture must come soon: it has a pixel for each CSS pixel,
        and the browser asks for all of its screen's pixels once the hand rests.
        """
        entries = [(pin.result, pin.look, pin.result.n_updates) for pin in self.pinned]
        self.picture.draw(entries, self._entry(self.result))
        if self.screen.shown_at:
            self._send_frame(is_sharp)

    def _entry(self, result):
        return result, rule_look(result.rule), self._shown_of(result)

    def _show_sharply(self):
        self._show(is_sharp=True)

    def _send_frame(self, is_sharp):
        width, ratio, _ = self._seen_at
        pixels = round(width * ratio)
        drawn = pixels if is_sharp else min(pixels, width)
        notes = [control.note for control in self.controls.values() if control.note]
        self._number += 1
        self.screen.frame = self._words(self.result, self.values) | {
            "png": self.picture.live_png(drawn),
            "is_sharp": drawn == pixels,
            "status": self._problem or " ".join([*notes, self.sentence]),
            "kind": "problem" if self._problem else "note" if notes else "",
            "number": self._number,
        }
        if self._pick and not self.screen.plots:
            self.screen.plots = [self.picture.area(axes) for axes in self._pick]

    def _words(self, result, values):
        """Return what a frame says of a result, and the settings that it is for."""
        return {
            "alt": _alt(result),
            "finding": result.finding,
            "status": self._sentence_of(result),
            "kind": "",
            "table": self._table(result),
            "update": self._shown_of(result),
            "n_updates": result.n_updates,
            "unit": result.unit,
            "context": self.context,
            "at": [repr(values[name]) for name in self.heroes],
        }

    def _table(self, result):
        rows = [(rule_look(result.rule), "now", result)]
        rows += [(pin.look, pin.look.letter, pin.result) for pin in self.pinned]
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in result.numbers)
        body = "".join(
            f'<tr><th scope="row">{_swatch(look)} {who}</th>'
            + "".join(
                f'<td data-name="{html.escape(name)}">{html.escape(text)}</td>'
                for name, text in result.numbers.items()
            )
            + "</tr>"
            for look, who, result in rows
        )
        return (
            f'<table class="ml-table"><thead><tr><th scope="col">run</th>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    # What is drawn ahead of the hand.

    @property
    def rule_function(self):
        """The function of the rule that is chosen, or None where there is none to choose."""
        control = self.controls.get("rule")
        return control and control.functions.get(control.value)

    @property
    def context(self):
        """All that a frame depends on besides its heroes: equal only if they all are."""
        others = [repr(v) for name, v in self.values.items() if name not in self.heroes]
        pins, (width, ratio, _) = [pin.number for pin in self.pinned], self._seen_at
        rule = self.rule_function
        own = None if rule in RULES.values() else hash(meaning(rule))
        parts = others, pins, self._wish, width, ratio, own
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def moved(self, hero, position):
        """Return the values with one hero's slider at another position; {} if there is none."""
        if 0 <= hero < len(self.heroes):
            grid = self.controls[self.heroes[hero]].grid
            if 0 <= position < len(grid):
                return self.values | {self.heroes[hero]: grid[position]}
        return {}

    def frame_of(self, values):
        """Return the frame that an event with these values would send, but for its number."""
        width, ratio, _ = self._seen_at
        drawn = min(round(width * ratio), width)
        result = self._computed(values)
        png = self.picture.live_png(drawn, self._entry(result))
        is_sharp = drawn == round(width * ratio)
        return self._words(result, values) | {"png": png, "is_sharp": is_sharp}

    def send_ahead(self, values):
        """Send the browser the frame of these values, to hold."""
        frame = self.frame_of(values)
        self.screen.send(frame, [frame.pop("png")])

    def _wanted(self, change):
        context, moves, _ = change["new"]
        self.ahead.want(context, moves)

    # What the browser asks for.

    @property
    def _seen_at(self):
        return self.screen.shown_at or (WIDTH, 1, 0)

    def _shown_at(self, _change):
        self.ahead.forget()
        self._event(self._show_sharply)

    def _sharper(self, change):
        with EVENT:
            if change["new"][0] == self._number:
                self._event(self._show_sharply)

    def _pointed(self, change):
        plot, across, up, _ = change["new"]
        axes = list(self._pick)[plot]
        with EVENT:
            x, y = self.picture.data_at(axes, across, up)
            # Three digits are as fine as a pixel, and can be read and typed.
            self.point(axes, float(f"{x:.3g}"), float(f"{y:.3g}"))

    def _update_asked(self, change):
        with EVENT:
            self.show_update(min(max(change["new"][0], 0), self.result.n_updates))

    # The widgets.

    def _make_widgets(self):
        heroes = [self.controls[name] for name in self.heroes]
        self.screen = Screen(
            size=list(self.picture.view.size),
            heroes=[control.slider for control in heroes],
            grids=[[repr(value) for value in control.grid] for control in heroes],
            feeds_first=[name in FED_FIRST for name in self.heroes],
        )
        for name, action in (
            ("shown_at", self._shown_at),
            ("sharper", self._sharper),
            ("place", self._pointed),
            ("update", self._update_asked),
            ("want", self._wanted),
        ):
            self.screen.observe(action, name)
        in_sight = (*self.heroes, "rule", *self.switches)
        others = [c for name, c in self.controls.items() if name not in in_sight]
        presets = [_button(name, lambda name=name: self.preset(name)) for name in self.presets]
        presets += [_button(name, lambda name=name: self.answer(name)) for name in self.answers]
        actions = [
            _button("pin this run", self.pin, "keep this run in the picture, to compare"),
            _button("clear pins", self.clear_pins, "let all pinned runs go"),
            _button("reset", self.reset, "take all controls back to the start"),
        ]
        if "seed" in self.controls:
            actions.insert(2, _button("new seed", self.new_seed, "other random start weights"))
        boxes = [control.box for control in self.controls.values()]
        sliders = [c.slider for c in self.controls.values() if hasattr(c, "slider")]
        sliders = [slider for slider in sliders if slider not in self.screen.heroes]
        self.screen.hands = [self.screen, *boxes, *sliders, *actions, *presets]
        self.widget = _box(
            "ml-lab",
            _box("ml-row ml-top", *self._top(others)),
            _box("ml-heroes", *(self.controls[name].widget for name in self.heroes)),
            self.screen,
            _box("ml-row", _text("compare"), *actions),
            *([_box("ml-row", _text("try"), *presets)] if presets else []),
        )

    def _top(self, others):
        """The rule and the switches; all controls that are neither nor a hero, folded away."""
        for name in ("rule", *self.switches):
            if name in self.controls:
                yield self.controls[name].widget
        if others:
            fold = widgets.ToggleButton(description="more settings", tooltip="show more settings")
            folded = _box("ml-controls", *(control.widget for control in others))
            folded.add_class("ml-folded")

            def turn(change):
                (folded.remove_class if change["new"] else folded.add_class)("ml-folded")

            fold.observe(turn, "value")
            yield fold
            yield folded


def _alt(result):
    return f"{result.finding}. {result.sentence}"


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
