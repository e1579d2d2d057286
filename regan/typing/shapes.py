"""What arguments and results look like: tables, lists, pairs, strengths.

The type of a table says what can be checked without knowing the library that it comes from: it has
a length, a shape, or the method by which NumPy makes an array of it. What a model gives back has
the container of its training data, which only the running program knows: it is typed as Any.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence, Sized
from typing import Any, Protocol, SupportsIndex, TypeAlias, TypeVar

import numpy as np

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class ListOf(Protocol[T_co]):
    """A list, of items of a type or of its subtypes; a tuple is none, as it stands for a pair."""

    def __iter__(self) -> Iterator[T_co]:
        """The items."""

    def __len__(self) -> int:
        """How many there are."""

    def pop(self, index: SupportsIndex = ..., /) -> T_co:
        """What a list has and a tuple has not."""


class _HasShape(Protocol):
    """An array or a DataFrame."""

    @property
    def shape(self) -> Any: ...


class _HasArray(Protocol):
    """What NumPy makes an array of."""

    def __array__(self) -> Any: ...


PerNetwork: TypeAlias = T | tuple[T, T]
"""One value for both networks, or a pair."""

Several: TypeAlias = T | ListOf[T] | None
"""One thing, a list of things, or None."""

Widths: TypeAlias = int | Sequence[int] | np.ndarray
"""The width of one hidden layer, or those of several."""

AxisValues: TypeAlias = Sequence[T] | np.ndarray
"""The values of an axis of a search."""

Strength: TypeAlias = float | Sequence[float] | np.ndarray
"""A strength, or one for each model of a population."""

RandomState: TypeAlias = int | np.random.RandomState | None

TableLike: TypeAlias = Sized | _HasShape | _HasArray
"""An array-like or a DataFrame."""

LabelsLike: TypeAlias = TableLike | Hashable
"""Class labels, one a row or one for all rows."""

ConditionsLike: TypeAlias = Mapping[Any, Any] | TableLike
"""What some cells are: a mapping by column, or a table."""

ColumnName: TypeAlias = Hashable
"""The name of a column, or its position."""

AnyTable: TypeAlias = Any
"""An array or a DataFrame, as the training data were."""
