"""One palette, one line style a rule, and what all pictures share."""

from dataclasses import dataclass

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba

INK, SOFT_INK, LINE, GRID = "#1f2430", "#5c6370", "#c4c9d1", "#eceef2"
GRADIENT_COLOR = "#7d848f"  # what the gradient alone does is what the rule plain does

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.facecolor": "white",
    "axes.grid": True,
    "axes.labelcolor": SOFT_INK,
    "axes.labelsize": 9.5,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "lines.dash_capstyle": "round",
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "xtick.color": LINE,
    "xtick.labelcolor": SOFT_INK,
    "xtick.labelsize": 9,
    "xtick.minor.visible": False,
    "ytick.color": LINE,
    "ytick.labelcolor": SOFT_INK,
    "ytick.labelsize": 9,
    "ytick.minor.visible": False,
}


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
