"""A column that is predicted: found by its name, hidden in a table, written as it was."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from regan.data.close_names import did_you_mean
from regan.data.conditions.given import values_of
from regan.data.conditions.values import ColumnValues, PlainValues, Values
from regan.data.containers import Container, column_names, frame_of
from regan.data.faults import in_words
from regan.data.frames.dataframes import as_pandas, is_frame, objects
from regan.data.frames.libraries import library
from regan.data.frames.no_table import check_table
from regan.data.reader import Reader
from regan.data.table_scaler import TableScaler

_WHY = "columns are predicted through pandas"


@dataclass(frozen=True)
class PredictedColumn:
    """A column of a table, by its position.

    Attributes
    ----------
    reader : Reader
    place : int
    """

    reader: Reader
    place: int

    @classmethod
    def of(cls, reader: Reader, name: Any) -> Self:
        """By its name, or by its position in an array.

        ValueError if there is none, or if nothing was learned of it.
        """
        names = list(reader.names)
        for place, own in enumerate(names):
            same = own is name or (type(own) is type(name) and own == name)
            if same or (isinstance(name, np.integer) and own == int(name)):
                return cls(reader, place)._learnt()
        meant = did_you_mean([name], names)
        hint = f": {meant}" if meant else f", only {in_words(names)}"
        raise ValueError(f"column: the training data had no column {name!r}{hint}")

    def _learnt(self) -> Self:
        column = self._column
        if column is not None and not column.is_learnt:
            raise ValueError(
                f"column {self.name!r} cannot be predicted: the model learned nothing about it"
            )
        return self

    @property
    def name(self) -> Any:
        return self.reader.names[self.place]

    @cached_property
    def _values(self) -> Values:
        return values_of(self.reader)[self.place]

    @property
    def _column(self) -> Any:
        """What was learned of the cells that are there; None of floating numbers."""
        return self._values.column.present if isinstance(self._values, ColumnValues) else None

    @cached_property
    def levels(self) -> np.ndarray:
        """The numbers (L,) that stand for its levels, increasing; none of a column without."""
        if isinstance(self._values, PlainValues):
            return np.empty(0) if self._values.listed is None else self._values.listed
        column = self._column
        return np.asarray(column.extremes, dtype=np.float64) if column.n_levels else np.empty(0)

    @property
    def is_number(self) -> bool:
        """Whether means of it are numbers of any value."""
        return isinstance(self._values, PlainValues) or bool(self._column.is_plain)

    @property
    def block(self) -> int | None:
        """Which block of the matrix has its levels; None if they depend on other columns too."""
        scaler = self.reader.scaler
        if not isinstance(scaler, TableScaler) or not len(self.levels):
            return None
        encoder, place = scaler.encoder, self.place
        if any(place in coding.reads | coding.writes for coding in encoder.codings_):
            return None
        positions = [getattr(block, "position", None) for block in encoder.blocks]
        return positions.index(place) if place in positions else None

    def checked(self, statistic: str | float | None) -> str | float:
        """The statistic, or the usual one. ValueError for one that the column has not."""
        if statistic is None:
            statistic = "mean" if self.is_number or not len(self.levels) else "mode"
        if statistic == "mode" and not len(self.levels):
            raise ValueError(
                f"column {self.name!r} has no levels, so it has no probabilities of levels: call "
                "predict_column for its mean, median and quantiles"
            )
        if statistic != "mode" and len(self.levels) and not self.is_number:
            raise ValueError(
                f"column {self.name!r} holds levels, which have no statistic={statistic!r}: leave "
                "statistic out for the most frequent level, or call conditional_proba for the "
                "probabilities of all levels"
            )
        return statistic

    def shares(self, drawn: np.ndarray) -> np.ndarray:
        """The shares (m, L) of its levels in draws (T, m)."""
        return counted(drawn, self.levels) / len(drawn)

    # What users get

    def written(self, numbers: np.ndarray, *, as_levels: bool) -> Any:
        """Numbers (n,) as a column of the library of the training data, or an array.

        Levels and times have its dtype; as_levels : whether numbers are levels too.
        """
        if self.is_number and not as_levels:
            return self._boxed(numbers)
        return self._boxed(self._cells(numbers))

    def _cells(self, numbers: np.ndarray) -> Any:
        if not isinstance(self._values, ColumnValues):
            return numbers
        column = self._column
        if not column.n_levels:  # times
            numbers = column.decode(column.encode(numbers))
        return self._values.dtype.series(column.write(numbers))

    def _boxed(self, cells: Any) -> Any:
        kind = self._kind
        if kind == "array":
            return cells.to_numpy() if hasattr(cells, "to_numpy") else cells
        frames = library(kind, f"the model was fitted to a table of {kind}")
        if kind == "pandas":
            return frames.Series(cells, name=self.name)
        if kind == "polars":
            return frames.Series(self.name, cells)
        return frames.array(cells) if isinstance(cells, np.ndarray) else cells

    @property
    def _kind(self) -> str:
        container = self.reader.container
        if container.is_array:
            return "array"
        return container.kind if isinstance(container, Container) else container.encoder.library

    def framed(self, chances: np.ndarray) -> Any:
        """Chances (n, L) as a DataFrame whose columns are the levels; of arrays beside these."""
        if self._kind == "array":
            return chances, self._boxed(self._cells(self.levels))
        levels, column = self.levels, self._column
        names = (levels if column is None else column.write(levels)).tolist()
        if self._kind == "pandas":
            pandas = library("pandas", _WHY)
            columns = pandas.Index(objects(names), dtype=object, name=self.name)
            return pandas.DataFrame(chances, columns=columns.infer_objects())
        titles = (None,)
        return frame_of(list(chances.T), self._kind, tuple(map(str, names)), titles)


def counted(drawn: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """How often each of some levels (L,), increasing, occurs in draws (T, m): (m, L)."""
    counts = np.zeros((drawn.shape[1], len(levels)))
    rows = np.arange(drawn.shape[1])
    for draw in drawn:
        counts[rows, np.searchsorted(levels, draw)] += 1
    return counts


def without_column(reader: Reader, X: Any, place: int) -> Any:
    """`X` with missing cells in the column at a position of the training data.

    A DataFrame may lack the column; it becomes one of pandas.
    """
    check_table(X)
    if not is_frame(X):
        return _hidden(X, place)
    names = column_names(X)
    name = reader.names[place]
    if len(set(names)) < len(names):
        return X  # which is refused
    table = as_pandas(X).copy(deep=False)
    blank = library("pandas", _WHY).Series(
        np.full(len(table), None), index=table.index, dtype=object
    )
    if reader.container.is_array:
        if place < len(names):
            table.isetitem(place, blank)
    elif name in names:
        table.isetitem(names.index(name), blank)
    else:
        table.insert(min(place, len(names)), name, blank)
    return table


def _hidden(X: Any, place: int) -> Any:
    array = X if isinstance(X, np.ndarray) or hasattr(X, "toarray") else np.asarray(X)
    if array.ndim != 2 or place >= array.shape[1] or hasattr(X, "toarray"):
        return X  # which is refused
    if array.dtype.kind in "US":
        array = np.asarray(X, dtype=object)
    array = array.astype(array.dtype if array.dtype.kind in "fO" else np.float64)
    array[:, place] = np.nan
    return array
