"""Numbers: floating ones and integers, on a scale that models can train on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from regan.data.columns.base import UNSEEN, Column, ColumnSettings
from regan.data.columns.cells import Cells, parse_numbers
from regan.data.columns.identifiers import identifiers, identify_numbers
from regan.data.columns.named import reals
from regan.data.columns.refused import refusal
from regan.data.columns.scale import Scale
from regan.data.faults import Faults, refused
from regan.data.frames.dataframes import Dtype
from regan.data.numbers.grids import Grid
from regan.data.numbers.marginals import MARGINALS, Marginal, Ranks
from regan.data.numbers.quantiles import EmpiricalDistribution
from regan.data.numbers.spread import check_spread
from regan.data.scaling import by_rank
from regan.storage.stored import Stored

LARGEST_INTEGER = 2**48  # scaling and its inverse round to whole numbers up to here
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
    levels : array of shape (L,) or None
        All values, increasing, where a model trains on them as on levels.
    """

    integer: bool
    low: float
    high: float
    grid: Grid | None
    marginal: Marginal
    levels: np.ndarray | None = None

    kind = "number"
    holds = instead = "numbers"
    is_plain = True

    @property
    def scaling(self) -> str:
        """Which scale its numbers are on."""
        return self.marginal.scaling

    @property
    def n_numbers(self) -> int:
        return int(self.levels is None)

    @property
    def decimals(self) -> int | None:
        if self.integer:
            return 0
        return None if self.grid is None else self.grid.digits

    @property
    def has_steps(self) -> bool:
        return self.integer or self.grid is not None

    @property
    def distribution(self) -> EmpiricalDistribution | None:
        ranks = self.marginal if self.levels is None else None
        return ranks.distribution if isinstance(ranks, Ranks) else None

    @property
    def n_levels(self) -> int:
        return 0 if self.levels is None else len(self.levels)

    @property
    def is_binary(self) -> bool:
        return self.levels is not None and self.levels.tolist() == [0, 1]

    @property
    def labels(self) -> list[str]:
        if self.levels is None:
            return [str(self.name)]
        return [f"{self.name}_{value:.15g}" for value in self.levels]

    @property
    def words(self) -> str:
        what = "integer" if self.integer else "number"
        grid = self.grid
        exact = self.integer or (grid is not None and grid.values is None)
        places = 15 if grid is None or grid.values is not None else grid.decimals
        digits = 15 if exact else 6
        low, high = (f"{round(end, places) + 0.0:.{digits}g}" for end in (self.low, self.high))
        if low == high:
            return f"{what}, always {low}"
        what += f" {low}..{high}"
        if self.levels is not None:
            return f"{what}, {self.n_levels} levels"
        if grid is None or self.integer or grid.values is not None:
            return what
        decimals = f"{grid.decimals} decimal{'s' if grid.decimals > 1 else ''}"
        return f"{what}, {decimals if grid.decimals else 'whole'}"

    @property
    def identity(self) -> list[Any]:
        return [] if self.levels is None else self.levels.tolist()

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        if settings.level or cells.categories is not None or refusal(cells) is not None:
            return False
        return _type_of(cells) is not None

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        values = _values(cells)
        if settings.ids != "keep" and (why := identify_numbers(cells, values)):
            raise identifiers(cells.name, why)
        dtype = "float32" if cells.is_single else "float64"
        return cls.of(cells.name, values, settings, dtype, integer=_type_of(cells) is Integral)

    @classmethod
    def of(
        cls,
        name: Any,
        values: np.ndarray,
        settings: ColumnSettings,
        dtype: str = "float64",
        *,
        integer: bool = False,
    ) -> Self:
        """From numbers (n,) in float64; dtype : in which they were given, if that is floating."""
        low, high = float(values.min()), float(values.max())
        if low < high:
            check_spread(name, values)
        scaling = "quantile" if by_rank(values, settings.scaling) else "standard"
        levels = np.unique(values) if settings.few else None
        grid, marginal = Grid.learn(values, dtype), MARGINALS[scaling].learn(values)
        return cls(name, integer, low, high, grid, marginal, levels)

    @classmethod
    def survey(cls, cells: Cells) -> np.ndarray | None:
        return _values(cells)

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        values = _values(cells)
        if not unseen:
            self._check_seen(values)
        return values

    @property
    def choice(self) -> str:
        whole = self.integer and self.levels is None
        return "whole numbers" if whole else super().choice

    def named(self, values: Sequence[Any], dtype: Dtype) -> np.ndarray:
        return reals(values, self.choice).astype(dtype.floating).astype(np.float64)

    def held(self, numbers: np.ndarray, dtype: Dtype) -> np.ndarray:
        if self.levels is not None:
            return ~self.unseen(numbers)
        return np.asarray((numbers == np.rint(numbers)) | (not self.integer))

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return np.rint(numbers).astype(np.int64) if self.integer else numbers

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        return parse_numbers(texts, integers=self.integer)

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        if self.levels is not None:
            return np.asarray(numbers[:, None] == self.levels, dtype=np.float64)
        return self._column(numbers, lambda: self.marginal.encode(numbers, rng))

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        assert self.levels is not None
        codes = np.minimum(np.searchsorted(self.levels, numbers), len(self.levels) - 1)
        return np.where(self.levels[codes] == numbers, codes, UNSEEN)

    def unseen(self, numbers: np.ndarray) -> np.ndarray:
        if self.levels is None:
            return super().unseen(numbers)
        return np.asarray(self.codes(numbers) == UNSEEN)

    def _check_seen(self, numbers: np.ndarray) -> None:
        """ValueError for numbers that a model which trains on levels has no place for."""
        if (new := self.unseen(numbers)).any():
            raise refused(
                self.name,
                f"holds {numbers[new][0]:g}, which was not in the training data,",
                f"its {self.n_levels} different numbers are learned as levels. If others are to "
                "come, fit with standardize=TableEncoder(max_integer_levels=0), or with 'standard' "
                "or 'quantile' for an array",
                new,
            )

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        return self._column(numbers, lambda: self.marginal.compare(numbers))

    def _column(self, numbers: np.ndarray, scaled: Callable[[], np.ndarray]) -> np.ndarray:
        if self.low == self.high:
            return np.zeros((len(numbers), 1))
        return scaled()[:, None]

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        if self.levels is not None:
            return np.asarray(self.levels[encoded.argmax(axis=1)])
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
        if self.integer and (broken := numbers != np.rint(numbers)).any():
            what = f"held integers in the training data, and holds {numbers[broken][0]:g} now"
            raise refused(self.name, what, cells=broken)
        self._check_seen(numbers)
        low, high = min(self.low, float(numbers.min())), max(self.high, float(numbers.max()))
        marginal = self.marginal.widened(low, high)
        grid = None if self.grid is None else self.grid.widened(numbers)
        return replace(self, low=low, high=high, marginal=marginal, grid=grid)

    def rescaled(self, numbers: np.ndarray) -> Self:
        if self.levels is not None or self.low == self.high or not len(numbers):
            return self
        if numbers.min() == numbers.max():  # and others are hardly ever
            return self
        return replace(self, marginal=type(self.marginal).learn(numbers))

    def blurred(self, k: int) -> Self:
        marginal = self.marginal.blurred(k)
        if marginal is self.marginal or self.levels is not None:
            return self
        low, high = marginal.decode(np.array([-np.inf, np.inf]))
        if self.integer:
            low, high = np.floor(low), np.ceil(high)
        return replace(self, marginal=marginal, low=float(low), high=float(high))

    def scale(self, dtype: Dtype) -> Scale:
        grid = self.grid if self.levels is None else Grid(values=self.levels)
        return Scale("numbers", self.low, self.high, grid, dtype=dtype.floating)

    def check_dtype(self, dtype: Dtype) -> None:
        limits = dtype.limits
        if limits is not None and not limits[0] <= self.low <= self.high <= limits[1]:
            worst = self.low if self.low < limits[0] else self.high
            raise ValueError(
                f"column {self.name!r} holds {worst:g}, which the dtype of the training data, "
                f"{dtype.word}, cannot hold"
            )

    def export(self) -> dict[str, Any]:
        return {
            "integer": self.integer,
            "low": self.low,
            "high": self.high,
            "grid": None if self.grid is None else self.grid.export(),
            "scaling": self.scaling,
            "marginal": self.marginal.export(),
            "levels": None if self.levels is None else self.levels.tolist(),
        }

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        integer, low, high, grid, scaling, marginal, levels = stored.fields(
            "integer", "low", "high", "grid", "scaling", "marginal", "levels"
        )
        least = low.real(-_LARGEST_FLOAT, _LARGEST_FLOAT)
        column = cls(
            name,
            integer.flag(),
            least,
            high.real(least, _LARGEST_FLOAT),
            None if grid.is_none else Grid.restore(grid),
            MARGINALS[scaling.choice(*MARGINALS)].restore(marginal),
            None if levels.is_none else levels.increasing(),
        )
        ends = column.extremes
        if column.integer and (np.abs(ends).max() > LARGEST_INTEGER or (ends % 1).any()):
            stored.refuse("a column of integers up to 2**48")
        return column

    @property
    def range(self) -> tuple[float, float]:
        return self.low, self.high

    def texts(self, numbers: np.ndarray) -> list[str]:
        return [f"{number:.15g}" for number in numbers]

    @property
    def extremes(self) -> np.ndarray:
        if self.levels is not None:
            return self.levels
        return np.array([self.low, self.high])


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
        large = np.array([abs(value) > _LARGEST_FLOAT for value in cells.values])
        raise refused(cells.name, "holds numbers too large for float64", cells=large) from error
    pairs = zip(floats.tolist(), cells.values, strict=True)
    lost = np.array([isinstance(v, Integral) and number != v for number, v in pairs], dtype=bool)
    if lost.any():
        integer = cells.values[lost][0]
        what = f"holds {integer} among floating-point numbers, which float64 cannot hold,"
        raise refused(cells.name, what, "convert all to one type", lost)
    return _floats(cells.name, floats)


def _integers(name: Any, values: np.ndarray) -> np.ndarray:
    if len(values) and max(abs(int(values.min())), abs(int(values.max()))) > LARGEST_INTEGER:
        raise refused(
            name,
            "holds integers beyond 2**48, which float64 cannot distinguish after scaling,",
            "drop the column if it holds identifiers, else convert it to float64",
            np.array([abs(int(value)) > LARGEST_INTEGER for value in values]),
        )
    return values.astype(np.float64)


def _floats(name: Any, values: np.ndarray) -> np.ndarray:
    faults, infinite = Faults(), np.isinf(values)
    faults.cells("inf", (name,), infinite[:, None])
    large = (np.abs(values) > _LARGEST_FLOAT) & ~infinite
    faults.large((name,), large[:, None], _LARGEST_FLOAT)
    faults.refuse()
    return values
