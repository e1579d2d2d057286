"""Class labels of rows that are not in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from regan.data.frames.dataframes import columns_of_frame, is_frame, objects
from regan.data.label_form import LabelForm
from regan.data.labels import Classes, check_labels
from regan.files.extras import pyarrow
from regan.streams.parquet_source import ParquetSource
from regan.streams.source import ChangedError, Source

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
        self._source, self._classes = source, Classes(np.empty(0), np.empty(0))
        self._column: ParquetSource | None = None
        self._given = y
        if isinstance(y, str):
            if not isinstance(source, ParquetSource):
                raise TypeError(
                    f"y={y!r} can be the name of a column only for Parquet files, and X is "
                    f"{source.describe()}: give the labels"
                )
            self._column = source
        elif y is None:
            check_labels(y, y)
        else:
            check_consistent_length(np.broadcast_to(0, (source.n_rows, 1)), y)
            (y,) = columns_of_frame(y) if is_frame(y) and len(columns_of_frame(y)) == 1 else (y,)
        self._y = y

    def survey(self) -> tuple[Classes, np.ndarray]:
        """The classes of all rows, how often each occurs, and the number of a row of each."""
        counts: dict[Any, int] = {}
        rows: dict[Any, int] = {}
        form, dtype, first = None, None, 0
        for piece in self._pieces():
            labels, codes = self._coded(piece, first)
            dtype = labels.dtype if dtype is None else np.promote_types(dtype, labels.dtype)
            form = self._form(piece) if first == 0 else form
            times = np.bincount(codes, minlength=len(labels)).tolist()
            places = np.zeros(len(labels), dtype=np.int64)
            places[codes[::-1]] = first + np.arange(len(codes))[::-1]
            for label, n, place in zip(labels.tolist(), times, places.tolist(), strict=True):
                counts[label] = counts.get(label, 0) + n
                rows.setdefault(label, place)
            first += len(codes)
        try:
            known = sorted(counts)
        except TypeError as error:
            raise TypeError(
                f"y holds labels of different types, which have no order: {error}. Convert all to "
                "one type"
            ) from None
        is_object = dtype is not None and dtype.kind == "O"
        found = objects(known) if is_object else np.array(known, dtype=dtype)
        shares = np.array([counts[label] for label in known]) / first
        return Classes(found, shares, form), np.array([rows[label] for label in known])

    def known(self, classes: Classes) -> ClassSource:
        """The same, whose codes are positions in these classes."""
        self._classes = classes
        return self

    def labels_at(self, rows: np.ndarray) -> np.ndarray:
        """The labels of rows, by their numbers among all, ascending: (k,)."""
        found, first = [], 0
        for piece in self._pieces():
            low, high = np.searchsorted(rows, [first, first + len(piece)])
            if high > low:
                labels, codes = self._coded(_taken(piece, rows[low:high] - first), first)
                found.append(labels[codes])
            first += len(piece)
        return np.concatenate(found)

    def codes(self, block: int, positions: np.ndarray) -> np.ndarray:
        """The positions of the classes of rows at `positions` (k,) of a block.

        ChangedError, with the block, for labels that are no classes.
        """
        first = int(self._source.starts[block])
        if self._column is not None:
            piece = self._column.labels(block, positions)
        else:
            low, high = int(positions.min()), int(positions.max()) + 1
            piece = _taken(_part(self._y, first + low, first + high), positions - low)
        try:
            labels, codes = self._coded(piece, first)
            found: np.ndarray = self._classes.codes(labels, len(labels))[codes]
        except ValueError as error:
            raise ChangedError(f"{self._source.place(block)}: {error}") from error
        return found

    def _pieces(self) -> Iterator[Any]:
        """Labels in order, some rows at a time: columns of pyarrow of Parquet."""
        if self._column is not None:
            for block in range(len(self._source.lengths)):
                yield from self._column.label_pieces(block)
            return
        n = self._source.n_rows
        for first in range(0, n, _ROWS):
            yield _part(self._y, first, min(first + _ROWS, n))

    def _form(self, piece: Any) -> LabelForm | None:
        if self._column is None:
            return LabelForm.of(self._given)
        return LabelForm.of(self._column.label_series(piece))

    def _coded(self, piece: Any, first: int) -> tuple[np.ndarray, np.ndarray]:
        """Different labels, and the position of each of a piece among them."""
        last = first + len(piece) - 1
        try:
            if self._column is None:
                return np.unique(check_labels(piece, piece), return_inverse=True)
            return self._coded_column(piece)
        except (ValueError, TypeError) as error:
            if isinstance(error, ChangedError):
                raise
            raise type(error)(f"labels of rows {first} to {last}: {error}") from error

    def _coded_column(self, column: Any) -> tuple[np.ndarray, np.ndarray]:
        assert self._column is not None
        if column.null_count:
            raise ValueError(
                f"Input y contains NaN, infinity or None in {column.null_count} of {len(column)} "
                "rows: every row needs a class label"
            )
        coded = column.dictionary_encode()
        if isinstance(coded, pyarrow().ChunkedArray):
            coded = coded.unify_dictionaries().combine_chunks()
        used, codes = np.unique(coded.indices.to_numpy(), return_inverse=True)
        # three of each: scikit-learn warns where most labels differ
        some = coded.dictionary.take(pyarrow().array(np.tile(used, 3)))
        series = self._column.label_series(some)
        return check_labels(series, series)[: len(used)], codes


def _part(y: Any, first: int, end: int) -> Any:
    """Labels of some rows, in the form in which all came."""
    if type(y).__module__.partition(".")[0] == "pandas" and hasattr(y, "iloc"):
        return y.iloc[first:end]
    part = y[first:end]
    whose = type(part).__module__.partition(".")[0]
    plain = isinstance(part, (list, tuple)) or whose in ("pandas", "polars", "pyarrow")
    return part if plain else np.asarray(part)


def _taken(piece: Any, positions: np.ndarray) -> Any:
    """Some labels, by position."""
    if isinstance(piece, (list, tuple)):
        return [piece[i] for i in positions.tolist()]
    if hasattr(piece, "iloc"):
        return piece.iloc[positions]
    if type(piece).__module__.partition(".")[0] == "pyarrow":
        return piece.take(pyarrow().array(positions))
    return piece[positions]
