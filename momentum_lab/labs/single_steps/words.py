"""How one step of the first updates is told."""

from functools import cached_property

from momentum_lab.labs.words import Result, as_written, capital

PHASES = "forward", "error", "backward", "update"
IN_ROW = "weight", "gradient", "gradient part", "memory part", "new weight"


class SingleStepsWords(Result):
    """The finding, the sentence and the numbers of one step, for one connection."""

    @property
    def phase(self):
        """The name of this step; "" before the first."""
        return PHASES[self.done - 1] if self.done else ""

    @cached_property
    def told(self):
        """What is known of the connection by now, as text; a dash for what is not."""
        numbers = {name: row[self.connection - 1] for name, row in self.known.items()}
        return dict.fromkeys(IN_ROW, "–") | {n: _digits(x) for n, x in numbers.items()}

    @property
    def finding(self):
        """What this step does."""
        now = f"Update {self.index + 1}, {self.phase}: "
        if self.phase == "forward":
            return f"{now}{self.species}, the true species, gets {_digits(self.guess)}"
        if self.phase == "error":
            return f"{now}−log {_digits(self.guess)} = {_digits(self.error)}"
        if self.phase == "backward":
            return f"{now}the gradient of {self.name} is {self.told['gradient']}"
        if self.phase == "update":
            return f"{now}{self.name} moves by {self.told['step']}"
        return "Before the first update: the weights are random"

    @property
    def sentence(self):
        """The flower, and what is known of the connection by now."""
        words = f"The flower is a {self.species}. " if self.done else ""
        words += f"Its error is {_digits(self.error)}. " if self.done >= 2 else ""
        words += f"{capital(self.name)}, {self.code_name}, is {self.told['weight']}"
        if self.done >= 3:
            words += "; value × signal is {value} × {signal} ≈ {gradient}".format(**self.told)
        if self.done == 4:
            words += f"; {self.sum}"
        return f"{words}.{self._diverged}"

    @property
    def sum(self):
        """The update as a sum of rounded numbers: weight + gradient part + memory part."""
        terms = [self.told[name] for name in ("gradient part", "memory part")]
        signed = [f"− {term[1:]}" if term[0] == "−" else f"+ {term}" for term in terms]
        return f"{self.told['weight']} {' '.join(signed)} ≈ {self.told['new weight']}"

    @property
    def _diverged(self):
        number = self.run.diverged_at
        why = "it would have made the weight vector longer than 10,000"
        return f" Update {number} diverges: {why}, so the run stops before it." if number else ""

    @property
    def numbers(self):
        """The row of this step."""
        return self.row_of_settings() | {
            "update": f"{self.index + 1} of {self.n_updates // len(PHASES)}",
            "phase": self.phase or "–",
            "error": _digits(self.error) if self.done >= 2 else "–",
            "connection": self.name,
            **{name: self.told[name] for name in IN_ROW},
        }


def _digits(value):
    return as_written(float(value), 4)
