"""The exercises that have one number as their answer, each computed by the course's own code."""

from typing import NamedTuple

import numpy as np

from momentum_lab import theory
from momentum_lab.measures import settling_update
from momentum_lab.training import descend


class NumberExercise(NamedTuple):
    """The answer, and what a well-known slip would give: a dict from that number to a hint."""

    expected: float
    slips: dict


NUMBER_EXERCISES = {}
"""By name, a function that returns the `NumberExercise`, computed when it is asked for."""


def _exercise(ask):
    name = ask.__name__.strip("_").replace("_", " ")
    NUMBER_EXERCISES[name] = lambda: NumberExercise(*ask())


@_exercise
def _new_weight():
    """Lesson 1: one update of the previous-delta rule, by hand."""
    weight, gradient, learning_rate, momentum, prev_delta = -1.2, 0.8, 0.1, 0.9, -0.05

    def after(gradient, prev_delta):
        settings = learning_rate, momentum, weight, prev_delta
        return theory.response("previous_delta", [gradient], *settings).weights[-1]

    return after(gradient, prev_delta), {
        after(-gradient, prev_delta): "the gradient points uphill, so the step goes against it",
        after(gradient, 0): "the memory part is missing",
        after(gradient, prev_delta / momentum): "the previous delta is not yet times momentum",
    }


@_exercise
def _updates_to_five():
    """Lesson 1: when heavy ball's step, from rest at momentum 0.9, passes five times the first."""
    steps = theory.response("heavy_ball", [-1.0] * 50, 1.0, 0.9).steps
    passed = int(np.argmax(steps > 5)) + 1
    return passed, {passed - 1: "one too early", passed + 1: "one too late"}


@_exercise
def _period():
    """Lesson 4: how many updates heavy ball takes for one period at αλ 0.2, momentum 0.9."""
    root = theory.roots("heavy_ball", 1.0, 0.2, 0.9)[0]
    period = 2 * np.pi / np.angle(root)
    return period, {
        period / 2: "from one side to the other is half a period",
        1 / period: "these are periods for an update; turn it over",
        2 * np.pi / np.arccos(0.85 / 0.9): "there is a square root below the line",
    }


@_exercise
def _critical_momentum():
    """Lesson 4: the momentum of heavy ball with the best rate at αλ 0.04."""
    momentum = theory.critical_damping("heavy_ball", 1.0, 0.04).momentum
    return momentum, {
        np.sqrt(momentum): "this is the rate; the momentum is its square",
        (1 - 0.04) ** 2: "take the square root of αλ first",
        (1 - 0.04) ** 2 / (4 * 0.04): "this is the formula of the previous-delta rule",
    }


@_exercise
def _just_right():
    """Lesson 2: the learning rate that takes plain to the middle of a bowl in one update."""
    limit = theory.learning_rate_limit("plain", 4, 0)
    return limit / 2, {
        1: "this is learning rate times curvature: divide it by the curvature",
        limit: "this is the limit, where it jumps to the other side for ever",
        4: "this is the curvature: the steeper the bowl, the smaller the learning rate",
    }


@_exercise
def _updates_to_settle():
    """Lesson 2: when plain at learning rate 0.03 and curvature 1 has 5 % of the way left."""
    path = descend("bowl", 1.0, "plain", 0.03, 0, 200)
    settled = settling_update(path.weights[:, 0], 0)
    exact = np.log(0.05) / np.log(0.97)
    return settled, {
        exact: "updates come whole: after 98 of them more than 5 % is left",
        settled - 1: "one too early",
        settled + 1: "one too late",
        np.ceil(-np.log(0.05) / 0.03): "this is 3/a, which is for very small a only",
    }


@_exercise
def _best_for_two():
    """Lesson 2: plain's best learning rate for the curvatures 0.5 and 4.5."""
    best = theory.best_settings("plain", 9).learning_rate / 4.5
    return best, {
        4.5 * best: "this is for curvatures up to 1: divide it by the steepest one",
        2 / 4.5: "this is the limit: across, it would jump to and fro for ever",
        1 / 4.5: "this is just right across, but needlessly slow along the floor",
        1 / best: "turn it over",
    }


@_exercise
def _fourth_step():
    """Lesson 3: heavy ball's fourth step on slopes +1, −1, +1, −1, from rest at momentum 0.5."""
    slopes = [1.0, -1.0, 1.0, -1.0]

    def fourth(rule, slopes):
        return theory.response(rule, slopes, 1.0, 0.5).steps[-1]

    return fourth("heavy_ball", slopes), {
        -fourth("heavy_ball", slopes): "the size is right; the slope of −1 pushes up",
        fourth("previous_delta", slopes): "this is the previous-delta rule: it forgets",
        fourth("heavy_ball", np.abs(slopes)): "the slope changes its sign each time",
        1 / 1.5: "this is where the steps go in the long run; the fourth is not there yet",
    }


@_exercise
def _highest_limit():
    """Lesson 3: the largest learning rate of previous-delta at curvature 1, at any momentum."""
    highest = theory.learning_rate_limit("previous_delta", 1.0, 1 / 3)
    return highest, {
        1 / 3: "this is the momentum; what is its limit?",
        2: "this is the limit of plain; a little momentum raises it",
        4: "this is heavy ball's limit, for a momentum close to 1",
        2 / 0.7: "close: a little more momentum than 0.3",
        2.5: "this is the limit at momentum 0.2 and at 0.4; what is between them?",
    }


@_exercise
def _best_momentum():
    """Lesson 5: heavy ball's best momentum for the condition number 25."""
    best = theory.best_settings("heavy_ball", 25)
    return best.momentum, {
        best.rate: "this is the rate; heavy ball's momentum is its square",
        theory.best_settings("previous_delta", 25).momentum: "this is previous-delta's",
        theory.best_settings("nesterov", 25).momentum: "this is tuned Nesterov's",
        (24 / 26) ** 2: "take the square root of the condition number first",
    }


@_exercise
def _condition_number():
    """Lesson 5: the condition number for which heavy ball's best momentum is 0.9."""

    def where(root_of_momentum):
        return ((1 + root_of_momentum) / (1 - root_of_momentum)) ** 2

    right = where(np.sqrt(0.9))
    return right, {
        np.sqrt(right): "this is the root of the condition number; square it",
        where(0.9): "this takes 0.9 as it is; first take its square root",
        1 / (1 - 0.9): "this is heavy ball's gain",
    }
