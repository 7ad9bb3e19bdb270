"""Predict, then look: a question to answer before the picture does."""

import html

import ipywidgets as widgets

from momentum_lab.exercises.verdict import Verdict
from momentum_lab.live.dashboard import STYLE_SHEET
from momentum_lab.validation import unknown_name


class Prediction:
    """A question to answer before looking: radio buttons, and an explanation for each choice.

    options: a dict from each choice to why it is right or wrong.
    answer: the right choice. Raises ValueError unless it is one of the options.
    """

    def __init__(self, question, options, answer):
        if answer not in options:
            raise unknown_name("answer", answer, options)
        self.question, self.options, self.answer = question, options, answer
        wide = widgets.Layout(width="auto")
        self.choices = widgets.RadioButtons(options=list(options), value=None, layout=wide)
        self.button = widgets.Button(description="check my prediction", disabled=True)
        self.feedback = widgets.HTML()
        self.choices.observe(self._chosen, "value")
        self.button.on_click(lambda _button: self.check())
        style = widgets.HTML(f"<style>{STYLE_SHEET}</style>")
        asked = widgets.HTML(f'<div class="ml-question">{html.escape(question)}</div>')
        self.widget = widgets.VBox([style, asked, self.choices, self.button, self.feedback])
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
        told = html.escape(verdict.words)
        self.feedback.value = f'<div role="status" class="{kind}">{told}</div>'
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
