"""The controls of a dashboard: each has a `value`, a `widget`, and says when it had to clamp.

A slider here counts positions on a grid of numbers, so that it never lies between two of them
(a browser silently moves a slider whose value is off its grid). The number box beside it takes
any number from the first to the last of the grid, and carries the label.
"""

import math
from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets

from momentum_lab.live.engine import EVENT
from momentum_lab.validation import as_floats, one_number, unknown_name

_MANTISSAS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)


def log_grid(low, high):
    """Return round numbers from `low` to `high`, ten a decade: 1, 1.2, 1.5, 2, 2.5, 3, 4 up."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    numbers = [float(f"{m}e{e}") for e in range(first, last + 1) for m in _MANTISSAS]
    return [number for number in numbers if low <= number <= high]


def even_grid(low, high, step):
    """Return evenly spaced numbers from `low`, at most up to `high`, without rounding dust."""
    count = math.floor((high - low) / step + 1e-9)
    return [round(low + i * step, 10) for i in range(count + 1)]


class _AnyValue(traitlets.Any):
    allow_none = False  # a None would pass without being looked at

    def set(self, obj, value):
        """Let what follows a change end before the next one begins, whatever thread it is in."""
        with EVENT:
            super().set(obj, value)


class Control(traitlets.HasTraits):
    """What all controls share: a name, a start value, the present `value`, a widget.

    `note` is a sentence when the last value given was not allowed as it was, else "".
    `is_moving` while the note of a value is told that is about to be told itself.
    """

    value = _AnyValue()
    note = traitlets.Unicode()
    is_moving = False

    def __init__(self, name, start, label=None):
        super().__init__()
        self.name, self.label = name, label or name.replace("_", " ")
        self.value = start
        self.start = self.value

    def accept(self, value):
        """Return the nearest allowed value, and a sentence when that is another one (or "")."""
        raise NotImplementedError

    @traitlets.validate("value")
    def _accepted(self, proposal):
        value, note = self.accept(proposal["value"])
        self.is_moving = value != self.value
        self.note, self.is_moving = note, False
        return value


class NumberBox(anywidget.AnyWidget):
    """A box with a label that takes numbers as people write them, also with a decimal comma.

    text: what the kernel puts into the box. typed: what the reader typed, and a running number.
    slider, texts: the slider beside it, and what the box shows at each of its positions, which it
    does at once; its arrow keys move that slider.
    """

    _esm = Path(__file__).with_name("number.js")

    label = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    texts = traitlets.List().tag(sync=True)
    typed = traitlets.List().tag(sync=True, echo_update=False)
    slider = traitlets.Instance(widgets.IntSlider).tag(sync=True, **widgets.widget_serialization)

    def type(self, text):
        """Type a text and confirm it, as a reader does."""
        self.typed = [str(text), (self.typed or ("", 0))[1] + 1]


class Number(Control):
    """A number: a number box with the label, and a slider over `grid` (rising numbers)."""

    def __init__(self, name, grid, start, label=None):
        self.grid = list(grid)
        self._is_whole = all(isinstance(number, int) for number in self.grid)
        super().__init__(name, start, label)
        self.slider = widgets.IntSlider(
            value=self._position(), min=0, max=len(self.grid) - 1, readout=False
        )
        texts = [_as_text(number) for number in self.grid]
        self.box = NumberBox(
            label=self.label, text=_as_text(self.value), texts=texts, slider=self.slider
        )
        self.widget = widgets.Box([self.box, self.slider])
        self.widget.add_class("ml-number")
        self.box.observe(self._typed, "typed")
        self.slider.observe(self._slid, "value")
        self.observe(self._follow, "value")

    def accept(self, value):
        """Clamp into the grid's range; raises TypeError or ValueError for what is no number."""
        number = as_floats(self.label, value)
        if number.ndim or not math.isinf(number):  # what is infinite is clamped, too
            number = one_number(self.label, number)
        low, high = self.grid[0], self.grid[-1]
        nearest = min(max(number, low), high)
        if self._is_whole:
            nearest = round(nearest)
        if nearest == number:
            return nearest, ""
        return nearest, f"{self._allowed}: {number:g} was set to {nearest:g}."

    @property
    def _allowed(self):
        kind = "a whole number " if self._is_whole else ""
        return f"{self.label} is {kind}from {self.grid[0]:g} to {self.grid[-1]:g}"

    def _typed(self, change):
        text = change["new"][0]
        with EVENT:
            number = read_number(text)
            if number is None:
                self.note = f"{self._allowed}: “{text}” is no number, so it stays {self.value:g}."
            else:
                self.value = number
            self._follow()
            self.box.send({})  # show it, also where it is the same text as before

    def _slid(self, change):
        # A slider that follows a typed number stands near it, and must not round it.
        with EVENT, self.box.hold_sync():  # the picture goes first
            if change["new"] != self._position():
                self.value = self.grid[change["new"]]

    def _follow(self, _change=None):
        self.slider.value = self._position()
        self.box.text = _as_text(self.value)

    def _position(self):
        return min(range(len(self.grid)), key=lambda i: abs(self.grid[i] - self.value))


def _as_text(number):
    return f"{number:.10g}"


def read_number(text):
    """Return the number that a reader wrote, with a point or a comma, or None if it is none."""
    text = text.strip().replace("−", "-")
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = float(text.replace("_", "x"))  # Python would take 1_0 for 10
    except ValueError:
        return None
    return None if math.isnan(number) else number


class Choice(Control):
    """One of some options: names, or a dict from what the reader sees to the value.

    functions: for each value that names a function, such as a rule, that function.
    """

    def __init__(self, name, options, start, label=None, functions=None):
        self.options = dict(options) if isinstance(options, dict) else {o: o for o in options}
        self.functions = functions or {}
        super().__init__(name, start, label)
        self.widget = self.box = widgets.Dropdown(
            options=list(self.options.items()), value=self.value, description=self.label
        )
        self.widget.add_class("ml-choice")
        self.box.observe(self._chosen, "value")
        self.observe(self._follow, "value")

    def accept(self, value):
        """Raises ValueError for an unknown option, with the nearest known one."""
        known = list(self.options.values())
        # `==` of an array would be an array; a str subclass or a numpy number may pass.
        if not (isinstance(value, str | int | float) and value in known):
            raise unknown_name(self.label, value, [str(option) for option in known])
        return value, ""

    def _chosen(self, change):
        with EVENT:
            self.value = change["new"]

    def _follow(self, _change):
        self.box.value = self.value
