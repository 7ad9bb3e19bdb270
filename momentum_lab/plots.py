"""Draw a result on given axes; one palette and one line style a rule through the whole course.

Every picture says what it found in its title, and nothing is told by colour alone.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from momentum_lab.picture import View

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


# The network lab: error, accuracy and the two parts of each step, over the epochs.


def _lab_frame(figure):
    axes = {
        "error": figure.add_axes((0.058, 0.125, 0.565, 0.79)),
        "accuracy": figure.add_axes((0.685, 0.6, 0.295, 0.315)),
        "steps": figure.add_axes((0.685, 0.125, 0.295, 0.315)),
    }
    axes["error"].set_yscale("log")
    axes["steps"].set_yscale("log")
    axes["accuracy"].yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
    axes["error"].set_xlabel("epochs")
    axes["steps"].set_xlabel("epochs")
    axes["accuracy"].tick_params(labelbottom=False)
    heading(axes["error"], "error: a dot for each update, a line for the mean of an epoch")
    heading(axes["accuracy"], "accuracy on the training items")
    heading(axes["steps"], "step length: ── gradient now   ╌╌ memory")
    return axes


def _lab_scale(axes, entries):
    results = [result for result, *_ in entries]
    epochs = max(result.epochs for result in results)
    for name in axes:
        axes[name].set_xlim(0, epochs)
    accuracies = [result.run.epoch_accuracies for result in results]
    lowest = np.min(np.concatenate(accuracies), initial=1.0)
    axes["accuracy"].set_ylim(0.5 if lowest >= 0.5 else 0.0, 1.02)
    errors = np.concatenate([_typical(result.run) for result in results])
    axes["error"].set_ylim(decades(np.maximum(errors, 1e-6), 0.01, 10.0))
    steps = np.concatenate([result.run.step_parts.ravel() for result in results])
    largest = [np.max(steps, initial=1e-3)]
    axes["steps"].set_ylim(decades(largest, 1e-4, 1.0))


def _typical(run):
    """The errors that must not be cut off: the epoch means, and all but the 1 % largest dots."""
    return np.append(run.epoch_means, np.percentile(run.update_errors, 99))


def round_limit(value):
    """Return 1 or 3 times a power of ten, a little beyond `value` on its own side of 0.

    So few limits, so that a length grows with its number for as long as it can.
    """
    if value == 0:
        return 0.0
    size = abs(value) * 1.08
    power = 10.0 ** np.floor(np.log10(size))
    return float(np.sign(value) * next(n * power for n in (1, 3, 10) if n * power >= size))


def epoch_means(values, updates_per_epoch):
    """Return the mean over each epoch, the last one also where it is not whole."""
    starts = np.arange(0, len(values), updates_per_epoch)
    counts = np.diff([*starts, len(values)])
    return np.add.reduceat(values, starts) / counts if len(values) else values


def _draw_lab(axes, result, look, shown):
    run = result.run
    a_epoch = run.updates_per_epoch
    errors, parts = run.update_errors[:shown], run.step_parts[:shown]
    n_epochs = min(len(errors) // a_epoch, len(run.epoch_accuracies))
    middles = np.arange(-(-len(errors) // a_epoch)) + 0.5
    ends = np.arange(1, n_epochs + 1)
    if not look.letter:
        at = np.arange(len(errors)) / a_epoch
        axes["error"].plot(at, errors, "o", color=look.color, ms=1.7, mew=0, alpha=0.35)
    style = {"color": look.color, "ls": look.dash, "lw": look.width}
    marker = "o" if len(middles) == 1 else ""  # a line of one point would not be seen
    axes["error"].plot(middles, epoch_means(errors, a_epoch), marker=marker, **style)
    axes["accuracy"].plot(ends, run.epoch_accuracies[:n_epochs], **style)
    width = 1.0 if look.letter else 1.8
    for part, dash in ((0, "-"), (1, (0, (3, 2)))):
        means = epoch_means(parts[:, part], a_epoch)
        axes["steps"].plot(
            middles[: len(means)], means, color=look.color, ls=dash, lw=width, marker=marker
        )


NETWORK_LAB = View(_lab_frame, _lab_scale, _draw_lab, size=(900, 350))


# One weight: a number line with the two parts of one update, and the steps on a steady slope.


def _one_weight_frame(figure):
    axes = {
        "line": figure.add_axes((0.125, 0.65, 0.855, 0.25)),
        "steps": figure.add_axes((0.125, 0.13, 0.855, 0.3)),
    }
    line = axes["line"]
    line.set_ylim(-0.45, 2)
    for y, words in ((1.35, "gradient now"), (0.65, "memory"), (0, "weight")):
        line.text(-0.015, y, words, transform=line.get_yaxis_transform(), ha="right", va="center")
    line.yaxis.set_visible(False)
    line.spines["left"].set_visible(False)
    line.spines["bottom"].set_position(("data", 0))
    line.spines["bottom"].set_color(SOFT_INK)
    line.grid(False)
    line.tick_params(pad=15)  # room for the letters of pinned runs
    axes["steps"].axhline(0, color=LINE, lw=0.8)
    axes["steps"].set_xlim(0.4, 12.6)
    axes["steps"].set_xticks(range(1, 13))
    axes["steps"].yaxis.set_major_formatter(StrMethodFormatter("{x:.3g}"))
    axes["steps"].grid(axis="x", visible=False)
    axes["steps"].set_xlabel("update, while the gradient stays the same")
    heading(axes["steps"], "step of each update: grey from the gradient now, hatched from memory")
    return axes


def _one_weight_scale(axes, entries):
    start = entries[0][0].response.weights[0]
    places = np.concatenate(
        [
            _places(result, shown if i == 0 else 1)
            for i, (result, _look, shown) in enumerate(entries)
        ]
    )
    left, right = round_limit(min(places - start)), round_limit(max(places - start))
    margin = 0.1 * (right - left) or 1.0
    axes["line"].set_xlim(start + left - margin, start + right + margin)
    steps = np.concatenate([step_parts(result)[1] for result, *_ in entries])
    low, high = round_limit(min(steps.min(), 0)), round_limit(max(steps.max(), 0))
    axes["steps"].set_ylim(low, high if high > low else 1.0)


def _places(result, update):
    """Return where the weight was up to this update, and where its gradient alone would end."""
    told, update = result.response, max(update, 1)
    weights = told.weights[: update + 1]
    return np.append(weights, weights[-2] + told.gradient_parts[update - 1])


def step_parts(result):
    """Return where the bars of a result's steps begin and end: the gradient part, then both."""
    alone = result.response.gradient_parts
    return alone, np.concatenate([alone, alone + result.response.memory_parts])


def _draw_one_weight(axes, result, look, shown):
    told, line, steps = result.response, axes["line"], axes["steps"]
    updates = np.arange(1, result.n_updates + 1)
    if look.letter:
        line.plot(told.weights[1], 0, "|", color=look.color, ms=16, mew=2)
        aside = 11 * "ABCD".index(look.letter) - 4, -9  # points: pins at one place stay readable
        place = {"xytext": aside, "textcoords": "offset points", "ha": "center", "va": "top"}
        line.annotate(look.letter, (told.weights[1], 0), color=look.color, **place)
        steps.plot(updates, told.steps, color=look.color, ls=look.dash, lw=look.width)
        return
    line.plot(told.weights[: shown + 1], np.zeros(shown + 1), "o", color=look.color, ms=4)
    line.plot(told.weights[0], 0, "o", color="white", mec=look.color, mew=1.6, ms=8)
    if shown:
        before, after = told.weights[shown - 1 : shown + 1]
        middle = before + told.gradient_parts[shown - 1]
        line.vlines([before, middle], 0, [1.35, 1.35], color=LINE, lw=0.8)
        line.vlines(after, 0, 0.65, color=LINE, lw=0.8)
        _arrow(line, before, middle, 1.35, GRADIENT_COLOR)
        _arrow(line, middle, after, 0.65, look.color)
        line.plot(after, 0, "o", color=look.color, ms=9)
        heading(line, f"update {shown}: {result.equation(shown)}").set(size=11, color=INK)
    ends = told.gradient_parts, told.gradient_parts + told.memory_parts
    done = updates <= shown
    # Side by side: where the memory pulls back, one bar over the other would hide the gradient's.
    bars(steps, updates - 0.13, np.zeros(len(updates)), ends[0], GRADIENT_COLOR, done)
    bars(steps, updates + 0.13, *ends, look.color, done, hatch="////")


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


def _arrow(axes, start, end, y, color):
    if start != end:
        arrow = {"arrowstyle": "-|>", "color": color, "lw": 2.4, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (end, y), (start, y), arrowprops=arrow | {"mutation_scale": 13})
        words = f"{end - start:+.4g}".replace("-", "−")
        axes.text((start + end) / 2, y + 0.1, words, ha="center", va="bottom")


ONE_WEIGHT = View(_one_weight_frame, _one_weight_scale, _draw_one_weight, size=(900, 330))
