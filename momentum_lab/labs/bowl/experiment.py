"""The bowl: one weight on a loss of one curvature, and the five fates of a learning rate."""

from dataclasses import dataclass

from momentum_lab import landscapes
from momentum_lab.labs.bowl.words import BowlWords
from momentum_lab.labs.descents import foretell
from momentum_lab.labs.words import function_of
from momentum_lab.training import descend

BOWL_UPDATES = 40
BOWL_WINDOW = 2.4  # the picture shows weights from −2.4 to 2.4


@dataclass(frozen=True, eq=False)
class BowlResult(BowlWords):
    """Forty updates of one weight in a bowl."""

    curvature: float

    @property
    def scene(self):
        """What lies behind the path: the bowl."""
        return self.curvature

    @property
    def opens_at(self):
        """The update whose step a new picture shows: the first; the others are pale."""
        return min(1, self.n_updates)

    @property
    def weights(self):
        """The weight at the start and after each update, (n_updates + 1,)."""
        return self.path.weights[:, 0]


def descend_bowl(own_rules, rule, learning_rate, momentum, curvature, start):
    """Let a weight go down the bowl λ·w²/2, by a built-in or own rule (see `offered`)."""
    settings = learning_rate, momentum
    function, landscape = function_of(rule, own_rules), landscapes.bowl(curvature)
    path = descend(landscape, [start], function, *settings, BOWL_UPDATES)
    foretold = foretell(function, curvature, *settings)
    return BowlResult(rule, *settings, path, (foretold,), curvature)
