"""The edge of stability: where sharpness goes, for each rule, and words that tell it truly."""

import numpy as np
import pytest
from drawing import assert_readable, entry, framed

from momentum_lab import theory
from momentum_lab.labs import edge_of_stability
from momentum_lab.labs.edge_of_stability.coins import COINS, least_error, share_of_heads
from momentum_lab.labs.edge_of_stability.experiment import (
    NETWORK,
    SCALE,
    settled_row,
    train_at_once,
)
from momentum_lab.labs.edge_of_stability.lab import EDGE_PRESETS
from momentum_lab.labs.edge_of_stability.view import EDGE_OF_STABILITY
from momentum_lab.live.style import PIN_LOOKS
from momentum_lab.training import train

SETTINGS = {"rule": "plain", "learning_rate": 1.0, "momentum": 0.5, "updates": 5000, "seed": 0}
TELLING = [
    *EDGE_PRESETS.values(),
    {"rule": "plain", "learning_rate": 0.1, "updates": 1000},
    {"rule": "heavy_ball", "learning_rate": 30.0, "momentum": 0.99, "updates": 1000},
    {"rule": "averaged", "learning_rate": 10.0, "momentum": 0.5, "updates": 2000},
]


def result_of(own_rules=(), **settings):
    return train_at_once(own_rules, **(SETTINGS | settings))


def forgetful(weight, gradient, memory, learning_rate, momentum):
    if memory * gradient > 0:
        memory = 0.0
    step = momentum * memory - learning_rate * gradient
    return weight + step, step


# --- what is measured -------------------------------------------------------------------------


def test_the_products_are_learning_rate_times_the_largest_eigenvalue_on_the_way():
    result = result_of(rule="heavy_ball", updates=1000)
    start = NETWORK.initial_weights(0, SCALE)
    settings = NETWORK, COINS, "heavy_ball", 1.0, 0.5, 1000, COINS.n_items, 0, start
    run = train(*settings, trajectory=True)
    assert result.at[0] == 0 and result.at[-1] == 1000 and len(result.at) == 61
    for place in (0, 7, 30, 60):
        hessian = NETWORK.hessian(run.trajectory[result.at[place]], COINS.inputs, COINS.targets)
        sharpest = np.linalg.eigvalsh(hessian)[-1]
        assert result.products[place] == pytest.approx(1.0 * sharpest, rel=1e-6)


def test_no_network_is_better_than_one_that_knows_the_shares():
    places, heads = share_of_heads()
    assert len(places) * 4 == COINS.n_items and 0 < heads.min() < heads.max() < 1
    rows = np.searchsorted(places, COINS.inputs[:, 0])
    chances = np.stack([1 - heads, heads], axis=1)[rows]
    by_hand = -np.mean(np.log((chances * COINS.targets).sum(axis=1)))
    assert least_error() == pytest.approx(by_hand)
    assert result_of().run.update_errors.min() > least_error()


# --- where it goes ----------------------------------------------------------------------------

AT_THEIR_LIMIT = [  # THEORY.md, section 13
    ("plain", 0.0),
    ("previous_delta", 0.2),
    ("previous_delta", 0.5),
    ("previous_delta", 0.9),
    ("heavy_ball", 0.5),
    ("nesterov", 0.5),
    ("averaged", 0.5),
]


@pytest.mark.parametrize(("rule", "momentum"), AT_THEIR_LIMIT)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_at_seven_tenths_of_its_limit_a_rule_settles_where_the_product_is_its_limit(
    rule, momentum, seed
):
    limit = theory.learning_rate_limit(rule, 1.0, momentum)
    settings = {"rule": rule, "momentum": momentum, "seed": seed, "updates": 4000}
    result = result_of(learning_rate=0.7 * limit, **settings)
    assert np.median(result.products[30:]) == pytest.approx(limit, rel=0.02)
    assert result.is_there and result.finding.startswith("At the edge of stability: ")


def test_the_row_for_the_lesson_has_the_share_of_the_limit_of_each_seed():
    row = settled_row("previous_delta", 0.9, updates=1000, seeds=(0, 4))
    limit = theory.learning_rate_limit("previous_delta", 1.0, 0.9)
    assert row["limit"] == limit and row["α"] == pytest.approx(0.7 * limit)
    settings = {"rule": "previous_delta", "momentum": 0.9, "learning_rate": 0.7 * limit}
    for seed in (0, 4):
        result = result_of(**settings, updates=1000, seed=seed)
        assert row[f"seed {seed}"] == f"{result.settled / limit:.2g}"


def test_the_row_for_the_lesson_says_which_seeds_were_thrown_out():
    row = settled_row("heavy_ball", 0.9)
    settings = {"rule": "heavy_ball", "momentum": 0.9, "learning_rate": 0.7 * 3.8}
    late = [result_of(**settings, updates=4000, seed=seed).run.update_errors for seed in range(3)]
    worse = [np.median(errors[3200:]) > np.log(2) for errors in late]
    assert worse == [True, True, False]
    assert [row[f"seed {seed}"] for seed in range(3)] == ["out", "out", "0.98"]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_learning_rate_leads_to_a_sharper_place_than_the_limit_would_allow(seed):
    small, large = (result_of(learning_rate=lr, seed=seed, updates=4000) for lr in (0.4, 1.4))
    assert small.settled < 0.5 * small.limit
    assert small.settled / 0.4 > 1.1 * large.settled / 1.4


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_heavy_ball_with_a_long_memory_is_done_before_it_gets_there(seed):
    settings = {"rule": "heavy_ball", "momentum": 0.9, "learning_rate": 1.5, "seed": seed}
    result = result_of(**settings, updates=4000)
    assert result.settled < 0.95 * result.limit
    assert result.run.update_errors[2000] - least_error() < 1e-6


# --- words ------------------------------------------------------------------------------------


def test_the_row_has_the_rule_s_own_limit_and_the_median_of_the_second_half():
    for rule, momentum in (("plain", 0.0), ("previous_delta", 0.9), ("nesterov", 0.5)):
        result = result_of(rule=rule, momentum=momentum, updates=1000)
        limit = theory.learning_rate_limit(rule, 1.0, momentum)
        median = np.median(result.products[30:])
        assert result.numbers["limit"] == f"{limit:.4g}"
        assert result.numbers["α × sharpness"] == f"{median:.2f}"
        assert result.numbers["of the limit"] == f"{median / limit:.0%}"


def test_a_small_learning_rate_stays_below_the_limit_and_never_came_there():
    result = result_of(learning_rate=0.1, updates=1000)
    assert result.finding.startswith("Below the limit 2: learning rate × sharpness stays at 0.")
    assert "where it never came" in result.sentence
    assert result.numbers["reached"] == "never"


def test_a_run_that_diverges_says_so_and_keeps_what_was_before():
    result = result_of(rule="heavy_ball", learning_rate=30.0, momentum=0.99, updates=1000)
    stopped = result.run.diverged_at
    assert stopped is not None
    assert result.finding == f"Diverged at update {stopped:,}: the weights ran away"
    assert result.at[-1] == stopped - 1 and np.isfinite(result.products).all()
    assert result.numbers["error"] == f"diverged at {stopped}"


def test_a_network_that_ends_worse_than_guessing_is_said_to_be_thrown_out():
    lab = edge_of_stability().preset("thrown out")
    late = np.median(lab.result.run.update_errors[3200:])
    assert late > np.log(2)
    told = f"median error {late:.3g} over the last fifth"
    assert lab.result.finding == f"Thrown out: {told}, worse than guessing (0.69)"


def test_a_rule_that_is_not_linear_is_trained_without_a_limit():
    lab = edge_of_stability(forgetful, updates=1000, learning_rate=0.5)
    assert lab.result.limit is None and lab.result.numbers["limit"] == "–"
    assert "theory knows no limit of forgetful" in lab.result.finding
    assert np.isfinite(lab.result.products).all()


def test_an_own_linear_rule_has_the_limit_of_its_own_code():
    def half(weight, gradient, memory, learning_rate, momentum):
        return weight - 0.5 * learning_rate * gradient, memory

    lab = edge_of_stability(half, updates=1000)
    assert lab.result.limit == pytest.approx(4)


# --- the picture --------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", TELLING, ids=str)
def test_texts_of_the_lab_are_readable(texts_of, settings):
    result = result_of(**settings)
    for shown in (0, result.n_updates // 3, result.n_updates):
        assert_readable(texts_of(EDGE_OF_STABILITY, entry(result, shown)))


def test_texts_of_the_lab_are_readable_with_pins(texts_of):
    results = [result_of(**(settings | {"updates": 1000})) for settings in TELLING[:4]]
    pinned = [entry(r, look=look) for r, look in zip(results, PIN_LOOKS, strict=True)]
    assert_readable(texts_of(EDGE_OF_STABILITY, entry(results[1]), pinned))


def test_the_limit_line_stands_at_the_limit_and_playback_ends_the_dots():
    result = result_of(rule="heavy_ball", updates=1000)
    axes = framed(EDGE_OF_STABILITY, entry(result, 500))["product"]
    heights = [line.get_ydata() for line in axes.get_lines()]
    assert any(np.allclose(y, 3.0) for y in heights if len(y) == 2)
    dots = [y for y in heights if len(y) == (result.at <= 500).sum()]
    np.testing.assert_allclose(dots[0], result.products[result.at <= 500])
