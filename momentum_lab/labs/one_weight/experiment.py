"""One weight: a single update of it, then eleven more on the same slope."""

from dataclasses import dataclass

from momentum_lab.labs.one_weight.words import OneWeightWords
from momentum_lab.theory import Response, response

SLOPE_UPDATES = 12  # how many updates of one weight are shown


@dataclass(frozen=True, eq=False)
class OneWeightResult(OneWeightWords):
    """Twelve updates of one weight on a slope that stays the same; the first is the subject."""

    gradient: float
    response: Response

    n_updates = SLOPE_UPDATES
    opens_at = 1


def update_one_weight(rule, weight, gradient, learning_rate, momentum, prev_delta):
    """Update one weight twelve times with the same gradient; return the `OneWeightResult`."""
    told = response(rule, [gradient] * SLOPE_UPDATES, learning_rate, momentum, weight, prev_delta)
    return OneWeightResult(rule, learning_rate, momentum, gradient, told)
