"""What of an update the host has to tell: numbers that change from one update to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

Number: TypeAlias = Any
"""A float, or an array of shape (1, 1) on the device that holds it."""


class Clock:
    """Where training stands, for the numbers of one update that follow from it.

    An update is arithmetic on the device and, beside it, a few numbers from the host: a learning
    rate on its schedule, the corrections of Adam's moments. Whoever needs one asks the clock for
    it. A recorded update (`regan.training.recording`) is arithmetic alone; the numbers are then
    computed again before each repetition, by the functions that were given here, in the same order.

    Parameters
    ----------
    progress : float, default=0.0
        The share of updates done.
    rate : float, default=1.0
        What all learning rates are multiplied by.

    Examples
    --------
    >>> Clock(0.25).number(lambda progress: 1 - progress)
    0.75
    """

    def __init__(self, progress: float = 0.0, rate: float = 1.0) -> None:
        self.progress = progress
        self.rate = rate

    def numbers(self, f: Callable[[float], Sequence[float]]) -> Sequence[Number]:
        """``f(progress)``, some numbers; `f` may count its calls: there is one for each update."""
        return [float(number) for number in f(self.progress)]

    def number(self, f: Callable[[float], float]) -> Number:
        """``f(progress)``, one number."""
        return self.numbers(lambda progress: (f(progress),))[0]
