"""How the own gains of all weights are told, and that of the chosen one."""

import numpy as np

from momentum_lab.labs.drawn_network import Drawing
from momentum_lab.labs.words import Result, as_written, capital, in_words, settings_in_words

SAME = 1.001  # gains that differ by less are called the same


class GainsWords(Result):
    """The finding, the sentence and the numbers of the gains."""

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
        """The smallest, the median and the largest own gain, or None where no weight has one."""
        known = self.gains[np.isfinite(self.gains)]
        return np.quantile(known, (0, 0.5, 1)) if known.size else None

    @property
    def finding(self):
        """What the gains are: one for all, or from where to where."""
        if self.run.diverged_at is not None:
            return f"Diverged at update {self.run.diverged_at:,}: the weights ran away"
        if self.spread is None:
            return "No weight has a gradient: nothing moves"
        low, _, high = self.spread
        if high < SAME * low:
            return f"Each weight has the same own gain, {as_written(high)}"
        times = f"the largest {as_written(high / low)} times the smallest"
        return f"Own gains from {as_written(low)} to {as_written(high)}: {times}"

    @property
    def sentence(self):
        """The chosen weight with its numbers, and how the training went."""
        all_numbers = self.gains, self.agreements, self.net_gains
        own, agreement, net = (numbers[self.weight] for numbers in all_numbers)
        text = f"{capital(self.name)} (weight {self.weight}): "
        if np.isfinite(own):
            text += (
                f"own gain {as_written(own)} (root mean square of its steps by that of its "
                f"deltas); its gradients agree with the one before to {as_written(agreement)}; "
                f"net gain {as_written(net)} (sum of its steps by that of its deltas)."
            )
        else:
            text += "its gradient is 0 at every update, so it has no own gain."
        if self.foretold is not None:
            gains = as_written(self.foretold[0]), as_written(self.foretold[-1])
            text += f" The rule's alternating gain is {gains[0]}, its steady gain {gains[1]}."
        dead = int(np.isnan(self.gains).sum())
        if dead:
            text += f" {capital(f'{dead} of {self.gains.size} weights')} have no gradient."
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
            "own gain": _text(self.gains[mine]),
            "smallest": _text(low),
            "median": _text(middle),
            "largest": _text(high),
            "net gain": _text(self.net_gains[mine]),
            "error": f"{self.run.epoch_errors[-1]:.4g}" if self._is_whole else "–",
        }

    @property
    def _is_whole(self):
        return self.run.diverged_at is None and len(self.run.epoch_errors) > 0


def _text(number):
    return "–" if number is None or not np.isfinite(number) else as_written(number, 4)
