"""Spikes: numbers that many rows share are levels, and what lies between them is continuous."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.numbers.marginals import Ranks
from regan.data.numbers.quantiles import EmpiricalDistribution
from regan.mixtures.em.cells import UNKNOWN
from regan.mixtures.ties import spread_ties
from regan.storage.stored import Stored

_SHARE = 0.05
FEW_VALUES = 20
_REPEATED = 15
_ROWS = 30
_ROUNDED = 1e-9


@dataclass(frozen=True, eq=False)
class Spikes:
    r"""A column of numbers as a mixture of atoms and a continuous rest.

    A number that one row in twenty has, and 30 rows at least, is an atom: a level, which is drawn
    with its own probability. What is none of them is one level more, "between", and has a number:
    the normal score of its rank among the others, each tied number at random within its ranks.
    Where at most 20 numbers occur, each of them 15 times on average, all are atoms. A column
    without atoms is standardized; if less than half of its numbers are different, each is spread
    over the gaps to its neighbors.

    So zeros among amounts come back as often as they occurred, no component has to stand on a
    single number, and what penalties act on are deviations from the mean of all rows.

    Attributes
    ----------
    atoms : array of shape (A,)
        Increasing.
    rest : EmpiricalDistribution or None
        Of what is between, if there are atoms.
    is_continuous : bool
        Whether there is something between.
    mean, deviation : float
        Of a column without atoms.
    """

    atoms: np.ndarray
    rest: EmpiricalDistribution | None
    is_continuous: bool
    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def learn(cls, numbers: np.ndarray) -> Self:
        """From the known `numbers` (n,) of a column."""
        values, counts = np.unique(numbers, return_counts=True)
        n = max(len(numbers), 1)
        if len(values) <= FEW_VALUES and n >= _REPEATED * len(values):
            return cls(values, None, False)
        spike = counts >= max(_SHARE * n, _ROWS)
        if not spike.any():
            return cls.plain(numbers)
        between = numbers[~np.isin(numbers, values[spike])]
        rest = EmpiricalDistribution.learn(between) if len(between) else None
        return cls(values[spike], rest, rest is not None)

    @classmethod
    def plain(cls, numbers: np.ndarray, deviation: float | None = None) -> Self:
        """Without atoms; deviation : what numbers are divided by, their own by default."""
        mean, own = (float(numbers.mean()), float(numbers.std())) if len(numbers) else (0.0, 0.0)
        scale = (own or 1.0) if deviation is None else deviation
        if abs(mean) <= _ROUNDED * scale:  # what rounding left of a column that was standardized
            mean = 0.0
        return cls(np.empty(0), None, True, mean, 1.0 if abs(scale - 1) <= _ROUNDED else scale)

    @property
    def size(self) -> int:
        """How many levels it has; 0 without atoms, where nothing has to be told apart."""
        return len(self.atoms) + self.is_continuous if len(self.atoms) else 0

    def split(
        self, numbers: np.ndarray, rng: np.random.Generator | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values (n,) and levels (n,) of `numbers` (n,), NaN where unknown.

        A value is NaN where there is an atom, and the level of a number that was never seen is
        unknown where all are atoms. rng : places tied numbers at random.
        """
        known = ~np.isnan(numbers)
        place = np.searchsorted(self.atoms, numbers)
        inside = np.minimum(place, max(len(self.atoms) - 1, 0))
        on_atom = known & (self.atoms[inside] == numbers if len(self.atoms) else False)
        codes = np.where(on_atom, inside, len(self.atoms))
        codes[~known | ~(on_atom | self.is_continuous)] = UNKNOWN
        values = np.where(on_atom, np.nan, numbers)
        between = known & ~on_atom
        if self.rest is not None and between.any():
            values[between] = self.rest.scores(numbers[between], rng)
        elif rng is not None and between.any():
            values[between] = spread_ties(numbers[between, None], rng)[:, 0]
        if self.rest is None:
            values = (values - self.mean) / self.deviation
        return values, codes

    def join(self, values: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The numbers (n,) of such values and levels: the inverse of `split`."""
        if self.rest is None:
            numbers = values * self.deviation + self.mean
        else:
            numbers = self.rest.numbers(values)
        if not len(self.atoms):
            return numbers
        at = self.at_atom(codes)
        return np.where(at, self.atoms[np.clip(codes, 0, len(self.atoms) - 1)], numbers)

    def bounds(
        self, low: np.ndarray, high: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What numbers from `low` to `high` (n,) are: ends of values (n,), and levels (n, size).

        Equal ends are a known number, as `split` has it. A value that is not in between has no
        ends, and numbers of which nothing can be no levels.
        """
        known, none = low == high, np.full(len(low), np.inf)
        point, code = self.split(np.where(known, low, np.nan), None)
        if not len(self.atoms):
            ends = ((end - self.mean) / self.deviation for end in (low, high))
            first, last = (np.where(known, point, end) for end in ends)
            return first, last, np.ones((len(low), 0), dtype=bool)
        allowed = np.zeros((len(low), self.size), dtype=bool)
        a = len(self.atoms)
        allowed[:, :a] = (low[:, None] <= self.atoms) & (self.atoms <= high[:, None])
        if self.rest is None:
            return -none, none, allowed
        first, last = self.rest.bounds(low, high)
        first, last = (np.where(known, point, end) for end in (first, last))
        allowed[:, a] = np.where(known, code == a, first < last)
        within = allowed[:, a]
        return np.where(within, first, -none), np.where(within, last, none), allowed

    def at_atom(self, codes: np.ndarray) -> np.ndarray:
        """Which levels (n,) are those of atoms."""
        return np.asarray((codes >= 0) & (codes < len(self.atoms)))

    def log_slope(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Logarithm of the derivative of the values by the `numbers` (n,); 0 at atoms."""
        if self.rest is None:
            return np.full(len(numbers), -np.log(self.deviation))
        slopes, between = np.zeros(len(numbers)), codes == len(self.atoms)
        if between.any():
            slopes[between] = Ranks(self.rest).log_slope(numbers[between])
        return slopes

    def blurred(self, k: int) -> Self:
        """The same with means of `k` numbers or more in the place of those between atoms."""
        return self if self.rest is None else replace(self, rest=self.rest.blurred(k))

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        rest = None if self.rest is None else self.rest.export()
        return {
            "atoms": self.atoms.tolist(),
            "rest": rest,
            "continuous": self.is_continuous,
            "mean": self.mean,
            "deviation": self.deviation,
        }

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        atoms, rest, continuous, mean, deviation = stored.fields(
            "atoms", "rest", "continuous", "mean", "deviation"
        )
        values = atoms.increasing() if atoms.items() else np.empty(0)
        own = None if rest.is_none else EmpiricalDistribution.restore(rest)
        if not (len(values) or continuous.flag()) or (own is not None and not continuous.flag()):
            stored.refuse("a column of atoms, of what is between, or of both")
        least = np.finfo(np.float64).tiny
        return cls(values, own, continuous.flag(), mean.real(), deviation.real(least))


def split_columns(
    columns: Sequence[Spikes], numbers: np.ndarray, rng: np.random.Generator | None
) -> tuple[np.ndarray, np.ndarray]:
    """The values (n, P) and levels (n, B) of numbers (n, C), of what is continuous, of atoms."""
    pairs = [spikes.split(numbers[:, j], rng) for j, spikes in enumerate(columns)]
    values = [v for (v, _), spikes in zip(pairs, columns, strict=True) if spikes.is_continuous]
    codes = [c for (_, c), spikes in zip(pairs, columns, strict=True) if spikes.size]
    none = np.empty((len(numbers), 0))
    return (
        np.stack(values, axis=1) if values else none,
        np.stack(codes, axis=1) if codes else none.astype(np.int64),
    )


def join_columns(columns: Sequence[Spikes], values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The inverse of `split_columns`: numbers (n, C)."""
    numbers = np.empty((len(values), len(columns)))
    p = b = 0
    for j, spikes in enumerate(columns):
        value = values[:, p] if spikes.is_continuous else np.zeros(len(values))
        code = codes[:, b] if spikes.size else np.zeros(len(values), dtype=np.int64)
        numbers[:, j] = spikes.join(value, code)
        p, b = p + spikes.is_continuous, b + bool(spikes.size)
    return numbers
