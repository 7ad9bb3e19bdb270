"""The lab valley: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.best import best_values
from momentum_lab.labs.settings import LIMIT_LEARNING_RATES, MOMENTA, rule_choice
from momentum_lab.labs.valley.experiment import descend_valley
from momentum_lab.labs.valley.view import VALLEY
from momentum_lab.live.controls import Number, even_grid
from momentum_lab.live.dashboard import Dashboard


def _at_20(rule, learning_rate, **more):
    return {"rule": rule, "learning_rate": learning_rate, "condition_number": 20, **more}


VALLEY_PRESETS = {
    "slow floor": _at_20("plain", 0.5),
    "zig-zag": _at_20("plain", 1.9),
    "zig-zag + second update": _at_20("previous_delta", 1.9, momentum=0.9),
    "second update, slower": _at_20("previous_delta", 1, momentum=0.9),
    "heavy ball oscillates": _at_20("heavy_ball", 0.5, momentum=0.9),
    "heavy ball at its best": _at_20("heavy_ball", 2.672, momentum=0.4026),
    "d2l's example": _at_20(
        "heavy_ball", 2.4, momentum=0.5, rotation=0, start_1=-5, start_2=-2, updates=20
    ),
}


def valley(*own_rules, **start):
    """Return the lab of lessons 2 and 3: two weights in a valley, seen from above.

    own_rules: your own rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "valley",
        [
            rule_choice(own_rules, "previous_delta"),
            Number("learning_rate", LIMIT_LEARNING_RATES, 1),
            Number("momentum", MOMENTA, 0.5),
            Number("condition_number", [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 400], 20),
            Number("rotation", range(0, 91, 5), 20),
            Number("start_1", even_grid(-6, 6, 0.1), -5, "start, weight 1"),
            Number("start_2", even_grid(-3.6, 3.6, 0.1), -0.5, "start, weight 2"),
            Number("updates", range(10, 301, 10), 100),
        ],
        partial(descend_valley, own_rules),
        VALLEY,
        presets=VALLEY_PRESETS,
        start=start,
        answers={"best settings": partial(best_values, own_rules)},
        heroes=("learning_rate", "momentum", "condition_number"),
        pick={"contours": ("start_1", "start_2")},
    )
