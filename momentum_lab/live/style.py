"""One palette, one line style a rule, and the axes that all pictures are made of.

Every artist is told how it looks. Nothing here reads or changes matplotlib's rcParams: they belong
to the reader's own plots, and two threads cannot change them at once.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import normalize_kwargs
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.text import Text

INK, SOFT_INK, LINE, GRID = "#1f2430", "#5c6370", "#c4c9d1", "#eceef2"
GRADIENT_COLOR = "#7d848f"  # what the gradient alone does is what the rule plain does

FONT = "DejaVu Sans"
TEXT = {"color": INK, "fontfamily": FONT, "fontsize": 9.5, "fontweight": "normal"}
LABEL = TEXT | {"color": SOFT_INK}
TICKS = {"color": LINE, "labelcolor": SOFT_INK, "labelsize": 9, "labelfontfamily": FONT}
TICKS |= {"direction": "out", "length": 3.5, "width": 0.8, "pad": 3.5}
TICKS |= {"grid_color": GRID, "grid_linewidth": 0.8, "grid_linestyle": "-", "grid_alpha": 1.0}
CURVE = {"color": INK, "markersize": 6, "markeredgewidth": 1.0, "linewidth": 1.5}
CURVE |= {"dash_capstyle": "round", "solid_capstyle": "round", "marker": "None"}
CURVE |= {"linestyle": "-"}


class Panel(Axes):
    """Axes that look like the course, whatever style the reader's own plots have."""

    def __init__(self, figure, *where, **more):
        super().__init__(figure, *where, facecolor="white", **more)
        self.set_axisbelow(True)
        self.grid(True, which="major")
        for side, spine in self.spines.items():
            spine.set(visible=side in ("left", "bottom"), color=LINE, linewidth=0.8)
        for axis in (self.xaxis, self.yaxis):
            axis.set_tick_params(which="major", **TICKS)
            axis.label.set(**LABEL)
        self.tick_params(top=False, right=False, bottom=True, left=True)
        self.tick_params(which="minor", length=0)

    def text(self, x, y, words, **look):
        """Write `words`, in the course's font."""
        return super().text(x, y, words, **(TEXT | normalize_kwargs(look, Text)))

    def annotate(self, words, *where, **look):
        """Write `words` at a place that belongs to another one, in the course's font."""
        return super().annotate(words, *where, **(TEXT | normalize_kwargs(look, Text)))

    def plot(self, *data, **look):
        """Draw y, or y over x, as a line, or with the marker that a text such as "o" names.

        Half the time of matplotlib's own, which also keeps limits that a picture sets itself.
        """
        look = CURVE | normalize_kwargs(look, Line2D)
        if isinstance(data[-1], str):
            *data, look["marker"] = data
            look["linestyle"] = "None"
        *x, y = (np.atleast_1d(numbers) for numbers in data)
        line = Line2D(*(x or [np.arange(len(y))]), y, **look)
        self.add_artist(line)
        return [line]


DPI = 100  # of a picture as it was designed


def pixel(axes):
    """Return how many pixels one pixel of the design is, in the figure that these axes are in."""
    return axes.figure.dpi / DPI


def panel(figure, where):
    """Add the plot whose left, bottom, width and height are these shares of the figure."""
    return figure.add_axes(where, axes_class=Panel)


@dataclass(frozen=True)
class Look:
    """How one result looks: colour, dash pattern, line width, and its letter when pinned."""

    color: str
    dash: str | tuple = "-"
    width: float = 2.2
    letter: str = ""


RULE_LOOKS = {
    "plain": Look(GRADIENT_COLOR),
    "previous_delta": Look("#d9631e"),
    "heavy_ball": Look("#1c62bc"),
    "nesterov": Look("#269c54"),
    "averaged": Look("#8f2880"),
    "adagrad": Look("#5c4310"),
    "rmsprop": Look("#3490fe"),
}
OWN_RULE_LOOK = Look("#1f2430")

PIN_LOOKS = (
    Look("#5b3fa0", (0, (5, 2)), 1.6, "A"),
    Look("#a3264f", (0, (1.2, 1.6)), 1.8, "B"),
    Look("#2f7d32", (0, (6, 2, 1.2, 2)), 1.6, "C"),
    Look("#8c5a00", (0, (10, 2.5)), 1.6, "D"),
)


def rule_look(rule):
    """Return the look that belongs to the rule of this name."""
    return RULE_LOOKS.get(rule, OWN_RULE_LOOK)


def heading(axes, text):
    """Write what an axes shows above its left end, in place of a turned label."""
    return axes.text(
        0, 1.03, text, transform=axes.transAxes, fontsize=9.5, color=SOFT_INK, va="bottom"
    )


def decades(values, low, high):
    """Return (low, high), stretched to whole powers of ten where `values` leave them."""
    values = np.asarray(values)
    values = values[np.isfinite(values) & (values > 0)]
    if values.size == 0:
        return low, high
    smallest, largest = values.min(), values.max()
    if smallest < low:
        low = 10.0 ** np.floor(np.log10(smallest))
    if largest > high:
        high = 10.0 ** np.ceil(np.log10(largest))
    return low, high


def round_limit(value):
    """Return 1 or 3 times a power of ten, a little beyond `value` on its own side of 0.

    So few limits, so that a length grows with its number for as long as it can.
    """
    if value == 0:
        return 0.0
    size = abs(value) * 1.08
    power = 10.0 ** np.floor(np.log10(size))
    return float(np.sign(value) * next(n * power for n in (1, 3, 10) if n * power >= size))


def bars(axes, middles, starts, ends, color, done, hatch=None):
    """Draw one bar for each update, pale where it is not done yet; one artist, so that it is quick.

    matplotlib's own bar() makes an artist for each bar: 15 ms in place of 2.
    """
    left, right = middles - 0.13, middles + 0.13
    corners = [(left, starts), (left, ends), (right, ends), (right, starts)]
    shades = [to_rgba(color, 1.0 if is_done else 0.35) for is_done in done]
    axes.add_collection(
        PolyCollection(
            np.array(corners).transpose(2, 0, 1),
            facecolors=shades,
            edgecolors="white",
            linewidths=0,
            hatch=hatch,
        )
    )
