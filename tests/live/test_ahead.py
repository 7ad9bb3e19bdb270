"""Frames ahead of the hand: equal to the kernel's own answers, and never in anybody's way."""

import asyncio
import random

import ipywidgets as widgets
import pytest
from reader import every_factory, look, random_events

from momentum_lab import labs
from momentum_lab.labs import bowl, network_lab, one_weight, valley
from momentum_lab.live import ahead, engine

COUNT = []


def counting(weight, gradient, memory, learning_rate, momentum):
    COUNT.append(1)
    step = momentum * memory - learning_rate * gradient
    return weight + step, step


def own(weight, gradient, memory, learning_rate, momentum):
    step = momentum * memory - 0.9 * learning_rate * gradient
    return weight + step, step


SHARE = 1.0


def with_a_global(weight, gradient, memory, learning_rate, momentum):
    step = momentum * memory - SHARE * learning_rate * gradient
    return weight + step, step


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """On a busy machine a frame may take long."""
    monkeypatch.setattr(ahead, "MOST_SECONDS", 60)


class Browser:
    """What the page does with frames ahead, without a page."""

    def __init__(self, lab):
        self.lab, self.held, self.asked = look(lab), {}, 0
        lab.screen.send = self.receive

    def receive(self, content, buffers=None):
        key = content["context"], *content["at"]
        assert key not in self.held, "a frame was sent twice"
        self.held[key] = content | {"png": buffers[0]}

    def want(self, moves, context=None):
        self.asked += 1
        self.lab.screen.set_state({"want": [context or self.lab.context, moves, self.asked]})

    def near(self, reach=2):
        """The positions so near on each slider."""
        sliders = [self.lab.controls[name].slider for name in self.lab.heroes]
        return [
            (hero, slider.value + by)
            for hero, slider in enumerate(sliders)
            for by in range(-reach, reach + 1)
        ]

    def feed(self, moves=None):
        self.want(self.near() if moves is None else moves)
        while self.lab.ahead.step():
            pass

    def compare(self):
        """The kernel's own frame is the held one of its settings; return whether there is one."""
        frame = self.lab.screen.frame
        held = self.held.get((frame["context"], *frame["at"]))
        if held is None or frame["kind"]:
            return False
        assert {name: frame[name] for name in held} == held
        return True


@every_factory
def test_a_frame_ahead_is_the_kernels_own_to_the_byte(factory):
    browser = Browser(factory())
    browser.feed()
    lab = browser.lab
    assert len(browser.held) > 6
    for name, hero in [(name, lab.controls[name]) for name in lab.heroes]:
        here = hero.value
        position = hero.slider.value + (1 if hero.slider.value < hero.slider.max else -1)
        lab.set(**{name: hero.grid[position]})
        assert browser.compare(), name
        lab.set(**{name: here})


@every_factory
@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_a_held_frame_is_what_the_kernel_would_answer(factory, seed):
    chance, browser, hits = random.Random(seed), Browser(factory()), 0
    for turn in range(8):
        random_events(browser.lab, (seed, turn).__repr__(), 3)
        browser.feed(chance.sample(browser.near(), 4))
        if chance.random() < 0.7 and browser.held:
            context, *at = chance.choice([*browser.held])
            if context == browser.lab.context:
                texts = dict(zip(browser.lab.heroes, at, strict=True))
                browser.lab.set(**{name: float(text) for name, text in texts.items()})
        hits += browser.compare()
    assert hits


@every_factory
def test_drawing_ahead_changes_nothing_of_the_lab(factory):
    browser = Browser(factory().pin())
    lab = browser.lab
    before = lab.screen.frame, lab.result, lab.values, lab.shown, lab.line(), lab.picture.png()
    browser.feed()
    after = lab.screen.frame, lab.result, lab.values, lab.shown, lab.line(), lab.picture.png()
    assert after == before


@every_factory
def test_the_update_that_a_reader_chose_holds_ahead_too(factory):
    browser = Browser(factory())
    browser.lab.show_update(3)
    browser.feed()
    assert {frame["update"] for frame in browser.held.values()} == {3}


def test_every_change_of_anything_else_is_another_context():
    lab = look(network_lab())
    contexts = {lab.context}
    changes = [
        lambda: lab.set(rule="heavy_ball"), lambda: lab.set(seed=3), lambda: lab.set(epochs=10),
        lab.pin, lambda: (lab.clear_pins(), lab.set(seed=4), lab.pin()), lambda: lab.show_update(2),
        lambda: look(lab, 640), lambda: look(lab, 640, 2),
    ]  # fmt: skip
    for change in changes:
        change()
        contexts.add(lab.context)
    assert len(contexts) == len(changes) + 1
    before = lab.context
    lab.set(learning_rate=0.2, momentum=0.3)
    assert lab.context == before


def test_what_was_asked_for_other_settings_is_not_drawn():
    browser = Browser(bowl())
    old = browser.lab.context
    browser.lab.set(rule="heavy_ball")
    browser.want(browser.near(), old)
    assert not browser.lab.ahead.step() and not browser.held


@pytest.mark.parametrize("moves", [[[0, -1]], [[0, 10_000]], [[9, 0]], [[-1, 0]]])
def test_positions_that_do_not_exist_are_not_drawn(moves):
    browser = Browser(bowl())
    browser.feed(moves)
    assert not browser.held


@pytest.mark.parametrize(
    "event",
    [
        lambda lab: lab.set(momentum=0.1),
        lambda lab: lab.pin(),
        lambda lab: lab.step(-1),
        lambda lab: look(lab, 500),
        lambda lab: Browser(lab).want([]) or lab.ahead.stop(),
    ],
)
def test_an_event_ends_what_is_planned(event):
    browser = Browser(one_weight())
    browser.want(browser.near())
    browser.lab.ahead.step()
    event(browser.lab)
    assert len(browser.held) == 1
    assert not browser.lab.ahead.step()


def test_a_new_page_can_ask_for_the_same_frames_again():
    browser = Browser(one_weight())
    browser.feed()
    look(browser.lab)
    browser.held.clear()
    browser.feed()
    assert browser.held


@pytest.mark.parametrize("factory", [bowl, valley, network_lab])
def test_a_rule_that_runs_as_python_is_called_as_often_as_without_frames_ahead(factory):
    counts = []
    for is_fed in (False, True):
        browser = Browser(factory(counting, **({"epochs": 5} if factory is network_lab else {})))
        COUNT.clear()
        browser.lab.set(learning_rate=0.1)
        if is_fed:
            browser.feed()
        browser.lab.set(momentum=0.3)
        counts.append(len(COUNT))
    assert counts[0] == counts[1] > 0
    assert not browser.held


def test_a_readers_compiled_rule_is_drawn_ahead_unless_an_assignment_can_change_it():
    browser = Browser(bowl(own, with_a_global))
    browser.feed()
    assert browser.held
    browser.held.clear()
    browser.lab.set(rule="with_a_global")
    browser.feed()
    assert not browser.held


def test_the_switch_turns_it_off(monkeypatch):
    monkeypatch.setattr(ahead, "IS_ON", False)
    browser = Browser(bowl())
    browser.feed()
    assert not browser.held


def test_a_frame_that_takes_long_is_the_last(monkeypatch):
    monkeypatch.setattr(ahead, "MOST_SECONDS", 0)
    browser = Browser(bowl())
    browser.feed()
    assert len(browser.held) == 1


def test_a_frame_that_cannot_be_drawn_ends_it_and_the_next_event_works(monkeypatch):
    browser = Browser(bowl())

    async def ask():
        with monkeypatch.context() as patch:
            patch.setattr(browser.lab, "_compute", lambda **_: 1 / 0)
            browser.want(browser.near())
            await asyncio.sleep(0.05)

    asyncio.run(ask())
    browser.lab.set(momentum=0.7)
    browser.feed()
    assert browser.held


def test_in_a_loop_other_work_comes_between_two_frames():
    browser, order = Browser(one_weight()), []
    draw = browser.lab.send_ahead
    browser.lab.send_ahead = lambda values: (draw(values), order.append("frame"))

    async def work():
        browser.want(browser.near())
        while len(browser.held) < 6:
            order.append("work")
            await asyncio.sleep(0)

    asyncio.run(work())
    text = " ".join(order)
    assert text.startswith("work") and "frame frame" not in text


def test_while_a_cell_runs_it_pauses(monkeypatch):
    monkeypatch.setattr(ahead, "WHILE_A_CELL_RUNS", 0.01)
    monkeypatch.setitem(engine._cells, "are running", True)
    browser = Browser(one_weight())

    async def work():
        browser.want(browser.near())
        await asyncio.sleep(0.05)
        during = len(browser.held)
        engine._cells["are running"] = False
        while browser.lab.ahead._loop:
            await asyncio.sleep(0.01)
        return during

    assert asyncio.run(work()) == 0
    assert browser.held


@pytest.mark.parametrize("name", labs.__all__)
def test_what_a_hand_can_change_a_lab_with_is_watched(name):
    lab = getattr(labs, name)()
    found, look_into = [], [lab.widget]
    while look_into:
        widget = look_into.pop()
        look_into += getattr(widget, "children", ())
        if not isinstance(widget, widgets.Box | widgets.HTML | widgets.ToggleButton):
            found.append(widget)
    heroes = [lab.controls[name].slider for name in lab.heroes]
    assert len(found) > 10
    assert {id(hand) for hand in [*lab.screen.hands, *heroes]} == {id(widget) for widget in found}
    assert not any(hand in heroes for hand in lab.screen.hands)
