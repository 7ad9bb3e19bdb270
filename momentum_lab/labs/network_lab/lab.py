"""The lab network_lab: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.items import BATCH_SIZES, DATA_SETS
from momentum_lab.labs.network_lab.experiment import train_lab
from momentum_lab.labs.network_lab.view import NETWORK_LAB
from momentum_lab.labs.settings import LEARNING_RATES, MOMENTA, rule_choice
from momentum_lab.live.controls import Choice, Number
from momentum_lab.live.dashboard import Dashboard
from momentum_lab.rules import RULES

LAB_PRESETS = {
    "slow but sure": {"rule": "plain", "learning_rate": 0.005},
    "too big": {"rule": "plain", "learning_rate": 3.0},
    "second update": {"rule": "previous_delta", "learning_rate": 0.05, "momentum": 0.75},
    "build up speed": {"rule": "heavy_ball", "learning_rate": 0.005, "momentum": 0.9},
    "too much of it": {"rule": "heavy_ball", "learning_rate": 0.5, "momentum": 0.99},
}


def network_lab(*own_rules, **start):
    """Return the network lab: train a real network anew on every event.

    own_rules: your own rule functions; the first is chosen, the built-in ones are offered, too.
    start: values to begin with, such as momentum=0.9.
    """
    return Dashboard(
        "network_lab",
        [
            rule_choice(own_rules, "previous_delta", RULES.values()),
            Number("learning_rate", LEARNING_RATES, 0.05),
            Number("momentum", MOMENTA, 0.5),
            Choice("data_set", DATA_SETS, "iris"),
            Number("hidden_units", range(1, 31), 7),
            Choice("batch_size", BATCH_SIZES, 1),
            Number("epochs", range(5, 201, 5), 50),
            Number("seed", range(0, 100), 0),
        ],
        partial(train_lab, own_rules),
        NETWORK_LAB,
        presets=LAB_PRESETS,
        start=start,
        heroes=("learning_rate", "momentum"),
    )
