"""One palette, one line style a rule, and the axes that all pictures are made of.

Every artist is told how it looks. Nothing here reads or changes matplotlib's rcParams: they belong
to the reader's own plots, and two threads cannot change them at once.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import normalize_kwargs
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator, ScalarFormatter

INK, SOFT_INK, LINE, GRID = "#1f2430", "#5c6370", "#c4c9d1", "#eceef2"
GRADIENT_COLOR = "#7d848f"  # what the gradient alone does is what the rule plain does

FONT = "DejaVu Sans"
UPRIGHT = dict.fromkeys(("fontweight", "fontstyle", "fontvariant", "fontstretch"), "normal")
TEXT = {"color": INK, "fontfamily": FONT, "fontsize": 9.5} | UPRIGHT
LABEL = TEXT | {"color": SOFT_INK}
TICKS = {"color": LINE, "labelcolor": SOFT_INK, "labelsize": 9, "labelfontfamily": FONT}
TICKS |= {"direction": "out", "length": 3.5, "width": 0.8, "pad": 3.5}
TICKS |= {"grid_color": GRID, "grid_linewidth": 0.8, "grid_linestyle": "-", "grid_alpha": 1.0}
CURVE = {"color": INK, "markersize": 6, "markeredgewidth": 1.0, "linewidth": 1.5}
CURVE |= {"dash_capstyle": "round", "solid_capstyle": "round", "marker": "None"}
CURVE |= {"linestyle": "-", "fillstyle": "full"}
CURVE |= {"dash_joinstyle": "round", "solid_joinstyle": "round"}
LABEL_PAD = 4.0  # points between ticks and the label of an axis
SIMPLIFY = 1 / 9  # of a pixel: how far a line may be from its points, which draws it faster


class Panel(Axes):
    """Axes that look like the course, whatever style the reader's own plots have."""

    def __init__(self, figure, *where, **more):
        super().__init__(figure, *where, facecolor="white", **more)
        self.set_axisbelow(True)
        self.grid(True, which="major")
        for side, spine in self.spines.items():
            spine.set(visible=side in ("left", "bottom"), color=LINE, linewidth=0.8)
        for axis in (self.xaxis, self.yaxis):
            axis.set_tick_params(which="major", **TICKS)
            axis.label.set(**LABEL)
            axis.labelpad = LABEL_PAD
            axis.offsetText.set(**LABEL)
            _number_evenly(axis)
        self.tick_params(top=False, right=False, bottom=True, left=True)
        self.tick_params(labeltop=False, labelright=False, labelbottom=True, labelleft=True)
        self.tick_params(which="minor", length=0)

    def set_xscale(self, scale, **more):
        """Set how x is scaled; powers of ten are written as such."""
        super().set_xscale(scale, **more)
        _number_powers(self.xaxis)

    def set_yscale(self, scale, **more):
        """Set how y is scaled; powers of ten are written as such."""
        super().set_yscale(scale, **more)
        _number_powers(self.yaxis)

    def set_xlabel(self, words, **look):
        """Write what x is, below the middle."""
        return super().set_xlabel(words, **({"loc": "center"} | look))

    def set_ylabel(self, words, **look):
        """Write what y is, beside the middle."""
        return super().set_ylabel(words, **({"loc": "center"} | look))

    def axhline(self, y, **look):
        """Draw a line across the whole plot."""
        return super().axhline(y, **(CURVE | normalize_kwargs(look, Line2D)))

    def axvline(self, x, **look):
        """Draw a line up the whole plot."""
        return super().axvline(x, **(CURVE | normalize_kwargs(look, Line2D)))

    def draw(self, renderer):
        """Draw all; ticks that were made just now look like the course, too."""
        for axis, aligned in (
            (self.xaxis, {"ha": "center"}),
            (self.yaxis, {"va": "center_baseline"}),
        ):
            for tick in axis.get_major_ticks():
                if not hasattr(tick, "is_plain"):
                    tick.label1.set(**aligned, **UPRIGHT)
                    tick.gridline.set(marker="None", solid_capstyle="projecting")
                    make_all_plain(tick)
                    tick.is_plain = True
        super().draw(renderer)

    def text(self, x, y, words, **look):
        """Write `words`, in the course's font."""
        return super().text(x, y, words, **(TEXT | normalize_kwargs(look, Text)))

    def annotate(self, words, *where, **look):
        """Write `words` at a place that belongs to another one, in the course's font."""
        return super().annotate(words, *where, **(TEXT | normalize_kwargs(look, Text)))

    def plot(self, *data, **look):
        """Draw y, or y over x, as a line, or with the marker that a text such as "o" names.

        Half the time of matplotlib's own, which also keeps limits that a picture sets itself.
        """
        look = CURVE | normalize_kwargs(look, Line2D)
        if isinstance(data[-1], str):
            *data, look["marker"] = data
            look["linestyle"] = "None"
        *x, y = (np.atleast_1d(numbers) for numbers in data)
        line = Line2D(*(x or [np.arange(len(y))]), y, **look)
        self.add_artist(line)
        return [line]


class _Numbers(ScalarFormatter):
    """Numbers along an axis, as matplotlib writes them where no style says otherwise."""

    def __init__(self):
        super().__init__(useOffset=True, useMathText=False, useLocale=False)
        self.set_powerlimits((-5, 6))
        self._usetex, self._offset_threshold = False, 4

    @staticmethod
    def fix_minus(text):
        return text.replace("-", "−")


def _number_evenly(axis):
    axis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(_Numbers())
    axis.set_minor_locator(NullLocator())


def _number_powers(axis):
    if axis.get_scale() == "log":
        axis.set_major_formatter(FuncFormatter(lambda number, _place: power_of_ten(number)))
        axis.set_minor_locator(NullLocator())  # never seen, and slow to place


def power_of_ten(number):
    """Return 0.01 as 10⁻²: such letters need no typesetting, which takes long and has styles."""
    exponent = f"{np.log10(number):.0f}"
    return "10" + exponent.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def make_plain(artist):
    """Take away what an artist has from the reader's own style unasked.

    A style's effects are a list, ours a tuple. To ask first is quicker than to set.
    """
    if artist.get_sketch_params() is not None:
        artist.set_sketch_params(None)
    if artist.get_path_effects() and not isinstance(artist.get_path_effects(), tuple):
        artist.set_path_effects(())
    if isinstance(artist, Line2D):
        path = artist.get_path()
        path.simplify_threshold, path.should_simplify = SIMPLIFY, len(path.vertices) >= 128
    elif isinstance(artist, Text):
        if artist.get_usetex() or artist.get_parse_math():
            artist.set_usetex(False)
            artist.set_parse_math(False)
        for patch in (artist.get_bbox_patch(), getattr(artist, "arrow_patch", None)):
            if patch:
                make_plain(patch)
    if hasattr(artist, "get_antialiased") and not np.all(artist.get_antialiased()):
        artist.set_antialiased(True)


def make_all_plain(artist):
    """Do so for an artist and all its parts."""
    for part in artist.findobj():
        make_plain(part)


DPI = 100  # of a picture as it was designed


def pixel(axes):
    """Return how many pixels one pixel of the design is, in the figure that these axes are in."""
    return axes.figure.dpi / DPI


def panel(figure, where):
    """Add the plot whose left, bottom, width and height are these shares of the figure."""
    return figure.add_axes(where, axes_class=Panel)


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


def bars(axes, middles, starts, ends, color, done, hatch=None):
    """Draw one bar for each update, pale where it is not done yet.

    All of a shade are one path: matplotlib hatches each path anew, which takes 0.3 ms.
    """
    left, right = middles - 0.13, middles + 0.13
    corners = [(left, starts), (left, ends), (right, ends), (right, starts)]
    corners = np.array(corners).transpose(2, 0, 1)
    for which, opacity in ((done, 1.0), (~done, 0.35)):
        if which.any():
            path = Path.make_compound_path(*map(Path, corners[which]))
            look = {"facecolor": to_rgba(color, opacity), "edgecolor": "white", "linewidth": 0}
            patch = PathPatch(path, hatch=hatch, **look)
            patch._hatch_linewidth = 1.0  # its setter came with matplotlib 3.10
            getattr(patch, "set_hatchcolor", lambda _: None)("edge")  # this one with 3.11
            axes.add_artist(patch)
