"""CUDA graphs: an update recorded once, then repeated in one launch, with the host's numbers anew.

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
    """The maker of updates: a `Trainer`."""

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
    """The updates of one run, recorded as CUDA graphs where the backend can.

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
        self._recordings: dict[Any, RecordedUpdate] = {}
        self._valid_for: list[float] = []
        self._counted: list[int] = []
        self._rng = trainer.ops.rng(0)

    def begin_window(self) -> None:
        """Begin a window: its draws follow from the seed and the number of its first update."""
        state = self._state
        seed = np.random.SeedSequence([state.seed, 1, state.step])
        self._trainer.ops.reseed(self._rng, seed)

    def close(self) -> None:
        """Let go of what is recorded: it holds this object, and memory on the device."""
        for update in self._recordings.values():
            update.close()
        self._recordings.clear()

    def advance(self, progress: float, rows: Array | None) -> Values:
        """Make one update, with these rows or some that are drawn, and count it."""
        clock = Clock(progress, self._run.rate, self._state.step)
        plain = rows is not None or not self._record
        values = self._plain(clock, rows) if plain else self._recorded(clock)
        self._trainer.count(self._state)
        if self._record:
            self._counted = self._counts()
        return values

    def _counts(self) -> list[int]:
        """What the state has counted; a recording counts on from there."""
        return [self._state.step, *(own["t"] for own in self._state.optimizers.values())]

    def _plain(self, clock: Clock, rows: Array | None = None) -> Values:
        """An update as the trainer makes it."""
        return self._trainer.update(self._state, self.data, self._rng, clock, rows)

    def _recorded(self, clock: Clock) -> Values:
        """An update by a recording, or one that is recorded for those to come."""
        now = [clock.rate, *(id(array) for array in self._state.arrays().values())]
        if now != self._valid_for or self._counts() != self._counted:
            self.close()  # at first, after a roll-back, or where a callback has changed the state
            self._valid_for = now
        phase = self._trainer.phase(clock.step)
        if phase in self._recordings:
            return self._recordings[phase].repeat(clock)
        if len(self._recordings) == _MAX_RECORDINGS:
            return self._plain(clock)
        update = RecordedUpdate(self._trainer.ops, self._plain, clock)
        if update.repeats:
            self._recordings[phase] = update
        else:
            self._record = False
        return update.values


class RecordedUpdate:
    """A recorded update (a CUDA graph): made once, then repeated at other times.

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
        places: list[list[Array]] = []
        once = _PlacingClock(ops, clock, places)
        again = _NotingClock(clock, places)
        results: list[Values] = []
        self._recording = ops.record(
            lambda: results.append(update(once)), lambda: results.append(update(again))
        )
        self.values = results[0]
        self.repeats = self._recording is not None
        self._functions, self._places = again.functions, places
        self._names, self._results = results[-1]

    def repeat(self, clock: Clock) -> Values:
        """The same update once more, with the numbers of another time."""
        assert self._recording is not None
        numbers = [number for f in self._functions for number in clock.numbers(f)]
        write(self._ops, numbers, [place for places in self._places for place in places])
        self._recording.repeat()
        return self._names, self._results.copy()

    def close(self) -> None:
        """Let go of the recording, and of the memory that it works in."""
        if self._recording is not None:
            del self.values, self._functions, self._places, self._results
            self._recording.close()
            self._recording = None


class _DeviceClock(Clock):
    """A clock whose numbers lie on the device, each in a place of its own."""

    def __init__(self, clock: Clock, places: list[list[Array]]) -> None:
        super().__init__(clock.progress, clock.rate, clock.step)
        self.places = places

    def counting(self, step: int, pace: int = 1) -> Clock:
        return _CountingClock(self, step, pace)


class _PlacingClock(_DeviceClock):
    """Makes the places, and writes the numbers of this time there."""

    def __init__(self, ops: Backend, clock: Clock, places: list[list[Array]]) -> None:
        super().__init__(clock, places)
        self._ops = ops

    def numbers(self, f: Numbers) -> Sequence[Number]:
        values = super().numbers(f)
        places = [self._ops.empty((1, 1)) for _ in values]
        write(self._ops, values, places)
        self.places.append(places)
        return places


class _NotingClock(_DeviceClock):
    """Gives the same places in the same order, and notes the functions that fill them."""

    def __init__(self, clock: Clock, places: list[list[Array]]) -> None:
        super().__init__(clock, places)
        self.functions: list[Numbers] = []

    def numbers(self, f: Numbers) -> Sequence[Number]:
        places = self.places[len(self.functions)]
        self.functions.append(f)
        return places


class _CountingClock(Clock):
    """`Clock.counting` of a clock on the device: it asks that one, and counts from there."""

    def __init__(self, clock: _DeviceClock, step: int, pace: int) -> None:
        super().__init__(clock.progress, clock.rate, step)
        self._clock, self._pace = clock, pace

    def numbers(self, f: Numbers) -> Sequence[Number]:
        step, pace, start = self.step, self._pace, self._clock.step

        def at(now: Clock) -> Sequence[float]:
            return f(now.counting(step + pace * (now.step - start), pace))

        return self._clock.numbers(at)
