"""How a result of the network lab is told."""

from momentum_lab.labs.words import Result, in_words
from momentum_lab.measures import GOOD_ERROR


class LabWords(Result):
    """The finding, the sentence and the numbers of a training run."""

    @property
    def finding(self):
        """What this run shows."""
        found = self.summary
        if found.diverged_at is not None:
            return f"Diverged at update {found.diverged_at:,}: the weights ran away"
        if found.error >= found.guessing:
            return f"No better than guessing: error {found.error:.2g} after {self._epochs}"
        if found.swings >= 6 and found.late_error >= GOOD_ERROR:
            return f"It learns, but swings {found.swings} times; error {found.error:.2g} at the end"
        if found.good_epoch:
            return f"Error below 0.1 {self._good}; {found.error:.2g} at the end"
        return f"Still learning: error {found.error:.2g} after {self._epochs}"

    @property
    def sentence(self):
        """How the run went, with its numbers."""
        found, numbers = self.summary, self.numbers
        if found.diverged_at is not None:
            epoch = (found.diverged_at - 1) // self.run.updates_per_epoch + 1
            return (
                f"Diverged at update {found.diverged_at:,}, in epoch {epoch}: this update would "
                "have made the weight vector longer than 10,000, so the run stops; what came "
                "before stays drawn. A smaller learning rate or less momentum helps."
            )
        return (
            f"{found.n_updates:,} updates with {in_words(self.rule)}: error {numbers['error']} "
            f"(guessing: {found.guessing:.3f}), below 0.1 {self._good}; {self._swings}; "
            f"accuracy {numbers['accuracy']} on the training items, {numbers['test']} on new ones."
            f"{self._shortened}"
        )

    @property
    def _epochs(self):
        return "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"

    @property
    def _swings(self):
        """How often the error turned back, and by how much it has to, to be counted."""
        swings = "1 swing" if self.summary.swings == 1 else f"{self.summary.swings or 'no'} swings"
        return f"{swings} of more than {0.1 * self.summary.guessing:.2g}"

    @property
    def _good(self):
        """When the error was below 0.1."""
        if not self.summary.good_epoch:
            return "never"
        when = "from" if self.summary.stays_good else "first at"
        return f"{when} epoch {self.summary.good_epoch}"

    @property
    def _shortened(self):
        if (self.epochs, self.n_items) == (self.wanted_epochs, self.wanted_items):
            return ""
        done = f" Only {self.epochs} of {self.wanted_epochs} epochs"
        if self.n_items < self.wanted_items:
            done += f" with {self.n_items} of {self.wanted_items:,} items"
        why = "" if self.is_compiled else f": {in_words(self.rule)} has to run as plain Python"
        return f"{done}, to keep the sliders quick{why}."

    @property
    def numbers(self):
        """The row of this run."""
        found = self.summary
        ended = found.diverged_at is None
        return self.row_of_settings() | {
            "error": f"{found.error:.4g}" if ended else f"diverged at {found.diverged_at}",
            "error < 0.1": f"epoch {found.good_epoch}" if found.good_epoch else "never",
            "swings": f"{found.swings}",
            "accuracy": f"{found.accuracy:.1%}" if ended else "–",
            "test": f"{self.test_accuracy:.1%}" if ended else "–",
        }
