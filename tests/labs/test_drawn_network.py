"""The drawn network: every line is the weight that its name says, and shows its size and sign."""

import numpy as np
import pytest
from colours import contrast_on_white
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from momentum_lab.labs.drawn_network import (
    BIAS,
    HIGHLIGHT,
    MINUS,
    NODE,
    PLUS,
    POINTS,
    WIDEST,
    Drawing,
    in_node,
)
from momentum_lab.live.labels import Labels
from momentum_lab.live.style import DPI, panel
from momentum_lab.network import Network

SIZES = (4, 5, 3), (4, 7, 3), (1, 1, 2), (2, 9, 2)
every_size = pytest.mark.parametrize("sizes", SIZES, ids=str)
SMALL = Drawing(Network(4, 5, 3), 560, 300)
SMALL_VALUES = [1, 2, 3, 4], [0, 0, 0, 0, 0.5], [0, 0.25, 0.75]


def drawing_of(sizes):
    return Drawing(Network(*sizes), 560, 300)


def drawn(drawing, *numbers, **more):
    """The axes with a network on them, and the artists that `draw` added."""
    figure = Figure(figsize=(drawing.width / DPI, drawing.height / DPI), dpi=DPI)
    axes = panel(figure, (0, 0, 1, 1))
    drawing.frame(axes)
    before = set(axes.get_children())
    drawing.draw(axes, *numbers, **more)
    return axes, [artist for artist in axes.get_children() if artist not in before]


def labels_in(artists):
    return [artist for artist in artists if isinstance(artist, Labels)]


def lines_in(artists):
    (lines,) = [artist for artist in artists if isinstance(artist, LineCollection)]
    return lines


@every_size
def test_the_name_in_code_is_the_place_in_the_flat_vector(sizes):
    drawing = drawing_of(sizes)
    parts = drawing.network.unpack(np.arange(drawing.network.n_weights))._asdict()
    found = [eval(name, {}, parts) for name in drawing.code_names]
    assert found == list(range(drawing.network.n_weights))


@every_size
def test_the_name_counts_from_one_where_the_code_counts_from_zero(sizes):
    drawing = drawing_of(sizes)
    for name, code in zip(drawing.names, drawing.code_names, strict=True):
        part, _, place = code[:-1].partition("[")
        *start, end = (int(number) + 1 for number in place.split(", "))
        source = {"ih_weights": "input", "ho_weights": "hidden"}.get(part)
        target = "hidden" if part in ("ih_weights", "h_biases") else "output"
        assert name == f"{f'{source} {start[0]}' if source else 'bias'} → {target} {end}"


@every_size
def test_a_line_leads_from_the_node_of_its_name_to_the_other(sizes):
    drawing = drawing_of(sizes)
    columns = dict(zip(("input", "hidden", "output"), drawing.columns, strict=True))
    for name, (start, end) in zip(drawing.names, drawing.ends, strict=True):
        source, target = name.split(" → ")
        kind, number = target.split()
        np.testing.assert_allclose(end, columns[kind][int(number) - 1] - (NODE[0] / 2, 0))
        if source == "bias":
            column = columns["input" if kind == "hidden" else "hidden"]
            assert start[0] == pytest.approx(column[0, 0] + BIAS[0] / 2)
            assert start[1] < column[:, 1].min() - 10
        else:
            kind, number = source.split()
            np.testing.assert_allclose(start, columns[kind][int(number) - 1] + (NODE[0] / 2, 0))


@every_size
def test_nodes_lie_inside_and_apart(sizes):
    drawing = drawing_of(sizes)
    axes, _ = drawn(drawing, np.zeros(drawing.network.n_weights))
    assert axes.get_xlim() == (0, 560) and axes.get_ylim() == (0, 300)
    places = np.concatenate([*drawing.columns, drawing._biases])
    assert (places >= np.array(NODE) / 2).all()
    assert (places <= np.array([560, 300]) - np.array(NODE) / 2).all()
    for column in drawing.columns:
        assert (np.diff(column[:, 1]) < -NODE[1]).all()


@every_size
def test_every_line_has_a_place_where_a_click_two_pixels_beside_finds_it(sizes):
    drawing = drawing_of(sizes)
    for index, (start, end) in enumerate(drawing.ends):
        places = [start + share * (end - start) for share in np.linspace(0.1, 0.9, 33)]
        found = [[drawing.nearest(x, y + off) for off in (-2, 0, 2)] for x, y in places]
        assert [index] * 3 in found


def test_a_click_is_measured_from_the_line_and_not_from_what_lies_behind_its_ends():
    assert SMALL.nearest(*(SMALL.columns[0][0] + (-40, 20))) in range(5)  # left of input 1
    assert SMALL.nearest(*SMALL.columns[2][2]) in {*range(27, 43, 3), 42}  # on output 3
    assert {type(SMALL.nearest(0, 0)), type(SMALL.nearest(1e6, -1e6))} == {int}


def test_size_is_width_and_sign_is_colour_and_dash():
    numbers = np.linspace(-2, 1, 43)
    lines = lines_in(drawn(SMALL, numbers)[1])
    np.testing.assert_array_equal(lines.get_segments(), SMALL.ends)
    widths = np.array(lines.get_linewidths())
    large = np.abs(numbers) > 0.2
    expected = POINTS * WIDEST * np.abs(numbers[large]) / 2
    np.testing.assert_allclose(widths[large], expected)
    assert widths.min() > 0
    is_minus = np.array([dashes[1] is not None for dashes in lines.get_linestyles()])
    np.testing.assert_array_equal(is_minus, numbers < 0)
    colors = np.where(numbers[:, None] < 0, to_rgb(MINUS), to_rgb(PLUS))
    np.testing.assert_allclose(lines.get_colors()[:, :3], colors)


def test_the_widest_line_can_be_that_of_another_picture():
    numbers = np.full(43, 0.5)
    assert lines_in(drawn(SMALL, numbers)[1]).get_linewidths()[0] == pytest.approx(POINTS * WIDEST)
    half = lines_in(drawn(SMALL, numbers, largest=1.0)[1]).get_linewidths()[0]
    assert half == pytest.approx(POINTS * WIDEST / 2)


def test_a_network_of_zeros_is_drawn():
    widths = lines_in(drawn(SMALL, np.zeros(43))[1]).get_linewidths()
    assert len(set(widths)) == 1 and widths[0] > 0


@pytest.mark.parametrize("chosen", [0, 20, 42])
def test_the_chosen_line_is_highlighted_below_itself(chosen):
    axes, artists = drawn(SMALL, np.ones(43), chosen=chosen)
    (line,) = axes.get_lines()
    assert line in artists and line.get_color() == HIGHLIGHT
    np.testing.assert_array_equal(line.get_xydata(), SMALL.ends[chosen])
    lines = lines_in(artists)
    assert line.get_zorder() < lines.get_zorder()
    assert line.get_linewidth() > lines.get_linewidths()[chosen]


def test_values_stand_in_their_nodes_and_fit():
    values = [-0.123, 4.25, 0, 3731], [-0.0044, 1, -1, 0.5, -12.34], [0.333, 0.25, 1e-9]
    axes, artists = drawn(SMALL, np.ones(43), values)
    (labels,) = labels_in(artists)
    assert labels.texts == [
        *("−0.12", "4.25", "0", "3731"),
        *("−0.004", "1", "−1", "0.5", "−12.3"),
        *("0.33", "0.25", "0"),
    ]
    boxes = labels.boxes(FigureCanvasAgg(axes.figure).get_renderer())
    for (left, bottom, right, top), place in zip(boxes, np.concatenate(SMALL.columns), strict=True):
        assert (left + right) / 2 == pytest.approx(place[0], abs=0.5)
        assert (bottom + top) / 2 == pytest.approx(place[1], abs=0.5)
        assert right - left < NODE[0] and top - bottom < NODE[1]


def test_fewer_rows_leave_the_later_nodes_empty():
    _, artists = drawn(SMALL, np.ones(43), [[1, 2, 3, 4]])
    (labels,) = labels_in(artists)
    assert labels.texts == ["1", "2", "3", "4"]


def test_lines_values_and_highlight_are_one_artist_each():
    assert len(drawn(SMALL, np.ones(43), SMALL_VALUES, chosen=3)[1]) == 3


@pytest.mark.parametrize(("value", "text"), [(-0.00004, "0"), (0.099, "0.099"), (99.96, "100")])
def test_a_number_in_a_node_has_no_minus_zero(value, text):
    assert in_node(value) == text


def test_both_signs_stand_out_from_white():
    assert min(contrast_on_white(PLUS), contrast_on_white(MINUS)) >= 4.5
