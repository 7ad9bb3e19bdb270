"""Items that no network can be sure of, so that its error never gets flat: thrown coins."""

import numpy as np

from momentum_lab.data import Dataset, one_hot


def _coins():
    """Return items that no network can be sure of: at each of six places four, of two classes."""
    places = np.linspace(-1, 1, 6)
    tails = np.clip(np.round(2 + 2 * np.sin(np.pi * places)), 1, 3).astype(int)
    labels = np.concatenate([np.arange(4) >= count for count in tails]).astype(int)
    inputs = np.repeat(places, 4)[:, None]
    return Dataset(inputs, one_hot(labels, 2), ("place",), ("tails", "heads"), "coins")


COINS = _coins()


def share_of_heads():
    """Return the places of the items, and at each the share of heads."""
    places = np.unique(COINS.inputs)
    return places, np.array([COINS.labels[COINS.inputs[:, 0] == place].mean() for place in places])


def least_error():
    """Return the cross-entropy of a network that knows each place's share of heads."""
    heads = share_of_heads()[1]
    return float(-np.mean(heads * np.log(heads) + (1 - heads) * np.log(1 - heads)))
