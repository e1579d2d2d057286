"""Class labels of rows that are not in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from regan.data.label_form import LabelForm
from regan.data.labels import Classes, check_labels, plain_labels
from regan.streams.parquet_source import ParquetSource
from regan.streams.source import Source

_ROWS = 2**16


class ClassSource:
    """Class labels, one for each row of a source, that are read by blocks as the rows are.

    Parameters
    ----------
    source : Source
    y : array-like of shape (N,), or str
        In memory, or anything with `shape` and slices; of Parquet also the name of the column that
        the source leaves out.
    """

    def __init__(self, source: Source, y: Any) -> None:
        self._source, self._y = source, y
        self.of_column = isinstance(y, str)
        self._classes: Classes | None = None
        if not self.of_column:
            self._y = y = y if _is_sliceable(y) else plain_labels(y)
            check_consistent_length(np.broadcast_to(0, (source.n_rows, 1)), y)

    def survey(self) -> tuple[Classes, np.ndarray]:
        """The classes of all rows, how often each occurs, and the number of a row of each."""
        counts: dict[Any, int] = {}
        rows: dict[Any, int] = {}
        form, dtype, first = None, None, 0
        for piece in self._pieces():
            labels = check_labels(piece, piece)
            values, places, times = np.unique(labels, return_index=True, return_counts=True)
            dtype = values.dtype if dtype is None else np.promote_types(dtype, values.dtype)
            for value, n in zip(values.tolist(), times.tolist(), strict=True):
                counts[value] = counts.get(value, 0) + n
            for value, place in zip(values.tolist(), places.tolist(), strict=True):
                rows.setdefault(value, first + place)
            form = LabelForm.of(piece) if form is None else form
            first += len(piece)
        try:
            known = sorted(counts)
        except TypeError as error:
            raise TypeError(f"y holds labels of different types, which have no order: {error}")
        labels = np.array(known, dtype=dtype)
        shares = np.array([counts[label] for label in known]) / first
        return Classes(labels, shares, form), np.array([rows[label] for label in known])

    def take(self, classes: Classes) -> ClassSource:
        """The same, whose codes are positions in these classes."""
        self._classes = classes
        return self

    def labels_at(self, rows: np.ndarray) -> np.ndarray:
        """The labels of rows, by their numbers among all, ascending: (k,)."""
        found, first = [], 0
        for piece in self._pieces():
            low, high = np.searchsorted(rows, [first, first + len(piece)])
            if high > low:
                found.append(check_labels(piece, piece)[rows[low:high] - first])
            first += len(piece)
        return np.concatenate(found)

    def codes(self, block: int, positions: np.ndarray) -> np.ndarray:
        """The positions of the classes of rows at `positions` (k,) of a block."""
        assert self._classes is not None
        if self.of_column:
            assert isinstance(self._source, ParquetSource)
            labels = self._source.labels(block, positions)
        else:
            first = int(self._source.starts[block])
            labels = _at(self._y, first + positions)
        return self._classes.codes(labels, len(positions))

    def _pieces(self) -> Iterator[Any]:
        if self.of_column:
            assert isinstance(self._source, ParquetSource)
            yield from self._source.label_pieces()
            return
        n = self._source.n_rows
        for first in range(0, n, _ROWS):
            yield self._y[first : min(first + _ROWS, n)]


def _is_sliceable(y: Any) -> bool:
    return hasattr(y, "shape") and hasattr(y, "dtype") and not isinstance(y, np.ndarray)


def _at(y: Any, rows: np.ndarray) -> Any:
    """Labels at some rows, which lie within one block."""
    if isinstance(y, np.ndarray):
        return y[rows]
    low, high = int(rows.min()), int(rows.max()) + 1
    return np.asarray(y[low:high])[rows - low]
