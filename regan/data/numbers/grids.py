"""What all numbers of a column obey: whole numbers, decimals, steps, a few values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.numbers.long_rows import LongRows
from regan.data.numbers.patterns import few_values
from regan.storage.stored import Stored

_MAX_DECIMALS = 6
_LARGEST = 2.0**53
_EVIDENCE = np.log(1000)


@dataclass(frozen=True)
class Grid:
    r"""The numbers :math:`(o + s k) / 10^d` with whole k, or a few given ones.

    Attributes
    ----------
    decimals : int
        d, at most 6.
    step, offset : int
        s > 0 and o.
    values : array of shape (M,) or None
        The only ones that occur, increasing; the rest has no meaning then.
    dtype : str
        In which the numbers were given, if that is floating: they are those of the grid as far as
        it can tell.
    """

    decimals: int = 0
    step: int = 1
    offset: int = 0
    values: np.ndarray | None = None
    dtype: str = "float64"

    @classmethod
    def learn(cls, numbers: np.ndarray, dtype: str = "float64") -> Self | None:
        """Of `numbers` (n,), finite; None if they obey no grid.

        dtype : in which they were given, whose rounding is allowed for.

        At most 20 different values that occur ten times on the average are all that there is,
        between the least and the largest. Else a grid has as few decimals as all numbers have, at
        most 6, and steps of s units if so many different numbers agree on them that the chance of
        it is 1 in 1,000 or less: s to the power of 2 less than their number.
        """
        values = few_values(numbers)
        few = values is not None
        decimals = _decimals(numbers, np.dtype(dtype))
        if decimals is None:
            return cls(values=values, dtype=dtype) if few else None
        units = np.unique(np.rint(numbers * 10.0**decimals)).astype(np.int64)
        gaps = np.diff(units)
        if few and len(gaps) and (gaps != gaps[0]).any():
            return cls(values=values, dtype=dtype)
        step = int(np.gcd.reduce(gaps)) if len(gaps) else 1
        if not few and (len(gaps) - 1) * np.log(step) < _EVIDENCE:
            step = 1
        return cls(decimals, step, int(units[0]) % step, dtype=dtype)

    @property
    def digits(self) -> int | None:
        """How many decimals its numbers have; None for more than 6."""
        if self.values is None:
            return self.decimals
        return _decimals(self.values, np.dtype(self.dtype))

    def round(self, numbers: np.ndarray, further: int = 0) -> np.ndarray:
        """The nearest ones to `numbers` (n,); further : so many steps above them, of no list."""
        if self.values is not None:
            middle = 0.5 * (self.values[1:] + self.values[:-1])
            return np.asarray(self.values[np.searchsorted(middle, numbers)])
        unit = 10.0**self.decimals
        steps = np.rint((numbers * unit - self.offset) / self.step)
        return np.asarray((self.offset + self.step * (steps + further)) / unit)

    def widened(self, numbers: np.ndarray) -> Self | None:
        """The finest of this and what further `numbers` (n,) obey; None if they obey none."""
        if _same(self.round(numbers), numbers, self.dtype):
            return self
        values = np.concatenate([numbers, self._some()])
        decimals = _decimals(values, np.dtype(self.dtype))
        return None if decimals is None else type(self)(decimals, dtype=self.dtype)

    def _some(self) -> np.ndarray:
        """Values that tell its decimals."""
        if self.values is not None:
            return self.values
        return (self.offset + self.step * np.arange(3.0)) / 10.0**self.decimals

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        return {
            "decimals": self.decimals,
            "step": self.step,
            "offset": self.offset,
            "values": None if self.values is None else self.values.tolist(),
            "dtype": self.dtype,
        }

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        decimals, step, offset, values, dtype = stored.fields(
            "decimals", "step", "offset", "values", "dtype"
        )
        return cls(
            decimals.integer(0, _MAX_DECIMALS),
            step.integer(1),
            offset.integer(-int(_LARGEST)),
            None if values.is_none else values.increasing(),
            dtype.choice("float16", "float32", "float64"),
        )


class Grids:
    """The grids of the columns of a matrix.

    Parameters
    ----------
    grids : sequence of Grid or None
        One for each column.
    """

    def __init__(self, grids: Sequence[Grid | None]) -> None:
        self.grids: tuple[Grid | None, ...] = tuple(grids)
        of_columns = list(enumerate(self.grids))
        self._few = [(j, grid) for j, grid in of_columns if grid and grid.values is not None]
        regular = {j: grid for j, grid in of_columns if grid and grid.values is None}
        self._columns = np.array([*regular], dtype=np.int64)
        self._others = np.array([j for j, _ in of_columns if j not in regular], dtype=np.int64)
        # where they are many, all columns are rounded in place, and the others kept aside
        self._in_place = len(self._columns) >= len(self._others)
        in_turn = range(len(of_columns)) if self._in_place else regular
        rounded = [regular.get(j, Grid()) for j in in_turn]
        numbers = [(10.0**grid.decimals, grid.step, grid.offset) for grid in rounded]
        self._numbers = LongRows(*np.array(numbers, dtype=np.float64).reshape(-1, 3).T)
        self._has_units = any(grid.decimals for grid in rounded)
        self._has_steps = any((grid.step, grid.offset) != (1, 0) for grid in rounded)

    def round(self, X: np.ndarray) -> None:
        """Move the numbers `X` (n, D) to the nearest ones of their grids."""
        if not len(self._columns):
            pass
        elif not self._in_place:
            some = X[:, self._columns]
            self._round(some)
            X[:, self._columns] = some
        else:
            kept = X[:, self._others]
            self._round(X)
            X[:, self._others] = kept
        for j, grid in self._few:
            X[:, j] = grid.round(X[:, j])

    def _round(self, X: np.ndarray) -> None:
        """The same of a matrix in which every column has a grid without a list."""
        wide, unit, step, offset = self._numbers.over(X)
        if self._has_units:
            wide *= unit
        if self._has_steps:
            wide -= offset
            wide /= step
        np.rint(wide, out=wide)
        if self._has_steps:
            wide *= step
        wide += offset  # also 0, which leaves no negative zero
        if self._has_units:
            wide /= unit

    def widened(self, X: np.ndarray) -> Grids:
        """Those that further numbers `X` (n, D) obey as well."""
        return Grids(
            [grid and grid.widened(column) for grid, column in zip(self.grids, X.T, strict=True)]
        )


def _decimals(numbers: np.ndarray, dtype: np.dtype[Any]) -> int | None:
    """How many decimals `numbers` (n,) have, as far as `dtype` can tell; None for too many."""
    largest = float(np.abs(numbers).max())
    for decimals in range(_MAX_DECIMALS + 1):
        unit = 10.0**decimals
        if largest * unit >= _LARGEST:
            return None
        spacing = np.spacing(np.asarray(largest, dtype=dtype if dtype.kind == "f" else float))
        if decimals and spacing > 0.1 / unit:  # finer than the dtype tells
            return None
        if all(_obeys(part, unit, dtype) for part in (numbers[:100], numbers)):
            return decimals
    return None


def _obeys(numbers: np.ndarray, unit: float, dtype: np.dtype[Any]) -> bool:
    return _same(np.rint(numbers * unit) / unit, numbers, dtype)


def _same(one: np.ndarray, other: np.ndarray, dtype: Any) -> bool:
    """Whether two arrays are the same in a floating dtype."""
    if np.dtype(dtype).kind != "f":
        return np.array_equal(one, other)
    return np.array_equal(one.astype(dtype), other.astype(dtype))
