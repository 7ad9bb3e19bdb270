"""The spectrum: best rates over the condition number, the rate of each curvature, and the loss."""

import itertools

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, PercentFormatter
from matplotlib.transforms import offset_copy

from momentum_lab.labs.spectrum.experiment import CONDITION_NUMBERS
from momentum_lab.labs.spectrum.words import shortened
from momentum_lab.labs.words import in_words
from momentum_lab.live.picture import View
from momentum_lab.live.style import (
    GRID,
    INK,
    LINE,
    SOFT_INK,
    decades,
    heading,
    panel,
    pixel,
    round_limit,
    rule_look,
)

TOP_UPDATES = 20, 40, 60, 100, 150, 200, 300
TOP_RATES = 1.25, 3, 10, 30, 100  # so few limits, so that a rate above 1 looks large
TOP_LOSSES = 1.05, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000
TOP_WHEN_DIVERGING = 10  # the rest is told in words: no axis can hold it
LABEL_ROW = 15  # pixels between the labels of two curves
PIN_PLACES = {"A": (-9, 8), "B": (9, 8), "C": (9, -8), "D": (-9, -8)}  # points, around their dot


def _frame(figure):
    axes = {
        "curves": panel(figure, (0.062, 0.115, 0.285, 0.8)),
        "rates": panel(figure, (0.536, 0.6, 0.444, 0.315)),
        "loss": panel(figure, (0.536, 0.115, 0.229, 0.315)),
        "left": panel(figure, (0.866, 0.115, 0.105, 0.315)),
    }
    curves, rates, loss, left = axes.values()
    curves.set_xscale("log")
    curves.set_yscale("log")
    curves.set_xlim(1.6, 1250)
    curves.set_xticks([2, 10, 100, 1000], ["2", "10", "100", "1,000"])
    curves.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _round_count(value)))
    curves.set_xlabel("condition number")
    heading(curves, "updates for a factor of ten, each rule at its best").set_y(1.012)
    rates.set_xscale("log")
    for axis in (curves.xaxis, curves.yaxis, rates.xaxis):
        axis.set_minor_locator(NullLocator())
    rates.set_xlim(0.0009, 1.1)
    rates.set_xticks([0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
    rates.axhline(1, color=SOFT_INK, lw=1, ls=(0, (4, 3)))
    rates.set_xlabel("curvature: from the flattest direction to the steepest")
    heading(rates, "rate: what an update keeps")
    loss.set_xlabel("update")
    heading(loss, "loss: five equal shares at first")
    for axis in (rates.yaxis, loss.yaxis, loss.xaxis):
        axis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    left.set_xlim(0, 1)
    left.set_ylim(-0.6, 4.6)
    left.set_xticks([0, 0.5, 1])
    left.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %", is_latex=True))
    left.set_yticks([])
    left.grid(axis="y", visible=False)
    left.set_xlabel("of what is left")
    for row, name in ((4, "steepest"), (0, "flattest")):
        left.text(
            -0.19, row, name, transform=left.get_yaxis_transform(), ha="right", va="center",
            fontsize=9, color=SOFT_INK,
        )  # fmt: skip
    return axes


def _round_count(value):
    if value <= 10_000:
        return f"{value:,.0f}" if value >= 1 else f"{value:g}"
    return "10" + str(round(np.log10(value))).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _first_above(value, steps):
    return next((step for step in steps if step >= value), None) or round_limit(value)


def _scale(axes, entries):
    results = [result for result, *_ in entries]
    counts = [curve.updates for curve in results[0].curves.values()]
    counts += [[result.updates_to_a_tenth, result.best_updates] for result in results]
    axes["curves"].set_ylim(decades(np.concatenate(counts), 1, 10_000))
    axes["rates"].set_ylim(0, _first_above(max(r.rate for r in results), TOP_RATES))
    axes["loss"].set_xlim(0, _first_above(max(r.n_updates for r in results), TOP_UPDATES))
    axes["loss"].set_ylim(0, max(_top_loss(result) for result in results))


def _top_loss(result):
    """Return a limit that holds the loss; of one that diverges, only how it takes off."""
    top = _first_above(result.growth, TOP_LOSSES)
    return top if result.converges else min(top, TOP_WHEN_DIVERGING)


def _scene(axes, result):
    """Draw the curves of all rules: this rule's is bold, and two that are the same are one."""
    curves = axes["curves"]
    groups = []
    for name, curve in result.curves.items():
        twin = next((g for g in groups if np.allclose(g[0], curve.updates, rtol=1e-3)), None)
        if twin is None:
            groups.append((curve.updates, [name]))
        else:
            twin[1].append(name)
    _write_labels(curves, groups, result.rule)
    floor = np.min([curve.updates for curve in result.curves.values()], axis=0)
    curves.fill_between(CONDITION_NUMBERS, floor, 1e-9, color=GRID, alpha=0.6, lw=0)
    curves.text(
        0.97, 0.035, "out of reach\nof such rules", transform=curves.transAxes, ha="right",
        va="bottom", fontsize=9, color=SOFT_INK, linespacing=1.25,
    )  # fmt: skip
    for updates, names in groups:
        style = {"lw": 1.4, "dash_capstyle": "butt", "zorder": 2}
        if result.rule in names:
            names, style = [result.rule], style | {"lw": 3, "zorder": 2.2}
        for i, name in enumerate(names):  # curves that lie on each other take turns
            dash = rule_look(name).dash if len(names) == 1 else (7 * i, (7, 7 * (len(names) - 1)))
            curves.plot(CONDITION_NUMBERS, updates, color=rule_look(name).color, ls=dash, **style)


def _write_labels(axes, groups, chosen):
    """Name each curve beside its right end; names that would touch move apart."""
    groups = sorted(groups, key=lambda group: group[0][-1])
    ends = np.array([updates[-1] for updates, _names in groups])
    pixels = axes.transData.transform(np.column_stack([np.full(len(ends), 1000.0), ends]))[:, 1]
    sizes = np.array([len(names) for _updates, names in groups])
    centers = _apart(pixels, sizes * LABEL_ROW * pixel(axes))
    right = axes.bbox.x1
    for (_updates, names), end, center in zip(groups, ends, centers, strict=True):
        words = [shortened(in_words(name)) for name in names]
        bold = chosen in names
        x, y = axes.transAxes.inverted().transform((right + 13 * pixel(axes), center))
        at = axes.transAxes.inverted().transform(axes.transData.transform((1060, end)))
        axes.plot(
            [at[0], x - 0.008], [at[1], y], color=LINE, lw=0.8, transform=axes.transAxes,
            clip_on=False,
        )  # fmt: skip
        axes.text(
            x, y, "\n= ".join(words), transform=axes.transAxes, va="center", linespacing=1.15,
            color=INK if bold else SOFT_INK, weight="bold" if bold else "normal", fontsize=9,
        )  # fmt: skip


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


def _draw(axes, result, look, shown):
    _draw_dot(axes["curves"], result, look)
    _draw_rates(axes["rates"], result, look)
    _draw_loss(axes["loss"], result, look, shown)
    if not look.letter:
        _draw_left(axes["left"], result, look, shown)


def _draw_dot(axes, result, look):
    x, never = result.condition_number, not result.converges
    y = 0.93 * axes.get_ylim()[1] if never else result.updates_to_a_tenth
    style = {"color": look.color, "clip_on": False}
    if look.letter:
        place = PIN_PLACES[look.letter]
        if never:  # at the upper edge there is room only below
            place = (11 * "ABCD".index(look.letter) - 16, -9)
        axes.plot(x, y, "D", ms=5, zorder=4, **style)
        axes.annotate(
            look.letter, (x, y), place, textcoords="offset points", ha="center", va="center",
            color=look.color, fontsize=9, annotation_clip=False,
        )  # fmt: skip
        return
    axes.plot([x, x], [result.best_updates, y], lw=1, ls=(0, (1, 2)), zorder=3, **style)
    axes.plot(x, result.best_updates, "o", mfc="none", mew=1.8, ms=10, zorder=5, **style)
    axes.plot(x, y, "^" if never else "o", ms=10 if never else 8, zorder=6, **style)
    if never:
        side = "left" if x < 60 else "right"
        aside = 9 if side == "left" else -9
        axes.annotate(
            "never", (x, y), (aside, -22), textcoords="offset points", ha=side, va="center"
        )


def _draw_rates(axes, result, look):
    style = {"color": look.color, "ls": look.dash}
    axes.plot(result.spectrum, result.rates, lw=look.width, zorder=3, **style)
    if look.letter:
        return
    axes.plot(result.beyond, result.rates_beyond, color=LINE, lw=1.4, zorder=2)
    axes.axvspan(result.spectrum[0], 1, color=look.color, alpha=0.07, lw=0)
    places = result.slowest
    if len(places) <= 2:
        axes.plot(
            result.spectrum[places], result.rates[places], "o", mfc="white", mec=look.color,
            mew=1.8, ms=9, clip_on=False, zorder=4,
        )  # fmt: skip
    words = "all equally slow" if len(places) > 2 else f"slowest: {result.slowest_in_words}"
    if len(places) == 1:
        words = f"slowest: curvature {result.slowest_in_words}"
    axes.text(1, 1.03, words, transform=axes.transAxes, ha="right", va="bottom", weight="bold")


def _shades(color, n):
    """Return n shades of a colour, the full one first."""
    color = np.array(to_rgb(color))
    return [color + (1 - color) * pale for pale in np.linspace(0, 0.78, n)]


def _draw_loss(axes, result, look, shown):
    top = axes.get_ylim()[1]
    updates = np.arange(shown + 1)
    total = np.minimum(result.total[: shown + 1], 2 * top)
    if look.letter:
        axes.plot(updates, total, color=look.color, ls=look.dash, lw=look.width, zorder=3)
        return
    edges = np.minimum(result.shares[:, : shown + 1].cumsum(axis=0), 2 * top)
    edges = np.vstack([np.zeros(shown + 1), edges])
    there_and_back = np.concatenate([updates, updates[::-1]])
    bands = [
        np.column_stack([there_and_back, np.concatenate([below, above[::-1]])])
        for below, above in itertools.pairwise(edges)
    ]
    _add_areas(axes, bands, facecolors=_shades(look.color, len(bands)), linewidths=0)
    axes.plot(updates, total, color=look.color, lw=1.6, zorder=3)
    axes.plot(shown, min(total[-1], top), "o", color=look.color, ms=6, clip_on=False, zorder=4)


def _add_areas(axes, areas, **looks):
    """Draw areas, each an array of corners; one artist, so that it is quick."""
    axes.add_collection(PolyCollection(areas, **looks), autolim=False)


def _rectangle(left, right, bottom, top):
    return [(left, bottom), (right, bottom), (right, top), (left, top)]


def _draw_left(axes, result, look, shown):
    shares = result.who_is_left(shown)
    shades = _shades(look.color, len(shares))
    _add_areas(
        axes,
        [_rectangle(0, share, row - 0.36, row + 0.36) for row, share in enumerate(shares)]
        + [_rectangle(-0.155, -0.045, row - 0.22, row + 0.22) for row in range(len(shares))],
        facecolors=[*shades, *shades], edgecolors=look.color, linewidths=0.8, clip_on=False,
    )  # fmt: skip
    above = offset_copy(axes.transAxes, axes.figure, 0, 4, "points")
    axes.text(
        1,
        1,
        f"loss after {shown}: {result.loss_in_words(shown)}",
        transform=above,
        ha="right",
        va="bottom",
    )


SPECTRUM = View(_frame, _scale, _draw, size=(900, 430), scene=_scene)
