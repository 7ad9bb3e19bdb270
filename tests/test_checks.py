"""Predictions and checkers: right answers pass, each slip gets its hint, all in one line."""

import html
import re

import numpy as np
import pytest

from momentum_lab import checks, theory
from momentum_lab.checks import (
    NUMBER_EXERCISES,
    Prediction,
    Verdict,
    check_edge,
    check_number,
    check_rule,
    check_settings,
    predict,
)
from momentum_lab.rules import RULES

QUESTION = 'Is 1 < 2, or "more"?'
OPTIONS = {
    "yes": "One is less than two.",
    "no & never": "Count on your fingers: 1 < 2.",
    "both": "It cannot be both.",
}


def ask():
    return predict(QUESTION, OPTIONS, "yes")


def assert_one_line(verdict, passed, *words):
    """A checker's answer: passed or not, in one line of readable length with these words."""
    assert isinstance(verdict, Verdict)
    assert bool(verdict) is verdict.passed is passed
    line = repr(verdict)
    assert line == f"{'✓' if passed else '✗'} {verdict.words}"
    assert len(line.splitlines()) == 1 and len(line) < 250
    for word in words:
        assert word in line


# --- predictions ----------------------------------------------------------------------------


def test_a_prediction_opens_unchosen_and_its_button_waits():
    asked = ask()
    assert isinstance(asked, Prediction)
    assert asked.choices.value is None and asked.choices.options == tuple(OPTIONS)
    assert asked.button.disabled
    assert asked.feedback.value == ""


def test_nothing_is_told_before_a_choice():
    asked = ask()
    assert_one_line(asked.check(), False, "Choose first")
    assert "less than" not in asked.feedback.value


def test_the_right_choice_is_explained():
    asked = ask().choose("yes")
    assert not asked.button.disabled
    assert_one_line(asked.check(), True, "Yes. ", OPTIONS["yes"])
    assert 'role="status" class="ml-right"' in asked.feedback.value
    assert OPTIONS["yes"] in asked.feedback.value


@pytest.mark.parametrize("wrong", ["no & never", "both"])
def test_every_wrong_choice_has_its_own_explanation(wrong):
    asked = ask()
    asked.choices.value = wrong
    asked.button.click()
    assert 'role="status"' in asked.feedback.value and "ml-right" not in asked.feedback.value
    assert f"Not so. {OPTIONS[wrong]}" in html.unescape(asked.feedback.value)
    assert OPTIONS["yes"] not in asked.feedback.value, "the answer is not given away"
    assert_one_line(asked.check(), False, OPTIONS[wrong])


def test_a_new_choice_takes_the_old_explanation_away():
    asked = ask().choose("both")
    asked.check()
    asked.choose("yes")
    assert asked.feedback.value == "" and not asked.button.disabled


def test_an_unknown_choice_or_answer_suggests_the_nearest():
    with pytest.raises(ValueError, match="unknown choice 'bot': did you mean 'both'"):
        ask().choose("bot")
    with pytest.raises(ValueError, match="unknown answer 'yess': did you mean 'yes'"):
        predict(QUESTION, OPTIONS, "yess")


def test_a_prediction_without_a_kernel_holds_the_answer_back():
    bundle = ask()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    page = bundle["text/html"]
    before, _, hidden = page.partition("<details>")
    assert html.escape(QUESTION) in before
    assert all(f"<li>{html.escape(option)}</li>" in before for option in OPTIONS)
    assert not any(html.escape(why) in before for why in OPTIONS.values())
    assert re.fullmatch(r"<summary>.+?</summary>(.+)</details>", hidden)[1].startswith("yes. ")
    assert html.escape(OPTIONS["yes"]) in hidden
    line = bundle["text/plain"]
    assert line == f"Predict: {QUESTION} yes / no & never / both"


def test_signs_of_html_are_escaped():
    asked = ask().choose("no & never")
    asked.check()
    shown = [
        w.value for w in asked.widget.children if hasattr(w, "value") and w is not asked.choices
    ]
    assert any("1 &lt; 2" in words for words in shown)
    assert "1 < 2" not in asked.feedback.value
    assert "no &amp; never" in asked._repr_mimebundle_()["text/html"]


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


def test_the_answers_are_those_of_the_formulas():
    assert NUMBER_EXERCISES["new weight"]().expected == pytest.approx(-1.2 - 0.1 * 0.8 - 0.9 * 0.05)
    first = next(n for n in range(1, 50) if (1 - 0.9**n) / (1 - 0.9) > 5)
    assert NUMBER_EXERCISES["updates to five"]().expected == first


@pytest.mark.parametrize("exercise", NUMBER_EXERCISES)
def test_a_right_number_passes_to_one_part_in_a_thousand(exercise):
    expected = NUMBER_EXERCISES[exercise]().expected
    for answer in (expected, float(expected), expected * 1.0009, np.float32(expected)):
        assert_one_line(check_number(exercise, answer), True, f"{exercise}: ", "is right")
    for answer in (expected * 1.002, expected * 0.998, -expected, 0):
        assert_one_line(check_number(exercise, answer), False, f"{exercise}: ", "is not it")


@pytest.mark.parametrize("exercise", NUMBER_EXERCISES)
def test_every_slip_gets_its_own_hint(exercise):
    asked = NUMBER_EXERCISES[exercise]()
    assert asked.slips
    for slip, hint in asked.slips.items():
        assert_one_line(check_number(exercise, slip), False, hint)
    assert len(set(asked.slips.values())) == len(asked.slips)


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


@pytest.mark.parametrize("exercise", NUMBER_EXERCISES)
def test_a_number_that_is_not_there_yet_is_not_answered_yet(exercise):
    for missing in (None, ...):
        assert_one_line(check_number(exercise, missing), False, f"{exercise}: not answered yet")


@pytest.mark.parametrize("bad", ["seven", [1, 2], {}, 1j, np.eye(30), "x\ny", float])
def test_what_is_no_number_is_asked_for_again(bad):
    assert_one_line(check_number("new weight", bad), False, "give one number, got")
    assert_one_line(check_edge(bad, "plain", 2.0, 0.5), False, "give one number, got")


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_not_it(odd):
    assert_one_line(check_number("new weight", odd), False, "is not it")
    assert_one_line(check_edge(odd, "plain", 2.0, 0.5), False, "is not it")


def test_an_unknown_exercise_suggests_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'new weight'"):
        check_number("new weigt", 1.0)


# --- an edge --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "limit"), [("plain", 2), ("heavy_ball", 3.8), ("nesterov", 3.8 / 2.8)]
)
def test_the_edge_passes_to_one_part_in_a_hundred(rule, limit):
    for answer in (limit / 4, limit / 4 * 1.009):
        assert_one_line(check_edge(answer, rule, 4.0, 0.9), True, "is right")
    assert_one_line(check_edge(limit / 4 * 1.02, rule, 4.0, 0.9), False, "is not it")
    assert_one_line(check_edge(limit, rule, 4.0, 0.9), False, "divide it by the curvature")
    for missing in (None, ...):
        assert_one_line(check_edge(missing, rule, 4.0, 0.9), False, "not answered yet")


def test_the_edge_of_another_rule_is_recognised():
    plains = theory.learning_rate_limit("plain", 4.0, 0.9)
    verdict = check_edge(plains, "nesterov", 4.0, 0.9)
    assert_one_line(verdict, False, "is the edge of plain")


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
    monkeypatch.setattr(checks, "train_lab", lambda *args: pytest.fail("it trained"))
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
