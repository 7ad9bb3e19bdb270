"""The network lab: error, accuracy and the two parts of each step, over the epochs."""

import numpy as np
from matplotlib.ticker import PercentFormatter

from momentum_lab.live.picture import View
from momentum_lab.live.style import decades, heading, panel


def _lab_frame(figure):
    axes = {
        "error": panel(figure, (0.058, 0.125, 0.565, 0.79)),
        "accuracy": panel(figure, (0.685, 0.6, 0.295, 0.315)),
        "steps": panel(figure, (0.685, 0.125, 0.295, 0.315)),
    }
    for name in ("error", "steps"):
        axes[name].set(yscale="log", xlabel="epochs")
    in_percent = PercentFormatter(1, decimals=0, symbol=" %", is_latex=True)
    axes["accuracy"].yaxis.set_major_formatter(in_percent)
    axes["accuracy"].tick_params(labelbottom=False)
    heading(axes["error"], "error: a dot for each update, a line for the mean of an epoch")
    heading(axes["accuracy"], "accuracy on the training items")
    heading(axes["steps"], "step length: ── gradient now   ╌╌ memory")
    return axes


def _lab_scale(axes, entries):
    results = [result for result, *_ in entries]
    for plot in axes.values():
        plot.set_xlim(0, max(result.epochs for result in results))
    accuracies = [result.run.epoch_accuracies for result in results]
    lowest = np.min(np.concatenate(accuracies), initial=1.0)
    axes["accuracy"].set_ylim(0.5 if lowest >= 0.5 else 0.0, 1.02)
    # Not cut off: the means of the epochs, and all but the 1 % largest dots.
    dots = [np.percentile(result.run.update_errors, 99) for result in results]
    errors = np.concatenate([dots, *(result.run.epoch_means for result in results)])
    axes["error"].set_ylim(decades(np.maximum(errors, 1e-6), 0.01, 10.0))
    longest = [np.max(result.run.step_parts, initial=1e-3) for result in results]
    axes["steps"].set_ylim(decades(longest, 1e-4, 1.0))


def epoch_means(values, updates_per_epoch):
    """Return the mean over each epoch, the last one also where it is not whole."""
    starts = np.arange(0, len(values), updates_per_epoch)
    counts = np.diff([*starts, len(values)])
    return np.add.reduceat(values, starts) / counts if len(values) else values


def _draw_lab(axes, result, look, shown):
    run, a_epoch = result.run, result.run.updates_per_epoch
    errors, parts = run.update_errors[:shown], run.step_parts[:shown]
    accuracies, means = run.epoch_accuracies[: len(errors) // a_epoch], epoch_means(errors, a_epoch)
    middles = np.arange(len(means)) + 0.5
    if not look.letter:
        at = np.arange(len(errors)) / a_epoch
        axes["error"].plot(at, errors, "o", color=look.color, ms=1.7, mew=0, alpha=0.35)
    style = {"color": look.color, "ls": look.dash, "lw": look.width}
    marker = "o" if len(middles) == 1 else ""  # a line of one point would not be seen
    axes["error"].plot(middles, means, marker=marker, **style)
    axes["accuracy"].plot(np.arange(len(accuracies)) + 1, accuracies, **style)
    style["lw"] = 1.0 if look.letter else 1.8
    for part, dash in ((0, "-"), (1, (0, (3, 2)))):
        means = epoch_means(parts[:, part], a_epoch)
        axes["steps"].plot(middles[: len(means)], means, marker=marker, **(style | {"ls": dash}))


NETWORK_LAB = View(_lab_frame, _lab_scale, _draw_lab, size=(900, 350))
