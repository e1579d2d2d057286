"""Values that users ask for in a column, as the numbers that stand for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from regan.data.columns.base import Column
from regan.data.columns.named import reals, some
from regan.data.frames.dataframes import Dtype


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
    def is_learnt(self) -> bool:
        """Whether models make anything of it."""
        return True

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

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole."""
        return False

    @property
    def is_open(self) -> bool:
        """Whether it may be any number between others, none of which is met by chance."""
        return False

    @property
    def holds_tuples(self) -> bool:
        """Whether some of its values are tuples."""
        return False

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
                f"the training data range from {first} to {last}, and generated rows stay in there",
            )

    @contextmanager
    def _named(self) -> Iterator[None]:
        """A context whose errors name the column."""
        try:
            yield
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"conditions: column {self.name!r} {error}") from error


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
    steps : bool
        Whether its numbers are known to be decimals, or steps.
    """

    name: Any
    floating: str
    within: tuple[float, float] | None
    listed: np.ndarray | None = None
    whole: bool = False
    steps: bool = False

    takes_missing = False
    is_ordered = True

    @property
    def ends(self) -> tuple[float, float] | None:
        return self.within if self.listed is None else None

    @property
    def what(self) -> str:
        if self.listed is not None:
            return f"one of {some(self.texts(self.listed))}"
        return "whole numbers" if self.whole else "numbers"

    @property
    def is_whole(self) -> bool:
        return self.whole and self.listed is None

    @property
    def is_open(self) -> bool:
        return not self.whole and not self.steps and self.listed is None

    def numbers(self, values: Sequence[Any]) -> np.ndarray:
        with self._named():
            numbers = reals(values, self.what, booleans=self.whole)
        return numbers.astype(self.floating).astype(np.float64)

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
    def is_learnt(self) -> bool:
        return self.present.n_numbers + self.present.n_levels > 0

    @property
    def present(self) -> Column:
        """The column of cells that are there."""
        return self.column.present

    @property
    def ends(self) -> tuple[float, float] | None:
        return None if self.present.n_levels else self.present.range

    @property
    def is_ordered(self) -> bool:
        return self.present.scale(self.dtype) is not None

    @property
    def what(self) -> str:
        return self.present.choice

    @property
    def is_whole(self) -> bool:
        return not self.present.n_levels and self.present.decimals == 0

    @property
    def is_open(self) -> bool:
        own = self.present
        return own.is_plain and not own.n_levels and not own.has_steps

    @property
    def holds_tuples(self) -> bool:
        return self.present.holds_tuples

    def numbers(self, values: Sequence[Any]) -> np.ndarray:
        with self._named():
            return self.present.named(values, self.dtype)

    def end(self, value: Any) -> float:
        with self._named():
            return self.present.named_end(value, self.dtype)

    def impossible(self, numbers: np.ndarray) -> np.ndarray:
        return ~self.present.held(numbers, self.dtype)

    def texts(self, numbers: np.ndarray) -> list[str]:
        return self.present.texts(numbers)
