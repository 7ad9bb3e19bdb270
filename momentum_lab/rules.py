"""The update rules: plain functions with one signature.

    rule(weight, gradient, memory, learning_rate, momentum) -> (weight, memory)

`gradient` is the ordinary gradient of the loss: it points uphill, so every rule steps against it.
`memory` is the one number a rule keeps for each weight between two updates; it starts at 0.
A rule takes single numbers or arrays and never changes them. Your own function with this signature
goes everywhere a built-in rule goes.
"""

import functools
import math

import numpy as np

from momentum_lab import validation as check

SMALLEST_DIVISOR = 1e-8  # keeps the adaptive rules from dividing by zero


def plain(weight, gradient, memory, learning_rate, momentum):
    """Gradient descent without memory: w ← w − α·g.

    `memory` and `momentum` are ignored, so that a loop needs no special case for this rule.
    """
    weight = weight - learning_rate * gradient
    return weight, memory


def previous_delta(weight, gradient, prev_delta, learning_rate, momentum):
    """Momentum as in the source post: a second update from the previous delta.

    δ = −α·g;  w ← w + δ;  w ← w + β·prev_delta;  prev_delta ← δ

    The memory is the gradient part of the last update only, so the rule looks back one update and
    forgets: a constant gradient is amplified 1 + β times, never more.
    """
    delta = -learning_rate * gradient
    weight = weight + delta
    weight = weight + momentum * prev_delta
    return weight, delta


def heavy_ball(weight, gradient, prev_step, learning_rate, momentum):
    """Classical momentum: the memory is the whole last step, so it builds up.

    v ← β·v − α·g;  w ← w + v

    A constant gradient is amplified up to 1/(1 − β) times.
    Source: Polyak 1964; Keras and scikit-learn write it this way.
    """
    step = momentum * prev_step - learning_rate * gradient
    weight = weight + step
    return weight, step


def nesterov(weight, gradient, prev_step, learning_rate, momentum):
    """Nesterov's momentum, written at the stored "ahead" point.

    v ← β·v − α·g;  w ← w + β·v − α·g

    A constant gradient is amplified up to 1/(1 − β) times.
    Source: Nesterov 1983; Sutskever et al. 2013; Keras and scikit-learn write it this way.
    """
    step = momentum * prev_step - learning_rate * gradient
    weight = weight + momentum * step - learning_rate * gradient
    return weight, step


def averaged(weight, gradient, prev_average, learning_rate, momentum):
    """Momentum as a running average of steps: heavy ball with its gain taken out.

    v ← β·v − α·(1 − β)·g;  w ← w + v

    A constant gradient is followed at gain 1, whatever the momentum.
    Source: MATLAB's traingdm; Hagan et al., Neural Network Design.
    """
    average = momentum * prev_average - learning_rate * (1 - momentum) * gradient
    weight = weight + average
    return weight, average


def adagrad(weight, gradient, sum_of_squares, learning_rate, momentum):
    """AdaGrad: each weight's learning rate shrinks with the gradients it has seen.

    s ← s + g²;  w ← w − α·g / √s

    `momentum` is ignored. Source: Duchi, Hazan & Singer 2011.
    """
    sum_of_squares = sum_of_squares + gradient * gradient
    weight = weight - learning_rate * gradient / (np.sqrt(sum_of_squares) + SMALLEST_DIVISOR)
    return weight, sum_of_squares


def rmsprop(weight, gradient, mean_square, learning_rate, momentum):
    """RMSProp: AdaGrad that forgets; `momentum` is the share of the old average that is kept.

    s ← β·s + (1 − β)·g²;  w ← w − α·g / √s

    Source: Tieleman & Hinton 2012, lecture 6.5.
    """
    mean_square = momentum * mean_square + (1 - momentum) * gradient * gradient
    weight = weight - learning_rate * gradient / (np.sqrt(mean_square) + SMALLEST_DIVISOR)
    return weight, mean_square


_EVERY = plain, previous_delta, heavy_ball, nesterov, averaged, adagrad, rmsprop
RULES = {rule.__name__: rule for rule in _EVERY}
"""Every built-in rule by its name, in the order in which the course shows them."""


def get_rule(rule):
    """Return the rule function for a name from `RULES`; a function is returned as it is.

    Raises ValueError for an unknown name (with the nearest known one), TypeError for all else.
    """
    if isinstance(rule, str):
        return check.by_name("rule", rule, RULES)
    if not callable(rule):
        raise TypeError(f"rule must be a name or a function, got {type(rule).__name__}")
    return rule


def try_rule(rule):
    """Return `rule` if one trial call gives two finite numbers, as the signature promises.

    Raises ValueError that says what the rule returned instead, or what it raised.
    """
    with np.errstate(all="ignore"):
        result = call_rule(rule, 1.0, 0.5, 0.25, 0.1, 0.9)
    if not all(map(math.isfinite, result)):
        raise ValueError(f"rule {rule_name(rule)} must return finite numbers, got {result!r}")
    return rule


def call_rule(rule, *arguments):
    """Return the new weight and memory as two floats, whatever numbers the rule makes.

    NaN and infinite numbers are a result, and so is OverflowError, Python's way to say infinity.
    Whatever else it raises or returns (a complex number, None) is a ValueError that says how the
    rule was called.
    """
    try:
        result = rule(*arguments)
    except OverflowError:
        return math.inf, math.inf
    except Exception as error:
        raise _bad_rule(rule, f"raised {type(error).__name__}: {error}", arguments) from error
    if isinstance(result, tuple | list) and len(result) == 2:
        weight, memory = result
        if type(weight) is float and type(memory) is float:  # the others take longer to tell
            return weight, memory
        if _is_number(weight) and _is_number(memory):
            return float(weight), float(memory)
    complaint = f"must return (weight, memory), two real numbers, got {result!r}"
    raise _bad_rule(rule, complaint, arguments)


def call_on_each(rule, weights, gradient, memory, *settings):
    """Return the new weights and the new memory as two lists, calling the rule for each weight."""
    numbers = zip(weights, gradient, memory, strict=True)
    new = [call_rule(rule, *three, *settings) for three in numbers]
    return tuple(map(list, zip(*new, strict=True)))


def call_on_arrays(rule, *arguments):
    """Call `rule` on arrays; one that takes single numbers only is called once for each of them."""
    rule = get_rule(rule)
    with np.errstate(all="ignore"):
        try:
            weight, memory = rule(*arguments)
            if np.iscomplexobj(weight) or np.iscomplexobj(memory):  # numpy would cut them, and warn
                raise TypeError
            return check.as_floats("weight", weight), check.as_floats("memory", memory)
        except Exception:  # from an `if` or a math function that was given an array
            each = np.vectorize(functools.partial(call_rule, rule), otypes=(float, float))
            return each(*arguments)


def rule_name(rule):
    """Return the name that messages and results call a rule by."""
    return getattr(rule, "__name__", "own rule")


def _is_number(value):
    """Whether float() may take it; float() itself would also take text or an array.

    np.where(...) of single numbers gives an array without dimensions: a number, too.
    """
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"


def _bad_rule(rule, complaint, arguments):
    names = ("weight", "gradient", "memory", "learning_rate", "momentum")
    call = ", ".join(f"{name}={value!r}" for name, value in zip(names, arguments, strict=True))
    return ValueError(f"rule {rule_name(rule)} {complaint}, when it was called as rule({call})")
