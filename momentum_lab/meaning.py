"""What a rule's outcome depends on, as one value: its code and everything that the code reads.

A reader changes a constant, a list or a helper and runs the same cell again: results are kept by
the rule's meaning at that moment, never by its identity or its name.
"""

import builtins
import dis
import functools
import math
import types

import numpy as np

from momentum_lab.rules import RULES

MOST_VALUES = 1000  # looked at for one meaning: a list that grows must not make it slower
MOST_BYTES = 100_000  # of an array that a rule reads

_PURE_BUILTINS = """abs all any bool complex dict divmod enumerate filter float frozenset int
isinstance len list map max min pow range reversed round set slice sorted str sum tuple zip
ArithmeticError AssertionError Exception FloatingPointError IndexError KeyError OverflowError
RuntimeError TypeError ValueError ZeroDivisionError""".split()
_PURE_NUMPY = """all any array asarray average clip copy cumsum diff dot float32 float64 full int64
interp isclose linspace max mean median min nan_to_num ndim ones outer polyval prod real round shape
size sort std sum var where zeros""".split()
_PURE_ATTRIBUTES = """T all any clip copy count dot get imag index item items keys max mean min ndim
prod real round shape size std sum tolist values var""".split()
_PURE = {  # what always does the same with the same arguments, by its id
    id(value): value
    for value in (
        *(getattr(builtins, name) for name in _PURE_BUILTINS),
        *(getattr(np, name) for name in _PURE_NUMPY),
        *filter(callable, vars(math).values()),
        *(value for value in vars(np).values() if isinstance(value, np.ufunc)),
    )
}
_HIDDEN = """STORE_GLOBAL DELETE_GLOBAL STORE_ATTR DELETE_ATTR STORE_SUBSCR DELETE_SUBSCR
STORE_SLICE IMPORT_NAME LOAD_NAME LOAD_BUILD_CLASS LOAD_SUPER_ATTR LOAD_FROM_DICT_OR_GLOBALS
LOAD_FROM_DICT_OR_DEREF""".split()  # these change something, or read what cannot be followed


class _Unknown(Exception):
    """Something that a rule reads cannot be seen in full."""


def meaning(rule):
    """Return a hashable value that is equal only for rules that do the same, or None.

    It holds the code, the defaults, and the present values of all that the code reads, and what
    helpers read. None says that this cannot be known: the rule draws random numbers, changes
    something outside itself, or uses objects of a class.
    """
    try:
        return _Reader().value(RULES.get(rule, rule) if isinstance(rule, str) else rule)
    except (_Unknown, RecursionError):
        return None


def is_fixed(rule):
    """Return whether a rule reads nothing from outside but functions that always do the same."""
    try:
        paths, _ = _reads(rule.__code__)
        return not rule.__closure__ and all(id(_look_up(p, rule, {})) in _PURE for p in paths)
    except _Unknown:
        return False


def cached_by_meaning(maxsize):
    """Keep the results of a function whose first argument is a rule, by the rule's `meaning`.

    Where the meaning (or that of another argument) is None, the result is computed anew.
    """

    def decorate(function):
        keep = functools.lru_cache(maxsize)(lambda *key: [])

        @functools.wraps(function)
        def cached(rule, *arguments, **named):
            key = meaning(rule), meaning((arguments, named))
            kept = [] if None in key else keep(*key)
            if not kept:
                kept.append(function(rule, *arguments, **named))
            return kept[0]

        cached.cache_clear, cached.cache_info = keep.cache_clear, keep.cache_info
        return cached

    return decorate


class _Reader:
    """Reads values one inside the other, each function, list or array once."""

    def __init__(self):
        self.seen, self.left = {}, MOST_VALUES
        self.changeable = self.changes = False

    def value(self, value):
        kind = type(value)
        self.left -= 1
        if self.left < 0:
            raise _Unknown
        if kind is float or kind is complex:
            return kind, repr(value)  # tells 0.0 from -0.0, and nan equals nan
        if kind in (int, bool, str, bytes, types.NoneType, types.EllipsisType):
            return kind, value
        if id(value) in _PURE:
            return "pure", value
        if id(value) in self.seen:
            return "again", self.seen[id(value)]
        self.seen[id(value)] = len(self.seen)
        found = self._container(kind, value)
        if self.changeable and self.changes:  # `values += [x]` may be at work on what was read
            raise _Unknown
        return found

    def _container(self, kind, value):
        self.changeable |= kind in (list, dict, set, np.ndarray)
        if kind in (tuple, list):
            return kind, *map(self.value, value)
        if kind is dict:
            return kind, *(self.value(part) for item in value.items() for part in item)
        if kind in (set, frozenset):
            return kind, frozenset(map(self.value, value))
        if kind is np.ndarray or isinstance(value, np.generic):
            if value.dtype.hasobject or value.nbytes > MOST_BYTES:
                raise _Unknown
            return kind, value.dtype.str, value.shape, value.tobytes()
        if kind is functools.partial:
            return kind, *map(self.value, (value.func, value.args, value.keywords))
        if kind is types.FunctionType:
            return self._function(value)
        raise _Unknown

    def _function(self, function):
        code = function.__code__
        reads, changes = _reads(code)
        self.changes |= changes
        parts = function.__defaults__, function.__kwdefaults__, vars(function)
        cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
        values = [self.value(_look_up(path, function, cells)) for path in reads]
        return function.__name__, code, *map(self.value, parts), *values


def _look_up(path, function, cells):
    """Return the present value of a dotted name that the code of `function` reads."""
    name, *attributes = path
    names = function.__globals__ if name in function.__globals__ else vars(builtins)
    try:
        value = cells[name].cell_contents if name in cells else names[name]
        for attribute in attributes:
            if not isinstance(value, types.ModuleType):
                if attribute not in _PURE_ATTRIBUTES:
                    raise _Unknown
                return value
            value = vars(value)[attribute]
    except (KeyError, ValueError) as error:  # a name or a cell without a value
        raise _Unknown from error
    return value


@functools.lru_cache(maxsize=1024)
def _reads(code):
    """Return the dotted names that the code reads from outside, and whether it has an `x += y`."""
    reads, path = {}, None
    changes = any(type(names) is tuple and "out" in names for names in code.co_consts)
    for instruction in dis.get_instructions(code):
        operation, name = instruction.opname, instruction.argval
        if operation in _HIDDEN or operation == "STORE_DEREF" and name in code.co_freevars:
            raise _Unknown
        if operation in ("LOAD_ATTR", "LOAD_METHOD"):
            if path is None and name not in _PURE_ATTRIBUTES:
                raise _Unknown
            path = path and (*path, name)
        elif operation not in ("EXTENDED_ARG", "CACHE"):
            if path:
                reads[path] = None
            outside = operation in ("LOAD_DEREF", "LOAD_CLASSDEREF") and name in code.co_freevars
            path = (name,) if outside or operation == "LOAD_GLOBAL" else None
        changes |= operation == "BINARY_OP" and instruction.argrepr.endswith("=")
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            more, changed = _reads(inner)
            reads |= {path: None for path in more if path[0] not in code.co_cellvars}
            changes |= changed
    return tuple(reads), changes
