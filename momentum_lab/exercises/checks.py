"""Checkers that answer an exercise in one line."""

import numpy as np

from momentum_lab import theory
from momentum_lab.exercises.numbers import number_exercises
from momentum_lab.exercises.verdict import Verdict
from momentum_lab.labs.items import train_and_test
from momentum_lab.labs.settings import LINEAR_RULES
from momentum_lab.labs.valley.experiment import descend_valley
from momentum_lab.labs.words import in_words, offered
from momentum_lab.measures import first_epoch_below
from momentum_lab.network import Network
from momentum_lab.rules import get_rule
from momentum_lab.training import train
from momentum_lab.validation import by_name, learning_rates, one_number

NOT_WRITTEN = "not written yet"


def check_rule(rule, name):
    """Compare a reader's rule with the built-in one of this name on 200 random updates."""
    right, spoken, rng = get_rule(name), in_words(name), np.random.default_rng(0)
    updates = np.hstack([rng.normal(size=(200, 3)), rng.uniform((0.01, 0.1), (1, 0.99), (200, 2))])
    updates[:, 2] = np.abs(updates[:, 2])  # a rule may draw the square root of its memory
    for update in updates.tolist():
        if problem := _problem_of_update(rule, update, right(*update)):
            return Verdict(False, f"{spoken}: {problem}")
    return Verdict(True, f"{spoken}: right in 200 random updates")


def _problem_of_update(rule, update, right):
    given, problem = _tried(rule, *update)
    if not (isinstance(given, tuple | list) and len(given) == 2):
        return problem or f"return two things, weight and memory; got {_short(repr(given))}"
    for part, got, wanted in zip(("weight", "memory"), given, right, strict=True):
        try:
            number = float(got)
        except (TypeError, ValueError):
            return f"the {part} should be a number; got {_short(repr(got))}"
        if not np.isclose(number, wanted, rtol=1e-9, atol=1e-12):
            asked = ", ".join(f"{each:.3g}" for each in update)
            return f"for rule({asked}) the {part} should be {wanted:.6g}, got {number:.6g}"
    return ""


def _tried(function, *arguments):
    """Return what a reader's function gives, and "" or why it gives nothing to look at."""
    try:
        given = None if _is_missing(function) else function(*arguments)
    except NotImplementedError:
        given = None
    except Exception as error:
        return None, f"it raised {type(error).__name__}: {_short(error)}"
    return given, NOT_WRITTEN if _is_missing(given) else ""


def _is_missing(*answers):
    return any(answer is None or answer is Ellipsis for answer in answers)


def _short(text):
    line = " ".join(str(text).split())
    return line if len(line) <= 140 else line[:139] + "…"


def check_number(exercise, answer):
    """Check the answer to the exercise of this name to 0.1 %; an unknown one is a ValueError."""
    (right, _right), *slips = by_name("exercise", exercise, number_exercises()).items()
    told = [(slip, f"not it: {hint}") for slip, hint in slips]
    return _compared(exercise, answer, right, told, tolerance=1e-3, digits=6)


def check_limit(answer, rule, curvature, momentum):
    """Check a largest stable learning rate of this rule, to one part in a hundred."""
    limit = theory.learning_rate_limit(rule, curvature, momentum)
    slips = [(limit * curvature, "α·λ: divide it by the curvature")]
    for other in LINEAR_RULES:
        others = theory.learning_rate_limit(other, curvature, momentum)
        slips.append((others, f"the limit of {in_words(other.__name__)}"))
    return _compared(f"limit of {in_words(rule)}", answer, limit, slips, tolerance=1e-2, digits=4)


def _compared(spoken, answer, right, slips, tolerance, digits):
    """Compare with the right number, then with those of slips, each with what such a one is."""
    if _is_missing(answer):
        return Verdict(False, f"{spoken}: not answered yet")
    try:
        number = float(answer)
    except (TypeError, ValueError):
        return Verdict(False, f"{spoken}: give one number, got {_short(repr(answer))}")
    if np.isclose(number, right, rtol=tolerance, atol=0):
        return Verdict(True, f"{spoken}: {right:.{digits}g} is right")
    told = (what for slip, what in slips if np.isclose(number, slip, rtol=tolerance, atol=0))
    return Verdict(False, f"{spoken}: {number:.{digits}g} is {next(told, 'not it')}")


def check_fate(fate):
    """Compare a reader's fate(learning_rate, curvature) with plain's `theory.regime` on a grid."""
    # Eighths, so that products are exact: 1 and 2 are met, and not only nearly.
    grid = [(n / 8, curvature) for n in range(1, 25) for curvature in (0.25, 0.5, 1.0, 2.0, 4.0)]
    for learning_rate, curvature in grid:
        given, problem = _tried(fate, learning_rate, curvature)
        right = theory.regime("plain", curvature, learning_rate, 0)
        if not (isinstance(given, str) and given == right):
            asked = f"learning rate {learning_rate:g} and curvature {curvature:g}"
            told = f'at {asked} it should be "{right}", got {_short(repr(given))}'
            return Verdict(False, f"fate: {problem or told}")
    return Verdict(True, f"fate: right at {len(grid)} pairs of learning rate and curvature")


def check_valley(rule, learning_rate, momentum, *, within, crossings):
    """Say whether a rule meets this goal in a valley of condition number 50, from (−5, −2).

    Settled after at most `within` updates, with at most so many crossings of the floor and
    never past the minimum.
    """
    if _is_missing(rule, learning_rate, momentum):
        return Verdict(False, "valley: not chosen yet")
    own_rules = [] if isinstance(rule, str) else [rule]
    name = next(iter(offered(own_rules)), rule)
    try:
        result = descend_valley(own_rules, name, learning_rate, momentum, 50, 0, -5, -2, 300)
    except Exception as error:
        not_written = isinstance(error.__cause__, NotImplementedError)
        return Verdict(False, f"valley: {NOT_WRITTEN if not_written else _short(error)}")
    settled = result.settled
    told = "not settled" if settled is None else f"settled after {settled} updates"
    words = f"valley: {told}, crossings {result.crossings}, overshoots {result.overshoots}"
    goal = f"goal: within {within}, at most {crossings} crossings, no overshoot"
    calm = result.crossings <= crossings and result.overshoots == 0
    return Verdict(calm and settled is not None and settled <= within, f"{words} ({goal})")


def check_own_limit(rule, at_least=2.0):
    """Say whether a reader's own rule is stable up to αλ = at_least at momenta β from 0.1 to 0.9.

    To go slowly is no way out: the steady gain must be 1 + β or more.
    """
    spoken, problem = _own_rule(rule)
    if problem:
        return Verdict(False, f"{spoken}: {problem}")
    momenta = np.arange(1, 10) / 10
    limits = [theory.learning_rate_limit(rule, 1.0, momentum) for momentum in momenta]
    worst = int(np.argmin(limits))
    told = f"αλ = {limits[worst]:.4g} at momentum {momenta[worst]:g}"
    if limits[worst] < at_least * (1 - 1e-9):
        return Verdict(False, f"{spoken}: it diverges above {told} (goal: {at_least:g})")
    for momentum, gain in zip(momenta, theory.steady_gain(rule, momenta), strict=True):
        if gain < (1 + momentum) * (1 - 1e-9):
            slow = f"stable, but slow: its steady gain at momentum {momentum:g} is {gain:.4g}"
            return Verdict(False, f"{spoken}: {slow} (goal: {1 + momentum:g})")
    return Verdict(True, f"{spoken}: its lowest limit is {told}")


def check_best_rate(rule, condition_number=100, within=50):
    """Say whether a reader's own rule at its best takes under `within` updates for a factor of ten.

    In the long run; and it may know where it is only by the gradients.
    """
    spoken, problem = _own_rule(rule)
    if problem:
        return Verdict(False, f"{spoken}: {problem}")
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


def _own_rule(rule):
    """Return a rule's name in words, and "" or why it is not a linear rule of the reader's own."""
    settings = 1.0, 0.3, (0.3, 0.6, 0.9)
    _given, problem = _tried(rule, 1.0, 0.5, 0.25, 0.1, 0.9)
    if problem:
        return "own rule", problem
    try:
        matrix = theory.transition_matrix(rule, *settings)
    except Exception as error:
        return "own rule", _short(error)
    spoken = in_words(next(iter(offered([rule]))))
    for known in LINEAR_RULES:
        if np.allclose(matrix, theory.transition_matrix(known, *settings)):
            return spoken, f"this is {in_words(known.__name__)}; make it your own"
    return spoken, ""


def check_settings(rule, learning_rate, momentum, *, within, at_most):
    """Say whether training on iris, from 5 seeds, is below an error of 0.1 within so many epochs.

    The learning rate may be at most `at_most`.
    """
    if _is_missing(rule, learning_rate, momentum):
        return Verdict(False, "settings: not chosen yet")
    learning_rate = one_number("learning_rate", learning_rates(learning_rate))
    if learning_rate > at_most:
        return Verdict(False, f"settings: the learning rate may be at most {at_most:g}")
    items, _tests = train_and_test("iris")
    network = Network(items.n_features, 7, items.n_classes)
    runs = (train(network, items, rule, learning_rate, momentum, seed=seed) for seed in range(5))
    epochs = [first_epoch_below(run.epoch_errors, 0.1) for run in runs]
    passed = all(epoch is not None and epoch <= within for epoch in epochs)
    told = ", ".join("never" if epoch is None else str(epoch) for epoch in epochs)
    words = f"settings: below 0.1 at epoch {told} for seeds 0 to 4"
    return Verdict(passed, f"{words} (goal: within {within}, every seed)")


def check_hidden_layer(hidden_layer):
    """Compare a reader's gradients of ih_weights and h_biases with the package's, on 20 items.

    hidden_layer(inputs, hidden, o_signals, ho_weights) returns them, (n_inputs, n_hidden) and
    (n_hidden,), from one item's values and output signals.
    """
    network, rng = Network(4, 5, 3), np.random.default_rng(0)
    for target in np.eye(3)[rng.integers(3, size=20)]:
        weights, inputs = network.initial_weights(rng), rng.normal(size=4)
        parts = network.unpack(weights)
        right = network.unpack(network.gradient(weights, inputs, target))
        hidden = np.tanh(inputs @ parts.ih_weights + parts.h_biases)
        given, problem = _tried(hidden_layer, inputs, hidden, right.o_biases, parts.ho_weights)
        problem = problem or _problem_of_layer(given, right[:2], 1 - hidden**2)
        if problem:
            return Verdict(False, f"hidden layer: {problem}")
    return Verdict(True, "hidden layer: right for 20 random networks and items")


def _problem_of_layer(given, right, slope):
    """Say what is wrong with the gradients of ih_weights and h_biases, or ""."""
    if not (isinstance(given, tuple | list) and len(given) == 2):
        return f"return two things, for ih_weights and h_biases; got {_short(repr(given))}"
    if _is_missing(*given):
        return NOT_WRITTEN
    for name, got, wanted in zip(("ih_weights", "h_biases"), given, right, strict=True):
        if np.shape(got) != wanted.shape:
            return f"the gradient of {name} must have shape {wanted.shape}, got {np.shape(got)}"
        slips = {
            "its sign is swapped": -wanted,
            "the slope of tanh, 1 − hidden², is missing": wanted / slope,
            "a bias has a gradient, too: the value at its start is 1": 0 * wanted,
        }
        if not np.allclose(got, wanted, rtol=1e-9, atol=1e-12):
            told = (what for what, slip in slips.items() if np.allclose(got, slip))
            return f"the gradient of {name} is not right: {next(told, 'check each factor')}"
    return ""
