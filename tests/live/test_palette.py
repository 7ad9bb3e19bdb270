"""Looks that can be told apart, and how limits and bars are drawn."""

import itertools

import numpy as np
import pytest
from colours import contrast_on_white, linear_light
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from momentum_lab.live.style import (
    INK,
    OWN_RULE_LOOK,
    PIN_LOOKS,
    RULE_LOOKS,
    SOFT_INK,
    bars,
    decades,
    rule_look,
)
from momentum_lab.rules import RULES

LOOKS = RULE_LOOKS | {"own rule": OWN_RULE_LOOK}


# Colours in linear light as they reach an eye without red, green or blue cones:
# Machado, Oliveira & Fernandes 2009, full severity.
EYES = {
    "all cones": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


# To OKLab (Ottosson 2020), in which equal distances look equally different; black to white is 1.
CONES = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]


OKLAB = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]


def seen(color, eye):
    light = np.clip(np.array(EYES[eye]) @ linear_light(color), 0, 1)
    return np.array(OKLAB) @ np.cbrt(np.array(CONES) @ light)


def test_the_measures_of_colour_know_black_and_white():
    assert contrast_on_white("black") == pytest.approx(21)
    assert contrast_on_white("white") == pytest.approx(1)
    for eye in EYES:
        distance = np.linalg.norm(seen("black", eye) - seen("white", eye))
        assert distance == pytest.approx(1, abs=0.01)
    assert np.linalg.norm(seen("#ff0000", "no red") - seen("#6b5f00", "no red")) < 0.1


def test_every_rule_has_a_look():
    assert list(RULE_LOOKS) == list(RULES)
    assert rule_look("heavy_ball") is RULE_LOOKS["heavy_ball"]
    assert rule_look("my_rule") is OWN_RULE_LOOK


@pytest.mark.parametrize("eye", EYES)
def test_the_colours_of_two_rules_can_be_told_apart(eye):
    least = 0.1 if eye == "all cones" else 0.06
    for (name, look), (other, other_look) in itertools.combinations(LOOKS.items(), 2):
        distance = np.linalg.norm(seen(look.color, eye) - seen(other_look.color, eye))
        assert distance > least, f"{name} and {other}: {distance:.3f}"


def test_lines_stand_out_from_white():
    for look in (*LOOKS.values(), *PIN_LOOKS):
        assert contrast_on_white(look.color) >= 3, look


def test_pins_differ_from_each_other_and_from_all_rules_by_their_dashes():
    dashes = [str(look.dash) for look in PIN_LOOKS]
    assert len(set(dashes)) == len(dashes) == 4
    assert not set(dashes) & {str(look.dash) for look in LOOKS.values()}
    assert [look.letter for look in PIN_LOOKS] == list("ABCD")
    assert not any(look.letter for look in LOOKS.values())


def test_text_colours_have_a_contrast_of_four_and_a_half():
    for color in (INK, SOFT_INK):
        assert contrast_on_white(color) >= 4.5, color
    for look in PIN_LOOKS:  # their letters are texts
        assert contrast_on_white(look.color) >= 4.5, look


@given(st.lists(st.floats(-1, 1e12) | st.sampled_from([np.nan, np.inf, 0.0]), max_size=6))
def test_decades_hold_all_positive_values_and_never_shrink(values):
    low, high = decades(values, 0.01, 10.0)
    assert low <= 0.01 and high >= 10
    assert all(low <= v <= high for v in values if np.isfinite(v) and v > 1e-300)
    for limit in (low, high):
        assert np.log10(limit) == pytest.approx(round(np.log10(limit)), abs=1e-9)


def test_bars_are_one_artist_a_shade():
    axes = Figure().add_subplot()
    before = len(axes.get_children())
    bars(axes, np.arange(5), np.zeros(5), np.ones(5), "red", np.arange(5) < 2)
    assert len(axes.get_children()) == before + 2
    bars(axes, np.arange(5), np.zeros(5), np.ones(5), "red", np.arange(5) < 5)
    assert len(axes.get_children()) == before + 3
