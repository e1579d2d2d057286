"""Decimals: exact numbers with a fixed number of places, as of money in databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Self

import numpy as np

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.number import NumberColumn
from regan.data.columns.numbered import NumberedColumn
from regan.data.columns.scale import Scale
from regan.data.faults import Faults, refused
from regan.data.frames.dataframes import Dtype, objects
from regan.data.numbers.grids import Grid
from regan.storage.stored import Stored

_EXACT = 2**53
_MOST_PLACES = 15


@dataclass(frozen=True)
class DecimalColumn(NumberedColumn):
    """Decimals, held as numbers, and written with as many places as the data have.

    Attributes
    ----------
    places : int
        Digits behind the point.
    """

    places: int

    kind = "decimal"
    holds = instead = "decimals"

    @property
    def words(self) -> str:
        first, last = self.write(np.array([self.number.low, self.number.high]))
        return f"decimal, always {first}" if first == last else f"decimal {first}..{last}"

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        return not settings.level and cells.dtype == object and cells.types == {Decimal}

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        _check(cells)
        places = max(0, *(-int(value.as_tuple().exponent) for value in cells.values))
        largest = max(abs(value) for value in cells.values)
        if places > _MOST_PLACES or largest.scaleb(places) >= _EXACT:
            raise refused(
                cells.name,
                f"holds decimals of more than 15 digits, such as {largest}",
                "round them, or convert the column to float64",
            )
        return cls(cells.name, NumberColumn.of(cells.name, _floats(cells), settings), places)

    @classmethod
    def survey(cls, cells: Cells) -> np.ndarray | None:
        return _floats(cells)

    def takes(self, kind: type[Column]) -> bool:
        return kind in (DecimalColumn, NumberColumn)

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        _check(cells)
        return _floats(cells)

    def write(self, numbers: np.ndarray) -> np.ndarray:
        unit = Decimal(1).scaleb(-self.places)
        return objects([Decimal(repr(number)).quantize(unit) for number in numbers.tolist()])

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        return self.write(np.array([_number(text) for text in texts], dtype=np.float64))

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.asarray(np.round(super().decode(encoded), self.places))

    def scale(self, dtype: Dtype) -> Scale:
        plain = self.number.scale(dtype)
        return replace(plain, grid=plain.grid or Grid(self.places))

    def export(self) -> dict[str, Any]:
        return {"places": self.places, "number": self.number.export()}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        places, number = stored.fields("places", "number")
        column = cls(name, NumberColumn.restore(name, number), places.integer(0, _MOST_PLACES))
        if np.abs(column.extremes).max() * 10.0**column.places >= _EXACT:
            number.refuse("a column of decimals of 15 digits")
        return column


def _check(cells: Cells) -> None:
    """ColumnsError for decimals that are infinite."""
    faults = Faults()
    infinite = [isinstance(v, Decimal) and not v.is_finite() for v in cells.values]
    faults.cells("inf", (cells.name,), np.array(infinite, dtype=bool)[:, None])
    faults.refuse()


def _floats(cells: Cells) -> np.ndarray:
    return np.array([float(value) for value in cells.values], dtype=np.float64)


def _number(text: str) -> float:
    try:
        number = float(Decimal(text))
    except InvalidOperation:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"holds {text!r}, which is no finite number")
    return number
