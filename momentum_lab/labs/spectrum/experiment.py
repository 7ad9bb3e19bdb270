"""The spectrum: a loss with many curvatures, of which the slowest decides.

Each direction is its own loss of one curvature, from 1/κ to 1 (κ is the condition number), so
theory's rate answers for each of them, and their maximum for the whole loss.
"""

from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.best import Best, best_curve, best_of, spectrum_of, updates_to_a_tenth
from momentum_lab.labs.spectrum.words import SpectrumWords
from momentum_lab.labs.words import function_of, offered
from momentum_lab.rules import RULES

N_BANDS = 5  # how many curvatures share the loss
ABOUT = 0.01  # rates whose distances from 1 differ by less than this share count as equal
NEARLY_CRITICAL = 0.05  # two roots closer than this share of their size count as one


@dataclass(frozen=True, eq=False)
class SpectrumResult(SpectrumWords):
    """A rule at some settings, on every curvature from 1/condition_number to 1.

    curves: the `best_curve` of each rule on offer, by name.
    best, is_best: what this rule could reach here; whether it (nearly) does.
    spectrum, rates: curvatures, the flattest first, and the rate of each.
    rate, slowest, regime: of the slowest curvatures; where they are; and what they do.
    converges, updates_to_a_tenth: whether every direction shrinks, and in the long run the updates
    for each factor of ten; inf for never.
    shares, total: what each of five curvatures has of the loss, (5, updates + 1), and their sum, 1
    at the start; all start at rest with the same loss. growth: the highest loss on the way.
    """

    condition_number: int
    n_updates: int
    curves: dict
    best: Best
    is_best: bool
    spectrum: np.ndarray
    rates: np.ndarray
    rate: float
    slowest: np.ndarray
    regime: str
    converges: bool
    updates_to_a_tenth: float
    shares: np.ndarray
    total: np.ndarray
    growth: float


def probe_spectrum(own_rules, built_in, rule, condition_number, learning_rate, momentum, updates):
    """Ask theory for every curvature from 1/condition_number to 1; return `SpectrumResult`.

    own_rules, built_in: the rule functions on offer (see `offered`); each gets a curve.
    Raises ValueError for a rule that is not linear on a quadratic loss.
    """
    function, settings = function_of(rule, own_rules), (learning_rate, momentum)
    rules = offered(own_rules, built_in)
    names = sorted(rules, key=lambda name: name not in RULES)  # a shared curve is a built-in one's
    spectrum, bands = spectrum_of(condition_number), np.geomspace(1 / condition_number, 1, N_BANDS)
    with np.errstate(all="ignore"):  # theory tries a rule at weights that no descent may reach
        curves, best = {n: best_curve(rules[n]) for n in names}, best_of(function, condition_number)
        rates = theory.rate(function, spectrum, *settings)
        losses = theory.error_by_curvature(function, bands, *settings, updates)
        slowest = _slowest(rates)
        telling = spectrum[slowest if len(slowest) <= 2 else [len(spectrum) // 2]]
        regime = _regime(function, telling, *settings)
    rate, stays = float(rates.max()), {"edge", "diverging"} & set(regime.split(" / "))
    needed = np.inf if stays else float(updates_to_a_tenth(rate))
    converges, is_best = needed < np.inf, needed < 1.005 * best.updates
    shares = losses / losses[:, :1] / N_BANDS
    total = shares.sum(axis=0)
    found = rate, slowest, regime, converges, needed, shares, total, float(total.max())
    work = condition_number, updates, curves, best, is_best, spectrum, rates
    return SpectrumResult(rule, *settings, *work, *found)


def _slowest(rates):
    """Return the places of the slowest curvatures: of one end or both ends, or all places.

    Never only between the ends: trace and determinant of a linear rule's matrix go along a
    straight line as the curvature grows, and those of a rate below ρ fill a triangle.
    """
    slow = np.flatnonzero(rates >= rates.max() - ABOUT * abs(1 - rates.max()) - 1e-12)
    return slow if len(slow) == len(rates) else slow[np.isin(slow, (0, len(rates) - 1))]


def _regime(*settings):
    """Return the regimes at some curvatures as text, "critical" where the two roots nearly meet."""
    regimes, (one, other) = theory.regime(*settings), theory.roots(*settings).T
    meet = np.abs(one - other) < NEARLY_CRITICAL * np.maximum(np.abs(one), np.abs(other))
    meet &= (regimes != "edge") & (regimes != "diverging")
    return " / ".join(dict.fromkeys(np.where(meet, "critical", regimes).tolist()))
