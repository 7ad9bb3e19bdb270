"""The lab seed_bands: its controls, its presets and its factory."""

from functools import partial

from momentum_lab.labs.items import BATCH_SIZES, DATA_SETS
from momentum_lab.labs.seed_bands.experiment import HELD, train_bands
from momentum_lab.labs.seed_bands.view import SEED_BANDS
from momentum_lab.labs.settings import LEARNING_RATES, MOMENTA, rule_choice
from momentum_lab.live.controls import Choice, Number
from momentum_lab.live.dashboard import Dashboard

SAME = "learning rate"
PRESETS = {
    "the post's rule": {"rule": "previous_delta", "learning_rate": 0.01, "momentum": 0.9},
    "same effective learning rate": {"compare_at": HELD},
    "heavy ball": {"rule": "heavy_ball", "learning_rate": 0.01, "momentum": 0.9},
    "all items at once": {"rule": "heavy_ball", "learning_rate": 2.0, "batch_size": "all"},
}


def seed_bands(*own_rules, **start):
    """Return the lab of seeds: a rule beside plain gradient descent, from 20 seeds and more.

    The learning rate is plain's; "compare at the same" says whether the rule has the same, or the
    same effective one (learning rate × steady gain).
    own_rules: your own rule functions; the first is chosen, the built-in ones are offered, too.
    start: values to begin with, such as momentum=0.9.
    """
    return Dashboard(
        "seed_bands",
        [
            rule_choice(own_rules, "previous_delta"),
            Number("learning_rate", LEARNING_RATES, 0.01),
            Number("momentum", MOMENTA, 0.75),
            Choice("compare_at", [SAME, HELD], SAME, "compare at the same"),
            Choice("data_set", DATA_SETS, "iris"),
            Choice("batch_size", BATCH_SIZES, 1),
            Number("epochs", range(5, 201, 5), 50),
            Number("seeds", range(20, 101, 10), 20),
        ],
        partial(train_bands, own_rules),
        SEED_BANDS,
        presets=PRESETS,
        start=start,
        heroes=("learning_rate", "momentum"),
        switches=("compare_at",),
        counts="trainings",
    )
