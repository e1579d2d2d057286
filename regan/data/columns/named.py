"""Values of a column that users name one by one, as the numbers that stand for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from regan.data.columns.cells import Cells
from regan.data.frames.dataframes import Dtype, column_as_pandas, objects

_NAMED = 5
_ROUNDED = 1e-9
_ERRORS = (ValueError, TypeError, OverflowError, AttributeError)


class Named(ABC):
    """What a column makes of values that are named one by one, none of which is missing.

    Errors have words that follow the column's name. A kind whose values are read otherwise than the
    cells of a table overrides `named`.
    """

    name: Any
    holds: ClassVar[str]

    n_levels: Any

    @property
    @abstractmethod
    def extremes(self) -> np.ndarray:
        """Numbers (n,), among which are the ends of what the column may hold."""

    @abstractmethod
    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        """One number (n,) for each of the cells."""

    @abstractmethod
    def write(self, numbers: np.ndarray) -> np.ndarray:
        """The values (n,) of such numbers."""

    @abstractmethod
    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """The values (n,) that texts mean."""

    @abstractmethod
    def texts(self, numbers: np.ndarray) -> list[str]:
        """What people call the values that numbers (n,) stand for."""

    @abstractmethod
    def unseen(self, numbers: np.ndarray) -> np.ndarray:
        """Which of `numbers` (n,) stand for a level that was not in the training data."""

    @abstractmethod
    def may_be(self, cells: Cells) -> bool:
        """Whether cells are of its kind."""

    @property
    def holds_tuples(self) -> bool:
        """Whether some of its values are tuples."""
        return False

    @property
    def choice(self) -> str:
        """What its cells may be, in words."""
        if self.n_levels:
            return f"one of {some(self.texts(self.extremes))}"
        return str(self.holds)

    def named(self, values: Sequence[Any], dtype: Dtype) -> np.ndarray:
        """The numbers (n,) of values; dtype : of the column in the table.

        TypeError or ValueError for values of other kinds.
        """
        for series in self._readings(values, dtype):
            cells = Cells(self.name, series)
            with suppress(*_ERRORS):
                if not cells.missing.any() and self.may_be(cells):
                    return self.read(cells, unseen=True)
        raise TypeError(f"cannot be {some(map(repr, values))}: it holds {self.choice}")

    def named_end(self, value: Any, dtype: Dtype) -> float:
        """The number of the end of a range."""
        return float(self.named([value], dtype)[0])

    def held(self, numbers: np.ndarray, dtype: Dtype) -> np.ndarray:
        """Which numbers (n,) a row may have, wherever they lie."""
        if self.n_levels:
            return ~self.unseen(numbers)
        try:
            return self._comes_back(numbers, dtype)
        except _ERRORS:  # one value that cannot be written keeps others from it
            return np.array([self._is_held(number, dtype) for number in numbers], dtype=bool)

    def _is_held(self, number: float, dtype: Dtype) -> bool:
        try:
            return bool(self._comes_back(np.array([number]), dtype).all())
        except _ERRORS:
            return False

    def _comes_back(self, numbers: np.ndarray, dtype: Dtype) -> np.ndarray:
        """Which numbers (n,) are read again from what is written for them."""
        if not len(numbers):
            return np.ones(0, dtype=bool)
        cells = Cells(self.name, column_as_pandas(dtype.series(self.write(numbers))))
        again = self.read(cells, unseen=True)
        return np.asarray(np.isclose(again, numbers, rtol=_ROUNDED, atol=_ROUNDED))

    def _is_certain(self, value: Any) -> bool:
        """Whether pandas reads a value in one way: no number as a date, and no "05/01/2026"."""
        return not isinstance(value, (Real, str))

    def _readings(self, values: Sequence[Any], dtype: Dtype) -> Iterator[Any]:
        """Columns of pandas that values may mean, one after the other."""
        pandas = import_module("pandas")
        plain = pandas.Series(objects(list(values)), dtype=object)
        yield plain
        with suppress(*_ERRORS):
            yield pandas.Series(list(values))
        if all(isinstance(value, (str, Real)) for value in values):
            with suppress(*_ERRORS):
                texts = self.parse([str(value) for value in values])
                yield column_as_pandas(dtype.series(texts))
        if all(self._is_certain(value) for value in values):
            with suppress(*_ERRORS):
                yield plain.astype(column_as_pandas(dtype.series(self.write(self.extremes))).dtype)


def reals(values: Sequence[Any], choice: str, *, booleans: bool = False) -> np.ndarray:
    """Real numbers as such; TypeError, with what there may be in words, for others."""
    for value in values:
        is_flag = isinstance(value, (bool, np.bool_)) and not booleans
        if is_flag or not isinstance(value, (Real, np.bool_)):
            raise TypeError(f"cannot be {value!r} ({type(value).__name__}): it holds {choice}")
    return np.array([float(value) for value in values])


def some(words: Any) -> str:
    """A few of some words."""
    listed = list(words)
    more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
    return ", ".join(listed[:_NAMED]) + more
