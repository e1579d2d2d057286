"""Encoded rows of a table: numbers as they are, levels as codes, one-hot a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

_PIECE_BYTES = 2**24


@dataclass(frozen=True, eq=False)
class EncodedRows:
    """Encoded rows (n, D) that stand for a matrix with one-hot blocks, and take far less memory.

    A level takes two bytes a row, where its block takes one number for every level.

    Attributes
    ----------
    plain : float array of shape (n, P) or (F, n, P)
        The columns of numbers, which come first in the matrix; F sets of rows.
    codes : integer array of shape (n, B) or (F, n, B)
        The level of each block. A code that is none of its levels makes a row of zeros.
    sizes : tuple of int
        The sizes of the B blocks.

    Examples
    --------
    >>> import numpy as np
    >>> rows = EncodedRows(np.array([[0.5], [2.0]]), np.array([[1], [0]]), (3,))
    >>> rows.shape
    (2, 4)
    >>> rows.dense()
    array([[0.5, 0. , 1. , 0. ],
           [2. , 1. , 0. , 0. ]])
    """

    plain: Any
    codes: Any
    sizes: tuple[int, ...]

    @classmethod
    def of_classes(cls, codes: np.ndarray, n_classes: int) -> Self:
        """One block and no numbers: classes (n,) of which there are so many."""
        return cls(np.empty((len(codes), 0)), as_codes(codes[:, None], (n_classes,)), (n_classes,))

    @classmethod
    def stack(cls, parts: Sequence[Self]) -> Self:
        """Sets of equally many rows as one: (F, n, D)."""
        plain, codes = (np.stack([getattr(p, name) for p in parts]) for name in ("plain", "codes"))
        return replace(parts[0], plain=plain, codes=codes)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the matrix."""
        return (*self.plain.shape[:-1], self.plain.shape[-1] + sum(self.sizes))

    @property
    def dtype(self) -> Any:
        """That of the matrix."""
        return self.plain.dtype

    @property
    def nbytes(self) -> int:
        """Bytes that they take."""
        return int(self.plain.nbytes + self.codes.nbytes)

    def __len__(self) -> int:
        return len(self.plain)

    def __getitem__(self, rows: Any) -> Self:
        """Some of the rows, by a slice, positions or a mask."""
        return replace(self, plain=self.plain[rows], codes=self.codes[rows])

    def astype(self, dtype: Any) -> Self:
        """The same with numbers of another dtype."""
        return replace(self, plain=self.plain.astype(dtype))

    def dense(self) -> np.ndarray:
        """The matrix."""
        matrix = np.zeros(self.shape, dtype=self.dtype)
        first = self.plain.shape[-1]
        matrix[..., :first] = self.plain
        known = self.codes >= 0
        sizes = np.array(self.sizes, dtype=np.int64)
        starts = first + np.cumsum(sizes) - sizes
        rows = np.nonzero(known)[:-1]  # and the axis of blocks, which the columns tell
        matrix[(*rows, (self.codes + starts)[known])] = 1
        return matrix

    def pieces(self) -> Iterator[np.ndarray]:
        """The matrix a few rows at a time, in order: pieces of 16 MiB at most, or of one row."""
        at_once = max(1, _PIECE_BYTES // (self.shape[-1] * self.dtype.itemsize))
        for start in range(0, len(self), at_once):
            yield self[start : start + at_once].dense()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("encoded rows are no array: they become one by a copy")
        return self.dense() if dtype is None else self.dense().astype(dtype, copy=False)


def as_codes(codes: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Codes of levels in the smallest dtype that holds all of these sizes, and -1."""
    return codes.astype(np.int16 if max(sizes, default=0) < 2**15 else np.int32)


def pieces_of(rows: np.ndarray | EncodedRows) -> Iterator[np.ndarray]:
    """The matrix of rows (n, D) a few at a time; what is an array already, as a whole."""
    if isinstance(rows, EncodedRows):
        yield from rows.pieces()
    else:
        yield rows


def codes_of(labels: np.ndarray | EncodedRows) -> np.ndarray:
    """The classes (n,), or (F, n), of one-hot labels (n, C), or (F, n, C)."""
    if isinstance(labels, EncodedRows):
        codes: np.ndarray = labels.codes[..., 0]
        return codes
    return np.asarray(labels.argmax(axis=-1))
