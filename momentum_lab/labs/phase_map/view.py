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
SIZE = 900, 395
OUTSIDE = 1.45  # how far out of the unit circle the picture goes


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
    heading(axes["portrait"], "step against weight")
    axes["portrait"].set_xlabel("weight")
    for name in ("run", "portrait"):
        axes[name].axhline(0, color=LINE, lw=0.8)
    axes["portrait"].axvline(0, color=LINE, lw=0.8)
    circle, box = axes["circle"], axes["circle"].get_position()
    heading(circle, "the two roots")
    tall = OUTSIDE * SIZE[1] * box.height / (SIZE[0] * box.width)
    circle.set(xlim=(-OUTSIDE, OUTSIDE), ylim=(-tall, tall), xlabel="real part")
    circle.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    circle.add_patch(Circle((0, 0), 1, fc="#f4f6f9", ec=SOFT_INK, lw=1))
    return axes


def _scale(axes, entries):
    results = [result for result, *_ in entries]
    axes["run"].set_xlim(0, max(FEWEST_UPDATES, *(result.n_updates for result in results)))
    weights = np.concatenate([result.weights for result in results])
    most = first_above(np.abs(weights).max(), WEIGHT_LIMITS)  # what grows further is cut off
    axes["run"].set_ylim(-most, most)
    axes["portrait"].set_xlim(-most, most)
    steps = np.concatenate([np.diff(result.weights) for result in results])
    longest = first_above(np.abs(steps).max(initial=0), STEP_LIMITS)
    axes["portrait"].set_ylim(-longest, longest)


# Few limits, each about three times the one before: a whole drawing takes as long as five events.
FEWEST_UPDATES = 20  # so that a run that soon diverges is seen to be short
WEIGHT_LIMITS, STEP_LIMITS = (1.1, 3.3, 10), (0.33, 1.1, 3.3, 10)


def _scene(axes, result):
    """Show the map: a colour a regime, strong where it is fast, stripes where it diverges."""
    plane = axes["map"]
    image, names = _paint(result.map)
    place = {"origin": "lower", "extent": (0, 1, 0, 1), "transform": plane.transAxes}
    look = {"aspect": "auto", "zorder": 0, "interpolation": "antialiased", "resample": True}
    plane.imshow(image, **place, **look)
    beside = iter(BESIDE)
    for name, (x, y, room) in names.items():
        if room > NARROW:
            inside = min(max(x, 0.11), 0.89), y
            _name(plane, name, inside, inside)
        elif room:
            _name(plane, name, (x, y), (0.955, next(beside)), rotation=90)


def _name(plane, name, point, place, **more):
    """Write the name of a regime at `place`, with a line to `point` where that is elsewhere."""
    more |= {"xycoords": "axes fraction", "ha": "center", "va": "center", "size": 10.5}
    more["bbox"] = {"fc": "white", "ec": "none", "alpha": 0.8, "boxstyle": "round,pad=0.2"}
    if point != place:
        more["arrowprops"] = {"arrowstyle": "-", "color": INK, "lw": 0.8}
    plane.annotate(name, point, place, color=INK, **more)


COARSE = 4  # map cells that are one cell for finding the place of a name
BESIDE = 0.19, 0.48, 0.77  # how high the names of narrow regions stand, at the right border
NARROW = 0.06  # of the map's width: a region with less room has its name beside it


@functools.lru_cache(maxsize=16)
def _paint(rule_map):
    """Return a `RuleMap` as an image, and for each regime its name's place: x, y, the room there.

    Kept, since it takes longer than an event may.
    """
    regimes = np.where(rule_map.regimes == "edge", "diverging", rule_map.regimes)
    speed = np.sqrt(np.clip(1 - rule_map.rates, 0, 1))
    rows, columns = np.indices(speed.shape)
    stripes = 0.3 + 0.12 * ((rows + columns) % 9 < 2)
    image, names = np.ones((*speed.shape, 3)), {}
    border = np.zeros(speed.shape, dtype=bool)
    for name, color in REGIME_COLORS.items():
        here = regimes == name
        strength = stripes if name == "diverging" else 0.1 + 0.75 * speed
        shade = 1 - strength[..., None] * (1 - np.array(to_rgb(color)))
        image[here] = shade[here]
        border[:-1] |= here[:-1] != here[1:]
        border[:, :-1] |= here[:, :-1] != here[:, 1:]
        names[name] = _roomiest(here)
    image[border] = to_rgb(SOFT_INK)
    if any(0 < room <= NARROW for _x, _y, room in names.values()):
        height, width = speed.shape
        beside = (rows < 0.42 * height) & (columns > 0.86 * width)  # where that name goes
        names["diverging"] = _roomiest((regimes == "diverging") & ~beside)
    return image, names


def _roomiest(here):
    """Return a central place with much room around it: x, y and the room, as shares of the map."""
    left = here[::COARSE, ::COARSE]
    room = np.zeros(left.shape, dtype=int)
    while left.any():  # peel off the region's outermost cells until none is left
        room += left
        around = np.pad(left, 1)
        left = left & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    places = np.argwhere(room >= max(0.7 * room.max(), 1))
    if not len(places):
        return 0, 0, 0
    row, column = places[np.argmin(((places - places.mean(axis=0)) ** 2).sum(axis=1))]
    height, width = room.shape
    return column / (width - 1), row / (height - 1), room.max() / width


def _draw(axes, result, look, shown):
    style = {"color": look.color, "ls": look.dash, "lw": look.width}
    weights = result.weights[: shown + 1]
    steps = np.diff(weights, prepend=weights[0])
    style["marker"] = "" if look.letter or len(weights) > 121 else "o"
    axes["run"].plot(weights, ms=3.2, **style)
    axes["portrait"].plot(weights, steps, ms=3, **(style | {"lw": 0.8 * look.width}))
    point, plane = (result.learning_rate, result.momentum), axes["map"]
    if look.letter:
        plane.plot(*point, "o", color="white", mec=look.color, mew=1.8, ms=15, zorder=5)
        middle = {"ha": "center", "va": "center", "weight": "bold"}
        plane.text(*point, look.letter, color=look.color, zorder=6, **middle)
    else:
        axes["portrait"].plot(weights[-1], steps[-1], "o", color=look.color, ms=7)
        plane.plot(*point, "o", color="white", ms=15, zorder=5, clip_on=False)
        dot = {"color": look.color, "mec": INK, "mew": 1.2, "ms": 10}
        plane.plot(*point, "o", zorder=6, clip_on=False, **dot)
    _draw_roots(axes["circle"], result.roots, look)


def _draw_roots(circle, roots, look):
    """A cross for each root; a triangle at the border for one that lies further out."""
    tall = circle.get_ylim()[1]
    for root in roots:
        x, y, shape = root.real, root.imag, "x"
        beyond = max(abs(x) / OUTSIDE, abs(y) / tall) * 1.06
        if beyond > 1:
            x, y, shape = x / beyond, y / beyond, "<" if x < 0 else ">"
        circle.plot(x, y, shape, color=look.color, ms=8, mew=2.2 if not look.letter else 1.4)
        if look.letter:
            style = {"textcoords": "offset points", "color": look.color, "size": 9}
            circle.annotate(look.letter, (x, y), (5, 3), **style)


PHASE_MAP = View(_frame, _scale, _draw, size=SIZE, scene=_scene)
