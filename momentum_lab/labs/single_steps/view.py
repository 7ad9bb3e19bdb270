"""Single steps: the drawn network, one connection's numbers, and its steps over the updates."""

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from momentum_lab.labs.drawn_network import KEY, MINUS, NODE, PLUS, Drawing, in_node
from momentum_lab.labs.paths import first_above
from momentum_lab.labs.single_steps.moment import FLOWERS, NETWORK
from momentum_lab.labs.single_steps.words import IN_ROW
from momentum_lab.labs.words import as_written
from momentum_lab.live.labels import Labels
from momentum_lab.live.picture import View
from momentum_lab.live.style import GRADIENT_COLOR, LINE, SOFT_INK, bars, heading, panel

WIDTH, HEIGHT = 900, 370
DRAWING = Drawing(NETWORK, 590, 300)
LIMITS = [digit * 10.0**power for power in range(-6, 3) for digit in (1, 2, 5)]  # of the bars
OVER = NODE[1] / 2 + 1  # pixels from the middle of a node to what is written above or below
ABOVE_INPUTS = DRAWING.columns[0] + (NODE[0] / 2, OVER)
BELOW_NODES = [column - (0, OVER) for column in DRAWING.columns[1:]]
BESIDE_OUTPUTS = DRAWING.columns[2] + (NODE[0] / 2 + 5, 0)
LINES = (  # what the lines and the nodes show after so many steps of an update
    ("weight", "lines: the weights, the widest {}"),
    ("weight", "lines: the weights, the widest {}; in the nodes: values"),
    ("weight", "lines: the weights, the widest {}; below the outputs: signals"),
    ("gradient", "lines: the gradients, the widest {}; below the nodes: signals"),
    ("step", "lines: the steps, the widest {}; below the nodes: signals"),
)


def _frame(figure):
    across, up = DRAWING.width, DRAWING.height
    axes = {
        "network": panel(figure, (10 / WIDTH, 34 / HEIGHT, across / WIDTH, up / HEIGHT)),
        "numbers": panel(figure, (0.72, 0.575, 0.265, 0.345)),
        "steps": panel(figure, (0.745, 0.125, 0.24, 0.315)),
    }
    network, numbers, steps = axes.values()
    DRAWING.frame(network)
    network.text(0, -12, KEY, color=SOFT_INK)
    names = [name.removesuffix(" (cm)") for name in FLOWERS.feature_names]
    soft = {"colors": SOFT_INK, "va": "bottom"}
    network.add_artist(Labels(ABOVE_INPUTS, names, ha="right", **soft))
    network.add_artist(Labels(BESIDE_OUTPUTS + (0, 1), FLOWERS.class_names, ha="left", **soft))
    numbers.set(xlim=(0, 1), ylim=(len(IN_ROW) - 0.5, -0.5), xticks=[], yticks=[])
    numbers.grid(False)
    numbers.spines[:].set_visible(False)
    places = [(0, row) for row in range(len(IN_ROW))]
    numbers.add_artist(Labels(places, IN_ROW, SOFT_INK, ha="left"))
    steps.axhline(0, color=LINE, lw=0.8)
    steps.xaxis.set_major_locator(MaxNLocator(8, steps=(1, 2, 5, 10), integer=True))
    steps.yaxis.set_major_formatter(FuncFormatter(lambda y, _: as_written(y)))
    steps.grid(axis="x", visible=False)
    steps.set_xlabel("update")
    heading(steps, "its steps; hatched: memory part")
    return axes


def _steps(result):
    """The gradient parts and the memory parts of the connection, (2, updates)."""
    parts = np.array([result.gradient_parts, result.memory_parts])
    return parts[:, :, result.connection - 1]


def _scale(axes, entries):
    parts = [_steps(result) for result, *_ in entries]
    longest = max(np.abs(np.cumsum(part, axis=0)).max(initial=0) for part in parts)
    limit = first_above(1.02 * longest, LIMITS)
    updates = max(part.shape[1] for part in parts)
    axes["steps"].set(xlim=(0.4, max(updates, 1) + 0.6), ylim=(-limit, limit))


def _draw(axes, result, look, shown):
    network, numbers, steps = axes.values()
    parts = _steps(result)
    updates = np.arange(1, parts.shape[1] + 1)
    alone, both = np.cumsum(parts, axis=0)
    steps.plot(updates, both, color=look.color, ls=look.dash, lw=look.width if look.letter else 1)
    if look.letter:
        return
    steps.plot(updates[result.index :][:1], both[result.index :][:1], "o", color=look.color, ms=9)
    _draw_network(network, result)
    numbers.text(0, -1.2, result.name, weight="bold", va="center")
    told = [result.told[name] for name in IN_ROW]
    numbers.add_artist(Labels([(0.72, row) for row in range(len(told))], told, ha="right"))
    is_done = updates <= shown // 4
    bars(steps, updates - 0.13, 0 * alone, alone, GRADIENT_COLOR, is_done)
    bars(steps, updates + 0.13, alone, both, look.color, is_done, hatch="////")


def _draw_network(network, result):
    name, words = LINES[result.done]
    numbers, values = result.known[name], result.values if result.done else ()
    DRAWING.draw(network, numbers, values, chosen=result.connection - 1)
    heading(network, words.format(as_written(np.abs(numbers).max())))
    if result.done >= 2:
        targets = [f"target {target:.0f}" for target in result.target]
        look = {"ha": "left", "va": "top"}
        network.add_artist(Labels(BESIDE_OUTPUTS - (0, 1), targets, SOFT_INK, **look))
        backward = slice(1, None) if result.done == 2 else slice(None)
        places, signals = map(np.concatenate, (BELOW_NODES[backward], result.signals[backward]))
        colors = [MINUS if signal < 0 else PLUS for signal in signals]
        network.add_artist(Labels(places, map(in_node, signals), colors, va="top"))


SINGLE_STEPS = View(_frame, _scale, _draw, size=(WIDTH, HEIGHT))
