"""The lab edge_of_stability: its controls, its presets and its factory."""

from functools import partial

from momentum_lab import theory
from momentum_lab.labs.edge_of_stability.experiment import train_at_once
from momentum_lab.labs.edge_of_stability.view import EDGE_OF_STABILITY
from momentum_lab.labs.settings import MOMENTA, rule_choice
from momentum_lab.labs.words import function_of
from momentum_lab.live.controls import Number, even_grid, log_grid
from momentum_lab.live.dashboard import Dashboard

EDGE_RATES = [*log_grid(0.05, 0.5), *even_grid(0.6, 3, 0.1), *log_grid(4, 30)]
EDGE_PRESETS = {
    "settles there": {"rule": "plain", "learning_rate": 1.4},
    "the post's rule, too": {"rule": "previous_delta", "learning_rate": 0.7778, "momentum": 0.9},
    "stays below": {"rule": "plain", "learning_rate": 0.4},
    "heavy ball": {"rule": "heavy_ball", "learning_rate": 1.5, "momentum": 0.9},
    "thrown out": {"rule": "heavy_ball", "learning_rate": 2.85, "momentum": 0.9},
}
PART = 0.7  # of its limit at curvature 1: every rule then meets its limit at sharpness 1/0.7


def _part_of_the_limit(own_rules, rule, momentum, **_others):
    limit = theory.learning_rate_limit(function_of(rule, own_rules), 1.0, momentum)
    return {"learning_rate": float(f"{PART * limit:.4g}")}


def edge_of_stability(*own_rules, **start):
    """Return a lab of lesson 8: how sharp the error gets where a training on all items goes.

    own_rules: your own rule functions; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "edge_of_stability",
        [
            rule_choice(own_rules, "heavy_ball"),
            Number("learning_rate", EDGE_RATES, 2.1),
            Number("momentum", MOMENTA, 0.5),
            Number("updates", range(1000, 8001, 500), 4000),
            Number("seed", range(0, 100), 0),
        ],
        partial(train_at_once, own_rules),
        EDGE_OF_STABILITY,
        presets=EDGE_PRESETS,
        start=start,
        answers={"0.7 of the limit": partial(_part_of_the_limit, own_rules)},
        heroes=("learning_rate", "momentum"),
    )
