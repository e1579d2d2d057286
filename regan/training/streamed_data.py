"""Rows of a stream that models train on: a shuffle buffer, refilled by what is read ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from regan.backends import Array, Backend, get_backend
from regan.data.encoded_rows import codes_of
from regan.mixtures.coordinates import Rows
from regan.training.buffer_size import REFILLS, BufferSize
from regan.training.class_draws import ClassDraws
from regan.training.entered_rows import EnteredRows
from regan.training.mask_bank import MaskBank
from regan.training.read_ahead import ReadAhead
from regan.training.refills import Refills
from regan.training.training_data import TrainingData

_REFILL, _SAMPLE, _WHOLE, _LOOKED = 1, 2, 3, 4
"""Rows whose draws differ."""


class StreamedData(TrainingData):
    """Rows of a stream: minibatches are drawn from a buffer of its last 8 refills.

    Windows begin at the updates s = `start` + i L of a run. Those whose i is a multiple of the
    buffer's `every` bring a refill, whose rows follow from the seed and s alone (`Refills`); it
    takes the place of the oldest one. The first window has 8 refills of rows of the stream's
    sample, which are in memory: they follow from the seed and `start`. So what the buffer holds
    follows from the seed and the window, wherever a run goes on, and rows lie at the same
    positions. A last window that is shorter changes nothing.

    While a window trains, a thread reads what the next one needs. The arrays of the buffer stay
    where they are: recorded updates find in them what is there.

    Parameters
    ----------
    ops : Backend
    rows : EnteredRows
    refills : Refills
    size : BufferSize
    start : int
        The first update of the run.
    length : int
        L.
    balanced, masks
        As of `TrainingData`.
    """

    def __init__(
        self,
        ops: Backend,
        rows: EnteredRows,
        refills: Refills,
        size: BufferSize,
        *,
        start: int,
        length: int,
        balanced: bool = False,
        masks: Sequence[MaskBank] | None = None,
    ) -> None:
        super().__init__(ops, *rows.room(size.n_rows), balanced=balanced, masks=masks)
        self._entered, self._refills, self._size = rows, refills, size
        self._start, self._length = start, length
        self._held: list[int | None] = [None] * REFILLS
        self._codes = np.zeros((1, size.n_rows if balanced else 0), dtype=np.int64)
        self._ahead = ReadAhead(self._read)

    def begin_window(self, step: int) -> None:
        window = (step - self._start) // self._length
        last = min(window // self._size.every, self._size.n_refills - 1)
        wanted = range(1) if self._size.is_whole else range(last - REFILLS + 1, last + 1)
        missing = [number for number in wanted if self._held[number % REFILLS] != number]
        if any(number <= 0 for number in missing):
            self._begin()
        for number in wanted:
            if self._held[number % REFILLS] != number:
                self._held[number % REFILLS] = None
                self._put(number % REFILLS * self._size.refill, self._ahead.get(number))
                self._held[number % REFILLS] = number
        if missing and self._draws is not None:
            self._draws.become(self._codes)
        if last + 1 < self._size.n_refills:
            self._ahead.begin(last + 1)

    def look(self, rng: np.random.Generator, most: int) -> tuple[Array, Array | None]:
        """Rows of the stream's sample: the same ones throughout a run."""
        X, labels = self._entered.sample
        n = len(X)
        index = rng.permutation(n)[:most] if n > most else np.arange(n)
        if self._draws is not None and labels is not None:
            draws = ClassDraws(get_backend("numpy"), codes_of(labels)[None], labels.shape[-1])
            index = draws.at(*rng.random((2, min(most, n))))[0]
        found = TrainingData(self._ops, *self._entered.room(len(index)))
        first = 0
        for rows in self._entered.of_sample(index, (_LOOKED,)):
            found.write(first, rows)
            first += len(rows[0])
        return found.take(self._ops.asarray(np.arange(len(index)), dtype=np.int64))

    def close(self) -> None:
        self._ahead.close()

    def _begin(self) -> None:
        """Put the first rows into the whole buffer: those of the sample, again and again if they
        are too few, or all that there are.
        """
        self._held = [None] * REFILLS
        n, room = len(self._entered.sample[0]), self._size.n_rows
        if self._size.is_whole and n < room:
            self._put(0, self._entered.of_parts(self._refills.all(), (_WHOLE,)))
        else:
            rng = np.random.default_rng([self._entered.seed, 28, self._start])
            some = rng.permutation(n)[:room]
            pieces = self._entered.of_sample(some, (_SAMPLE, self._start))
            self._put(0, pieces, every=len(some))
        self._held = [0, *range(1 - REFILLS, 0)]

    def _put(self, first: int, pieces: Iterable[Rows], every: int | None = None) -> None:
        """Write rows to the buffer from the position `first` on, and again `every` so many."""
        room = self._size.n_rows
        for X, labels in pieces:
            for at in range(first, room, every or room):
                n = min(len(X), room - at)
                self.write(at, (X[:n], None if labels is None else labels[:n]))
                if labels is not None and self._draws is not None:
                    self._codes[0, at : at + n] = codes_of(labels)[:n]
            first += len(X)

    def _read(self, number: int) -> list[Rows]:
        """The rows of a refill that are read: NumPy's arrays, for this runs in the thread."""
        step = self._start + number * self._size.every * self._length
        parts = self._refills.drawn(step, self._size.refill)
        return [*self._entered.of_parts(parts, (_REFILL, step))]
