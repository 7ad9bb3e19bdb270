"""The controls and grids that several labs share: rules on offer, learning rates, momenta."""

from momentum_lab.labs.words import in_words
from momentum_lab.live.controls import Choice, even_grid, log_grid
from momentum_lab.rules import averaged, heavy_ball, nesterov, plain, previous_delta

LINEAR_RULES = (plain, previous_delta, heavy_ball, nesterov, averaged)

LEARNING_RATES = log_grid(0.001, 10)
MOMENTA = even_grid(0, 0.99, 0.01)
# On a quadratic loss: fine where a learning rate changes its fate.
LIMIT_LEARNING_RATES = [*log_grid(0.01, 0.5), *even_grid(0.6, 4, 0.1), *log_grid(5, 30)]


def rule_options(rules):
    """Return what a reader chooses from: each rule's name, as the lessons write it."""
    return {in_words(rule.__name__): rule.__name__ for rule in rules}


def rule_choice(own_rules, built_in, otherwise):
    """Return the control for the rule: a reader's own come first, and the first is chosen."""
    for rule in own_rules:
        if not hasattr(rule, "__name__"):  # it is also what the reader chooses it by
            raise TypeError(f"a rule must be a function, got {type(rule).__name__}")
    chosen = own_rules[0].__name__ if own_rules else otherwise
    return Choice("rule", rule_options([*own_rules, *built_in]), chosen)
