"""The own gains of all weights: on the drawn network, over the training, and by agreement."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import FuncFormatter

from momentum_lab.labs.drawn_network import HIGHLIGHT, Drawing
from momentum_lab.labs.paths import letter_below
from momentum_lab.labs.weight_gains.experiment import AGREEMENTS, NETWORK, agreements, gains
from momentum_lab.labs.words import as_written
from momentum_lab.live.picture import View
from momentum_lab.live.style import GRADIENT_COLOR, LINE, SOFT_INK, bars, decades, heading, panel

WIDTH, HEIGHT = 900, 390
LAST = 24  # updates whose parts are seen one by one
WIDEST_FACTOR = 4.0  # a gain so many times the median, or as small a share, has the widest line
DRAWING = Drawing(NETWORK, 370, 318)


def _frame(figure):
    axes = {
        "network": panel(figure, (4 / WIDTH, 28 / HEIGHT, 370 / WIDTH, 318 / HEIGHT)),
        "time": panel(figure, (430 / WIDTH, 190 / HEIGHT, 200 / WIDTH, 165 / HEIGHT)),
        "law": panel(figure, (685 / WIDTH, 190 / HEIGHT, 200 / WIDTH, 165 / HEIGHT)),
        "parts": panel(figure, (392 / WIDTH, 42 / HEIGHT, 493 / WIDTH, 76 / HEIGHT)),
    }
    network, time, law, parts = axes.values()
    DRAWING.frame(network)
    for column in DRAWING.columns:
        for number, place in enumerate(column, 1):
            network.text(*place, f"{number}", ha="center", va="center", color=SOFT_INK, zorder=4)
    heading(network, "own gain: ── above median  ╌╌ below  widest: 4 times").set_x(0.02)
    network.set_xlabel("click on a line to choose that weight", labelpad=6)
    for plot in (time, law):
        plot.set_yscale("log")
        plot.yaxis.set_major_formatter(FuncFormatter(lambda gain, _: as_written(gain)))
    heading(time, "own gain, over the training")
    time.set_xlabel("epochs")
    heading(law, "each weight   ── foretold")
    law.set(xlim=(-1.05, 1.05), xticks=(-1, -0.5, 0, 0.5, 1))
    law.set_xlabel("agreement of its gradients")
    parts.axhline(0, color=LINE, lw=0.8)
    parts.set(xlim=(-LAST + 0.4, 0.6), ylim=(-1.05, 1.05), yticks=[])
    parts.set_xlabel("updates, counted back from now; grey: delta, hatched: memory")
    return axes


def _scale(axes, entries):
    everything = [result.gains[np.isfinite(result.gains)] for result, *_ in entries]
    everything += [result.foretold for result, *_ in entries if result.foretold is not None]
    limits = decades(np.concatenate(everything), 0.1, 10.0)
    for name in ("time", "law"):
        axes[name].set_ylim(limits)
    axes["time"].set_xlim(0, max(result.epochs for result, *_ in entries))


def _draw(axes, result, look, shown):
    deltas, steps = result.deltas[:shown], result.steps[:shown]
    mine, of_all = result.weight, gains(deltas, steps)
    agree = agreements(deltas)
    at, pieces = result.in_pieces
    seen = at <= shown
    style = {"color": look.color, "ls": look.dash, "lw": look.width}
    if result.foretold is not None:
        axes["law"].plot(AGREEMENTS, result.foretold, **style | {"lw": 1.2})
    epochs = at[seen] / result.run.updates_per_epoch
    axes["time"].plot(epochs, pieces[seen, mine], zorder=3, **style)
    if look.letter:
        axes["law"].plot(agree[mine], of_all[mine], "o", color=look.color, ms=6, zorder=4)
        letter_below(axes["law"], (agree[mine], of_all[mine]), look)
        return
    middle = np.nanmedian(of_all) if np.isfinite(of_all).any() else 1.0
    sizes = np.nan_to_num(np.log(of_all / middle))
    DRAWING.draw(axes["network"], sizes, chosen=mine, largest=np.log(WIDEST_FACTOR))
    lines = np.stack(np.broadcast_arrays(epochs, pieces[seen].T), axis=-1)
    axes["time"].add_collection(LineCollection(lines, colors=LINE, lw=0.6), autolim=False)
    axes["law"].plot(agree, of_all, "o", color=SOFT_INK, ms=3.2, mew=0)
    dot = {"color": HIGHLIGHT, "mec": look.color, "mew": 1.8, "ms": 9, "zorder": 5}
    axes["law"].plot(agree[mine], of_all[mine], "o", **dot)
    if shown:
        _draw_parts(axes["parts"], deltas[-LAST:, mine], steps[-LAST:, mine], look.color)
        _tell(axes["parts"], result, shown)


def _draw_parts(axes, deltas, steps, color):
    longest = max(np.abs(deltas).max(), np.abs(steps).max()) or 1.0
    where, done = np.arange(1 - len(deltas), 1), np.ones(len(deltas), bool)
    bars(axes, where - 0.13, 0 * deltas, deltas / longest, GRADIENT_COLOR, done)
    bars(axes, where + 0.13, deltas / longest, steps / longest, color, done, hatch="////")


def _tell(axes, result, shown):
    delta, step = (part[shown - 1, result.weight] for part in (result.deltas, result.steps))
    numbers = -delta / result.learning_rate, delta, step - delta
    gradient, delta_now, memory = (as_written(number + 0.0) for number in numbers)
    told = f"gradient {gradient}  delta {delta_now}  memory {memory}"
    if 0 < abs(step) < 1000 * abs(delta):  # of nearly nothing it means nothing
        told += f"  step/delta {as_written(step / delta)}"
    heading(axes, f"at 0:  {told}").set_size(9)


WEIGHT_GAINS = View(_frame, _scale, _draw, (WIDTH, HEIGHT))


def pointed_weight(x, y):
    """Return the values to set for a click at this place of the network."""
    return {"weight": DRAWING.nearest(x, y)}
