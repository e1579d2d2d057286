"""Optional columns: some cells are missing, which is a level beside the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.missing import Marked, mark_of, read_mark
from regan.data.columns.scale import Scale
from regan.data.columns.shown import SummaryTable, Ticks
from regan.data.columns.whole import export_whole, kind_of_whole, restore_whole
from regan.data.frames.dataframes import Dtype
from regan.data.numbers.quantiles import EmpiricalDistribution
from regan.storage.stored import Stored


@dataclass(frozen=True)
class OptionalColumn(Column):
    """Cells of which some are missing: the columns of their kind, and whether they are missing.

    Of levels, missing is one more. Of numbers, a block of two levels stands behind them; the
    number of a missing cell is 0, the mean, in whose place a table has that of a similar row (see
    `regan.data.donors`).

    Attributes
    ----------
    column : Column
        Of the cells that are there.
    share : float
        The share of missing cells.
    mark : str
        What missing cells are among objects; see `regan.data.columns.missing`.
    """

    column: Column
    share: float
    mark: str

    kind = "optional"
    holds = instead = "values of which some are missing"
    takes_missing = True

    @property
    def present(self) -> Column:
        return self.column

    @property
    def summary(self) -> SummaryTable | None:  # type: ignore[override]  # that of each column
        return self.column.summary

    @property
    def n_numbers(self) -> int:
        return self.column.n_numbers

    @property
    def distribution(self) -> EmpiricalDistribution | None:
        return self.column.distribution

    @property
    def n_levels(self) -> int:
        return (self.column.n_levels or 1) + 1

    @property
    def labels(self) -> list[str]:
        present = [] if self.column.n_levels else [f"{self.name}_present"]
        return [*self.column.labels, *present, f"{self.name}_missing"]

    @property
    def words(self) -> str:
        return f"{self.column.words}, {100 * self.share:.2g} % missing"

    @property
    def identity(self) -> list[Any]:
        return self.column.identity

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        some = bool(cells.missing.any() and not cells.missing.all())
        return some and kind_of_whole(cells.present, settings) is not None

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        kind = kind_of_whole(cells.present, settings)
        assert kind is not None
        column = kind.learn(cells.present, settings)
        return cls(cells.name, column, float(cells.missing.mean()), mark_of(cells))

    @classmethod
    def survey(cls, cells: Cells) -> np.ndarray | None:
        kind = kind_of_whole(cells.present, ColumnSettings())
        values = None if kind is None else kind.survey(cells.present)
        return None if values is None else _spread(values, ~cells.missing)

    def takes(self, kind: type[Column]) -> bool:
        return kind.takes_missing or self.column.takes(kind)

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        if cells.missing.all():
            return np.full(len(cells.series), np.nan)
        return _spread(self.column.read(cells.present, unseen=unseen), ~cells.missing)

    def write(self, numbers: np.ndarray) -> np.ndarray:
        present = ~np.isnan(numbers)
        return Marked(self.mark).between(self.column.write(numbers[present]), present)

    def renumbered(self, numbers: np.ndarray, first: int) -> np.ndarray:
        return np.where(np.isnan(numbers), np.nan, self.column.renumbered(numbers, first))

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        present = np.array([text != "" for text in texts], dtype=bool)
        values = self.column.parse([text for text in texts if text != ""])
        return Marked(self.mark).between(values, present)

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        present = ~np.isnan(numbers)
        own = self.column.encode(numbers[present], rng)
        plain = np.zeros((len(numbers), self.n_numbers))
        plain[present] = own[:, : self.n_numbers]
        levels = np.zeros((len(numbers), self.n_levels))
        levels[present, :-1] = own[:, self.n_numbers :] if self.column.n_levels else 1.0
        levels[:, -1] = ~present
        return np.hstack([plain, levels])

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        present = ~np.isnan(numbers)
        known = self.column.compare(numbers[present])
        values = np.zeros((len(numbers), known.shape[1]))
        values[present] = known
        flags = [~present] if self.column.n_levels else [present, ~present]
        return np.column_stack([values, *flags])

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        missing = encoded[:, self.n_numbers :].argmax(axis=1) == self.n_levels - 1
        own = self.n_numbers + self.column.n_levels
        numbers = np.array(self.column.decode(encoded[:, :own]), dtype=np.float64)
        numbers[missing] = np.nan
        return numbers

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        present = ~np.isnan(numbers)
        codes = np.full(len(numbers), self.n_levels - 1, dtype=np.int64)
        codes[present] = self.column.codes(numbers[present]) if self.column.n_levels else 0
        return codes

    def unseen(self, numbers: np.ndarray) -> np.ndarray:
        present = ~np.isnan(numbers)
        unseen = np.zeros(len(numbers), dtype=bool)
        unseen[present] = self.column.unseen(numbers[present])
        return unseen

    def widened(self, numbers: np.ndarray) -> Self:
        present = numbers[~np.isnan(numbers)]
        return replace(self, column=self.column.widened(present)) if len(present) else self

    def rescaled(self, numbers: np.ndarray) -> Self:
        return replace(self, column=self.column.rescaled(numbers[~np.isnan(numbers)]))

    def blurred(self, k: int) -> Self:
        return replace(self, column=self.column.blurred(k))

    def scale(self, dtype: Dtype) -> Scale | None:
        return self.column.scale(dtype)

    def holding(self, present: Column) -> Column:
        return replace(self, name=present.name, column=present)

    def check_dtype(self, dtype: Dtype) -> None:
        self.column.check_dtype(dtype)

    def describe(self, real: np.ndarray, fake: np.ndarray) -> tuple[Any, ...]:
        there = [numbers[~np.isnan(numbers)] for numbers in (real, fake)]
        if self.summary is not None and not all(map(len, there)):
            return ("",) * len(self.summary.header)
        return self.column.describe(*there)

    def ticks(self, low: float, high: float) -> Ticks | None:
        return self.column.ticks(low, high)

    def export(self) -> dict[str, Any]:
        return {**export_whole(self.column), "share": self.share, "mark": self.mark}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        kind, learnt, share, mark = stored.fields("kind", "learnt", "share", "mark")
        return cls(name, restore_whole(name, kind, learnt), share.real(0, 1), read_mark(mark))

    @property
    def extremes(self) -> np.ndarray:
        return np.append(self.column.extremes, np.nan)


def _spread(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Numbers at the places of a mask (n,), and NaN elsewhere."""
    numbers = np.full(len(present), np.nan)
    numbers[present] = values
    return numbers
