"""Names, words and numbers that all results share."""

import itertools
from dataclasses import dataclass

import numpy as np

from momentum_lab.rules import RULES
from momentum_lab.validation import by_name

WITHOUT_MOMENTUM = ("plain", "adagrad")  # rules that ignore the momentum


@dataclass(frozen=True, eq=False)
class Result:
    """What all results begin with: the rule's name (see `offered`) and its settings."""

    rule: str
    learning_rate: float
    momentum: float

    unit = "update"  # what the playback counts

    @property
    def opens_at(self):
        """The update up to which a new picture shows the run: the last."""
        return self.n_updates

    @property
    def label(self):
        """The run in a legend."""
        return settings_in_words(self.rule, self.learning_rate, self.momentum)

    def beside(self, pinned):
        """How it compares with the pinned results, a dict by letter; "" where nothing is said."""
        return ""

    def at_update(self, update):
        """The result that tells of this update, where there is one for each."""
        return self

    def row_of_settings(self, rate="α"):
        """Return the rule and its settings as a row of numbers begins; `rate` heads one column."""
        return {
            "rule": in_words(self.rule),
            rate: f"{self.learning_rate:g}",
            "β": "–" if self.rule in WITHOUT_MOMENTUM else f"{self.momentum:g}",
        }


def offered(own_rules, built_in=()):
    """Return the rules to choose from by name, own ones first.

    A reader's own `heavy_ball` is `heavy_ball (yours)`; a second `mine` is `mine (2)`.
    """
    known = {in_words(name) for name in RULES}
    rules = {}
    for rule in (*own_rules, *built_in):
        if any(rule is other for other in rules.values()):
            continue
        name = getattr(rule, "__name__", "own rule")
        if in_words(name) in known and RULES.get(name) is not rule:
            name += " (yours)"
        taken = {in_words(other) for other in rules}
        names = itertools.chain([name], (f"{name} ({n})" for n in itertools.count(2)))
        rules[next(free for free in names if in_words(free) not in taken)] = rule
    return rules


def function_of(rule, own_rules):
    """Return the rule function that goes by this name; raises ValueError for an unknown one."""
    return by_name("rule", rule, offered(own_rules, RULES.values()))


def in_words(rule):
    """Return a rule's name as the lessons write it: previous_delta becomes previous-delta."""
    return rule.replace("_", " ").replace("previous delta", "previous-delta")


def shortened(name):
    """Return the name, or, where it is too long for a plot, its beginning (and what tells it)."""
    head, bracket, tail = name.partition(" (")
    room = 13 - len(bracket + tail) if bracket else 11
    return name if len(name) <= 14 else f"{head[: max(room, 1)]}…{bracket}{tail}"


def settings_in_words(rule, learning_rate, momentum):
    """Return rule, learning rate and, where the rule uses it, momentum, for a legend."""
    words = f"{in_words(rule)}, α {learning_rate:g}"
    return words if rule in WITHOUT_MOMENTUM else f"{words}, β {momentum:g}"


def connection_names(network):
    """Return the name of each weight of a network, in its flat order: "input 2 → hidden 3"."""
    layers = ("input", network.n_inputs, "hidden", network.n_hidden)
    layers = layers, ("hidden", network.n_hidden, "output", network.n_outputs)
    return tuple(
        f"{start} → {to} {j + 1}"
        for kind, count, to, to_count in layers
        for start in (*(f"{kind} {i + 1}" for i in range(count)), "bias")
        for j in range(to_count)
    )


def code_names(network):
    """Return the name of each weight in code, in the flat order: "ih_weights[1, 2]"."""
    parts = network.unpack(np.zeros(network.n_weights))._asdict()
    places = [(name, place) for name, part in parts.items() for place in np.ndindex(part.shape)]
    return tuple(f"{name}[{', '.join(map(str, place))}]" for name, place in places)


def regime_in_words(regime):
    """Return the name of a regime as the lessons write it: edge becomes neutral edge."""
    return regime.replace("edge", "neutral edge")


def number(value):
    """Return a number as text, with a real minus sign."""
    return f"{value:.6g}".replace("-", "−")


def signed(part):
    """Return a number as text that can be put behind another one: "+ 0.5" or "− 0.5"."""
    return f"{'−' if part < 0 else '+'} {abs(part):.6g}"


def short(value):
    """Return a number with few digits, but never 1 or 100 for what is only near it."""
    text = f"{value:.3g}"
    return f"{value:.6g}" if text in ("1", "100") else text


SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def as_written(value, digits=3):
    """Return a number as people write it: 0.5, 7550 or −7.3·10⁻⁸, never 7.3e-08."""
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    if value == 0 or -4 <= int(power) <= 4:
        plain = float(f"{mantissa}e{power}")
        text = f"{plain:.0f}" if int(power) >= digits else f"{plain:.{digits}g}"
    else:
        text = f"{float(mantissa):g}·10{str(int(power)).translate(SUPERSCRIPTS)}"
    return text.replace("-", "−")


def percent(share):
    """Return a share as text: 0.9 is 90 %."""
    return f"{short(100 * share)} %"


def capital(words):
    """Return the words as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


def counted(number, noun):
    """Return how many, as text: no swings, 1 swing, 2 swings."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def after(updates):
    """Return after how many updates."""
    return f"after {updates} update{'' if updates == 1 else 's'}"


def how_often(what, count):
    """Return how often it did something: never crossed, crossed once, twice, or 3 times."""
    often = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"{what} {often}" if count else f"never {what}"
