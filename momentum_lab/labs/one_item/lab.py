"""The lab one_item: its controls, its presets and its factory."""

from functools import partial

from momentum_lab import theory
from momentum_lab.labs.one_item.experiment import run_items
from momentum_lab.labs.one_item.view import ONE_ITEM
from momentum_lab.labs.settings import LINEAR_RULES, MOMENTA, rule_choice
from momentum_lab.labs.words import function_of
from momentum_lab.live.controls import Number, even_grid, log_grid
from momentum_lab.live.dashboard import Dashboard

ITEM_SHARES = [0.01, 0.02, 0.03, 0.04, *even_grid(0.05, 0.95, 0.05), 0.98, 0.99, 1.0]
ITEM_RATES = [*log_grid(0.01, 0.1), *even_grid(0.12, 1, 0.02), *even_grid(1.05, 4, 0.05)]
ITEM_RATES += [4.5, *log_grid(5, 40)]
ONE_ITEM_PRESETS = {
    "all items at once": {"rule": "heavy_ball", "share": 1, "learning_rate": 2, "momentum": 0.9},
    "nine in ten": {"rule": "heavy_ball", "share": 0.9, "learning_rate": 2, "momentum": 0.9},
    "one in ten": {"rule": "heavy_ball", "share": 0.1, "learning_rate": 0.26, "momentum": 0.9},
    "the post's rule": {
        "rule": "previous_delta",
        "share": 0.1,
        "learning_rate": 1,
        "momentum": 0.9,
    },
    "no momentum": {"rule": "plain", "share": 0.1, "learning_rate": 1.9},
}


def _limit(own_rules, rule, momentum, share, **_others):
    function = function_of(rule, own_rules)
    limit = theory.online_learning_rate_limit(function, 1.0, momentum, share)
    return {"learning_rate": float(f"{limit:.6g}")}


def one_item(*own_rules, **start):
    """Return a lab of lesson 8: one item an update, a share of which carries the curvature.

    own_rules: your own linear rules; the first is chosen. start: as in `network_lab`.
    """
    return Dashboard(
        "one_item",
        [
            rule_choice(own_rules, "heavy_ball"),
            Number("share", ITEM_SHARES, 0.1, "share q"),
            Number("learning_rate", ITEM_RATES, 0.2),
            Number("momentum", MOMENTA, 0.9),
            Number("updates", range(50, 501, 50), 200),
            Number("seed", range(0, 100), 0),
        ],
        partial(run_items, own_rules, LINEAR_RULES),
        ONE_ITEM,
        presets=ONE_ITEM_PRESETS,
        start=start,
        answers={"to the limit": partial(_limit, own_rules)},
        heroes=("share", "learning_rate", "momentum"),
        pick={"limits": ("share", "learning_rate")},
    )
