"""A small network, drawn: a node for each value, a line for each weight.

    drawing = Drawing(Network(4, 5, 3), width=560, height=320)
    drawing.frame(axes)                              once: the nodes, the limits of the axes
    drawing.draw(axes, weights, values, chosen=7)    for each event: lines, values, a highlight
    drawing.nearest(x, y)                            the weight whose line lies nearest to a click
    drawing.names[7], drawing.code_names[7]          "input 2 → hidden 3", "ih_weights[1, 2]"

A weight goes by its place in the flat order of the network: ih_weights (row-major), h_biases,
ho_weights (row-major), o_biases. A bias is the weight of a small node whose value is always 1.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.collections import LineCollection, PolyCollection

from momentum_lab.live.style import SOFT_INK
from momentum_lab.network import Network

PLUS, MINUS = "#00544d", "#cf2f74"
HIGHLIGHT = "#ffd75e"
KEY = "── plus   ╌╌ minus   the wider, the larger"
COLUMNS = 0.14, 0.5, 0.86  # of inputs, hidden nodes and outputs, as shares of the width
MARGIN = 17  # pixels above and below the outermost nodes
NODE, BIAS = (52, 24), (22, 18)  # width and height in pixels
THINNEST, WIDEST = 0.4, 6.5  # pixels
POINTS = 0.72  # of a pixel of the design


@dataclass(frozen=True)
class Drawing:
    """Where the nodes and the lines of a network lie, in axes of this width and height in pixels.

    They are pixels of the design (the `View`'s size), counted from the lower left corner.
    """

    network: Network
    width: float
    height: float

    @cached_property
    def columns(self):
        """The middles of the inputs, the hidden nodes and the outputs, three (n, 2) arrays."""
        return self._places[0][:-1], self._places[1][:-1], self._places[2]

    @cached_property
    def ends(self):
        """Where the line of each weight begins and ends, (n_weights, 2, 2), in the flat order."""
        inputs, hidden, outputs = self._places
        return np.concatenate([_lines(inputs, hidden[:-1]), _lines(hidden, outputs)])

    @cached_property
    def names(self):
        """The name of each weight, such as "input 2 → hidden 3" or "bias → output 1"."""
        net = self.network
        into = _names("input", net.n_inputs, "hidden", net.n_hidden)
        return into + _names("hidden", net.n_hidden, "output", net.n_outputs)

    @cached_property
    def code_names(self):
        """The name of each weight in code, such as "ih_weights[1, 2]" or "o_biases[0]"."""
        parts = self.network.unpack(np.zeros(self.network.n_weights))._asdict()
        places = [(name, place) for name, part in parts.items() for place in np.ndindex(part.shape)]
        return tuple(f"{name}[{', '.join(map(str, place))}]" for name, place in places)

    def nearest(self, x, y):
        """Return the weight whose line lies nearest to the point (x, y)."""
        starts, ways = self.ends[:, 0], self.ends[:, 1] - self.ends[:, 0]
        away = np.array([x, y]) - starts
        along = np.clip((away * ways).sum(axis=1) / (ways**2).sum(axis=1), 0, 1)
        return int(np.hypot(*(away - along[:, None] * ways).T).argmin())

    def frame(self, axes):
        """Draw what never changes: an empty node for each value, and a 1 for the biases."""
        axes.set(xlim=(0, self.width), ylim=(0, self.height), xticks=[], yticks=[])
        axes.grid(False)
        axes.spines[:].set_visible(False)
        for middles, size in ((np.concatenate(self.columns), NODE), (self._biases, BIAS)):
            boxes = middles[:, None] + _rounded(*size)
            look = {"facecolors": "white", "edgecolors": SOFT_INK, "linewidths": 1.0}
            axes.add_collection(PolyCollection(boxes, zorder=3, **look), autolim=False)
        for x, y in self._biases:
            axes.text(x, y, "1", color=SOFT_INK, **_IN_NODE)

    def draw(self, axes, numbers, values=(), chosen=None, largest=None):
        """Draw a line for each of `numbers`, (n_weights,), and write the values into the nodes.

        The width of a line is its number's size, the colour and the dashes are its sign.
        values: rows of numbers for the inputs, the hidden nodes and the outputs, or fewer of them.
        chosen: the weight whose line is highlighted. largest: the size of the widest line.
        """
        numbers = np.asarray(numbers)
        sizes = np.abs(numbers) / (largest or np.abs(numbers).max() or 1)
        widths = POINTS * np.clip(WIDEST * sizes, THINNEST, WIDEST)
        if chosen is not None:
            look = {"color": HIGHLIGHT, "lw": widths[chosen] + 6, "solid_capstyle": "butt"}
            axes.plot(*self.ends[chosen].T, zorder=1.5, **look)
        signs = zip(numbers < 0, widths, strict=True)
        look = {"linewidths": widths, "linestyles": [_dashes(*sign) for sign in signs]}
        look |= {"colors": np.where(numbers < 0, MINUS, PLUS), "capstyle": "butt"}
        axes.add_collection(LineCollection(self.ends, zorder=2, **look), autolim=False)
        for column, row in zip(self.columns, values, strict=False):
            for (x, y), value in zip(column, row, strict=True):
                axes.text(x, y, in_node(value), **_IN_NODE)

    @cached_property
    def _places(self):
        """The middles of the nodes of each column, with the bias node of the next one last."""
        counts = self.network.n_inputs + 1, self.network.n_hidden + 1, self.network.n_outputs
        gap = (self.height - 2 * MARGIN) / (max(counts) - 1)
        rows = [self.height / 2 + gap * ((count - 1) / 2 - np.arange(count)) for count in counts]
        xs = [np.full(count, at * self.width) for count, at in zip(counts, COLUMNS, strict=True)]
        return [np.transpose(column) for column in zip(xs, rows, strict=True)]

    @property
    def _biases(self):
        return np.array([self._places[0][-1], self._places[1][-1]])


_IN_NODE = {"ha": "center", "va": "center", "size": 9, "zorder": 4}


def _lines(starts, ends):
    """Lines from the right ends of nodes, of which the last is a bias, to the left ends of others.

    All of the first node come first, as in the rows of a matrix with its biases below.
    """
    rights = np.full(len(starts), NODE[0] / 2)
    rights[-1] = BIAS[0] / 2
    starts, ends = starts + np.outer(rights, [1, 0]), ends - (NODE[0] / 2, 0)
    grid = np.broadcast_arrays(starts[:, None], ends[None])
    return np.stack(grid, axis=2).reshape(-1, 2, 2)


def _names(kind, count, to, to_count):
    starts = [*(f"{kind} {i + 1}" for i in range(count)), "bias"]
    return tuple(f"{start} → {to} {j + 1}" for start in starts for j in range(to_count))


def _dashes(is_minus, width):
    """Dashes, counted in line widths as matplotlib does, that are seen in a thin line, too."""
    return (0, (1.6 + 2.6 / width, 0.9 + 2.0 / width)) if is_minus else "-"


def in_node(value):
    """Return a number as text that fits into a node: about two digits, three decimals at most."""
    size = abs(value)
    decimals = 3 if size < 0.1 else 2 if size < 10 else 1 if size < 100 else 0
    return f"{round(float(value), decimals) + 0.0:g}".replace("-", "−")


def _rounded(width, height):
    """The outline of a box around (0, 0) with round ends."""
    turn = np.linspace(-np.pi / 2, np.pi / 2, 12)
    right = np.transpose([np.cos(turn), np.sin(turn)]) * height / 2 + ((width - height) / 2, 0)
    return np.concatenate([right, -right])
