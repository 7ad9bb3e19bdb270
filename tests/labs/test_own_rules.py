"""A reader's own rules: told apart by name, meant as they are now, run where theory cannot look."""

import io
import math
import types

import numpy as np
import pytest
from PIL import Image

from momentum_lab import kernels, theory
from momentum_lab.exercises import check_settings, check_valley
from momentum_lab.labs import bowl, network_lab, phase_map, spectrum, valley
from momentum_lab.labs.network_lab import experiment
from momentum_lab.labs.settings import LINEAR_RULES, rule_choice
from momentum_lab.labs.words import function_of, offered
from momentum_lab.live.style import OWN_RULE_LOOK, RULE_LOOKS, rule_look
from momentum_lab.rules import RULES

FACTORIES = bowl, valley, phase_map, spectrum, network_lab
every_lab = pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
linear_labs = pytest.mark.parametrize("factory", FACTORIES[:4], ids=lambda f: f.__name__)


def twin(share, name):
    """A reader's rule of this name: plain with this share of its step."""

    def rule(weight, gradient, memory, learning_rate, momentum):
        return weight - share * learning_rate * gradient, memory

    rule.__name__ = name
    return rule


def first_step(result):
    """How far the first update went, as a share of the learning rate."""
    if hasattr(result, "run"):
        return result.run.step_parts[0, 0]
    if hasattr(result, "path"):
        return abs(result.path.gradient_parts[0]).max()
    return 1 - np.sqrt(result.shares[-1, 1] / result.shares[-1, 0])


# --- names ----------------------------------------------------------------------------------


def test_every_rule_on_offer_has_a_name_of_its_own():
    own = [twin(1, name) for name in ("mine", "mine", "plain", "mine", "plain", "adagrad")]
    names = ["mine", "mine (2)", "plain (yours)", "mine (3)", "plain (yours) (2)"]
    assert list(offered(own)) == [*names, "adagrad (yours)"]
    assert list(offered(own, LINEAR_RULES))[6:] == [rule.__name__ for rule in LINEAR_RULES]
    for name, rule in zip(offered(own), own, strict=True):
        assert function_of(name, own) is rule
    assert function_of("plain", own) is RULES["plain"]


def test_names_that_would_be_written_alike_are_told_apart():
    own = twin(1, "my_rule"), twin(1, "my rule"), twin(1, "heavy ball")
    options = rule_choice(own, "plain").options
    assert len(options) == 3 + len(LINEAR_RULES)
    assert list(options) == list(dict.fromkeys(options))
    assert "heavy ball (yours)" in options


def test_a_built_in_rule_that_is_handed_in_stays_what_it_is_and_is_offered_once():
    lab = bowl(RULES["heavy_ball"], RULES["heavy_ball"], RULES["adagrad"])
    assert lab.rule.value == "heavy_ball"
    assert list(lab.rule.options.values()).count("heavy_ball") == 1
    assert lab.set(rule="adagrad").result.path.rule == "adagrad"


@every_lab
def test_of_two_own_rules_of_one_name_the_first_is_chosen_and_both_are_offered(factory):
    lab = factory(twin(1, "mine"), twin(0.5, "mine"), learning_rate=0.1, momentum=0)
    assert lab.rule.value == lab.result.rule == "mine"
    whole = first_step(lab.pin().result)
    lab.rule.value = "mine (2)"
    assert first_step(lab.result) == pytest.approx(whole / 2, rel=0.01)
    assert "now: rule mine (2), " in lab.line() and "A: rule mine, " in lab.line()
    assert lab.result.label.startswith("mine (2)") and lab.pinned[0].result.label[:5] != "mine ("


@every_lab
@pytest.mark.parametrize("name", ["heavy_ball", "plain"])
def test_an_own_rule_of_a_built_in_name_stands_beside_it_in_its_own_look(factory, name):
    lab = factory(twin(0.5, name), learning_rate=0.1, momentum=0)
    assert lab.rule.value == lab.result.rule == f"{name} (yours)"
    assert rule_look(lab.result.rule) is OWN_RULE_LOOK
    assert lab.result.numbers["rule"] == f"{name.replace('_', ' ')} (yours)"
    half = first_step(lab.result)
    lab.rule.value = name
    assert rule_look(lab.result.rule) is RULE_LOOKS[name]
    assert first_step(lab.result) == pytest.approx(2 * half, rel=0.01)


def test_an_own_plain_is_not_told_that_it_uses_no_momentum():
    def plain(weight, gradient, memory, learning_rate, momentum):
        step = momentum * memory - learning_rate * gradient
        return weight + step, step

    result = bowl(plain, learning_rate=0.1, momentum=0.9).result
    assert result.numbers["β"] == "0.9" and result.finding.startswith("Ringing")
    assert "uses no momentum" not in result.sentence


def test_answers_of_the_spectrum_mean_the_built_in_rules():
    lab = spectrum(twin(0.5, "plain")).answer("plain at its best")
    assert lab.rule.value == "plain" and lab.result.is_best
    assert lab.set(rule="plain (yours)").answer("best settings").result.is_best


def test_checkers_take_an_own_rule_of_a_built_in_name_for_what_it_is():
    slow = check_valley(twin(0.01, "plain"), 1, 0, within=100, crossings=0)
    fast = check_valley("plain", 1, 0, within=300, crossings=0)
    assert fast and not slow and "not settled" in slow.words
    goal = {"within": 8, "at_most": 0.01}
    heavy = RULES["heavy_ball"]
    assert check_settings("heavy_ball", 0.01, 0.9, **goal)
    assert not check_settings(twin(0.01, "heavy_ball"), 0.01, 0.9, **goal)
    assert check_settings(heavy, 0.01, 0.9, **goal)


# --- what a rule means now ------------------------------------------------------------------

S = 1.0
settings = types.SimpleNamespace()
module = types.ModuleType("a_readers_module")


def by_a_global(weight, gradient, memory, learning_rate, momentum):
    step = momentum * memory - learning_rate * S * gradient
    return weight + step, step


def scaled(gradient):
    return S * gradient


def by_a_helper(weight, gradient, memory, learning_rate, momentum):
    step = momentum * memory - learning_rate * scaled(gradient)
    return weight + step, step


def by_a_module(weight, gradient, memory, learning_rate, momentum):
    step = momentum * memory - learning_rate * module.S * gradient
    return weight + step, step


def by_an_object(weight, gradient, memory, learning_rate, momentum):
    step = momentum * memory - learning_rate * settings.S * gradient
    return weight + step, step


@pytest.fixture(params=[by_a_global, by_a_helper, by_a_module, by_an_object])
def rule(request):
    change(1.0)
    yield request.param
    change(1.0)


def change(value):
    global S
    S = settings.S = module.S = value


def test_the_bowl_follows_a_constant_that_a_rule_reads(rule):
    lab = bowl(rule, learning_rate=1, momentum=0.5, curvature=1)
    assert "below the limit 3 of" in lab.result.sentence
    change(4.0)
    lab.set(learning_rate=1)
    assert "Diverged: learning rate 1 is above the limit 0.75 of" in lab.result.sentence
    assert lab.result.numbers["limit of α"] == "0.75"
    lab.set(learning_rate=0.05).answer("critical damping")
    expected = theory.critical_damping("heavy_ball", 1, 0.2).momentum
    assert lab.momentum.value == pytest.approx(expected, abs=1e-5)


def test_the_valley_s_best_settings_follow_a_constant_that_a_rule_reads(rule):
    lab = valley(rule).answer("best settings")
    before = lab.learning_rate.value
    change(4.0)
    lab.answer("best settings")
    assert lab.learning_rate.value == pytest.approx(before / 4, rel=1e-4)
    assert lab.result.settled


def test_the_phase_map_follows_a_constant_that_a_rule_reads(rule):
    lab = phase_map(rule, learning_rate=0.5, momentum=0.5)
    assert lab.answer("to the limit").learning_rate.value == pytest.approx(3)
    before, old_map, old = lab.set(learning_rate=0.5).picture.png(), lab.result.scene, lab.result
    change(4.0)
    lab.set(learning_rate=0.5)
    heavy = phase_map(rule="heavy_ball", momentum=0.5).result.scene
    border = np.flatnonzero((lab.result.scene.regimes == "diverging")[172])[0]
    expected = np.flatnonzero((heavy.regimes == "diverging")[172])[0]
    step = np.log(4) / np.log(1000) * (heavy.regimes.shape[1] - 1)
    assert border == pytest.approx(expected - step, abs=1)
    assert lab.result.scene is not old_map and old.scene is old_map
    assert lab.picture.png() != before
    assert lab.answer("to the limit").learning_rate.value == pytest.approx(0.75)
    lab.set(learning_rate=0.05).answer("critical damping")
    assert lab.momentum.value == pytest.approx((1 - math.sqrt(0.2)) ** 2, abs=1e-5)


def test_the_map_is_drawn_again_where_only_the_map_has_changed(rule):
    lab = phase_map(rule, rule="plain")
    lab.rule.value = rule.__name__
    seen = background(lab)
    change(4.0)
    lab.set(rule=rule.__name__)
    assert not np.array_equal(background(lab), seen)


def background(lab):
    """The pixels of the map's upper left corner, where nothing moves."""
    pixels = np.asarray(Image.open(io.BytesIO(lab.picture.live_png())))
    left, top, right, bottom = lab.picture.area("map")
    height, width = pixels.shape[:2]
    return pixels[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]


def test_the_spectrum_follows_a_constant_that_a_rule_reads(rule):
    lab = spectrum(rule, momentum=0.5).answer("best settings")
    before, curve, best = lab.learning_rate.value, lab.result.curves[rule.__name__], lab.result.best
    change(4.0)
    lab.answer("best settings")
    assert lab.learning_rate.value == pytest.approx(before / 4, rel=1e-4)
    assert lab.result.curves[rule.__name__] is not curve  # the same numbers, but made anew
    assert lab.result.best.learning_rate == pytest.approx(best.learning_rate / 4, rel=1e-4)
    assert lab.result.is_best
    change(0.0)
    with pytest.raises(ValueError, match="does not converge"):
        lab.set(momentum=0.4)


def test_a_curve_follows_a_constant_that_changes_how_fast_a_rule_can_be():
    global S

    def damped(weight, gradient, memory, learning_rate, momentum):
        step = S * momentum * memory - learning_rate * gradient
        return weight + step, step

    lab = spectrum(damped)
    free = lab.result.curves["damped"]
    np.testing.assert_allclose(free, lab.result.curves["heavy_ball"], rtol=1e-3)
    try:
        S = 0.0
        lab.set(momentum=0.4)
    finally:
        S = 1.0
    tied = lab.result.curves["damped"]
    np.testing.assert_allclose(tied, lab.result.curves["plain"], rtol=1e-3)


# --- where theory cannot look ---------------------------------------------------------------


def fragile(weight, gradient, memory, learning_rate, momentum):
    if np.any(weight < -100):
        raise RuntimeError("no such place")
    return weight - learning_rate * gradient, memory


def rooted(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * math.copysign(math.sqrt(abs(gradient)), gradient), memory


def warns(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * gradient * (1 + 0 * np.sqrt(weight + 99)), memory


@pytest.mark.parametrize("own", [fragile, rooted, warns])
@pytest.mark.parametrize("factory", [bowl, valley], ids=lambda factory: factory.__name__)
def test_a_rule_that_theory_cannot_probe_is_drawn_without_a_limit(factory, own):
    lab = factory(own, learning_rate=0.5)
    assert "theory knows no limit for it" in lab.result.sentence
    assert lab.result.numbers["limit of α"] == "–"
    assert lab.result.n_updates > 10 and lab.picture.png()
    before = lab.values
    for name in lab.answers:
        assert lab.answer(name).values == before


@pytest.mark.parametrize("own", [rooted, warns])
@pytest.mark.parametrize("factory", [phase_map, spectrum], ids=lambda factory: factory.__name__)
def test_a_rule_without_roots_is_refused_in_words_and_nothing_else_leaks(factory, own):
    with pytest.raises(ValueError, match=own.__name__):  # a warning would be an error, too
        factory(own)


def late(weight, gradient, memory, learning_rate, momentum):
    return weight - (learning_rate - 0.05) * gradient, memory


@pytest.mark.parametrize("factory", [bowl, valley, phase_map], ids=lambda f: f.__name__)
def test_the_limit_of_a_rule_that_is_stable_only_later_agrees_with_its_regime(factory):
    lab = factory(late, learning_rate=1)
    sentence = lab.result.sentence
    assert "any learning rate" not in sentence and "above the limit" not in sentence
    assert "2.05" in sentence  # its upper end
    lab.set(learning_rate=0.03)
    assert lab.result.finding.startswith("Diverging")
    assert "above the limit" not in lab.result.sentence
    if factory is not phase_map:
        assert "is below the limit 2.05 of late" in lab.result.sentence
        assert "but in a range where it diverges" in lab.result.sentence
    lab.set(learning_rate=10)
    assert "above the limit" in lab.result.sentence


# --- the work of one event ------------------------------------------------------------------

calls = []


def counting(weight, gradient, memory, learning_rate, momentum):
    calls.append(1)
    step = momentum * memory - learning_rate * gradient
    return weight + step, step


@pytest.mark.parametrize("batch_size", [1, 20, "all"])
@pytest.mark.parametrize(("data_set", "hidden_units"), [("iris", 7), ("digits", 30)])
def test_a_rule_that_runs_as_python_is_called_a_bounded_number_of_times(
    monkeypatch, data_set, hidden_units, batch_size
):
    monkeypatch.setattr(experiment, "MOST_CALLS", 20_000)
    wanted = {"data_set": data_set, "hidden_units": hidden_units, "batch_size": batch_size}
    calls.clear()
    result = experiment.train_lab(
        (counting,), "counting", learning_rate=0.01, momentum=0.5, epochs=200, seed=0, **wanted
    )
    assert not kernels.is_compiled(counting)
    updates_less_than_one = 2 * result.run.network.n_weights
    assert 0 < len(calls) <= 20_000 + updates_less_than_one + 10
    assert f"Only {result.epochs} of 200 epochs" in result.sentence
    assert "counting has to run as plain Python" in result.sentence
    assert result.run.batch_size <= result.n_items <= result.wanted_items
    if result.n_items < result.wanted_items:
        assert f"with {result.n_items} of {result.wanted_items:,} items" in result.sentence
        assert result.epochs == 1


def test_a_compiled_rule_trains_in_full():
    result = network_lab(twin(1, "mine")).result
    assert (result.epochs, result.n_items) == (50, 120) and "Only" not in result.sentence


@linear_labs
def test_a_rule_that_logs_its_calls_takes_no_longer_with_each_event(factory):
    lab = factory(counting)
    counts = []
    for momentum in (0.3, 0.35, 0.4, 0.45):
        calls.clear()
        lab.momentum.value = momentum
        counts.append(len(calls))
    assert max(counts) <= 1.5 * min(counts) and max(counts) < 10_000
