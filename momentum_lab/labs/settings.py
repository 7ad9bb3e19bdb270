"""The controls and grids that several labs share: rules on offer, learning rates, momenta."""

from momentum_lab.labs.words import in_words, offered
from momentum_lab.live.controls import Choice, even_grid, log_grid
from momentum_lab.rules import averaged, heavy_ball, nesterov, plain, previous_delta

LINEAR_RULES = (plain, previous_delta, heavy_ball, nesterov, averaged)

LEARNING_RATES = log_grid(0.001, 10)
MOMENTA = even_grid(0, 0.99, 0.01)
# On a quadratic loss: fine where a learning rate changes its fate.
LIMIT_LEARNING_RATES = [*log_grid(0.01, 0.5), *even_grid(0.6, 4, 0.1), *log_grid(5, 30)]


def rule_choice(own_rules, otherwise, built_in=LINEAR_RULES):
    """Return the control for the rule: a reader's own come first, and the first is chosen."""
    for rule in own_rules:
        if not hasattr(rule, "__name__"):  # it is also what the reader chooses it by
            raise TypeError(f"a rule must be a function, got {type(rule).__name__}")
    functions = offered(own_rules, built_in)
    start = next(iter(functions)) if own_rules else otherwise
    return Choice("rule", {in_words(n): n for n in functions}, start, functions=functions)
