"""The bowl: four fates of a learning rate that agree with theory."""

import pytest
from drawing import LINEAR, bowl_result

from momentum_lab import theory
from momentum_lab.labs import bowl
from momentum_lab.labs.bowl.lab import BOWL_PRESETS
from momentum_lab.labs.words import regime_in_words


@pytest.mark.parametrize(
    ("learning_rate", "finding"),
    [
        (0.1, "Slow but sure: each update keeps 90 % of the distance"),
        (0.6, "Quick and sure: each update keeps 40 % of the distance"),
        (1, "Just right: one update lands at the minimum"),
        (1.002, "Just right: one update lands almost at the minimum"),
        (1.8, "Zig-zag: each update crosses the minimum and keeps 80 % of the distance"),
        (2, "Neutral edge: each update jumps just as far to the other side, for ever"),
        (2.1, "Diverging: each update makes the distance 1.1 times as long"),
        (2.001, "Diverging: each update makes the distance 1.001 times as long"),
    ],
)
def test_plain_has_four_fates_and_an_edge(learning_rate, finding):
    for curvature in (1, 0.5, 4):  # only the product counts
        settings = {"learning_rate": learning_rate / curvature, "curvature": curvature}
        assert bowl_result(settings).finding == finding


def test_presets_of_the_bowl_show_what_their_names_say():
    lab, found = bowl(), {}
    for name in BOWL_PRESETS:
        found[name] = lab.reset().preset(name).result.finding.lower().partition(":")[0]
    assert found.pop("ringing") == "ringing"
    assert all(name == begin for name, begin in found.items())


@pytest.mark.parametrize(
    ("learning_rate", "settled", "crossed"),
    [(0.1, 29, 0), (1, 1, 0), (1.8, 14, 14), (2, None, 40), (1.5, 5, 5)],
)
def test_settling_and_crossings_of_plain_are_powers_of_its_rate(learning_rate, settled, crossed):
    # |1 − a|ⁿ ≤ 0.05 for the first time at n = settled; each update crosses where a > 1.
    result = bowl_result({"learning_rate": learning_rate})
    assert (result.settled, result.crossings) == (settled, crossed)
    assert result.numbers["settled"] == ("never" if settled is None else str(settled))
    assert result.numbers["crossings"] == str(crossed)


@pytest.mark.parametrize("rule", LINEAR)
@pytest.mark.parametrize("learning_rate", [0.1, 1.0, 2.5, 8.0])
def test_the_bowl_says_what_theory_says(rule, learning_rate):
    settings = {"rule": rule, "learning_rate": learning_rate, "curvature": 1.5}
    result = bowl_result(settings)
    regime = theory.regime(rule, 1.5, learning_rate, 0.5)
    limit = theory.learning_rate_limit(rule, 1.5, 0.5)
    assert result.numbers["regime"] == regime_in_words(regime)
    assert result.numbers["limit of α"] == f"{limit:.4g}"
    assert ("Diverg" in result.finding) == (regime == "diverging")
    side = {"diverging": "above", "edge": "at"}.get(regime, "below")
    assert f"learning rate {learning_rate:g} is {side} the limit" in result.sentence.lower()
    if rule != "plain":
        assert result.finding.lower().startswith(regime_in_words(regime))


def test_a_bowl_that_diverges_names_the_limit_and_when_it_stopped():
    sentence = bowl_result({"learning_rate": 2.1}).sentence
    assert sentence.startswith(
        "Diverging: learning rate 2.1 is above the limit 2 of plain at curvature 1; loss "
    )
    stopped = bowl_result({"learning_rate": 10, "curvature": 10}).sentence
    assert stopped.startswith("Diverged: learning rate 10 is above the limit 0.2 of plain")
    assert "stopped at update 2," in stopped  # 1.6 · 99² is past 10,000


def test_bowls_of_different_curvature_have_different_names_in_the_legend():
    labels = {bowl_result({"learning_rate": 0.5, "curvature": c}).label for c in (0.4, 2, 4)}
    assert labels == {f"plain, α 0.5, λ {c}" for c in ("0.4", "2", "4")}


def test_every_preset_of_the_bowl_lies_on_its_slider():
    wanted = {preset["learning_rate"] for preset in BOWL_PRESETS.values()}
    assert wanted <= set(bowl().learning_rate.grid)


@pytest.mark.parametrize("rule", ["previous_delta", "heavy_ball", "nesterov", "averaged"])
def test_critical_damping_sets_the_momentum_of_theory(rule):
    lab = bowl(rule=rule, learning_rate=0.2, curvature=2)
    best = theory.critical_damping(rule, 2, 0.2)
    lab.answer("critical damping")
    assert lab.momentum.value == pytest.approx(min(best.momentum, 0.99), abs=1e-6)
    assert lab.learning_rate.value == 0.2


def test_pointing_into_the_bowl_moves_the_start_along_the_weight_only():
    lab = bowl()
    lab.point("bowl", 1.25, 2.7)
    assert lab.result.weights[0] == lab.start.value == 1.25
