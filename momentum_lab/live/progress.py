"""How far a slow computation is, told while it runs."""

import time
from contextlib import contextmanager

TELL_AFTER = 0.3  # seconds: what is quicker says nothing
TELL_EVERY = 0.5  # seconds, so that a reader who hears the page can follow


class Progress:
    """Calls `tell` with words such as "7 of 20 seeds", once an event takes long.

    A computation calls it with (done, total); outside `telling`, where nobody waits, it is silent.
    """

    def __init__(self, tell, noun):
        self._tell, self._noun = tell, noun
        self._next, self._was_told = float("inf"), False

    @contextmanager
    def telling(self):
        """Tell what the body computes, and at the end, "" if anything was told."""
        self._next, self._was_told = time.monotonic() + TELL_AFTER, False
        try:
            yield
        finally:
            self._next = float("inf")
            if self._was_told:
                self._tell("")

    def __call__(self, done, total):
        """Say how many of how many are done, if it is time to say something."""
        if time.monotonic() >= self._next:
            self._next, self._was_told = time.monotonic() + TELL_EVERY, True
            self._tell(f"{done} of {total} {self._noun}")
