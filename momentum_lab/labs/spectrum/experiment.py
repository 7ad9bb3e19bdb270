"""The spectrum: a loss with many curvatures, of which the slowest decides.

Each direction is its own loss of one curvature, from 1/κ to 1 (κ is the condition number), so
theory's rate answers for each of them, and their maximum for the whole loss.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.spectrum.words import SpectrumWords, updates_to_a_tenth
from momentum_lab.labs.words import function_of, offered
from momentum_lab.meaning import cached_by_meaning
from momentum_lab.rules import RULES

CONDITION_NUMBERS = np.geomspace(2, 1000, 20)  # where the curves of the best rates are computed
N_CURVATURES = 161  # how finely a spectrum is searched for its slowest curvature
N_BANDS = 5  # how many of its curvatures share the loss
NEARLY_CRITICAL = 0.05  # two roots closer than this share of their size count as one


@dataclass(frozen=True, eq=False)
class SpectrumResult(SpectrumWords):
    """A rule at some settings, on every curvature from 1/condition_number to 1.

    curves: the `BestCurve` of each rule on offer, by name.
    best, typed_best: the best settings of this rule here, exactly and as one can type them.
    spectrum, rates: curvatures, the flattest first, and the rate of each; beyond, rates_beyond:
    the same for flatter ones, which a larger condition number would reach.
    regimes: what the flattest, the middle and the steepest curvature do.
    shares: what each of five curvatures has of the loss, (5, updates + 1). All start at rest
    with the same loss; the five add up to 1 at the start.
    """

    condition_number: int
    curves: dict
    best: theory.Settings
    typed_best: tuple[float, float]
    spectrum: np.ndarray
    rates: np.ndarray
    beyond: np.ndarray
    rates_beyond: np.ndarray
    regimes: tuple[str, str, str]
    bands: np.ndarray
    shares: np.ndarray


def probe_spectrum(own_rules, built_in, rule, condition_number, learning_rate, momentum, updates):
    """Ask theory for every curvature from 1/condition_number to 1; return `SpectrumResult`.

    own_rules, built_in: the rule functions on offer (see `offered`); each gets a curve.
    Raises ValueError for a rule that is not linear on a quadratic loss.
    """
    function, settings = function_of(rule, own_rules), (learning_rate, momentum)
    rules = offered(own_rules, built_in)
    spectrum = _spectrum(condition_number)
    beyond = np.geomspace(1 / CONDITION_NUMBERS[-1], spectrum[0], N_CURVATURES // 2)
    bands = np.geomspace(spectrum[0], 1, N_BANDS)
    with np.errstate(all="ignore"):  # theory tries a rule at weights that no descent may reach
        errors = theory.error_by_curvature(function, bands, *settings, updates)
        return SpectrumResult(
            rule,
            *settings,
            condition_number,
            # A reader's own come last: of two curves that lie on each other, the first names both.
            {name: best_curve(rules[name]) for name in sorted(rules, key=lambda n: n not in RULES)},
            _best(function, condition_number),
            _typed_best(function, condition_number),
            spectrum,
            theory.rate(function, spectrum, *settings),
            beyond,
            theory.rate(function, beyond, *settings),
            _regimes(function, spectrum[[0, N_CURVATURES // 2, -1]], *settings),
            bands,
            errors / errors[:, :1] / N_BANDS,
        )


def best_values(own_rules, wanted=None, *, rule, condition_number, **_others):
    """Return the values that take a lab to the best settings of a rule, at its condition number.

    wanted: the name of the rule; without one, the present rule.
    """
    rule = wanted or rule
    learning_rate, momentum = _typed_best(function_of(rule, own_rules), condition_number)
    return {"rule": rule, "learning_rate": learning_rate, "momentum": momentum}


@dataclass(frozen=True, eq=False)
class BestCurve:
    """How many updates each factor of ten takes, in the long run, at a rule's best settings.

    updates: at each of CONDITION_NUMBERS.
    """

    updates: np.ndarray


@cached_by_meaning(maxsize=32)
def best_curve(rule):
    """Compute the `BestCurve` of a rule function; kept, since it depends on nothing else."""
    return BestCurve(updates_to_a_tenth(theory.best_rates(rule, CONDITION_NUMBERS)))


@cached_by_meaning(maxsize=512)
def _best(rule, condition_number):
    return theory.best_settings(rule, condition_number)


@cached_by_meaning(maxsize=512)
def _typed_best(rule, condition_number):
    """Return the best learning rate and momentum, rounded as little as a reader can type.

    Of the four ways to round them up or down, the one that is slowest at no curvature.
    """
    best, spectrum = _best(rule, condition_number), _spectrum(condition_number)
    digits = 5 - int(np.floor(np.log10(best.learning_rate)))
    candidates = itertools.product(
        _down_and_up(best.learning_rate, digits), _down_and_up(best.momentum, 6)
    )
    # Rounded, so that of two that are equally good always the same one is taken.
    return min(
        candidates,
        key=lambda settings: round(float(theory.rate(rule, spectrum, *settings).max()), 9),
    )


def _down_and_up(number, digits):
    """Return the number rounded down and rounded up to so many digits behind the point."""
    return [round(float(to(number * 10.0**digits)) / 10.0**digits, digits) for to in _ROUNDINGS]


_ROUNDINGS = np.floor, np.ceil


def _spectrum(condition_number):
    return np.geomspace(1 / condition_number, 1, N_CURVATURES)


def _regimes(*settings):
    """Return the regime at each curvature, or "critical" where the two roots nearly meet."""
    regimes, (one, other) = theory.regime(*settings), theory.roots(*settings).T
    meet = np.abs(one - other) < NEARLY_CRITICAL * np.maximum(np.abs(one), np.abs(other))
    meet &= (regimes != "edge") & (regimes != "diverging")
    return tuple(np.where(meet, "critical", regimes).tolist())
