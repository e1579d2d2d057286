"""Arrays that are read by slices of rows: memory maps, and those of zarr and h5py."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from regan.streams.recognition import refuse_closed
from regan.streams.source import PIECE_CELLS, ChangedError, Source, picked

BLOCK_ROWS = 256
_MOST_BLOCKS = 2**20

_SHARED = ("r", "r+", "w+")
"""Modes of memory maps whose pages are those of the file."""


class ArraySource(Source):
    """Rows of anything with `shape`, `dtype` and slices of rows.

    Blocks are chunks of a chunked array, or as many of them as have 256 rows, and 256 rows of any
    other. Pages of a memory map are let go when they have been read, unless it is one that takes
    changes for itself ("c").

    Parameters
    ----------
    data : array-like of shape (N, C)
    columns : list of int, optional
        The positions of those to read.
    """

    def __init__(self, data: Any, columns: Any = None) -> None:
        shape, self._data = tuple(map(int, data.shape)), data
        if len(shape) != 2:
            raise ValueError(
                f"X is an out-of-core array of the shape {shape}: it must have two dimensions, "
                "rows and columns"
            )
        self._kind = f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"
        self.dtype: np.dtype[Any] = np.dtype(data.dtype)
        if self.dtype.kind not in "biuf":
            raise TypeError(
                f"X is a {self._kind} of {self.dtype}: out-of-core arrays must hold numbers. Save "
                "tables with strings and dates as Parquet files"
            )
        if not shape[1]:
            raise ValueError("X has no columns")
        self._shape = shape
        self._columns = None if columns is None else picked(range(shape[1]), columns)
        self.names = tuple(range(shape[1] if self._columns is None else len(self._columns)))
        self._block = _block_rows(data)
        n_blocks = -(-shape[0] // self._block)
        self.lengths = np.full(n_blocks, self._block, dtype=np.int64)
        if n_blocks:
            self.lengths[-1] = shape[0] - (n_blocks - 1) * self._block
        self._file = _file_of(data)
        self._stat = self._now()

    def describe(self) -> str:
        return f"the {self._kind}" if self._file is None else str(self._file)

    def place(self, block: int) -> str:
        first = block * self._block
        return f"{self.describe()}, rows {first} to {first + int(self.lengths[block]) - 1}"

    def read(self, block: int, positions: np.ndarray | None = None) -> np.ndarray:
        first = block * self._block
        if positions is None:
            return self._rows(first, first + int(self.lengths[block]), block)
        if not len(positions):
            return np.empty((0, len(self.names)), dtype=self.dtype)
        low, high = int(positions.min()), int(positions.max()) + 1
        rows = self._rows(first + low, first + high, block)
        return np.asarray(rows[positions - low])

    def pieces(self) -> Iterator[np.ndarray]:
        blocks = max(1, PIECE_CELLS // (self._block * self._shape[1]))
        for block in range(0, len(self.lengths), blocks):
            first = block * self._block
            end = min(first + blocks * self._block, self._shape[0])
            yield self._rows(first, end, block)

    def settle(self, table: Any) -> Any:
        return table

    def given(self, table: Any) -> Any:
        return table

    def fingerprint(self) -> dict[str, Any]:
        return {"shape": list(self._shape), "dtype": str(self.dtype), "file": self._stat}

    def _now(self) -> list[int] | None:
        """Size of the file, and the time of its last change if nothing here writes to it."""
        if self._file is None:
            return None
        try:
            found = os.stat(self._file)
        except OSError:
            return None
        mode = getattr(self._data, "mode", None) or getattr(
            getattr(self._data, "file", None), "mode", None
        )
        return [found.st_size, found.st_mtime_ns if mode == "r" else 0]

    def _rows(self, first: int, end: int, block: int) -> np.ndarray:
        """A copy of rows, in order."""
        refuse_closed(self._data)
        now, stat = tuple(map(int, self._data.shape)), self._now()
        if stat is None and self._stat is not None:
            raise ChangedError(
                f"{self.place(block)}: the file does not exist any more; keep it until the model "
                "is fitted"
            )
        if now != self._shape or stat != self._stat:
            raise ChangedError(
                f"{self.place(block)}: the data have changed since the start of the fit; keep them "
                "unchanged until the model is fitted"
            )
        try:
            rows = np.asarray(self._data[first:end])
        except OSError as error:
            raise OSError(f"{self.place(block)} cannot be read: {error}") from error
        if rows.shape != (end - first, self._shape[1]):
            raise ValueError(
                f"{self.place(block)}: a slice of the rows has the shape {rows.shape}, and "
                f"{(end - first, self._shape[1])} was expected"
            )
        some = rows if self._columns is None else rows[:, self._columns]
        copy = np.array(some, dtype=self.dtype, order="C")
        _let_go(self._data)
        return copy


def _block_rows(data: Any) -> int:
    """Rows of a block: whole chunks, of 256 rows or a little more, or one larger chunk.

    Of more than 268 million rows blocks are longer: a table of blocks stays small.
    """
    least = max(BLOCK_ROWS, -(-int(data.shape[0]) // _MOST_BLOCKS))
    chunks = getattr(data, "shards", None) or getattr(data, "chunks", None)
    try:
        rows = chunks[0] if chunks else least
        rows = int(max(rows) if isinstance(rows, tuple) else rows)  # of Dask
    except (TypeError, ValueError, IndexError):
        rows = least
    return rows * -(-least // rows) if rows > 0 else least


def _file_of(data: Any) -> str | None:
    """The file that an array is in, if it says so: that of a memory map, or of h5py."""
    name = getattr(data, "filename", None) or getattr(getattr(data, "file", None), "filename", None)
    return os.fspath(name) if isinstance(name, (str, os.PathLike)) else None


def _let_go(data: Any) -> None:
    """Let go of the pages of a memory map, which count as memory of the process otherwise.

    They stay in the cache of the system. Changes that a map in mode "c" holds would be lost.
    """
    pages = getattr(data, "_mmap", None)
    if pages is not None and getattr(data, "mode", "c") in _SHARED:
        advice = getattr(mmap, "MADV_DONTNEED", None)
        if advice is not None and hasattr(pages, "madvise"):
            pages.madvise(advice)
