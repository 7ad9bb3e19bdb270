"""See what momentum does when a neural network learns.

Where things live, each module using only those above it:

    rules       the update rules: plain functions with one signature
    network     the network: one flat weight vector, outputs, error, gradient
    data        iris, penguins, digits and two made-up sets -> Dataset
    landscapes  losses of one and two weights: valley, double well, banana, Lessard's
    theory      what a rule will do, computed from the rule's own transition matrix
    training    train(network, dataset, rule, ...) -> Run; descend(landscape, ...) -> Path
    measures    swings, overshoot, settling, convergence: what the plots say, as numbers
    parallel    many runs at once, on threads, with progress and interrupts
    seeds       train_seeds(network, dataset, rule, ...) -> SeedRuns: one setting, many seeds
    online      one item an update: many runs, each with its own order of items
    sharpness   the largest curvature of a network's error, at many places at once
    replay      the source post's arithmetic and its author's program of 2017
    live        what makes any result live: sliders, a picture, pins, playback
    labs        one folder a lab: experiment (settings -> result), view (-> picture), lab
    exercises   predict-then-reveal prompts and checkers

This page re-exports the part that computes. What trains needs numba, which takes its time to
load, so `train` and its friends load it when they are first named.
"""

import importlib

from momentum_lab import data, landscapes, measures, rules
from momentum_lab.data import Dataset
from momentum_lab.network import Network
from momentum_lab.rules import RULES

_LOADED_WHEN_NAMED = dict.fromkeys(("train", "Run", "descend", "Path"), "training")
_LOADED_WHEN_NAMED |= dict.fromkeys(("train_seeds", "best_of", "works_up_to", "SeedRuns"), "seeds")
_LOADED_WHEN_NAMED["replay"] = "replay"

__all__ = ["RULES", "Dataset", "Network", "data", "landscapes", "measures", "rules"]
__all__ += [*RULES, *_LOADED_WHEN_NAMED]

globals().update(RULES)  # momentum_lab.heavy_ball and the other rules


def __getattr__(name):
    if name not in _LOADED_WHEN_NAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_LOADED_WHEN_NAMED[name]}")
    return getattr(module, name, module)


def __dir__():
    return sorted(__all__)
