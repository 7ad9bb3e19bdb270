"""The bowl: a parabola with the path of one weight on it, and weight and loss over the updates."""

import numpy as np
from matplotlib.ticker import NullLocator

from momentum_lab.labs.bowl.experiment import BOWL_UPDATES, BOWL_WINDOW
from momentum_lab.labs.paths import border_mark, first_above, pin_letter, step_arrows, until_gone
from momentum_lab.live.picture import View
from momentum_lab.live.style import LINE, SOFT_INK, heading, panel

HEIGHTS = (3.0, 6.0, 12.0, 30.0)  # few, so that a steeper bowl looks steeper for as long as it can
LOWEST_LOSS, HIGHEST_LOSS = 1e-6, 1e2
PLACES = np.linspace(-BOWL_WINDOW, BOWL_WINDOW, 121)


def _bowl_frame(figure):
    axes = {
        "bowl": panel(figure, (0.115, 0.36, 0.46, 0.55)),
        "parts": panel(figure, (0.115, 0.13, 0.46, 0.15)),
        "weight": panel(figure, (0.65, 0.575, 0.335, 0.335)),
        "loss": panel(figure, (0.65, 0.13, 0.335, 0.3)),
    }
    bowl, parts, weight, loss = axes.values()
    for plot in (bowl, parts):
        plot.set_xlim(-BOWL_WINDOW, BOWL_WINDOW)
        plot.tick_params(labelbottom=plot is parts)
    heading(bowl, "loss of each weight: click where to start")
    parts.set_ylim(-0.7, 1.7)
    parts.set_yticks([1, 0], ["gradient now", "memory"])
    parts.tick_params(axis="y", length=0)
    parts.spines["left"].set_visible(False)
    parts.grid(axis="y", visible=False)
    parts.set_xlabel("weight")
    weight.set_ylim(-BOWL_WINDOW, BOWL_WINDOW)
    weight.set_yticks([-2, -1, 0, 1, 2])
    weight.axhline(0, color=LINE, lw=0.8)
    weight.tick_params(labelbottom=False)
    heading(weight, "weight: the minimum is at 0")
    loss.set_yscale("log")
    loss.yaxis.set_minor_locator(NullLocator())  # never seen, and slow to place
    loss.set_ylim(LOWEST_LOSS, HIGHEST_LOSS)
    loss.set_yticks([1e-6, 1e-4, 1e-2, 1, 1e2])
    heading(loss, "loss, in powers of ten")
    for plot in (weight, loss):
        plot.set_xlim(-0.02 * BOWL_UPDATES, 1.02 * BOWL_UPDATES)
    loss.set_xlabel("updates")
    return axes


def _bowl_scale(axes, entries):
    steepest = max(result.curvature for result, *_ in entries)
    top = first_above(steepest * BOWL_WINDOW**2 / 2, HEIGHTS)
    axes["bowl"].set_ylim(-0.035 * top, top)


def _bowl_scene(axes, result):
    axes["bowl"].plot(PLACES, result.curvature * PLACES**2 / 2, lw=1.4, zorder=1)


def _draw_bowl(axes, result, look, shown):
    bowl, parts, weight, loss = axes.values()
    weights, updates = result.weights, np.arange(result.n_updates + 1)
    heights = result.path.losses
    # A loss of 0 has no logarithm: such a line leaves the plot at the bottom.
    losses = np.maximum(heights, LOWEST_LOSS / 100)
    gone = until_gone(weights[:, None], bowl, (0,))
    lines = (
        (bowl, weights[:gone], heights[:gone]),
        (weight, updates[:gone], weights[:gone]),
        (loss, updates, losses),
    )
    if look.letter:
        parabola = result.curvature * PLACES**2 / 2
        bowl.plot(PLACES, parabola, color=look.color, lw=0.8, alpha=0.5)
        for plot, x, y in lines:
            plot.plot(x, y, color=look.color, ls=look.dash, lw=look.width)
        pin_letter(bowl, np.stack([weights, heights], axis=-1), look)
        return
    for plot, x, y in lines:
        dots = {"color": look.color, "marker": "o"}
        plot.plot(x, y, lw=1.2, ms=3, alpha=0.5, **dots)
        plot.plot(x[: shown + 1], y[: shown + 1], lw=look.width, ms=4, **dots)
        plot.plot(x[0], y[0], "o", color="white", mec=look.color, mew=1.6, ms=8, zorder=4)
    now = ((bowl, weights, heights), (weight, updates, weights), (loss, updates, losses))
    for plot, x, y in now:
        plot.plot(x[shown], y[shown], "o", color=look.color, mec="white", mew=1, ms=9, zorder=6)
        border_mark(plot, (x[shown], y[shown]), look.color, straight=plot is not bowl)
    if shown:
        before, after = weights[shown - 1 : shown + 1]
        middle = before + result.path.gradient_parts[shown - 1, 0]
        gap = np.nan
        x, y = (
            (before, before, gap, middle, middle, gap, after, after),
            (1, 1.7, gap, 0, 1.7, gap, 0, 1.7),
        )
        parts.plot(x, y, color=LINE, lw=0.8, zorder=1)
        step_arrows(parts, (before, 1), (middle, 1), (middle, 1), look.color)
        step_arrows(parts, (middle, 0), (middle, 0), (after, 0), look.color)
    heading(parts, f"step of update {shown}" if shown else "before the first update").set(
        color=SOFT_INK
    )


BOWL = View(_bowl_frame, _bowl_scale, _draw_bowl, (900, 350), _bowl_scene)
