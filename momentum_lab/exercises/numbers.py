"""The exercises that have one number as their answer, computed by the course's own code."""

import functools

import numpy as np

from momentum_lab import theory
from momentum_lab.measures import settling_update
from momentum_lab.network import ERRORS, Network
from momentum_lab.training import descend


@functools.cache
def number_exercises():
    """Return the exercises by name, each a dict from a number to what it is: the right one first.

    The others are what well-known slips would give. All are computed when the first is asked for.
    """
    asked = {}
    for lesson in LESSONS:
        lesson(asked)
    return asked


def _lesson_1(asked):
    def after(gradient, prev_delta):
        settings = 0.1, 0.9, -1.2, prev_delta
        return theory.response("previous_delta", [gradient], *settings).weights[-1]

    asked["new weight"] = {  # one update by hand
        after(0.8, -0.05): "right",
        after(-0.8, -0.05): "the gradient points uphill, so the step goes against it",
        after(0.8, 0): "the memory part is missing",
        after(0.8, -0.05 / 0.9): "the previous delta is not yet times momentum",
    }
    steps = theory.response("heavy_ball", [-1.0] * 50, 1.0, 0.9).steps
    first = int(np.argmax(steps > 5)) + 1
    asked["updates to five"] = {
        first: "right",
        first - 1: "one too early",
        first + 1: "one too late",
    }


def _lesson_2(asked):
    limit = theory.learning_rate_limit("plain", 4, 0)
    asked["just right"] = {  # to the minimum of a bowl of curvature 4 in one update
        limit / 2: "right",
        1: "this is learning rate times curvature: divide it by the curvature",
        limit: "this is the limit, where it jumps to the other side for ever",
        4: "this is the curvature: the steeper the bowl, the smaller the learning rate",
    }
    exact = np.log(0.05) / np.log(0.97)
    settled = settling_update(descend("bowl", 1.0, "plain", 0.03, 0, 200).weights[:, 0], 0)
    asked["updates to settle"] = {  # until 5 % of the way is left
        settled: "right",
        exact: "updates come whole: after 98 of them more than 5 % is left",
        settled - 1: "one too early",
        np.ceil(-np.log(0.05) / 0.03): "this is 3/a, which is for very small a only",
    }
    best = theory.best_settings("plain", 9).learning_rate / 4.5
    asked["best for two"] = {  # the best learning rate for the curvatures 0.5 and 4.5
        best: "right",
        4.5 * best: "this is for curvatures up to 1: divide it by the steepest one",
        2 / 4.5: "this is the limit: across, it would jump to and fro for ever",
        1 / 4.5: "this is just right across, but needlessly slow along the floor",
        1 / best: "turn it over",
    }


def _lesson_3(asked):
    def fourth(rule, slopes):
        return theory.response(rule, slopes, 1.0, 0.5).steps[-1]

    slopes = [1.0, -1.0, 1.0, -1.0]
    asked["fourth step"] = {  # heavy ball's, from rest
        fourth("heavy_ball", slopes): "right",
        -fourth("heavy_ball", slopes): "the size is right; the slope of −1 pushes up",
        fourth("previous_delta", slopes): "this is the previous-delta rule: it forgets",
        fourth("heavy_ball", np.abs(slopes)): "the slope changes its sign each time",
        1 / 1.5: "this is where the steps go in the long run; the fourth is not there yet",
    }
    asked["highest limit"] = {  # of previous-delta's learning rate, at any momentum
        theory.learning_rate_limit("previous_delta", 1.0, 1 / 3): "right",
        1 / 3: "this is the momentum; what is its limit?",
        2: "this is the limit of plain; a little momentum raises it",
        4: "this is heavy ball's limit, for a momentum close to 1",
        2 / 0.7: "close: a little more momentum than 0.3",
        2.5: "this is the limit at momentum 0.2 and at 0.4; what is between them?",
    }


def _lesson_4(asked):
    period = 2 * np.pi / np.angle(theory.roots("heavy_ball", 1.0, 0.2, 0.9)[0])
    asked["period"] = {  # of heavy ball's ringing, in updates
        period: "right",
        period / 2: "from one side to the other is half a period",
        1 / period: "these are periods for an update; turn it over",
        2 * np.pi / np.arccos(0.85 / 0.9): "there is a square root below the line",
    }
    momentum = theory.critical_damping("heavy_ball", 1.0, 0.04).momentum
    asked["critical momentum"] = {  # heavy ball's, with the best rate at αλ 0.04
        momentum: "right",
        np.sqrt(momentum): "this is the rate; the momentum is its square",
        (1 - 0.04) ** 2: "take the square root of αλ first",
        (1 - 0.04) ** 2 / (4 * 0.04): "this is the formula of the previous-delta rule",
    }


def _lesson_5(asked):
    best = theory.best_settings("heavy_ball", 25)
    asked["best momentum"] = {  # heavy ball's best one for a condition number
        best.momentum: "right",
        best.rate: "this is the rate; heavy ball's momentum is its square",
        theory.best_settings("previous_delta", 25).momentum: "this is previous-delta's",
        theory.best_settings("nesterov", 25).momentum: "this is tuned Nesterov's",
        (24 / 26) ** 2: "take the square root of the condition number first",
    }

    def where(root):
        return ((1 + root) / (1 - root)) ** 2

    asked["condition number"] = {  # for which heavy ball's best momentum is 0.9
        where(np.sqrt(0.9)): "right",
        np.sqrt(where(np.sqrt(0.9))): "this is the root of the condition number; square it",
        where(0.9): "this takes 0.9 as it is; first take its square root",
        1 / (1 - 0.9): "this is heavy ball's steady gain",
    }


def _lesson_6(asked):
    outputs, targets = np.array([0.7, 0.2, 0.1]), np.array([1.0, 0.0, 0.0])
    signals = {
        error: float(Network(4, 5, 3, error=error).output_slope(outputs, targets)[0])
        for error in ERRORS
    }
    asked["true signal"] = {  # of the squared error, at an output of 0.7 that should be 1
        signals["squared_error"]: "right",
        signals["article"]: "this is the author's; it leaves out the other two outputs",
        2 * signals["article"]: "the factor 2 is there; the other two outputs are left out",
        signals["squared_error"] / 2: "only the factor 2 is missing",
        signals["cross_entropy"]: "this is the signal of the cross-entropy",
        -signals["squared_error"]: "the size is right; the error falls as this output rises",
    }


def _lesson_8(asked):
    plains = 0.04 * theory.steady_gain("previous_delta", 0.5)
    gain = theory.steady_gain("heavy_ball", 0.75)
    asked["same effective"] = {  # heavy ball's learning rate, to train as previous-delta at 0.04
        plains / gain: "right",
        plains: "this is plain's; heavy ball has a steady gain of its own",
        plains * gain: "divide by heavy ball's steady gain",
        0.04 / gain: "previous-delta has a steady gain, too",
        0.04: "this is the same learning rate, not the same effective one",
    }
    rare = 4 * theory.steady_gain("heavy_ball", 0.8)
    asked["rare item"] = {  # the limit of heavy ball with 0.8 where an item of curvature 4 is rare
        2 / rare: "right",
        0.5: "this is plain's limit; heavy ball has a steady gain",
        theory.learning_rate_limit("heavy_ball", 4.0, 0.8): "so it is where all updates see it",
        8 / rare: "this is learning rate × curvature: divide it by the curvature",
        rare / 8: "turn it over",
    }


def _lesson_9(asked):
    momentum = 0.8
    asked["agreement"] = {  # at which the post's rule makes steps as long as its deltas
        -momentum / 2: "right",
        -momentum: "β² + 2βρ has to be 0: divide by 2β",
        momentum / 2: "look at the sign: steps are to be shorter than without agreement",
        -1 / (2 * momentum): "own gain 1 is wanted, not β² + 2βρ = −1",
    }


LESSONS = (
    *(_lesson_1, _lesson_2, _lesson_3, _lesson_4),
    *(_lesson_5, _lesson_6, _lesson_8, _lesson_9),
)
