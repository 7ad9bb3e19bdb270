"""Labels: the same words at the same places as matplotlib's own Text, in one artist."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from momentum_lab.live.labels import SIZE, Labels
from momentum_lab.live.style import INK, panel

SIDES = [(ha, va) for ha in ("left", "center", "right") for va in ("bottom", "center", "top")]
PLACES = np.array([[20, 30], [100, 80], [150, 20]])
TEXTS = ["−0.5", "input 2", "1"]


def empty_axes():
    figure = Figure((2, 1), dpi=100)
    axes = panel(figure, (0, 0, 1, 1))
    axes.set(xlim=(0, 200), ylim=(0, 100))
    axes.set_axis_off()
    return axes


def pixels(axes):
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def inked(pixels):
    """The first and last row and column that are not white."""
    rows, columns = np.nonzero((pixels < 220).any(axis=2))
    return np.array([rows.min(), rows.max(), columns.min(), columns.max()])


@pytest.mark.parametrize(("ha", "va"), SIDES)
@pytest.mark.parametrize("index", range(3))
def test_words_stand_where_a_text_would_stand_to_two_pixels(ha, va, index):
    ours, theirs = empty_axes(), empty_axes()
    ours.add_artist(Labels(PLACES[index : index + 1], TEXTS[index : index + 1], ha=ha, va=va))
    theirs.text(*PLACES[index], TEXTS[index], ha=ha, va=va, size=SIZE)
    assert np.abs(inked(pixels(ours)) - inked(pixels(theirs))).max() <= 2


def test_all_words_are_written_each_in_its_color():
    axes = empty_axes()
    axes.add_artist(Labels(PLACES, TEXTS, ["#aa0000", "#00aa00", "#0000aa"]))
    picture = pixels(axes)
    for color, (x, y) in zip(("#aa0000", "#00aa00", "#0000aa"), PLACES, strict=True):
        around = picture[95 - y : 105 - y, x - 12 : x + 12]
        assert (np.abs(around - 255 * np.array(to_rgb(color))).sum(axis=2) < 60).any()


def test_one_color_is_that_of_all_and_ink_unless_told():
    assert Labels(PLACES, TEXTS).colors == [INK] * 3
    assert Labels(PLACES, TEXTS, "#123456").colors == ["#123456"] * 3


def test_boxes_hold_the_words():
    axes = empty_axes()
    labels = axes.add_artist(Labels(PLACES[:1], TEXTS[:1], ha="left", va="bottom"))
    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    ((left, bottom, right, top),) = labels.boxes(renderer)
    first_row, last_row, first, last = inked(pixels(axes))
    assert left - 1 <= first <= last <= right + 1
    assert bottom - 1 <= 99 - last_row <= 99 - first_row <= top + 1


def test_a_place_too_many_is_an_error():
    axes = empty_axes()
    labels = axes.add_artist(Labels(PLACES, TEXTS[:2]))
    with pytest.raises(ValueError, match="zip"):
        labels.boxes(FigureCanvasAgg(axes.figure).get_renderer())
