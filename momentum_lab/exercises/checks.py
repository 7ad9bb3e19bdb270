"""Checkers that answer an exercise in one line."""

import numpy as np

from momentum_lab import theory
from momentum_lab.exercises.numbers import NUMBER_EXERCISES
from momentum_lab.exercises.verdict import Verdict
from momentum_lab.labs.network_lab.experiment import train_and_test
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.labs.valley.experiment import descend_valley
from momentum_lab.labs.words import in_words, offered
from momentum_lab.measures import first_epoch_below
from momentum_lab.network import Network
from momentum_lab.rules import get_rule
from momentum_lab.training import train
from momentum_lab.validation import learning_rates, one_number, unknown_name

NOT_WRITTEN = "not written yet"


def check_rule(rule, name):
    """Compare a reader's rule with the built-in one of this name on 200 random updates."""
    expected, spoken = get_rule(name), in_words(name)
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
    given, problem = _tried(rule, *arguments)
    if problem:
        return problem
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


def _tried(function, *arguments):
    """Return what a reader's function gives, and "" or why it gives nothing to look at."""
    given = None
    try:
        given = None if _is_missing(function) else function(*arguments)
    except NotImplementedError:
        pass
    except Exception as error:
        return None, f"it raised {type(error).__name__}: {_short(error)}"
    return given, NOT_WRITTEN if _is_missing(given) else ""


def _is_missing(answer):
    return answer is None or answer is Ellipsis


def _short(text):
    """What a reader gave, in one line that can be read."""
    line = " ".join(str(text).split())
    return line if len(line) <= 140 else line[:139] + "…"


def check_number(exercise, answer):
    """Check the answer to the number exercise of this name, to one part in a thousand.

    Raises ValueError for an unknown exercise.
    """
    if exercise not in NUMBER_EXERCISES:
        raise unknown_name("exercise", exercise, NUMBER_EXERCISES)
    answer, problem = _as_number(answer)
    if problem:
        return Verdict(False, f"{exercise}: {problem}")
    asked = NUMBER_EXERCISES[exercise]()
    if np.isclose(answer, asked.expected, rtol=1e-3, atol=0):
        return Verdict(True, f"{exercise}: {asked.expected:.6g} is right")
    for slip, hint in asked.slips.items():
        if np.isclose(answer, slip, rtol=1e-3, atol=0):
            return Verdict(False, f"{exercise}: {answer:.6g} is not it: {hint}")
    return Verdict(False, f"{exercise}: {answer:.6g} is not it")


def _as_number(answer):
    """Return an answer as a number, and "" or why it is none."""
    if _is_missing(answer):
        return None, "not answered yet"
    try:
        return float(answer), ""
    except (TypeError, ValueError):
        return None, f"give one number, got {_short(repr(answer))}"


def check_fate(fate):
    """Compare a reader's fate(learning_rate, curvature) with plain's `theory.regime` on a grid."""
    # Eighths, so that products are exact: 1 and 2 are met, and not only nearly.
    grid = [(n / 8, curvature) for n in range(1, 25) for curvature in (0.25, 0.5, 1.0, 2.0, 4.0)]
    for settings in grid:
        given, problem = _tried(fate, *settings)
        if problem:
            return Verdict(False, f"fate: {problem}")
        learning_rate, curvature = settings
        right = theory.regime("plain", curvature, learning_rate, 0)
        if not (isinstance(given, str) and given == right):
            asked = f"learning rate {learning_rate:g} and curvature {curvature:g}"
            told = f'at {asked} it should be "{right}", got {_short(repr(given))}'
            return Verdict(False, f"fate: {told}")
    return Verdict(True, f"fate: right at {len(grid)} pairs of learning rate and curvature")


def check_edge(answer, rule, curvature, momentum):
    """Check a largest stable learning rate of this rule, to one part in a hundred."""
    spoken = f"limit of {in_words(rule)}"
    answer, problem = _as_number(answer)
    if problem:
        return Verdict(False, f"{spoken}: {problem}")
    limit = theory.learning_rate_limit(rule, curvature, momentum)
    if np.isclose(answer, limit, rtol=1e-2, atol=0):
        return Verdict(True, f"{spoken}: {limit:.4g} is right")
    if np.isclose(answer, limit * curvature, rtol=1e-2, atol=0):
        return Verdict(False, f"{spoken}: {answer:.4g} is α·λ: divide it by the curvature")
    for other in LINEAR_RULES:
        others = theory.learning_rate_limit(other, curvature, momentum)
        if np.isclose(answer, others, rtol=1e-3, atol=0):
            limit_of = in_words(other.__name__)
            return Verdict(False, f"{spoken}: {answer:.4g} is the limit of {limit_of}")
    return Verdict(False, f"{spoken}: {answer:.4g} is not it")


def check_valley(
    rule, learning_rate, momentum, *, within, crossings, condition_number=50, start=(-5, -2)
):
    """Let two weights go down a valley with this rule and say whether it meets the goal.

    The goal: settled after at most `within` updates, with at most this many crossings of the
    floor, and never past the minimum. Weight 1 lies along the floor, weight 2 across it.
    """
    if any(_is_missing(chosen) for chosen in (rule, learning_rate, momentum)):
        return Verdict(False, "valley: not chosen yet")
    settings = *_named(rule), learning_rate, momentum
    try:
        result = descend_valley(*settings, condition_number, 0, *start, 300)
    except Exception as error:
        if isinstance(error.__cause__, NotImplementedError):
            return Verdict(False, f"valley: {NOT_WRITTEN}")
        return Verdict(False, f"valley: {_short(error)}")
    settled = result.settled
    told = "not settled" if settled is None else f"settled after {settled} updates"
    words = f"valley: {told}, crossings {result.crossings}, overshoots {result.overshoots}"
    goal = f"goal: within {within}, at most {crossings} crossings, no overshoot"
    calm = result.crossings <= crossings and result.overshoots == 0
    return Verdict(calm and settled is not None and settled <= within, f"{words} ({goal})")


def _named(rule):
    """Return a reader's own rules and the name of the rule, as the labs take them."""
    return ((), rule) if isinstance(rule, str) else ((rule,), next(iter(offered([rule]))))


def check_ceiling(rule, at_least=2.0, momenta=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)):
    """Say whether a reader's own rule is stable up to αλ = at_least at each of these momenta.

    To go slowly is no way out: the steady gain must be 1 + β or more, and none of the
    built-in linear rules counts as the reader's own.
    """
    problem = _problem_of_own_rule(rule)
    if problem:
        return Verdict(False, problem)
    limits = [theory.learning_rate_limit(rule, 1.0, momentum) for momentum in momenta]
    spoken, worst = _spoken(rule), int(np.argmin(limits))
    told = f"αλ = {limits[worst]:.4g} at momentum {momenta[worst]:g}"
    if limits[worst] < at_least * (1 - 1e-9):
        return Verdict(False, f"{spoken}: it diverges above {told} (goal: {at_least:g})")
    for momentum, gain in zip(momenta, theory.steady_gain(rule, momenta), strict=True):
        if gain < (1 + momentum) * (1 - 1e-9):
            slow = f"its steady gain at momentum {momentum:g} is {gain:.4g}"
            goal = f"(goal: {1 + momentum:g})"
            return Verdict(False, f"{spoken}: stable, but slow: {slow} {goal}")
    return Verdict(True, f"{spoken}: its lowest limit is {told}")


def check_best_rate(rule, condition_number=100, within=50):
    """Say whether a reader's own rule can be quicker, at its best, than this many updates.

    They are counted for a factor of ten, in the long run. None of the built-in linear rules
    counts as the reader's own, and a rule may know where it is only by the gradients.
    """
    problem = _problem_of_own_rule(rule)
    if problem:
        return Verdict(False, problem)
    spoken = _spoken(rule)
    here, there = (np.array(rule(weight, 0.5, 0.25, 0.1, 0.9)) for weight in (1.0, 0.0))
    if not np.allclose(here - there, [1, 0]):
        return Verdict(False, f"{spoken}: its step may use the gradient and the memory only")
    try:
        best = theory.best_settings(rule, condition_number)
    except ValueError as error:  # it converges nowhere
        return Verdict(False, f"{spoken}: {_short(error)}")
    updates = -np.log(10) / np.log(best.rate)
    told = f"α {best.learning_rate:.4g}, β {best.momentum:.4g}: {updates:.4g} updates"
    goal = f"goal: under {within:g} at condition number {condition_number:g}"
    return Verdict(bool(updates < within), f"{spoken} at its best, {told} ({goal})")


def _problem_of_own_rule(rule):
    """Say why this is not yet a linear rule of the reader's own, or nothing."""
    if _is_missing(rule):
        return f"own rule: {NOT_WRITTEN}"
    settings = 1.0, 0.3, (0.3, 0.6, 0.9)
    try:
        rule(1.0, 0.5, 0.25, 0.1, 0.9)
        matrix = theory.transition_matrix(rule, *settings)
    except NotImplementedError:
        return f"own rule: {NOT_WRITTEN}"
    except Exception as error:
        return f"own rule: {_short(error)}"
    for known in LINEAR_RULES:
        if np.allclose(matrix, theory.transition_matrix(known, *settings)):
            return f"{_spoken(rule)}: this is {in_words(known.__name__)}; make it your own"
    return ""


def _spoken(rule):
    return in_words(_named(rule)[1])


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
    items, _tests = train_and_test(data_set)
    network, epochs = Network(items.n_features, 7, items.n_classes), []
    for seed in range(seeds):
        run = train(network, items, rule, learning_rate, momentum, seed=seed)
        epochs.append(first_epoch_below(run.epoch_errors, below))
    reached = [epoch for epoch in epochs if epoch is not None and epoch <= within]
    told = ", ".join("never" if epoch is None else str(epoch) for epoch in epochs)
    words = f"settings: below {below:g} at epoch {told} for seeds 0 to {seeds - 1}"
    return Verdict(len(reached) == seeds, f"{words} (goal: within {within}, every seed)")
