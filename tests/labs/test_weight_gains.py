"""The gains of single weights: what their own gradients foretell, and what the lab says of them."""

import itertools

import numpy as np
import pytest
from drawing import (
    LINEAR,
    assert_readable,
    drawn,
    entry,
    framed,
    headings,
    image,
    some_pixels_have,
    within,
)

from momentum_lab import theory
from momentum_lab.data import load
from momentum_lab.labs import weight_gains
from momentum_lab.labs.drawn_network import HIGHLIGHT
from momentum_lab.labs.weight_gains import experiment
from momentum_lab.labs.weight_gains.experiment import (
    AGREEMENTS,
    NETWORK,
    foretold_gains,
    items_of,
    train_gains,
)
from momentum_lab.labs.weight_gains.lab import PRESETS
from momentum_lab.labs.weight_gains.over_seeds import net_gains, own_gains
from momentum_lab.labs.weight_gains.view import DRAWING, WEIGHT_GAINS
from momentum_lab.labs.words import as_written
from momentum_lab.live.style import PIN_LOOKS, rule_look
from momentum_lab.rules import RULES
from momentum_lab.training import train

LAB = {"rule": "previous_delta", "learning_rate": 0.025, "momentum": 0.9, "weight": 12}
LAB |= {"data_set": "iris", "scaling": "standardised", "batch_size": 1, "epochs": 10, "seed": 0}
DIVERGES = {"rule": "heavy_ball", "learning_rate": 10.0, "momentum": 0.99, "epochs": 50}
RAW = {"data_set": "penguins", "scaling": "raw"}
SETTINGS = [*PRESETS.values(), DIVERGES, RAW, {"rule": "plain"}, {"rule": "rmsprop"}]
SETTINGS += [{"rule": "rmsprop", "batch_size": "all", "learning_rate": 0.001, "epochs": 100}]
every_setting = pytest.mark.parametrize("settings", SETTINGS, ids=str)
every_rule = pytest.mark.parametrize("rule", RULES)


def gains_of(settings=(), own_rules=()):
    return train_gains(own_rules, **(LAB | dict(settings)))


def explode(weight, gradient, memory, learning_rate, momentum):
    return 1e9 + weight, memory


def clipped(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * max(-1.0, min(1.0, gradient)), memory


# --- what is measured -----------------------------------------------------------------------


@every_rule
def test_the_parts_are_those_of_the_rule_fed_with_each_gradient(rule):
    result = gains_of({"rule": rule, "epochs": 2})
    run = result.run
    weights, memory = run.trajectory[0], np.zeros(NETWORK.n_weights)
    for gradient, delta, step in zip(run.gradients, result.deltas, result.steps, strict=True):
        np.testing.assert_array_equal(delta, -0.025 * gradient)
        new, memory = RULES[rule](weights, gradient, memory, 0.025, 0.9)
        np.testing.assert_allclose(step, new - weights, atol=1e-13)
        weights = new


def test_the_training_is_the_one_that_train_makes():
    result = gains_of()
    run = train(NETWORK, load("iris").standardized(), "previous_delta", 0.025, 0.9, 10)
    assert result.run.weights.tobytes() == run.weights.tobytes()


@pytest.mark.parametrize("settings", [{}, {"rule": "adagrad"}, {"batch_size": "all"}], ids=str)
def test_a_gain_is_a_ratio_of_root_mean_squares(settings):
    result = gains_of(settings)
    for i in range(NETWORK.n_weights):
        steps, deltas = result.steps[:, i].tolist(), result.deltas[:, i].tolist()
        gain = (sum(s * s for s in steps) / sum(d * d for d in deltas)) ** 0.5
        assert result.gains[i] == pytest.approx(gain, rel=1e-12)
        products = sum(a * b for a, b in itertools.pairwise(deltas))
        agreement = products / sum(d * d for d in deltas)
        assert result.agreements[i] == pytest.approx(agreement, rel=1e-9, abs=1e-12)
        assert result.net_gains[i] == pytest.approx(sum(steps) / sum(deltas), rel=1e-6)


def test_plain_has_gain_one_everywhere():
    result = gains_of({"rule": "plain"})
    np.testing.assert_allclose(result.gains, 1, rtol=1e-9)
    assert result.finding == "Each weight has the same own gain, 1"


@pytest.mark.parametrize("batch_size", [1, 20, "all"])
@pytest.mark.parametrize("momentum", [0, 0.5, 0.9])
def test_the_posts_rule_gives_each_weight_the_gain_that_its_agreement_says(batch_size, momentum):
    result = gains_of({"batch_size": batch_size, "momentum": momentum, "epochs": 50})
    squares, last = (result.deltas**2).sum(axis=0), result.deltas[-1] ** 2
    expected = 1 + momentum**2 * (1 - last / squares) + 2 * momentum * result.agreements
    np.testing.assert_allclose(result.gains**2, expected, rtol=1e-9)


@pytest.mark.parametrize("batch_size", [1, "all"])
def test_in_sum_the_posts_rule_goes_the_same_multiple_of_all_deltas_for_each_weight(batch_size):
    result = gains_of({"batch_size": batch_size, "epochs": 50})
    way = 1.9 * result.deltas.sum(axis=0) - 0.9 * result.deltas[-1]
    np.testing.assert_allclose(result.steps.sum(axis=0), way, atol=1e-9)


def test_adagrads_gains_differ_more_than_the_posts():
    def spread(rule, learning_rate):
        found = [
            gains_of({"rule": rule, "learning_rate": learning_rate, "seed": s}) for s in (0, 1)
        ]
        return min(result.gains.max() / result.gains.min() for result in found)

    assert spread("adagrad", 0.05) > 5 > 2 > spread("previous_delta", 0.025)


def test_pieces_are_gains_of_their_own_updates():
    result = gains_of({"epochs": 5})
    ends, pieces = result.in_pieces
    assert len(ends) == 50 and ends[-1] == 750
    part = slice(ends[6], ends[7])
    expected = (result.steps[part, 12] ** 2).sum() / (result.deltas[part, 12] ** 2).sum()
    assert pieces[7, 12] ** 2 == pytest.approx(expected)
    ends, _ = gains_of({"batch_size": "all", "epochs": 20}).in_pieces
    assert ends.tolist() == [5, 10, 15, 20]


# --- what is foretold -----------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0, 0.3, 0.9, 0.99])
@pytest.mark.parametrize("rule", LINEAR)
def test_what_is_foretold_ends_at_the_two_gains(rule, momentum):
    curve = foretold_gains(RULES[rule], momentum)
    steady, alternating = (
        gain(rule, momentum) for gain in (theory.steady_gain, theory.alternating_gain)
    )
    assert (AGREEMENTS[0], AGREEMENTS[-1]) == (-1, 1)
    assert curve[-1] == pytest.approx(abs(steady))
    assert curve[0] == pytest.approx(abs(alternating))
    assert (np.diff(curve) >= -1e-12).all()


@pytest.mark.parametrize("rule", LINEAR)
def test_gradients_whose_agreement_fades_are_met_at_the_foretold_gain(rule):
    rng, place = np.random.default_rng(0), 40
    agreement, gradients = AGREEMENTS[place], [0.0]
    for push in rng.normal(size=40_000):
        gradients.append(agreement * gradients[-1] + push)
    told = theory.response(rule, gradients, 1.0, 0.9)
    measured = np.sqrt((told.steps**2).sum() / np.square(gradients).sum())
    assert foretold_gains(RULES[rule], 0.9)[place] == pytest.approx(measured, rel=0.02)


@pytest.mark.parametrize("rule", [RULES["adagrad"], RULES["rmsprop"], clipped])
def test_nothing_is_foretold_for_a_rule_that_is_not_linear(rule):
    assert foretold_gains(rule, 0.9) is None
    result = gains_of({"rule": rule.__name__}, [clipped])
    assert "steady gain" not in result.sentence
    assert_nothing_is_nan(result)


# --- scaling --------------------------------------------------------------------------------


def test_one_ruler_for_all_keeps_the_condition_number():
    raw, one, standard = (
        np.linalg.cond(np.cov(items_of("penguins", scaling).inputs.T))
        for scaling in ("raw", "one ruler", "standardised")
    )
    assert raw == pytest.approx(one, rel=1e-6)
    assert raw > 1e5 > 100 > standard
    inputs = items_of("penguins", "one ruler").inputs
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)
    assert inputs.std(axis=0).max() == pytest.approx(1)


def test_in_grams_and_millimetres_most_weights_have_no_gradient():
    result = gains_of(RAW)
    dead = (result.deltas == 0).all(axis=0)
    np.testing.assert_array_equal(np.isnan(result.gains), dead)
    assert dead[12] and dead.sum() > NETWORK.n_weights / 2
    assert f"{dead.sum()} of 43 weights have no gradient" in result.sentence
    assert result.numbers["own gain"] == "–"


# --- words ----------------------------------------------------------------------------------


@every_setting
def test_words_and_numbers_agree(settings):
    result = gains_of(settings)
    known = result.gains[np.isfinite(result.gains)]
    assert float(result.numbers["smallest"]) == float(f"{known.min():.4g}")
    assert float(result.numbers["median"]) == float(f"{np.median(known):.4g}")
    assert float(result.numbers["largest"]) == float(f"{known.max():.4g}")
    assert "Input 3 → hidden 3 (weight 12)" in result.sentence
    if result.run.diverged_at is None:
        assert as_written(known.max()) in result.finding
        assert f"error {result.run.epoch_errors[-1]:.4g}" in result.sentence
    else:
        assert result.finding.startswith(f"Diverged at update {result.run.diverged_at:,}")
    assert "nan" not in result.finding + result.sentence + str(result.numbers)


def test_a_run_that_diverges_at_once_has_no_gains_and_is_drawn():
    result = gains_of({"rule": "explode"}, [explode])
    assert result.n_updates == 0 and result.spread is None
    assert "at update 1:" in result.finding and result.numbers["largest"] == "–"
    assert_nothing_is_nan(result)


def test_a_rule_that_runs_as_python_has_its_time(monkeypatch):
    monkeypatch.setattr(experiment, "MOST_CALLS", 43 * 150 * 3)
    monkeypatch.setattr(experiment.kernels, "is_compiled", lambda rule: False)
    result = gains_of({"epochs": 50})
    assert result.n_updates == 450
    assert "Only 3 of 50 epochs" in result.sentence


# --- picture --------------------------------------------------------------------------------


def assert_nothing_is_nan(result):
    picture = drawn(WEIGHT_GAINS, entry(result))
    assert some_pixels_have(HIGHLIGHT, image(picture)) > 20
    assert "nan" not in " ".join(headings(axes) for axes in picture.axes.values())


@every_setting
def test_texts_of_the_picture_are_readable(texts_of, settings):
    pinned = [entry(gains_of(settings | {"weight": 40}), look=PIN_LOOKS[0])]
    assert_readable(texts_of(WEIGHT_GAINS, entry(gains_of(settings)), pinned))


@every_setting
def test_limits_hold_the_gains(settings):
    result = gains_of(settings)
    axes = framed(WEIGHT_GAINS, entry(result))
    assert within(axes["law"].get_ylim(), result.gains[np.isfinite(result.gains)])
    assert axes["law"].get_ylim() == axes["time"].get_ylim()
    assert_nothing_is_nan(result)


@pytest.mark.parametrize("shown", [0, 1, 2, 30, 601])
def test_the_picture_shows_the_updates_so_far(shown):
    result = gains_of()
    axes = framed(WEIGHT_GAINS, entry(result, shown))
    told = headings(axes["parts"])
    if not shown:
        return
    gradient, delta = (x[shown - 1, 12] for x in (result.run.gradients, result.deltas))
    assert f"at 0:  gradient {as_written(gradient)}  delta" in told
    assert f"step/delta {as_written(result.steps[shown - 1, 12] / delta)}" in told
    (_, dots, chosen) = axes["law"].get_lines()
    so_far = (result.steps[:shown] ** 2).sum(axis=0) / (result.deltas[:shown] ** 2).sum(axis=0)
    np.testing.assert_allclose(dots.get_ydata(), np.sqrt(so_far))
    assert chosen.get_ydata() == pytest.approx(np.sqrt(so_far[12]))


def test_a_line_is_dashed_below_the_median_and_wide_far_from_it():
    result = gains_of({"rule": "adagrad", "learning_rate": 0.05})
    lines = framed(WEIGHT_GAINS, entry(result))["network"].collections[-1]
    below = result.gains < np.median(result.gains)
    is_dashed = np.array([dashes[1] is not None for dashes in lines.get_linestyles()])
    np.testing.assert_array_equal(is_dashed, below)
    far = np.abs(np.log(result.gains / np.median(result.gains)))
    widths = np.array(lines.get_linewidths())
    assert widths[far.argmax()] == widths.max() > 4 * widths[far.argmin()]


def test_a_click_on_a_line_chooses_its_weight_as_the_slider_does():
    lab = weight_gains(epochs=5)
    for weight in (7, 30, 42):
        places = DRAWING.ends[weight][0] + 0.3 * np.diff(DRAWING.ends[weight], axis=0)[0]
        lab.point("network", *places)
        assert lab.weight.value == lab.result.weight == DRAWING.nearest(*places)
    lab.weight.slider.value = 30
    assert lab.result.name == DRAWING.names[30] == "hidden 2 → output 3"


def test_a_pinned_weight_is_drawn_beside_another_of_the_same_run():
    lab = weight_gains(epochs=5).pin()
    lab.weight.value = 30
    axes = framed(WEIGHT_GAINS, entry(lab.result), [entry(lab.pinned[0].result, look=PIN_LOOKS[0])])
    (pinned, now) = axes["time"].get_lines()
    _, pieces = lab.result.in_pieces
    np.testing.assert_array_equal(pinned.get_ydata(), pieces[:, 0])
    np.testing.assert_array_equal(now.get_ydata(), pieces[:, 30])
    assert now.get_color() == rule_look("previous_delta").color


def test_a_readers_own_rule_comes_first():
    lab = weight_gains(clipped, epochs=5)
    assert lab.rule.value == "clipped"
    assert lab.result.run.rule == "clipped"


def test_the_rows_of_five_seeds_are_those_of_five_trainings():
    settings = "heavy_ball", 0.05, 0.9
    results = [rule_in_batches(*settings, seed) for seed in range(5)]
    gains = np.concatenate([result.gains for result in results])
    row = own_gains(*settings, "all", 20)
    assert (row["smallest"], row["largest"]) == (gains.min(), gains.max())
    assert row["median"] == np.median(gains)
    assert row["times"] == np.median([max(r.gains) / min(r.gains) for r in results])
    net = np.sort(np.concatenate([result.net_gains for result in results]))
    below, middle, above = list(net_gains(*settings, "all", 20).values())[1:]
    assert middle == net[len(net) // 2]
    assert np.mean(net < below) == pytest.approx(0.1, abs=0.01)
    assert np.mean(net > above) == pytest.approx(0.1, abs=0.01)


def rule_in_batches(rule, learning_rate, momentum, seed):
    settings = {"rule": rule, "learning_rate": learning_rate, "momentum": momentum, "seed": seed}
    return gains_of(settings | {"batch_size": "all", "epochs": 20})


LATE = {"momentum": 0.9, "weight": 0, "batch_size": "all", "epochs": 100}


def test_a_step_by_nearly_no_delta_is_not_told():
    result = gains_of({"rule": "heavy_ball", "learning_rate": 10} | LATE)
    last = result.n_updates
    assert abs(result.steps[-1, 0]) > 1000 * abs(result.deltas[-1, 0]) > 0
    told = headings(framed(WEIGHT_GAINS, entry(result, last))["parts"])
    assert "memory" in told and "step/delta" not in told
