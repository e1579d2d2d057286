"""Empirical distribution of a column of numbers: normal scores by rank, and the way back.

Tied values share an interval of ranks, so a value that many rows have keeps its share; every
order statistic of the tails is kept, so long tails keep their length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from scipy.special import ndtr, ndtri

from regan.storage.stored import Stored

_MAX_DISTINCT = 2000
"""So many different values are kept exactly; of more, a selection of their ranks."""

_BODY = 1000
_TAIL = 500
_GROWTH = 1.01

_ATOM = 0.05

_END = 0.25
"""No score is further out than that of this part of the first rank."""


@dataclass(frozen=True)
class EmpiricalDistribution:
    r"""Empirical quantile function Q of n numbers, piecewise linear.

    A value that occurs once, as the i-th smallest, stands at the probability
    :math:`(i - 1/2) / n`, and Q is linear between two of them; one that occurs more often has the
    whole interval of its ranks, and no value lies between it and the next. So Q of a uniform
    variable has the mean of the numbers, and each tied value as often as they do. With more than
    2,000 different numbers, Q goes through 1,000 quantiles, through the 500 outermost numbers on
    either side and ever fewer behind them, each 1 % further in, and values of one row in a thousand
    or more keep their intervals.

    Attributes
    ----------
    values : array of shape (M,)
        The kept ones, increasing.
    first, last : arrays of shape (M,)
        Where the interval of each begins and ends, as probabilities.
    n : int
    spread : float
        The standard deviation of the numbers' normal scores in the middle of their ties: about 1
        without ties, and less with them.
    """

    values: np.ndarray
    first: np.ndarray
    last: np.ndarray
    n: int
    spread: float

    @classmethod
    def learn(cls, numbers: np.ndarray) -> Self:
        """From `numbers` (n,), finite."""
        n = len(numbers)
        values, counts = np.unique(numbers, return_counts=True)
        below = np.cumsum(counts) - counts
        many = len(values) > _MAX_DISTINCT
        atoms = counts > max(1, n / _BODY if many else 1)
        beside_before, beside_after = (np.zeros(len(values), dtype=bool) for _ in range(2))
        beside_before[1:], beside_after[:-1] = atoms[:-1], atoms[1:]
        middle = below + 0.5 * counts
        first = np.where(atoms | beside_before, below, middle) / n
        last = np.where(atoms | beside_after, below + counts, middle) / n
        if many:
            ranks = _kept_ranks(n)
            kept = np.searchsorted(below, ranks, side="right") - 1
            neighbours = np.flatnonzero(atoms | beside_before | beside_after)
            kept = np.union1d(kept, neighbours)
            values, first, last = values[kept], first[kept], last[kept]
        scores = ndtri(middle / n)
        mean = np.average(scores, weights=counts)
        spread = float(np.sqrt(np.average((scores - mean) ** 2, weights=counts)))
        return cls(values, first, last, n, spread if len(counts) > 1 else 1.0)

    @property
    def has_atoms(self) -> bool:
        """Whether one of the numbers in twenty, or more, are the same."""
        return bool((self.last - self.first).max() >= _ATOM)

    # Probabilities and values

    def probabilities(
        self, numbers: np.ndarray, rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """Where `numbers` (n,) stand between 0 and 1: in the middle of their ties.

        rng : places equal ones side by side within their tie instead, in random order.
        """
        knots, values = self._knots
        right = np.interp(numbers, values, knots)
        left = -np.interp(-numbers, -values[::-1], -knots[::-1])
        place = 0.5 if rng is None else _places(numbers, rng)
        return np.asarray(left + place * (right - left))

    def quantiles(self, probabilities: np.ndarray) -> np.ndarray:
        """The values at `probabilities` (n,)."""
        return np.asarray(np.interp(probabilities, *self._knots))

    def density(self, numbers: np.ndarray) -> np.ndarray:
        """The density (n,) at `numbers`: a histogram of bins with equally many numbers, 0 outside.

        It has about twice the cube root of n bins.
        """
        n_bins = int(np.ceil(2 * self.n ** (1 / 3)))
        middle = 0.5 * (self.first + self.last)
        inner = np.interp(np.arange(1, n_bins) / n_bins, middle, self.values)
        edges = np.unique(np.concatenate([self.values[[0, -1]], inner]))
        if len(edges) < 2:
            return np.zeros(len(numbers))
        heights = np.diff(np.interp(edges, self.values, self._shares)) / np.diff(edges)
        place = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(heights) - 1)
        within = (edges[0] <= numbers) & (numbers <= edges[-1])
        return np.where(within, heights[place], 0.0)

    @property
    def _shares(self) -> np.ndarray:
        """The shares (M,) of the numbers below each value, from 0 to 1."""
        middle = 0.5 * (self.first + self.last)
        return np.concatenate([[0.0], middle[1:-1], [1.0]])

    # Normal scores

    def scores(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """Normal scores (n,) of `numbers`; see `probabilities`. What lies outside gets an end."""
        end = _END / self.n
        return np.asarray(ndtri(np.clip(self.probabilities(numbers, rng), end, 1 - end)))

    def numbers(self, scores: np.ndarray) -> np.ndarray:
        """The inverse of `scores`."""
        return self.quantiles(ndtr(scores))

    def bounds(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores (n,) between which `numbers` are from `low` to `high` (n,); none are where the
        first is not below the second.

        Of a tied value that is an end, they include the whole interval of its ranks.
        """
        knots, values = self._knots
        first = -np.interp(-low, -values[::-1], -knots[::-1])
        first = np.select([low <= values[0], low > values[-1]], [0.0, 1.0], first)
        last = np.interp(high, values, knots)
        last = np.select([high >= values[-1], high < values[0]], [1.0, 0.0], last)
        return ndtri(first), ndtri(last)

    @cached_property
    def _knots(self) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities and values, (2 M,): each value at both ends of its interval."""
        return np.column_stack([self.first, self.last]).ravel(), np.repeat(self.values, 2)

    # Going on, and files

    def widened(self, low: float, high: float) -> Self:
        """The same with these ends, where they lie beyond; they get a part of the outer ranks."""
        below, above = bool(low < self.values[0]), bool(high > self.values[-1])
        room, end = 2 * _END / self.n, _END / self.n

        def within(ends: tuple[float, float], inner: np.ndarray) -> np.ndarray:
            return np.array([*[ends[0]] * below, *inner, *[ends[1]] * above])

        first, last = (
            within((end, 1 - end), below * room + p * (1 - (below + above) * room))
            for p in (self.first, self.last)
        )
        return replace(self, values=within((low, high), self.values), first=first, last=last)

    def blurred(self, k: int) -> Self:
        """The same without values that fewer than `k` rows have: means of `k` of them or more.

        Fewer than `k` between two frequent values, or beyond the last one, are left out.
        """
        frequent = self.last - self.first > (k - 0.5) / self.n
        groups = [np.array([i]) if frequent[i] else None for i in range(len(self.values))]
        ends = np.flatnonzero(np.diff(frequent, prepend=True, append=True))
        for start, stop in zip(ends[::2], ends[1::2], strict=True):  # of runs of rare values
            parts = np.array_split(np.arange(start, stop), (stop - start) // k or 1)
            for part in parts:
                groups[part[0]] = part if len(part) >= k else None
        kept = [part for part in groups if part is not None] or [np.arange(len(self.values))]
        weights = np.diff(self._edges)
        values = [np.average(self.values[part], weights=weights[part]) for part in kept]
        edges = [self._edges[[part[0], part[-1] + 1]] for part in kept]
        middle = np.mean(edges, axis=1)
        alone = np.array([len(part) == 1 and frequent[part[0]] for part in kept])
        heads = np.array([part[0] for part in kept])
        return replace(
            self,
            values=np.array(values),
            first=np.where(alone, self.first[heads], middle),
            last=np.where(alone, self.last[heads], middle),
        )

    @property
    def _edges(self) -> np.ndarray:
        """Where the ranks of one value end and those of the next begin, (M + 1,), from 0 to 1."""
        return np.concatenate([[0.0], 0.5 * (self.last[:-1] + self.first[1:]), [1.0]])

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        arrays = {name: getattr(self, name).tolist() for name in ("values", "first", "last")}
        return {**arrays, "n": self.n, "spread": self.spread}

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        values, first, last, n, spread = stored.fields("values", "first", "last", "n", "spread")
        starts, stops = first.reals(0, 1), last.reals(0, 1)
        own = cls(values.increasing(), starts, stops, n.integer(1), spread.real(low=0))
        if not len(own.values) == len(starts) == len(stops):
            stored.refuse("a distribution with two probabilities for each value")
        if (np.diff(own._knots[0]) < 0).any():
            stored.refuse("a distribution whose probabilities do not fall")
        return own


def _places(numbers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Places (n,) between 0 and 1, evenly apart among equal `numbers`, in random order."""
    order = np.lexsort((rng.random(len(numbers)), numbers))
    _, group, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    before = np.cumsum(counts) - counts
    places = np.empty(len(numbers))
    places[order] = np.arange(len(numbers)) - before[group[order]]
    return (places + 0.5) / counts[group]


def _kept_ranks(n: int) -> np.ndarray:
    """The ranks that Q goes through, of n: a thousand, and the tails."""
    steps = np.arange(1, 2 + int(np.log(max(n / _TAIL, 1.0)) / np.log(_GROWTH)))
    tail = np.concatenate([np.arange(_TAIL), _TAIL * _GROWTH**steps]).astype(np.int64)
    tail = tail[tail < max(n / 10, 1)]  # there, 1 % are a thousandth of all
    body = np.linspace(0, n - 1, _BODY + 1).astype(np.int64)
    return np.union1d(body, np.union1d(tail, n - 1 - tail))
