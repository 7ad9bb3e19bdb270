"""The best settings of a rule, kept while it means the same, and the answers that set them."""

import itertools
from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.descents import foretell
from momentum_lab.labs.words import function_of
from momentum_lab.meaning import cached_by_meaning

CONDITION_NUMBERS = np.geomspace(2, 1000, 20)  # where the curves of the best rates are computed


def spectrum_of(condition_number):
    """Return curvatures from 1/condition_number to 1, so many that the slowest is among them."""
    return np.geomspace(1 / condition_number, 1, 161)


@dataclass(frozen=True)
class Best:
    """The best settings, as one can type them; of the exact ones, the rate and its updates."""

    learning_rate: float
    momentum: float
    rate: float
    updates: float


@cached_by_meaning(maxsize=512)
def best_of(rule, condition_number):
    """Return the `Best` of a rule function, rounded up or down, whichever is the fastest."""
    best, spectrum = theory.best_settings(rule, condition_number), spectrum_of(condition_number)

    def down_and_up(number, n):
        return [round(float(to(number * 10.0**n)) / 10.0**n, n) for to in (np.floor, np.ceil)]

    def slowest(settings):  # rounded, so that of two that are equally good always one is taken
        return round(float(theory.rate(rule, spectrum, *settings).max()), 9)

    rates = down_and_up(best.learning_rate, 5 - int(np.floor(np.log10(best.learning_rate))))
    typed = min(itertools.product(rates, down_and_up(best.momentum, 6)), key=slowest)
    return Best(*typed, best.rate, float(updates_to_a_tenth(best.rate)))


@cached_by_meaning(maxsize=32)
def best_curve(rule):
    """Return the updates to a tenth of a rule function at its best, at CONDITION_NUMBERS."""
    return tuple(updates_to_a_tenth(theory.best_rates(rule, CONDITION_NUMBERS)).tolist())


def updates_to_a_tenth(rate):
    """Return ln 10 / −ln(rate): the updates for a factor of ten in the long run, or inf.

    rate: a number or an array. From rest the first factor of ten may take longer.
    """
    rate = np.asarray(rate, dtype=float)
    shrinks = rate < 1 - theory.CREEPING
    speed = -np.log(np.clip(rate, 1e-10, 1 - theory.CREEPING))
    return np.where(shrinks, np.log(10) / speed, np.inf)[()]


# --- answers: a lab sets the values that they return; none for a rule that is not linear ----


def best_values(own_rules, wanted=None, *, rule, condition_number, **_others):
    """Return the best settings at this condition number: of the rule `wanted`, or the present."""
    rule = wanted or rule
    function = function_of(rule, own_rules)
    if foretell(function, 1.0, 1.0, 0.5) is None:
        return {}
    with np.errstate(all="ignore"):
        best = best_of(function, condition_number)
    return {"rule": rule, "learning_rate": best.learning_rate, "momentum": best.momentum}


def critical_momentum(own_rules, rule, learning_rate, curvature=1.0, **_others):
    """Return the momentum with the smallest rate at this learning rate and curvature."""
    function = function_of(rule, own_rules)
    if foretell(function, curvature, learning_rate, 0.5) is None:
        return {}
    with np.errstate(all="ignore"):
        momentum = theory.critical_damping(function, curvature, learning_rate).momentum
    # Many digits: where the two roots meet, they part at the least error.
    return {"momentum": float(f"{momentum:.9g}")}


def limit_learning_rate(own_rules, rule, momentum, **_others):
    """Return the largest learning rate that does not diverge at curvature 1 and this momentum."""
    function = function_of(rule, own_rules)
    return {"learning_rate": theory.learning_rate_limit(function, 1.0, momentum)}
