"""How a result of the lab edge_of_stability is told."""

import numpy as np

from momentum_lab.labs.words import Result, as_written, capital, in_words

GUESSING = np.log(2)  # the error of a network that gives heads and tails the same probability


class EdgeWords(Result):
    """The finding, the sentence and the numbers of one training.

    Few digits: at the edge of stability the last ones are chaotic.
    """

    NEAR = 0.02  # at its limit is what is within this share of it

    @property
    def share(self):
        """The median of the products over the second half, as a share of the limit, or None."""
        return self.settled / self.limit if self.limit else None

    @property
    def is_there(self):
        """Whether that median is at the limit."""
        return self.limit is not None and abs(self.share - 1) <= self.NEAR

    @property
    def came(self):
        """The first measured update at which the product was at its limit or above, or None."""
        if self.limit is None:
            return None
        above = np.flatnonzero(self.products >= (1 - self.NEAR) * self.limit)
        return int(self.at[above[0]]) if above.size else None

    @property
    def late_error(self):
        """The median error over the last fifth of the updates."""
        errors = self.run.update_errors
        return float(np.median(errors[len(errors) * 4 // 5 :]))

    @property
    def is_thrown_out(self):
        """Whether the network ends worse than one that guesses."""
        return self.late_error > GUESSING

    @property
    def finding(self):
        """Where the product of learning rate and sharpness stays."""
        stays = f"learning rate × sharpness stays at {self.settled:.2f}"
        if self.run.diverged_at is not None:
            return f"Diverged at update {self.run.diverged_at:,}: the weights ran away"
        if self.is_thrown_out:
            late = f"median error {as_written(self.late_error)} over the last fifth"
            return f"Thrown out: {late}, worse than guessing ({GUESSING:.2g})"
        if self.limit is None:
            return capital(f"{stays}; theory knows no limit of {in_words(self.rule)}")
        limit = f"the limit {self.limit:.4g}"
        if self.is_there:
            return f"At the edge of stability: {stays}; the rule's limit is {self.limit:.4g}"
        if self.share > 1:
            return f"Above {limit}: {stays}"
        if self.came is not None:
            return f"Back below {limit}: {stays}"
        return f"Below {limit}: {stays}"

    @property
    def sentence(self):
        """Sharpness at the start and later, when it came to the limit, and the error."""
        first, last = self.products[[0, -1]] / self.learning_rate
        sharp = f"sharpness {as_written(first)} at the start, {as_written(last, 2)} at the end"
        if self.run.diverged_at is not None:
            return f"Diverged after {self.n_updates:,} updates: {sharp} of what was before."
        came = "theory knows no limit of this rule" if self.limit is None else self._how_it_came
        median = f"median of learning rate × sharpness over the second half {self.settled:.2f}"
        error = f"error {self.run.epoch_errors[-1]:.3g} after {self.n_updates:,} updates"
        return f"{capital(sharp)}; {came}; {median}; {error}."

    @property
    def _how_it_came(self):
        stable = f"stable up to {self.limit / self.learning_rate:.4g}"
        if self.came is None:
            return f"{stable}, where it never came"
        return f"{stable}, first reached by update {self.came:,}"

    @property
    def numbers(self):
        """The row of this run."""
        ended = self.run.diverged_at is None
        row = self.row_of_settings() | {
            "limit": "–" if self.limit is None else f"{self.limit:.4g}",
            "α × sharpness": f"{self.settled:.2f}" if ended else "–",
            "of the limit": f"{self.share:.0%}" if ended and self.limit else "–",
            "reached": "never" if self.came is None else f"update {self.came:,}",
        }
        if not ended:
            return row | {"error": f"diverged at {self.run.diverged_at}"}
        return row | {"error": f"{self.run.epoch_errors[-1]:.3g}", "seed": f"{self.run.seed}"}
