"""The spectrum: closed forms at the best settings, and words and a picture that fit the numbers."""

import itertools

import numpy as np
import pytest
from drawing import assert_readable, drawn, entry, framed
from hypothesis import given
from hypothesis import strategies as st

from momentum_lab import theory
from momentum_lab.labs import spectrum
from momentum_lab.labs.best import CONDITION_NUMBERS, best_curve, best_values, updates_to_a_tenth
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.labs.spectrum.experiment import probe_spectrum
from momentum_lab.labs.spectrum.view import SPECTRUM
from momentum_lab.landscapes import quadratic
from momentum_lab.live.picture import Sheet
from momentum_lab.live.style import PIN_LOOKS
from momentum_lab.rules import adagrad, heavy_ball, plain
from momentum_lab.training import descend

RULES = [rule.__name__ for rule in LINEAR_RULES]
SETTINGS = {
    "rule": "heavy_ball",
    "condition_number": 30,
    "learning_rate": 1.0,
    "momentum": 0.5,
    "updates": 60,
}
every_rule = pytest.mark.parametrize("rule", RULES)
every_condition = pytest.mark.parametrize("condition_number", [2, 30, 200, 1000])


def probe(own_rules=(), **settings):
    return probe_spectrum(own_rules, LINEAR_RULES, **(SETTINGS | settings))


def at_best(rule, condition_number, **settings):
    values = best_values((), rule, rule=rule, condition_number=condition_number)
    return probe(condition_number=condition_number, **settings, **values)


def best_rate(rule, k):
    """THEORY.md, section 4."""
    return {
        "plain": (k - 1) / (k + 1),
        "previous_delta": (k - 1) / (k + 3),
        "heavy_ball": (np.sqrt(k) - 1) / (np.sqrt(k) + 1),
        "nesterov": 1 - 2 / np.sqrt(3 * k + 1),
        "averaged": (np.sqrt(k) - 1) / (np.sqrt(k) + 1),
    }[rule]


def best_learning_rate_and_momentum(rule, k):
    """THEORY.md, section 4, with the largest curvature 1."""
    root = np.sqrt(k)
    beta = ((root - 1) / (root + 1)) ** 2
    alpha = 4 * k / (root + 1) ** 2
    return {
        "plain": (2 * k / (k + 1), 0),
        "previous_delta": ((3 * k + 1) / (k + 3), (k - 1) ** 2 / ((k + 3) * (3 * k + 1))),
        "heavy_ball": (alpha, beta),
        "nesterov": (
            4 * k / (3 * k + 1),
            (np.sqrt(3 * k + 1) - 2) / (np.sqrt(3 * k + 1) + 2),
        ),
        "averaged": (alpha / (1 - beta), beta),
    }[rule]


def half_steps(weight, gradient, memory, learning_rate, momentum):
    """Linear, and slower than plain: it takes half the step."""
    return weight - 0.5 * learning_rate * gradient, memory


def clipped(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * np.clip(gradient, -1, 1), memory


# --- the best settings ----------------------------------------------------------------------


@every_condition
@every_rule
def test_best_values_are_those_of_the_closed_forms(rule, condition_number):
    values = best_values((), rule=rule, condition_number=condition_number, momentum=0.3)
    alpha, beta = best_learning_rate_and_momentum(rule, condition_number)
    assert set(values) == {"rule", "learning_rate", "momentum"}
    assert values["rule"] == rule
    assert values["learning_rate"] == pytest.approx(alpha, rel=1e-4)
    assert values["momentum"] == pytest.approx(beta, abs=2e-5)


@every_condition
@every_rule
def test_best_values_lose_next_to_nothing_by_their_rounding(rule, condition_number):
    result = at_best(rule, condition_number)
    updates = updates_to_a_tenth(best_rate(rule, condition_number))
    assert result.updates_to_a_tenth == pytest.approx(updates, rel=1e-3)
    assert result.is_best and "at its best" in result.finding
    assert len(result.slowest) > 1


@every_rule
def test_the_button_of_the_best_settings_changes_the_settings_and_nothing_else(rule):
    lab = spectrum(rule=rule, condition_number=100)
    lab.answer("best settings")
    alpha, beta = best_learning_rate_and_momentum(rule, 100)
    assert (lab.rule.value, lab.condition_number.value, lab.updates.value) == (rule, 100, 60)
    assert lab.learning_rate.value == pytest.approx(alpha, rel=1e-4)
    assert lab.momentum.value == pytest.approx(beta, abs=2e-5)
    assert lab.result.rate == pytest.approx(best_rate(rule, 100), rel=1e-4)


def test_every_answer_is_within_the_sliders_at_every_condition_number():
    lab = spectrum()
    for condition_number in lab.condition_number.grid:
        for rule in RULES:
            values = best_values((), rule, rule="plain", condition_number=condition_number)
            for name, value in values.items():
                assert lab.controls[name].accept(value) == (value, "")


def test_answers_choose_the_rule_they_name():
    lab = spectrum()
    chosen = {name: lab.reset().answer(name).rule.value for name in lab.answers}
    assert chosen == {
        "best settings": "heavy_ball",
        "plain at its best": "plain",
        "the post's rule at its best": "previous_delta",
        "heavy ball at its best": "heavy_ball",
        "nesterov at its best": "nesterov",
    }
    assert all(lab.answer(name).result.is_best for name in lab.answers)


# --- the curves -----------------------------------------------------------------------------


@pytest.mark.parametrize("rule", LINEAR_RULES)
def test_each_curve_is_the_closed_form(rule):
    rates = best_rate(rule.__name__, CONDITION_NUMBERS)
    expected = np.log(10) / -np.log(rates)
    np.testing.assert_allclose(best_curve(rule), expected, rtol=1e-3)


def test_a_curve_is_computed_once():
    assert best_curve(plain) is best_curve(plain)
    assert probe().curves == probe(rule="plain", condition_number=7).curves


def test_previous_delta_tends_to_half_and_heavy_ball_to_the_square_root_of_plains_updates():
    updates = {name: np.array(curve) for name, curve in probe().curves.items()}
    half = updates["previous_delta"] / updates["plain"]
    assert half[-1] == pytest.approx(0.5, abs=1e-3)
    assert (np.diff(half) < 0).all()
    slopes = {
        rule: np.diff(np.log(counts))[-1] / np.diff(np.log(CONDITION_NUMBERS))[-1]
        for rule, counts in updates.items()
    }
    assert slopes["plain"] == pytest.approx(1, abs=0.01)
    assert slopes["previous_delta"] == pytest.approx(1, abs=0.01)
    assert slopes["heavy_ball"] == pytest.approx(0.5, abs=0.01)
    assert slopes["nesterov"] == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(updates["averaged"], updates["heavy_ball"], rtol=1e-4)
    # half of κ·ln 10 against half of √κ·ln 10
    root = updates["plain"][-1] / updates["heavy_ball"][-1]
    assert root == pytest.approx(np.sqrt(1000), rel=1e-3)


def test_updates_to_a_tenth_are_those_until_a_power_of_the_rate_is_a_tenth():
    assert 0.8 ** updates_to_a_tenth(0.8) == pytest.approx(0.1)
    assert updates_to_a_tenth(1.0) == updates_to_a_tenth(1.5) == np.inf
    np.testing.assert_allclose(updates_to_a_tenth([0.1, 2.0]), [1, np.inf])
    assert 0 < updates_to_a_tenth(0.0) < 1


# --- who is slowest -------------------------------------------------------------------------


def test_a_small_step_is_slowest_in_the_flattest_direction():
    result = probe(rule="plain", learning_rate=0.5)
    assert list(result.slowest) == [0]
    assert result.rate == pytest.approx(1 - 0.5 / 30)
    assert result.finding.startswith("The flattest direction is the slowest: ")
    assert "curvature 0.0333, smooth" in result.sentence


def test_a_step_above_the_best_is_slowest_in_the_steepest_direction():
    result = probe(rule="plain", learning_rate=1.97)
    assert list(result.slowest) == [len(result.spectrum) - 1]
    assert result.rate == pytest.approx(0.97)
    assert result.finding.startswith("The steepest direction is the slowest: 2.19 times")
    assert "curvature 1, sign-flipping" in result.sentence


def test_at_plains_best_both_ends_are_equally_slow_one_creeps_and_one_flips():
    result = at_best("plain", 30)
    assert list(result.slowest) == [0, len(result.spectrum) - 1]
    assert result.numbers["slowest"] == "both ends"
    assert result.regime == "smooth / sign-flipping"


def test_a_rule_with_much_momentum_is_equally_slow_everywhere():
    result = probe(momentum=0.9)
    assert len(result.slowest) == len(result.spectrum)
    assert result.rate == pytest.approx(np.sqrt(0.9))
    assert result.finding.startswith("Every direction is equally slow: 7.01 times")
    assert result.regime == "ringing"


numbers = st.floats(-1.5, 1.5)


@given(numbers, numbers, numbers, numbers, st.floats(0.01, 40), st.integers(2, 1000))
def test_whatever_the_linear_rule_an_end_of_the_spectrum_is_slowest(a, b, c, d, alpha, k):
    def any_rule(weight, gradient, memory, learning_rate, momentum):
        step = a * memory - learning_rate * gradient
        return weight + b * step, c * memory + d * gradient

    spectrum = np.geomspace(1 / k, 1, 161)
    rates = theory.rate(any_rule, spectrum, alpha, 0.5)
    assert rates.max() <= max(rates[0], rates[-1]) * (1 + 1e-7)


@pytest.mark.parametrize(
    ("settings", "rate"),
    [
        ({"rule": "plain", "learning_rate": 2.1}, 1.1),
        ({"rule": "previous_delta", "learning_rate": 1.2, "momentum": 0.9}, np.sqrt(1.08)),
        ({"rule": "plain", "learning_rate": 40.0}, 39.0),
    ],
)
def test_settings_that_diverge_are_named_with_their_growth(settings, rate):
    result = probe(**settings)
    assert result.rate == pytest.approx(rate)
    expected = f"Diverging: the steepest direction grows {rate:.3g} times an update"
    assert result.finding == expected
    assert result.numbers["updates for a factor of ten"] == "never"
    assert result.numbers["regime"] == "diverging"
    assert "never shrink" in result.sentence
    assert np.isfinite(result.shares).all()


def test_on_the_edge_nothing_shrinks_and_nothing_grows():
    result = probe(rule="plain", learning_rate=2.0)
    assert result.finding == "Neutral edge: the steepest direction will not shrink"
    assert result.numbers["regime"] == "neutral edge"
    assert "never shrinks: rate 1." in result.sentence


def test_a_tiny_learning_rate_is_slow_but_not_at_the_edge():
    result = probe(rule="plain", learning_rate=1e-9, momentum=0.0)
    assert result.converges and result.regime == "smooth"
    assert result.updates_to_a_tenth == pytest.approx(30 * np.log(10) * 1e9, rel=1e-3)
    assert "edge" not in result.finding + result.sentence


def test_the_finding_counts_how_much_slower_than_the_best_settings():
    result = probe()
    times = np.log(best_rate("heavy_ball", 30)) / np.log(result.rate)
    assert f"{times:.3g} times the updates of the best settings" in result.finding
    assert f"rate {result.rate:.4g}" in result.sentence
    assert f"the rate is {best_rate('heavy_ball', 30):.4g}: 6.24 updates" in result.sentence


def test_the_factor_of_ten_is_promised_for_the_long_run_only():
    result = at_best("previous_delta", 100)
    assert result.finding.endswith("in the long run 58.1 updates for a factor of ten")
    assert "in the long run 58.1 updates for a factor of ten." in result.sentence
    assert result.total[58] > 6  # from rest it is far from a tenth by then


def test_a_loss_that_has_not_reached_its_highest_is_said_to_grow_still():
    early, late = (at_best("previous_delta", 1000, updates=n) for n in (200, 300))
    assert "The loss still grows at update 200: 1610 times its start." in early.sentence
    assert "The loss first grows to 1670 times its start, at update 243." in late.sentence


def test_numbers_too_large_for_digits_are_written_as_powers():
    result = probe(rule="plain", learning_rate=2.1, updates=300)
    assert result.numbers["loss left"] == "1.37·10²⁴"
    assert at_best("heavy_ball", 30).numbers["loss left"].endswith("·10⁻¹⁶")
    assert probe(rule="plain").numbers["loss left"] == "0.00343"


# --- the loss by curvature ------------------------------------------------------------------


@every_rule
def test_the_shares_add_up_to_the_loss_of_a_run_down_the_same_landscape(rule):
    result = probe(rule=rule, momentum=0.6, condition_number=50)
    bands = np.geomspace(1 / 50, 1, 5)
    landscape = quadratic(bands)
    start = np.sqrt(2 / (5 * bands))  # every direction has a fifth of the loss
    path = descend(landscape, start, rule, 1.0, 0.6, result.n_updates)
    np.testing.assert_allclose(result.total, landscape.value(path.weights), rtol=1e-9)
    np.testing.assert_allclose(result.shares[:, 0], 0.2)


def test_the_flattest_direction_is_what_is_left_of_a_smooth_run():
    result = probe(rule="plain", learning_rate=1.0)
    left = result.who_is_left(result.n_updates)
    assert left[0] > 0.99 and left.sum() == pytest.approx(1)
    np.testing.assert_allclose(result.who_is_left(0), 0.2)


def test_what_is_left_of_a_loss_that_underflows_is_still_told():
    result = at_best("heavy_ball", 2, updates=300)
    assert result.who_is_left(300).sum() in (0, pytest.approx(1))
    assert "nan" not in str(result.numbers) + result.sentence


@every_condition
def test_heavy_ball_at_its_best_grows_as_the_formula_says_before_it_shrinks(condition_number):
    result = at_best("heavy_ball", condition_number, updates=200)
    k, rho = np.arange(201), best_rate("heavy_ball", condition_number)
    steepest = (rho**k * (1 + k * (1 + rho))) ** 2 / 5
    assert result.shares[-1].max() == pytest.approx(steepest.max(), rel=0.01)
    if condition_number >= 200:
        assert result.growth > 4
        assert f"first grows to {result.growth:.3g} times its start" in result.sentence


def test_the_growth_before_the_decay_is_not_cut_off():
    for condition_number in (30, 200, 1000):
        result = at_best("heavy_ball", condition_number, updates=200)
        axes = drawn(SPECTRUM, entry(result)).axes["loss"]
        assert result.growth <= axes.get_ylim()[1] <= 3 * result.growth
        total = max(axes.get_lines(), key=lambda line: len(line.get_xdata()))
        assert max(total.get_ydata()) == pytest.approx(result.growth)


# --- own rules ------------------------------------------------------------------------------


def test_an_own_rule_comes_first_and_gets_its_own_curve():
    lab = spectrum(half_steps)
    assert lab.rule.value == "half_steps"
    curves = lab.result.curves
    assert list(curves) == [*RULES, "half_steps"]
    # At twice plain's learning rate it is plain.
    np.testing.assert_allclose(curves["half_steps"], curves["plain"], rtol=1e-4)
    lab.answer("best settings")
    alpha, _ = best_learning_rate_and_momentum("plain", 30)
    assert lab.learning_rate.value == pytest.approx(2 * alpha, rel=1e-4)
    assert lab.result.finding.startswith("Half steps at its best")
    named = labels(lab.result)
    assert named["plain\n= half steps"] == "bold"


def test_an_own_rule_by_the_name_of_a_built_in_one_stands_beside_it():
    def plain(weight, gradient, memory, learning_rate, momentum):
        return weight - 0.5 * learning_rate * gradient, memory

    lab = spectrum(plain)
    assert lab.rule.value == lab.result.rule == "plain (yours)"
    assert list(lab.result.curves) == [*RULES, "plain (yours)"]
    assert lab.set(learning_rate=2.0).result.rate == pytest.approx(1 - 1 / 30)
    assert lab.set(rule="plain").result.regime == "edge"


@pytest.mark.parametrize("rule", [clipped, adagrad])
def test_a_rule_that_is_not_linear_is_refused_in_words(rule):
    with pytest.raises(ValueError, match=f"rule {rule.__name__} must be linear on a quadratic"):
        spectrum(rule)
    with pytest.raises(ValueError, match=f"rule {rule.__name__} must be linear on a quadratic"):
        spectrum(heavy_ball, rule)  # also as the second: it would have a curve


# --- the picture ----------------------------------------------------------------------------

TELLING = [
    {},
    {"momentum": 0.99},
    {"momentum": 0.9},
    {"condition_number": 2},
    {"condition_number": 1000},
    {"learning_rate": 0.01, "condition_number": 1000},
    {"learning_rate": 40.0, "updates": 300},
    {"rule": "plain", "learning_rate": 2.1},
    {"rule": "plain", "learning_rate": 2.0, "condition_number": 100},
    {"rule": "previous_delta", "learning_rate": 1.2, "momentum": 0.9, "updates": 300},
    {"rule": "previous_delta", "learning_rate": 2.7575, "momentum": 0.2801},
    {"rule": "nesterov", "learning_rate": 1.3186, "momentum": 0.6534, "updates": 20},
    {"rule": "averaged", "learning_rate": 31.62, "momentum": 0.8812, "condition_number": 1000},
    {"learning_rate": 3.7585, "momentum": 0.8812, "condition_number": 1000, "updates": 200},
]


@pytest.mark.parametrize("settings", TELLING, ids=str)
def test_texts_of_the_spectrum_are_readable(texts_of, settings):
    result = probe(**settings)
    for shown in (0, 7, result.n_updates):
        assert_readable(texts_of(SPECTRUM, entry(result, shown)))


@pytest.mark.parametrize("n_pins", [2, 4])
def test_texts_of_the_spectrum_are_readable_with_pins(texts_of, n_pins):
    results = [probe(**settings) for settings in (TELLING[10], TELLING[2], *TELLING[7:9])]
    looks = PIN_LOOKS[:n_pins]
    pinned = [entry(r, look=k) for r, k in zip(results, looks, strict=False)]
    for settings in (TELLING[0], TELLING[12], TELLING[4]):
        assert_readable(texts_of(SPECTRUM, entry(probe(**settings)), pinned))


@pytest.mark.parametrize("settings", [TELLING[0], TELLING[7]], ids=str)
def test_pins_at_one_place_keep_their_letters_apart(texts_of, settings):
    result = probe(**settings)
    pinned = [entry(result, look=look) for look in PIN_LOOKS]
    texts = texts_of(SPECTRUM, entry(result), pinned)
    assert set("ABCD") <= {text.words for text in texts}
    assert_readable(texts)


def test_curves_of_own_rules_keep_their_names_apart(texts_of):
    def my_very_long_and_telling_name(weight, gradient, memory, learning_rate, momentum):
        return weight - 0.9 * learning_rate * gradient, memory

    def mine(weight, gradient, memory, learning_rate, momentum):
        return heavy_ball(weight, gradient, memory, learning_rate, momentum)

    own = my_very_long_and_telling_name, mine
    result = probe(own, rule=own[0].__name__)
    pinned = [entry(result, look=look) for look in PIN_LOOKS]
    texts = texts_of(SPECTRUM, entry(result), pinned)
    assert_readable(texts)
    assert any("my very lon…" in text.words for text in texts)
    assert any("= mine" in text.words for text in texts)


@pytest.mark.parametrize("settings", TELLING, ids=str)
def test_limits_of_the_spectrum_hold_what_is_drawn(settings):
    result = probe(**settings)
    axes = drawn(SPECTRUM, entry(result)).axes
    assert axes["rates"].get_ylim()[1] >= result.rate
    assert axes["loss"].get_xlim()[1] >= result.n_updates
    low, high = axes["curves"].get_ylim()
    assert low <= result.best.updates <= high
    if result.converges:
        assert result.updates_to_a_tenth <= high
        assert result.growth <= axes["loss"].get_ylim()[1]
    for name in axes:
        assert np.isfinite([*axes[name].get_xlim(), *axes[name].get_ylim()]).all()


def labels(result):
    """The texts among the curves, and how heavy they are."""
    axes = drawn(SPECTRUM, entry(result)).axes
    SPECTRUM.scene(axes, result)  # the picture keeps only the pixels of its background
    return {text.get_text(): text.get_fontweight() for text in axes["curves"].texts}


@every_rule
def test_every_curve_is_named_and_the_present_one_in_bold(rule):
    named = labels(probe(rule=rule))
    bold = [words for words, weight in named.items() if weight == "bold"]
    assert {"plain", "previous-delta", "nesterov", "heavy ball\n= averaged"} <= set(named)
    assert len(bold) == 1 and rule.replace("_", " ") in bold[0].replace("-", " ")


def dots(result):
    """Where the present settings and the best ones are in the plot of the curves."""
    axes = framed(SPECTRUM, entry(result))
    texts = [text.get_text() for text in axes["curves"].texts]
    places = {
        line.get_marker(): (line.get_xdata()[0], line.get_ydata()[0], line.get_markerfacecolor())
        for line in axes["curves"].get_lines()
        if line.get_marker() != "None"
    }
    filled = [p[:2] for p in places.values() if p[2] != "none"]
    return filled, texts, axes["curves"].get_ylim()


def test_the_present_settings_are_a_dot_above_the_best_ones():
    result = probe()
    (dot,), texts, _ = dots(result)
    assert dot == (30, pytest.approx(result.updates_to_a_tenth))
    assert "never" not in texts


def test_settings_that_do_not_converge_are_at_the_top_and_say_never():
    for settings in (TELLING[7], TELLING[8], TELLING[6]):
        filled, texts, (low, high) = dots(probe(**settings))
        assert "never" in texts
        assert max(y for _, y in filled) > 0.9 * high


def test_dragging_a_slider_draws_no_background(monkeypatch):
    lab, count = spectrum(), itertools.count()
    lab.screen.shown_at = [900, 1, 0]  # a browser shows it
    draw = Sheet._draw_background
    monkeypatch.setattr(Sheet, "_draw_background", lambda *a: (next(count), draw(*a))[1])
    for condition_number in lab.condition_number.grid:
        lab.condition_number.value = condition_number
    for momentum in (0.1, 0.5, 0.99):
        lab.momentum.value = momentum
    for learning_rate in (0.05, 1.0, 1.95):
        lab.set(condition_number=30, momentum=0.5, learning_rate=learning_rate)
    assert next(count) == 0


def test_the_plot_of_rates_draws_the_rate_of_every_curvature():
    result = probe(rule="nesterov", learning_rate=1.2, momentum=0.6)
    assert (result.spectrum[0], result.spectrum[-1]) == (pytest.approx(1 / 30), 1)
    axes = framed(SPECTRUM, entry(result))["rates"]
    (line,) = [line for line in axes.get_lines() if len(line.get_xdata()) == len(result.spectrum)]
    expected = theory.rate("nesterov", result.spectrum, 1.2, 0.6)
    np.testing.assert_array_equal(line.get_xdata(), result.spectrum)
    np.testing.assert_allclose(line.get_ydata(), expected, rtol=1e-12)


def test_the_bars_of_what_is_left_have_the_lengths_of_the_shares():
    result = probe()
    for shown in (0, 3, result.n_updates):
        (areas,) = framed(SPECTRUM, entry(result, shown))["left"].collections
        lengths = [path.vertices[:, 0].max() for path in areas.get_paths()[:5]]
        np.testing.assert_allclose(lengths, result.who_is_left(shown))
