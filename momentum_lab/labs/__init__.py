"""The labs: one folder each, and here one line each. `from momentum_lab.labs import valley`."""

from momentum_lab.labs.bowl.lab import bowl
from momentum_lab.labs.network_lab.lab import network_lab
from momentum_lab.labs.one_weight.lab import one_weight
from momentum_lab.labs.phase_map.lab import phase_map
from momentum_lab.labs.single_steps.lab import single_steps
from momentum_lab.labs.spectrum.lab import spectrum
from momentum_lab.labs.valley.lab import valley
from momentum_lab.labs.weight_gains.lab import weight_gains

__all__ = [
    "bowl",
    "network_lab",
    "one_weight",
    "phase_map",
    "single_steps",
    "spectrum",
    "valley",
    "weight_gains",
]
