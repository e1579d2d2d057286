"""Per-step scalars that the host computes: learning rates, bias corrections, strengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Number: TypeAlias = Any
"""A float, or an array of shape (1, 1) on the device that holds it."""


class Clock:
    """Clock of training: the number and progress of an update, and numbers that depend on them.

    An update needs a few numbers from the host, such as a scheduled learning rate or the
    corrections of Adam's moments. Code that needs such a number passes the clock a pure function of
    the time; calls do not change the clock. A recorded update (`regan.training.recording`) runs on
    the device only. The same functions compute its numbers at the time of each repetition.

    Parameters
    ----------
    progress : float, default=0.0
        The share of updates done.
    rate : float, default=1.0
        The factor on all learning rates.
    step : int, default=0
        The number of updates before.

    Examples
    --------
    >>> Clock(0.25).number(lambda now: 1 - now.progress)
    0.75
    >>> Clock(0.25, step=3).number(lambda now: 1 / (1 + now.step))
    0.25
    """

    def __init__(self, progress: float = 0.0, rate: float = 1.0, step: int = 0) -> None:
        self.progress = progress
        self.rate = rate
        self.step = step

    def numbers(self, f: Callable[[Clock], Sequence[float]]) -> Sequence[Number]:
        """``f(now)``, some numbers that depend on the time `now`, a `Clock`, and on nothing else.

        It may be called again, at this time or at others.
        """
        return [float(number) for number in f(self)]

    def number(self, f: Callable[[Clock], float]) -> Number:
        """``f(now)``, one number."""
        return self.numbers(lambda now: (f(now),))[0]

    def counting(self, step: int, pace: int = 1) -> Clock:
        """The same time for what counts by itself, such as an optimizer.

        It has made `step` steps by now, and makes `pace` of them in each update of this clock.
        """
        return Clock(self.progress, self.rate, step)
