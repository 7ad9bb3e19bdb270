"""How results become pictures: one module for each lab's view, one palette for all of them.

Every picture says what it found in its title, and nothing is told by colour alone.
"""

from momentum_lab.plots.network_lab import NETWORK_LAB, epoch_means
from momentum_lab.plots.one_weight import ONE_WEIGHT, step_parts
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

__all__ = [
    "GRADIENT_COLOR",
    "NETWORK_LAB",
    "ONE_WEIGHT",
    "OWN_RULE_LOOK",
    "PIN_LOOKS",
    "RULE_LOOKS",
    "STYLE",
    "Look",
    "bars",
    "decades",
    "epoch_means",
    "heading",
    "round_limit",
    "rule_look",
    "step_parts",
]
