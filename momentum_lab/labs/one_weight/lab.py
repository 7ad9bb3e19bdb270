"""The lab one_weight: its controls, its presets and its factory."""

from momentum_lab.labs.one_weight.experiment import update_one_weight
from momentum_lab.labs.one_weight.view import ONE_WEIGHT
from momentum_lab.labs.settings import MOMENTA, rule_choice
from momentum_lab.live.controls import Number, even_grid, log_grid
from momentum_lab.live.dashboard import Dashboard

POST = {"weight": 3.56, "gradient": -2.7, "learning_rate": 0.01, "momentum": 0.5}
FROM_REST = {"weight": 0, "gradient": -1, "learning_rate": 1, "momentum": 0.9, "prev_delta": 0}
ONE_WEIGHT_PRESETS = {
    "the post's sum": {"rule": "previous_delta", **POST, "prev_delta": 0.044},
    "from rest: look back": {"rule": "previous_delta", **FROM_REST},
    "from rest: build up": {"rule": "heavy_ball", **FROM_REST},
}


def one_weight(**start):
    """Return the lab of lesson 1: one update of one weight, then eleven more on the same slope."""
    return Dashboard(
        "one_weight",
        [
            rule_choice((), "previous_delta"),
            Number("gradient", even_grid(-5, 5, 0.1), -2.7),
            Number("learning_rate", log_grid(0.001, 1), 0.01),
            Number("momentum", MOMENTA, 0.5),
            Number("weight", even_grid(-5, 5, 0.01), 3.56),
            Number("prev_delta", even_grid(-0.1, 0.1, 0.002), 0.044, "previous delta"),
        ],
        update_one_weight,
        ONE_WEIGHT,
        presets=ONE_WEIGHT_PRESETS,
        start=start,
        heroes=("gradient", "learning_rate", "momentum"),
    )
