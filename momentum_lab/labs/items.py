"""The items that the labs of a real network train on."""

import functools
from importlib.util import find_spec

from momentum_lab.data import DATASETS, load

DATA_SETS = [name for name in DATASETS if name != "digits" or find_spec("sklearn")]
BATCH_SIZES = {"1 item (online)": 1, "5 items": 5, "20 items": 20, "all items (batch)": "all"}


@functools.cache
def train_and_test(data_set):
    """Return the standardised training and test items of the data set of this name."""
    items, tests = load(data_set).split(test_fraction=0.2, seed=0)
    return items.standardized(), tests.standardized(items)
