"""The phase map: rate and regime over learning rate and momentum; the run at one point of it."""

import functools

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle
from matplotlib.ticker import MaxNLocator

from momentum_lab.labs.paths import first_above
from momentum_lab.labs.phase_map.experiment import MAP_LEARNING_RATES, MAP_MOMENTA
from momentum_lab.live.picture import View
from momentum_lab.live.style import INK, LINE, SOFT_INK, heading, panel

REGIME_COLORS = {
    "smooth": "#2b7bba",
    "ringing": "#e08a1e",
    "sign-flipping": "#7a4fb0",
    "diverging": "#8d939c",
}
WIDE, TALL = 1.45, 1.22  # how far the plot of the roots goes; its circle is round


def _frame(figure):
    axes = {
        "map": panel(figure, (0.062, 0.115, 0.435, 0.78)),  # lower: room for a point on its rim
        "run": panel(figure, (0.56, 0.625, 0.425, 0.29)),
        "portrait": panel(figure, (0.56, 0.115, 0.185, 0.355)),
        "circle": panel(figure, (0.8, 0.115, 0.185, 0.355)),
    }
    plane = axes["map"]
    plane.set(xscale="log", xlim=MAP_LEARNING_RATES[[0, -1]], ylim=MAP_MOMENTA[[0, -1]])
    plane.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
    plane.set_xlabel("learning rate × curvature, αλ")
    plane.grid(False)
    heading(plane, "momentum β: click or drag here; the darker, the faster").set_y(1.037)
    axes["run"].xaxis.set_major_locator(MaxNLocator(8, steps=(1, 2, 5, 10), integer=True))
    heading(axes["run"], "the weight over the updates")
    axes["run"].axhline(0, color=LINE, lw=0.8)
    heading(axes["portrait"], "step against weight")
    axes["portrait"].set_xlabel("weight")
    axes["portrait"].axhline(0, color=LINE, lw=0.8)
    axes["portrait"].axvline(0, color=LINE, lw=0.8)
    heading(axes["circle"], "the two roots")
    axes["circle"].set(xlim=(-WIDE, WIDE), ylim=(-TALL, TALL), xlabel="real part")
    axes["circle"].set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axes["circle"].add_patch(Circle((0, 0), 1, fc="#f4f6f9", ec=SOFT_INK, lw=1))
    return axes


# Few limits, each about three times the one before: a whole drawing takes as long as five events.
FEWEST_UPDATES = 20  # so that a run that soon diverges is seen to be short
WEIGHT_LIMITS, STEP_LIMITS = (1.1, 3.3, 10), (0.33, 1.1, 3.3, 10)


def _scale(axes, entries):
    runs = [result.weights for result, *_ in entries]
    axes["run"].set_xlim(0, max(FEWEST_UPDATES, *(len(run) - 1 for run in runs)))
    largest = max(np.abs(run).max() for run in runs)
    longest = max(np.abs(np.diff(run)).max(initial=0) for run in runs)
    wide, tall = first_above(largest, WEIGHT_LIMITS), first_above(longest, STEP_LIMITS)
    axes["run"].set_ylim(-wide, wide)  # what grows further is cut off
    axes["portrait"].set(xlim=(-wide, wide), ylim=(-tall, tall))


def _scene(axes, result):
    """Show the map; write the name of each regime inside it, upright where that is narrow."""
    plane = axes["map"]
    image, names = _paint(result.scene)
    place = {"origin": "lower", "extent": (0, 1, 0, 1), "transform": plane.transAxes}
    shown = {"aspect": "auto", "interpolation": "antialiased", "resample": True, "zorder": 0}
    plane.imshow(image, **place, **shown)
    label = {"transform": plane.transAxes, "ha": "center", "va": "center", "size": 10.5}
    label["bbox"] = {"fc": "white", "ec": "none", "alpha": 0.8, "boxstyle": "round,pad=0.2"}
    for name, (x, y, room) in names.items():
        if room >= ROOM_UPRIGHT:
            plane.text(x, y, name, rotation=0 if room >= ROOM_FLAT else 90, **label)


ROOM_FLAT, ROOM_UPRIGHT = 0.22, 0.05  # what a name needs, as shares of the map's width


@functools.lru_cache(maxsize=16)  # it takes longer than an event may
def _paint(rule_map):
    """Return a `RuleMap` as an image, and of each regime a place in its middle: x, y, room there.

    A colour a regime, strong where it is fast, stripes where it diverges.
    """
    regimes = np.where(rule_map.regimes == "edge", "diverging", rule_map.regimes)
    (height, width), (rows, columns) = regimes.shape, np.indices(regimes.shape)
    strength = 0.1 + 0.75 * np.sqrt(np.clip(1 - rule_map.rates, 0, 1))
    stripes = 0.3 + 0.12 * ((rows + columns) % 9 < 2)
    strength = np.where(regimes == "diverging", stripes, strength)
    image, names = np.ones((height, width, 3)), {}
    for name, color in REGIME_COLORS.items():
        here = regimes == name
        image[here] -= strength[here, None] * (1 - np.array(to_rgb(color)))
        if here.any():
            row = int(np.median(rows[here]))
            across = np.flatnonzero(here[row])
            names[name] = np.median(across) / width, row / height, len(across) / width
    image[:-1][regimes[:-1] != regimes[1:]] = to_rgb(SOFT_INK)  # the borders
    image[:, :-1][regimes[:, :-1] != regimes[:, 1:]] = to_rgb(SOFT_INK)
    return image, names


def _draw(axes, result, look, shown):
    weights = result.weights[: shown + 1]
    steps = np.diff(weights, prepend=weights[0])
    style = {"color": look.color, "ls": look.dash, "lw": look.width, "ms": 3}
    style["marker"] = "" if look.letter or len(weights) > 121 else "o"
    axes["run"].plot(weights, **style)
    axes["portrait"].plot(weights, steps, **(style | {"lw": 0.8 * look.width}))
    if not look.letter:
        axes["portrait"].plot(weights[-1], steps[-1], "o", color=look.color, ms=7)
    _draw_point(axes["map"], (result.learning_rate, result.momentum), look)
    _draw_roots(axes["circle"], result.roots, look)


def _draw_point(plane, point, look):
    if look.letter:
        plane.plot(*point, "o", color="white", mec=look.color, mew=1.8, ms=15, zorder=5)
        middle = {"ha": "center", "va": "center", "weight": "bold"}
        plane.text(*point, look.letter, color=look.color, zorder=6, **middle)
    else:
        dot = {"mec": INK, "mew": 1.2, "ms": 10, "zorder": 6, "clip_on": False}
        plane.plot(*point, "o", color="white", ms=15, zorder=5, clip_on=False)
        plane.plot(*point, "o", color=look.color, **dot)


def _draw_roots(circle, roots, look):
    """A cross for each root; a triangle at the border for one that lies further out."""
    for root in roots:
        x, y, shape = root.real, root.imag, "x"
        beyond = max(abs(x) / WIDE, abs(y) / TALL) * 1.06
        if beyond > 1:
            x, y, shape = x / beyond, y / beyond, "<" if x < 0 else ">"
        circle.plot(x, y, shape, color=look.color, ms=8, mew=2.2 if not look.letter else 1.4)
        if look.letter:
            style = {"textcoords": "offset points", "color": look.color, "size": 9}
            circle.annotate(look.letter, (x, y), (5, 3), **style)


PHASE_MAP = View(_frame, _scale, _draw, size=(900, 395), scene=_scene)
