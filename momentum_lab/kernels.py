"""The compiled training loop: the formulas of network.py, one update after the other.

numba is imported here and nowhere else. Nothing compiles at import: `training_kernel` and
`compiled_rule` do so when they are first called, and keep the machine code on disk.
"""

import functools
import hashlib
import inspect
import math
from types import FunctionType

import numba
import numpy as np
from numba import types
from numba.core.registry import cpu_target

from momentum_lab import rules

LENGTH_LIMIT = 1e4
"""A weight vector longer than this has diverged: tanh and softmax are then all-or-nothing."""

CROSS_ENTROPY, SQUARED_ERROR, _ARTICLE = range(3)  # as in network.ERRORS

_number = types.float64
_vector = types.Array(_number, 1, "C")
_matrix = types.Array(_number, 2, "C")
_fixed_vector = types.Array(_number, 1, "C", readonly=True)
_fixed_matrix = types.Array(_number, 2, "C", readonly=True)
_fixed_order = types.Array(types.int64, 2, "C", readonly=True)

RULE_ON_ALL = _number(_vector, _vector, _vector, _number, _number)

# Loading numba's tables takes 0.3 s, once a process: better now than inside a first drag.
cpu_target.target_context.refresh()


def _rule_on_all(weights, gradient, memory, learning_rate, momentum):
    """Apply the rule to every weight in place; return the new length of the weight vector."""
    squares = 0.0
    for w in range(weights.size):
        weights[w], memory[w] = rule(  # noqa: F821  (compiled_rule puts it into the globals)
            weights[w], gradient[w], memory[w], learning_rate, momentum
        )
    for w in range(weights.size):
        squares += weights[w] * weights[w]
    return math.sqrt(squares)


@numba.njit
def _distance(a, b):
    return math.sqrt(((a - b) ** 2).sum())


def _train_epochs(
    rule,
    error_code,
    n_hidden,
    weights,
    memory,
    inputs,
    targets,
    order,
    batch_size,
    learning_rates,
    momenta,
    update_errors,
    epoch_weights,
    trajectory,
    step_parts,
):
    """Train in place over the epochs of `order`.

    Return 0, or the number of the update that diverged: one that takes the weights past
    LENGTH_LIMIT is undone and ends the loop.
    `trajectory` and `step_parts` are filled where they have rows.
    """
    n_inputs, n_outputs = inputs.shape[1], targets.shape[1]
    hb = n_inputs * n_hidden  # where the hidden biases start in the flat vector
    ho = hb + n_hidden
    ob = ho + n_hidden * n_outputs
    hidden, hidden_slope = np.empty(n_hidden), np.empty(n_hidden)
    outputs, slope = np.empty(n_outputs), np.empty(n_outputs)
    gradient, before = np.empty(weights.size), np.empty(weights.size)
    gradient_only, no_memory = np.empty(weights.size), np.empty(weights.size)
    update = 0
    for epoch in range(order.shape[0]):
        for first in range(0, order.shape[1], batch_size):
            last = min(first + batch_size, order.shape[1])
            share = 1.0 / (last - first)
            gradient[:] = 0.0
            error = 0.0
            for position in range(first, last):
                item = order[epoch, position]

                for j in range(n_hidden):
                    hidden[j] = weights[hb + j]
                for i in range(n_inputs):
                    for j in range(n_hidden):
                        hidden[j] += inputs[item, i] * weights[i * n_hidden + j]
                for j in range(n_hidden):
                    # tanh, within 3e-16 of math.tanh and in half its time
                    hidden[j] = 1.0 - 2.0 / (math.exp(2.0 * hidden[j]) + 1.0)

                for k in range(n_outputs):
                    outputs[k] = weights[ob + k]
                for j in range(n_hidden):
                    for k in range(n_outputs):
                        outputs[k] += hidden[j] * weights[ho + j * n_outputs + k]
                top, chosen = outputs[0], 0.0
                for k in range(n_outputs):
                    top = max(top, outputs[k])
                    chosen += targets[item, k] * outputs[k]
                total = 0.0
                for k in range(n_outputs):
                    outputs[k] = math.exp(outputs[k] - top)
                    total += outputs[k]

                if error_code == CROSS_ENTROPY:
                    error += top + math.log(total) - chosen
                    for k in range(n_outputs):
                        slope[k] = share * (outputs[k] / total - targets[item, k])
                else:
                    shared = 0.0
                    for k in range(n_outputs):
                        outputs[k] /= total
                        slope[k] = outputs[k] - targets[item, k]
                        error += slope[k] * slope[k]
                        shared += outputs[k] * slope[k]
                    for k in range(n_outputs):
                        if error_code == SQUARED_ERROR:
                            slope[k] = share * 2.0 * outputs[k] * (slope[k] - shared)
                        else:
                            slope[k] = share * (1.0 - outputs[k]) * outputs[k] * slope[k]

                for k in range(n_outputs):
                    gradient[ob + k] += slope[k]
                for j in range(n_hidden):
                    back = 0.0
                    for k in range(n_outputs):
                        gradient[ho + j * n_outputs + k] += hidden[j] * slope[k]
                        back += slope[k] * weights[ho + j * n_outputs + k]
                    hidden_slope[j] = back * (1.0 - hidden[j]) * (1.0 + hidden[j])
                    gradient[hb + j] += hidden_slope[j]
                for i in range(n_inputs):
                    for j in range(n_hidden):
                        gradient[i * n_hidden + j] += inputs[item, i] * hidden_slope[j]

            update_errors[update] = share * error
            learning_rate, momentum = learning_rates[update], momenta[update]
            if step_parts.shape[0] > 0:
                gradient_only[:] = weights
                no_memory[:] = 0.0
                rule(gradient_only, gradient, no_memory, learning_rate, momentum)
                step_parts[update, 0] = _distance(gradient_only, weights)
            before[:] = weights
            length = rule(weights, gradient, memory, learning_rate, momentum)
            if step_parts.shape[0] > 0:
                step_parts[update, 1] = _distance(gradient_only, weights)
            update += 1
            if not length <= LENGTH_LIMIT:  # so written, NaN counts as past the limit
                weights[:] = before
                return update
            if trajectory.shape[0] > 0:
                trajectory[update] = weights
        epoch_weights[epoch] = weights
    return 0


_TRAIN_EPOCHS = types.int64(
    types.FunctionType(RULE_ON_ALL),
    types.int64,  # error_code
    types.int64,  # n_hidden
    _vector,  # weights
    _vector,  # memory
    _fixed_matrix,  # inputs
    _fixed_matrix,  # targets
    _fixed_order,
    types.int64,  # batch_size
    _fixed_vector,  # learning_rates
    _fixed_vector,  # momenta
    _vector,  # update_errors
    _matrix,  # epoch_weights
    _matrix,  # trajectory
    _matrix,  # step_parts
)


def _compile(function, signature, cache, **options):
    options = {"nogil": True, "error_model": "numpy"} | options
    try:
        return numba.njit(signature, cache=cache, **options)(function)
    except RuntimeError:  # nowhere to keep the machine code: compile in each process
        return numba.njit(signature, **options)(function)


@functools.cache
def training_kernel():
    """Return `_train_epochs`, compiled; the first call in a new installation takes seconds."""
    return _compile(_train_epochs, _TRAIN_EPOCHS, cache=True)


def _fingerprint(rule):
    """A few letters for the rule that runs: an edited one must never meet old machine code.

    Taken from the function, not from rules.py, which may have been edited since it was imported.
    """
    code = rule.__code__
    meaning = code.co_code, code.co_consts, code.co_names, _values_used(rule)
    return hashlib.sha256(repr(meaning).encode()).hexdigest()[:12]


@functools.cache
def _builtin_rule(rule):
    return _on_all(rule, f"{rule.__name__}_{_fingerprint(rule)}", cache=True)


def _on_all(rule, name, cache):
    """Return `_rule_on_all` compiled around `rule`.

    A closure over a compiled function is recompiled in every process; a global is not. So each
    rule gets its own copy of the function, with the rule among its globals.
    """
    single = numba.njit(error_model="numpy" if cache else "python")(rule)
    function = FunctionType(_rule_on_all.__code__, globals() | {"rule": single}, name)
    function.__qualname__ = name  # the name of the file that keeps the machine code
    # Reordering the sum of squares halves its time; the rule is compiled apart, to the last bit.
    return _compile(function, RULE_ON_ALL, cache, fastmath={"reassoc"})


_python_rules = []  # object mode looks names up in this module only


def _called_from_python(weight, gradient, memory, learning_rate, momentum):
    number = rule_number  # noqa: F821  (frozen into the machine code by _through_python)
    with numba.objmode(new_weight="float64", new_memory="float64"):
        new_weight, new_memory = _python_rules[number](
            weight, gradient, memory, learning_rate, momentum
        )
    return new_weight, new_memory


def _through_python(rule):
    _python_rules.append(rule)
    namespace = globals() | {"rule_number": len(_python_rules) - 1}
    return FunctionType(_called_from_python.__code__, namespace, "called_from_python")


@functools.lru_cache(maxsize=32)
def _own_rule(rule, _values):
    """Compile a reader's rule; `_values` makes a changed constant a new entry of the cache."""
    name = getattr(rule, "__name__", "own_rule")
    try:
        return _on_all(_with_compiled_helpers(rule), name, cache=False)
    except Exception:  # numba cannot compile it, and says so in many ways: call the Python function
        return _on_all(_through_python(rule), name, cache=False)


def _with_compiled_helpers(rule):
    """Return a copy of a rule whose helpers, say a built-in rule that it calls, are compiled."""
    if not inspect.isfunction(rule):
        return rule
    used = inspect.getclosurevars(rule).globals.items()
    helpers = {
        name: numba.njit(error_model="python")(helper)
        for name, helper in used
        if inspect.isfunction(helper) and helper is not rule
    }
    namespace = rule.__globals__ | helpers
    return FunctionType(
        rule.__code__, namespace, rule.__name__, rule.__defaults__, rule.__closure__
    )


def _values_used(rule):
    """What a rule refers to outside itself, as text: numbers that a reader may change."""
    if not inspect.isfunction(rule):
        return repr(rule)
    variables = inspect.getclosurevars(rule)
    return repr(sorted((variables.globals | variables.nonlocals).items()))


def compiled_rule(rule):
    """Return `rule` compiled to change whole vectors in place.

    A built-in rule is kept on disk; a reader's own compiles in 0.1 s when it is first used, or,
    where numba cannot compile it, is called as the Python function it is.
    """
    if rule in rules.RULES.values():
        return _builtin_rule(rule)
    return _own_rule(rule, _values_used(rule))
