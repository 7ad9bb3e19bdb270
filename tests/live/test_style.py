"""The pictures belong to the course: a style of the reader's own changes none, and stays."""

import matplotlib
import matplotlib.style
import pytest
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from reader import FACTORIES, entries, new_picture

from momentum_lab.live.style import FONT, power_of_ten

# What matplotlib looks up while it draws, so that an artist cannot be told: how letters are fitted
# to pixels, whether dashes grow with a line's width, which ticks are round, how "classic" draws.
WHILE_DRAWING = (
    "text.hinting",
    "lines.scale_dashes",
    "axes.autolimit_mode",
    "_internal.classic_mode",
)

HAND_DRAWN = {
    "path.sketch": (3, 50, 2),
    "path.effects": [withStroke(linewidth=4, foreground="w")],
}
COLORS = dict.fromkeys(
    (
        "axes.edgecolor", "axes.labelcolor", "figure.edgecolor", "grid.color", "hatch.color",
        "lines.color", "patch.edgecolor", "patch.facecolor", "text.color", "xtick.color",
        "xtick.labelcolor", "ytick.color", "ytick.labelcolor",
    ),
    "red",
) | {
    "figure.facecolor": "black", "axes.facecolor": "black", "image.cmap": "gray",
    "axes.prop_cycle": cycler(color=["red"]), "savefig.edgecolor": "red",
    "savefig.facecolor": "black",
}  # fmt: skip
LETTERS = {
    "font.size": 20, "font.family": "serif", "font.weight": "bold", "font.style": "italic",
    "font.stretch": "condensed", "font.variant": "small-caps", "axes.labelsize": 20,
    "axes.labelweight": "bold", "xtick.labelsize": 20, "ytick.labelsize": 20,
    "text.usetex": True, "text.parse_math": False, "text.antialiased": False,
    "mathtext.fontset": "cm", "legend.fontsize": 20, "axes.titlesize": 30,
    "font.sans-serif": ["DejaVu Serif"],
}  # fmt: skip
LINES = {
    "lines.linewidth": 5, "lines.linestyle": ":", "lines.marker": "s", "lines.markersize": 20,
    "lines.markeredgewidth": 4, "lines.antialiased": False, "lines.dash_capstyle": "round",
    "lines.dash_joinstyle": "bevel", "lines.solid_capstyle": "butt",
    "lines.solid_joinstyle": "bevel", "markers.fillstyle": "none", "patch.linewidth": 4,
    "patch.force_edgecolor": True, "patch.antialiased": False, "hatch.linewidth": 4,
    "path.simplify": False, "path.simplify_threshold": 1.0, "image.interpolation": "bilinear",
    "image.resample": False, "image.origin": "lower", "image.aspect": "equal",
    "legend.frameon": False, "agg.path.chunksize": 500,
}  # fmt: skip
AXES = {
    "axes.grid": False, "axes.grid.axis": "x", "axes.grid.which": "both", "axes.axisbelow": False,
    "axes.linewidth": 5, "axes.spines.left": False, "axes.spines.top": True, "axes.xmargin": 0.3,
    "axes.labelpad": 20, "axes.titlepad": 30,
    "xaxis.labellocation": "right", "yaxis.labellocation": "top", "grid.alpha": 0.3,
    "grid.linestyle": ":", "grid.linewidth": 5, "figure.dpi": 40, "figure.frameon": False,
    "figure.autolayout": True, "figure.subplot.left": 0.4,
    "figure.subplot.right": 0.6, "figure.subplot.bottom": 0.4, "figure.figsize": (3, 2),
}  # fmt: skip
TICKS = {
    "axes.unicode_minus": False, "axes.formatter.use_mathtext": True,
    "axes.formatter.use_locale": True, "axes.formatter.limits": (0, 1),
    "axes.formatter.useoffset": False, "axes.formatter.offset_threshold": 1,
    "axes.formatter.min_exponent": 3, "xtick.top": True, "xtick.bottom": False,
    "xtick.labelbottom": False, "xtick.labeltop": True, "xtick.alignment": "left",
    "xtick.direction": "in", "xtick.minor.visible": True, "xtick.major.size": 9,
    "ytick.left": False, "ytick.right": True, "ytick.labelleft": False, "ytick.alignment": "top",
    "ytick.minor.visible": True, "ytick.major.width": 4, "ytick.major.pad": 10,
    "xtick.major.width": 4, "xtick.major.pad": 10, "xtick.minor.size": 9, "xtick.minor.width": 4,
    "ytick.major.size": 9, "ytick.minor.size": 9, "ytick.minor.width": 4, "ytick.direction": "in",
}  # fmt: skip
STYLES = {name: [name] for name in matplotlib.style.available}
AVAILABLE = list(STYLES)
STYLES["classic"] = ["classic", {key: matplotlib.rcParamsDefault[key] for key in WHILE_DRAWING}]
STYLES |= {"hand drawn": [HAND_DRAWN], "colors": [COLORS], "letters": [LETTERS]}
STYLES |= {"lines": [LINES], "axes": [AXES], "ticks": [TICKS]}
NEVER_DRAWN = "boxplot."


@pytest.fixture(scope="module")
def shown_by_default():
    """What each lab shows, with one pin and a second event, and the picture of it."""
    shown = {}
    for factory in FACTORIES:
        lab = factory().set(rule="heavy_ball", momentum=0.7).pin()
        lab.set(learning_rate=0.9, momentum=0.5)
        shown[factory] = lab, lab.picture.png()
    return shown


def same(png, expected):
    """Whether the bytes are equal; pytest would look for minutes for where they differ."""
    return png == expected


@pytest.mark.parametrize("name", STYLES)
def test_a_style_of_the_readers_own_changes_no_picture_and_stays(name, shown_by_default):
    labs = list(shown_by_default.values())
    if name in AVAILABLE and name != "classic":  # one lab each, in turns; what follows: all
        labs = [labs[AVAILABLE.index(name) % len(labs)]]
    with matplotlib.style.context(STYLES[name]):
        students = matplotlib.rcParams.copy()
        assert students != matplotlib.rcParamsDefault
        for lab, expected in labs:
            picture = new_picture(lab.picture.view, *entries(lab))
            assert same(picture.png(), expected), lab.name
        assert matplotlib.rcParams.copy() == students


def test_whatever_an_available_style_changes_is_changed_at_every_lab():
    changed = set().union(HAND_DRAWN, COLORS, LETTERS, LINES, AXES, TICKS)
    for name in set(AVAILABLE) - {"classic"}:
        style = matplotlib.style.library[name]
        others = {key for key in style if style[key] != matplotlib.rcParamsDefault[key]} - changed
        assert [key for key in others if not key.startswith(NEVER_DRAWN)] == [], name


def test_a_lab_that_is_made_and_dragged_in_another_style_is_the_same(shown_by_default):
    with matplotlib.style.context(["dark_background", LETTERS, LINES, TICKS]):
        for factory in FACTORIES[:3]:
            lab = factory(rule="heavy_ball", momentum=0.3)
            lab.screen.shown_at = [450, 1, 1]
            lab.momentum.value = 0.7
            lab.pin().set(learning_rate=0.9, momentum=0.5)
            assert same(lab.picture.png(), shown_by_default[factory][1])
            live = shown_by_default[factory][0].picture.live_png(450)
            assert same(lab.screen.frame["png"], live)


def test_what_was_drawn_before_in_the_same_thread_changes_no_picture(shown_by_default):
    for turn in (90, 37, 0):
        figure = Figure((3, 2), dpi=80)
        for size in (9, 9.5, 12.5):
            figure.text(0.313, 0.417, "turned", size=size, rotation=turn, family=FONT)
        FigureCanvasAgg(figure).draw()
        for lab, expected in shown_by_default.values():
            assert new_picture(lab.picture.view, *entries(lab)).png() == expected, lab.name


def test_powers_of_ten_are_written_as_such():
    powers = [power_of_ten(10.0**exponent) for exponent in (-12, -1, 0, 2, 10)]
    assert powers == ["10⁻¹²", "10⁻¹", "10⁰", "10²", "10¹⁰"]


def test_all_words_are_in_the_font_of_the_course(shown_by_default):
    for lab, _png in shown_by_default.values():
        for text in lab.picture.sheet().figure.findobj(Text):
            if text.get_visible() and text.get_text():
                assert text.get_fontfamily() == [FONT], text.get_text()
