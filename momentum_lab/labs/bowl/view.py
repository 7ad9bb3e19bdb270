"""The bowl: a parabola with the path of one weight on it, and weight and loss over the updates."""

import numpy as np

from momentum_lab.labs import paths
from momentum_lab.labs.bowl.experiment import BOWL_UPDATES, BOWL_WINDOW
from momentum_lab.live.picture import View
from momentum_lab.live.style import LINE, heading, panel

HEIGHTS = (3.0, 6.0, 12.0, 30.0)  # few, so that a steeper bowl looks steeper for as long as it can
LOWEST_LOSS = 1e-6
PLACES = np.linspace(-BOWL_WINDOW, BOWL_WINDOW, 121)


def _bowl_frame(figure):
    axes = {
        "bowl": panel(figure, (0.115, 0.36, 0.46, 0.55)),
        "parts": panel(figure, (0.115, 0.13, 0.46, 0.15)),
        "weight": panel(figure, (0.65, 0.575, 0.335, 0.335)),
        "loss": panel(figure, (0.65, 0.13, 0.335, 0.3)),
    }
    bowl, parts, weight, loss = axes.values()
    bowl.set_xlim(-BOWL_WINDOW, BOWL_WINDOW)
    for plot in (bowl, weight):
        plot.tick_params(labelbottom=False)
    heading(bowl, "loss of each weight: click where to start")
    parts.set(xlim=(-BOWL_WINDOW, BOWL_WINDOW), ylim=(-0.7, 1.7), xlabel="weight")
    parts.set_yticks([1, 0], ["gradient now", "memory"])
    parts.tick_params(axis="y", length=0)
    parts.spines["left"].set_visible(False)
    parts.grid(axis="y", visible=False)
    whole_run = -0.02 * BOWL_UPDATES, 1.02 * BOWL_UPDATES
    weight.set(xlim=whole_run, ylim=(-BOWL_WINDOW, BOWL_WINDOW), yticks=[-2, -1, 0, 1, 2])
    weight.axhline(0, color=LINE, lw=0.8)
    heading(weight, "weight: the minimum is at 0")
    paths.loss_axis(loss, LOWEST_LOSS, [1e-6, 1e-4, 1e-2, 1, 1e2])
    loss.set(xlim=whole_run, xlabel="updates")
    return axes


def _bowl_scale(axes, entries):
    steepest = max(result.curvature for result, *_ in entries)
    top = paths.first_above(steepest * BOWL_WINDOW**2 / 2, HEIGHTS)
    axes["bowl"].set_ylim(-0.035 * top, top)


def _bowl_scene(axes, result, lw=1.4, **look):
    axes["bowl"].plot(PLACES, result.curvature * PLACES**2 / 2, lw=lw, zorder=1, **look)


def _draw_bowl(axes, result, look, shown):
    bowl, parts, weight, loss = axes.values()
    weights, updates = result.weights, np.arange(result.n_updates + 1)
    heights = result.path.losses
    # A loss of 0 has no logarithm: such a line leaves the plot at the bottom.
    losses = np.maximum(heights, LOWEST_LOSS / 100)
    gone = paths.until_gone(weights[:, None], BOWL_WINDOW)
    runs = (bowl, weights, heights), (weight, updates, weights), (loss, updates, losses)
    lines = [(plot, x[:gone], y[:gone]) for plot, x, y in runs[:2]] + [runs[2]]
    if look.letter:
        _bowl_scene(axes, result, lw=0.8, color=look.color, alpha=0.5)
        for plot, x, y in lines:
            plot.plot(x, y, color=look.color, ls=look.dash, lw=look.width)
        paths.letter_on_line(loss, losses, look)
        return
    for plot, x, y in lines:
        dots = {"color": look.color, "marker": "o"}
        plot.plot(x, y, lw=1.2, ms=3, alpha=0.5, **dots)
        plot.plot(x[: shown + 1], y[: shown + 1], lw=look.width, ms=4, **dots)
        plot.plot(x[0], y[0], "o", color="white", mec=look.color, mew=1.6, ms=8, zorder=4)
    for plot, x, y in runs:
        paths.mark_now(plot, (x[shown], y[shown]), look.color, straight=plot is not bowl)
    if shown:
        before, after = weights[shown - 1 : shown + 1]
        middle = before + result.path.gradient_parts[shown - 1, 0]
        ends = np.ravel([(low, 1.7, np.nan) for low in (1, 0, 0)])
        parts.plot(np.repeat((before, middle, after), 3), ends, color=LINE, lw=0.8, zorder=1)
        paths.step_arrows(parts, (before, 1), (middle, 1), (middle, 1), look.color)
        paths.step_arrows(parts, (middle, 0), (middle, 0), (after, 0), look.color)
    heading(parts, f"step of update {shown}" if shown else "before the first update")


BOWL = View(_bowl_frame, _bowl_scale, _draw_bowl, (900, 350), _bowl_scene)
