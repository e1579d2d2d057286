"""Per-step scalars that the host computes: learning rates, bias corrections, strengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Number: TypeAlias = Any
"""A float, or an array of shape (1, 1) on the device that holds it."""


class Clock:
    """The time of an update, and the scalars of the host that follow from it.

    An update is arithmetic on the device and, beside it, a few numbers from the host: a learning
    rate on its schedule, the corrections of Adam's moments. Whoever needs one asks the clock for
    it, with a pure function of the time: asking changes nothing, however often. A recorded update
    (`regan.training.recording`) is arithmetic alone; its numbers come from the same functions, at
    the time of each repetition.

    Parameters
    ----------
    progress : float, default=0.0
        The share of updates done.
    rate : float, default=1.0
        What all learning rates are multiplied by.
    step : int, default=0
        How many updates came before.

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
