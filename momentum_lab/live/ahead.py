"""Frames ahead of the hand: what the hero sliders would show, drawn while nobody waits.

After an event the browser asks for positions near the present one, a few at a time, as long as the
lab is seen; it shows what it holds as soon as the hand arrives (screen.js). Here one frame after
the other is drawn, each in a moment of its own in the kernel's loop, so that an event or a cell
waits for one frame at most. An event or an interrupt ends it, a cell that runs makes it pause.

MOMENTUM_LAB_AHEAD=off in the environment of a kernel turns it off: for a class on a small server.
"""

import asyncio
import os
import time
from collections import deque

from momentum_lab.kernels import is_compiled
from momentum_lab.live.engine import EVENT, Interrupts, is_cell_running
from momentum_lab.meaning import is_fixed

IS_ON = os.environ.get("MOMENTUM_LAB_AHEAD", "on").lower() not in ("off", "0", "no", "false")
PAUSE = 0.002  # seconds between two frames: whatever else has come goes first
WHILE_A_CELL_RUNS = 0.2  # seconds until it looks again
MOST_SECONDS = 0.2  # of work for one frame, threads and all; an event would have to wait


class Ahead:
    """What one lab still has to draw ahead, and what it has sent."""

    def __init__(self, lab):
        self._lab, self._wanted, self._sent = lab, deque(), set()
        self._loop = self._interrupts = None

    def want(self, context, moves):
        """Plan a frame for each (hero slider, position); nothing if `context` is a past one."""
        with EVENT:
            if IS_ON and context == self._lab.context and _has_no_effects(self._lab.rule_function):
                self._wanted.extend(tuple(move) for move in moves)
                self._go_on()

    def stop(self):
        """Forget what is planned."""
        self._wanted.clear()

    def forget(self):
        """Forget what was sent, too: a new page holds nothing."""
        self.stop()
        self._sent.clear()

    def step(self):
        """Draw and send the next frame that was not sent yet; return whether there may be more."""
        with EVENT:
            while self._wanted:
                changed = self._lab.moved(*self._wanted.popleft())
                key = self._lab.context, *(changed.get(name) for name in self._lab.heroes)
                if changed and key not in self._sent:
                    self._sent.add(key)
                    start = time.process_time()
                    self._lab.send_ahead(changed)
                    if time.process_time() - start > MOST_SECONDS:
                        self.stop()
                    break
            return bool(self._wanted)

    def _go_on(self):
        """Take the next step as soon as the kernel's loop has nothing else to do."""
        if self._loop is None:
            try:
                self._loop = asyncio.get_running_loop()
            except RuntimeError:  # no kernel: whoever wants frames takes the steps
                return
            self._interrupts = Interrupts(self.stop)
            self._interrupts.listen()
            self._loop.call_later(PAUSE, self._step)

    def _step(self):
        more, pause = bool(self._wanted), WHILE_A_CELL_RUNS
        try:
            if not is_cell_running():
                more, pause = self.step(), PAUSE
        except (Exception, KeyboardInterrupt):
            # Nobody asked for this frame; should the hand arrive there, its event tells.
            self.stop()
            more = False
        if more:
            self._loop.call_later(pause, self._step)
        else:
            self._interrupts.close()
            self._loop = self._interrupts = None


def _has_no_effects(rule):
    """Return whether the rule may be called when nobody asked, and does the same tomorrow."""
    return rule is None or is_fixed(rule) and is_compiled(rule)
