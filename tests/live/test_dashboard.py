"""Dashboards without a browser: set values, press buttons, read the picture and the numbers."""

import base64
import functools
import gc
import html
import inspect
import io
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from IPython.core import displaypub
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from reader import (
    FACTORIES,
    ask,
    every_factory,
    look,
    options,
    pixels,
    press,
    rows,
    shown,
    slide,
    status,
    widgets_in,
)

from momentum_lab.labs import (
    bowl,
    edge_of_stability,
    network_lab,
    one_item,
    one_weight,
    phase_map,
    single_steps,
    spectrum,
    valley,
    weight_gains,
)
from momentum_lab.labs.one_weight.experiment import update_one_weight
from momentum_lab.labs.one_weight.view import ONE_WEIGHT
from momentum_lab.live.controls import Choice, Number, even_grid
from momentum_lab.live.dashboard import INTERRUPTED, Dashboard
from momentum_lab.live.picture import MOST_WARM, Picture, Sheet, View
from momentum_lab.live.style import PIN_LOOKS, rule_look

SIGNIFICANT_DIGITS = 6


def my_rule(weight, gradient, memory, learning_rate, momentum):
    """A reader's own rule: heavy ball."""
    step = momentum * memory - learning_rate * gradient
    return weight + step, step


@pytest.fixture(scope="module")
def labs():
    """One lab of each factory for the whole file; `fresh` gives it back as it was."""
    return {factory: look(factory(), 450) for factory in FACTORIES}


@pytest.fixture
def fresh(labs):
    def fresh(factory=network_lab):
        lab = labs[factory]
        del lab.pinned[:]
        if any(control.value != control.start for control in lab.controls.values()):
            lab.reset()
        return lab.show_update(lab.result.opens_at)

    return fresh


@pytest.fixture
def undrawn(monkeypatch):
    """Frames without a picture, for tests of words, numbers and widgets."""
    monkeypatch.setattr(Picture, "live_png", lambda picture, width=None: b"")


def inked(lab):
    """The share of pixels of the picture that are not white."""
    return (pixels(shown(lab)).min(axis=2) < 200).mean()


def frames(lab):
    """The frames that the browser is sent from now on."""
    sent = []
    lab.screen.observe(lambda change: sent.append(change["new"]), "frame")
    return sent


def computed(monkeypatch, lab):
    """The settings of every computation from now on."""
    calls, compute = [], lab._compute
    monkeypatch.setattr(lab, "_compute", lambda **values: calls.append(values) or compute(**values))
    return calls


def toy(compute=None, view=ONE_WEIGHT, answers=None, width=450, **start):
    """A dashboard of two controls around any computation, shown in a browser."""

    def line(steepness, curve):
        return update_one_weight("plain", 0.0, -steepness, 0.1, 0.5, 0.0)

    return look(
        Dashboard(
            "toy",
            [
                Number("steepness", even_grid(0.1, 1, 0.1), 0.5),
                Choice("curve", ["up", "down"], "up"),
            ],
            compute or line,
            view,
            presets={"steep": {"steepness": 1.0}},
            start=start,
            answers=answers,
            heroes=("steepness",),
        ),
        width,
    )


# --- constructing ---------------------------------------------------------------------------


@every_factory
def test_constructing_displays_and_prints_nothing(factory, monkeypatch, capfd):
    published = []
    monkeypatch.setattr(displaypub.DisplayPublisher, "publish", lambda *a, **k: published.append(a))
    monkeypatch.setattr("ipywidgets.widgets.widget.display", published.append, raising=False)
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: published.append(a))
    factory()
    assert published == []
    assert capfd.readouterr() == ("", "")


def test_every_factory_of_the_module_is_tested():
    assert {network_lab, one_weight} <= set(FACTORIES)


@every_factory
def test_a_factory_is_short(factory):
    body = inspect.getsource(factory).partition('"""')[2].partition('"""')[2]
    assert len(body.strip().splitlines()) <= 30


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_controls_are_attributes_and_values(factory, fresh):
    lab = fresh(factory)
    for name, control in lab.controls.items():
        assert getattr(lab, name) is control
        assert lab.values[name] == control.value == control.start


@every_factory
def test_a_start_value_is_what_reset_returns_to(factory):
    lab = factory(momentum=0.3, learning_rate=0.1)
    assert (lab.momentum.value, lab.learning_rate.value) == (0.3, 0.1)
    before = lab.line()
    lab.set(momentum=0.8, learning_rate=0.2).reset()
    assert (lab.momentum.value, lab.learning_rate.value) == (0.3, 0.1)
    assert lab.line() == before


@every_factory
def test_a_start_value_that_is_not_allowed_is_clamped_with_a_note_or_refused(factory):
    lab = look(factory(momentum=1.2))
    assert (lab.momentum.value, lab.momentum.start) == (0.99, 0.99)
    assert status(lab).startswith("momentum is from 0 to 0.99: 1.2 was set to 0.99.")
    with pytest.raises(ValueError, match="unknown control 'momentun': did you mean 'momentum'"):
        factory(momentun=0.5)
    with pytest.raises(ValueError, match="momentum must be finite, got nan"):
        factory(momentum=float("nan"))
    with pytest.raises(ValueError, match="unknown rule 'heavyball': did you mean 'heavy_ball'"):
        factory(rule="heavyball")


def test_a_control_may_not_hide_a_method():
    with pytest.raises(ValueError, match="step"):
        Dashboard("clash", [Number("step", [1, 2, 3], 1)], lambda step: None, ONE_WEIGHT, start={})


# --- every control, over its whole range ----------------------------------------------------


def new_values(lab):
    for name, control in lab.controls.items():
        others = [value for value in options(control) if value != control.value]
        yield name, others[len(others) // 2]


@every_factory
def test_setting_any_control_computes_anew_and_changes_the_picture(factory, fresh):
    for name, value in new_values(fresh(factory)):
        lab = fresh(factory)
        before, line, picture = lab.result, lab.line(), shown(lab)
        getattr(lab, name).value = value
        assert lab.result is not before, name
        assert shown(lab) != picture, name
        assert lab.line() != line, name


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_moving_any_widget_computes_anew(factory, fresh, monkeypatch):
    lab = fresh(factory)
    calls = computed(monkeypatch, lab)
    for name, control in lab.controls.items():
        if isinstance(control, Number):
            slide(control, 0 if control.slider.value else 1)
        else:
            others = [v for v in options(control) if v != control.value]
            control.box.set_state({"index": list(control.options.values()).index(others[0])})
        assert calls[-1][name] == control.value
    assert len(calls) == len(lab.controls)


@pytest.mark.parametrize("rule", ["heavy_ball", "rmsprop"])
def test_dragging_the_network_lab_to_its_corners_never_blanks_the_picture(fresh, rule):
    lab = fresh().set(rule=rule, epochs=10)
    for learning_rate in (0.001, 10):
        for momentum in (0, 0.99):
            for batch_size in (1, 20, "all"):
                lab.set(learning_rate=learning_rate, momentum=momentum, batch_size=batch_size)
                assert_shows_its_result(lab)


@every_factory
def test_dragging_every_control_through_its_range_never_blanks_the_picture(factory, fresh):
    lab = fresh(factory)
    for name, control in lab.controls.items():
        fresh(factory)
        if "epochs" in lab.controls and name != "epochs":
            lab.epochs.value = 5
        values = options(control)
        for value in (values[0], values[len(values) // 2], values[-1]):
            control.value = value
            assert_shows_its_result(lab)


def assert_shows_its_result(lab):
    assert inked(lab) > 0.01, lab.values
    color = np.array(
        [round(255 * part) for part in to_rgb(rule_look(lab.result.rule).color)], np.int16
    )
    in_color = (np.abs(pixels(shown(lab)).astype(np.int16) - color) < 25).all(axis=2)
    assert in_color.sum() > 10, lab.values
    assert "nan" not in lab.line() + lab.alt, lab.values
    assert status(lab) == lab.result.sentence


def test_a_run_that_diverges_at_the_end_of_an_epoch_is_shown():
    def explode(weight, gradient, memory, learning_rate, momentum):
        return 3 * weight - learning_rate * gradient, memory

    lab = look(network_lab(explode, rule="explode", batch_size="all", epochs=20))
    assert lab.result.run.diverged_at
    assert_shows_its_result(lab)


# --- set, preset, reset, new seed -----------------------------------------------------------


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_set_computes_once(factory, fresh, monkeypatch):
    lab = fresh(factory)
    calls = computed(monkeypatch, lab)
    assert lab.set(momentum=0.7, learning_rate=0.1, rule="heavy_ball") is lab
    assert len(calls) == 1
    assert (calls[0]["momentum"], calls[0]["rule"]) == (0.7, "heavy_ball")


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_unknown_names_suggest_the_nearest_and_change_nothing(factory, fresh):
    lab = fresh(factory)
    before = lab.values
    with pytest.raises(ValueError, match="unknown control 'momentom': did you mean 'momentum'"):
        lab.set(learning_rate=0.2, momentom=0.7)
    with pytest.raises(ValueError, match="unknown rule 'heavy ball': did you mean 'heavy_ball'"):
        lab.set(momentum=0.7, rule="heavy ball")
    with pytest.raises(ValueError, match="did you mean 'nesterov'"):
        lab.rule.value = "nestorov"
    name = next(iter(lab.presets))
    with pytest.raises(ValueError, match=f"unknown preset .*: did you mean .{name}.\\?"):
        lab.preset(name[:-1])
    assert lab.values == before


@every_factory
def test_every_preset_is_on_offer_needs_no_clamping_and_shows_something_else(factory, fresh):
    lab = fresh(factory)
    assert len(lab.presets) >= 3
    lines = set()
    for name, values in lab.presets.items():
        lab.reset()
        press(lab, name)
        assert {key: lab.values[key] for key in values} == values
        assert [control.note for control in lab.controls.values()] == [""] * len(lab.controls)
        assert_shows_its_result(lab)
        lines.add(lab.line())
    assert len(lines) == len(lab.presets)


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_reset_brings_every_control_back_and_keeps_the_pins(factory, fresh):
    lab = fresh(factory)
    before = lab.line()
    for name, value in new_values(lab):
        getattr(lab, name).value = value
    lab.pin()
    press(lab, "reset")
    assert all(control.value == control.start for control in lab.controls.values())
    assert len(lab.pinned) == 1
    assert lab.clear_pins().line() == before


def test_new_seed_counts_up_and_wraps_at_the_end(fresh):
    lab = fresh()
    press(lab, "new seed")
    assert lab.seed.value == 1
    lab.seed.value = lab.seed.grid[-1]
    assert lab.new_seed().seed.value == lab.seed.grid[0] == 0


def test_one_weight_has_no_seed_to_change(fresh):
    descriptions = [getattr(w, "description", "") for w in widgets_in(fresh(one_weight).widget)]
    assert "new seed" not in descriptions and "reset" in descriptions


@every_factory
def test_equal_settings_give_equal_lines_and_pictures(factory, fresh):
    lab = fresh(factory)
    lab.set(momentum=0.61, rule="heavy_ball")
    line, picture, alone = lab.line(), shown(lab), lab.picture.png()
    lab.set(momentum=0.9, rule="plain").pin().clear_pins()
    lab.set(momentum=0.61, rule="heavy_ball")
    assert (lab.line(), shown(lab), lab.picture.png()) == (line, picture, alone)


# --- pins -----------------------------------------------------------------------------------


@every_factory
def test_four_runs_can_be_pinned_and_the_fifth_is_refused_in_words(factory, fresh):
    lab = fresh(factory)
    pictures = {shown(lab)}
    for number, momentum in enumerate((0.1, 0.2, 0.3, 0.4), start=1):
        lab.momentum.value = momentum
        press(lab, "pin this run")
        pictures.add(shown(lab))
        assert len(lab.pinned) == number
        assert [row[0] for row in rows(lab)] == ["now", *"ABCD"[:number]]
    assert len(pictures) == 5
    picture = shown(lab)
    lab.pin()
    assert len(lab.pinned) == 4
    assert status(lab) == "Only 4 runs can be pinned: clear them first."
    assert shown(lab) == picture
    press(lab, "clear pins")
    assert lab.pinned == [] and len(rows(lab)) == 1
    assert status(lab) == lab.result.sentence


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_a_pinned_run_stays_while_the_present_one_changes(factory, fresh):
    lab = fresh(factory).pin()
    pinned = lab.result
    lab.momentum.value = 0.35
    assert lab.pinned[0].result is pinned and lab.result is not pinned
    now, kept = rows(lab)
    assert kept[1:] == list(pinned.numbers.values())
    assert now[1:] == list(lab.result.numbers.values())


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_the_table_has_a_row_for_each_run_with_a_swatch_of_its_line(factory, fresh):
    lab = fresh(factory).pin().pin()
    table = lab.screen.frame["table"]
    headings = re.findall(r'<th scope="col">(.*?)</th>', table)
    assert headings == ["run", *map(html.escape, lab.result.numbers)]
    assert len(rows(lab)) == 3 == table.count("<svg")
    strokes = re.findall(r'stroke="(#\w+)"', table)
    looks = [rule_look(lab.result.rule), *PIN_LOOKS[:2]]
    assert strokes == [look.color for look in looks]
    dashes = re.findall(r'stroke-dasharray="([^"]*)"', table)
    assert dashes[0] == "" and len(set(dashes)) == 3


# --- playback -------------------------------------------------------------------------------


def dots(lab):
    """How many updates the picture of the network lab shows."""
    return len(lab.picture.axes["error"].get_lines()[0].get_xdata())


def test_show_update_draws_only_so_many_updates(fresh):
    lab = fresh()
    whole = inked(lab)
    for number in (3000, 121, 1, 0):
        assert lab.show_update(number) is lab
        assert (lab.shown, dots(lab)) == (number, number)
        assert inked(lab) < whole
    assert lab.show_update(6000).shown == 6000
    assert inked(lab) == whole


def test_one_weight_steps_through_its_updates(fresh):
    lab = fresh(one_weight)
    pictures = {shown(lab.show_update(number)) for number in range(13)}
    assert len(pictures) == 13


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_step_goes_one_on_and_back_and_stops_at_both_ends(factory, fresh):
    lab = fresh(factory).show_update(0)
    assert lab.step().step().shown == 2
    assert lab.step(-1).shown == 1
    assert lab.step(-5).shown == 0
    assert lab.step(10**9).shown == lab.result.n_updates


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_the_browser_asks_for_an_update_and_is_told_which_is_shown(factory, fresh):
    lab = fresh(factory)
    last = lab.result.n_updates
    for wanted, told in ((1, 1), (last // 2, last // 2), (10**9, last), (-3, 0)):
        ask(lab, "update", wanted)
        frame = lab.screen.frame
        assert (lab.shown, frame["update"], frame["n_updates"]) == (told, told, last)


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_an_update_that_is_set_by_code_is_told_to_the_browser(factory, fresh):
    lab = fresh(factory).show_update(3)
    assert lab.screen.frame["update"] == 3


def test_a_place_in_the_run_stays_when_a_control_moves(fresh):
    lab = fresh().show_update(240)
    lab.momentum.value = 0.6
    assert lab.shown == 240 == dots(lab)
    lab.set(epochs=5, batch_size="all")
    assert lab.shown == 5 == lab.result.n_updates


def test_a_whole_run_stays_whole_when_it_grows(fresh):
    lab = fresh().set(epochs=5)
    lab.epochs.value = 50
    assert lab.shown == lab.result.n_updates == 6000


@pytest.mark.usefixtures("undrawn")
@every_factory
@pytest.mark.parametrize("bad", [-1, 10**9, 1.5, "last", None])
def test_an_update_that_does_not_exist_is_refused(factory, fresh, bad):
    lab = fresh(factory)
    with pytest.raises((TypeError, ValueError), match="update must be"):
        lab.show_update(bad)
    assert lab.shown == lab.result.opens_at


# --- what a notebook keeps ------------------------------------------------------------------


@every_factory
def test_the_bundle_has_widget_picture_and_one_line(factory, fresh):
    lab = fresh(factory).pin()
    bundle = lab._repr_mimebundle_()
    (alt, stored) = re.fullmatch('<img alt="(.*)" src="(.*)">', bundle["text/html"]).groups()
    assert html.unescape(alt) == lab.alt  # the words of the stored picture
    assert stored == f"data:image/png;base64,{bundle['image/png']}"
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == lab.widget.model_id
    png = base64.b64decode(bundle["image/png"])
    assert png == lab.picture.png()
    with Image.open(io.BytesIO(png)) as picture:
        picture.verify()
        assert picture.format == "PNG" and picture.size[0] == 900
    line = bundle["text/plain"]
    assert line == lab.line() and "\n" not in line
    assert line.startswith(f"{factory.__name__} | now: rule ")
    assert " | A: rule " in line


@every_factory
def test_showing_a_lab_twice_gives_equal_bundles(factory, fresh):
    lab = fresh(factory)
    assert lab._repr_mimebundle_() == lab._repr_mimebundle_()


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_the_line_has_every_number_of_every_run_and_never_a_raw_float(factory, fresh):
    lab = fresh(factory).pin()
    lab.set(momentum=1 / 3, rule="nesterov")
    line = lab.line()
    for result in (lab.result, lab.pinned[0].result):
        for name, text in result.numbers.items():
            assert f"{name} {text}" in line
    digits = [len(n.replace(".", "").lstrip("0")) for n in re.findall(r"\d+\.\d+", line)]
    assert max(digits) <= SIGNIFICANT_DIGITS


def test_a_change_of_a_thousandth_in_the_error_shows_in_the_line(fresh):
    lab = fresh()
    error = lab.result.run.epoch_errors[-1]
    assert f"error {error:.4g}" in lab.line()
    assert f"{error:.4g}" != f"{error * 1.001:.4g}"


# --- words ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_the_status_line_says_the_sentence_of_the_result(factory, fresh):
    lab = fresh(factory)
    lab.momentum.value = 0.9
    assert (status(lab), lab.screen.frame["kind"]) == (lab.result.sentence, "")


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_the_picture_has_words_instead(factory, fresh):
    lab = fresh(factory)
    assert lab.screen.frame["alt"] == lab.alt
    assert lab.result.finding in lab.alt and lab.result.sentence in lab.alt
    assert lab.screen.frame["finding"] == lab.result.finding


def test_names_with_signs_of_html_are_escaped():
    def sly(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * gradient, memory

    sly.__name__ = 'a<b>"c"&d'
    lab = look(network_lab(sly, rule=sly.__name__, epochs=5)).pin()
    assert "<b>" not in lab.screen.frame["table"]  # all else is shown as text, not as html
    assert 'a<b>"c"&d' in status(lab)
    assert rows(lab)[0][1] == 'a<b>"c"&d'


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_a_clamped_number_is_explained_until_a_good_one_comes(factory, fresh):
    lab = fresh(factory)
    lab.momentum.box.type("1,2")
    assert lab.momentum.box.text == "0.99"
    note = "momentum is from 0 to 0.99: 1.2 was set to 0.99."
    assert (status(lab), lab.screen.frame["kind"]) == (f"{note} {lab.result.sentence}", "note")
    lab.momentum.box.type("1.3")  # already at 0.99: nothing to compute, but to say
    assert status(lab).startswith("momentum is from 0 to 0.99: 1.3 was set to 0.99.")
    lab.momentum.value = 0.99
    assert (status(lab), lab.screen.frame["kind"]) == (lab.result.sentence, "")
    lab.set(momentum=-1).set(momentum=0.5)
    assert status(lab) == lab.result.sentence


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_what_is_no_number_is_explained_and_the_run_stays(factory, fresh):
    lab = fresh(factory)
    before = lab.result
    lab.momentum.box.type("much")
    assert status(lab).startswith("momentum is from 0 to 0.99: “much” is no number, so it stays")
    assert lab.result is before
    lab.momentum.box.type(str(lab.momentum.value))
    assert status(lab) == lab.result.sentence


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_a_note_goes_away_once_another_control_moves(factory, fresh):
    for move in (
        lambda lab: slide(lab.learning_rate, 3),
        lambda lab: lab.learning_rate.box.type("0.0712"),
        lambda lab: setattr(lab.rule, "value", "plain"),
        lambda lab: lab.set(rule="nesterov" if "nesterov" in options(lab.rule) else "plain"),
        lambda lab: lab.preset(next(iter(lab.presets))),
    ):
        lab = fresh(factory)
        lab.momentum.box.type("7")
        assert status(lab) == f"{lab.momentum.note} {lab.result.sentence}"
        move(lab)
        assert (status(lab), lab.screen.frame["kind"]) == (lab.result.sentence, "")


def test_a_new_note_takes_the_place_of_another_controls_note(fresh):
    lab = fresh(one_weight)
    lab.momentum.box.type("7")
    lab.learning_rate.box.type("5000")
    note = "learning rate is from 0.001 to 1: 5000 was set to 1."
    assert status(lab) == f"{note} {lab.result.sentence}"
    lab.set(momentum=9, learning_rate=9)  # one event: both are told
    assert status(lab).startswith("learning rate is from 0.001 to 1: 9 was set to 1. momentum is")


@pytest.mark.usefixtures("undrawn")
@every_factory
def test_one_event_is_one_frame(factory, fresh):
    lab = fresh(factory)
    sent = frames(lab)
    for number, event in enumerate(
        (
            lambda: slide(lab.momentum, 70),
            lambda: lab.momentum.box.type("0,123"),
            lambda: lab.momentum.box.type("1,2"),
            lambda: lab.learning_rate.box.type("1e9"),
            lambda: lab.learning_rate.box.type("0.05"),
            lambda: lab.momentum.box.type("?"),
            lambda: slide(lab.momentum, 3),
            lambda: lab.rule.box.set_state({"index": 0}),
            lambda: lab.set(momentum=0.4, learning_rate=0.2),
            lambda: press(lab, next(iter(lab.presets))),
            lambda: press(lab, "pin this run"),
            lambda: press(lab, "clear pins"),
            lambda: press(lab, "reset"),
            lambda: ask(lab, "update", 2),
            lambda: ask(lab, "sharper", lab.screen.frame["number"]),
            *[lambda: ask(lab, "place", 0, 0.3, 0.6)] * bool(lab._pick),
        ),
        start=1,
    ):
        event()
        assert len(sent) == number
    numbers = [frame["number"] for frame in sent]
    assert numbers == list(range(numbers[0], numbers[0] + len(sent)))


# --- nobody looks, somebody looks -----------------------------------------------------------


@pytest.fixture
def draws(monkeypatch):
    """The sheets that are drawn from now on."""
    drawn, draw = [], Sheet.draw
    monkeypatch.setattr(Sheet, "draw", lambda sheet, e: drawn.append(sheet) or draw(sheet, e))
    return drawn


@every_factory
def test_an_event_of_a_lab_that_nobody_looks_at_draws_and_sends_nothing(factory, draws):
    lab = factory()
    draws.clear()
    sent = frames(lab)
    lab.set(momentum=0.7).pin().preset(next(iter(lab.presets))).step()
    slide(lab.learning_rate, 2)
    lab.momentum.box.type("0,3")
    lab.clear_pins().reset()
    assert draws == [] == sent
    look(lab)
    assert len(draws) == len(sent) == 1
    lab.momentum.value = 0.6
    assert len(draws) == len(sent) == 2


@every_factory
def test_a_lab_is_shown_to_a_browser_as_it_is_now(factory, fresh):
    lab = factory().set(momentum=0.7).pin().set(momentum=0.35)
    look(lab, 450)
    seen = fresh(factory).set(momentum=0.7).pin().set(momentum=0.35)
    own = {"number": 0, "context": 0}  # of the same pins, each lab has other numbers
    assert lab.screen.frame | own == seen.screen.frame | own


@pytest.mark.parametrize(("width", "ratio"), [(873, 1), (601, 1.5), (450, 2)])
@every_factory
def test_the_picture_has_a_pixel_for_each_of_the_screens_once_the_hand_rests(factory, width, ratio):
    lab = factory()
    sent, height = frames(lab), lab.picture.live_height
    look(lab, width, ratio)
    lab.momentum.value = 0.01 + 0.98 - lab.momentum.value
    if not lab.screen.frame["is_sharp"]:  # the browser asks
        ask(lab, "sharper", lab.screen.frame["number"])
    sharp = round(width * ratio)
    widths = [sharp, width] if ratio == 1 else [sharp, width, sharp]
    assert [pixels(frame["png"]).shape for frame in sent] == [(height(w), w, 3) for w in widths]
    assert [frame["is_sharp"] for frame in sent] == [wide == sharp for wide in widths]


def test_on_a_screen_with_fewer_pixels_events_draw_no_more_than_those(fresh):
    lab = look(one_weight(), 800, 0.5)
    lab.momentum.value = 0.3
    assert pixels(shown(lab)).shape[1] == 400


def test_a_request_for_a_frame_that_is_gone_draws_nothing(draws):
    lab = look(one_weight(), 900, 2)
    lab.momentum.value = 0.3
    draws.clear()
    ask(lab, "sharper", lab.screen.frame["number"] - 1)
    assert draws == []


# --- what goes wrong ------------------------------------------------------------------------


def test_an_error_in_compute_is_shown_and_raised_and_the_next_event_works():
    def fussy(steepness, curve):
        if steepness > 0.8:
            raise ArithmeticError("too <steep>")
        return update_one_weight("plain", 0.0, -steepness, 0.1, 0.5, 0.0)

    lab = toy(fussy)
    picture = shown(lab)
    for change in (
        lambda: setattr(lab.steepness, "value", 0.9),
        lambda: lab.set(steepness=1.0),
        lambda: slide(lab.steepness, 8),
    ):
        with pytest.raises(ArithmeticError, match="too <steep>"):
            change()
        assert status(lab) == "ArithmeticError: too <steep>"
        assert lab.screen.frame["kind"] == "problem"
        assert shown(lab) == picture
        lab.steepness.value = 0.6
        assert status(lab) == lab.result.sentence
        lab.steepness.value = 0.5
        assert shown(lab) == picture


def test_an_error_behind_a_button_is_shown(caplog):
    def fussy(steepness, curve):
        if steepness > 0.8:
            raise ArithmeticError("too steep")
        return update_one_weight("plain", 0.0, -steepness, 0.1, 0.5, 0.0)

    lab = toy(fussy)
    press(lab, "steep")  # ipywidgets catches what a button raises, and prints it
    assert "too steep" in caplog.text
    assert status(lab) == "ArithmeticError: too steep"
    press(lab, "reset")
    assert status(lab) == lab.result.sentence


def test_an_error_in_an_answer_is_shown(caplog):
    lab = toy(answers={"best": lambda **values: 1 / 0})
    before = lab.values
    press(lab, "best")
    assert status(lab) == "ZeroDivisionError: division by zero"
    with pytest.raises(ZeroDivisionError):
        lab.answer("best")
    assert lab.values == before
    press(lab, "reset")
    assert status(lab) == lab.result.sentence


def test_a_result_that_cannot_be_drawn_is_told_and_the_run_before_stays():
    def fussy(axes, result, look, shown):
        if result.gradient < -0.8:
            raise ArithmeticError("too steep to draw")
        ONE_WEIGHT.draw(axes, result, look, shown)

    lab = toy(view=View(ONE_WEIGHT.frame, ONE_WEIGHT.scale, fussy, ONE_WEIGHT.size))
    picture, line = shown(lab), lab.line()
    with pytest.raises(ArithmeticError):
        lab.steepness.value = 0.9
    assert status(lab) == "ArithmeticError: too steep to draw"
    assert (shown(lab), lab.line()) == (picture, line)
    lab.steepness.value = 0.4
    assert status(lab) == lab.result.sentence and shown(lab) != picture


def test_an_error_in_compute_stops_the_construction():
    with pytest.raises(ZeroDivisionError):
        toy(lambda steepness, curve: 1 / 0)


def interrupted(**values):
    raise KeyboardInterrupt


CHANGES = (
    lambda lab: setattr(lab.steepness, "value", 0.9),
    lambda lab: lab.set(steepness=0.8),
    lambda lab: slide(lab.steepness, 2),
    lambda lab: lab.steepness.box.type("0,7"),
)


def test_an_interrupt_is_told_and_passes_and_the_next_event_works(monkeypatch):
    lab = toy()
    before, picture, compute = lab.line(), shown(lab), lab._compute
    for change in CHANGES:
        monkeypatch.setattr(lab, "_compute", interrupted)
        with pytest.raises(KeyboardInterrupt):
            change(lab)
        assert (status(lab), lab.screen.frame["kind"]) == (INTERRUPTED, "problem")
        assert shown(lab) == picture
        monkeypatch.setattr(lab, "_compute", compute)
        lab.steepness.value = 0.6
        assert lab.result.gradient == -0.6
        assert status(lab) == lab.result.sentence
        lab.steepness.value = 0.5
        assert (lab.line(), shown(lab)) == (before, picture)


def test_an_interrupt_in_another_thread_is_told_and_does_not_end_that_thread(monkeypatch):
    lab = toy()
    before, picture, compute = lab.line(), shown(lab), lab._compute
    for change in CHANGES:
        monkeypatch.setattr(lab, "_compute", interrupted)
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(change, lab).exception() is None
        assert (status(lab), lab.screen.frame["kind"]) == (INTERRUPTED, "problem")
        assert shown(lab) == picture
        monkeypatch.setattr(lab, "_compute", compute)
        lab.steepness.value = 0.5
        assert (lab.line(), shown(lab)) == (before, picture)


def test_an_interrupt_while_drawing_leaves_the_run_before(monkeypatch):
    lab = toy()
    before, picture, sheet_draw = lab.line(), shown(lab), Sheet.draw

    def once(sheet, entries):
        monkeypatch.setattr(Sheet, "draw", sheet_draw)
        raise KeyboardInterrupt

    monkeypatch.setattr(Sheet, "draw", once)
    with pytest.raises(KeyboardInterrupt):
        lab.steepness.value = 0.9
    assert (status(lab), lab.line(), shown(lab)) == (INTERRUPTED, before, picture)
    lab.steepness.value = 0.5
    assert (status(lab), shown(lab)) == (lab.result.sentence, picture)


def test_a_readers_rule_that_raises_is_shown_and_the_lab_goes_on():
    def broken(weight, gradient, memory, learning_rate, momentum):
        return weight / 0, memory

    lab = look(network_lab(broken, rule="plain", epochs=5))
    with pytest.raises(ValueError, match="rule broken raised ZeroDivisionError"):
        lab.rule.value = "broken"
    assert "rule broken raised ZeroDivisionError" in status(lab)
    lab.rule.value = "heavy_ball"
    assert status(lab) == lab.result.sentence


# --- a reader's own rule --------------------------------------------------------------------


def test_a_readers_own_rule_comes_first_and_trains():
    lab = network_lab(my_rule, epochs=5)
    assert lab.rule.value == "my_rule" == lab.result.rule
    assert list(lab.rule.options.values())[0] == "my_rule"
    assert set(lab.rule.options.values()) > {"plain", "previous_delta", "rmsprop"}
    own = lab.result.summary.error
    lab.rule.value = "heavy_ball"
    assert lab.result.summary.error == pytest.approx(own, rel=1e-9)
    assert "now: rule heavy ball" in lab.line()
    assert "now: rule my rule" in lab.reset().line()


def test_several_own_rules_are_offered_and_the_first_is_chosen():
    def second(weight, gradient, memory, learning_rate, momentum):
        return weight - learning_rate * gradient, memory

    lab = network_lab(my_rule, second, epochs=5, rule="second")
    assert list(lab.rule.options.values())[:2] == ["my_rule", "second"]
    second_error = lab.result.summary.error
    assert lab.set(rule="plain").result.summary.error == pytest.approx(second_error, rel=1e-9)


@pytest.mark.parametrize(
    "bad",
    ["heavy_ball", 3, None, functools.partial(my_rule)],
    ids=["name", "number", "None", "partial"],
)
def test_what_is_no_function_is_refused_as_an_own_rule(bad):
    with pytest.raises(TypeError, match="rule must be a function"):
        network_lab(bad)


# --- many dashboards ------------------------------------------------------------------------


def test_dashboards_do_not_pile_up_figures():
    def figures_after(more):
        for _ in range(more):  # a cell that is run again and again; ipywidgets keeps what it made
            toy(width=200)
        gc.collect()
        return sum(issubclass(type(thing), Figure) for thing in gc.get_objects())

    assert figures_after(MOST_WARM + 1) >= figures_after(MOST_WARM)


def test_two_dashboards_do_not_disturb_each_other():
    first, second = one_weight(), one_weight()
    line, alone = first.line(), first._repr_mimebundle_()["image/png"]
    second.set(rule="heavy_ball", momentum=0.9).pin()
    assert (first.line(), first._repr_mimebundle_()["image/png"]) == (line, alone)
    assert first.pinned == [] and first.momentum.value == 0.5
    first.step().step(-1)
    assert first._repr_mimebundle_()["image/png"] == alone


# --- answers and pointing -------------------------------------------------------------------

ANSWERING = [bowl, edge_of_stability, one_item, phase_map, spectrum, valley]
POINTED = [bowl, one_item, phase_map, single_steps, valley, weight_gains]
with_answers = pytest.mark.parametrize("factory", ANSWERING, ids=lambda f: f.__name__)
pointed = pytest.mark.parametrize("factory", POINTED, ids=lambda f: f.__name__)


def test_every_lab_that_answers_or_can_be_pointed_at_is_tested(labs):
    assert [factory for factory, lab in labs.items() if lab.answers] == ANSWERING
    assert [factory for factory, lab in labs.items() if lab._pick] == POINTED


@pytest.mark.usefixtures("undrawn")
@with_answers
def test_an_answer_sets_what_it_computes_from_the_present_values(factory, fresh):
    lab = fresh(factory)
    for name, answer in lab.answers.items():
        wanted = answer(**lab.values)
        press(lab, name)
        assert {control: lab.values[control] for control in wanted} == pytest.approx(wanted)


def test_an_unknown_answer_or_plot_is_named_with_the_nearest_known_one():
    lab = phase_map()
    with pytest.raises(ValueError, match="unknown answer 'critical': did you mean 'critical damp"):
        lab.answer("critical")
    with pytest.raises(ValueError, match="unknown plot 'mop': did you mean 'map'"):
        lab.point("mop", 1, 0.5)


@pointed
def test_pointing_moves_the_controls_and_stays_within_their_range(factory, fresh):
    lab = fresh(factory)
    for area, follows in enumerate(lab._pick.values()):
        names = follows(0, 0) if callable(follows) else follows
        for place in ((0.2, 0.3), (0.8, 0.6), (0, 0), (1, 1)):
            before = lab.result
            ask(lab, "place", area, *place)
            assert lab.result is not before
            for name in filter(None, names):
                control = lab.controls[name]
                assert control.grid[0] <= control.value <= control.grid[-1]


@pointed
def test_areas_to_point_at_lie_inside_the_picture(factory, fresh):
    areas = look(fresh(factory)).screen.plots
    assert len(areas) == len(fresh(factory)._pick)
    for left, top, right, bottom in areas:
        assert 0 <= left < right <= 1 and 0 <= top < bottom <= 1


def test_a_lab_that_cannot_be_pointed_at_has_no_plots_to_point_at(fresh):
    assert look(fresh()).screen.plots == []


# --- the same again -------------------------------------------------------------------------

SHOW = """
from hashlib import sha256
from momentum_lab.labs import network_lab, one_weight, valley

for factory in network_lab, one_weight, valley:
    lab = factory(momentum=0.3)
    lab.screen.shown_at = [500, 1, 1]
    lab.set(momentum=0.61, rule="heavy_ball").pin().step()
    frame = lab.screen.frame | {"number": 0}
    print(lab.name, sha256(repr(sorted(frame.items())).encode()).hexdigest())
"""


def test_equal_settings_give_equal_bytes_of_the_frame_in_another_process_too(capfd):
    exec(SHOW, {})
    here = capfd.readouterr().out
    other = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True)
    assert other.stdout == here
    assert len(set(here.split())) == 6


def test_equal_settings_by_another_way_give_equal_bytes_of_the_frame(fresh):
    lab = fresh(one_weight)
    lab.set(momentum=0.61, rule="heavy_ball")
    frame = lab.screen.frame
    lab.set(momentum=0.9, rule="plain").pin().clear_pins().reset()
    lab.momentum.box.type("0,61")
    lab.rule.box.set_state({"index": list(lab.rule.options.values()).index("heavy_ball")})
    assert lab.screen.frame | {"number": 0} == frame | {"number": 0}
