"""How results become pictures: one module for each lab's view, one palette for all of them.

Every picture says what it found in its title, and nothing is told by colour alone.
"""

from momentum_lab.plots.bowl import BOWL
from momentum_lab.plots.network_lab import NETWORK_LAB, epoch_means
from momentum_lab.plots.one_weight import ONE_WEIGHT, step_parts
from momentum_lab.plots.phase_map import PHASE_MAP
from momentum_lab.plots.spectrum import SPECTRUM
from momentum_lab.plots.style import (
    GRADIENT_COLOR,
    OWN_RULE_LOOK,
    PIN_LOOKS,
    RULE_LOOKS,
    STYLE,
    Look,
    bars,
    decades,
    heading,
    round_limit,
    rule_look,
)
from momentum_lab.plots.valley import VALLEY

__all__ = [
    "BOWL",
    "GRADIENT_COLOR",
    "NETWORK_LAB",
    "ONE_WEIGHT",
    "OWN_RULE_LOOK",
    "PHASE_MAP",
    "PIN_LOOKS",
    "RULE_LOOKS",
    "SPECTRUM",
    "STYLE",
    "VALLEY",
    "Look",
    "bars",
    "decades",
    "epoch_means",
    "heading",
    "round_limit",
    "rule_look",
    "step_parts",
]
