"""A reader without a browser: looks at a lab, presses its buttons, reads what the screen shows."""

import html
import io
import random
import re

import numpy as np
import pytest
from PIL import Image

from momentum_lab import labs
from momentum_lab.live.controls import Number
from momentum_lab.live.picture import Picture
from momentum_lab.live.style import rule_look

# Also the factories of lessons to come: whatever takes start values returns a dashboard.
FACTORIES = [getattr(labs, name) for name in labs.__all__]
# All tests of one lab, then all of the next: the figures of a few labs only are kept.
every_factory = pytest.mark.parametrize("factory", FACTORIES, ids=labs.__all__, scope="module")


def look(lab, width=900, ratio=1):
    """Show the lab so many CSS pixels wide on a screen of this pixel ratio; return the lab."""
    lab.screen.shown_at = [width, ratio, (lab.screen.shown_at or [0])[-1] + 1]
    return lab


def ask(lab, name, *values):
    """Ask for something as the browser does: it sets a trait that ends with a running number."""
    before = getattr(lab.screen, name) or [0]
    lab.screen.set_state({name: [*values, before[-1] + 1]})


def slide(control, position):
    """Move the slider of a control as the browser does."""
    control.slider.set_state({"value": position})


def pixels(png):
    """The (height, width, red-green-blue) array of a picture."""
    return np.asarray(Image.open(io.BytesIO(png)))


def shown(lab):
    """The bytes of the picture that the browser shows."""
    return lab.screen.frame["png"]


def status(lab):
    """The words of the status line."""
    return lab.screen.frame["status"]


def widgets_in(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from widgets_in(child)


def press(lab, words):
    """Press the button with these words."""
    (button,) = [w for w in widgets_in(lab.widget) if getattr(w, "description", None) == words]
    button.click()


def rows(lab):
    """The table of runs, a list of texts for each row."""
    body = lab.screen.frame["table"].partition("<tbody>")[2]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>")[:-1]]
    return [[html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in row] for row in cells]


def options(control):
    """Every value a reader can choose: the grid, or the options except the slow digits."""
    if isinstance(control, Number):
        return control.grid
    return [value for value in control.options.values() if value != "digits"]


def quick_positions(control):
    """The positions of a slider, but for those at which many seeds train for seconds."""
    most = control.start if control.name in ("seeds", "epochs") else control.grid[-1]
    return [place for place, number in enumerate(control.grid) if number <= most]


def entries(lab):
    """What the picture of a lab shows: the pinned results and the present one."""
    pinned = [(pin.result, pin.look, pin.result.n_updates) for pin in lab.pinned]
    return pinned, (lab.result, rule_look(lab.result.rule), lab.shown)


def new_picture(view, pinned, present):
    """Build a picture from nothing."""
    picture = Picture(view)
    picture.draw(pinned, present)
    return picture


def assert_at_rest(lab, factory):
    """The lab shows what a fresh one with the same values shows, in pixels, words and numbers."""
    fresh = factory(**lab.values)
    fresh.pinned = list(lab.pinned)
    fresh.show_update(lab.shown)
    look(look(fresh), 640)
    look(look(lab), 640)
    assert lab.values == fresh.values
    assert lab.line() == fresh.line()
    assert lab.picture.png() == fresh.picture.png()
    notes = [control.note for control in lab.controls.values() if control.note]
    told = " ".join([*notes, lab.sentence])
    if lab.screen.frame["kind"] == "problem":  # the last event of all was a pin too many
        told = "Only 4 runs can be pinned: clear them first."
    assert status(lab) == told, f"{lab.name}: {status(lab)!r}, not {told!r}"
    new = {"number": None, "context": None, "status": None, "kind": None}
    assert lab.screen.frame | new == fresh.screen.frame | new
    for control in lab.controls.values():
        if isinstance(control, Number):
            distances = [abs(number - control.value) for number in control.grid]
            assert control.slider.value == distances.index(min(distances)), control.name
            assert control.box.text == f"{control.value:.10g}", control.name
        else:
            assert (
                control.box.value
                == control.value
                == list(control.options.values())[control.box.index]
            ), control.name


def random_events(lab, seed, count=12):
    """Do with a lab what a hand and a cell may do, so many times; return the number of events."""
    chance = random.Random(seed)
    numbers = [control for control in lab.controls.values() if isinstance(control, Number)]
    choices = [control for control in lab.controls.values() if not isinstance(control, Number)]

    def number(control):
        return control.grid[chance.choice(quick_positions(control))]

    def settings():
        return {control.name: number(control) for control in chance.sample(numbers, 2)}

    def choose():
        control = chance.choice(choices)
        value = chance.choice(options(control))
        control.box.set_state({"index": list(control.options.values()).index(value)})

    def drag():
        control = chance.choice(numbers)
        for _ in range(3):
            slide(control, chance.choice(quick_positions(control)))

    def set_slider():
        control = chance.choice(numbers)
        control.slider.value = chance.choice(quick_positions(control))

    def point():
        if lab._pick:
            ask(lab, "place", 0, chance.random(), chance.random())

    kinds = [
        lambda: lab.set(**settings()),
        lambda: setattr(*(lambda c: (c, "value", number(c)))(chance.choice(numbers))),
        lambda: chance.choice(numbers).box.type(chance.choice(["0,5", "1e9", "-3", "?", "0.07"])),
        lambda: chance.choice(numbers).box.set_state({"typed": ["0,25", chance.random()]}),
        lambda: lab.preset(chance.choice(list(lab.presets))),
        lambda: ask(lab, "update", chance.randrange(20)),
        lambda: ask(lab, "sharper", lab.screen.frame["number"]),
        point,
        choose, drag, set_slider, lab.pin, lab.clear_pins, lab.step, lab.reset,
        lab._repr_mimebundle_, lambda: lab.alt + lab.line(),
    ]  # fmt: skip
    for _ in range(count):
        chance.choice(kinds)()
    return count
