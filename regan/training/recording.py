"""An update recorded once, then repeated: the device's part in one launch, the host's as a list.

A step of small networks is a hundred kernels of a few microseconds each, and the host takes longer
to ask for one than the device to run it. A backend that can record (`Backend.record`: CUDA graphs)
repeats them all at one request. What the host contributes to an update, beside asking, are the
numbers that follow from its `Clock`; they are written to the device before each repetition.
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

Numbers: TypeAlias = Callable[[Clock], Sequence[float]]
"""Numbers as a function of the time."""

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
        rows: Array | None = None,
    ) -> Values:
        """The arithmetic of the update at the time `clock`: it changes arrays and nothing else."""

    def count(self, state: TrainingState) -> None:
        """Count an update that has been made."""


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
        """One update, with the given rows or some that are drawn; the state counts it."""
        clock = Clock(progress, self._run.rate, self._state.step)
        plain = rows is not None or not self._record
        values = self._make(clock, rows) if plain else self._repeat(clock)
        self._trainer.count(self._state)
        return values

    def _repeat(self, clock: Clock) -> Values:
        """One update by a recording, or one that is recorded for those to come."""
        places = [clock.rate, *(id(array) for array in self._state.pack()[0].values())]
        if places != self._places:  # at first, after a roll-back, or a callback exchanged an array
            self.end()
            self._places = places
        phase = self._trainer.phase(clock.step)
        if phase in self._recorded:
            return self._recorded[phase].again(clock)
        if len(self._recorded) == _MAX_RECORDINGS:
            return self._make(clock)
        update = RecordedUpdate(self._trainer.ops, self._make, clock)
        if update.repeats:
            self._recorded[phase] = update
        else:
            self._record = False
        return update.values

    def _make(self, clock: Clock, rows: Array | None = None) -> Values:
        return self._trainer.update(self._state, self.data, self._rng, clock, rows)


class RecordedUpdate:
    """Makes an update, and records it for all that follow.

    Parameters
    ----------
    ops : Backend
    update : callable
        ``update(clock)`` gives the `Values` of an update. It is called once to be made and once to
        be recorded, so it may change nothing on the host, and every array that it keeps has to stay
        where it is. What depends on the time, it has to ask of the clock.
    clock : Clock
        When it is made. Its `rate` is that of every repetition too.

    Attributes
    ----------
    values : Values
        Of the update made here.
    repeats : bool
        Whether it could be recorded; if not, the update was made nevertheless.
    """

    def __init__(self, ops: Backend, update: Callable[[Clock], Values], clock: Clock) -> None:
        self._ops = ops
        first = _First(ops, clock)
        again = _Again(first.asked, clock)
        results: list[Values] = []
        self._recorded = ops.record(
            lambda: results.append(update(first)), lambda: results.append(update(again))
        )
        self.values = results[0]
        self.repeats = self._recorded is not None
        self._host, self._asked = again.host, first.asked
        self._names, self._results = results[-1]

    def again(self, clock: Clock) -> Values:
        """The same update once more, with the numbers of another time."""
        assert self._recorded is not None
        numbers = [number for f in self._host for number in clock.numbers(f)]
        write(self._ops, numbers, [slot for slots in self._asked for slot in slots])
        self._recorded.repeat()
        return self._names, self._results.copy()

    def close(self) -> None:
        """Let go of the recording, and of the memory that it works in."""
        if self._recorded is not None:
            del self.values, self._host, self._asked, self._results
            self._recorded.close()
            self._recorded = None


class _Recorder(Clock):
    """A clock whose numbers lie on the device."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock.progress, clock.rate, clock.step)

    def counting(self, step: int, pace: int = 1) -> Clock:
        return _Counting(self, step, pace)


class _First(_Recorder):
    """Writes each number to a place of its own on the device."""

    def __init__(self, ops: Backend, clock: Clock) -> None:
        super().__init__(clock)
        self._ops = ops
        self.asked: list[list[Array]] = []

    def numbers(self, f: Numbers) -> Sequence[Number]:
        values = super().numbers(f)
        slots = [self._ops.empty((1, 1)) for _ in values]
        write(self._ops, values, slots)
        self.asked.append(slots)
        return slots


class _Again(_Recorder):
    """Gives the same places in the same order, and keeps who asked."""

    def __init__(self, asked: list[list[Array]], clock: Clock) -> None:
        super().__init__(clock)
        self._asked = asked
        self.host: list[Numbers] = []

    def numbers(self, f: Numbers) -> Sequence[Number]:
        slots = self._asked[len(self.host)]
        self.host.append(f)
        return slots


class _Counting(Clock):
    """`Clock.counting` of a recorder: asks it, and counts on from the update that is recorded."""

    def __init__(self, recorder: _Recorder, step: int, pace: int) -> None:
        super().__init__(recorder.progress, recorder.rate, step)
        self._recorder, self._pace = recorder, pace

    def numbers(self, f: Numbers) -> Sequence[Number]:
        step, pace, recorded_at = self.step, self._pace, self._recorder.step

        def at(now: Clock) -> Sequence[float]:
            return f(now.counting(step + pace * (now.step - recorded_at), pace))

        return self._recorder.numbers(at)
