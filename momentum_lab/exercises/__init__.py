"""Predictions and exercises: `from momentum_lab.exercises import check_rule, predict`."""

from momentum_lab.exercises.checks import (
    check_best_rate,
    check_fate,
    check_hidden_layer,
    check_limit,
    check_number,
    check_own_limit,
    check_rule,
    check_settings,
    check_valley,
)
from momentum_lab.exercises.predict import predict
from momentum_lab.exercises.table import print_table

__all__ = ["check_best_rate", "check_fate", "check_hidden_layer", "check_limit", "check_number"]
__all__ += ["check_own_limit", "check_rule", "check_settings", "check_valley"]
__all__ += ["predict", "print_table"]
