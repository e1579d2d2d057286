"""Formatted numbers: money, percentages and separated thousands in text, written as they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.number import NumberColumn
from regan.data.columns.numbered import NumberedColumn
from regan.data.columns.scale import Scale
from regan.data.frames.dataframes import Dtype, objects
from regan.data.numbers.grids import Grid
from regan.data.numbers.written import Writing
from regan.storage.stored import Stored


@dataclass(frozen=True)
class FormattedColumn(NumberedColumn):
    """Texts that are numbers, all written in one way; held as the numbers.

    Attributes
    ----------
    writing : Writing
    """

    writing: Writing

    kind = "formatted number"
    holds = instead = "formatted numbers"
    takes_text = True

    @property
    def labels(self) -> list[str]:
        if self.number.levels is None:
            return [str(self.name)]
        return [f"{self.name}_{text}" for text in self.write(self.number.levels)]

    @property
    def words(self) -> str:
        first, last = self.write(np.array([self.number.low, self.number.high]))
        return f"number, always {first}" if first == last else f"number {first}..{last}"

    @property
    def identity(self) -> list[Any]:
        return [*super().identity, *self.writing.export().values()]

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        if settings.level or settings.numbered or cells.categories is not None:
            return False
        return cells.writing is not None

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        assert cells.writing is not None
        numbers = _numbers(cells.values, cells.writing)
        return cls(cells.name, NumberColumn.of(cells.name, numbers, settings), cells.writing)

    @classmethod
    def survey(cls, cells: Cells) -> np.ndarray | None:
        return None if cells.writing is None else _numbers(cells.values, cells.writing)

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        try:
            return _numbers(cells.values, self.writing)
        except ValueError as error:
            raise ValueError(f"column {self.name!r} {error}") from error

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return objects(list(map(self.writing.text, numbers.tolist())))

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        stripped = [text.strip() for text in texts]
        _numbers(stripped, self.writing)
        return objects(stripped)

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.asarray(np.round(super().decode(encoded), self.writing.places))

    def scale(self, dtype: Dtype) -> Scale:
        plain = self.number.scale(dtype)
        return replace(plain, grid=plain.grid or Grid(self.writing.places))

    def export(self) -> dict[str, Any]:
        return {"writing": self.writing.export(), "number": self.number.export()}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        writing, number = stored.fields("writing", "number")
        column = cls(name, NumberColumn.restore(name, number), Writing.restore(writing))
        if not all(map(column.writing.holds, column.extremes.tolist())):
            number.refuse("a column of numbers of 15 digits")
        return column


def _numbers(texts: Sequence[str] | np.ndarray, writing: Writing) -> np.ndarray:
    """The numbers (n,) of texts. ValueError, behind the name of the column, for others."""
    numbers = np.empty(len(texts))
    for i, text in enumerate(texts):
        number = writing.number(text) if isinstance(text, str) else None
        if number is None:
            raise ValueError(
                f"holds {text!r}, which is not written like {writing.text(1234.5)!r}, as all of "
                "the training data are"
            )
        numbers[i] = number
    return numbers
