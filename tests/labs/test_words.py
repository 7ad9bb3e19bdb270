"""How names and numbers are written."""

import pytest

from momentum_lab.labs.words import as_written, in_words


def test_rules_are_spoken_as_the_lessons_write_them():
    assert in_words("previous_delta") == "previous-delta"
    assert in_words("heavy_ball") == "heavy ball"
    assert in_words("my_own_rule") == "my own rule"


@pytest.mark.parametrize(
    ("value", "words"),
    [(7554.3, "7550"), (1e4, "10000"), (0.1234, "0.123"), (0, "0"), (-4.111e-5, "−4.11·10⁻⁵")]
    + [(99.96, "100"), (1.6e7, "1.6·10⁷"), (-0.5, "−0.5"), (1e-4, "0.0001")],
)
def test_a_number_is_written_without_an_e(value, words):
    assert as_written(value) == words
