"""An update recorded once, then repeated: the device's part in one launch, the host's as a list.

A step of small networks is a hundred kernels of a few microseconds each, and the host takes longer
to ask for one than the device to run it. A backend that can record (`Backend.record`: CUDA graphs)
repeats them all at one request. What the host contributes to an update, beside asking, are the
numbers that it gives to the `Clock`; they are written to the device before each repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from regan.backends import Array, Backend, write
from regan.clock import Clock, Number

Values = tuple[tuple[str, ...], Array]
"""The names of the terms of an update, and their values (T, K)."""


class RecordedUpdate:
    """Makes an update, and records it for all that follow.

    Parameters
    ----------
    ops : Backend
    update : callable
        ``update(clock)`` gives the `Values` of an update. It is called once to be made and once to
        be recorded: what it changes on the host has to be inside the functions that it gives to
        the clock, and every array that it keeps has to stay where it is.
    progress : float
        The share of updates done.

    Attributes
    ----------
    values : Values
        Of the update made here.
    repeats : bool
        Whether it could be recorded; if not, the update was made nevertheless.
    """

    def __init__(self, ops: Backend, update: Callable[[Clock], Values], progress: float) -> None:
        self._ops = ops
        first = _First(ops, progress)
        again = _Again(first.asked)
        results: list[Values] = []
        self._recorded = ops.record(
            lambda: results.append(update(first)), lambda: results.append(update(again))
        )
        self.values = results[0]
        self.repeats = self._recorded is not None
        self._host, self._asked = again.host, first.asked
        self._names, self._results = results[-1]

    def again(self, progress: float) -> Values:
        """The same update once more, with the numbers of this time."""
        assert self._recorded is not None
        numbers = [float(number) for f in self._host for number in f(progress)]
        write(self._ops, numbers, [slot for slots in self._asked for slot in slots])
        self._recorded.repeat()
        return self._names, self._results.copy()

    def close(self) -> None:
        """Let go of the recording, and of the memory that it works in."""
        if self._recorded is not None:
            del self.values, self._host, self._asked, self._results
            self._recorded.close()
            self._recorded = None


class _First(Clock):
    """Writes each number to a place of its own on the device."""

    def __init__(self, ops: Backend, progress: float) -> None:
        super().__init__(progress)
        self._ops = ops
        self.asked: list[list[Array]] = []

    def numbers(self, f: Callable[[float], Sequence[float]]) -> Sequence[Number]:
        values = super().numbers(f)
        slots = [self._ops.empty((1, 1)) for _ in values]
        write(self._ops, values, slots)
        self.asked.append(slots)
        return slots


class _Again(Clock):
    """Gives the same places in the same order, and keeps who asked."""

    def __init__(self, asked: list[list[Array]]) -> None:
        super().__init__()
        self._asked = asked
        self.host: list[Callable[[float], Sequence[float]]] = []

    def numbers(self, f: Callable[[float], Sequence[float]]) -> Sequence[Number]:
        slots = self._asked[len(self.host)]
        self.host.append(f)
        return slots
