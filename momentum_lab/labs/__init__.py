"""The labs: one folder each, and here one line each. `from momentum_lab.labs import valley`."""

from momentum_lab.labs.bowl.lab import bowl
from momentum_lab.labs.edge_of_stability.lab import edge_of_stability
from momentum_lab.labs.network_lab.lab import network_lab
from momentum_lab.labs.one_item.lab import one_item
from momentum_lab.labs.one_weight.lab import one_weight
from momentum_lab.labs.phase_map.lab import phase_map
from momentum_lab.labs.seed_bands.lab import seed_bands
from momentum_lab.labs.single_steps.lab import single_steps
from momentum_lab.labs.spectrum.lab import spectrum
from momentum_lab.labs.valley.lab import valley
from momentum_lab.labs.weight_gains.lab import weight_gains

__all__ = [
    "bowl",
    "edge_of_stability",
    "network_lab",
    "one_item",
    "one_weight",
    "phase_map",
    "seed_bands",
    "single_steps",
    "spectrum",
    "valley",
    "weight_gains",
]
