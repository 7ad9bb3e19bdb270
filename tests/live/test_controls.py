"""Grids of round numbers, and controls that keep what is typed, clamp with a note, or refuse."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reader import every_factory, slide

from momentum_lab.live.controls import Choice, Number, even_grid, log_grid, read_number


def momentum():
    return Number("momentum", even_grid(0, 0.99, 0.01), 0.5)


def learning_rate():
    return Number("learning_rate", log_grid(0.001, 10), 0.05)


def epochs():
    return Number("epochs", range(5, 201, 5), 50)


def batch_size():
    return Choice("batch_size", {"1 item": 1, "20 items": 20, "all items": "all"}, 1)


def heard(control, trait):
    """The values of a trait that an observer of the control is told from now on."""
    told = []
    control.observe(lambda change: told.append(change["new"]), trait)
    return told


# --- grids ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("low", "high"), [(0.001, 10), (0.001, 1), (0.01, 100)])
def test_log_grid_rises_through_round_numbers_and_has_one_three_ten(low, high):
    grid = log_grid(low, high)
    assert (grid[0], grid[-1]) == (low, high)
    assert all(a < b for a, b in zip(grid, grid[1:], strict=False))
    assert all(float(f"{number:.2g}") == number for number in grid)
    decades = range(round(math.log10(low)), round(math.log10(high)))
    assert {float(f"{m}e{e}") for e in decades for m in (1, 3, 10)} <= set(grid)


def test_log_grid_has_ten_steps_a_decade_of_nearly_equal_ratio():
    grid = np.array(log_grid(0.001, 10))
    assert len(grid) == 41
    assert (grid[1:] / grid[:-1]).max() < 1.34


@given(st.floats(1e-6, 1), st.floats(1, 1e6))
def test_log_grid_stays_between_its_ends(low, high):
    assert all(low <= number <= high for number in log_grid(low, high))
    assert 1.0 in log_grid(low, high)


@given(st.integers(-50, 50), st.integers(1, 200), st.sampled_from([0.002, 0.01, 0.1, 0.5, 1]))
def test_even_grid_has_no_rounding_dust(first, count, step):
    grid = even_grid(first * step, (first + count) * step, step)
    assert len(grid) == count + 1
    assert [float(f"{number:.6g}") for number in grid] == grid
    np.testing.assert_allclose(np.diff(grid), step, rtol=1e-9)


@pytest.mark.parametrize("step", [0.3, 0.4, 0.6, 0.7])
def test_even_grid_never_passes_its_end(step):
    grid = even_grid(0, 1, step)
    assert 1 - step < grid[-1] <= 1


@every_factory
def test_every_default_lies_on_its_grid(factory):
    numbers = [c for c in factory().controls.values() if isinstance(c, Number)]
    assert numbers
    for control in numbers:
        assert control.start in control.grid, control.name
        assert control.grid[control.slider.value] == control.start, control.name
        assert float(control.box.text) == control.start, control.name
        assert control.box.texts == [f"{number:.10g}" for number in control.grid], control.name
        assert (control.slider.min, control.slider.max) == (0, len(control.grid) - 1)


@every_factory
def test_every_number_box_has_a_label_and_every_grid_rises(factory):
    for control in factory().controls.values():
        is_number = isinstance(control, Number)
        assert (control.box.label if is_number else control.box.description) == control.label != ""
        if is_number:
            assert all(a < b for a, b in zip(control.grid, control.grid[1:], strict=False))


# --- slider and box -------------------------------------------------------------------------


def test_dragging_the_slider_sets_the_grids_numbers_and_the_box():
    control = learning_rate()
    told = heard(control, "value")
    for position, number in enumerate(control.grid):
        slide(control, position)
        assert (control.value, float(control.box.text)) == (number, number)
    assert told == control.grid


@pytest.mark.parametrize(("typed", "nearest"), [(0.123456, 0.12), (0.5049, 0.5), (0.9871, 0.99)])
def test_a_typed_number_off_the_grid_is_kept_and_the_slider_only_follows(typed, nearest):
    control = momentum()
    told = heard(control, "value")
    control.box.type(typed)
    assert (control.value, control.box.text, control.note) == (typed, str(typed), "")
    assert control.grid[control.slider.value] == nearest
    assert told == [typed]


@given(st.floats(0, 0.99))
def test_a_number_set_by_code_is_kept_to_the_last_bit(number):
    control = momentum()
    control.value = number
    assert (control.value, control.note) == (number, "")
    assert float(control.box.text) == pytest.approx(number, rel=1e-9)  # as much as a box can hold
    distances = [abs(on_grid - number) for on_grid in control.grid]
    assert distances[control.slider.value] == min(distances)


def test_one_change_is_told_once_whatever_way_it_came():
    control = momentum()
    told = heard(control, "value")
    slide(control, 90)
    control.box.type("0.123")
    control.value = 0.3
    control.value = 0.3
    assert told == [0.9, 0.123, 0.3]


def test_the_slider_takes_a_typed_number_back_to_the_grid_when_it_is_dragged():
    control = momentum()
    control.box.type("0.123456")
    slide(control, control.slider.value + 1)
    assert (control.value, control.box.text) == (0.13, "0.13")


# --- what people type -----------------------------------------------------------------------

READ = {
    "0.5": 0.5, "0,5": 0.5, ",5": 0.5, ".5": 0.5, "5.": 5, "5,": 5, "  0,5  ": 0.5, "+0,5": 0.5,
    "-0.5": -0.5, "−0,5": -0.5, "1e-3": 1e-3, "1,5E2": 150, "007": 7, "\t3\n": 3, "３": 3,
    "inf": math.inf, "-inf": -math.inf, "−Infinity": -math.inf, "1e400": math.inf, "1e-400": 0,
}  # fmt: skip
NO_NUMBERS = (
    "", " ", "much", "0,5,1", "1,000.5", "1.000,5", "1 000", "1_0", "0x10", "1e", "--1", "- 1",
    "½", "5 %", "1/2", "nan", "-nan", "NaN", "0..5", "True", "None", "1+1", "0.5 0.6", "\0",
)  # fmt: skip


@pytest.mark.parametrize(("typed", "number"), READ.items())
def test_a_number_is_read_as_people_write_it(typed, number):
    assert read_number(typed) == number


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_what_is_no_number_is_said_and_the_box_shows_the_number_before(typed):
    control = momentum()
    control.box.type("0,123")
    told, sent = heard(control, "value"), []
    control.box.send = sent.append
    for _ in range(2):  # also when it is typed again
        control.box.type(typed)
        assert (control.value, control.box.text, control.slider.value) == (0.123, "0.123", 12)
        allowed = "momentum is from 0 to 0.99"
        assert control.note == f"{allowed}: “{typed}” is no number, so it stays 0.123."
    assert told == [] and len(sent) == 2  # a message for each: the box shows its number again
    control.box.type("0,4")
    assert (control.value, control.box.text, control.note) == (0.4, "0.4", "")


@pytest.mark.parametrize(
    ("typed", "kept", "said"),
    [("1,2", 0.99, "1.2"), ("−3", 0, "-3"), ("inf", 0.99, "inf"), ("-1e400", 0, "-inf")],
)
def test_a_typed_number_that_is_out_of_range_is_clamped_and_told(typed, kept, said):
    control = momentum()
    control.box.type(typed)
    assert (control.value, control.box.text) == (kept, f"{kept:g}")
    assert control.note == f"momentum is from 0 to 0.99: {said} was set to {kept:g}."


@given(st.text())
def test_any_text_gives_a_number_in_the_range_or_a_note(text):
    control = epochs()
    control.box.type(text)
    assert 5 <= control.value <= 200
    assert control.box.text == str(control.value)
    assert control.grid[control.slider.value] == min(
        control.grid, key=lambda number: abs(number - control.value)
    )
    assert control.note or read_number(text) == control.value


@given(st.floats(-0.5, 1.5))
def test_a_comma_says_what_a_point_says(number):
    with_point, with_comma = momentum(), momentum()
    with_point.box.type(f"{number:.6f}")
    with_comma.box.type(f"{number:.6f}".replace(".", ","))
    assert with_point.value == with_comma.value
    assert with_point.note == with_comma.note


# --- clamping -------------------------------------------------------------------------------


def test_too_large_a_number_is_clamped_and_a_note_says_so():
    control = momentum()
    control.value = 1.2
    assert control.value == 0.99
    assert control.note == "momentum is from 0 to 0.99: 1.2 was set to 0.99."


@pytest.mark.parametrize("before", [0.5, 0.99])
def test_the_box_shows_the_clamped_number_again(before):
    control = momentum()
    control.value = before
    control.box.type("1.2")
    assert (control.value, control.box.text, control.slider.value) == (0.99, "0.99", 99)
    control.box.type("1.5")
    assert control.box.text == "0.99"
    assert "1.5 was set to 0.99" in control.note


@pytest.mark.parametrize("good", [0.99, 0.4])
def test_the_note_clears_with_the_next_good_value(good):
    control = momentum()
    notes = heard(control, "note")
    control.value = 1.2
    control.value = good
    assert control.note == ""
    assert [bool(note) for note in notes] == [True, False]


@given(st.floats(allow_nan=False) | st.integers())
def test_any_number_lands_in_the_range_with_a_note_exactly_when_it_was_outside(number):
    control = learning_rate()
    control.value = number
    assert 0.001 <= control.value <= 10
    assert (control.note == "") == (control.value == number)


def test_a_start_outside_the_range_is_clamped():
    control = Number("momentum", even_grid(0, 0.99, 0.01), 3)
    assert (control.value, control.start, control.box.text) == (0.99, 0.99, "0.99")
    assert "3 was set to 0.99" in control.note


# --- whole numbers --------------------------------------------------------------------------


def test_a_whole_number_control_keeps_whole_numbers_between_its_grid():
    control = epochs()
    control.box.type("7")
    assert (control.value, control.note, control.grid[control.slider.value]) == (7, "", 5)
    control.value = np.int64(12)
    assert (control.value, type(control.value), control.box.text) == (12, int, "12")


@pytest.mark.parametrize(
    ("given_number", "kept"), [(7.4, 7), (6.6, 7), (1000, 200), (-3, 5), (4.9, 5), (math.inf, 200)]
)
def test_a_whole_number_control_rounds_and_clamps_with_a_note(given_number, kept):
    control = epochs()
    control.value = given_number
    assert (control.value, type(control.value)) == (kept, int)
    assert control.note == (
        f"epochs is a whole number from 5 to 200: {given_number:g} was set to {kept}."
    )


# --- bad input ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (math.nan, ValueError, "learning rate must be finite, got nan"),
        ("fast", TypeError, "learning rate must be numbers, got 'fast'"),
        ("", TypeError, "learning rate must be numbers, got ''"),
        (None, (TypeError, ValueError), "learning rate must be"),
        ([0.1, 0.2], (TypeError, ValueError), "learning rate must be one number"),
        (object(), TypeError, "learning rate must be numbers"),
        (10**400, TypeError, "learning rate must be numbers"),
    ],
)
def test_what_is_no_number_is_refused_and_nothing_changes(bad, error, message):
    control = learning_rate()
    with pytest.raises(error, match=message):
        control.value = bad
    position = control.grid.index(0.05)
    assert (control.value, control.box.text, control.slider.value) == (0.05, "0.05", position)


def test_a_start_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="momentum must be finite, got nan"):
        Number("momentum", [0.0, 0.5], math.nan)


# --- choices --------------------------------------------------------------------------------


def test_a_choice_shows_words_and_holds_values():
    control = batch_size()
    assert control.box.options == (("1 item", 1), ("20 items", 20), ("all items", "all"))
    control.box.set_state({"index": 2})
    assert control.value == "all"
    control.value = 20
    assert control.box.value == 20


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("heavy ball", "heavy_ball"), ("Plain", "plain"), ("nesterow", "nesterov")],
)
def test_an_unknown_option_suggests_the_nearest(typed, nearest):
    control = Choice("rule", ["plain", "heavy_ball", "nesterov"], "plain")
    with pytest.raises(ValueError, match=f"unknown rule '{typed}': did you mean '{nearest}'"):
        control.value = typed
    assert (control.value, control.box.value) == ("plain", "plain")


@pytest.mark.parametrize("unknown", [7, None, "twenty", [1, 20], np.array([1, 20])])
def test_an_unknown_option_lists_the_known_ones(unknown):
    control = batch_size()
    with pytest.raises(ValueError, match="Known: 1, 20, all"):
        control.value = unknown
    assert control.value == 1


def test_an_equal_value_of_another_type_becomes_the_options_own():
    control = batch_size()
    control.value = 20.0
    assert (control.value, type(control.value)) == (20, int)


def test_a_choice_must_start_with_one_of_its_options():
    with pytest.raises(ValueError, match="unknown rule 'speedy'"):
        Choice("rule", ["plain", "heavy_ball"], "speedy")
