"""Location and spread of columns of numbers, and whether float64 can hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.numbers.pieces import pieces


@dataclass(frozen=True)
class Spread:
    r"""Location and spread of columns: n numbers each.

    .. math::

        \mu = \frac{1}{n} \sum x, \qquad
        \sigma^2 = \frac{1}{n} \Big( \sum (x - \mu)^2 - \frac{1}{n} \big( \sum (x - \mu) \big)^2
        \Big)

    The second term corrects for the rounding of the mean. Chan, Golub and LeVeque, 1983 (The
    American Statistician 37).

    Attributes
    ----------
    mean, variance, scale : array of shape (D,)
        The scale is the standard deviation, or 1 of a column that is constant up to rounding.
    low, high : array of shape (D,)
        The least and the largest number.
    """

    mean: np.ndarray
    variance: np.ndarray
    scale: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, X: np.ndarray) -> Spread:
        """Of the columns of `X` (n, D), finite; in float64, whatever the dtype of `X` is."""
        n = len(X)
        ends = [(part.min(axis=0), part.max(axis=0)) for _, part in pieces(X)]
        low, high = (f([end[i] for end in ends], axis=0) for i, f in enumerate((np.min, np.max)))
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            mean = _sum(part for _, part in pieces(X)) / n
            apart = _sum(part - mean for _, part in pieces(X))
            squares = _sum((part - mean) ** 2 for _, part in pieces(X))
            variance = (squares - apart**2 / n) / n
        return cls.from_moments(n, mean, variance, low, high)

    @classmethod
    def from_moments(
        cls, n: Any, mean: np.ndarray, variance: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> Spread:
        """Of columns (D,) whose moments are known; n : how many numbers they are of."""
        eps = np.finfo(np.float64).eps
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            rounding = n * eps * variance + (n * mean * eps) ** 2
            scale = np.where(variance <= rounding, 1.0, np.sqrt(variance))
        return cls(mean, variance, scale, low, high)

    @property
    def is_lost(self) -> np.ndarray:
        """Columns (D,) that vary, but whose variance overflows or underflows."""
        largest = np.maximum(np.abs(self.low), np.abs(self.high))
        with np.errstate(over="ignore"):
            vanished = (self.variance == 0) & (self.high - self.low > 1e-8 * largest)
        return np.asarray(vanished | ~np.isfinite(self.variance))


def check_spread(name: Any, values: np.ndarray) -> None:
    """ValueError for a variance that float64 cannot hold."""
    if Spread.of(values[:, None]).is_lost.any():
        raise ValueError(f"column {name!r} has a variance that overflows or underflows: rescale it")


def _sum(parts: Iterable[np.ndarray]) -> np.ndarray:
    """The sum (D,) of the rows of all parts, in their order: the same however they are cut."""
    total = None
    for part in parts:
        if total is not None:
            part[0] += total
        total = part.sum(axis=0)
    assert total is not None
    return np.asarray(total)
