"""Updates recorded once, then repeated at one request, with the host's numbers anew.

A step of small networks is a hundred operations of a few microseconds each, and Python takes about
as long to ask for one. A backend that can record (`Backend.record`: a CUDA graph, a tape on the
CPU) repeats them all without it. What the host contributes to an update, beside asking, are the
numbers that follow from its `Clock`; they are renewed before each repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any, Protocol, TypeAlias

import numpy as np

from regan.backends import Array, Backend
from regan.schedules.clock import Clock, Number
from regan.training.parts import Parts, Values
from regan.training.state import Run, TrainingState
from regan.training.training_data import TrainingData
from regan.validation import warn_user

Numbers: TypeAlias = Callable[[Clock], Sequence[float]]
"""Numbers as a function of the time."""

_MAX_RECORDINGS = 4
_MAX_WASTED = 3


class Updater(Protocol):
    """The maker of updates: a `Trainer`."""

    @property
    def ops(self) -> Backend:
        """Where they run."""

    def phase(self, step: int) -> tuple[Any, ...]:
        """Updates of one phase do the same; most objectives have one."""

    def parts(self, state: TrainingState, data: TrainingData) -> Parts:
        """The arithmetic of an update, in parts: it changes arrays and nothing else."""

    def count(self, state: TrainingState) -> None:
        """Count an update that has been made."""


class Updates:
    """The updates of one run, recorded where the backend can.

    Parameters
    ----------
    trainer : Updater
    run : Run
    data : TrainingData
    n : int, default=0
        How many there will be in all, if they draw their own rows: of a run that is resumed, too,
        as what is recorded may give other bits than Python.
    """

    def __init__(self, trainer: Updater, run: Run, data: TrainingData, n: int = 0) -> None:
        self.data = data
        self._trainer, self._run, self._state = trainer, run, run.state
        worth = trainer.ops.worth_recording
        self._parts = trainer.parts(run.state, data)
        self._record = worth is not None and n >= worth and self._parts.records
        self._n, self._worth = n, worth or 0
        self._recordings: dict[Any, list[RecordedUpdate]] = {}
        self._valid_for: list[float] = []
        self._counted: list[int] = []
        self._repeated = self._wasted = 0
        self._rollbacks = run.rollbacks
        self._rng = trainer.ops.rng(0)

    def begin_window(self) -> None:
        """Begin a window: its draws follow from the seed and the number of its first update."""
        state = self._state
        self.data.begin_window(state.step)
        seed = np.random.SeedSequence([state.seed, 1, state.step])
        self._trainer.ops.reseed(self._rng, seed)

    def anew(self) -> Updates:
        """The same updates, with nothing recorded yet."""
        return Updates(self._trainer, self._run, self.data, self._n)

    def close(self) -> None:
        """Let go of what is recorded: it holds this object, and memory on the device."""
        for parts in self._recordings.values():
            _close(parts)
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
        arrays, last = (self._state, self.data, self._rng), self._parts.n - 1
        for i in range(last):
            self._parts.make(i, *arrays, clock, rows)
            self._parts.after(i)
        return self._parts.make(last, *arrays, clock, rows)

    def _watched(self, i: int, clock: Clock) -> Values:
        """A part of one, of arrays and draws that are recorded."""
        watch = self._trainer.ops.watched
        state, data = self._state.map(watch), self.data.map(watch)
        return self._parts.make(i, state, data, watch(self._rng), clock)

    def _recorded(self, clock: Clock) -> Values:
        """An update by a recording, or one that is recorded for those to come."""
        now = [clock.rate, *(id(array) for array in self._state.arrays().values())]
        if now != self._valid_for or self._counts() != self._counted:
            self._start_anew(now)
            if not self._record:
                return self._plain(clock)
        phase = self._trainer.phase(clock.step)
        if phase in self._recordings:
            self._repeated += 1
            return self._replayed(self._recordings[phase], clock)
        if not self._is_early(phase):
            return self._plain(clock)
        recorded = self._made(clock)
        values = recorded[-1].values
        if self._parts.agree(all(part.repeats for part in recorded)):
            self._recordings[phase] = recorded
        else:
            _close(recorded)
            self._record = False
        return values

    def _made(self, clock: Clock) -> list[RecordedUpdate]:
        """An update made while its parts are recorded."""
        recorded: list[RecordedUpdate] = []
        for i in range(self._parts.n):
            if i:
                self._parts.after(i - 1)
            recorded.append(RecordedUpdate(self._trainer.ops, partial(self._watched, i), clock))
        return recorded

    def _replayed(self, recorded: Sequence[RecordedUpdate], clock: Clock) -> Values:
        """An update by the recordings of its parts."""
        for i, part in enumerate(recorded[:-1]):
            part.repeat(clock, lasting=False)
            self._parts.after(i)
        return recorded[-1].repeat(clock)

    def _is_early(self, phase: tuple[Any, ...]) -> bool:
        """Whether a phase is one of the first ones that any run has: those are recorded.

        As what is recorded may give other bits than Python, it does not depend on where this run
        has begun: at a checkpoint, or where members of a population part.
        """
        early: set[tuple[Any, ...]] = set()
        for step in count():
            early.add(self._trainer.phase(step))
            if phase in early or len(early) == _MAX_RECORDINGS:
                return phase in early
        raise AssertionError

    def _start_anew(self, now: list[float]) -> None:
        """Forget all recordings: at first, after a roll-back, or where a callback has changed the
        state. Where that goes on, updates are not recorded any more; of roll-backs there are few.
        """
        rolled_back = self._run.rollbacks > self._rollbacks
        self._rollbacks = self._run.rollbacks
        self._wasted += bool(self._recordings) and not rolled_back and self._repeated < self._worth
        self.close()
        self._valid_for, self._repeated = now, 0
        if self._wasted == _MAX_WASTED:
            self._record = False
            warn_user(
                "regan no longer records updates and runs them in Python, which is slower: "
                f"{_MAX_WASTED} times within {self._worth} updates, a callback replaced an array "
                "of the state, a count or the rate. To keep the recording, change arrays in "
                "place, with [...] ="
            )


class RecordedUpdate:
    """A recorded update (a CUDA graph, or a tape): made once, then repeated at other times.

    Parameters
    ----------
    ops : Backend
    update : callable
        ``update(clock)`` gives the `Values` of an update. It is called once to be made and once to
        be recorded, or compared with what is, so it may change nothing on the host, and every array
        that it keeps has to stay where it is. What depends on the time, it has to ask of the clock.
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
        self._ops, self._clock = ops, _PlacingClock(ops, clock)
        made: list[Values] = []

        def work() -> Array:
            self._clock.begin()
            made.append(update(self._clock))
            return made[-1][1]

        self._recording = ops.record(work, work)
        self._names, values = made[0]
        # copied: a repetition may write where they are
        self.values: tuple[tuple[str, ...], Array] = self._names, values.copy()
        self.repeats: bool = self._recording is not None

    def repeat(self, clock: Clock, *, lasting: bool = True) -> Values:
        """The same update once more, with the numbers of another time.

        lasting : whether its values stay when it is repeated again.
        """
        assert self._recording is not None
        self._clock.renew(clock)
        values = self._recording.repeat()
        return self._names, values.copy() if lasting else values

    def close(self) -> None:
        """Let go of the recording, and of the memory that it works in."""
        if self._recording is not None:
            del self.values, self._clock
            self._recording.close()
            self._recording = None


def _close(parts: Sequence[RecordedUpdate]) -> None:
    for part in parts:
        part.close()


class _PlacingClock(Clock):
    """A clock whose numbers lie on the device, each in a place of its own.

    Whoever asks for the same numbers in the same order once more, after `begin`, gets the same
    places.
    """

    def __init__(self, ops: Backend, clock: Clock) -> None:
        super().__init__(clock.progress, clock.rate, clock.step)
        self._ops = ops
        self._asked: list[Numbers] = []
        self._places: list[Sequence[Number]] = []
        self.begin()

    def begin(self) -> None:
        """Begin again with the first place."""
        self._next = 0

    def numbers(self, f: Numbers) -> Sequence[Number]:
        if self._next == len(self._places):
            self._asked.append(f)
            self._places.append(self._ops.numbers([*super().numbers(f)]))
        self._next += 1
        return self._ops.read(self._places[self._next - 1])

    def renew(self, clock: Clock) -> None:
        """Write the numbers of another time to all places."""
        numbers = [number for f in self._asked for number in clock.numbers(f)]
        self._ops.renew([place for places in self._places for place in places], numbers)

    def counting(self, step: int, pace: int = 1) -> Clock:
        return _CountingClock(self, step, pace)


class _CountingClock(Clock):
    """`Clock.counting` of a clock on the device: it asks that one, and counts from there."""

    def __init__(self, clock: _PlacingClock, step: int, pace: int) -> None:
        super().__init__(clock.progress, clock.rate, step)
        self._clock, self._pace = clock, pace

    def numbers(self, f: Numbers) -> Sequence[Number]:
        step, pace, start = self.step, self._pace, self._clock.step

        def at(now: Clock) -> Sequence[float]:
            return f(now.counting(step + pace * (now.step - start), pace))

        return self._clock.numbers(at)
