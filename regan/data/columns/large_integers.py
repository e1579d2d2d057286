"""Large integers: such as codes and counts of nanoseconds, beyond what float64 tells apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, Self

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.identifiers import identifiers, identify_numbers
from regan.data.columns.number import LARGEST_INTEGER, NumberColumn
from regan.data.columns.numbered import NumberedColumn
from regan.data.frames.dataframes import Dtype, objects
from regan.storage.stored import Stored


@dataclass(frozen=True)
class LargeIntegerColumn(NumberedColumn):
    r"""Integers :math:`o + s k` beyond 2**48, held as k from 0 on, which is at most 2**48.

    Attributes
    ----------
    origin, step : int
        o, the least one, and s, the largest number that divides all differences.
    """

    origin: int
    step: int

    kind = "large integer"
    holds = instead = "integers beyond 2**48"

    @property
    def words(self) -> str:
        first, last = self.write(np.array([self.number.low, self.number.high]))
        return f"integer, always {first}" if first == last else f"integer {first}..{last}"

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        if settings.level or cells.is_boolean or cells.is_float or cells.categories is not None:
            return False
        if not (cells.is_integer or (cells.dtype == object and _are_integers(cells.types))):
            return False
        return max(map(abs, _ends(cells))) > LARGEST_INTEGER

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        values = list(map(int, cells.values))
        origin = min(values)
        step = gcd(*(value - origin for value in values)) or 1
        largest = (max(values) - origin) // step
        if largest > LARGEST_INTEGER:
            raise ValueError(
                f"column {cells.name!r} holds integers in a range beyond 2**48, which float64 "
                "cannot distinguish: drop the column if it holds identifiers, else convert it to "
                "float64"
            )
        ticks = np.array([(value - origin) // step for value in values], dtype=np.float64)
        if settings.ids != "keep" and (why := identify_numbers(cells, ticks)):
            raise identifiers(cells.name, why)
        number = NumberColumn.of(cells.name, ticks, settings, integer=True)
        return cls(cells.name, number, origin, step)

    @property
    def labels(self) -> list[str]:
        levels = self.number.levels
        if levels is None:
            return [str(self.name)]
        return [f"{self.name}_{value}" for value in self.write(levels).tolist()]

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        differences = [int(value) - self.origin for value in cells.values]
        return np.array([each / self.step for each in differences], dtype=np.float64)

    def write(self, numbers: np.ndarray) -> np.ndarray:
        ticks = np.rint(numbers).astype(np.int64).tolist()
        return objects([self.origin + self.step * tick for tick in ticks])

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        try:
            return objects([int(text) for text in texts])
        except ValueError as error:
            raise ValueError(f"holds a text that is not an integer: {error}") from error

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.asarray(np.rint(super().decode(encoded)))

    def check_dtype(self, dtype: Dtype) -> None:
        try:
            dtype.series(self.write(self.extremes))
        except (ValueError, OverflowError, TypeError) as error:
            raise ValueError(
                f"column {self.name!r} holds integers that the dtype of the training data, "
                f"{dtype.word}, cannot hold"
            ) from error

    def describe(self, real: np.ndarray, fake: np.ndarray) -> tuple[Any, ...]:
        moments = [self.origin + self.step * rows.mean() for rows in (real, fake)]
        moments += [self.step * rows.std() for rows in (real, fake)]
        return tuple(f"{value:.4g}" for value in moments)

    def export(self) -> dict[str, Any]:
        # JSON's integers are those of float64 elsewhere
        own = {"origin": str(self.origin), "step": str(self.step)}
        return {**own, "number": self.number.export()}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        origin, step, number = stored.fields("origin", "step", "number")
        return cls(name, NumberColumn.restore(name, number), _integer(origin), _integer(step))


def _are_integers(types: frozenset[type]) -> bool:
    integers = all(issubclass(each, (int, np.integer)) for each in types)
    return bool(types) and integers and bool not in types


def _ends(cells: Cells) -> tuple[int, int]:
    values = cells.series.to_numpy() if cells.is_integer else cells.values
    return int(values.min()), int(values.max())


def _integer(stored: Stored) -> int:
    text = stored.text()
    if not text.removeprefix("-").isdecimal() or len(text) > 40:
        stored.refuse("an integer as text")
    return int(text)
