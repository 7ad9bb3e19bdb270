"""What the pictures of several labs share: limits, step arrows, letters of pins, borders."""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke

from momentum_lab.labs.words import in_words, shortened
from momentum_lab.live.style import GRADIENT_COLOR, INK, LINE, SOFT_INK, pixel, rule_look

MEMORY_DASH = (0, (2.2, 1.2))
LETTER_DISTANCE = 13  # pixels from a path to its letter
CELL = 4  # pixels: how finely the search for a free place looks
ROW = 15  # pixels from one line of a name to the next
HALO = (withStroke(linewidth=2.5, foreground="white"),)


def step_arrows(axes, before, middle, after, color):
    """Draw a step as two arrows: the gradient's part solid and grey, the memory's dashed."""
    _arrow(axes, before, middle, GRADIENT_COLOR, "-")
    _arrow(axes, middle, after, color, MEMORY_DASH)


def _arrow(axes, start, end, color, dash):
    start, end = np.asarray(start, float), np.asarray(end, float)
    length = np.hypot(*(axes.transData.transform(end) - axes.transData.transform(start)))
    length /= pixel(axes)
    if length < 2:  # pixels; nothing to be seen
        return
    # A patch, unlike an annotation, is cut at the border of its axes.
    head = min(13, 4 + length / 3)
    style = {"arrowstyle": "-|>", "mutation_scale": head, "shrinkA": 0, "shrinkB": 0}
    style |= {"color": color, "ls": dash, "lw": 2.2, "capstyle": "butt", "zorder": 5}
    axes.add_patch(FancyArrowPatch(start, end, **style))


def until_gone(points, axes, along=(0, 1)):
    """Return how many of the first `points`, (n, d), end with the one that leaves for good.

    The chords of a run that goes far outside would cover the picture. `along`: the directions
    of the axes that the columns belong to.
    """
    limits = np.array([(axes.get_xlim(), axes.get_ylim())[direction] for direction in along])
    inside = ((limits[:, 0] <= points) & (points <= limits[:, 1])).all(axis=1)
    return int(np.flatnonzero(inside)[-1]) + 2 if inside.any() else 1


def border_mark(axes, point, color, straight=False):
    """Where `point` lies outside the axes, draw a triangle at the border that points to it.

    It stands on the line from the middle of the axes, or `straight` above or below.
    """
    at = axes.transAxes.inverted().transform(axes.transData.transform(point))
    if ((at >= 0) & (at <= 1)).all():
        return
    middle = np.array([at[0] if straight else 0.5, 0.5])
    away = (at - middle) / np.abs(at - middle).max()
    size = axes.bbox.width / pixel(axes), axes.bbox.height / pixel(axes)
    angle = np.degrees(np.arctan2(*(away * size)[::-1]))
    reach = 0.5 - 7 / size[int(np.abs(away[1]) > np.abs(away[0]))]
    axes.plot(
        *(middle + reach * away),
        marker=(3, 0, angle - 90),
        ms=11,
        color=color,
        mec="white",
        mew=1,
        zorder=7,
        transform=axes.transAxes,
    )


def pin_letter(axes, points, look):
    """Write a pin's letter beside its path, where the least is drawn so far."""
    box, one = axes.bbox, pixel(axes)
    path = (axes.transData.transform(points) - (box.x0, box.y0)) / one
    size = np.array([box.width, box.height]) / one
    path = path[((path >= 0) & (path <= size)).all(axis=1)][:60]
    turns = np.arange(8) * np.pi / 4
    around = LETTER_DISTANCE * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    places = (path[:, None] + around).reshape(-1, 2)
    places = places[((places >= 11) & (places <= size - 11)).all(axis=1)]
    if len(places) == 0:
        places = size[None] / 2
    taken = _taken(axes, size)
    cells = (places / CELL).astype(int)
    crowd = np.array([taken[max(x - 2, 0) : x + 3, max(y - 2, 0) : y + 3].sum() for x, y in cells])
    letters = [
        (axes.transData.transform(text.xy_of_letter) - (box.x0, box.y0)) / one
        for text in axes.texts
        if hasattr(text, "xy_of_letter")
    ]
    for letter in letters:
        near = np.abs(places - letter).max(axis=1)
        crowd = crowd + np.where(near < 18, 1000, 0)
    best = places[np.argmin(crowd)] * one + (box.x0, box.y0)
    at = axes.transData.inverted().transform(best)
    axes.pin_letters = [*getattr(axes, "pin_letters", ()), (at, look)]
    _write_letter(axes, at, look)


def letters_on_top(axes):
    """Write the letters of `axes.pin_letters` again, over a present path that hides them.

    A pin is drawn once and then kept, when nobody knows yet where the present path will go.
    """
    if not any(hasattr(text, "xy_of_letter") for text in axes.texts):
        for at, look in getattr(axes, "pin_letters", ()):
            _write_letter(axes, at, look)


def _write_letter(axes, at, look):
    style = {"color": look.color, "ha": "center", "va": "center", "path_effects": HALO}
    text = axes.text(*at, look.letter, weight="bold", zorder=8, **style)
    text.xy_of_letter = at


def _taken(axes, size):
    """Return which cells of the axes have a piece of a line in them."""
    taken = np.zeros((size / CELL).astype(int) + 1, dtype=int)
    along = np.linspace(0, 1, 60)[:, None, None]
    for line in axes.get_lines():
        if len(line.get_xdata()) < 2:
            continue
        ends = axes.transData.transform(line.get_xydata()) - (axes.bbox.x0, axes.bbox.y0)
        ends /= pixel(axes)
        pieces = (ends[:-1] + along * np.diff(ends, axis=0)).reshape(-1, 2)
        pieces = pieces[((pieces >= 0) & (pieces <= size)).all(axis=1)]
        taken[tuple((pieces / CELL).astype(int).T)] = 1
    return taken


def letter_below(axes, point, look):
    """Write a pin's letter below `point`, each in its own column, so that all can be read."""
    aside = 11 * "ABCD".index(look.letter) - 4, -9  # points
    place = {"xytext": aside, "textcoords": "offset points", "ha": "center", "va": "top"}
    axes.annotate(look.letter, point, color=look.color, annotation_clip=False, **place)


def first_above(value, limits):
    """Return the first of these rising limits that holds `value`, or the last.

    Few limits: a picture is drawn as a whole when one changes.
    """
    return next((limit for limit in limits if limit >= value), limits[-1])


def areas(axes, corners, **looks):
    """Draw areas, each an array of corners; one artist, so that it is quick."""
    axes.add_collection(PolyCollection(corners, **looks), autolim=False)


def rule_curves(axes, x, curves, chosen):
    """Draw a curve a rule, a dict by name, over `x`; the chosen one is bold.

    Curves that lie on each other take turns with their dashes, and share a name.
    """
    groups = []
    for name, y in curves.items():
        twin = next((g for g in groups if np.allclose(curves[g[0]], y, rtol=1e-3)), None)
        if twin is None:
            groups.append([name])
        else:
            twin.append(name)
    _name_at_the_end(axes, x[-1], {curves[names[0]][-1]: names for names in groups}, chosen)
    for names in groups:
        y, style = curves[names[0]], {"lw": 1.4, "dash_capstyle": "butt", "zorder": 2}
        if chosen in names:
            names, style = [chosen], style | {"lw": 3, "zorder": 2.2}
        for i, name in enumerate(names):
            look, turns = rule_look(name), (7 * i, (7, 7 * (len(names) - 1)))
            dash = look.dash if len(names) == 1 else turns
            axes.plot(x, y, color=look.color, ls=dash, **style)


def _name_at_the_end(axes, x, names, chosen):
    """Name lines beside the right border, a dict from where they end; names move apart."""
    ends, one = sorted(names), pixel(axes)
    pixels = axes.transData.transform([(x, end) for end in ends])
    middles = _apart(pixels[:, 1], np.array([ROW * one * len(names[end]) for end in ends]))
    to_axes, place = axes.transAxes.inverted().transform, {"transform": axes.transAxes}
    for end, at, middle in zip(ends, pixels, middles, strict=True):
        name = to_axes((axes.bbox.x1 + 13 * one, middle))
        line = np.transpose([to_axes(at + (6 * one, 0)), name - (0.008, 0)])
        axes.plot(*line, color=LINE, lw=0.8, clip_on=False, **place)
        look = {"color": INK, "weight": "bold"} if chosen in names[end] else {"color": SOFT_INK}
        words = "\n= ".join(shortened(in_words(rule)) for rule in names[end])
        axes.text(*name, words, va="center", linespacing=1.15, size=9, **place, **look)


def _apart(centers, heights):
    """Move rising centers up and down, as little as is needed for their heights."""
    centers = np.array(centers, dtype=float)
    for _ in range(100):
        gaps = np.diff(centers) - (heights[1:] + heights[:-1]) / 2
        if (gaps > -0.5).all():
            break
        push = np.minimum(gaps, 0) / 2
        centers[:-1] += push
        centers[1:] -= push
    return centers
