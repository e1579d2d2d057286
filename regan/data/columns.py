"""What each kind of column is to a model: numbers, or one of a few levels.

A column comes in as values, is held as one number a row (its value, or the code of its level), and
reaches the model as columns of a matrix: `n_numbers` plain ones and `n_levels` that are 1 at the
level of the row and 0 elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler

UNSEEN = -1
"""The code of a level that was not in the training data."""

SCALINGS = ("quantile", "standard")
_MAX_QUANTILES = 1000
_NAMED = 5


@dataclass(frozen=True)
class Column(ABC):
    """A column as it was learnt.

    Attributes
    ----------
    name : hashable
    """

    name: Any

    n_numbers: ClassVar[int] = 0

    @property
    def n_levels(self) -> int:
        """How many columns of indicators it has in the matrix."""
        return 0

    @property
    @abstractmethod
    def labels(self) -> list[str]:
        """What to call its columns in the matrix."""

    @abstractmethod
    def read(self, values: np.ndarray, *, unseen: bool) -> np.ndarray:
        """One number for each of `values` (n,).

        ValueError for a level that was not in the training data, unless `unseen` lets it pass.
        """

    @abstractmethod
    def write(self, numbers: np.ndarray) -> np.ndarray:
        """The values (n,) of such numbers: the inverse of `read`."""

    @abstractmethod
    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """What the model trains on: (n, n_numbers + n_levels)."""

    @abstractmethod
    def decode(self, encoded: np.ndarray) -> np.ndarray:
        """Numbers (n,) from what a model makes; of a level, the one with the largest indicator."""

    def widened(self, numbers: np.ndarray) -> Self:
        """The same with room for `numbers` (n,) that training goes on with."""
        return self

    @abstractmethod
    def export(self) -> dict[str, Any]:
        """What a model file has to hold."""

    @classmethod
    @abstractmethod
    def restore(cls, stored: dict[str, Any]) -> Column:
        """The inverse of `export`."""


@dataclass(frozen=True)
class NumberColumn(Column):
    """Numbers, on a scale of zero mean and unit variance.

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

    n_numbers = 1

    @classmethod
    def learn(cls, name: Any, values: np.ndarray, *, integer: bool, scaling: str) -> NumberColumn:
        """From all `values` (n,), float64 and finite."""
        low, high = float(values.min()), float(values.max())
        column = cls(name, integer, low, high, scaling, _scaler(scaling, len(values)))
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            column.scaler.fit(values[:, None])
            scale = column.scaler.named_steps["standard"].var_[0]
        spread = high - low > 1e-8 * max(abs(low), abs(high))
        if not np.isfinite(scale) or (spread and scale == 0):
            raise ValueError(f"the variance of column {name!r} overflows or underflows: rescale it")
        return column

    @property
    def labels(self) -> list[str]:
        return [str(self.name)]

    def read(self, values: np.ndarray, *, unseen: bool) -> np.ndarray:
        return np.asarray(values, dtype=np.float64)

    def write(self, numbers: np.ndarray) -> np.ndarray:
        return numbers.astype(np.int64) if self.integer else numbers

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

    def widened(self, numbers: np.ndarray) -> NumberColumn:
        low, high = min(self.low, float(numbers.min())), max(self.high, float(numbers.max()))
        scaler = deepcopy(self.scaler)
        if self.scaling == "quantile":  # its ends are what it maps, and no number beyond
            scaler.named_steps["quantile"].quantiles_[[0, -1], 0] = low, high
        return replace(self, low=low, high=high, scaler=scaler)

    def export(self) -> dict[str, Any]:
        scaler = [[name, _learnt(step)] for name, step in self.scaler.steps]
        return {**_plain(self, "name", "integer", "low", "high", "scaling"), "scaler": scaler}

    @classmethod
    def restore(cls, stored: dict[str, Any]) -> NumberColumn:
        scaler = _scaler(stored["scaling"], 1)
        for name, learnt in stored["scaler"]:
            vars(scaler.named_steps[name]).update(learnt)
        return cls(**{**stored, "scaler": scaler})


@dataclass(frozen=True)
class LevelColumn(Column):
    """Values of which there are a few: strings, categories, booleans.

    Attributes
    ----------
    levels : array of object, of shape (L,)
        In the order of their codes.
    indicators : OneHotEncoder
        From codes to the columns of the matrix.
    """

    levels: np.ndarray
    indicators: OneHotEncoder

    @classmethod
    def learn(cls, name: Any, levels: Iterable[Any]) -> LevelColumn:
        """From the levels, in order."""
        values = objects(list(levels))
        indicators = OneHotEncoder(
            categories=[np.arange(len(values))], handle_unknown="ignore", sparse_output=False
        )
        indicators.set_output(transform="default")
        return cls(name, values, indicators.fit(np.arange(len(values))[:, None]))

    @property
    def n_levels(self) -> int:
        return len(self.levels)

    @property
    def labels(self) -> list[str]:
        return [f"{self.name}_{level}" for level in self.levels]

    def read(self, values: np.ndarray, *, unseen: bool) -> np.ndarray:
        known = {level: code for code, level in enumerate(self.levels)}
        codes = np.array([known.get(value, UNSEEN) for value in values], dtype=np.float64)
        new = codes == UNSEEN
        if new.any() and not unseen:
            found = list(dict.fromkeys(values[new].tolist()))
            raise ValueError(
                f"column {self.name!r} has levels that were not in the training data: "
                f"{_words(found)}; known are {_words(self.levels.tolist())}"
            )
        return codes

    def write(self, numbers: np.ndarray) -> np.ndarray:
        values: np.ndarray = self.levels[numbers.astype(np.int64)]
        return values

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        encoded: np.ndarray = self.indicators.transform(numbers[:, None])
        return encoded

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.asarray(encoded.argmax(axis=1), dtype=np.float64)

    def export(self) -> dict[str, Any]:
        return {"name": self.name, "levels": self.levels.tolist()}

    @classmethod
    def restore(cls, stored: dict[str, Any]) -> LevelColumn:
        return cls.learn(**stored)


def objects(values: Sequence[Any]) -> np.ndarray:
    """An array (n,) of `values` as they are, whatever they are."""
    return np.fromiter(values, dtype=object, count=len(values))


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
    found = {k: v for k, v in vars(transformer).items() if k.endswith("_") and k[0] != "_"}
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in found.items()}


def _plain(thing: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _words(values: Sequence[Any]) -> str:
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    return ", ".join(map(repr, values[:_NAMED])) + more
