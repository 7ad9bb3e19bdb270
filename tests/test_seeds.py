"""Many seeds at once: each run is `train`'s own, and all of them together are told rightly."""

import ctypes
import itertools
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from momentum_lab import best_of, kernels, measures, parallel, replay, seeds, train_seeds
from momentum_lab.data import iris
from momentum_lab.labs.items import train_and_test
from momentum_lab.network import Network
from momentum_lab.rules import RULES, plain
from momentum_lab.seeds import works_up_to
from momentum_lab.training import train

IRIS, NETWORK = iris().standardized(), Network(4, 7, 3)
WILD = {"rule": "heavy_ball", "learning_rate": 1.0, "momentum": 0.99}  # some seeds run away


def some(rule="heavy_ball", learning_rate=0.01, momentum=0.9, epochs=4, **more):
    return train_seeds(NETWORK, IRIS, rule, learning_rate, momentum, epochs, **more)


def one(seed, rule="heavy_ball", learning_rate=0.01, momentum=0.9, epochs=4, **more):
    return train(NETWORK, IRIS, rule, learning_rate, momentum, epochs, seed=seed, **more)


def assert_each_is_trains_own(runs, **settings):
    for row, seed in enumerate(runs.seeds):
        run = one(seed, **settings)
        done = len(run.epoch_errors)
        assert runs.epoch_errors[row, :done].tobytes() == run.epoch_errors.tobytes()
        assert runs.epoch_accuracies[row, :done].tobytes() == run.epoch_accuracies.tobytes()
        assert np.isnan(runs.epoch_errors[row, done:]).all()
        assert np.isnan(runs.epoch_accuracies[row, done:]).all()
        assert runs.weights[row].tobytes() == run.weights.tobytes()
        assert runs.diverged_at[row] == run.diverged_at


def without_a_memory(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * gradient, memory


def that_runs_as_python(weight, gradient, memory, learning_rate, momentum):
    settings = [learning_rate]
    return weight - settings.pop() * gradient, memory


# --- each run --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_each_run_is_the_one_that_train_makes_to_the_bit(rule):
    assert_each_is_trains_own(some(rule, seeds=range(5)), rule=rule)


@pytest.mark.parametrize("batch_size", [20, 150])
def test_batches_too(batch_size):
    runs = some(batch_size=batch_size, seeds=(7, 3))
    assert runs.seeds == (7, 3) and runs.batch_size == batch_size
    assert_each_is_trains_own(runs, batch_size=batch_size)


def test_a_run_that_diverges_is_nan_from_that_epoch_on_and_the_others_go_on():
    runs = some(**WILD, epochs=12, seeds=range(12))
    assert_each_is_trains_own(runs, **WILD, epochs=12)
    ended = [at is not None for at in runs.diverged_at]
    assert any(ended) and runs.epoch_errors.shape == (12, 12)
    assert np.isnan(runs.epoch_errors[:, -1]).tolist() == ended


@pytest.mark.parametrize("rule", [without_a_memory, that_runs_as_python])
def test_a_readers_own_rule_gives_what_plain_gives(rule):
    own, built_in = some(rule, seeds=range(3)), some("plain", seeds=range(3))
    assert own.rule == rule.__name__
    assert own.epoch_errors.tobytes() == built_in.epoch_errors.tobytes()


def test_a_rule_that_runs_as_python_is_never_called_by_two_threads():
    threads = set()

    def mine(weight, gradient, memory, learning_rate, momentum):
        threads.add(threading.get_ident())
        return plain(weight, gradient, memory, learning_rate, momentum)

    assert not kernels.is_compiled(mine)
    some(mine, epochs=1, seeds=range(3))
    assert threads == {threading.get_ident()}


def test_schedules_are_given_to_each_run():
    rates = np.linspace(0.1, 0.01, 4 * 150)
    runs = some(learning_rate=rates, seeds=range(3))
    assert_each_is_trains_own(runs, learning_rate=rates)
    assert runs.learning_rate.tolist() == rates.tolist() and runs.learning_rate is not rates


def test_a_start_of_ones_own_replaces_weights_and_order():
    def start(seed):
        order = np.random.default_rng(seed + 100).permuted(np.tile(np.arange(150), (3, 1)), axis=1)
        return np.full(NETWORK.n_weights, 0.01 * seed), order

    runs = some(seeds=(1, 2), start=start)
    assert runs.n_epochs == 3
    for row, seed in enumerate(runs.seeds):
        weights, order = start(seed)
        assert (
            runs.weights[row].tobytes() == one(seed, weights=weights, order=order).weights.tobytes()
        )


def test_the_program_of_2017_is_one_of_its_seeds():
    runs = replay.seeds_2017("previous_delta", 0.05, 0.75, seeds=(2, 3))
    assert runs.epoch_errors[1].tobytes() == replay.program_2017(0.75).epoch_errors.tobytes()


def test_the_programs_momentum_does_what_a_larger_learning_rate_does():
    at_2017 = ("plain", 0.05, 0), ("plain", 0.05 * 1.75, 0), ("previous_delta", 0.05, 0.75)
    assert [replay.seeds_2017(*each).row()["epochs"] for each in at_2017] == [23.5, 16, 16]


# --- all of them together --------------------------------------------------------------------


def test_median_and_band_are_numpys_where_no_run_diverged():
    runs = some(seeds=range(20))
    np.testing.assert_allclose(runs.median, np.median(runs.epoch_errors, axis=0), rtol=1e-14)
    shares = np.quantile(runs.epoch_errors, (0.1, 0.9), axis=0)
    np.testing.assert_allclose(runs.band(), shares, rtol=1e-14)
    quarters = np.quantile(runs.epoch_errors, (0.25, 0.75), axis=0)
    np.testing.assert_allclose(runs.band(0.25, 0.75), quarters, rtol=1e-14)
    assert (runs.band()[0] < runs.median).all() and (runs.median < runs.band()[1]).all()


def of(errors):
    """A result with these errors."""
    errors = np.array(errors, dtype=float)
    rest = (0,) * len(errors), errors, errors, errors, (None,) * len(errors)
    return seeds.SeedRuns(NETWORK, "plain", 0.1, 0.0, 1, *rest)


def test_a_seed_that_diverged_counts_as_the_worst():
    runs = of([[0.3, 0.2], [0.1, np.nan], [0.2, 0.1]])
    assert runs.median.tolist() == [0.2, 0.2]
    assert runs.quantile(1).tolist() == [0.3, np.inf]
    assert of([[0.3, 0.2], [0.1, np.nan], [0.2, np.nan]]).median.tolist() == [0.2, np.inf]


def test_a_seed_that_never_gets_there_counts_as_later_than_all():
    runs = of([[0.3, 0.05], [0.05, 0.3], [0.3, 0.3], [0.3, np.nan]])
    assert runs.first_epoch_below(0.1).tolist() == [2, 1, np.inf, np.inf]
    assert np.median(runs.first_epoch_below(0.1)) == np.inf


def test_a_row_has_the_numbers_of_the_seeds():
    runs = of([[0.3, 0.05], [0.05, 0.3], [0.3, 0.02]])
    told = {"rule": "plain", "α": 0.1, "β": 0.0, "epochs": 2, "first": 1, "last": 2}
    assert runs.row() == told | {"last error": 0.05}
    assert runs.row(0.03) | {"first": 2, "epochs": None, "last": None} == runs.row(0.03)
    assert of([[np.nan], [0.3], [np.nan]]).row()["last error"] is None


def test_a_quantile_is_between_two_values_and_infinite_only_where_it_must_be():
    assert measures.quantile([3.0, 1.0], 0.25) == 1.5
    assert measures.quantile([1.0, np.inf], 0) == 1
    assert measures.quantile([1.0, 2.0, np.inf], 0.5) == 2
    assert measures.quantile([1.0, np.inf], 0.01) == measures.quantile([np.inf], 0.5) == np.inf
    for values, share, wrong in (
        ([], 0.5, "at least one"),
        ([np.nan], 0.5, "none NaN"),
        ([1], 1.5, r"\[0, 1\], got 1.5"),
    ):
        with pytest.raises(ValueError, match=wrong):
            measures.quantile(values, share)


def test_a_result_is_frozen_and_says_in_a_line_what_it_holds():
    runs = some(seeds=range(2))
    assert repr(runs) == (
        f"SeedRuns of heavy_ball: 2 seeds, 4 epochs, median error {runs.median[-1]:.4g}"
    )
    assert repr(some(**WILD, epochs=12, seeds=range(12))).endswith(" diverged")
    for array in (runs.epoch_errors, runs.epoch_accuracies, runs.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        runs.seeds = ()


def test_the_best_of_a_grid_is_first_below_a_tenth_and_of_several_the_lowest_at_the_end():
    rates, momenta = (0.01, 0.05, 0.1), (0.5, 0.9)
    best = best_of(NETWORK, IRIS, "previous_delta", rates, momenta, 6, seeds=range(5))
    settings = [(rate, momentum) for rate in rates for momentum in momenta]
    every = [some("previous_delta", *at, epochs=6, seeds=range(5)) for at in settings]
    ranks = [(np.median(runs.first_epoch_below(0.1)), runs.median[-1]) for runs in every]
    assert (best.learning_rate, best.momentum) == settings[ranks.index(min(ranks))]
    assert sorted(ranks)[0][0] == sorted(ranks)[1][0], "no tie: the error decides nothing"
    with pytest.raises(ValueError, match="at least one each"):
        best_of(NETWORK, IRIS, "plain", (), (0,))


# --- executors, progress, errors -------------------------------------------------------------


def test_any_executor_will_do():
    expected = some(seeds=range(3)).epoch_errors.tobytes()
    with ThreadPoolExecutor(2) as pool:
        assert some(seeds=range(3), executor=pool).epoch_errors.tobytes() == expected
        assert pool.submit(int, "7").result() == 7  # it is not shut down


def test_what_is_sent_to_an_executor_can_be_pickled():
    # Not forked: this process has threads by now.
    import multiprocessing

    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        told = some(seeds=range(2), executor=pool).epoch_errors.tobytes()
    assert told == some(seeds=range(2)).epoch_errors.tobytes()


@pytest.mark.parametrize("rule", ["plain", that_runs_as_python])
def test_progress_is_told_after_each_run_in_this_thread(rule):
    calls = []
    settings = {"seeds": range(5), "epochs": 1}
    some(rule, **settings, progress=lambda *at: calls.append((*at, threading.get_ident())))
    assert calls == [(done, 5, threading.get_ident()) for done in range(1, 6)]


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"seeds": ()}, "seeds must hold at least one seed, got none"),
        ({"seeds": (1, -1)}, "seed must be at least 0, got -1"),
        ({"learning_rate": -1}, "learning_rate must be greater than 0, got -1"),
        ({"epochs": 0}, "epochs must be from 1 to"),
        ({"rule": "heavy"}, "unknown rule 'heavy': did you mean 'heavy_ball'"),
    ],
)
def test_bad_input_is_told_as_train_tells_it(changed, wrong):
    with pytest.raises(ValueError, match=wrong):
        some(**changed)
    assert not workers()


def test_what_a_rule_raises_ends_all_runs():
    def stumbles(weight, gradient, memory, learning_rate, momentum):
        if weight > 0.6:
            raise RuntimeError("a stone")
        return weight - learning_rate * gradient, memory

    with pytest.raises(ValueError, match="a stone"):
        some(stumbles, learning_rate=0.1)
    assert not workers()


# --- interrupts ------------------------------------------------------------------------------


def workers():
    """The threads that are running a pool's jobs."""
    return [thread for thread in threading.enumerate() if "ThreadPool" in thread.name]


LONG = {"epochs": 20_000, "seeds": range(200)}  # minutes


def test_an_interrupt_stops_what_runs_and_what_waits_and_leaves_no_thread(monkeypatch):
    begun, real = itertools.count(1), kernels.training_kernel()

    def kernel(*arguments):
        if next(begun) == 5:
            ctypes.pythonapi.PyErr_SetInterrupt()
        return real(*arguments)

    monkeypatch.setattr(kernels, "training_kernel", lambda: kernel)
    with pytest.raises(KeyboardInterrupt):
        some(**LONG)
    assert not workers()
    assert next(begun) < 200, "it went on training"


def test_an_interrupt_thrown_into_the_thread_that_waits_stops_all(monkeypatch):
    ended, started, seen, real = [], threading.Event(), set(), kernels.training_kernel()

    def kernel():
        # All workers and the thread that waits: while a thread is being made, Python 3.11 takes
        # it for the one that makes it, and throws into the wrong one.
        seen.add(threading.get_ident())
        if len(seen) > parallel.n_processors():
            started.set()
        return real

    monkeypatch.setattr(kernels, "training_kernel", kernel)

    def train_for_minutes():
        try:
            some(**LONG)
        except KeyboardInterrupt:
            ended.append("interrupted")

    thread = threading.Thread(target=train_for_minutes)
    thread.start()
    started.wait()
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc
    throw(ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt))
    thread.join(timeout=60)
    assert ended == ["interrupted"] and not workers()


def test_an_interrupt_takes_back_what_has_not_begun_on_an_executor():
    release, done = threading.Event(), []

    def job(n):
        if n:  # the second is under way, and the others have not begun, when the interrupt comes
            release.wait(60)
        done.append(n)

    def interrupted(*_):
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            parallel.on_executor(pool, job, [(n,) for n in range(1000)], interrupted)
        release.set()
    assert 0 < len(done) < 1000


def test_what_is_called_between_two_pieces_ends_a_run():
    def enough():
        raise parallel.Stopped

    with pytest.raises(parallel.Stopped):
        one(0, between=enough)


def test_as_many_threads_as_processors_and_no_more_than_jobs(monkeypatch):
    monkeypatch.setattr(parallel, "n_processors", lambda: 3)
    names = set()

    def job(n, between):
        names.add(threading.current_thread().name)
        barrier.wait(10)
        return n

    barrier = threading.Barrier(3)
    assert parallel.on_threads(job, [(n,) for n in range(6)]) == list(range(6))
    assert len(names) == 3
    assert parallel.on_threads(job, []) == parallel.in_turn(job, []) == []
    assert parallel.n_processors() >= 1


# --- up to where it works ---------------------------------------------------------------------


def test_works_up_to_names_the_last_rate_that_works_for_all_and_the_first_that_works_for_none():
    items, _ = train_and_test("iris")
    network, grid = Network(4, 7, 3), [0.01, 0.1, 0.4, 1.6, 3.2]
    row = works_up_to(network, items, "heavy_ball", 0.9, grid, epochs=30, seeds=range(4))
    good = []
    for effective in grid:
        runs = train_seeds(network, items, "heavy_ball", 0.1 * effective, 0.9, 30, 1, range(4))
        good.append(sum(np.median(errors[-6:]) < 0.1 for errors in runs.epoch_errors))
    assert good[1:3] == [4, 4] and good[-1] == 0
    assert row["steady gain"] == pytest.approx(10)
    assert row["all to"] == (0.4 if good[0] == 4 else None)
    assert row["none from"] == next(e for e, n in zip(grid, good, strict=True) if n == 0)


def test_works_up_to_says_none_where_there_is_none():
    items, _ = train_and_test("iris")
    small = works_up_to(Network(4, 7, 3), items, "plain", 0, [0.1, 0.2], epochs=10, seeds=[0])
    assert (small["all to"], small["as α"], small["none from"]) == (0.2, 0.2, None)
    large = works_up_to(Network(4, 7, 3), items, "plain", 0, [50, 100], epochs=10, seeds=[0])
    assert (large["all to"], large["as α"], large["none from"]) == (None, None, 50)
