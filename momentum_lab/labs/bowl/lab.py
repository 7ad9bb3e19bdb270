"""The lab bowl: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.best import critical_momentum
from momentum_lab.labs.bowl.experiment import descend_bowl
from momentum_lab.labs.bowl.view import BOWL
from momentum_lab.labs.settings import LIMIT_LEARNING_RATES, MOMENTA, rule_choice
from momentum_lab.live.controls import Number, even_grid, log_grid
from momentum_lab.live.dashboard import Dashboard

BOWL_PRESETS = {
    "slow but sure": {"rule": "plain", "learning_rate": 0.1, "curvature": 1},
    "just right": {"rule": "plain", "learning_rate": 1, "curvature": 1},
    "zig-zag": {"rule": "plain", "learning_rate": 1.8, "curvature": 1},
    "neutral edge": {"rule": "plain", "learning_rate": 2, "curvature": 1},
    "diverging": {"rule": "plain", "learning_rate": 2.1, "curvature": 1},
    "ringing": {"rule": "heavy_ball", "learning_rate": 0.1, "momentum": 0.9, "curvature": 1},
}


def bowl(*own_rules, **start):
    """Return the lab of lesson 2: one weight in a bowl, and the five fates of a learning rate.

    own_rules: your own rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "bowl",
        [
            rule_choice(own_rules, "previous_delta"),
            Number("learning_rate", LIMIT_LEARNING_RATES, 0.4),
            Number("momentum", MOMENTA, 0.5),
            Number("curvature", log_grid(0.1, 10), 1),
            Number("start", even_grid(-2, 2, 0.05), -1.6),
        ],
        partial(descend_bowl, own_rules),
        BOWL,
        presets=BOWL_PRESETS,
        start=start,
        answers={"critical damping": partial(critical_momentum, own_rules)},
        heroes=("learning_rate", "momentum", "curvature"),
        pick={"bowl": ("start", None)},
    )
