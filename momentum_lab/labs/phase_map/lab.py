"""The lab phase_map: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.best import critical_momentum, limit_learning_rate
from momentum_lab.labs.phase_map.experiment import probe_map
from momentum_lab.labs.phase_map.view import PHASE_MAP
from momentum_lab.labs.settings import LIMIT_LEARNING_RATES, MOMENTA, rule_choice
from momentum_lab.live.controls import Number
from momentum_lab.live.dashboard import Dashboard

MAP_LEARNING_RATES = [rate for rate in LIMIT_LEARNING_RATES if rate <= 10]  # as far as the map
PHASE_MAP_PRESETS = {
    "smooth": {"rule": "heavy_ball", "learning_rate": 0.02, "momentum": 0.5},
    "ringing": {"rule": "heavy_ball", "learning_rate": 0.1, "momentum": 0.9},
    "sign-flipping": {"rule": "plain", "learning_rate": 1.8},
    "three by three": {"rule": "previous_delta", "learning_rate": 2, "momentum": 0.5},
    "diverging": {"rule": "previous_delta", "learning_rate": 1.5, "momentum": 0.8},
}


def phase_map(*own_rules, **start):
    """Return the lab of lesson 4: a map of every learning rate and momentum, and a point on it.

    own_rules: your own linear rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "phase_map",
        [
            rule_choice(own_rules, "heavy_ball"),
            Number("learning_rate", MAP_LEARNING_RATES, 0.1),
            Number("momentum", MOMENTA, 0.8),
            Number("updates", range(20, 201, 10), 60),
        ],
        partial(probe_map, own_rules),
        PHASE_MAP,
        presets=PHASE_MAP_PRESETS,
        start=start,
        answers={
            "critical damping": partial(critical_momentum, own_rules),
            "to the limit": partial(limit_learning_rate, own_rules),
        },
        heroes=("learning_rate", "momentum"),
        pick={"map": ("learning_rate", "momentum")},
    )
