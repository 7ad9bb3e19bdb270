"""What a dashboard computes: settings in, a result with its own words and numbers out.

One module for each lab. Every result has the number of its updates (`n_updates`), the one that a
new picture `opens_at`, the `rule` it used, a `label` for the legend, a `finding` for the title, a
`sentence` for the line below the picture, and `numbers`, a row of the table of runs: a dict from
heading to text.
"""

from momentum_lab.experiments.bowl import BowlResult, critical_bowl_momentum, descend_bowl
from momentum_lab.experiments.network_lab import (
    DATA_SETS,
    MOST_WORK,
    LabResult,
    train_and_test,
    train_lab,
)
from momentum_lab.experiments.one_weight import SLOPE_UPDATES, OneWeightResult, update_one_weight
from momentum_lab.experiments.phase_map import (
    PhaseMapResult,
    critical_momentum,
    edge_learning_rate,
    probe_map,
)
from momentum_lab.experiments.spectrum import (
    CONDITION_NUMBERS,
    BestCurve,
    SpectrumResult,
    best_curve,
    best_values,
    probe_spectrum,
)
from momentum_lab.experiments.valley import ValleyResult, best_valley_settings, descend_valley
from momentum_lab.experiments.words import WITHOUT_MOMENTUM, in_words, settings_in_words

__all__ = [
    "BowlResult",
    "BestCurve",
    "CONDITION_NUMBERS",
    "DATA_SETS",
    "MOST_WORK",
    "LabResult",
    "OneWeightResult",
    "PhaseMapResult",
    "SLOPE_UPDATES",
    "SpectrumResult",
    "ValleyResult",
    "WITHOUT_MOMENTUM",
    "best_valley_settings",
    "critical_bowl_momentum",
    "descend_bowl",
    "descend_valley",
    "best_curve",
    "best_values",
    "critical_momentum",
    "edge_learning_rate",
    "in_words",
    "probe_map",
    "probe_spectrum",
    "settings_in_words",
    "train_and_test",
    "train_lab",
    "update_one_weight",
]
