"""The valley: two weights, a long floor and steep walls, and what momentum makes of them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from momentum_lab import landscapes
from momentum_lab.labs.descents import foretell
from momentum_lab.labs.valley.words import ValleyWords
from momentum_lab.labs.words import function_of
from momentum_lab.training import descend

VALLEY_WINDOW = (6.0, 3.6)  # the picture shows weight 1 within ±6, weight 2 within ±3.6


@dataclass(frozen=True, eq=False)
class ValleyResult(ValleyWords):
    """A descent of two weights; along comes first, across second."""

    condition_number: float
    rotation: float
    wanted_updates: int

    @property
    def scene(self):
        """What lies behind the path: the valley's shape."""
        return self.condition_number, self.rotation

    @cached_property
    def places(self):
        """The weights as distances from the minimum, along and across, (n_updates + 1, 2)."""
        return self.path.weights @ valley_directions(self.rotation).T

    @property
    def overshoots(self):
        """How often the path ran past the minimum, along the floor, before the run settled."""
        return self.crossed(0)


def descend_valley(
    own_rules, rule, learning_rate, momentum, condition_number, rotation, start_1, start_2, updates
):
    """Let two weights go down a valley of curvatures 1/κ and 1, by a built-in or own rule."""
    settings, shape = (learning_rate, momentum), (condition_number, rotation)
    function = function_of(rule, own_rules)
    path = descend(landscapes.valley(*shape), [start_1, start_2], function, *settings, updates)
    foretold = tuple(foretell(function, c, *settings) for c in (1 / condition_number, 1.0))
    return ValleyResult(rule, *settings, path, foretold, *shape, updates)


def valley_directions(rotation):
    """Return unit vectors along and across the valley's floor, the rows of a (2, 2) array."""
    turn = np.radians(rotation)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, sin], [-sin, cos]])
