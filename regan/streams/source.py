"""What rows that are not in memory are read from, block by block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

PIECE_CELLS = 2**20
"""Cells that a pass over all rows has at a time, about."""


class ChangedError(ValueError):
    """Data that are read block by block are others than they were when they were surveyed."""


class Source(ABC):
    """Rows in blocks, each of which is read on its own.

    Attributes
    ----------
    names : tuple
        What the columns are called; positions of an array.
    lengths : int64 array of shape (B,)
        How many rows each block has.
    """

    names: tuple[Any, ...]
    lengths: np.ndarray

    @property
    def n_rows(self) -> int:
        """The rows of all blocks."""
        return int(self.lengths.sum())

    @property
    def shape(self) -> tuple[int, int]:
        """(N, C)."""
        return self.n_rows, len(self.names)

    @cached_property
    def starts(self) -> np.ndarray:
        """The number of the first row of each block (B,), among all."""
        starts: np.ndarray = np.cumsum(self.lengths) - self.lengths
        return starts

    @abstractmethod
    def describe(self) -> str:
        """What messages call it."""

    @abstractmethod
    def place(self, block: int) -> str:
        """What messages call a block."""

    @abstractmethod
    def read(self, block: int, positions: np.ndarray | None = None) -> Any:
        """Rows of a block, all or those at `positions` (k,): an array, or a DataFrame of pandas.

        ChangedError if they are others than when the source was opened, as far as that shows.
        """

    def read_parts(self, parts: Sequence[tuple[int, np.ndarray]]) -> Any:
        """Rows of several blocks, by their positions in each, one after the other."""
        return np.concatenate([self.read(*part) for part in parts])

    @abstractmethod
    def pieces(self) -> Iterator[Any]:
        """All rows in order, some at a time: tables for `Survey.of`."""

    def tables(self) -> Iterator[tuple[int, Any]]:
        """The same as `read` gives them, once they are settled, with the number of the first."""
        first = 0
        for table in self.pieces():
            yield first, self.given(table)
            first += len(table)

    @abstractmethod
    def given(self, table: Any) -> Any:
        """Rows from `pieces` as `read` gives them."""

    @abstractmethod
    def settle(self, table: Any) -> Any:
        """A table from `pieces` as `read` gives it from now on.

        table : rows that have what all rows have, such as a missing cell where one is missing.
        """

    @abstractmethod
    def fingerprint(self) -> dict[str, Any]:
        """What tells that nothing has changed, in JSON's terms."""

    def read_rows(self, rows: np.ndarray) -> Iterator[Any]:
        """Rows by their numbers among all, ascending: those of each block that has some."""
        blocks = np.searchsorted(self.starts, rows, side="right") - 1
        for block in np.unique(blocks).tolist():
            yield self.read(block, rows[blocks == block] - self.starts[block])

    def row_place(self, row: int) -> str:
        """What messages call the block of a row, by its number among all."""
        return self.place(int(np.searchsorted(self.starts, row, side="right")) - 1)


def picked(names: Sequence[Any], columns: Any) -> list[int]:
    """The positions of `columns`, given by names, among `names`; of all where it is None.

    ValueError for names that are not there or come twice; TypeError for what is no list.
    """
    if columns is None:
        return list(range(len(names)))
    if isinstance(columns, (str, bytes)) or not np.iterable(columns):
        raise TypeError(f"columns must be a list of names or positions, got {columns!r}")
    wanted = list(columns)
    if lost := [name for name in wanted if name not in names]:
        raise ValueError(f"columns={wanted!r}: the data do not have {lost}")
    if not wanted or len(set(wanted)) < len(wanted):
        raise ValueError(f"columns must be at least one column, and each only once, got {wanted!r}")
    return [list(names).index(name) for name in wanted]
