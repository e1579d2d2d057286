"""What all cells of a column have in common: counts, moments, ends, levels."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

MISSING, LOW, HIGH = "missing", "low", "high"
LEVEL, UNIT, WEEKDAY = "level", "unit", "weekday"
"""What a row may be a witness of; the latter three together with which one."""

Key = Hashable

_WIDE = 2**15


@dataclass(frozen=True)
class ColumnSurvey:
    r"""Survey of the cells of a column, which is merged with that of further cells.

    Mean and sum of squares about it are merged by

    .. math::

        \delta = \mu_b - \mu_a, \qquad \mu = \mu_a + \delta \frac{n_b}{n}, \qquad
        M = M_a + M_b + \delta^2 \frac{n_a n_b}{n}

    Chan, Golub and LeVeque, 1983 (The American Statistician 37).

    Attributes
    ----------
    n_missing : int
    n_numbers : int
        Of how many cells the moments are: of those that are there, if they are numbers, else 0.
    mean, squares : float
        The mean of the numbers, and the sum of squares about it.
    low, high : number or None
        The least and the largest; of dates and times whole ticks.
    counts : dict of value to int, or None
        How often each value occurs, in the order in which they appear; None if there are too many.
    where : dict
        A row, by its number, that is the witness of each of these: see `MISSING`.
    """

    n_missing: int = 0
    n_numbers: int = 0
    mean: float = 0.0
    squares: float = 0.0
    low: Any = None
    high: Any = None
    counts: dict[Any, int] | None = field(default_factory=dict)
    where: dict[Key, int] = field(default_factory=dict)

    def merged(self, other: Self, most: int) -> Self:
        """Of the cells of both; most : the number of values to count."""
        n = self.n_numbers + other.n_numbers
        mean, squares = self.mean, self.squares
        if other.n_numbers:
            with np.errstate(over="ignore", invalid="ignore"):
                apart = np.float64(other.mean) - self.mean if self.n_numbers else 0.0
                mean = self.mean + apart * (other.n_numbers / n) if self.n_numbers else other.mean
                between = apart * apart * (self.n_numbers * (other.n_numbers / n))
                squares = self.squares + other.squares + between
        counts = _both(self.counts, other.counts, most)
        low, high, where = self.low, self.high, dict(self.where)
        if MISSING in other.where:
            where.setdefault(MISSING, other.where[MISSING])
        if other.low is not None and (low is None or other.low < low):
            low, where[LOW] = other.low, other.where[LOW]
        if other.high is not None and (high is None or other.high > high):
            high, where[HIGH] = other.high, other.where[HIGH]
        finer = _is_finer(other.where, self.where)
        for key, row in other.where.items():
            if isinstance(key, tuple) and (finer or not _is_unit(key)):
                where.setdefault(key, row)
        if counts is None:  # more texts than may be levels are shown by so many, numbers by none
            levels = [key for key in where if isinstance(key, tuple) and key[0] == LEVEL]
            for key in levels[0 if low is not None else most + 1 :]:
                del where[key]
        return replace(
            self,
            n_missing=self.n_missing + other.n_missing,
            n_numbers=n,
            mean=float(mean),
            squares=float(squares),
            low=low,
            high=high,
            counts=counts,
            where=where,
        )

    def lacking(self, sample: Self) -> list[int]:
        """The witnesses of what the cells of a sample lack."""
        known, finer = sample.where.keys(), _is_finer(self.where, sample.where)
        lost = {key for key in self.where if key not in known and (finer or not _is_unit(key))}
        if self.low is not None and (sample.low is None or self.low < sample.low):
            lost.add(LOW)
        if self.high is not None and (sample.high is None or self.high > sample.high):
            lost.add(HIGH)
        return [self.where[key] for key in lost]

    @property
    def variance(self) -> float:
        """Of the numbers."""
        return self.squares / self.n_numbers if self.n_numbers else 0.0


def _is_unit(key: Key) -> bool:
    return isinstance(key, tuple) and key[0] == UNIT


def _is_finer(one: dict[Key, int], other: dict[Key, int]) -> bool:
    """Whether the greatest common divisor of ticks does not divide that of others."""
    common, known = (
        math.gcd(*(key[1] for key in where if isinstance(key, tuple) and key[0] == UNIT))
        for where in (one, other)
    )
    return not known or common % known != 0


def _both(
    one: dict[Any, int] | None, other: dict[Any, int] | None, most: int
) -> dict[Any, int] | None:
    if one is None or other is None:
        return None
    both = dict(one)
    for value, count in other.items():
        both[value] = both.get(value, 0) + count
    return both if len(both) <= most else None


def survey_numbers(numbers: np.ndarray, first: int, most: int) -> ColumnSurvey:
    """Of numbers (n,) of a floating dtype, NaN where missing, that begin at row `first`.

    ValueError, which names the row, for infinite ones.
    """
    lost = np.isnan(numbers)
    n_missing = int(lost.sum())
    there = numbers[~lost] if n_missing else numbers
    rows = np.flatnonzero(~lost) if n_missing else None
    where: dict[Key, int] = {MISSING: first + int(lost.argmax())} if n_missing else {}
    if not len(there):
        return ColumnSurvey(n_missing, where=where)
    if not np.isfinite(there).all():
        raise InfiniteError(first + int(np.isinf(numbers).argmax()))

    def row(i: int) -> int:
        return first + int(i if rows is None else rows[i])

    low, high = int(there.argmin()), int(there.argmax())
    where |= {LOW: row(low), HIGH: row(high)}
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        mean = there.mean(dtype=np.float64)
        apart = there - mean
        squares = float(apart @ apart - apart.sum() ** 2 / len(there))
    counts = None
    if (found := _values(there, there[low], there[high], most)) is not None:
        values, places, times = found
        counts = dict(zip(values, times, strict=True))
        where |= {(LEVEL, v): row(i) for v, i in zip(values, places, strict=True)}
    ends = there[low].item(), there[high].item()
    return ColumnSurvey(n_missing, len(there), float(mean), max(squares, 0.0), *ends, counts, where)


def _values(
    numbers: np.ndarray, low: float, high: float, most: int
) -> tuple[list[float], list[int], list[int]] | None:
    """Which values `numbers` (n,) have, where each is first and how often; None for too many."""
    if not most or len(np.unique(numbers[: 2 * most])) > most:
        return None
    whole = numbers.dtype.kind == "i" or (numbers == np.rint(numbers)).all()
    if whole and high - low < _WIDE:  # without sorting
        places = (numbers - low).astype(np.int64)
        times = np.bincount(places)
        first = np.zeros(len(times), dtype=np.int64)
        first[places[::-1]] = np.arange(len(places))[::-1]
        found = np.flatnonzero(times)
        values, where, often = low + found, first[found], times[found]
    else:
        values, where, often = np.unique(numbers, return_index=True, return_counts=True)
    if len(values) > most:
        return None
    return values.tolist(), where.tolist(), often.tolist()


class InfiniteError(ValueError):
    """An infinite number, at a row that is its argument."""


def survey_ticks(
    ticks: np.ndarray, lost: np.ndarray, first: int, most: int, per_day: int | None
) -> ColumnSurvey:
    """Of whole `ticks` (n,), those of the cells that are not `lost`, a mask; per_day : ticks of a
    day, of dates.

    Clocks are learned of them, so each day of the week has a witness, and what makes a unit finer.
    """
    n_missing = int(lost.sum())
    where: dict[Key, int] = {MISSING: first + int(lost.argmax())} if n_missing else {}
    if not len(ticks):
        return ColumnSurvey(n_missing, counts=None, where=where)
    rows = first + np.flatnonzero(~lost)
    low, high = int(ticks.argmin()), int(ticks.argmax())
    where |= {LOW: int(rows[low]), HIGH: int(rows[high])}
    common = 0
    while (between := ticks % common != 0 if common else ticks != 0).any():
        place = int(between.argmax())
        common = math.gcd(common, int(ticks[place]))
        where[UNIT, common] = int(rows[place])
        if common == 1:
            break
    if per_day is not None:
        week = (ticks // per_day) % 7
        for day in np.flatnonzero(np.bincount(week, minlength=7)).tolist():
            where[WEEKDAY, day] = int(rows[int(np.argmax(week == day))])
    counts = None
    if (found := _values(ticks, ticks[low], ticks[high], most)) is not None:
        values, places, times = found
        counts = dict(zip(values, times, strict=True))
        where |= {(LEVEL, v): int(rows[i]) for v, i in zip(values, places, strict=True)}
    ends = int(ticks[low]), int(ticks[high])
    return ColumnSurvey(n_missing, 0, 0.0, 0.0, *ends, counts, where)


def of_levels(
    values: list[Any], codes: np.ndarray, first: int, most: int, *, lost: np.ndarray | None
) -> ColumnSurvey:
    """Of levels at positions `codes` (n,) in `values`; lost : a mask (n,) of missing cells."""
    n_missing = 0 if lost is None else int(lost.sum())
    where: dict[Key, int] = {}
    if lost is not None and n_missing:
        where[MISSING] = first + int(lost.argmax())
        rows = np.flatnonzero(~lost)
        codes = codes[rows]
    else:
        rows = np.arange(len(codes))
    counts = np.bincount(codes, minlength=len(values))
    places = np.zeros(len(values), dtype=np.int64)
    places[codes[::-1]] = rows[::-1]
    occurring = np.flatnonzero(counts)
    occurring = occurring[np.argsort(places[occurring], kind="stable")]
    many = len(occurring) > most
    levels = {values[i]: int(counts[i]) for i in occurring[: most + 1].tolist()}
    where |= {(LEVEL, values[i]): first + int(places[i]) for i in occurring[: most + 1].tolist()}
    return ColumnSurvey(n_missing, counts=None if many else levels, where=where)
