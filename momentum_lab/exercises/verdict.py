"""A checker's answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """A checker's answer in one line; true when the exercise is solved."""

    passed: bool
    words: str

    def __bool__(self):
        return self.passed

    def __repr__(self):
        return f"{'✓' if self.passed else '✗'} {self.words}"
