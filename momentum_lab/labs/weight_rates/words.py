"""How the rates of all weights are told, and that of the chosen one."""

import numpy as np

from momentum_lab.labs.drawn_network import Drawing
from momentum_lab.labs.words import Result, as_written, capital, in_words, settings_in_words

SAME = 1.001  # rates that differ by less are called the same


class RatesWords(Result):
    """The finding, the sentence and the numbers of the rates."""

    @property
    def name(self):
        """The chosen weight, such as "input 2 → hidden 3"."""
        return Drawing(self.run.network, 1, 1).names[self.weight]

    @property
    def label(self):
        """The run and its weight, in a legend."""
        words = settings_in_words(self.rule, self.learning_rate, self.momentum)
        return f"{words}, w {self.weight}"

    @property
    def spread(self):
        """The smallest, the middle and the largest rate, or None where no weight has one."""
        known = self.rates[np.isfinite(self.rates)]
        return np.quantile(known, (0, 0.5, 1)) if known.size else None

    @property
    def finding(self):
        """What the rates are: one for all, or from where to where."""
        if self.run.diverged_at is not None:
            return f"Diverged at update {self.run.diverged_at:,}: the weights ran away"
        if self.spread is None:
            return "No weight has a gradient: nothing moves"
        low, _, high = self.spread
        if high < SAME * low:
            return f"Each weight has the same rate, {as_written(high)}"
        times = as_written(high / low)
        return f"Rates from {as_written(low)} to {as_written(high)}: at most {times} times another"

    @property
    def sentence(self):
        """The chosen weight with its numbers, and how the training went."""
        rate, agreement, way = (
            numbers[self.weight] for numbers in (self.rates, self.agreements, self.ways)
        )
        text = f"{capital(self.name)} (weight {self.weight}): "
        if np.isfinite(rate):
            text += (
                f"its steps are {as_written(rate)} times as long as its deltas, as root mean "
                f"squares; each gradient agrees with the one before to {as_written(agreement)}; "
                f"in sum, its steps are {as_written(way)} times its deltas."
            )
        else:
            text += "its gradient is 0 at every update, so it has no rate."
        if self.foretold is not None:
            gains = as_written(self.foretold[0]), as_written(self.foretold[-1])
            text += f" The rule's gains: {gains[0]} alternating, {gains[1]} steady."
        dead = int(np.isnan(self.rates).sum())
        if dead:
            text += f" {capital(f'{dead} of {self.rates.size} weights')} have no gradient."
        return f"{text} {self._ended}"

    @property
    def _ended(self):
        done = f"{self.n_updates:,} updates with {in_words(self.rule)}"
        errors = self.run.epoch_errors
        if self.run.diverged_at is not None:
            done += "; the next one would have made the weight vector longer than 10,000"
        elif len(errors):
            done += f": error {errors[-1]:.4g}"
        if self.epochs == self.wanted_epochs:
            return f"{capital(done)}."
        short = f"Only {self.epochs} of {self.wanted_epochs} epochs, to keep the sliders quick"
        return f"{capital(done)}. {short}."

    @property
    def numbers(self):
        """The row of this run and its weight."""
        low, middle, high = (None,) * 3 if self.spread is None else self.spread
        mine = self.weight
        return self.row_of_settings() | {
            "weight": f"{mine}",
            "agreement": _text(self.agreements[mine]),
            "rate": _text(self.rates[mine]),
            "smallest": _text(low),
            "median": _text(middle),
            "largest": _text(high),
            "sum of steps / of deltas": _text(self.ways[mine]),
            "error": f"{self.run.epoch_errors[-1]:.4g}" if self._is_whole else "–",
        }

    @property
    def _is_whole(self):
        return self.run.diverged_at is None and len(self.run.epoch_errors) > 0


def _text(number):
    return "–" if number is None or not np.isfinite(number) else as_written(number, 4)
