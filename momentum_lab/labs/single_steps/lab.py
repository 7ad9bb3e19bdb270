"""The lab single_steps: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.settings import LEARNING_RATES, MOMENTA, rule_choice
from momentum_lab.labs.single_steps.experiment import take_single_steps
from momentum_lab.labs.single_steps.moment import NETWORK
from momentum_lab.labs.single_steps.view import DRAWING, SINGLE_STEPS
from momentum_lab.live.controls import Number
from momentum_lab.live.dashboard import Dashboard
from momentum_lab.rules import RULES

SINGLE_STEPS_PRESETS = {
    "no memory": {"rule": "plain", "learning_rate": 0.05},
    "second update": {"rule": "previous_delta", "learning_rate": 0.05, "momentum": 0.75},
    "build up": {"rule": "heavy_ball", "learning_rate": 0.05, "momentum": 0.9},
    "far too large": {"rule": "plain", "learning_rate": 10},
}


def nearest_connection(x, y):
    """Return the connection drawn nearest to this place, as values to set."""
    return {"connection": DRAWING.nearest(x, y) + 1}


def single_steps(*own_rules, **start):
    """Return the lab of lesson 6: the first updates of a network, four steps for each.

    own_rules: your own rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "single_steps",
        [
            rule_choice(own_rules, "previous_delta", RULES.values()),
            Number("learning_rate", LEARNING_RATES, 0.05),
            Number("momentum", MOMENTA, 0.75),
            Number("connection", range(1, NETWORK.n_weights + 1), 8),
            Number("updates", range(1, 61), 15),
            Number("seed", range(0, 100), 0),
        ],
        partial(take_single_steps, own_rules),
        SINGLE_STEPS,
        presets=SINGLE_STEPS_PRESETS,
        start=start,
        heroes=("learning_rate", "momentum", "connection"),
        pick={"network": nearest_connection},
    )
