"""The spectrum: a loss with many curvatures, of which the slowest decides.

Each direction is its own loss of one curvature, from 1/κ to 1 (κ is the condition number), so
theory's rate answers for each of them, and their maximum for the whole loss.
"""

import functools
import itertools
from dataclasses import dataclass

import numpy as np

from momentum_lab import theory
from momentum_lab.labs.words import (
    WITHOUT_MOMENTUM,
    as_written,
    capital,
    function_of,
    in_words,
    settings_in_words,
)

CONDITION_NUMBERS = np.geomspace(2, 1000, 20)  # where the curves of the best rates are computed
N_CURVATURES = 161  # how finely a spectrum is searched for its slowest curvature
N_BANDS = 5  # how many of its curvatures share the loss
ABOUT = 0.01  # rates whose distances from 1 differ by less than this share count as equal
ROUNDINGS = np.floor, np.ceil
NEARLY_CRITICAL = 0.05  # two roots closer than this share of their size count as one


@dataclass(frozen=True, eq=False)
class BestCurve:
    """What a rule reaches at its best settings, at each of CONDITION_NUMBERS.

    updates: how many each factor of ten takes in the long run.
    """

    rule: str
    updates: np.ndarray


@functools.lru_cache(maxsize=32)
def best_curve(rule):
    """Compute the `BestCurve` of a rule function; kept, since it depends on nothing else."""
    rates = theory.best_rates(rule, CONDITION_NUMBERS)
    return BestCurve(rule.__name__, updates_to_a_tenth(rates))


@functools.lru_cache(maxsize=512)
def _best(rule, condition_number):
    return theory.best_settings(rule, condition_number)


def updates_to_a_tenth(rate):
    """Return ln 10 / −ln(rate): the updates for each factor of ten in the long run, or inf.

    inf is for a rate that does not converge; `rate` is a number or an array. From rest the first
    factor of ten may take longer, since the loss may grow first.
    """
    rate = np.asarray(rate, dtype=float)
    shrinks = rate < 1 - theory.EDGE
    speed = -np.log(np.clip(rate, 1e-10, 1 - theory.EDGE))
    return np.where(shrinks, np.log(10) / speed, np.inf)[()]


@dataclass(frozen=True, eq=False)
class SpectrumResult:
    """A rule at some settings, on every curvature from 1/condition_number to 1.

    curves: the `BestCurve` of each rule on offer.
    best: the best settings of this rule at this condition number, and their rate.
    spectrum, rates: curvatures, the flattest first, and the rate of each; beyond, rates_beyond:
    the same for curvatures that are flatter still, which a larger condition number would reach.
    bands, shares: five of the curvatures and their share of the loss, (5, updates + 1). All
    start at rest with the same loss; the five add up to 1 at the start.
    """

    function: object
    condition_number: int
    learning_rate: float
    momentum: float
    curves: tuple
    best: theory.Settings
    spectrum: np.ndarray
    rates: np.ndarray
    beyond: np.ndarray
    rates_beyond: np.ndarray
    bands: np.ndarray
    shares: np.ndarray

    @property
    def rule(self):
        """The name of the rule."""
        return self.function.__name__

    @property
    def scene(self):
        """What lies behind: the curves of the best rates, with this rule's emphasised."""
        return self.rule, self.curves

    @property
    def n_updates(self):
        """How many updates are shown at most."""
        return self.shares.shape[1] - 1

    @property
    def opens_at(self):
        """The update up to which a new picture shows the loss: the last."""
        return self.n_updates

    @property
    def total(self):
        """The whole loss before the first and after each update; 1 at the start."""
        return self.shares.sum(axis=0)

    def loss_in_words(self, update):
        """Return the whole loss at this update as text; it is 1 at the start."""
        return as_written(self.total[update])

    def who_is_left(self, update):
        """Return what each band has of the loss that is left at this update, as shares."""
        now = self.shares[:, update]
        largest = now.max()
        return now / largest / (now / largest).sum() if largest else now

    @property
    def rate(self):
        """The rate of the slowest curvature, and so of the whole loss."""
        return float(self.rates.max())

    @property
    def converges(self):
        """Whether every direction shrinks."""
        return self.rate < 1 - theory.EDGE

    @property
    def updates_to_a_tenth(self):
        """The updates for each factor of ten in the long run, at these settings; inf for never."""
        return float(updates_to_a_tenth(self.rate))

    @property
    def best_updates(self):
        """The same at the best settings."""
        return float(updates_to_a_tenth(self.best.rate))

    @property
    def growth(self):
        """The highest loss on the way; 1 for a loss that never rises above its start."""
        return float(self.total.max())

    @property
    def slowest(self):
        """Where the slowest curvatures are: the places of one end or both ends, or all places.

        Never only between the ends: trace and determinant of a linear rule's matrix go along a
        straight line as the curvature grows, and those of a rate below ρ fill a triangle.
        """
        slow = self.rates >= self.rate - ABOUT * abs(1 - self.rate) - 1e-12
        places = np.arange(len(slow))
        return places if slow.all() else places[[0, -1]][slow[[0, -1]]]

    @property
    def slowest_in_words(self):
        """The slowest curvatures, for a table or a plot."""
        places = self.slowest
        if len(places) > 2:
            return "all"
        if len(places) == 2:
            return "both ends"
        return f"{self.spectrum[places[0]]:.3g}"

    @property
    def _who(self):
        places = self.slowest
        if len(places) > 2:
            return "every direction"
        if len(places) == 2:
            return "both ends"
        return "the steepest direction" if places[0] else "the flattest direction"

    @property
    def regime(self):
        """What the slowest curvatures do: a regime, or two of them for both ends."""
        places = self.slowest
        if len(places) > 2:
            places = places[[len(places) // 2]]
        found = dict.fromkeys(self._regime(self.spectrum[place]) for place in places)
        return " / ".join(found)

    def _regime(self, curvature):
        settings = self.function, curvature, self.learning_rate, self.momentum
        regime = theory.regime(*settings)
        one, other = theory.roots(*settings)
        critical = abs(one - other) < NEARLY_CRITICAL * max(abs(one), abs(other))
        return "critical" if critical and regime not in ("edge", "diverging") else regime

    @property
    def label(self):
        """The run in a legend."""
        words = f"{shortened(in_words(self.rule))} κ {self.condition_number}"
        words += f" α {self.learning_rate:.3g}"
        return words if self.rule in WITHOUT_MOMENTUM else f"{words} β {self.momentum:.2g}"

    @property
    def is_best(self):
        """Whether these settings need (nearly) as few updates as the best ones."""
        return self.updates_to_a_tenth < 1.005 * self.best_updates

    @property
    def finding(self):
        """How good these settings are, and which end of the spectrum limits them."""
        several = len(self.slowest) == 2
        if self.rate > 1 + theory.EDGE:
            grows = "grow" if several else "grows"
            return f"Diverging: {self._who} {grows} {as_written(self.rate)} times an update"
        if not self.converges:
            return f"On the edge: {self._who} will not shrink"
        if self.is_best:
            return (
                f"{capital(in_words(self.rule))} at its best: rate {self.rate:.3g}, in the long "
                f"run {_count(self.updates_to_a_tenth)} updates for a factor of ten"
            )
        times = _count(self.updates_to_a_tenth / self.best_updates)
        is_slow = "are equally slow" if several else "is the slowest"
        if len(self.slowest) > 2:
            is_slow = "is equally slow"
        return f"{capital(self._who)} {is_slow}: {times} times the updates of the best settings"

    @property
    def sentence(self):
        """Who limits, rate and updates now and at best, and the growth before the decay."""
        return f"{self._now} {self._at_best} {self._on_the_way}"

    @property
    def _now(self):
        place = f"curvature {self.slowest_in_words}, " if len(self.slowest) == 1 else ""
        who = f"{capital(self._who)} ({place}{self.regime})"
        several = len(self.slowest) == 2
        if not self.converges:
            never = "never shrink" if several else "never shrinks"
            return f"{who} {never}: rate {self.rate:.4g}."
        limits = "limit" if several else "limits"
        return (
            f"{who} {limits} the speed: rate {self.rate:.4g}, in the long run "
            f"{_count(self.updates_to_a_tenth)} updates for a factor of ten."
        )

    @property
    def _at_best(self):
        best = settings_in_words(self.rule, *_readable(self.function, self.condition_number))
        updates = _count(self.best_updates)
        return f"At best ({best}) the rate is {self.best.rate:.4g}: {updates} updates."

    @property
    def _on_the_way(self):
        if self.rate > 1 + theory.EDGE:
            end = self.loss_in_words(-1)
            return f"After {self.n_updates} updates the loss is {end} times its start."
        if self.growth > 1.001:
            peak, grown = int(self.total.argmax()), as_written(self.growth)
            if peak == self.n_updates:
                return f"The loss still grows at update {peak}: {grown} times its start."
            return f"The loss first grows to {grown} times its start, at update {peak}."
        return "The loss never rises above its start."

    @property
    def numbers(self):
        """The row of this run."""
        return {
            "rule": in_words(self.rule),
            "κ": f"{self.condition_number}",
            "α": f"{self.learning_rate:g}",
            "β": "–" if self.rule in WITHOUT_MOMENTUM else f"{self.momentum:g}",
            "rate": f"{self.rate:.4g}",
            "best rate": f"{self.best.rate:.4g}",
            "updates for a tenth": _or_never(self.updates_to_a_tenth),
            "at best": _or_never(self.best_updates),
            "slowest": self.slowest_in_words,
            "regime": self.regime,
            "highest loss": as_written(self.growth),
            "updates": f"{self.n_updates}",
            "loss left": self.loss_in_words(-1),
        }


def shortened(name):
    """Return the name, or its beginning where it is too long for a plot."""
    return name if len(name) <= 14 else name[:11] + "…"


def _count(number):
    return f"{number:.3g}" if number < 1000 else f"{number:,.0f}"


def _or_never(updates):
    return f"{float(f'{updates:.4g}'):g}" if np.isfinite(updates) else "never"


@functools.lru_cache(maxsize=512)
def _readable(rule, condition_number):
    """Return the best learning rate and momentum, rounded as little as a reader can type.

    Of the four ways to round them up or down, the one that is slowest at no curvature.
    """
    best = _best(rule, condition_number)
    digits = 5 - int(np.floor(np.log10(best.learning_rate)))
    candidates = itertools.product(
        _down_and_up(best.learning_rate, digits), _down_and_up(best.momentum, 6)
    )
    spectrum = _spectrum(condition_number)
    # Rounded, so that of two that are equally good always the same one is taken.
    return min(
        candidates,
        key=lambda settings: round(float(theory.rate(rule, spectrum, *settings).max()), 9),
    )


def _down_and_up(number, digits):
    """Return the number rounded down and rounded up to so many digits behind the point."""
    return [round(float(to(number * 10.0**digits)) / 10.0**digits, digits) for to in ROUNDINGS]


def _spectrum(condition_number):
    return np.geomspace(1 / condition_number, 1, N_CURVATURES)


def best_values(own_rules, wanted=None, *, rule, condition_number, **_others):
    """Return the values that take a lab to the best settings of a rule, at its condition number.

    wanted: the name of the rule; without one, the present rule.
    """
    rule = wanted or rule
    learning_rate, momentum = _readable(function_of(rule, own_rules), condition_number)
    return {"rule": rule, "learning_rate": learning_rate, "momentum": momentum}


def probe_spectrum(own_rules, built_in, rule, condition_number, learning_rate, momentum, updates):
    """Ask theory for every curvature from 1/condition_number to 1; return `SpectrumResult`.

    own_rules, built_in: the rule functions on offer; each gets a curve.
    Raises ValueError for a rule that is not linear on a quadratic loss.
    """
    function = function_of(rule, own_rules)
    own_names = {own.__name__ for own in own_rules}
    offered = [r for r in built_in if r.__name__ not in own_names] + list(own_rules)
    spectrum = _spectrum(condition_number)
    beyond = np.geomspace(1 / CONDITION_NUMBERS[-1], spectrum[0], N_CURVATURES // 2)
    bands = np.geomspace(1 / condition_number, 1, N_BANDS)
    errors = theory.error_by_curvature(function, bands, learning_rate, momentum, updates)
    return SpectrumResult(
        function,
        condition_number,
        learning_rate,
        momentum,
        tuple(best_curve(offered_rule) for offered_rule in offered),
        _best(function, condition_number),
        spectrum,
        theory.rate(function, spectrum, learning_rate, momentum),
        beyond,
        theory.rate(function, beyond, learning_rate, momentum),
        bands,
        errors / errors[:, :1] / N_BANDS,
    )
