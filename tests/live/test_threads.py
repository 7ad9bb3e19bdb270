"""Labs under any interleaving of threads: nothing is raised, and at rest all is as if fresh."""

import itertools
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import matplotlib
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from reader import assert_at_rest, every_factory, look, random_events, slide

from momentum_lab.labs import bowl, network_lab, one_weight, valley


@pytest.fixture(autouse=True)
def _other_turns():
    """Let threads take turns often, and see that nothing of matplotlib's is left changed."""
    before, turn = matplotlib.rcParams.copy(), sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(turn)
    assert matplotlib.rcParams.copy() == before


def together(*jobs):
    """Run these functions at the same time, each in a thread; raises what one of them raised."""
    start = Barrier(len(jobs))

    def run(job):
        start.wait()
        job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(run, job) for job in jobs]:
            done.result()


def small(factory):
    """A lab that computes quickly, shown small, so that there is time for many events."""
    lab = factory(epochs=5) if factory is network_lab else factory()
    return look(lab, 300)


@every_factory
def test_three_threads_on_one_lab_leave_it_as_a_fresh_one_with_its_values(factory):
    lab = small(factory)
    together(*(lambda seed=seed: random_events(lab, seed) for seed in range(3)))
    assert_at_rest(lab, factory)


def test_threads_on_several_labs_leave_each_as_a_fresh_one_with_its_values():
    factories = valley, one_weight, network_lab
    made = [small(factory) for factory in factories]
    together(*(lambda i=i: random_events(made[i], i, 8) for i in range(3)))
    together(*(lambda i=i: [random_events(lab, i, 3) for lab in made] for i in range(3)))
    for lab, factory in zip(made, factories, strict=True):
        assert_at_rest(lab, factory)


def test_labs_are_made_in_one_thread_while_another_is_dragged():
    lab, made, factories = small(bowl), [], (valley, one_weight, network_lab, bowl)

    def make():
        made.extend(small(factory) for factory in factories)
        made[-1]._repr_mimebundle_()

    together(make, lambda: random_events(lab, 0, 15))
    assert_at_rest(lab, bowl)
    for fresh, factory in zip(made, factories, strict=True):
        assert_at_rest(fresh, factory)


def test_a_cell_that_sets_while_a_slider_is_dragged_ends_with_the_last_event_of_either():
    lab = small(valley)

    def cell():
        for i in range(20):
            lab.set(momentum=(i % 90) / 100)

    def hand():
        for i in range(20):
            slide(lab.learning_rate, i % len(lab.learning_rate.grid))

    together(cell, hand)
    assert lab.momentum.value == 0.19
    assert lab.learning_rate.value == lab.learning_rate.grid[19 % len(lab.learning_rate.grid)]
    assert_at_rest(lab, valley)


def test_a_note_belongs_to_the_value_that_won():
    lab = small(one_weight)
    for _ in range(3):
        together(
            lambda: [setattr(lab.momentum, "value", 2.0) for _ in range(20)],
            lambda: [setattr(lab.momentum, "value", 0.5) for _ in range(20)],
        )
        assert bool(lab.momentum.note) == (lab.momentum.value == 0.99)
        assert_at_rest(lab, one_weight)


def test_each_of_many_events_is_counted_once():
    lab = small(one_weight).show_update(0)
    together(*[lambda: [lab.step() for _ in range(3)]] * 4)
    assert lab.shown == 12
    trained = small(network_lab)
    together(*[lambda: [trained.new_seed() for _ in range(4)]] * 3)
    assert trained.seed.value == 12
    together(*[lab.pin] * 6)
    assert [pin.look.letter for pin in lab.pinned] == ["A", "B", "C", "D"]


def test_frames_of_several_threads_are_sent_in_the_order_of_their_numbers():
    lab, sent = small(valley), []
    lab.screen.observe(lambda change: sent.append(change["new"]["number"]), "frame")
    together(*(lambda seed=seed: random_events(lab, seed, 8) for seed in range(3)))
    assert all(a < b for a, b in itertools.pairwise(sent))


def test_a_students_own_figures_are_drawn_in_one_thread_while_labs_are_in_another():
    lab, own = small(network_lab), []

    def draw():
        for i in range(5):
            figure = Figure(figsize=(2, 2), dpi=50)
            canvas, axes = FigureCanvasAgg(figure), figure.add_subplot(xscale="log", yscale="log")
            axes.plot([1, 10.0 ** (i + 1)], [1, 10.0 ** (i + 1)])
            axes.set_title(rf"$\alpha_{i} = 10^{{-{i}}}$")
            canvas.draw()
            own.append(bytes(canvas.buffer_rgba()))

    draw()
    together(draw, lambda: random_events(lab, 1, 10), lambda: random_events(lab, 2, 10))
    assert own[:5] == own[5:]
    assert_at_rest(lab, network_lab)
