"""The compiled training loop: the formulas of network.py, one update after the other.

numba is imported here and in machine_code.py only, and nothing compiles at import. A rule becomes
machine code only where that is Python to the last bit: see `_is_arithmetic`.
"""

import builtins
import contextlib
import functools
import hashlib
import itertools
import math
from types import CellType, FunctionType
from types import ModuleType as Module

import numba
import numpy as np
from numba import types
from numba.core import ir
from numba.core.registry import cpu_target

from momentum_lab.machine_code import compiled
from momentum_lab.meaning import cached_by_meaning, meaning
from momentum_lab.rules import RULES, call_rule, get_rule

LENGTH_LIMIT = 1e4
"""A weight vector longer than this has diverged: tanh and softmax are then all-or-nothing."""

CROSS_ENTROPY, SQUARED_ERROR, _ARTICLE = range(3)  # as in network.ERRORS

_number, _vector, _matrix = types.float64, types.float64[::1], types.float64[:, ::1]
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


def _train_updates(rule, sizes, state, items, settings, records):
    """Train in place from update `start` up to `stop`; see `Loop` for what it reads and fills.

    Return 0, or the number of the update that took the weights past LENGTH_LIMIT: it is undone.
    """
    start, stop, error_code, n_hidden, batch_size = sizes
    weights, memory = state
    inputs, targets, order = items
    learning_rates, momenta = settings
    update_errors, epoch_weights, trajectory, step_parts, gradients = records
    n_items, n_inputs, n_outputs = order.shape[1], inputs.shape[1], targets.shape[1]
    updates_per_epoch = -(-n_items // batch_size)
    hb = n_inputs * n_hidden  # where the hidden biases start in the flat vector
    ho = hb + n_hidden
    ob = ho + n_hidden * n_outputs
    hidden, hidden_slope = np.empty(n_hidden), np.empty(n_hidden)
    outputs, slope = np.empty(n_outputs), np.empty(n_outputs)
    gradient, before = np.empty(weights.size), np.empty(weights.size)
    gradient_only, no_memory = np.empty(weights.size), np.empty(weights.size)
    for update in range(start, stop):
        epoch, batch = divmod(update, updates_per_epoch)
        first = batch * batch_size
        last = min(first + batch_size, n_items)
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
        if gradients.shape[0] > 0:
            gradients[update] = gradient
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
        if not length <= LENGTH_LIMIT:  # so written, NaN counts as past the limit
            weights[:] = before
            return update + 1
        if trajectory.shape[0] > 0:
            trajectory[update + 1] = weights
        if last == n_items:
            epoch_weights[epoch] = weights
    return 0


_TRAIN_UPDATES = types.int64(  # as the arguments of _train_updates
    types.FunctionType(RULE_ON_ALL),
    types.UniTuple(types.int64, 5),
    types.UniTuple(_vector, 2),
    types.Tuple([_fixed_matrix, _fixed_matrix, _fixed_order]),
    types.UniTuple(_fixed_vector, 2),
    types.Tuple([_vector, _matrix, _matrix, _matrix, _matrix]),
)


@functools.cache
def training_kernel():
    """Return `_train_updates`, compiled; the first call in a new installation takes seconds."""
    return compiled(_train_updates, _TRAIN_UPDATES, cache=True, error_model="numpy")


@functools.cache
def hand_over():
    """Return a compiled rule that changes no weight and puts the gradient into the memory."""

    def hand_over(weights, gradient, memory, learning_rate, momentum):
        memory[:] = gradient
        return 0.0

    return compiled(hand_over, RULE_ON_ALL, cache=True)


@cached_by_meaning(maxsize=64)
def compiled_rule(rule):
    """Return `rule` compiled to change whole vectors in place, or None if it must run as Python.

    A built-in rule is kept on disk; a reader's own compiles in 0.1 s when it is first used. Where
    machine code and Python may part (a root of a negative number, a division by zero), an own
    rule's machine code raises: ask Python then.
    """
    if meaning(rule) is None:
        return None
    return _builtin_rule(rule) if rule in RULES.values() else _own_rule(rule)


def is_compiled(rule):
    """Return whether a rule, or one of this name, trains as machine code: 100 times as fast."""
    return compiled_rule(get_rule(rule)) is not None


def _on_all(single, name, cache):
    """Return `_rule_on_all` compiled around the compiled rule `single`.

    The rule is put among the globals of a copy: a closure is compiled anew in every process.
    """
    function = FunctionType(_rule_on_all.__code__, globals() | {"rule": single}, name)
    function.__qualname__ = name  # the name of the file that keeps the machine code
    # Reordering the sum of squares halves its time; the rule is compiled apart, to the last bit.
    return compiled(function, RULE_ON_ALL, cache, fastmath={"reassoc"})


def _builtin_rule(rule):
    # An edited rule must never meet old machine code: the name on disk holds what it means now.
    code = rule.__code__
    now = repr((code.co_code, code.co_consts, code.co_names, meaning(rule)[2:]))
    fingerprint = hashlib.sha256(now.encode()).hexdigest()[:12]
    # Said plainly, or it would take over the reordering of the function that calls it.
    single = numba.njit(error_model="numpy", fastmath=False)(rule)
    return _on_all(single, f"{rule.__name__}_{fingerprint}", cache=True)


def _own_rule(rule):
    helpers = []
    with contextlib.suppress(Exception):  # numba cannot compile it, and says so in many ways
        single = _checked_copy(rule, helpers)
        single.compile((_number,) * 5)
        on_all = _on_all(single, "own_rule", cache=False)
        if all(map(_is_arithmetic, helpers)) and _agrees(rule, single):
            return on_all
    return None


def _checked_copy(function, helpers):
    """Return `function` compiled lazily with all it calls, each part also added to `helpers`.

    Functions that may part from Python's are replaced by those of `_CHECKED`.
    """

    def replaced(value):
        if isinstance(value, FunctionType):
            return _checked_copy(value, helpers)
        return _CHECKED.get(id(value), value)

    code = function.__code__
    known = vars(builtins) | function.__globals__
    namespace = {name: replaced(known[name]) for name in code.co_names if name in known}
    cells = tuple(CellType(replaced(cell.cell_contents)) for cell in function.__closure__ or ())
    copy = FunctionType(code, namespace, function.__name__, function.__defaults__, cells)
    helpers.append(numba.njit(error_model="python")(copy))
    return helpers[-1]


def _checked(function):
    """Return a compiled function of one number that raises where the result is not finite."""

    @numba.njit(error_model="python")
    def checked(x):
        y = function(x)
        if not math.isfinite(y):
            raise ArithmeticError
        return y

    return checked


_smaller = numba.njit(lambda a, b: b if b < a else a)
_larger = numba.njit(lambda a, b: b if b > a else a)
_where = numba.njit(lambda condition, a, b: a if condition else b)
_sign = numba.njit(lambda x: 1.0 if x > 0 else -1.0 if x < 0 else 0.0 * abs(x))
_size = numba.njit(lambda x: math.fabs(x))
_ROOT = _checked(math.sqrt)
_IN_MATH = {name: _checked(getattr(math, name)) for name in ("exp", "log", "sin", "cos", "tanh")}
_IN_MATH |= {"sqrt": _ROOT, "fabs": _size, "pi": math.pi, "e": math.e}
# numpy's own exp or tanh may differ from these in the last bit, so that only exact ones are here.
_IN_NUMPY = {"sqrt": _ROOT, "abs": _size, "sign": _sign, "where": _where}
_CHECKED = {id(math): Module("math"), id(np): Module("numpy")}
_CHECKED |= {id(min): _smaller, id(max): _larger, id(abs): _size}
for _module, _functions in ((math, _IN_MATH), (np, _IN_NUMPY)):
    vars(_CHECKED[id(_module)]).update(_functions)
    _CHECKED |= {id(getattr(_module, name)): value for name, value in _functions.items()}

_WITH_A_FLOAT = "add sub mul truediv neg pos iadd isub imul itruediv".split()
_COMPARISONS = "lt le gt ge eq ne not_".split()
_MOVES = {"build_tuple", "exhaust_iter", "static_getitem", "cast", "getattr"}
_MOST_EXACT = 2**53  # whole numbers beyond are not exact as floats


def _is_arithmetic(helper):
    """Whether a compiled function holds nothing in which machine code may part from Python.

    Allowed are float arithmetic (no powers, no remainders, nothing between two whole numbers),
    comparisons, branches that give every name a value, and calls of checked functions; no loops,
    which an interrupt could not stop. Read off numba's typed form, so whatever is new is refused.
    """
    return all(
        _is_allowed(statement, form, label)
        for form in (result.type_annotation for result in helper.overloads.values())
        for label, block in form.blocks.items()
        for statement in block.body
    )


def _is_allowed(statement, form, label):
    match statement:
        case ir.Jump() | ir.Branch():
            return all(target > label for target in statement.get_targets())
        case ir.Assign(value=ir.Global() | ir.FreeVar() | ir.Const() as known):
            return _is_known(known.value)
        case ir.Assign(value=ir.Expr() as expression):
            return _is_allowed_expression(expression, form)
        case ir.Assign(value=ir.Arg() | ir.Var()) | ir.Del() | ir.Return() | ir.StaticRaise():
            return True
    return False


def _is_known(value):
    """Whether a constant, or what a name stands for, is a number or among the allowed."""
    if type(value) is int:
        return abs(value) <= _MOST_EXACT
    if isinstance(value, type):
        return value is bool or issubclass(value, Exception)
    allowed = float, bool, str, np.float64, numba.core.dispatcher.Dispatcher
    return isinstance(value, allowed) or any(value is checked for checked in _CHECKED.values())


def _is_allowed_expression(expression, form):
    if expression.op in ("binop", "inplace_binop", "unary"):
        arguments, name = form.calltypes[expression].args, expression.fn.__name__
        if name in _COMPARISONS:
            return all(isinstance(kind, types.Number | types.Boolean) for kind in arguments)
        used = [form.typemap[variable.name] for variable in expression.list_vars()]
        return name in _WITH_A_FLOAT and _number in used
    if expression.op == "call":
        called = form.typemap[expression.func.name]
        return not isinstance(called, types.Function) or called.typing_key is bool
    return expression.op in _MOVES


def _agrees(rule, single):
    """Whether the compiled rule gives Python's bits on many numbers, or raises."""
    numbers = (-1e200, -3.7, -1.0, -0.0, 0.0, 1e-9, 0.3, 2.5, 1e9)
    with np.errstate(all="ignore"):
        for arguments in itertools.product(numbers, numbers, numbers, (0.1, 1.7), (0.0, 0.9)):
            try:
                given = single(*arguments)
            except Exception:  # in doubt it asks Python
                continue
            if repr(tuple(map(float, given))) != repr(call_rule(rule, *arguments)):
                return False
    return True
