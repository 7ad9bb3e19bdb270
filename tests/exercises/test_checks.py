"""Checkers: right answers pass, each slip gets its hint, all in one line."""

import re

import numpy as np
import pytest

from momentum_lab import theory
from momentum_lab.exercises import (
    check_best_rate,
    check_fate,
    check_hidden_layer,
    check_limit,
    check_number,
    check_own_limit,
    check_rule,
    check_settings,
    check_valley,
)
from momentum_lab.exercises.numbers import number_exercises
from momentum_lab.exercises.verdict import Verdict
from momentum_lab.labs.words import in_words
from momentum_lab.rules import RULES


def assert_one_line(verdict, passed, *words):
    """A checker's answer: passed or not, in one line of readable length with these words."""
    assert isinstance(verdict, Verdict)
    assert bool(verdict) is verdict.passed is passed
    line = repr(verdict)
    assert line == f"{'✓' if passed else '✗'} {verdict.words}"
    assert len(line.splitlines()) == 1 and len(line) < 250
    for word in words:
        assert word in line


# --- a rule ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_every_built_in_rule_passes_its_own_check(name):
    assert_one_line(check_rule(RULES[name], name), True, "right in 200 random updates")


@pytest.mark.parametrize("name", RULES)
def test_no_other_rule_passes(name):
    for other, rule in RULES.items():
        if other != name:
            assert_one_line(check_rule(rule, name), False, "should be")


def stub_without_return(weight, gradient, prev_step, learning_rate, momentum):
    pass


def stub_not_implemented(weight, gradient, prev_step, learning_rate, momentum):
    raise NotImplementedError


@pytest.mark.parametrize("stub", [stub_without_return, stub_not_implemented, None, ...])
def test_a_stub_is_not_written_yet(stub):
    assert_one_line(check_rule(stub, "heavy_ball"), False, "heavy ball: not written yet")


def returning(value):
    return lambda weight, gradient, prev_step, learning_rate, momentum: value


def test_a_rule_that_raises_is_quoted_in_one_line():
    def broken(weight, gradient, prev_step, learning_rate, momentum):
        raise RuntimeError("first line\nsecond line" + 500 * "!")

    assert_one_line(
        check_rule(broken, "plain"), False, "plain: it raised RuntimeError", "first line"
    )


def test_a_rule_with_too_few_arguments_is_told_so():
    verdict = check_rule(lambda weight, gradient: (weight, gradient), "plain")
    assert_one_line(verdict, False, "it raised TypeError", "positional arguments")


@pytest.mark.parametrize("value", [1.0, (1.0,), (1.0, 2.0, 3.0), "ab", np.eye(30), {"w": 1}])
def test_a_rule_must_return_two_things(value):
    verdict = check_rule(returning(value), "heavy_ball")
    assert_one_line(verdict, False, "return two things, weight and memory; got")


@pytest.mark.parametrize(
    "value", [("a", "b"), (None, None), (1.0, None), ([1, 2], 3.0), (np.zeros(40), 0.0), (1j, 0.0)]
)
def test_both_things_must_be_numbers(value):
    assert_one_line(check_rule(returning(value), "heavy_ball"), False, "heavy ball: ")


@pytest.mark.parametrize("number", [0.0, float("nan"), float("inf"), np.float64(1), np.array(0.0)])
def test_a_wrong_number_is_shown_beside_the_right_one(number):
    verdict = check_rule(returning((number, 0.0)), "heavy_ball")
    assert_one_line(verdict, False, "the weight should be", f"got {float(number):.6g}")


def test_a_wrong_memory_is_found_where_the_weight_is_right():
    def forgets(weight, gradient, prev_step, learning_rate, momentum):
        step = momentum * prev_step - learning_rate * gradient
        return weight + step, -learning_rate * gradient

    verdict = check_rule(forgets, "heavy_ball")
    assert_one_line(verdict, False, "the memory should be")
    weight, gradient, memory, rate, kept = map(
        float, re.search(r"rule\(([^)]*)\)", verdict.words)[1].split(", ")
    )
    should_be = float(re.search(r"should be (\S+),", verdict.words)[1])
    assert should_be == pytest.approx(kept * memory - rate * gradient, abs=0.02)


def test_a_list_of_two_numbers_is_as_good_as_a_tuple():
    def listing(weight, gradient, memory, learning_rate, momentum):
        return [weight - learning_rate * gradient, memory]

    assert_one_line(check_rule(listing, "plain"), True)


def test_a_small_error_in_a_rule_is_found():
    def nearly(weight, gradient, memory, learning_rate, momentum):
        return weight - 1.0000001 * learning_rate * gradient, memory

    assert_one_line(check_rule(nearly, "plain"), False, "the weight should be")


def test_an_unknown_rule_to_compare_with_is_refused():
    with pytest.raises(ValueError, match="did you mean 'heavy_ball'"):
        check_rule(RULES["heavy_ball"], "heavyball")


# --- a number -------------------------------------------------------------------------------


def right_answer(exercise):
    return next(iter(number_exercises()[exercise]))


def test_the_answers_are_those_of_the_formulas():
    assert right_answer("new weight") == pytest.approx(-1.2 - 0.1 * 0.8 - 0.9 * 0.05)
    first = next(n for n in range(1, 50) if (1 - 0.9**n) / (1 - 0.9) > 5)
    assert right_answer("updates to five") == first
    assert right_answer("fourth step") == 1 - 0.5 + 0.25 - 0.125
    assert right_answer("highest limit") == pytest.approx(3)
    assert right_answer("just right") == pytest.approx(1 / 4)
    settled = np.ceil(np.log(0.05) / np.log(1 - 0.03))
    assert right_answer("updates to settle") == settled
    assert right_answer("best for two") == pytest.approx(2 / (0.5 + 4.5))
    assert right_answer("best momentum") == pytest.approx(4 / 9, rel=1e-4)
    assert right_answer("rare item") == pytest.approx(2 * (1 - 0.8) / 4)
    assert right_answer("same effective") == pytest.approx(0.04 * (1 + 0.5) * (1 - 0.75))


def test_the_condition_number_asked_for_has_the_best_momentum_nine_tenths():
    expected = right_answer("condition number")
    assert theory.best_settings("heavy_ball", expected).momentum == pytest.approx(0.9, rel=1e-5)


def test_at_the_agreement_asked_for_the_posts_steps_are_as_long_as_its_deltas():
    rng, gradients = np.random.default_rng(0), [0.0]
    for new in rng.normal(size=50_000):
        gradients.append(right_answer("agreement") * gradients[-1] + new)
    steps = theory.response("previous_delta", gradients, 1.0, 0.8).steps
    assert (steps**2).sum() / np.square(gradients).sum() == pytest.approx(1, rel=0.02)


@pytest.mark.parametrize("exercise", number_exercises())
def test_a_right_number_passes_to_one_part_in_a_thousand(exercise):
    expected = right_answer(exercise)
    for answer in (expected, float(expected), expected * 1.0009, np.float32(expected)):
        assert_one_line(check_number(exercise, answer), True, f"{exercise}: ", "is right")
    for answer in (expected * 1.002, expected * 0.998, -expected, 0):
        assert_one_line(check_number(exercise, answer), False, f"{exercise}: ", "is not it")


@pytest.mark.parametrize("exercise", number_exercises())
def test_every_slip_gets_its_own_hint(exercise):
    (_, right), *slips = number_exercises()[exercise].items()
    assert right == "right" and slips
    for slip, hint in slips:
        assert_one_line(check_number(exercise, slip), False, f"is not it: {hint}")
    assert len({hint for _slip, hint in slips}) == len(slips)


@pytest.mark.parametrize(
    ("slip", "hint"),
    [
        (-1.2 + 0.08 - 0.045, "the gradient points uphill"),
        (-1.2 - 0.08, "the memory part is missing"),
        (-1.2 - 0.08 - 0.05, "the previous delta is not yet times momentum"),
    ],
)
def test_the_slips_of_the_new_weight_are_those_of_a_pencil(slip, hint):
    assert_one_line(check_number("new weight", slip), False, hint)


@pytest.mark.parametrize("exercise", number_exercises())
def test_a_number_that_is_not_there_yet_is_not_answered_yet(exercise):
    for missing in (None, ...):
        assert_one_line(check_number(exercise, missing), False, f"{exercise}: not answered yet")


@pytest.mark.parametrize("bad", ["seven", [1, 2], {}, 1j, np.eye(30), "x\ny", float])
def test_what_is_no_number_is_asked_for_again(bad):
    assert_one_line(check_number("new weight", bad), False, "give one number, got")
    assert_one_line(check_limit(bad, "plain", 2.0, 0.5), False, "give one number, got")


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_not_it(odd):
    assert_one_line(check_number("new weight", odd), False, "is not it")
    assert_one_line(check_limit(odd, "plain", 2.0, 0.5), False, "is not it")


def test_an_unknown_exercise_suggests_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'new weight'"):
        check_number("new weigt", 1.0)


# --- the fate of plain ----------------------------------------------------------------------


def fate(learning_rate, curvature):
    a = learning_rate * curvature
    if a <= 1:
        return "smooth"
    if a < 2:
        return "sign-flipping"
    return "edge" if a == 2 else "diverging"


def test_the_right_fate_of_every_learning_rate_passes():
    assert_one_line(check_fate(fate), True, "right at 120 pairs")


@pytest.mark.parametrize("name", ["smooth", "sign-flipping", "edge", "diverging"])
def test_each_fate_can_be_missed(name):
    def misses(learning_rate, curvature):
        found = fate(learning_rate, curvature)
        return "ringing" if found == name else found

    assert_one_line(check_fate(misses), False, f"it should be \"{name}\", got 'ringing'")


def test_a_fate_that_forgets_the_curvature_is_told_where():
    verdict = check_fate(lambda learning_rate, curvature: fate(learning_rate, 1))
    assert_one_line(verdict, False, "at learning rate 0.375 and curvature 4 it should be")


@pytest.mark.parametrize("stub", [None, ..., lambda a, b: None, lambda a, b: ...])
def test_a_fate_that_is_not_there_yet_is_not_written_yet(stub):
    assert_one_line(check_fate(stub), False, "fate: not written yet")


def test_a_fate_that_is_bent_gets_one_line():
    def unfinished(learning_rate, curvature):
        raise NotImplementedError

    assert_one_line(check_fate(unfinished), False, "not written yet")
    assert_one_line(check_fate(lambda a: "edge"), False, "it raised TypeError")
    assert_one_line(check_fate(lambda a, b: np.eye(9)), False, 'should be "smooth"')


# --- a limit -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "limit"), [("plain", 2), ("heavy_ball", 3.8), ("nesterov", 3.8 / 2.8)]
)
def test_the_limit_passes_to_one_part_in_a_hundred(rule, limit):
    for answer in (limit / 4, limit / 4 * 1.009):
        assert_one_line(check_limit(answer, rule, 4.0, 0.9), True, "is right")
    assert_one_line(check_limit(limit / 4 * 1.02, rule, 4.0, 0.9), False, "is not it")
    assert_one_line(check_limit(limit, rule, 4.0, 0.9), False, "divide it by the curvature")
    for missing in (None, ...):
        assert_one_line(check_limit(missing, rule, 4.0, 0.9), False, "not answered yet")


def test_the_limit_of_another_rule_is_recognised():
    plains = theory.learning_rate_limit("plain", 4.0, 0.9)
    verdict = check_limit(plains, "nesterov", 4.0, 0.9)
    assert_one_line(verdict, False, "is the limit of plain")


# --- a rule of one's own, and its limit -----------------------------------------------------


def mix(share):
    """Between previous-delta (share 0) and heavy ball (share 1)."""

    def mixed(weight, gradient, memory, learning_rate, momentum):
        delta = -learning_rate * gradient
        return weight + delta + momentum * memory, delta + share * momentum * memory

    return mixed


def test_the_limit_of_a_mix_passes_from_eight_ninths_on():
    assert_one_line(check_own_limit(mix(8 / 9)), True, "its lowest limit is αλ = 2 at momentum 0.9")
    assert_one_line(
        check_own_limit(mix(0.88)), False, "diverges above", "at momentum 0.9 (goal: 2)"
    )
    assert_one_line(check_own_limit(mix(0.9), at_least=2.12), False, "αλ = 2.111", "(goal: 2.12)")


def test_a_known_rule_is_not_ones_own():
    for name in ("plain", "previous_delta", "heavy_ball", "nesterov", "averaged"):
        assert_one_line(check_own_limit(RULES[name]), False, f"this is {in_words(name)}; make it")
    assert_one_line(check_own_limit(mix(1)), False, "this is heavy ball")


def test_to_go_slowly_is_no_way_to_a_higher_limit():
    def timid(weight, gradient, memory, learning_rate, momentum):
        return mix(0)(weight, gradient / 2, memory, learning_rate, momentum)

    slow = "steady gain at momentum 0.1 is 0.55 (goal: 1.1)"
    assert_one_line(check_own_limit(timid), False, "slow", slow)


def test_a_rule_that_is_missing_or_bent_gets_one_line():
    def stub(weight, gradient, memory, learning_rate, momentum):
        raise NotImplementedError

    for missing in (None, ..., stub):
        assert_one_line(check_own_limit(missing), False, "own rule: not written yet")
    assert_one_line(check_own_limit(RULES["adagrad"]), False, "must be linear")
    assert_one_line(check_own_limit(lambda weight, *_: weight), False, "must return")
    assert_one_line(check_own_limit(7), False, "not callable")


# --- a rule of one's own, and its best rate -------------------------------------------------


def test_a_mix_beats_the_goal_where_it_remembers_enough():
    words = "mixed at its best", "α 3.22, β 0.5084: 37.59 updates (goal: under 50 at condition "
    assert_one_line(check_best_rate(mix(2 / 3)), True, *words)
    assert_one_line(check_best_rate(mix(1 / 4)), False, "52.69 updates (goal: under 50")
    assert_one_line(check_best_rate(mix(1 / 4), within=53), True)
    assert_one_line(check_best_rate(mix(1 / 4), condition_number=50), True)


def test_a_known_rule_does_not_count_as_ones_own_best():
    for name in ("plain", "previous_delta", "heavy_ball", "nesterov", "averaged"):
        assert_one_line(check_best_rate(RULES[name]), False, f"this is {in_words(name)}; make it")


def test_a_rule_that_looks_at_its_weight_does_not_count():
    def home(weight, gradient, memory, learning_rate, momentum):
        return 0.5 * weight - learning_rate * gradient, memory

    def stores_the_place(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * gradient, 0.1 * weight

    for cheat in (home, stores_the_place):
        assert_one_line(check_best_rate(cheat), False, "the gradient and the memory only")


def test_a_best_rate_of_a_rule_that_is_missing_or_bent_gets_one_line():
    def stub(weight, gradient, memory, learning_rate, momentum):
        raise NotImplementedError

    def uphill(weight, gradient, memory, learning_rate, momentum):
        return weight + learning_rate * gradient, memory

    for missing in (None, ..., stub):
        assert_one_line(check_best_rate(missing), False, "own rule: not written yet")
    assert_one_line(check_best_rate(RULES["adagrad"]), False, "must be linear")
    assert_one_line(check_best_rate(lambda weight, *_: weight), False, "own rule: ")
    assert_one_line(check_best_rate(uphill), False, "does not converge")
    assert_one_line(check_best_rate(7), False, "not callable")


# --- settings -------------------------------------------------------------------------------

GOAL = {"within": 8, "at_most": 0.02}


def slow_motion(weight, gradient, memory, learning_rate, momentum):
    return weight - 1e-6 * gradient, memory


def test_settings_that_reach_the_goal_pass():
    verdict = check_settings("heavy_ball", 0.01, 0.9, **GOAL)
    assert_one_line(verdict, True, "goal: within 8, every seed", "seeds 0 to 4")
    epochs = re.search(r"at epoch ([\d, ]+) for", verdict.words)[1].split(", ")
    assert len(epochs) == 5 and all(1 <= int(epoch) <= 8 for epoch in epochs)


def test_settings_that_miss_the_goal_say_when_they_would_reach_it():
    verdict = check_settings("plain", 0.02, 0.0, **GOAL)
    assert_one_line(verdict, False)
    epochs = re.search(r"at epoch ([\w, ]+) for", verdict.words)[1].split(", ")
    assert any(epoch == "never" or int(epoch) > 8 for epoch in epochs)


def test_one_seed_that_misses_is_a_miss():
    by_seed = re.search(
        r"at epoch ([\d, ]+) for", check_settings("heavy_ball", 0.01, 0.9, **GOAL).words
    )[1]
    slowest = max(map(int, by_seed.split(", ")))
    goal = GOAL | {"within": slowest - 1}
    assert_one_line(check_settings("heavy_ball", 0.01, 0.9, **goal), False)


def test_a_rule_that_never_gets_there_is_never():
    assert_one_line(check_settings(slow_motion, 0.01, 0.5, **GOAL), False, "never, never")


def test_settings_with_a_readers_own_rule_are_judged_as_a_built_in_one():
    def mine(weight, gradient, memory, learning_rate, momentum):
        step = momentum * memory - learning_rate * gradient
        return weight + step, step

    own = check_settings(mine, 0.01, 0.9, **GOAL)
    assert own == check_settings("heavy_ball", 0.01, 0.9, **GOAL) and own.passed


def test_a_learning_rate_above_the_limit_is_refused_without_training(monkeypatch):
    monkeypatch.setattr(
        "momentum_lab.exercises.checks.train", lambda *args: pytest.fail("it trained")
    )
    verdict = check_settings("heavy_ball", 0.021, 0.9, **GOAL)
    assert_one_line(verdict, False, "the learning rate may be at most 0.02")


@pytest.mark.parametrize("missing", [None, ...])
def test_settings_that_are_not_there_yet_are_not_chosen_yet(missing):
    for settings in ((missing, 0.01, 0.9), ("plain", missing, 0.9), ("plain", 0.01, missing)):
        assert_one_line(check_settings(*settings, **GOAL), False, "settings: not chosen yet")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (("heavyball", 0.01, 0.9), ValueError, "did you mean 'heavy_ball'"),
        (("plain", -0.01, 0.9), ValueError, "learning_rate must be greater than 0"),
        (("plain", float("nan"), 0.9), ValueError, "learning_rate must be finite"),
        (("plain", "fast", 0.9), TypeError, "learning_rate must be numbers, got 'fast'"),
        (("plain", 0.01, 1.2), ValueError, r"momentum must be in \[0, 1\), got 1.2"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        check_settings(*settings, **GOAL)


# --- the valley -----------------------------------------------------------------------------

CALM = {"within": 15, "crossings": 7}


def forgetful(weight, gradient, prev_step, learning_rate, momentum):
    if prev_step * gradient > 0:
        prev_step = 0.0
    step = momentum * prev_step - learning_rate * gradient
    return weight + step, step


def test_a_rule_that_forgets_what_points_uphill_meets_the_goal_of_the_valley():
    words = "settled after 15 updates, crossings 7, overshoots 0 (goal: within 15, at most"
    assert_one_line(check_valley(forgetful, 0.75, 0.925, **CALM), True, words)


def distances_in_the_valley(rule, learning_rates, momenta, updates):
    """How far from the minimum all these settings are after so many updates, in starts."""
    start = np.array([-5.0, -2.0])
    weights, memory = np.tile(start, (len(momenta), 1)), 0.0
    for _ in range(updates):
        weights, memory = RULES[rule](
            weights, weights * [1 / 50, 1], memory, learning_rates[:, None], momenta[:, None]
        )
    return np.linalg.norm(weights, axis=1) / np.linalg.norm(start)


@pytest.mark.parametrize("rule", ["plain", "previous_delta", "heavy_ball", "nesterov", "averaged"])
def test_no_built_in_rule_meets_the_goal_of_the_valley(rule):
    settings = np.array([(a / 5, b / 20) for a in range(1, 31) for b in range(20)])
    far = distances_in_the_valley(rule, *settings.T, updates=CALM["within"]) > 0.051
    assert far[::20].all()  # without momentum none is near
    # Who is far cannot have settled, so of those a few are enough.
    for each in [*settings[~far], *settings[far][::10]]:
        assert not check_valley(rule, *each, **CALM)


@pytest.mark.parametrize(
    ("settings", "goal"),
    [
        ((0.75, 0.925), {"within": 14, "crossings": 7}),
        ((0.75, 0.925), {"within": 15, "crossings": 6}),
        ((1.4, 0.95), {"within": 15, "crossings": 15}),  # past the minimum, once
    ],
)
def test_each_part_of_the_goal_of_the_valley_counts(settings, goal):
    assert_one_line(check_valley(forgetful, *settings, **goal), False, "valley: settled after")


def test_a_valley_without_an_answer_or_with_a_bent_one_gets_one_line():
    def stub(weight, gradient, memory, learning_rate, momentum):
        raise NotImplementedError

    assert_one_line(check_valley(None, 1, 0.5, **CALM), False, "valley: not chosen yet")
    assert_one_line(check_valley(stub, 1, 0.5, **CALM), False, "valley: not written yet")
    assert_one_line(check_valley(lambda w: w, 1, 0.5, **CALM), False, "raised TypeError")
    assert_one_line(check_valley("plain", 1, 2, **CALM), False, "momentum must be in [0, 1)")
    assert_one_line(check_valley("plain", 2.5, 0, **CALM), False, "valley: not settled")


# --- the hidden layer of back-propagation ---------------------------------------------------


def layer(sign=1, slope=True, bias=1, transposed=False):
    """The gradients of a hidden layer, right unless told otherwise."""

    def hidden_layer(inputs, hidden, o_signals, ho_weights):
        h_signals = sign * (ho_weights @ o_signals) * ((1 - hidden**2) if slope else 1)
        ih_grads = np.outer(inputs, h_signals)
        return ih_grads.T if transposed else ih_grads, bias * h_signals

    return hidden_layer


def test_the_right_hidden_layer_passes():
    assert_one_line(check_hidden_layer(layer()), True, "right for 20 random networks")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (layer(sign=-1), "ih_weights is not right: its sign is swapped"),
        (layer(slope=False), "ih_weights is not right: the slope of tanh"),
        (layer(bias=0), "h_biases is not right: a bias has a gradient, too"),
        (layer(bias=-1), "h_biases is not right: its sign is swapped"),
        (layer(sign=1.001), "ih_weights is not right: check each factor"),
        (layer(bias=0.999), "h_biases is not right: check each factor"),
        (layer(transposed=True), "ih_weights must have shape (4, 5), got (5, 4)"),
        (lambda *arguments: layer()(*arguments)[0], "return two things"),
        (lambda *arguments: (layer()(*arguments)[0], 1), "h_biases must have shape (5,), got ()"),
        (lambda *arguments: (layer()(*arguments)[0], ...), "not written yet"),
        (lambda *arguments: None, "not written yet"),
        (lambda *arguments: 1 / 0, "it raised ZeroDivisionError"),
    ],
)
def test_what_is_wrong_in_a_hidden_layer_is_told(wrong, words):
    assert_one_line(check_hidden_layer(wrong), False, "hidden layer: ", words)
