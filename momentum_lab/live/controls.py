"""The controls of a dashboard: each has a `value`, a `widget`, and says when it had to clamp.

A slider here counts positions on a grid of numbers, so that it never lies between two of them
(a browser silently moves a slider whose value is off its grid). The number box beside it takes
any number from the first to the last of the grid, and carries the label.
"""

import math

import ipywidgets as widgets
import numpy as np
import traitlets

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


class Control(traitlets.HasTraits):
    """What all controls share: a name, a start value, the present `value`, a widget.

    `note` is a sentence when the last value given was not allowed as it was, else "".
    """

    value = _AnyValue()
    note = traitlets.Unicode()

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
        value, self.note = self.accept(proposal["value"])
        return value


class Number(Control):
    """A number: a number box with the label, and a slider over `grid` (rising numbers)."""

    def __init__(self, name, grid, start, label=None):
        self.grid = list(grid)
        self._is_whole = all(isinstance(number, int) for number in self.grid)
        self._following = False
        super().__init__(name, start, label)
        box = widgets.IntText if self._is_whole else widgets.FloatText
        self.box = box(value=self.value, description=self.label, step=self._small_step())
        self.slider = widgets.IntSlider(
            value=self._position(), min=0, max=len(self.grid) - 1, readout=False
        )
        self.widget = widgets.HBox([self.box, self.slider])
        self.widget.add_class("ml-number")
        self.box.observe(self._typed, "value")
        self.slider.observe(self._slid, "value")
        self.observe(self._follow, "value")

    def accept(self, value):
        """Clamp into the grid's range; raises TypeError or ValueError for what is no number."""
        number = one_number(self.label, as_floats(self.label, value))
        if math.isnan(number):
            raise ValueError(f"{self.label} must be a number, got nan")
        low, high = self.grid[0], self.grid[-1]
        nearest = min(max(number, low), high)
        if self._is_whole:
            nearest = round(nearest)
        if nearest == number:
            return nearest, ""
        kind = "a whole number " if self._is_whole else ""
        allowed = f"{self.label} is {kind}from {low:g} to {high:g}"
        return nearest, f"{allowed}: {number:g} was set to {nearest:g}."

    def _typed(self, change):
        if not self._following:
            self.value = change["new"]
            self._follow()  # also where clamping left the value as it was

    def _slid(self, change):
        if not self._following:  # a slider that follows a typed number must not round it
            self.value = self.grid[change["new"]]

    def _follow(self, _change=None):
        self._following = True
        try:
            self.box.value = self.value
            self.slider.value = self._position()
        finally:
            self._following = False

    def _position(self):
        return min(range(len(self.grid)), key=lambda i: abs(self.grid[i] - self.value))

    def _small_step(self):
        return 1 if self._is_whole else min(np.diff(self.grid))


class Choice(Control):
    """One of some options: names, or a dict from what the reader sees to the value."""

    def __init__(self, name, options, start, label=None):
        self.options = dict(options) if isinstance(options, dict) else {o: o for o in options}
        super().__init__(name, start, label)
        self.widget = self.box = widgets.Dropdown(
            options=list(self.options.items()), value=self.value, description=self.label
        )
        self.box.observe(self._chosen, "value")
        self.observe(self._follow, "value")

    def accept(self, value):
        """Raises ValueError for an unknown option, with the nearest known one."""
        known = list(self.options.values())
        if not np.isscalar(value) or value not in known:
            raise unknown_name(self.label, value, [str(option) for option in known])
        return value, ""

    def _chosen(self, change):
        self.value = change["new"]

    def _follow(self, _change):
        self.box.value = self.value
