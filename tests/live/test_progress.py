"""How far a slow event is: told while it runs, not before it is slow, and never by another."""

import pytest
from reader import look, status
from test_ahead import Browser
from test_dashboard import toy

from momentum_lab.labs import bowl, network_lab, seed_bands
from momentum_lab.labs.one_weight.experiment import update_one_weight
from momentum_lab.labs.one_weight.view import ONE_WEIGHT
from momentum_lab.live import progress as module
from momentum_lab.live.controls import Number, even_grid
from momentum_lab.live.dashboard import INTERRUPTED, Dashboard
from momentum_lab.live.progress import Progress


class Clock:
    """Time that passes only when told to."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


def test_nothing_is_told_of_what_is_quick(clock):
    told = []
    progress = Progress(told.append, "seeds")
    with progress.telling():
        for done in range(1, 21):
            clock.now += 0.01
            progress(done, 20)
    assert told == []


def test_what_takes_long_is_told_from_300_ms_on_twice_a_second_and_ends_with_nothing(clock):
    told = []
    progress = Progress(told.append, "seeds")
    with progress.telling():
        for done in range(1, 21):
            clock.now += 0.125
            progress(done, 20)
    assert told == [*(f"{done} of 20 seeds" for done in (3, 7, 11, 15, 19)), ""]


def test_where_nobody_waits_nothing_is_told(clock):
    told = []
    progress = Progress(told.append, "seeds")
    with progress.telling():
        pass
    clock.now += 10
    progress(1, 2)
    assert told == []


def slow_lab(clock, end=None):
    """A lab whose event takes 2 seconds, and what its page is told meanwhile."""

    def compute(steepness, progress):
        for done in range(1, 5):
            clock.now += 0.5
            progress(done, 4)
        if end and steepness == 1:
            raise end
        return update_one_weight("plain", 0.0, -steepness, 0.1, 0.5, 0.0)

    control = Number("steepness", even_grid(0.1, 1, 0.1), 0.5)
    settings = {"heroes": ("steepness",), "counts": "parts"}
    lab = look(Dashboard("slow", [control], compute, ONE_WEIGHT, **settings))
    told = []
    lab.screen.observe(lambda change: told.append(change["new"]), "progress")
    return lab, told


PARTS = [f"{done} of 4 parts" for done in (1, 2, 3, 4)]


def test_a_slow_event_of_a_lab_is_told_and_the_frame_comes_after(clock):
    lab, told = slow_lab(clock)
    lab.screen.observe(lambda change: told.append("frame"), "frame")
    lab.steepness.value = 0.7
    assert told == [*PARTS, "", "frame"]
    assert status(lab) == lab.result.sentence


@pytest.mark.parametrize("end", [KeyboardInterrupt, ZeroDivisionError])
def test_an_event_that_ends_early_leaves_no_progress(clock, end):
    lab, told = slow_lab(clock, end)
    before = lab.result
    with pytest.raises(end):
        lab.steepness.value = 1
    assert told == [*PARTS, ""] and lab.result is before
    assert status(lab) == INTERRUPTED or status(lab).startswith("ZeroDivisionError")


def test_what_is_drawn_ahead_is_not_told(clock):
    lab, told = slow_lab(clock)
    browser = Browser(lab)
    browser.feed([[0, 1]])
    assert len(browser.held) == 1 and told == []


def test_a_lab_that_counts_nothing_is_called_as_ever():
    lab = toy()
    lab.steepness.value = 0.7
    assert lab.screen.progress == ""


def test_the_lab_of_seeds_tells_of_all_its_trainings(clock):
    lab = look(seed_bands(epochs=5))
    told = []
    lab.screen.observe(lambda change: told.append(change["new"]), "progress")

    class Slow(Progress):
        def __call__(self, done, total):
            clock.now += 0.5
            super().__call__(done, total)

    lab.progress.__class__ = Slow
    lab.momentum.value = 0.3
    assert told == [*(f"{done} of 40 trainings" for done in range(1, 41)), ""]


# --- switches, and what is said of pinned runs -----------------------------------------------


def test_a_switch_stays_in_sight_and_the_others_are_folded_away():
    lab = seed_bands()
    top, *_ = lab.widget.children
    seen, folded = top.children[:3], top.children[-1]
    assert [w.description for w in seen] == ["rule", "compare at the same", "more settings"]
    names = {control.label for control in lab.controls.values()}
    inside = {getattr(w, "description", "") or w.children[0].label for w in folded.children}
    assert inside == names - {"rule", "compare at the same", "learning rate", "momentum"}


def test_the_status_line_compares_with_what_is_pinned():
    lab = look(seed_bands(epochs=20))
    assert status(lab) == lab.result.sentence
    lab.pin().set(learning_rate=0.05)
    assert status(lab) == lab.sentence != lab.result.sentence
    assert lab.sentence.startswith(lab.result.sentence)
    assert lab.sentence.endswith(lab.result.beside({"A": lab.pinned[0].result}))
    assert status(lab.clear_pins()) == lab.result.sentence


@pytest.mark.parametrize("factory", [bowl, network_lab])
def test_labs_that_compare_nothing_say_no_more_of_their_pins(factory):
    lab = look(factory().pin())
    assert status(lab) == lab.sentence == lab.result.sentence
