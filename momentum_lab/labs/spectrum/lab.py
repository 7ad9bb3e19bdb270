"""The lab spectrum: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.best import best_values
from momentum_lab.labs.settings import LINEAR_RULES, MOMENTA, rule_choice
from momentum_lab.labs.spectrum.experiment import probe_spectrum
from momentum_lab.labs.spectrum.view import SPECTRUM
from momentum_lab.live.controls import Number, even_grid, log_grid
from momentum_lab.live.dashboard import Dashboard

SPECTRUM_PRESETS = {
    "no momentum": {"rule": "plain", "learning_rate": 1, "momentum": 0},
    "textbook 0.9": {"rule": "heavy_ball", "learning_rate": 1, "momentum": 0.9},
    "worse before better": {
        "rule": "heavy_ball", "condition_number": 1000, "learning_rate": 3.7585,
        "momentum": 0.8812, "updates": 200,
    },
    "too big": {"rule": "plain", "learning_rate": 2.1},
    "too much of it": {"rule": "previous_delta", "learning_rate": 1.2, "momentum": 0.9},
}  # fmt: skip
# As fine as one must be near the limit, from 0.01 to 40: averaged is at its best at √κ.
FINE_STEPS = [*even_grid(1, 1.95, 0.05), *even_grid(2, 4.9, 0.1), *even_grid(5, 9.8, 0.2)]
FINE_RATES = [float(f"{m:g}e{e}") for e in (-2, -1, 0, 1) for m in FINE_STEPS if m <= 4 or e < 1]
SPECTRUM_CONDITIONS = [int(number) for number in log_grid(2, 1000) if number == int(number)]


def spectrum(*own_rules, **start):
    """Return the lab of lesson 5: a loss with many curvatures, and the settings that suit all.

    own_rules: your own linear rules; the first is chosen. start: as in `network_lab`.
    """
    best = partial(best_values, own_rules)
    return Dashboard(
        "spectrum",
        [
            rule_choice(own_rules, "heavy_ball"),
            Number("condition_number", SPECTRUM_CONDITIONS, 30),
            Number("learning_rate", FINE_RATES, 1.0),
            Number("momentum", MOMENTA, 0.5),
            Number("updates", range(20, 301, 10), 60),
        ],
        partial(probe_spectrum, own_rules, LINEAR_RULES),
        SPECTRUM,
        presets=SPECTRUM_PRESETS,
        start=start,
        heroes=("condition_number", "learning_rate", "momentum"),
        answers={
            "best settings": best,
            "plain at its best": partial(best, "plain"),
            "the post's rule at its best": partial(best, "previous_delta"),
            "heavy ball at its best": partial(best, "heavy_ball"),
            "nesterov at its best": partial(best, "nesterov"),
        },
    )
