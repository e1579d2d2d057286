"""Rows of a stream as networks see them: read, encoded and entered into coordinates in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regan.data.encoded_rows import EncodedRows
from regan.mixtures.coordinates import Coordinates, GivenRows, Matrix, Rows, some_of
from regan.streams.stream import Stream
from regan.training.refills import Part

_PIECE_CELLS = 2**18


@dataclass(frozen=True, eq=False)
class EnteredRows:
    """Rows of a stream in the coordinates of training, a few at a time.

    Attributes
    ----------
    stream : Stream
    sample : pair of rows (m, D) and labels (m, C), which may be None
        The stream's sample of rows, without those held out, and their classes, one-hot.
    coordinates : Coordinates
        For rows that enter in pieces.
    dtype : str
        Of the numbers.
    seed : int
    """

    stream: Stream
    sample: GivenRows
    coordinates: Coordinates
    dtype: Any
    seed: int

    def of_parts(self, parts: Iterable[Part], at: Sequence[int]) -> Iterator[Rows]:
        """Rows of these parts of blocks, in order, in pieces that take bounded memory.

        at : what tells these rows from others, for the draws that coordinates take.
        """
        n_classes = self.coordinates.n_classes
        for i, (numbers, codes) in enumerate(self._pieces(parts)):
            labels = None if codes is None else EncodedRows.of_classes(codes, n_classes)
            yield self._entered((self.stream.encoded(numbers), labels), (*at, i))

    def of_sample(self, rows: np.ndarray, at: Sequence[int]) -> Iterator[Rows]:
        """Rows of the sample, by their positions in it, in pieces as well."""
        size = max(1, _PIECE_CELLS // self.coordinates.scaler.n_cells)
        for i in range(0, len(rows), size):
            yield self._entered(some_of(self.sample, rows[i : i + size]), (*at, i))

    def room(self, n: int) -> Rows:
        """Arrays for `n` rows, of zeros."""
        X, labels = self._entered(some_of(self.sample, np.arange(1)), ())
        return _zeros(X, n), None if labels is None else _zeros(labels, n)

    def _pieces(self, parts: Iterable[Part]) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Numbers and classes of whole parts, several at a time if these are small."""
        for some in _batches(parts, max(1, _PIECE_CELLS // self.stream.scaler.n_cells)):
            codes = [each for part in some if (each := self.stream.codes(*part)) is not None]
            yield self.stream.numbers_of(some), np.concatenate(codes) if codes else None

    def _entered(self, rows: GivenRows, at: Sequence[int]) -> Rows:
        X, labels = self.coordinates.enter(rows, self.seed, self.dtype, at)
        return X.astype(self.dtype), labels


def _batches(parts: Iterable[Part], size: int) -> Iterator[list[Part]]:
    """Parts, in order, together until they have so many rows."""
    some: list[Part] = []
    for part in parts:
        some.append(part)
        if sum(len(rows) for _, rows in some) >= size:
            yield some
            some = []
    if some:
        yield some


def _zeros(rows: Matrix, n: int) -> Matrix:
    """Room for `n` rows like these."""
    if isinstance(rows, EncodedRows):
        plain, codes = (_zeros(part, n) for part in (rows.plain, rows.codes))
        return replace(rows, plain=plain, codes=codes)
    return np.zeros((n, *rows.shape[1:]), rows.dtype)
