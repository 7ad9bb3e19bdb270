"""Predict, then look: a question to answer before the picture does."""

import html
from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets

from momentum_lab.exercises.verdict import Verdict
from momentum_lab.live.dashboard import STYLE_SHEET
from momentum_lab.validation import unknown_name


class Box(anywidget.AnyWidget):
    """What the reader sees of a prediction; the explanations are not here until they are told.

    choice: the position of the chosen option, or -1. pressed: how often the button was pressed.
    told: empty, or what is revealed: a list of [kind, words], the kind "ml-right" or "ml-note".
    """

    _esm = Path(__file__).with_name("predict.js")
    _css = STYLE_SHEET

    question = traitlets.Unicode().tag(sync=True)
    options = traitlets.List().tag(sync=True)
    choice = traitlets.Int(-1).tag(sync=True)
    pressed = traitlets.Int().tag(sync=True, echo_update=False)
    told = traitlets.List().tag(sync=True)


class Prediction:
    """A question to answer before looking: choices, and an explanation for each of them.

    The choice can be changed freely until it is checked: then its explanation is shown, and the
    right answer with its own; `again` begins anew. options: a dict from each choice to why it is
    right or wrong. answer: the right choice. Raises ValueError unless it is one of the options.
    """

    def __init__(self, question, options, answer):
        if answer not in options:
            raise unknown_name("answer", answer, options)
        self.question, self.options, self.answer = question, options, answer
        self.box = Box(question=question, options=list(options))
        self.box.observe(self._pressed, "pressed")
        self.widget = widgets.VBox([self.box])

    @property
    def choice(self):
        """The reader's choice, or None."""
        return None if self.box.choice < 0 else list(self.options)[self.box.choice]

    @property
    def is_revealed(self):
        """Whether the answer has been shown."""
        return bool(self.box.told)

    def choose(self, choice):
        """Choose as a reader would; return the prediction.

        Raises ValueError if the choice is unknown, or if the answer has been shown.
        """
        if choice not in self.options:
            raise unknown_name("choice", choice, self.options)
        if self.is_revealed:
            raise ValueError("the answer has been shown; again() lets you predict again")
        self.box.choice = list(self.options).index(choice)
        return self

    def check(self):
        """Show the explanation of the present choice and the answer; return that as a `Verdict`."""
        if self.choice is None:
            return Verdict(False, "Choose first, then look.")
        right, why = self.choice == self.answer, self.options[self.choice]
        told = [["ml-right", f"Yes. {why}"] if right else ["ml-note", f"Not so. {why}"]]
        if not right:
            told.append(["ml-right", f"The answer: {self.answer}. {self.options[self.answer]}"])
        self.box.told = told
        return Verdict(right, " ".join(words for _kind, words in told))

    def again(self):
        """Hide the answer and forget the choice; return the prediction."""
        with self.box.hold_sync():  # in one message, so that the button keeps the focus till then
            self.box.choice, self.box.told = -1, []
        return self

    def _pressed(self, _change):
        if self.is_revealed:
            self.again()
        else:
            self.check()

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


predict = Prediction  # as a lesson says it: choose before you may look
