"""One weight: a number line with the two parts of one update, and the steps on a steady slope.

The line counts from the start, so that it stands still whatever the weight is there.
"""

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from momentum_lab.labs.paths import first_above, letter_below
from momentum_lab.live.picture import View
from momentum_lab.live.style import GRADIENT_COLOR, INK, LINE, SOFT_INK, bars, heading, panel

# Few limits of the steps, and of the line as so many times these: lengths grow with their numbers
# for as long as they can, and both limits change at once.
STEP_LIMITS = [digit * 100.0**power for power in range(-4, 2) for digit in (2, 10, 40)]
TIMES = [3.0**power for power in range(-5, 4)]


def _one_weight_frame(figure):
    line = panel(figure, (0.125, 0.65, 0.855, 0.25))
    steps = panel(figure, (0.125, 0.13, 0.855, 0.3))
    for y, words in ((1.35, "gradient now"), (0.65, "memory"), (0, "weight")):
        line.text(-0.015, y, words, transform=line.get_yaxis_transform(), ha="right", va="center")
    line.set_ylim(-0.45, 2)
    line.yaxis.set_visible(False)
    line.spines["left"].set_visible(False)
    line.spines["bottom"].set(position=("data", 0), color=SOFT_INK)
    line.grid(False)
    line.tick_params(pad=15)  # room for the letters of pinned runs
    line.xaxis.set_major_locator(MaxNLocator(8, steps=(1, 2, 2.5, 5, 10)))
    names = FuncFormatter(lambda x, _: _signed(x) if abs(x) > 1e-12 else "start")
    line.xaxis.set_major_formatter(names)
    line.set_xlabel("distance from the weight at the start", labelpad=3)
    steps.axhline(0, color=LINE, lw=0.8)
    steps.set(xlim=(0.4, 12.6), xticks=range(1, 13))
    steps.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.3g}".replace("-", "−")))
    steps.grid(axis="x", visible=False)
    steps.set_xlabel("update, while the gradient stays the same")
    heading(steps, "step of each update: grey from the gradient now, hatched from memory")
    return {"line": line, "steps": steps}


def _signed(distance):
    return f"{distance:+.4g}".replace("-", "−")


def _one_weight_scale(axes, entries):
    ends = [(result, 1 if look.letter else max(shown, 1)) for result, look, shown in entries]
    places = np.concatenate([_places(*end) for end in ends])
    steps = np.concatenate([_bar_ends(result).ravel() for result, *_ in entries])
    longest = np.abs(steps).max() or 1.0
    limit = first_above(1.02 * longest, STEP_LIMITS)
    axes["steps"].set_ylim(_both_ends(steps, limit))
    reach = limit * first_above(np.abs(places).max() / longest, TIMES)
    left, right = _both_ends(places, reach)
    margin = 0.1 * (right - left)
    axes["line"].set_xlim(left - margin, right + margin)


def _both_ends(values, limit):
    """Return −limit and limit, or 0 in place of the one on whose side there is no value."""
    low, high = -limit * (min(values) < 0), limit * (max(values) > 0)
    return (low, high) if low < high else (0.0, limit)


def _from_the_start(result):
    """How far from its start the weight was; a difference of weights would have rounding dust."""
    return np.concatenate([[0.0], np.cumsum(result.response.steps)])


def _places(result, update):
    """Where the weight was up to this update, and where its gradient part alone would end."""
    places = _from_the_start(result)[: update + 1]
    return np.append(places, places[-2] + result.response.gradient_parts[update - 1])


def _bar_ends(result):
    """Where the bars of the steps end, (2, updates): the gradient's, and the memory's on it."""
    return np.cumsum([result.response.gradient_parts, result.response.memory_parts], axis=0)


def _draw_one_weight(axes, result, look, shown):
    told, line, steps = result.response, axes["line"], axes["steps"]
    updates, places = np.arange(1, result.n_updates + 1), _from_the_start(result)
    if look.letter:
        line.plot(places[1], 0, "|", color=look.color, ms=16, mew=2)
        letter_below(line, (places[1], 0), look)
        steps.plot(updates, told.steps, color=look.color, ls=look.dash, lw=look.width)
        return
    line.plot(places[: shown + 1], np.zeros(shown + 1), "o", color=look.color, ms=4)
    line.plot(0, 0, "o", color="white", mec=look.color, mew=1.6, ms=8)
    if shown:
        before, after = places[shown - 1 : shown + 1]
        middle = before + told.gradient_parts[shown - 1]
        line.vlines([before, middle, after], 0, [1.35, 1.35, 0.65], color=LINE, lw=0.8)
        _arrow(line, before, middle, 1.35, GRADIENT_COLOR)
        _arrow(line, middle, after, 0.65, look.color)
        line.plot(after, 0, "o", color=look.color, ms=9)
        heading(line, f"update {shown}: {result.equation(shown)}").set(size=11, color=INK)
    alone, both = _bar_ends(result)
    # Side by side: where the memory pulls back, one bar over the other would hide the gradient's.
    bars(steps, updates - 0.13, 0 * alone, alone, GRADIENT_COLOR, updates <= shown)
    bars(steps, updates + 0.13, alone, both, look.color, updates <= shown, hatch="////")


def _arrow(axes, start, end, y, color):
    if start != end:
        arrow = {"arrowstyle": "-|>", "color": color, "lw": 2.4, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (end, y), (start, y), arrowprops=arrow | {"mutation_scale": 13})
        axes.text((start + end) / 2, y + 0.1, _signed(end - start), ha="center", va="bottom")


ONE_WEIGHT = View(_one_weight_frame, _one_weight_scale, _draw_one_weight, size=(900, 330))
