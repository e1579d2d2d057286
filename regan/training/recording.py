"""An update recorded once, then repeated: the device's part in one launch, the host's as a list.

A step of small networks is a hundred kernels of a few microseconds each, and the host takes longer
to ask for one than the device to run it. A backend that can record (`Backend.record`: CUDA graphs)
repeats them all at one request. What the host contributes to an update, beside asking, are the
numbers that it gives to the `Clock`; they are written to the device before each repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np

from regan.backends import Array, Backend, write
from regan.schedules.clock import Clock, Number
from regan.training.state import Run, TrainingState
from regan.training.training_data import TrainingData

Values: TypeAlias = tuple[tuple[str, ...], Array]
"""The names of the terms of an update, and their values (T, K)."""

_MAX_RECORDINGS = 4


class Updater(Protocol):
    """What makes updates: a `Trainer`."""

    @property
    def ops(self) -> Backend:
        """Where they run."""

    def phase(self, step: int) -> tuple[Any, ...]:
        """Updates of one phase do the same; most objectives have one."""

    def update(
        self,
        state: TrainingState,
        data: TrainingData,
        rng: Any,
        clock: Clock,
        step: int,
        rows: Array | None = None,
    ) -> Values:
        """Update number `step`."""


class Updates:
    """The updates of one run, recorded where the backend can.

    Parameters
    ----------
    trainer : Updater
    run : Run
    data : TrainingData
    record : bool, default=False
        They draw their own rows, and are many.
    """

    def __init__(
        self, trainer: Updater, run: Run, data: TrainingData, *, record: bool = False
    ) -> None:
        self.data = data
        self._trainer, self._run, self._state = trainer, run, run.state
        self._record = record and trainer.ops.records
        self._recorded: dict[Any, RecordedUpdate] = {}
        self._places: list[float] = []
        self._rng = trainer.ops.rng(0)

    def begin(self) -> None:
        """Begin a window: its draws follow from the seed and the number of its first update."""
        state = self._state
        seed = np.random.SeedSequence([state.seed, 1, state.step])
        self._trainer.ops.reseed(self._rng, seed)

    def end(self) -> None:
        """Let go of what is recorded: it holds this object, and memory on the device."""
        for update in self._recorded.values():
            update.close()
        self._recorded.clear()

    def make(self, progress: float, rows: Array | None) -> Values:
        """One update, with the given rows or some that are drawn."""
        step = self._state.step
        if rows is not None or not self._record:
            return self._make(Clock(progress, self._run.rate), step, rows)
        places = [self._run.rate, *(id(array) for array in self._state.pack()[0].values())]
        if places != self._places:  # at first, after a roll-back, or a callback exchanged an array
            self.end()
            self._places = places
        phase = self._trainer.phase(step)
        if phase in self._recorded:
            return self._recorded[phase].again(progress)
        if len(self._recorded) == _MAX_RECORDINGS:
            return self._make(Clock(progress, self._run.rate), step)
        update = RecordedUpdate(
            self._trainer.ops, lambda clock: self._make(clock, step), progress, self._run.rate
        )
        if update.repeats:
            self._recorded[phase] = update
        else:
            self._record = False
        return update.values

    def _make(self, clock: Clock, step: int, rows: Array | None = None) -> Values:
        return self._trainer.update(self._state, self.data, self._rng, clock, step, rows)


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
    rate : float, default=1.0
        What all learning rates are multiplied by, in every repetition too.

    Attributes
    ----------
    values : Values
        Of the update made here.
    repeats : bool
        Whether it could be recorded; if not, the update was made nevertheless.
    """

    def __init__(
        self, ops: Backend, update: Callable[[Clock], Values], progress: float, rate: float = 1.0
    ) -> None:
        self._ops = ops
        first = _First(ops, progress, rate)
        again = _Again(first.asked, rate)
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

    def __init__(self, ops: Backend, progress: float, rate: float) -> None:
        super().__init__(progress, rate)
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

    def __init__(self, asked: list[list[Array]], rate: float) -> None:
        super().__init__(rate=rate)
        self._asked = asked
        self.host: list[Callable[[float], Sequence[float]]] = []

    def numbers(self, f: Callable[[float], Sequence[float]]) -> Sequence[Number]:
        slots = self._asked[len(self.host)]
        self.host.append(f)
        return slots
