"""Single steps: every number is what plain Python finds by the chain rule, one weight at a time."""

import math

import numpy as np
import pytest
from drawing import assert_readable, drawn, entry, framed, headings, image, some_pixels_have

from momentum_lab.data import iris
from momentum_lab.labs import single_steps
from momentum_lab.labs.drawn_network import HIGHLIGHT, MINUS, PLUS
from momentum_lab.labs.single_steps.experiment import take_single_steps
from momentum_lab.labs.single_steps.lab import SINGLE_STEPS_PRESETS, nearest_connection
from momentum_lab.labs.single_steps.moment import NAMES, NETWORK
from momentum_lab.labs.single_steps.view import DRAWING, SINGLE_STEPS
from momentum_lab.labs.single_steps.words import IN_ROW, PHASES
from momentum_lab.labs.words import as_written
from momentum_lab.live.labels import Labels
from momentum_lab.live.style import PIN_LOOKS
from momentum_lab.training import train

SETTINGS = {"learning_rate": 0.05, "momentum": 0.75, "connection": 8, "updates": 15, "seed": 0}


def result_of(rule="previous_delta", step=0, own_rules=(), **settings):
    return take_single_steps(own_rules, rule, **(SETTINGS | settings)).at_update(step)


# --- back-propagation again, in plain Python ------------------------------------------------

STEPS = {  # step and new memory from gradient g, memory m, learning rate a, momentum b
    "plain": lambda g, m, a, b: (-a * g, m),
    "previous_delta": lambda g, m, a, b: (-a * g + b * m, -a * g),
    "heavy_ball": lambda g, m, a, b: (b * m - a * g,) * 2,
    "nesterov": lambda g, m, a, b: (b * (b * m - a * g) - a * g, b * m - a * g),
    "averaged": lambda g, m, a, b: (b * m - a * (1 - b) * g,) * 2,
    "adagrad": lambda g, m, a, b: (-a * g / (math.sqrt(m + g * g) + 1e-8), m + g * g),
    "rmsprop": lambda g, m, a, b: (
        -a * g / (math.sqrt(b * m + (1 - b) * g * g) + 1e-8),
        b * m + (1 - b) * g * g,
    ),
}


def layers(w):
    """The flat weights of a 4-5-3 network as w[to][from], biases last."""
    hidden = [[w[5 * i + j] for i in range(5)] for j in range(5)]
    output = [[w[25 + 3 * j + k] for j in range(6)] for k in range(3)]
    return hidden, output


def by_hand(w, x, t):
    """Return hidden values, outputs, error, signals of both layers, and the flat gradient."""
    into_hidden, into_output = layers(w)
    hidden = [
        math.tanh(sum(a * b for a, b in zip(row, [*x, 1], strict=True))) for row in into_hidden
    ]
    sums = [sum(a * b for a, b in zip(row, [*hidden, 1], strict=True)) for row in into_output]
    total = sum(map(math.exp, sums))
    y = [math.exp(each) / total for each in sums]
    error = -math.log(y[t.index(1)])
    o_signals = [y[k] - t[k] for k in range(3)]
    h_signals = [
        sum(o_signals[k] * into_output[k][j] for k in range(3)) * (1 - hidden[j] ** 2)
        for j in range(5)
    ]
    gradient = [value * signal for value in [*x, 1] for signal in h_signals]
    gradient += [value * signal for value in [*hidden, 1] for signal in o_signals]
    return hidden, y, error, h_signals, o_signals, gradient


@pytest.mark.parametrize("rule", STEPS)
def test_every_number_of_every_step_is_that_of_the_chain_rule(rule):
    result, flowers = result_of(rule), iris().standardized()
    w, memory = result.run.trajectory[0].tolist(), [0.0] * 43
    a, b = SETTINGS["learning_rate"], SETTINGS["momentum"]
    for update, row in enumerate(result.rows):
        x, t = flowers.inputs[row].tolist(), flowers.targets[row].tolist()
        hidden, y, error, h_signals, o_signals, gradient = by_hand(w, x, t)
        alone = [STEPS[rule](g, 0.0, a, b)[0] for g in gradient]
        steps, memory = zip(*map(STEPS[rule], gradient, memory, [a] * 43, [b] * 43), strict=True)
        new = [each + step for each, step in zip(w, steps, strict=True)]
        seen = result.at_update(4 * update + 4)
        assert seen.error == pytest.approx(error) and seen.guess == pytest.approx(math.exp(-error))
        starts = np.repeat([*x, 1], 5).tolist() + np.repeat([*hidden, 1], 3).tolist()
        known = {"weight": w, "value": starts, "signal": h_signals * 5 + o_signals * 6}
        known |= {"gradient": gradient, "gradient part": alone, "step": steps, "new weight": new}
        known["memory part"] = np.subtract(steps, alone)
        assert set(seen.known) == set(known)
        for name, numbers in known.items():
            np.testing.assert_allclose(seen.known[name], numbers, rtol=1e-9, atol=1e-12)
        for numbers, wanted in zip(seen.values, (x, hidden, y), strict=True):
            np.testing.assert_allclose(numbers, wanted, rtol=1e-12)
        for numbers, wanted in zip(seen.signals, (h_signals, o_signals), strict=True):
            np.testing.assert_allclose(numbers, wanted, rtol=1e-9, atol=1e-12)
        assert seen.target.tolist() == t
        w = new


def test_the_updates_are_those_of_train_on_all_flowers_in_this_order():
    result, flowers = result_of("heavy_ball", updates=60), iris().standardized()
    rest = np.setdiff1d(np.arange(150), result.rows)
    order = np.concatenate([result.rows, rest])[None]
    settings = "heavy_ball", SETTINGS["learning_rate"], SETTINGS["momentum"]
    run = train(NETWORK, flowers, *settings, seed=0, order=order, trajectory=True)
    np.testing.assert_array_equal(result.run.trajectory, run.trajectory[:61])
    np.testing.assert_array_equal(result.run.update_errors, run.update_errors[:60])


def test_another_seed_has_other_weights_and_other_flowers():
    one, other = result_of(seed=1), result_of(seed=2)
    assert (one.run.trajectory[0] != other.run.trajectory[0]).all()
    assert (one.rows != other.rows).any()


# --- steps, words and numbers ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "update", "phase"),
    [(0, 1, ""), (1, 1, "forward")]
    + [(4 * u + p + 1, u + 1, name) for u in (0, 6, 14) for p, name in enumerate(PHASES)],
)
def test_four_steps_make_an_update(step, update, phase):
    result = result_of(step=step)
    assert (result.index + 1, result.phase) == (update, phase)
    assert result.numbers["update"] == f"{update} of 15"
    assert result.numbers["phase"] == (phase or "–")
    assert result.n_updates == 60 and result.unit == "step"


@pytest.mark.parametrize("connection", [1, 8, 23, 30, 43])
def test_the_row_has_the_numbers_of_the_connection_once_they_are_known(connection):
    known_from = dict(zip(IN_ROW, (0, 3, 4, 4, 4), strict=True))
    whole = result_of(step=12, connection=connection)
    for done in range(1, 5):
        result = whole.at_update(8 + done)
        assert result.numbers["connection"] == NAMES[connection - 1]
        error = as_written(whole.error, 4) if done >= 2 else "–"
        assert result.numbers["error"] == error
        for name, first in known_from.items():
            number = as_written(float(whole.known[name][connection - 1]), 4)
            assert result.numbers[name] == (number if done >= first else "–"), (name, done)


def test_the_sum_that_is_told_is_the_update():
    result = result_of(step=12)
    before, gradient_part, memory_part, after = (
        float(result.known[name][7])
        for name in ("weight", "gradient part", "memory part", "new weight")
    )
    assert gradient_part > 0 > memory_part
    told = f"{before:.4g} + {gradient_part:.4g} − {-memory_part:.4g} ≈ {after:.4g}"
    assert result.sum == told and told in result.sentence
    assert before + gradient_part + memory_part == pytest.approx(after, rel=1e-14)
    assert "Input 2 → hidden 3, ih_weights[1, 2]" in result.sentence


def test_the_first_memory_part_is_nothing_and_the_second_the_last_delta():
    first, second = result_of(step=4), result_of(step=8)
    assert not first.known["memory part"].any()
    last_delta = first.known["gradient part"]
    np.testing.assert_allclose(second.known["memory part"], 0.75 * last_delta, atol=1e-15)


def test_each_phase_has_its_own_finding():
    findings = [result_of(step=step).finding for step in range(5)]
    assert findings[0].startswith("Before the first update")
    for phase, finding in zip(PHASES, findings[1:], strict=True):
        assert finding.startswith(f"Update 1, {phase}: ")
    result = result_of(step=4)
    guess, error = as_written(result.guess, 4), as_written(result.error, 4)
    assert f"{result.species}, the true species, gets {guess}" in findings[1]
    assert f"−log {guess} = {error}" in findings[2]
    assert findings[3].endswith(f"{result.name} is {result.told['gradient']}")
    assert findings[4].endswith(f"{result.name} moves by {result.told['step']}")


# --- own rules, and runs that end early -----------------------------------------------------


def explode(weight, gradient, memory, learning_rate, momentum):
    return 3 * weight - learning_rate * gradient, memory


def leave(weight, gradient, memory, learning_rate, momentum):
    return weight + 1e6, memory


def with_power(weight, gradient, memory, learning_rate, momentum):
    return weight - learning_rate * gradient**2, memory


def test_a_run_that_diverges_keeps_the_updates_before():
    result = result_of("explode", 10**6, (explode,), updates=60)
    made = result.run.diverged_at - 1
    assert 5 < made < 30 and result.n_updates == 4 * made
    last = result.at_update(result.n_updates)
    assert f"Update {made + 1} diverges" in last.sentence
    assert last.numbers["update"] == f"{made} of {made}"
    assert drawn(SINGLE_STEPS, entry(last)).png()


def test_a_run_that_diverges_at_once_shows_its_start():
    lab = single_steps(leave)
    assert (lab.result.n_updates, lab.shown) == (0, 0)
    assert "Update 1 diverges" in lab.result.sentence
    assert lab.result.numbers["new weight"] == "–" and lab.picture.png()


def test_an_own_rule_that_must_run_as_python_is_stepped_through():
    result = result_of("with_power", 4, (with_power,))
    gradient = result.known["gradient"]
    np.testing.assert_allclose(result.known["gradient part"], -0.05 * gradient**2, atol=1e-15)
    assert single_steps(with_power).rule.value == "with_power"


# --- the picture ----------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 12, 60])
@pytest.mark.parametrize("rule", ["plain", "previous_delta", "rmsprop"])
def test_texts_of_single_steps_are_readable(texts_of, rule, step):
    assert_readable(texts_of(SINGLE_STEPS, entry(result_of(rule, step, connection=30))))


@pytest.mark.parametrize(
    "settings",
    [
        *SINGLE_STEPS_PRESETS.values(),
        {"learning_rate": 10, "momentum": 0.99, "rule": "heavy_ball", "updates": 60},
        {"updates": 1},
        {"learning_rate": 0.001, "rule": "averaged", "momentum": 0.99, "connection": 43},
    ],
    ids=str,
)
def test_texts_of_single_steps_are_readable_at_the_ends_of_the_sliders(texts_of, settings):
    result = result_of(**settings)
    for step in (3, result.n_updates):
        pinned = [entry(result.at_update(step), look=look) for look in PIN_LOOKS]
        assert_readable(texts_of(SINGLE_STEPS, entry(result.at_update(step)), pinned))


def labels(axes):
    return [
        text
        for artist in axes.get_children()
        if isinstance(artist, Labels)
        for text in artist.texts
    ]


def test_values_stand_in_the_nodes_from_forward_on_and_signals_below_from_error_on():
    texts = [
        labels(framed(SINGLE_STEPS, entry(result_of(step=step)))["network"]) for step in range(5)
    ]
    always = 4 + 3 + 2  # names of inputs and outputs, and a 1 for the biases
    assert [len(each) for each in texts] == [always + more for more in (0, 12, 18, 23, 23)]
    assert sum(text.startswith("target") for text in texts[2]) == 3


@pytest.mark.parametrize(
    ("step", "name"), [(0, "weight"), (1, "weight"), (2, "weight")] + [(3, "gradient"), (4, "step")]
)
def test_the_lines_show_weights_then_gradients_then_steps(step, name):
    result = result_of(step=step)
    network = framed(SINGLE_STEPS, entry(result))["network"]
    numbers = result.known[name]
    assert as_written(np.abs(numbers).max()) in headings(network)
    assert f"the {name}s" in headings(network)
    widths = network.collections[-1].get_linewidths()
    assert np.argmax(widths) == np.argmax(np.abs(numbers))


def test_both_signs_the_highlight_and_the_rule_are_seen():
    pixels = image(drawn(SINGLE_STEPS, entry(result_of(step=12))))
    for color in (PLUS, MINUS, HIGHLIGHT, "#d9631e"):
        assert some_pixels_have(color, pixels) > 30


def test_the_curve_is_the_step_of_the_connection_over_the_updates():
    result = result_of(step=12)
    steps = framed(SINGLE_STEPS, entry(result))["steps"]
    curve, now = (line.get_xydata() for line in steps.get_lines()[-2:])
    expected = (result.gradient_parts + result.memory_parts)[:, 7]
    np.testing.assert_allclose(curve, np.transpose([np.arange(1, 16), expected]), atol=1e-15)
    np.testing.assert_allclose(now, [[3, expected[2]]])


def test_a_pinned_run_is_a_curve_beside_it():
    pinned = entry(result_of("heavy_ball", 4), look=PIN_LOOKS[0])
    axes = framed(SINGLE_STEPS, entry(result_of(step=4)), [pinned])
    assert PIN_LOOKS[0].color in [line.get_color() for line in axes["steps"].get_lines()]
    alone = framed(SINGLE_STEPS, entry(result_of(step=4)))
    assert len(axes["network"].get_children()) == len(alone["network"].get_children())


# --- the lab --------------------------------------------------------------------------------


def test_a_click_on_a_line_chooses_its_connection():
    lab = single_steps()
    for connection in (1, 19, 26, 43):
        start, end = DRAWING.ends[connection - 1]
        lab.point("network", *(start + 0.12 * (end - start)))
        assert lab.connection.value == connection
        assert lab.result.numbers["connection"] == NAMES[connection - 1]


@pytest.mark.parametrize("place", [(0, 0), (1e6, -1e6), (295, 150)])
def test_a_click_anywhere_chooses_one_that_there_is(place):
    assert 1 <= nearest_connection(*place)["connection"] <= 43


def test_the_words_follow_the_step_that_is_shown():
    lab = single_steps()
    assert lab.shown == 1 and lab.result.phase == "forward"
    for step in (2, 3, 4, 5, 4):
        lab.show_update(step)
        assert lab.result.step == step and f"phase {lab.result.phase}" in lab.line()
    lab.learning_rate.value = 0.5
    assert (lab.shown, lab.result.step) == (4, 4)
    lab.updates.value = 1
    lab.show_update(0)
    assert lab.result.step == 0


def test_a_pin_keeps_the_step_at_which_it_was_pinned():
    lab = single_steps().show_update(4).pin().step()
    assert (lab.pinned[0].result.step, lab.result.step) == (4, 5)
