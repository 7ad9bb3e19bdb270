"""What a rule means now: whatever it reads changes it, and what cannot be seen is not guessed."""

import functools
import random
import types

import numpy as np
import pytest

from momentum_lab import landscapes, theory
from momentum_lab.meaning import cached_by_meaning, meaning
from momentum_lab.network import Network
from momentum_lab.rules import RULES, heavy_ball
from momentum_lab.training import descend, train

MODULE = types.ModuleType("settings_of_a_reader")
STRENGTH = [1.0]
NETWORK = Network(2, 2, 2)
ITEMS = types.SimpleNamespace(inputs=np.eye(2), targets=np.eye(2))


def outcome(rule):
    """What training, a descent, theory and a cache say of a rule, as bytes."""
    return (
        train(NETWORK, ITEMS, rule, 0.1, 0.5, epochs=3).weights.tobytes(),
        descend(landscapes.bowl(), 1, rule, 0.1, 0.5, 3).weights.tobytes(),
        theory.rate(rule, 1.0, 0.1, 0.5).tobytes(),
        kept_rate(rule),
    )


@cached_by_meaning(maxsize=8)
def kept_rate(rule):
    return float(theory.rate(rule, 1.0, 0.1, 0.5))


def expected(strength):
    def plain(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * (strength * gradient), memory

    return outcome(plain)


def of_cell(cell, **names):
    """The namespace of a cell that defines `rule`; strengthen it by changing a name in it."""
    namespace = {"MODULE": MODULE, "np": np, "functools": functools} | names
    exec(cell, namespace)
    return namespace


RULE = """
def rule(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * ({} * gradient), memory
"""


@pytest.mark.parametrize(
    ("before", "read", "change"),
    [
        ("K = 1.0", "K", "K = 2.0"),
        ("K = 1.0\ndef f(): return K", "f()", "K = 2.0"),
        ("K = 1.0\ndef g(): return K\ndef f(): return g()", "f()", "K = 2.0"),
        ("def f(): return 1.0", "f()", "def f(): return 2.0"),
        ("f = lambda: 1.0", "f()", "f = lambda: 2.0"),
        ("MODULE.K = 1.0", "MODULE.K", "MODULE.K = 2.0"),
        ("MODULE.f = lambda: 1.0", "MODULE.f()", "MODULE.f = lambda: 2.0"),
        ("MODULE.K = 1.0\ndef f(): return MODULE.K", "f()", "MODULE.K = 2.0"),
        ("K = [1.0]", "K[0]", "K[0] = 2.0"),
        ("K = {'k': 1.0}", "K['k']", "K['k'] = 2.0"),
        ("K = np.ones(2)", "K[0]", "K[0] = 2.0"),
        ("K = np.ones(2)", "K.sum()", "K[0] = 3.0"),
        ("class A: k = 1.0", "A.k", "A.k = 2.0"),
        ("class A: pass\na = A(); a.k = 1.0", "a.k", "a.k = 2.0"),
        ("class A:\n  k = 1.0\n  def f(self): return self.k\na = A()", "a.f()", "a.k = 2.0"),
        ("def f(k=1.0): return k", "f()", "f.__defaults__ = (2.0,)"),
        ("def f(*, k=1.0): return k", "f()", "f.__kwdefaults__['k'] = 2.0"),
        ("f = functools.partial(max, 1.0)", "f(0.5)", "f = functools.partial(max, 2.0)"),
        ("h = lambda: 1.0\nf = functools.partial(h)", "f()", "f = functools.partial(lambda: 2.0)"),
        ("def f(): return 1.0", "f()", "f.__code__ = (lambda: 2.0).__code__"),
        ("k = 1.0\ndef f(): return globals()['k']", "f()", "k = 2.0"),
        ("K = 1.0\nf = functools.lru_cache(lambda: K)", "f()", "f.cache_clear(); K = 2.0"),
        ("K = 1.0", "[K for _ in range(1)][0]", "K = 2.0"),
        ("K = 1.0", "(lambda: K)()", "K = 2.0"),
    ],
)  # fmt: skip
def test_whatever_a_rule_reads_is_taken_as_it_is_now(before, read, change):
    namespace = of_cell(before + RULE.format(read))
    first = outcome(namespace["rule"])
    exec(change, namespace)
    assert outcome(namespace["rule"]) == outcome(
        of_cell(RULE.format(eval(read, namespace)))["rule"]
    )
    assert outcome(namespace["rule"]) != first


def test_an_enclosed_number_a_default_and_the_state_of_a_callable_object_are_read_too():
    strength = 1.0

    def enclosing(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * (strength * gradient), memory

    class Rule:
        def __call__(self, weight, gradient, memory, learning_rate, momentum):
            return weight - learning_rate * (strength * gradient), memory

    for value in (1.0, 2.0, 1.0):
        strength = value
        assert outcome(enclosing) == outcome(Rule()) == expected(value)


def test_two_rules_of_one_name_from_one_factory_stay_distinct():
    def factory(strength):
        def rule(weight, gradient, memory, learning_rate, momentum):
            return weight - learning_rate * (strength * gradient), memory

        return rule

    one, two = factory(1.0), factory(2.0)
    assert (outcome(one), outcome(two)) == (expected(1.0), expected(2.0))
    assert meaning(one) == meaning(factory(1.0)) != meaning(two)


def test_a_built_in_rule_has_one_meaning_under_its_name_and_as_its_function():
    assert meaning("heavy_ball") == meaning(heavy_ball) is not None
    assert len({meaning(rule) for rule in RULES.values()}) == len(RULES)


def test_values_that_python_finds_equal_but_that_act_differently_differ():
    values = [0.0, -0.0, 0, False, 1, 1.0, True, "1", (1,), [1], np.float64(1), np.float32(1)]
    values += [np.ones(1), np.ones(1, int), np.ones((1, 1)), {1: 2}, frozenset([1]), None]
    assert len({meaning(value) for value in values}) == len(values)
    assert meaning(float("nan")) == meaning(float("nan"))


log, generator = [], random.Random(1)


def that_logs(weight, gradient, memory, learning_rate, momentum):
    log.append(weight)
    return heavy_ball(weight, gradient, memory, learning_rate, momentum)


def that_logs_by_another_name(weight, gradient, memory, learning_rate, momentum):
    notes = log
    notes += [weight]
    return weight, memory


def that_draws(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * np.random.normal(), memory


def that_draws_elsewhere(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * generator.random(), memory


def that_prints(weight, gradient, memory, learning_rate, momentum):
    print(weight)
    return weight, memory


def that_counts(weight, gradient, memory, learning_rate, momentum):
    global STRENGTH
    STRENGTH = STRENGTH
    return weight, memory


@pytest.mark.parametrize(
    "rule",
    [that_logs, that_logs_by_another_name, that_draws, that_draws_elsewhere, that_prints]
    + [that_counts, functools.partial(that_logs, 1.0), type("A", (), {"__call__": that_logs})()],
)
def test_a_rule_that_draws_or_leaves_a_trace_has_no_meaning_that_could_be_kept(rule):
    assert meaning(rule) is None


def test_the_meaning_of_a_long_list_is_not_looked_for():
    values = list(range(10**6))

    def rule(weight, gradient, memory, learning_rate, momentum):
        return weight - values[0], memory

    assert meaning(rule) is None


def test_a_rule_that_logs_is_called_in_every_run_and_its_log_is_whole():
    log.clear()
    for runs in (1, 2, 3):
        train(NETWORK, ITEMS, that_logs, 0.1, 0.5, epochs=2)
        assert len(log) == runs * (1 + 4 * NETWORK.n_weights)


def test_a_rule_that_draws_obeys_numpys_seed_as_python_does():
    runs = []
    for seed in (0, 0, 1):
        np.random.seed(seed)
        runs.append(train(NETWORK, ITEMS, that_draws, 0.1, 0.5, epochs=2).weights.tobytes())
    assert runs[0] == runs[1] != runs[2]


def test_results_are_kept_by_meaning_and_arguments_and_never_where_it_is_unknown():
    calls = []

    @cached_by_meaning(maxsize=4)
    def square(rule, value, times=1):
        calls.append(value)
        return value * value * times

    assert [square("plain", 2), square("plain", 2), square("plain", 2.0)] == [4, 4, 4]
    assert square("plain", 2, times=3) == 12
    assert len(calls) == 3
    assert [square(that_draws, 2), square(that_draws, 2)] == [4, 4]
    assert len(calls) == 5
    square.cache_clear()
    square("plain", 2)
    assert len(calls) == 6
