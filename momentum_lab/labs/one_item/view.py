"""One item an update: each rule's limit over the share, and the runs beside their mean."""

import numpy as np

from momentum_lab.labs.one_item.experiment import SHARES
from momentum_lab.labs.one_item.words import HIGHEST
from momentum_lab.labs.paths import areas, first_above, letter_below, rule_curves
from momentum_lab.live.picture import View
from momentum_lab.live.style import INK, SOFT_INK, heading, panel

LOWEST_RATE, HIGHEST_RATE = 0.01, 100  # learning rates in the plot of the limits
TOP_UPDATES = 50, 100, 200, 500, 1000
SPANS = 4, 8, 16, 40  # powers of ten up and down in the plot of the squares
BINS = np.arange(-6, 6.01, 0.5)  # distances in powers of ten
MOST_QUANTILES = 60  # updates at which the runs are put in order


def _frame(figure):
    limits = panel(figure, (0.062, 0.115, 0.315, 0.8))
    squares = panel(figure, (0.585, 0.5, 0.388, 0.415))
    where = panel(figure, (0.585, 0.115, 0.388, 0.2))
    limits.set(yscale="log", xlim=(0, 1), ylim=(LOWEST_RATE, HIGHEST_RATE))
    limits.set_yticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
    limits.set_xlabel("share of the updates that see an item")
    heading(limits, "limit of learning rate × curvature: click here").set_y(1.012)
    squares.set(yscale="log", xlabel="update")
    heading(squares, "distance²: ── mean of runs  ╌╌ theory  ··· middle run")
    where.set(xlim=(BINS[0], BINS[-1]), ylim=(0, 1.08), yticks=[0, 0.5, 1])
    where.set_xticks(range(-6, 7, 2), ["≤10⁻⁶", "10⁻⁴", "10⁻²", "1", "10²", "10⁴", "≥10⁶"])
    where.set_xlabel("distance from the minimum; all began at 1")
    heading(where, "where the runs are now (tallest bar 1)")
    return {"limits": limits, "squares": squares, "where": where}


def _scale(axes, entries):
    results = [result for result, *_ in entries]
    axes["squares"].set_xlim(0, first_above(max(r.n_updates for r in results), TOP_UPDATES))
    span = first_above(max(abs(np.log10(_shown(r.squares))).max() for r in results), SPANS)
    axes["squares"].set_ylim(10.0**-span, 10.0**span)


def _shown(squares):
    """Return squares as a plot in powers of ten can hold them."""
    return np.clip(squares, 1 / HIGHEST, HIGHEST)


def _draw(axes, result, look, shown):
    _draw_limits(axes["limits"], result, look)
    updates = np.arange(shown + 1)
    style = {"color": look.color, "ls": look.dash, "lw": look.width}
    axes["squares"].plot(updates, _shown(result.seen_squares[: shown + 1]), **style)
    if look.letter:
        return
    theory = {"color": INK, "lw": 1.2, "ls": (0, (4, 3))}
    axes["squares"].plot(updates, _shown(result.squares[: shown + 1]), **theory)
    _draw_most(axes["squares"], result, look, shown)
    _draw_where(axes["where"], result, look, shown)


def _draw_limits(axes, result, look):
    point = result.share, result.learning_rate
    if look.letter:
        axes.plot(*point, "o", color="white", mec=look.color, mew=1.8, ms=7, zorder=5)
        # Each letter has its own column; at the right border these are on the left of the names.
        letter_below(axes, (min(point[0], 0.82), point[1]), look)
        return
    curves = {name: np.clip(y, LOWEST_RATE, HIGHEST_RATE) for name, y in result.curves.items()}
    rule_curves(axes, SHARES, curves, result.rule)
    dot = {"mec": INK, "mew": 1.2, "ms": 10, "zorder": 6, "clip_on": False}
    axes.plot(*point, "o", color="white", ms=15, zorder=5, clip_on=False)
    axes.plot(*point, "o", color=look.color, **dot)


def _draw_most(axes, result, look, shown):
    """Shade what holds 80 % of the runs, and draw the middle one."""
    at = np.unique(np.linspace(0, shown, min(shown + 1, MOST_QUANTILES)).astype(int))
    tenth = result.distances.shape[1] // 10
    places = [tenth, 5 * tenth, 9 * tenth]
    low, middle, high = _shown(np.partition(result.distances[at], places)[:, places].T ** 2)
    band = np.concatenate([np.c_[at, low], np.c_[at, high][::-1]])
    areas(axes, [band], facecolors=look.color, edgecolors="none", alpha=0.16)
    axes.plot(at, middle, color=look.color, lw=1, ls=(0, (1.5, 1.5)))


def _draw_where(axes, result, look, shown):
    powers = np.log10(np.clip(result.distances[shown], 10.0 ** BINS[0], 10.0 ** BINS[-1]))
    counts, _ = np.histogram(powers, BINS)
    box = np.array([(0, 0), (0, 1), (0.46, 1), (0.46, 0)])
    bars = [box * (1, n) + (left, 0) for left, n in zip(BINS, counts / counts.max(), strict=False)]
    areas(axes, bars, facecolors=look.color, edgecolors="none", alpha=0.8)
    axes.axvline(0, color=SOFT_INK, lw=0.8, ls=(0, (2, 2)))


ONE_ITEM = View(_frame, _scale, _draw, size=(900, 395))
