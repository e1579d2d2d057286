"""Scales of single columns of numbers: mean and variance, or normal scores by rank."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from regan.data.numbers.quantiles import EmpiricalDistribution
from regan.data.numbers.spread import Spread
from regan.storage.stored import Stored

_INNER = 0.9
_TIES = 15


class Marginal(ABC):
    """A scale on which a column of numbers has about zero mean and unit variance.

    Attributes
    ----------
    scaling : str
        What settings and model files call it.
    """

    scaling: ClassVar[str]

    @classmethod
    @abstractmethod
    def learn(cls, numbers: np.ndarray) -> Self:
        """From `numbers` (n,), finite, not all equal."""

    @abstractmethod
    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """`numbers` (n,) on the scale; `rng` places tied ones at random, where that matters."""

    @abstractmethod
    def decode(self, scaled: np.ndarray) -> np.ndarray:
        """The inverse of `encode`, float64."""

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        """`numbers` (n,) on the scale that distances are measured on, of unit variance."""
        return self.encode(numbers)

    def widened(self, low: float, high: float) -> Self:
        """The same with room for numbers from `low` to `high`."""
        return self

    def blurred(self, k: int) -> Self:
        """The same without single numbers of the data: averages of `k` or more."""
        return self

    @abstractmethod
    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""

    @classmethod
    @abstractmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""


@dataclass(frozen=True)
class Standard(Marginal):
    """Numbers less their mean and over their standard deviation."""

    mean: float
    deviation: float

    scaling = "standard"

    @classmethod
    def learn(cls, numbers: np.ndarray) -> Self:
        learnt = Spread.of(numbers[:, None])
        return cls(float(learnt.mean[0]), float(learnt.scale[0]))

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return (numbers - self.mean) / self.deviation

    def decode(self, scaled: np.ndarray) -> np.ndarray:
        return np.asarray(scaled * self.deviation + self.mean, dtype=np.float64)

    def export(self) -> dict[str, Any]:
        return {"mean": self.mean, "deviation": self.deviation}

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        mean, deviation = stored.fields("mean", "deviation")
        return cls(mean.real(), deviation.real(low=np.finfo(float).tiny))


@dataclass(frozen=True)
class Ranks(Marginal):
    """Normal scores by rank, from which the empirical distribution leads back.

    Attributes
    ----------
    distribution : EmpiricalDistribution
    """

    distribution: EmpiricalDistribution

    scaling = "quantile"

    @classmethod
    def learn(cls, numbers: np.ndarray) -> Self:
        return cls(EmpiricalDistribution.learn(numbers))

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return self.distribution.scores(numbers, rng)

    def decode(self, scaled: np.ndarray) -> np.ndarray:
        return self.distribution.numbers(np.asarray(scaled, dtype=np.float64))

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        """Scores in the middle of ties, over their deviation; outside of the range, they go on.

        They do so in a straight line, as steep as that from the quantile .1 or .9 to the end.
        """
        own = self.distribution
        scores = own.scores(numbers)
        low, high = own.values[[0, -1]]
        for end, probability, beyond in (
            (low, 1 - _INNER, np.minimum(numbers - low, 0)),
            (high, _INNER, np.maximum(numbers - high, 0)),
        ):
            if beyond.any():
                inner = own.quantiles(np.array([probability]))
                width = abs(end - inner[0]) or high - low or 1.0
                rise = abs(own.scores(np.array([end]))[0] - own.scores(inner)[0]) or 1.0
                scores = scores + beyond * rise / width
        return np.asarray(scores / (own.spread or 1.0))

    def log_slope(self, numbers: np.ndarray) -> np.ndarray:
        """Logarithm of the derivative of the scores by the `numbers` (n,); -inf outside."""
        scores = self.distribution.scores(numbers)
        with np.errstate(divide="ignore"):
            density = np.log(self.distribution.density(numbers))
        slope = density + 0.5 * scores**2 + 0.5 * np.log(2 * np.pi)
        return np.asarray(slope)

    def widened(self, low: float, high: float) -> Self:
        return replace(self, distribution=self.distribution.widened(low, high))

    def blurred(self, k: int) -> Self:
        return replace(self, distribution=self.distribution.blurred(k))

    def export(self) -> dict[str, Any]:
        return self.distribution.export()

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        return cls(EmpiricalDistribution.restore(stored))


MARGINALS: dict[str, type[Marginal]] = {kind.scaling: kind for kind in (Ranks, Standard)}
"""By the name of their scaling."""


def tie_places(column: int) -> np.random.Generator:
    """The stream that places the tied numbers of a column, by its position, always the same."""
    return np.random.default_rng([_TIES, column])
