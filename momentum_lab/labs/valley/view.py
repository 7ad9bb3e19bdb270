"""The valley: its contours with the path of two weights, the loss, and the way across."""

import numpy as np

from momentum_lab.labs import paths
from momentum_lab.labs.valley.experiment import VALLEY_WINDOW, valley_directions
from momentum_lab.labs.words import as_written
from momentum_lab.live.picture import View
from momentum_lab.live.style import INK, LINE, heading, panel

WIDTH, HEIGHT = 900, 390
PIXELS_A_UNIT = 42  # along both axes, so that a circle is a circle
LOWEST_LOSS = 1e-8
HALF_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # of the plot of the way across, few and round
STEEPNESS = 1.6  # each contour is so many times as wide as the next one inside
OUTERMOST, INNERMOST = 7.2, 0.18  # half widths of contours: across, and along
TURN = np.linspace(0, 2 * np.pi, 181)


def _valley_frame(figure):
    width, height = (2 * half * PIXELS_A_UNIT for half in VALLEY_WINDOW)
    axes = {
        "contours": panel(figure, (46 / WIDTH, 50 / HEIGHT, width / WIDTH, height / HEIGHT)),
        "loss": panel(figure, (0.685, 0.56, 0.3, 0.32)),
        "across": panel(figure, (0.685, 0.125, 0.3, 0.3)),
    }
    contours, loss, across = axes.values()
    along, up = VALLEY_WINDOW
    contours.set(xlim=(-along, along), ylim=(-up, up))
    contours.grid(False)
    contours.set_xlabel("weight 1; click or drag in the plot to start there")
    contours.set_ylabel("weight 2", labelpad=1)
    contours.spines[["left", "bottom"]].set_zorder(3)
    for place, words in ((0, "update"), (0.2, "gradient now ──"), (0.62, "memory ╌╌")):
        heading(contours, words).set_x(place)
    paths.loss_axis(loss, LOWEST_LOSS, [1e-8, 1e-6, 1e-4, 1e-2, 1, 1e2])
    loss.tick_params(labelbottom=False)
    across.axhline(0, color=LINE, lw=0.8)
    across.set_xlabel("updates")
    heading(across, "distance from the floor: does it oscillate?")
    return axes


def _valley_scale(axes, entries):
    results = [result for result, *_ in entries]
    updates = max(10, *(result.wanted_updates for result in results))
    farthest = 1.15 * max(abs(result.places[0, 1]) for result in results)
    half = paths.first_above(farthest, HALF_WIDTHS)
    axes["across"].set_ylim(-half, half)
    for name in ("loss", "across"):
        axes[name].set_xlim(-0.02 * updates, 1.02 * updates)


def _draw_contours(axes, result):
    """Draw lines of equal loss: ellipses, the same share narrower from each to the next."""
    along, across = valley_directions(result.rotation)
    stretch = np.sqrt(result.condition_number)
    count = int(np.log(OUTERMOST * stretch / INNERMOST) / np.log(STEEPNESS)) + 1
    widths = OUTERMOST / STEEPNESS ** np.arange(count)
    circle = np.cos(TURN)[:, None] * stretch * along + np.sin(TURN)[:, None] * across
    ellipses = widths[:, None, None] * circle
    depth = np.linspace(1, 0, count)[:, None]
    shades = (1 - depth) * [1, 1, 1] + depth * [0.89, 0.915, 0.95]
    edge, plot = {"edgecolors": "#c3ccd9", "lw": 0.8, "zorder": 0.5}, axes["contours"]
    paths.areas(plot, ellipses, facecolors=shades, **edge)
    plot.plot(*np.outer(along, [-20, 20]), color="#b4bdca", lw=1, ls=(0, (1, 3)), zorder=0.8)
    plot.plot(0, 0, "+", color=INK, ms=11, mew=1.6, zorder=1)


def _draw_valley(axes, result, look, shown):
    contours, loss, across = axes.values()
    weights, updates = result.path.weights[: shown + 1], np.arange(shown + 1)
    # A loss of 0 has no logarithm: such a line leaves the plot at the bottom.
    losses = np.maximum(result.path.losses[: shown + 1], LOWEST_LOSS / 100)
    style = {"color": look.color, "ls": look.dash, "lw": look.width}
    away = result.places[: shown + 1, 1]
    seen = paths.until_gone(weights, VALLEY_WINDOW)
    away_seen = paths.until_gone(away[:, None], across.get_ylim()[1])
    loss.plot(updates, losses, **style)
    across.plot(updates[:away_seen], away[:away_seen], **style)
    if look.letter:
        contours.plot(*weights[:seen].T, **style)
        paths.letter_on_line(loss, losses, look)
        return
    contours.plot(*weights[:seen].T, color=look.color, lw=1.4, marker="o", ms=3.2)
    contours.plot(*weights[0], "o", color="white", mec=look.color, mew=1.8, ms=9, zorder=4)
    paths.mark_now(contours, weights[-1], look.color)
    paths.mark_now(loss, (shown, losses[-1]), look.color, size=8, straight=True)
    paths.mark_now(across, (shown, away[-1]), look.color, size=8, straight=True)
    lengths = ["–", "–"]
    if shown:
        before, after = weights[-2:]
        parts = result.path.gradient_parts[shown - 1], result.path.memory_parts[shown - 1]
        paths.step_arrows(contours, before, before + parts[0], after, look.color)
        lengths = [as_written(np.hypot(*part)) for part in parts]
    # Only the numbers are drawn anew: it takes long to draw a text.
    for place, number in ((0.115, f"{shown}"), (0.445, lengths[0]), (0.8, lengths[1])):
        heading(contours, number).set_x(place)


VALLEY = View(_valley_frame, _valley_scale, _draw_valley, (WIDTH, HEIGHT), _draw_contours)
