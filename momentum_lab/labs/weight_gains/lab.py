"""The lab weight_gains: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.items import BATCH_SIZES
from momentum_lab.labs.settings import LEARNING_RATES, MOMENTA, rule_choice
from momentum_lab.labs.weight_gains.experiment import NETWORK, train_gains
from momentum_lab.labs.weight_gains.view import WEIGHT_GAINS, pointed_weight
from momentum_lab.live.controls import Choice, Number
from momentum_lab.live.dashboard import Dashboard
from momentum_lab.rules import RULES

SCALINGS = {"standardised": "standardised", "one ruler for all": "one ruler", "raw": "raw"}

ONLINE = {"data_set": "iris", "scaling": "standardised", "batch_size": 1, "epochs": 50}
BATCH = ONLINE | {"batch_size": "all", "epochs": 100}
PENGUINS = BATCH | {"data_set": "penguins", "scaling": "one ruler"}
PRESETS = {
    "the post's rule": {
        "rule": "previous_delta",
        "learning_rate": 0.025,
        "momentum": 0.9,
        **ONLINE,
    },
    "heavy ball": {"rule": "heavy_ball", "learning_rate": 0.005, "momentum": 0.9, **ONLINE},
    "AdaGrad": {"rule": "adagrad", "learning_rate": 0.05, **ONLINE},
    "batch": {"rule": "previous_delta", "learning_rate": 0.25, "momentum": 0.9, **BATCH},
    "near the limit": {"rule": "heavy_ball", "learning_rate": 4, "momentum": 0.9, **BATCH},
    "penguins, AdaGrad": {"rule": "adagrad", "learning_rate": 1, **PENGUINS},
}


def weight_gains(*own_rules, **start):
    """Return the lab of lesson 9: the own gain of each weight in training.

    own_rules: your own rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "weight_gains",
        [
            rule_choice(own_rules, "previous_delta", RULES.values()),
            Number("learning_rate", LEARNING_RATES, 0.025),
            Number("momentum", MOMENTA, 0.75),
            Number("weight", range(NETWORK.n_weights), 0),
            Choice("data_set", ("iris", "penguins"), "iris"),
            Choice("scaling", SCALINGS, "standardised"),
            Choice("batch_size", BATCH_SIZES, 1),
            Number("epochs", range(5, 101, 5), 50),
            Number("seed", range(0, 100), 0),
        ],
        partial(train_gains, own_rules),
        WEIGHT_GAINS,
        presets=PRESETS,
        start=start,
        heroes=("learning_rate", "momentum", "weight"),
        pick={"network": pointed_weight},
    )
