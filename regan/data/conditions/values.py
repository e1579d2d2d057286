"""Values that users ask for in a column, as the numbers that stand for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from numbers import Real
from typing import Any, NoReturn

import numpy as np

from regan.data.columns import kind_of
from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.level import LevelColumn
from regan.data.columns.number import NumberColumn
from regan.data.columns.sequence import SequenceColumn
from regan.data.columns.times import TimeColumn
from regan.data.frames.dataframes import Dtype, column_as_pandas, objects

_NAMED = 5
_ROUNDED = 1e-9
_ERRORS = (ValueError, TypeError, OverflowError, AttributeError)


def is_missing(value: Any) -> bool:
    """Whether a value stands for a cell that is missing: None, NaN, NaT or NA."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


class Values(ABC):
    """The values of one column as conditions name them.

    Attributes
    ----------
    name : hashable
    """

    name: Any

    @property
    @abstractmethod
    def takes_missing(self) -> bool:
        """Whether its cells may be missing."""

    @property
    @abstractmethod
    def ends(self) -> tuple[float, float] | None:
        """The range of the training data that rows keep to; None if there is none."""

    @property
    @abstractmethod
    def is_ordered(self) -> bool:
        """Whether ranges mean something."""

    @property
    @abstractmethod
    def what(self) -> str:
        """What its cells hold, in words."""

    @abstractmethod
    def numbers(self, values: Sequence[Any]) -> np.ndarray:
        """The numbers (n,) of values none of which is missing.

        TypeError or ValueError, with the name of the column, for what it cannot hold.
        """

    @abstractmethod
    def impossible(self, numbers: np.ndarray) -> np.ndarray:
        """Which numbers (n,) no row may have, beside those that lie outside of its range."""

    @abstractmethod
    def texts(self, numbers: np.ndarray) -> list[str]:
        """What people call the values that numbers (n,) stand for."""

    def end(self, value: Any) -> float:
        """The number of the end of a range."""
        return float(self.numbers([value])[0])

    def usual(self, numbers: np.ndarray) -> np.ndarray:
        """Which numbers (n,) rows may have."""
        there = ~np.isnan(numbers)
        if self.ends is not None:
            with np.errstate(invalid="ignore"):
                there &= (self.ends[0] <= numbers) & (numbers <= self.ends[1])
        there[there] = ~self.impossible(numbers[there])
        return np.asarray(there)

    def refuse(self, what: str, advice: str = "", kind: type[Exception] = ValueError) -> NoReturn:
        """Raise an error that names the column."""
        raise kind(f"conditions: column {self.name!r} {what}" + (f": {advice}" if advice else ""))

    def check(self, numbers: np.ndarray, values: Sequence[Any], where: str = "") -> None:
        """ValueError for numbers (n,) of `values` that no row can have; where : behind a value."""
        if (bad := self.impossible(numbers)).any():
            value = values[int(bad.argmax())]
            self.refuse(f"cannot be {value!r}{where}", f"it holds {self.what}")
        if self.ends is None:
            return
        low, high = self.ends
        if (bad := (numbers < low) | (numbers > high)).any():
            value = values[int(bad.argmax())]
            first, last = self.texts(np.array([low, high]))
            self.refuse(
                f"cannot be {value!r}{where}",
                f"it was between {first} and {last} in the training data, which rows keep to",
            )

    def _reals(self, values: Sequence[Any], *, booleans: bool = False) -> np.ndarray:
        """Real numbers as such."""
        for value in values:
            is_flag = isinstance(value, (bool, np.bool_)) and not booleans
            if is_flag or not isinstance(value, (Real, np.bool_)):
                self.refuse(
                    f"cannot be {value!r} ({type(value).__name__})",
                    f"it holds {self.what}",
                    TypeError,
                )
        return np.array([float(value) for value in values])


@dataclass(frozen=True)
class PlainValues(Values):
    """Floating numbers of an array, or of a DataFrame of them.

    Attributes
    ----------
    name : hashable
    floating : str
        The dtype of the column.
    within : tuple of float or None
        The range of the training data.
    listed : array or None
        The only ones that occur, where they are levels.
    whole : bool
        Whether the array holds integers or booleans.
    """

    name: Any
    floating: str
    within: tuple[float, float] | None
    listed: np.ndarray | None = None
    whole: bool = False

    takes_missing = False
    is_ordered = True

    @property
    def ends(self) -> tuple[float, float] | None:
        return self.within if self.listed is None else None

    @property
    def what(self) -> str:
        if self.listed is not None:
            return f"one of {_some(self.texts(self.listed))}"
        return "whole numbers" if self.whole else "numbers"

    def numbers(self, values: Sequence[Any]) -> np.ndarray:
        return self._reals(values, booleans=self.whole).astype(self.floating).astype(np.float64)

    def impossible(self, numbers: np.ndarray) -> np.ndarray:
        if self.listed is not None:
            return ~np.isin(numbers, self.listed)
        if self.whole:
            return np.asarray(numbers != np.rint(numbers))
        return np.zeros(len(numbers), dtype=bool)

    def texts(self, numbers: np.ndarray) -> list[str]:
        return [f"{number:.15g}" for number in numbers]


@dataclass(frozen=True)
class ColumnValues(Values):
    """Values of a column of a table that an encoder reads.

    Attributes
    ----------
    column : Column
    dtype : Dtype
    """

    column: Column
    dtype: Dtype

    @property
    def name(self) -> Any:
        return self.column.name

    @property
    def takes_missing(self) -> bool:
        return self.column.takes_missing

    @property
    def is_numbered(self) -> bool:
        """Whether rows are numbered anew."""
        return isinstance(self.column.present, SequenceColumn)

    @property
    def ends(self) -> tuple[float, float] | None:
        return None if self.column.present.n_levels else self.column.present.range

    @property
    def is_ordered(self) -> bool:
        return self.column.present.scale(self.dtype) is not None

    @property
    def what(self) -> str:
        present = self.column.present
        if present.n_levels:
            return f"one of {_some(present.texts(present.extremes))}"
        if isinstance(present, NumberColumn):
            return "whole numbers" if present.integer else "numbers"
        return present.holds

    def numbers(self, values: Sequence[Any]) -> np.ndarray:
        present = self.column.present
        if isinstance(present, NumberColumn):
            numbers = self._reals(values)
            return numbers.astype(self.dtype.floating).astype(np.float64)
        if isinstance(present, LevelColumn):
            return self._codes(present, values)
        for series in self._readings(values):
            cells = Cells(self.name, series)
            with suppress(*_ERRORS):
                kind = kind_of(cells, ColumnSettings())
                if kind is not None and present.takes(kind) and not cells.missing.any():
                    return present.read(cells, unseen=True)
        return self.refuse(
            f"cannot be {_some(map(repr, values))}", f"it holds {self.what}", TypeError
        )

    def _codes(self, column: LevelColumn, values: Sequence[Any]) -> np.ndarray:
        known = {level: code for code, level in enumerate(column.levels.tolist())}
        for value in values:
            with suppress(TypeError):
                if value in known:
                    continue
            self.refuse(
                f"cannot be {value!r}, a level that was not in the training data",
                f"known are {_some(map(repr, known))}",
            )
        return np.array([known[value] for value in values], dtype=np.float64)

    def _readings(self, values: Sequence[Any]) -> Iterator[Any]:
        """Columns of pandas that the values may mean, one after the other."""
        pandas = import_module("pandas")
        plain = pandas.Series(objects(list(values)), dtype=object)
        yield plain
        with suppress(*_ERRORS):
            yield pandas.Series(list(values))
        numbers = [isinstance(value, Real) for value in values]
        is_time = isinstance(self.column.present, TimeColumn)
        if is_time and any(numbers):
            return
        if all(isinstance(value, (str, Real)) for value in values):
            with suppress(*_ERRORS):
                texts = self.column.present.parse([str(value) for value in values])
                yield column_as_pandas(self.dtype.series(texts))
        with suppress(*_ERRORS):
            yield plain.astype(column_as_pandas(self._some_cells()).dtype)

    def _some_cells(self) -> Any:
        present = self.column.present
        return self.dtype.series(present.write(present.extremes))

    def end(self, value: Any) -> float:
        present, order = self.column.present, self.dtype.order
        if not isinstance(present, LevelColumn) or present.is_binary or order is None:
            return super().end(value)
        if value not in order:
            self.refuse(f"has no level {value!r}", f"its order is {_some(map(repr, order))}")
        # between those that occurred, for one that did not
        places = [order.index(level) for level in present.levels.tolist()]
        return float(np.interp(order.index(value), places, range(len(places)), -0.5, len(places)))

    def impossible(self, numbers: np.ndarray) -> np.ndarray:
        present = self.column.present
        if isinstance(present, NumberColumn) and not present.n_levels:
            return np.asarray((numbers != np.rint(numbers)) & present.integer)
        if present.n_levels:
            return present.unseen(numbers)
        if isinstance(present, TimeColumn):
            return np.asarray(numbers != np.rint(numbers))
        try:
            return ~self._comes_back(numbers)
        except _ERRORS:  # one value that cannot be written keeps others from it
            return np.array([not self._can_be_held(number) for number in numbers], dtype=bool)

    def _can_be_held(self, number: float) -> bool:
        try:
            return bool(self._comes_back(np.array([number])).all())
        except _ERRORS:
            return False

    def _comes_back(self, numbers: np.ndarray) -> np.ndarray:
        """Which numbers (n,) are read again from what is written for them."""
        present = self.column.present
        if not len(numbers):
            return np.ones(0, dtype=bool)
        cells = Cells(self.name, column_as_pandas(self.dtype.series(present.write(numbers))))
        again = present.read(cells, unseen=True)
        return np.asarray(np.isclose(again, numbers, rtol=_ROUNDED, atol=_ROUNDED))

    def texts(self, numbers: np.ndarray) -> list[str]:
        return self.column.present.texts(numbers)


def _some(words: Any) -> str:
    """A few of some words."""
    listed = list(words)
    more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + more
