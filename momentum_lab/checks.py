"""Predict-then-reveal prompts, and checkers that answer an exercise in one line."""

import html
from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np

from momentum_lab import theory
from momentum_lab.dashboards import STYLE_SHEET
from momentum_lab.experiments import in_words, train_lab
from momentum_lab.measures import first_epoch_below
from momentum_lab.rules import get_rule
from momentum_lab.validation import learning_rates, one_number, unknown_name


class Prediction:
    """A question to answer before looking: radio buttons, and an explanation for each choice.

    options: a dict from each choice to why it is right or wrong.
    answer: the right choice. Raises ValueError unless it is one of the options.
    """

    def __init__(self, question, options, answer):
        if answer not in options:
            raise unknown_name("answer", answer, options)
        self.question, self.options, self.answer = question, options, answer
        self.choices = widgets.RadioButtons(
            options=list(options), value=None, layout=widgets.Layout(width="auto")
        )
        self.button = widgets.Button(description="check my prediction", disabled=True)
        self.feedback = widgets.HTML()
        self.choices.observe(self._chosen, "value")
        self.button.on_click(lambda _button: self.check())
        self.widget = widgets.VBox(
            [
                widgets.HTML(f"<style>{STYLE_SHEET}</style>"),
                widgets.HTML(f'<div class="ml-question">{html.escape(question)}</div>'),
                self.choices,
                self.button,
                self.feedback,
            ]
        )
        self.widget.add_class("ml-predict")

    def choose(self, choice):
        """Choose as a reader would; return the prediction. Raises ValueError if unknown."""
        if choice not in self.options:
            raise unknown_name("choice", choice, self.options)
        self.choices.value = choice
        return self

    def check(self):
        """Show whether the present choice is right, and why; return that as a `Verdict`."""
        choice = self.choices.value
        if choice is None:
            return Verdict(False, "Choose first, then look.")
        right = choice == self.answer
        verdict = Verdict(right, ("Yes. " if right else "Not so. ") + self.options[choice])
        kind = "ml-right" if right else "ml-note"
        self.feedback.value = (
            f'<div role="status" class="{kind}">{html.escape(verdict.words)}</div>'
        )
        return verdict

    def _chosen(self, _change):
        self.button.disabled = False
        self.feedback.value = ""

    def _repr_mimebundle_(self, include=None, exclude=None):
        bundle = self.widget._repr_mimebundle_()
        bundle["text/plain"] = f"Predict: {self.question} " + " / ".join(self.options)
        choices = "".join(f"<li>{html.escape(choice)}</li>" for choice in self.options)
        why = html.escape(f"{self.answer}. {self.options[self.answer]}")
        bundle["text/html"] = (
            f"<p><b>Predict:</b> {html.escape(self.question)}</p><ul>{choices}</ul>"
            f"<details><summary>the answer</summary>{why}</details>"
        )
        return bundle


def predict(question, options, answer):
    """Return a `Prediction`: choose before you may look."""
    return Prediction(question, options, answer)


@dataclass(frozen=True)
class Verdict:
    """A checker's answer in one line; true when the exercise is solved."""

    passed: bool
    words: str

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return f"{'✓' if self.passed else '✗'} {self.words}"


def check_rule(rule, name):
    """Compare a reader's rule with the built-in one of this name on 200 random updates."""
    expected, spoken = get_rule(name), in_words(name)
    if _is_missing(rule):
        return Verdict(False, f"{spoken}: not written yet")
    rng = np.random.default_rng(0)
    for weight, gradient, memory in rng.normal(size=(200, 3)):
        learning_rate, momentum = float(rng.uniform(0.01, 1)), float(rng.uniform(0.1, 0.99))
        arguments = float(weight), float(gradient), abs(float(memory)), learning_rate, momentum
        problem = _problem(rule, arguments, expected(*arguments))
        if problem:
            return Verdict(False, f"{spoken}: {problem}")
    return Verdict(True, f"{spoken}: right in 200 random updates")


def _problem(rule, arguments, expected):
    """Say what is wrong with one call of a reader's rule, or nothing."""
    try:
        given = rule(*arguments)
    except NotImplementedError:
        return "not written yet"
    except Exception as error:
        return f"it raised {type(error).__name__}: {_short(error)}"
    if _is_missing(given):
        return "not written yet"
    if not (isinstance(given, tuple | list) and len(given) == 2):
        return f"return two things, weight and memory; got {_short(repr(given))}"
    for part, got, right in zip(("weight", "memory"), given, expected, strict=True):
        try:
            is_right = bool(np.isclose(float(got), right, rtol=1e-9, atol=1e-12))
        except (TypeError, ValueError):
            return f"the {part} should be a number; got {_short(repr(got))}"
        if not is_right:
            asked = ", ".join(f"{number:.3g}" for number in arguments)
            return f"for rule({asked}) the {part} should be {right:.6g}, got {float(got):.6g}"
    return ""


def _is_missing(answer):
    return answer is None or answer is Ellipsis


def _short(text):
    """What a reader gave, in one line that can be read."""
    line = " ".join(str(text).split())
    return line if len(line) <= 140 else line[:139] + "…"


@dataclass(frozen=True)
class NumberExercise:
    """An exercise with one number as its answer.

    expected: the answer, computed by the course's own code when it is asked for.
    slips: what a well-known slip would give, a dict from that number to a hint.
    """

    expected: float
    slips: dict


def _new_weight():
    """Lesson 1: one update of the previous-delta rule, by hand."""
    weight, gradient, learning_rate, momentum, prev_delta = -1.2, 0.8, 0.1, 0.9, -0.05

    def after(gradient, prev_delta):
        told = theory.response(
            "previous_delta", [gradient], learning_rate, momentum, weight, prev_delta
        )
        return told.weights[-1]

    return NumberExercise(
        after(gradient, prev_delta),
        {
            after(-gradient, prev_delta): "the gradient points uphill, so the step goes against it",
            after(gradient, 0): "the memory part is missing",
            after(gradient, prev_delta / momentum): "the previous delta is not yet times momentum",
        },
    )


def _updates_to_five():
    """Lesson 1: when heavy ball's step, from rest at momentum 0.9, passes five times the first."""
    steps = theory.response("heavy_ball", [-1.0] * 50, 1.0, 0.9).steps
    passed = int(np.argmax(steps > 5)) + 1
    return NumberExercise(passed, {passed - 1: "one too early", passed + 1: "one too late"})


NUMBER_EXERCISES = {"new weight": _new_weight, "updates to five": _updates_to_five}


def check_number(exercise, answer):
    """Check the answer to the number exercise of this name, to one part in a thousand.

    Raises ValueError for an unknown exercise.
    """
    if exercise not in NUMBER_EXERCISES:
        raise unknown_name("exercise", exercise, NUMBER_EXERCISES)
    if _is_missing(answer):
        return Verdict(False, f"{exercise}: not answered yet")
    try:
        answer = float(answer)
    except (TypeError, ValueError):
        return Verdict(False, f"{exercise}: give one number, got {_short(repr(answer))}")
    asked = NUMBER_EXERCISES[exercise]()
    if np.isclose(answer, asked.expected, rtol=1e-3, atol=0):
        return Verdict(True, f"{exercise}: {asked.expected:.6g} is right")
    for slip, hint in asked.slips.items():
        if np.isclose(answer, slip, rtol=1e-3, atol=0):
            return Verdict(False, f"{exercise}: {answer:.6g} is not it: {hint}")
    return Verdict(False, f"{exercise}: {answer:.6g} is not it")


def check_edge(answer, rule, curvature, momentum):
    """Check a largest stable learning rate of this rule, to one part in a hundred."""
    spoken = f"edge of {in_words(rule)}"
    if _is_missing(answer):
        return Verdict(False, f"{spoken}: not answered yet")
    try:
        answer = float(answer)
    except (TypeError, ValueError):
        return Verdict(False, f"{spoken}: give one number, got {_short(repr(answer))}")
    limit = theory.learning_rate_limit(rule, curvature, momentum)
    if np.isclose(answer, limit, rtol=1e-2, atol=0):
        return Verdict(True, f"{spoken}: {limit:.4g} is right")
    if np.isclose(answer, limit * curvature, rtol=1e-2, atol=0):
        return Verdict(False, f"{spoken}: {answer:.4g} is α·λ: divide it by the curvature")
    for other in ("plain", "previous_delta", "heavy_ball", "nesterov", "averaged"):
        others = theory.learning_rate_limit(other, curvature, momentum)
        if np.isclose(answer, others, rtol=1e-3, atol=0):
            return Verdict(False, f"{spoken}: {answer:.4g} is the edge of {in_words(other)}")
    return Verdict(False, f"{spoken}: {answer:.4g} is not it")


def check_settings(
    rule, learning_rate, momentum, *, within, at_most, below=0.1, seeds=5, data_set="iris"
):
    """Train the network lab's network with these settings and say whether they meet the goal.

    The goal: an error under `below` within this many epochs, for every one of `seeds` seeds,
    at a learning rate of at most `at_most`.
    """
    if any(_is_missing(chosen) for chosen in (rule, learning_rate, momentum)):
        return Verdict(False, "settings: not chosen yet")
    learning_rate = one_number("learning_rate", learning_rates(learning_rate))
    if learning_rate > at_most:
        return Verdict(False, f"settings: the learning rate may be at most {at_most:g}")
    own_rules = () if isinstance(rule, str) else (rule,)
    name = rule if isinstance(rule, str) else rule.__name__
    epochs = []
    for seed in range(seeds):
        result = train_lab(own_rules, name, data_set, learning_rate, 7, momentum, 1, 50, seed)
        epochs.append(first_epoch_below(result.run.epoch_errors, below))
    reached = [epoch for epoch in epochs if epoch is not None and epoch <= within]
    told = ", ".join("never" if epoch is None else str(epoch) for epoch in epochs)
    words = f"settings: below {below:g} at epoch {told} for seeds 0 to {seeds - 1}"
    return Verdict(len(reached) == seeds, f"{words} (goal: within {within}, every seed)")
