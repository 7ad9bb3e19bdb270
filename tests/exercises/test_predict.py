"""Predictions: chosen, changed, revealed."""

import html
import re

import pytest

from momentum_lab.exercises import predict
from momentum_lab.exercises.predict import Prediction
from momentum_lab.exercises.verdict import Verdict

QUESTION = 'Is 1 < 2, or "more"?'
OPTIONS = {
    "yes": "One is less than two.",
    "no & never": "Count on your fingers: 1 < 2.",
    "both": "It cannot be both.",
}
ANSWER = "The answer: yes. One is less than two."


def ask():
    return predict(QUESTION, OPTIONS, "yes")


def press(asked):
    """Press the button as a browser does."""
    asked.box.pressed += 1


def state(asked):
    """All that the browser knows of a prediction."""
    return str(asked.box.get_state(["question", "options", "choice", "told"]))


def test_a_prediction_opens_unchosen():
    asked = ask()
    assert isinstance(asked, Prediction)
    assert asked.choice is None and not asked.is_revealed
    assert (asked.box.question, asked.box.options) == (QUESTION, list(OPTIONS))


def test_nothing_is_told_before_a_choice():
    asked = ask()
    verdict = asked.check()
    assert not verdict and verdict.words == "Choose first, then look."
    press(asked)
    assert not asked.is_revealed


@pytest.mark.parametrize("choice", OPTIONS)
def test_the_browser_knows_no_explanation_before_the_choice_is_checked(choice):
    asked = ask().choose(choice)
    assert not any(why in state(asked) for why in OPTIONS.values())
    press(asked)
    assert OPTIONS[choice] in state(asked) and OPTIONS["yes"] in state(asked)


def test_a_choice_can_be_changed_and_nothing_is_said_until_it_is_checked():
    asked = ask()
    for choice in [*OPTIONS, *OPTIONS]:
        asked.box.choice = list(OPTIONS).index(choice)
        assert asked.choice == choice and asked.box.told == []
    press(asked)
    assert asked.box.told[0] == ["ml-note", "Not so. It cannot be both."]


def test_the_right_choice_is_explained_once():
    asked = ask().choose("yes")
    assert asked.check() == Verdict(True, "Yes. One is less than two.")
    assert asked.box.told == [["ml-right", "Yes. One is less than two."]]


@pytest.mark.parametrize("wrong", ["no & never", "both"])
def test_a_wrong_choice_is_explained_and_so_is_the_answer(wrong):
    asked = ask().choose(wrong)
    assert asked.check() == Verdict(False, f"Not so. {OPTIONS[wrong]} {ANSWER}")
    assert asked.box.told == [["ml-note", f"Not so. {OPTIONS[wrong]}"], ["ml-right", ANSWER]]


def test_a_revealed_choice_stays_as_it_was():
    asked = ask().choose("both")
    before = asked.check()
    assert asked.is_revealed and asked.choice == "both"
    with pytest.raises(ValueError, match=r"the answer has been shown; again\(\) lets you"):
        asked.choose("yes")
    assert asked.choice == "both" and asked.check() == before


def test_the_button_reveals_and_then_begins_anew():
    asked = ask().choose("both")
    press(asked)
    assert asked.is_revealed
    press(asked)
    assert not asked.is_revealed and asked.choice is None
    asked.choose("yes")
    press(asked)
    assert asked.box.told == [["ml-right", "Yes. One is less than two."]]


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
    assert "no &amp; never" in ask()._repr_mimebundle_()["text/html"]
    assert "1 &lt; 2" in ask()._repr_mimebundle_()["text/html"]
    # The browser's half sets all words as text and never as html.
    source = str(ask().box.get_state(["_esm"]))
    assert "textContent" in source and "innerHTML" not in source
