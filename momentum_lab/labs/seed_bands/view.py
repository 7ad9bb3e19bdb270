"""The lab of seeds: the error's median and band over the epochs, and when each seed got there."""

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter

from momentum_lab.live.picture import View
from momentum_lab.live.style import SOFT_INK, Look, decades, heading, panel, rule_look
from momentum_lab.measures import GOOD_ERROR, quantile

PLAIN = Look(rule_look("plain").color, "-", 1.6)
ROUND = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200)
NEVER = 1.32  # times the last epoch: the place of those that never got there
APART, ROOM = 0.1, 0.8  # between the dots of one epoch, and for all of them; a row is 1 high


def _frame(figure):
    axes = {
        "error": panel(figure, (0.058, 0.47, 0.927, 0.45)),
        "seeds": panel(figure, (0.058, 0.125, 0.927, 0.245)),
    }
    for plot in axes.values():
        plot.set_xscale("log")
    axes["error"].set(yscale="log", ylim=(0.01, 2.0))
    axes["error"].tick_params(labelbottom=False)
    axes["error"].axhline(GOOD_ERROR, color=SOFT_INK, linewidth=1.0, linestyle=(0, (1, 2)))
    axes["seeds"].set_xlabel("epochs")
    axes["seeds"].grid(False, axis="y")
    heading(axes["error"], "error after each epoch: the median, and the band of 80 % of the seeds")
    heading(axes["seeds"], "first epoch below 0.1: a dot for each seed, a bar for their median")
    return axes


def _scale(axes, entries):
    results = [result for result, *_ in entries]
    last = max(result.epochs for result in results)
    ticks = [epoch for epoch in ROUND if epoch <= last] + [last * NEVER]
    for plot in axes.values():
        plot.set_xlim(0.93, last * NEVER * 1.07)
        plot.xaxis.set_major_locator(FixedLocator(ticks))
        plot.xaxis.set_major_formatter(FuncFormatter(_epoch_or_never(last)))
    errors = [runs.median for result in results for runs in (result.runs, result.plain)]
    axes["error"].set_ylim(decades(np.concatenate(errors), 0.01, 2.0))
    names = ["plain", "now", *(look.letter for _, look, _ in entries if look.letter)]
    axes["seeds"].set_yticks(range(len(names)), names)
    axes["seeds"].set_ylim(len(names) - 0.45, -0.55)


def _epoch_or_never(last):
    return lambda epoch, _place: "never" if epoch > last else f"{epoch:.0f}"


def _draw(axes, result, look, shown):
    epochs = shown // result.updates_per_epoch
    row = 2 + "ABCD".index(look.letter) if look.letter else 1
    if not look.letter and result.rule != "plain":
        _draw_band(axes["error"], result.plain, PLAIN, epochs)
        _draw_seeds(axes["seeds"], result.first_epochs[1], PLAIN, 0, epochs, result.epochs)
    _draw_band(axes["error"], result.runs, look, epochs)
    _draw_seeds(axes["seeds"], result.first_epochs[0], look, row, epochs, result.epochs)


def _draw_band(axes, runs, look, epochs):
    """Draw the median as a line, on the band; what is far above the picture is cut off."""
    median, (low, high) = runs.median[:epochs], runs.band()[:, :epochs]
    at, top = np.arange(len(median)) + 1, 10 * axes.get_ylim()[1]
    if len(at) > 1:
        edges = {"facecolor": look.color, "edgecolor": "none", "alpha": 0.1 if look.letter else 0.2}
        axes.fill_between(at, np.minimum(low, top), np.minimum(high, top), **edges)
    marker = "o" if len(at) == 1 else ""  # a line of one point would not be seen
    style = {"color": look.color, "linestyle": look.dash, "linewidth": look.width}
    axes.plot(at, np.minimum(median, top), marker=marker, **style)


def _draw_seeds(axes, first, look, row, epochs, last):
    """Draw a dot for each seed in this row, those of the same epoch side by side."""
    never = axes.get_xlim()[1] / 1.07
    shown = first if epochs == last else first[first <= epochs]
    for epoch, count in zip(*np.unique(shown, return_counts=True), strict=True):
        beside = (np.arange(count) - (count - 1) / 2) * min(APART, ROOM / count)
        at = np.full(count, min(epoch, never))
        axes.plot(at, row + beside, "o", color=look.color, ms=3.2, mew=0, alpha=0.75)
    if epochs == last:
        at = min(quantile(first, 0.5), never)
        style = {"color": look.color, "linestyle": "-", "linewidth": 2.4}
        axes.plot([at, at], [row - 0.42, row + 0.42], **style)


SEED_BANDS = View(_frame, _scale, _draw, size=(900, 360))
