"""The spectrum: best rates over the condition number, the rate of each curvature, and the loss."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from momentum_lab.labs.best import CONDITION_NUMBERS
from momentum_lab.labs.paths import areas, first_above, letter_below, rule_curves
from momentum_lab.labs.words import as_written
from momentum_lab.live.picture import View
from momentum_lab.live.style import GRID, SOFT_INK, decades, heading, panel

TOP_UPDATES = 20, 40, 60, 100, 150, 200, 300
TOP_RATES = 1.25, 3, 10, 30, 100  # so few limits, so that a rate above 1 looks large
TOP_LOSSES = 1.05, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000
TOP_WHEN_DIVERGING = 10  # the rest is told in words: no axis can hold it
SMALL = {"fontsize": 9, "color": SOFT_INK}
BAR = np.array([(0, -1), (1, -1), (1, 1), (0, 1)])  # the corners of a bar of length 1


def _frame(figure):
    curves = panel(figure, (0.062, 0.115, 0.285, 0.8))
    rates = panel(figure, (0.536, 0.6, 0.444, 0.315))
    loss = panel(figure, (0.536, 0.115, 0.229, 0.315))
    left = panel(figure, (0.866, 0.115, 0.105, 0.315))
    curves.set(xscale="log", yscale="log", xlim=(1.6, 1250), xlabel="condition number")
    curves.set_xticks([2, 10, 100, 1000], ["2", "10", "100", "1,000"])
    numbers = FuncFormatter(lambda n, _: f"{n:,.0f}" if 1 <= n <= 1e4 else as_written(n))
    curves.yaxis.set_major_formatter(numbers)
    heading(curves, "updates for a factor of ten, each rule at its best").set_y(1.012)
    along = "curvature: from the flattest direction to the steepest"
    rates.set(xscale="log", xlim=(0.0009, 1.1), xlabel=along)
    rates.set_xticks([0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
    rates.axhline(1, color=SOFT_INK, lw=1, ls=(0, (4, 3)))
    heading(rates, "rate: what an update keeps")
    loss.set_xlabel("update")
    heading(loss, "loss: five equal shares at first")
    for axis in (rates.yaxis, loss.yaxis, loss.xaxis):
        axis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    left.set(xlim=(0, 1), ylim=(-0.6, 4.6), xticks=[0, 0.5, 1], yticks=[], xlabel="of what is left")
    left.xaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %", is_latex=True))
    left.grid(axis="y", visible=False)
    place = {"transform": left.get_yaxis_transform(), "ha": "right", "va": "center"}
    for row, name in ((4, "steepest"), (0, "flattest")):
        left.text(-0.19, row, name, **place, **SMALL)
    return {"curves": curves, "rates": rates, "loss": loss, "left": left}


def _scale(axes, entries):
    results = [result for result, *_ in entries]
    counts = list(results[0].curves.values())
    counts += [[result.updates_to_a_tenth, result.best.updates] for result in results]
    axes["curves"].set_ylim(decades(np.concatenate(counts), 1, 10_000))
    axes["rates"].set_ylim(0, first_above(max(r.rate for r in results), TOP_RATES))
    axes["loss"].set_xlim(0, first_above(max(r.n_updates for r in results), TOP_UPDATES))
    # Of a loss that diverges the picture only shows how it takes off.
    tops = [r.growth if r.converges else min(r.growth, TOP_WHEN_DIVERGING) for r in results]
    axes["loss"].set_ylim(0, first_above(max(tops), TOP_LOSSES))


def _scene(axes, result):
    """Draw the curves of all rules, and what is below all of them."""
    plot = axes["curves"]
    rule_curves(plot, CONDITION_NUMBERS, result.curves, result.rule)
    floor = np.min(list(result.curves.values()), axis=0)
    plot.fill_between(CONDITION_NUMBERS, floor, 1e-9, color=GRID, alpha=0.6, lw=0)
    place = {"transform": plot.transAxes, "ha": "right", "va": "bottom", "linespacing": 1.25}
    plot.text(0.97, 0.035, "out of reach\nof such rules", **place, **SMALL)


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
        axes.plot(x, y, "D", ms=5, zorder=4, **style)
        letter_below(axes, (x, y), look)
        return
    axes.plot([x, x], [result.best.updates, y], lw=1, ls=(0, (1, 2)), zorder=3, **style)
    axes.plot(x, result.best.updates, "o", mfc="none", mew=1.8, ms=10, zorder=5, **style)
    axes.plot(x, y, "^" if never else "o", ms=10 if never else 8, zorder=6, **style)
    if never:
        side, aside = ("left", 9) if x < 60 else ("right", -9)
        place = {"textcoords": "offset points", "ha": side, "va": "center"}
        axes.annotate("never", (x, y), (aside, -28), **place)


def _draw_rates(axes, result, look):
    style = {"color": look.color, "ls": look.dash}
    axes.plot(result.spectrum, result.rates, lw=look.width, zorder=3, **style)
    if look.letter:
        return
    ends = result.slowest[[0, -1]]
    ring = {"mfc": "white", "mec": look.color, "mew": 1.8, "ms": 9, "clip_on": False}
    axes.plot(result.spectrum[ends], result.rates[ends], "o", zorder=4, **ring)
    place = {"transform": axes.transAxes, "ha": "right", "va": "bottom"}
    axes.text(1, 1.03, f"slowest: {result.numbers['slowest']}", weight="bold", **place)


def _shades(color, n):
    """Return n shades of a colour, the full one first."""
    color = np.array(to_rgb(color))
    return [color + (1 - color) * pale for pale in np.linspace(0, 0.78, n)]


def _draw_loss(axes, result, look, shown):
    top, updates = axes.get_ylim()[1], np.arange(shown + 1)
    edges = np.vstack([0 * updates, result.shares[:, : shown + 1].cumsum(axis=0)]).clip(max=2 * top)
    if look.letter:
        axes.plot(updates, edges[-1], color=look.color, ls=look.dash, lw=look.width, zorder=3)
        return
    there_and_back = np.concatenate([updates, updates[::-1]])
    heights = np.concatenate([edges[:-1], edges[1:, ::-1]], axis=1)
    bands = [np.column_stack([there_and_back, height]) for height in heights]
    areas(axes, bands, facecolors=_shades(look.color, len(bands)), linewidths=0)
    axes.plot(updates, edges[-1], color=look.color, lw=1.6, zorder=3)
    axes.plot(shown, min(edges[-1, -1], top), "o", color=look.color, clip_on=False, zorder=4)


def _draw_left(axes, result, look, shown):
    shares = result.who_is_left(shown)
    bars = [BAR * (share, 0.36) + (0, row) for row, share in enumerate(shares)]
    bars += [BAR * (0.11, 0.22) + (-0.155, row) for row in range(len(shares))]
    edge = {"edgecolors": look.color, "linewidths": 0.8, "clip_on": False}
    areas(axes, bars, facecolors=2 * _shades(look.color, len(shares)), **edge)
    words = f"loss after {shown}: {as_written(result.total[shown])}"
    axes.text(1, 1.05, words, transform=axes.transAxes, ha="right", va="bottom")


SPECTRUM = View(_frame, _scale, _draw, size=(900, 395), scene=_scene)
