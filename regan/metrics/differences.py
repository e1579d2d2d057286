"""Differences between two tables by column and by pair of columns, the largest ones first.

The bounds by chance: of the Kolmogorov-Smirnov statistic, the one of Massart, 1990 (Annals of
Probability 18). Of half a sum of absolute differences, the mean of as many absolute normal numbers
of the same variances, and as many standard deviations more as Bernstein's inequality has. All take
the number of columns or pairs into account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import rankdata

from regan.data.containers import has_names
from regan.data.encoder import TableEncoder
from regan.metrics.tables import Printed
from regan.validation import shown

_CHANCE = 0.01
_MAX_ROWS = 20000
_MAX_COLUMNS = 300
_BINS = (2, 6)
_CELL = 10
_LEVELS = 8
_LONGEST = 40


@dataclass(frozen=True)
class Difference:
    """How much a column, or the association of a pair of columns, differs between two tables.

    Attributes
    ----------
    names : tuple of str
        Of one column, or of two.
    distance : float
        From 0 for equal distributions to 1. Of a column of numbers, the Kolmogorov-Smirnov
        statistic; of levels, the total variation; a missing cell counts as a further value. Of a
        pair, half the sum of the differences of ``P(a, b) - P(a) P(b)`` over all bins a and b: the
        part of the joint distribution that the two columns alone do not explain.
    chance : float
        Two samples of the same distribution stay below this in all columns, or in all pairs, with
        a probability of about 99 %.
    real, fake : float
        Of a pair, the association in each table: the rank correlation of two columns of numbers,
        else Cramer's V of the bins. NaN of a column.
    places : tuple of int
        The positions of the columns.
    """

    names: tuple[str, ...]
    distance: float
    chance: float
    real: float = field(default=float("nan"), compare=False)
    fake: float = field(default=float("nan"), compare=False)
    places: tuple[int, ...] = ()

    @property
    def beyond_chance(self) -> bool:
        """Whether `distance` exceeds `chance`."""
        return self.distance > self.chance

    @property
    def name(self) -> str:
        """The columns in one text."""
        return " and ".join(self.names)

    def __repr__(self) -> str:
        words = f"{self.distance:.3f} (by chance up to {self.chance:.3f})"
        if len(self.names) == 2:
            words += f", association {self.real:z.2f} real, {self.fake:z.2f} generated"
        return f"<Difference of {self.name}: {words}>"


class Differences(Printed, list[Difference]):
    """Differences of columns or of pairs of columns, which print as a table."""

    def _header(self) -> list[str]:
        is_pairs = any(len(each.names) == 2 for each in self)
        first = "pair of columns" if is_pairs else "column"
        return [first, "difference", "chance", "beyond chance", *(["real", "generated"] * is_pairs)]

    def _lines(self) -> list[list[str]]:
        return [
            [
                each.name,
                f"{each.distance:.3f}",
                f"{each.chance:.3f}",
                "yes" if each.beyond_chance else "no",
                *(
                    "" if np.isnan(value) else f"{value:z.2f}"  # of a constant there is none
                    for value in (each.real, each.fake)
                    if len(each.names) == 2
                ),
            ]
            for each in self
        ]


@dataclass(frozen=True)
class Tables:
    """Two tables of one number a cell, and how their columns are compared.

    Attributes
    ----------
    real, fake : arrays of shape (n, C) and (m, C)
        NaN where a cell is missing, the code of a level.
    is_level : bool array of shape (C,)
        Whether numbers are codes.
    names : list of str, one for each column
    places : tuple of int
        Their positions in the user's table, from which columns that are not learned are left out.
    """

    real: np.ndarray
    fake: np.ndarray
    is_level: np.ndarray
    names: Sequence[str]
    places: tuple[int, ...]

    @classmethod
    def of(
        cls, real: np.ndarray, fake: np.ndarray, names: Sequence[Any], encoder: TableEncoder | None
    ) -> Tables:
        """At most 20,000 rows of each sample, chosen at random, without identifiers."""
        kinds: list[Any] = [None] * len(names)
        if encoder is not None:
            kinds = [column.present for column in encoder.columns_]
        places = [j for j, kind in enumerate(kinds) if kind is None or kind.summary is not None]
        is_level = [kinds[j] is not None and not kinds[j].n_numbers for j in places]
        one, other = (_some(rows)[:, places] for rows in (real, fake))
        by_name = has_names(tuple(names))
        called = [_called(names[j]) if by_name else f"column {names[j]}" for j in places]
        return cls(one, other, np.array(is_level, dtype=bool), called, tuple(places))

    @property
    def rate(self) -> float:
        """The variance of a difference of means, over that of one row: 1 / n + 1 / m."""
        return 1 / len(self.real) + 1 / len(self.fake)


def column_differences(tables: Tables) -> list[Difference]:
    """The difference of each column, those beyond chance first, and the largest first."""
    log = np.log(max(len(tables.names), 1) / _CHANCE)
    found = []
    for j, name in enumerate(tables.names):
        samples = tables.real[:, j], tables.fake[:, j]
        if tables.is_level[j]:
            distance, chance = _total_variation(*samples, tables.rate, log)
        else:
            distance = _kolmogorov_smirnov(*samples)
            chance = float(np.sqrt(0.5 * tables.rate * (log + np.log(2))))
        found.append(Difference((name,), distance, chance, places=(tables.places[j],)))
    return sorted(found, key=lambda each: (not each.beyond_chance, -each.distance))


def pair_differences(tables: Tables, most: int = 10) -> list[Difference]:
    """The `most` largest differences in associations of pairs, those beyond chance first.

    Numbers are cut at quantiles of the real rows, into 2 to 6 bins, so that about 10 rows fall into
    a cell of two independent columns. Levels beyond the 7 most frequent ones share a bin, and
    missing cells have one. Of more than 300 columns, 300 at equal steps are compared.
    """
    chosen = np.unique(np.linspace(0, len(tables.names) - 1, _MAX_COLUMNS).astype(int))
    if len(chosen) < 2:
        return []
    binned = [_binned(tables, j) for j in chosen]
    widths = [max(int(codes.max()) + 1 for codes in pair) for pair in binned]
    real, fake = (_one_hot([pair[side] for pair in binned], widths) for side in (0, 1))
    parts = _Blocks(real, fake, widths)
    distances, chances = parts.differences(tables.rate)
    pairs = np.triu_indices(len(chosen), 1)
    ranks = np.where(distances > chances, 1 + distances, distances)
    order = np.argsort(-ranks[pairs], kind="stable")[:most]
    found = []
    for i, j in zip(pairs[0][order], pairs[1][order], strict=True):
        a, b = int(chosen[i]), int(chosen[j])
        one, other = (
            _association(rows[:, a], rows[:, b], parts.joint(side, i, j), tables.is_level[[a, b]])
            for side, rows in enumerate((tables.real, tables.fake))
        )
        names, places = (tables.names[a], tables.names[b]), (tables.places[a], tables.places[b])
        distance, chance = float(distances[i, j]), float(chances[i, j])
        found.append(Difference(names, distance, chance, one, other, places))
    return found


class _Blocks:
    """Joint distributions of all pairs of binned columns, blocks of the matrix of all bins.

    real, fake : one-hot arrays (n, W) and (m, W); widths : of the columns' blocks, which sum to W.
    """

    def __init__(self, real: np.ndarray, fake: np.ndarray, widths: Sequence[int]) -> None:
        self.samples, self.widths = (real, fake), np.array(widths)
        self.starts = np.cumsum(self.widths) - self.widths

    def differences(self, rate: float) -> tuple[np.ndarray, np.ndarray]:
        """Distances and their bounds by chance, (C, C) each."""
        distances, chances = [], []
        shares = [each.mean(axis=0, dtype=np.float64) for each in self.samples]
        sizes = [len(each) for each in self.samples]
        pooled = (sizes[0] * shares[0] + sizes[1] * shares[1]) / sum(sizes)
        factors = self.widths / np.maximum(self.widths - 1, 1)
        n_pairs = max(len(self.widths) * (len(self.widths) - 1) / 2, 1)
        log = np.log(n_pairs / _CHANCE)
        wide = np.sqrt(2 * log * (1 - 2 / np.pi))
        for start, width, factor in zip(self.starts, self.widths, factors, strict=True):
            here = slice(start, start + width)
            joint = [each[:, here].T @ each / len(each) for each in self.samples]
            gaps = [
                both - np.outer(share[here], share)
                for both, share in zip(joint, shares, strict=True)
            ]
            distances.append(self._sums(0.5 * np.abs(gaps[0] - gaps[1])))
            both = (sizes[0] * joint[0] + sizes[1] * joint[1]) / sum(sizes)
            variances = 0.25 * rate * _variances(both, pooled[here, None], pooled[None])
            mean = np.sqrt(2 / np.pi) * self._sums(np.sqrt(variances))
            spread = np.sqrt(factor * factors * self._sums(variances))
            chances.append(mean + wide * spread + log * rate / 3)
        return np.array(distances), np.array(chances)

    def joint(self, side: int, i: int, j: int) -> np.ndarray:
        """The shares of the bins of columns i and j in one sample."""
        rows = self.samples[side]
        a, b = (rows[:, self.starts[k] : self.starts[k] + self.widths[k]] for k in (i, j))
        return np.asarray(a.T @ b / len(rows), dtype=np.float64)

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Over each block of columns, and over all rows."""
        sums: np.ndarray = np.add.reduceat(values.sum(axis=0), self.starts)
        return sums


def _variances(joint: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of one row's part in ``P(a, b) - P(a) P(b)``: (1_a - P(a)) (1_b - P(b))."""
    squares = joint * ((1 - a) * (1 - b)) ** 2
    squares += np.maximum(a - joint, 0) * ((1 - a) * b) ** 2
    squares += np.maximum(b - joint, 0) * (a * (1 - b)) ** 2
    squares += np.maximum(1 - a - b + joint, 0) * (a * b) ** 2
    return np.asarray(np.maximum(squares - (joint - a * b) ** 2, 0))


def _some(rows: np.ndarray) -> np.ndarray:
    if len(rows) <= _MAX_ROWS:
        return np.asarray(rows, dtype=np.float64)
    chosen = np.random.default_rng(0).permutation(len(rows))[:_MAX_ROWS]
    return np.asarray(rows[chosen], dtype=np.float64)


def _called(name: Any) -> str:
    """A name in one line of at most 40 characters."""
    text = shown(" ".join(str(name).split()))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _kolmogorov_smirnov(real: np.ndarray, fake: np.ndarray) -> float:
    """The largest difference of the distribution functions; missing cells are above all values."""
    one, other = (np.sort(np.where(np.isnan(values), np.inf, values)) for values in (real, fake))
    both = np.unique(np.concatenate([one, other]))
    shares = [np.searchsorted(each, both, side="right") / len(each) for each in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def _total_variation(
    real: np.ndarray, fake: np.ndarray, rate: float, log: float
) -> tuple[float, float]:
    """Half the sum of the differences of shares, and its bound by chance."""
    values, where = np.unique(np.concatenate([real, fake]), return_inverse=True)
    parts = where.ravel()[: len(real)], where.ravel()[len(real) :]
    one, other = (np.bincount(part, minlength=len(values)) / len(part) for part in parts)
    pooled = (len(real) * one + len(fake) * other) / (len(real) + len(fake))
    variances = 0.25 * rate * pooled * (1 - pooled)
    spread = (1 - 2 / np.pi) * variances.sum() * len(values) / max(len(values) - 1, 1)
    mean = np.sqrt(2 / np.pi) * np.sqrt(variances).sum()
    chance = mean + np.sqrt(2 * log * spread) + log * rate / 3
    return 0.5 * float(np.abs(one - other).sum()), float(chance)


def _binned(tables: Tables, j: int) -> tuple[np.ndarray, np.ndarray]:
    """The bins of a column's cells in both samples."""
    samples = tables.real[:, j], tables.fake[:, j]
    there = samples[0][~np.isnan(samples[0])]
    if tables.is_level[j]:
        values, counts = np.unique(there, return_counts=True)
        kept = np.sort(values[np.argsort(-counts, kind="stable")][: _LEVELS - 1])
        return _of_levels(samples[0], kept), _of_levels(samples[1], kept)
    n = min(map(len, samples))
    n_bins = int(np.clip(np.sqrt(n / _CELL), *_BINS))
    inner = np.linspace(0, 1, n_bins + 1)[1:-1]
    edges = np.unique(np.quantile(there, inner)) if there.size else np.empty(0)
    return _of_numbers(samples[0], edges), _of_numbers(samples[1], edges)


def _of_levels(values: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Places among the levels `kept`; behind them all others, and missing cells behind those."""
    if not kept.size:
        return np.where(np.isnan(values), 1, 0)
    at = np.searchsorted(kept, values).clip(max=len(kept) - 1)
    codes = np.where(kept[at] == values, at, len(kept))
    return np.asarray(np.where(np.isnan(values), len(kept) + 1, codes))


def _of_numbers(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Bins between the edges, which are the largest values of theirs; missing cells behind them."""
    codes = np.searchsorted(edges, values)
    return np.asarray(np.where(np.isnan(values), len(edges) + 1, codes))


def _one_hot(columns: Sequence[np.ndarray], widths: Sequence[int]) -> np.ndarray:
    """A block of columns of 0 and 1 for each column of bins."""
    parts = [
        codes[:, None] == np.arange(width) for codes, width in zip(columns, widths, strict=True)
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _association(a: np.ndarray, b: np.ndarray, joint: np.ndarray, is_level: np.ndarray) -> float:
    """The rank correlation of two columns of numbers, else Cramer's V; NaN of a constant."""
    if is_level.any():
        return _cramers_v(joint)
    there = ~(np.isnan(a) | np.isnan(b))
    ranks = [rankdata(values[there]) for values in (a, b)]
    if there.sum() < 2 or min(map(np.ptp, ranks)) == 0:
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def _cramers_v(joint: np.ndarray) -> float:
    """From the shares of the cells of a table; NaN of a constant."""
    joint = joint[joint.sum(axis=1) > 0][:, joint.sum(axis=0) > 0]
    if min(joint.shape) < 2:
        return float("nan")
    expected = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    chi = ((joint - expected) ** 2 / expected).sum()
    return float(np.sqrt(chi / (min(joint.shape) - 1)))
