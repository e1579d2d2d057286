"""Numbers: floating ones and integers, on a scale that models can train on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.preprocessing import StandardScaler

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells, parse_numbers
from regan.data.columns.identifiers import identifiers, identify_numbers
from regan.data.columns.refused import refusal
from regan.data.containers import refuse_cells, refuse_large
from regan.data.grids import Grid
from regan.data.marginals import MARGINALS, Marginal, from_pipeline
from regan.data.scaling import by_rank

_LARGEST_INTEGER = 2**48  # scaling and its inverse round to whole numbers up to here
_LARGEST_FLOAT = float(np.sqrt(np.finfo(np.float64).max))


@dataclass(frozen=True)
class NumberColumn(Column):
    """Numbers, held as they are: one column of the matrix, of about zero mean and unit variance.

    Attributes
    ----------
    integer : bool
        Whether only integers occur.
    low, high : float
        The range of the values, which generated ones keep to.
    grid : Grid or None
        What all values obey, and generated ones with them.
    marginal : Marginal
    """

    integer: bool
    low: float
    high: float
    grid: Grid | None
    marginal: Marginal

    kind = "number"
    holds = instead = "numbers"

    @property
    def scaling(self) -> str:
        """Which scale its numbers are on."""
        return self.marginal.scaling

    @property
    def n_numbers(self) -> int:
        return 1

    @property
    def labels(self) -> list[str]:
        return [str(self.name)]

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        if settings.level or cells.categories is not None or refusal(cells) is not None:
            return False
        return _type_of(cells) is not None

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        values = _values(cells)
        low, high = float(values.min()), float(values.max())
        if low < high:
            _check_spread(cells.name, values)
        if not settings.keep_ids and (why := identify_numbers(cells.name, values)):
            raise ValueError(identifiers(cells.name, why))
        scaling = "quantile" if by_rank(values, settings.scaling) else "standard"
        grid = Grid.learn(values, np.float32 if cells.is_single else np.float64)
        integer = _type_of(cells) is Integral
        return cls(cells.name, integer, low, high, grid, MARGINALS[scaling].learn(values))

    @classmethod
    def survey(cls, cells: Cells) -> np.ndarray | None:
        return _values(cells)

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        return _values(cells)

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return numbers.astype(np.int64) if self.integer else numbers

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        return parse_numbers(texts, integers=self.integer)

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return self._column(numbers, lambda: self.marginal.encode(numbers, rng))

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        return self._column(numbers, lambda: self.marginal.compare(numbers))

    def _column(self, numbers: np.ndarray, scaled: Callable[[], np.ndarray]) -> np.ndarray:
        if self.low == self.high:
            return np.zeros((len(numbers), 1))
        return scaled()[:, None]

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        if self.low == self.high:
            return np.full(len(encoded), self.low)
        within = np.clip(encoded[:, 0].astype(np.float64), *self._ends)
        numbers = self.marginal.decode(within)
        if self.grid is not None:
            numbers = self.grid.round(numbers)
        return np.asarray(np.clip(numbers, self.low, self.high))  # the ends, without rounding

    @cached_property
    def _ends(self) -> np.ndarray:
        """The range on the scale of the model, (2,)."""
        return self.marginal.encode(np.array([self.low, self.high]))

    def widened(self, numbers: np.ndarray) -> Self:
        low, high = min(self.low, float(numbers.min())), max(self.high, float(numbers.max()))
        marginal = self.marginal.widened(low, high)
        grid = None if self.grid is None else self.grid.widened(numbers)
        return replace(self, low=low, high=high, marginal=marginal, grid=grid)

    def export(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in ("name", "integer", "low", "high")}
        grid = None if self.grid is None else self.grid.export()
        return {**fields, "grid": grid, "scaling": self.scaling, "marginal": self.marginal.export()}

    @classmethod
    def restore(cls, stored: dict[str, Any]) -> Self:
        fields = dict(stored)
        grid = fields.pop("grid", None)
        scaling = fields.pop("scaling")
        if "scaler" in fields:  # written before columns had grids
            marginal = from_pipeline(scaling, dict(fields.pop("scaler")))
            grid = Grid() if fields["integer"] else None
            return cls(**fields, grid=grid, marginal=marginal)
        marginal = MARGINALS[scaling].restore(fields.pop("marginal"))
        return cls(**fields, grid=None if grid is None else Grid(**grid), marginal=marginal)


# Cells


def _type_of(cells: Cells) -> type | None:
    """`Integral` or `Real`, by the dtype of cells or the types of objects; None for no numbers."""
    if cells.is_boolean:
        return None
    if cells.is_integer or cells.is_float:
        return Integral if cells.is_integer else Real
    types = () if any(issubclass(t, (bool, np.bool_)) for t in cells.types) else (Integral, Real)
    return next((each for each in types if all(issubclass(t, each) for t in cells.types)), None)


def _values(cells: Cells) -> np.ndarray:
    """The numbers (n,) in float64, which tells them apart and can hold their squares."""
    if cells.is_float:
        return _floats(cells.name, cells.series.to_numpy(dtype=np.float64))
    if cells.is_integer:
        return _integers(cells.name, cells.series.to_numpy())
    if _type_of(cells) is Integral:
        return _integers(cells.name, cells.values)
    try:
        floats = cells.values.astype(np.float64)
    except OverflowError as error:
        raise ValueError(f"column {cells.name!r} holds numbers too large for float64") from error
    return _floats(cells.name, floats)


def _integers(name: Any, values: np.ndarray) -> np.ndarray:
    if len(values) and max(abs(int(values.min())), abs(int(values.max()))) > _LARGEST_INTEGER:
        raise ValueError(
            f"column {name!r} holds integers beyond 2**48, which scaling in float64 cannot keep "
            "apart: drop identifiers, and convert other numbers to float64"
        )
    return values.astype(np.float64)


def _floats(name: Any, values: np.ndarray) -> np.ndarray:
    refuse_cells("inf", (name,), np.isinf(values)[:, None])
    refuse_large((name,), np.abs(values)[:, None] > _LARGEST_FLOAT, _LARGEST_FLOAT)
    return values


def _check_spread(name: Any, values: np.ndarray) -> None:
    """ValueError for a variance that float64 cannot hold."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        variance = float(StandardScaler().fit(values[:, None]).var_[0])
    spread = np.ptp(values) > 1e-8 * np.abs(values).max()
    if not np.isfinite(variance) or (spread and variance == 0):
        raise ValueError(f"the variance of column {name!r} overflows or underflows: rescale it")
