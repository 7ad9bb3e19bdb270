"""What the pictures of several labs share: limits, step arrows, letters of pins, borders."""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke

from momentum_lab.labs.words import in_words, shortened
from momentum_lab.live.style import GRADIENT_COLOR, INK, LINE, SOFT_INK, heading, pixel, rule_look

MEMORY_DASH = (0, (2.2, 1.2))
ROW = 15  # pixels from one line of a name to the next
HALO = (withStroke(linewidth=2.5, foreground="white"),)


def loss_axis(axes, lowest, ticks):
    """Let the loss go up these axes in powers of ten."""
    axes.set_yscale("log")
    axes.set(ylim=(lowest, 1e2), yticks=ticks)
    heading(axes, "loss, in powers of ten")


def step_arrows(axes, before, middle, after, color):
    """Draw a step as two arrows: the gradient's part solid and grey, the memory's dashed."""
    _arrow(axes, before, middle, GRADIENT_COLOR, "-")
    _arrow(axes, middle, after, color, MEMORY_DASH)


def _arrow(axes, start, end, color, dash):
    start_pixel, end_pixel = axes.transData.transform([start, end])
    length = np.hypot(*(end_pixel - start_pixel)) / pixel(axes)
    if length < 2:  # pixels; nothing to be seen
        return
    # A patch, unlike an annotation, is cut at the border of its axes.
    style = {"arrowstyle": "-|>", "mutation_scale": min(13, 4 + length / 3), "shrinkA": 0}
    style |= {"color": color, "ls": dash, "lw": 2.2, "capstyle": "butt", "zorder": 5}
    axes.add_patch(FancyArrowPatch(start, end, shrinkB=0, **style))


def until_gone(places, window):
    """Return how many `places`, (n, d), to draw: up to the one that leaves ± `window` for good."""
    inside = (np.abs(places) <= window).all(axis=1)
    return int(np.flatnonzero(inside)[-1]) + 2 if inside.any() else 1


def mark_now(axes, point, color, size=9, straight=False):
    """Draw a dot where a run is now, or a triangle at the border that points there.

    It is on the line from the middle of the axes, or `straight` above or below.
    """
    axes.plot(*point, "o", color=color, mec="white", mew=1, ms=size, zorder=6)
    at = axes.transAxes.inverted().transform(axes.transData.transform(point))
    if ((at >= 0) & (at <= 1)).all():
        return
    middle = np.array([at[0] if straight else 0.5, 0.5])
    away = (at - middle) / np.abs(at - middle).max()
    size = axes.bbox.size / pixel(axes)
    angle = np.degrees(np.arctan2(*(away * size)[::-1]))
    border = middle + (0.5 - 7 / size[np.abs(away).argmax()]) * away
    look = {"marker": (3, 0, angle - 90), "ms": 11, "color": color, "mec": "white", "mew": 1}
    axes.plot(*border, zorder=7, transform=axes.transAxes, **look)


def letter_on_line(axes, line, look):
    """Write a pin's letter above its line over the updates, each letter in its own column."""
    column = round(axes.get_xlim()[1] * ("ABCD".index(look.letter) + 1) / 5)
    place = axes.transData.transform((column, line[: column + 1][-1]))
    height = np.clip(axes.transAxes.inverted().transform(place)[1], 0, 0.82) + 0.02
    style = {"ha": "center", "va": "bottom", "weight": "bold", "path_effects": HALO, "zorder": 8}
    style |= {"color": look.color, "transform": axes.get_xaxis_transform()}
    axes.text(column, height, look.letter, **style)


def letter_below(axes, point, look):
    """Write a pin's letter below `point`, each in its own column, so that all can be read."""
    aside = 11 * "ABCD".index(look.letter) - 4, -9  # points
    place = {"xytext": aside, "textcoords": "offset points", "ha": "center", "va": "top"}
    axes.annotate(look.letter, point, color=look.color, annotation_clip=False, **place)


def first_above(value, limits):
    """Return the first of these rising limits, few since each is drawn anew, that holds `value`."""
    return next((limit for limit in limits if limit >= value), limits[-1])


def areas(axes, corners, **looks):
    """Draw areas, each an array of corners; one artist, so that it is quick."""
    axes.add_collection(PolyCollection(corners, **looks), autolim=False)


def rule_curves(axes, x, curves, chosen):
    """Draw a curve a rule, a dict by name; those on each other share a name and their dashes."""
    groups = []
    for name, y in curves.items():
        group = next((g for g in groups if np.allclose(curves[g[0]], y, rtol=1e-3)), [])
        if not group:
            groups.append(group)
        group.append(name)
    _name_at_the_end(axes, x[-1], {curves[names[0]][-1]: names for names in groups}, chosen)
    for names in groups:
        y, style = curves[names[0]], {"lw": 1.4, "dash_capstyle": "butt", "zorder": 2}
        if chosen in names:
            names, style = [chosen], style | {"lw": 3, "zorder": 2.2}
        for i, name in enumerate(names):
            look, turns = rule_look(name), (7 * i, (7, 7 * (len(names) - 1)))
            dash = turns if len(names) > 1 else look.dash
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
