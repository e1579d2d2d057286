"""Numbers: floating ones and integers, on a scale that models can train on."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.refused import refusal
from regan.data.containers import refuse_cells, refuse_large

_MAX_QUANTILES = 1000
_LARGEST_INTEGER = 2**48  # scaling and its inverse round to whole numbers up to here
_LARGEST_FLOAT = float(np.sqrt(np.finfo(np.float64).max))


@dataclass(frozen=True)
class NumberColumn(Column):
    """Numbers, held as they are: one column of the matrix, of zero mean and unit variance.

    Attributes
    ----------
    integer : bool
        Whether only integers occur.
    low, high : float
        The range of the values, which generated ones keep to.
    scaling : {"quantile", "standard"}
    scaler : transformer of scikit-learn
    """

    integer: bool
    low: float
    high: float
    scaling: str
    scaler: Any

    kind = "number"
    holds = instead = "numbers"

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
        values, scaling = _values(cells), settings.scaling
        low, high = float(values.min()), float(values.max())
        integer = _type_of(cells) is Integral
        column = cls(cells.name, integer, low, high, scaling, _scaler(scaling, len(values)))
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            column.scaler.fit(values[:, None])
            scale = column.scaler.named_steps["standard"].var_[0]
        spread = high - low > 1e-8 * max(abs(low), abs(high))
        if not np.isfinite(scale) or (spread and scale == 0):
            raise ValueError(
                f"the variance of column {cells.name!r} overflows or underflows: rescale it"
            )
        return column

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        return _values(cells)

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return numbers.astype(np.int64) if self.integer else numbers

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        numbers = [_number(text) for text in texts]
        if self.integer:
            for text, number in zip(texts, numbers, strict=True):
                if not number.is_integer():
                    raise ValueError(f"holds {text!r}, and has integers in the model")
        return np.array(numbers)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        if self.low == self.high:
            return np.zeros((len(numbers), 1))
        encoded: np.ndarray = self.scaler.transform(numbers[:, None])
        return encoded

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        if self.low == self.high:
            return np.full(len(encoded), self.low)
        within = np.clip(encoded.astype(np.float64), *self._ends)
        numbers = self.scaler.inverse_transform(within)[:, 0]
        if self.integer:
            numbers = np.rint(numbers)
        return np.asarray(np.clip(numbers, self.low, self.high))  # the ends, without rounding

    @cached_property
    def _ends(self) -> np.ndarray:
        """The range on the scale of the model, (2, 1)."""
        return self.encode(np.array([self.low, self.high]))

    def widened(self, numbers: np.ndarray) -> Self:
        low, high = min(self.low, float(numbers.min())), max(self.high, float(numbers.max()))
        scaler = deepcopy(self.scaler)
        if self.scaling == "quantile":  # its ends are what it maps, and no number beyond
            scaler.named_steps["quantile"].quantiles_[[0, -1], 0] = low, high
        return replace(self, low=low, high=high, scaler=scaler)

    def export(self) -> dict[str, Any]:
        fields = ("name", "integer", "low", "high", "scaling")
        scaler = [[name, _learnt(step)] for name, step in self.scaler.steps]
        return {**{field: getattr(self, field) for field in fields}, "scaler": scaler}

    @classmethod
    def restore(cls, stored: dict[str, Any]) -> Self:
        scaler = _scaler(stored["scaling"], 1)
        for name, learnt in stored["scaler"]:
            vars(scaler.named_steps[name]).update(learnt)
        return cls(**{**stored, "scaler": scaler})


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


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"holds {text!r}, which is no finite number")
    return number


# Scaling


def _scaler(scaling: str, n: int) -> Pipeline:
    steps: list[tuple[str, Any]] = [("standard", StandardScaler())]
    if scaling == "quantile":
        # values that are tied at an end become far normal scores, so these are standardised too
        quantile = QuantileTransformer(
            n_quantiles=min(_MAX_QUANTILES, n), output_distribution="normal", subsample=None
        )
        steps.insert(0, ("quantile", quantile))
    for _, step in steps:
        step.set_output(transform="default")  # whatever scikit-learn is told to give elsewhere
    return Pipeline(steps).set_output(transform="default")


def _learnt(transformer: Any) -> dict[str, Any]:
    """The fitted attributes of a transformer of numbers."""
    fitted = {k: v for k, v in vars(transformer).items() if k.endswith("_") and k[0] != "_"}
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in fitted.items()}
