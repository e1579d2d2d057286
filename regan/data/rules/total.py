"""Totals: columns that add up to another one, which is computed, or to a constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.columns import column_of_nothing
from regan.data.columns.base import Column
from regan.data.columns.scale import Scale
from regan.data.rules.base import Coding, Learner
from regan.storage.stored import Stored

_FUZZ = 1e-6


@dataclass(frozen=True)
class _Term:
    """A column in a sum, in units in which those with decimals are whole.

    Attributes
    ----------
    scale : Scale
    unit : float
    step : float
        Between values; 0 where there are no decimals.
    low, high : float
        The range, as far as there are values.
    """

    scale: Scale
    unit: float
    step: float
    low: float
    high: float

    @classmethod
    def of(cls, scale: Scale, unit: float) -> Self:
        low, high = scale.meanings(np.array([scale.low, scale.high])) * unit
        plain = cls(scale, unit, float(np.rint(scale.step * unit)), float(low), float(high))
        low, high = -plain.floor(np.array([-low]))[0], plain.floor(np.array([high]))[0]
        return replace(plain, low=float(low), high=float(high))

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """What `numbers` (n,) mean, in units."""
        return self.scale.meanings(numbers) * self.unit

    def floor(self, values: np.ndarray) -> np.ndarray:
        """The largest multiples of the step that are not above `values` (n,)."""
        if not self.step:
            return values
        return np.asarray(self.step * np.floor(values / self.step + _FUZZ))


@dataclass(frozen=True)
class Total(Coding):
    """Columns that add up in every row, to another column or to a constant.

    A column of totals is not learned, but computed: it has no columns of the matrix, unless cells
    are missing in the data. Where it would leave its range, the parts give way. To a constant, all
    parts are scaled in one proportion, measured from the low ends of their ranges.

    Attributes
    ----------
    parts : tuple of int
        Of the columns that are added.
    total : int or None
        Of the one that holds the sum.
    constant : float
        What they add up to without it.
    whole : bool
        Whether there are totals, and no cells were missing.
    """

    parts: tuple[int, ...]
    total: int | None
    constant: float = 0.0
    whole: bool = False

    @property
    def reads(self) -> frozenset[int]:
        return frozenset()

    @property
    def writes(self) -> frozenset[int]:
        return frozenset(self._places)

    @property
    def _places(self) -> tuple[int, ...]:
        return self.parts if self.total is None else (*self.parts, self.total)

    @property
    def columns(self) -> dict[int, Column]:
        if self.total is None or not self.whole:
            return {}
        return {self.total: column_of_nothing(self.table.columns[self.total].name)}

    def learn(self, numbers: np.ndarray, learner: Learner) -> Self:
        missing = np.isnan(numbers[:, self._places]).any()
        return replace(self, whole=self.total is not None and not missing)

    def encode(self, numbers: np.ndarray) -> dict[int, np.ndarray]:
        return {j: np.full(len(numbers), np.nan) for j in self.columns}

    def decode(self, numbers: np.ndarray) -> None:
        scales = self.table.scales(self._places, summed=True)
        known = self._places[:-1] if self.whole else self._places
        rows = np.flatnonzero(~np.isnan(numbers[:, known]).any(axis=1))
        unit = _unit(scales)
        terms = [_Term.of(scale, unit) for scale in scales]
        parts = terms[: len(self.parts)]
        values = np.stack([term.values(numbers[rows, j]) for term, j in self._each(parts)], axis=1)
        if self.total is None:
            sums = np.full(len(rows), self.constant * unit)
            values = _scaled(values, sums, parts)
        else:
            sums = terms[-1].floor(np.clip(values.sum(axis=1), terms[-1].low, terms[-1].high))
        values = adding_up(values, np.rint(sums) if all(t.step for t in parts) else sums, parts)
        for (term, j), part in zip(self._each(parts), values.T, strict=True):
            numbers[rows, j] = term.scale.numbers(part / unit)
        if self.total is not None:
            added = np.add.accumulate(values, axis=1)[:, -1]  # as a user adds them, one by one
            numbers[rows, self.total] = terms[-1].scale.numbers(added / unit)

    def deduced(self, numbers: np.ndarray, known: np.ndarray) -> dict[int, np.ndarray]:
        """The one number of a sum that is not known, if there is room for it in its column."""
        scales = self.table.scales(self._places, summed=True)
        unit = _unit(scales)
        signs, found = np.ones(len(scales)), dict[int, np.ndarray]()
        signs[len(self.parts) :] = -1.0  # parts, less their total, are 0 or the constant
        for i, (j, scale) in enumerate(zip(self._places, scales, strict=True)):
            others = [k for k in range(len(scales)) if k != i]
            rows = ~known[:, j] & known[:, [self._places[k] for k in others]].all(axis=1)
            rest = np.full(int(rows.sum()), self.constant * unit)
            for k in others:
                rest -= signs[k] * scales[k].meanings(numbers[rows, self._places[k]]) * unit
            term = _Term.of(scale, unit)
            values = np.rint(rest * signs[i]) if term.step else rest * signs[i]
            inside = (term.low - _FUZZ <= values) & (values <= term.high + _FUZZ)
            found[j] = np.full(len(numbers), np.nan)
            found[j][rows] = np.where(inside, scale.numbers(values / unit), np.nan)
        return found

    def mended(self, numbers: np.ndarray, known: np.ndarray) -> dict[int, np.ndarray]:
        """Parts that are not known give way, in one proportion, to a total that is."""
        places, found = list(self.parts), {j: numbers[:, j].copy() for j in self.parts}
        scales = self.table.scales(self._places, summed=True)
        unit = _unit(scales)
        terms = [_Term.of(scale, unit) for scale in scales]
        whole = ~np.isnan(numbers[:, list(self._places)]).any(axis=1)
        if self.total is not None:
            whole &= known[:, self.total]
        patterns, which = np.unique(known[:, places], axis=0, return_inverse=True)
        for p, fixed in enumerate(patterns):
            rows = np.flatnonzero(whole & (which.reshape(-1) == p))
            if fixed.all() or not len(rows):
                continue
            each = zip(places, terms, strict=False)
            values = np.stack([term.values(numbers[rows, j]) for j, term in each], axis=1)
            rest = np.full(len(rows), self.constant * unit)
            if self.total is not None:
                rest = terms[-1].values(numbers[rows, self.total])
            rest = rest - values[:, fixed].sum(axis=1)
            free = [terms[k] for k in np.flatnonzero(~fixed)]
            rest = np.rint(rest) if all(term.step for term in free) else rest
            moved = adding_up(values[:, ~fixed], rest, free)
            for k, part in zip(np.flatnonzero(~fixed), moved.T, strict=True):
                found[places[k]][rows] = scales[k].numbers(part / unit)
        return found

    def _each(self, terms: list[_Term]) -> list[tuple[_Term, int]]:
        return list(zip(terms, self.parts, strict=True))

    def export(self) -> dict[str, Any]:
        return {"whole": self.whole}

    def restore(self, stored: Stored) -> Self:
        whole = stored.fields("whole")[0].flag()
        if whole and self.total is None:
            stored.refuse("false where there is no total")
        if whole and any(self.table.columns[j].takes_missing for j in self._places):
            stored.refuse("false where cells may be missing")
        return replace(self, whole=whole)


def _unit(scales: list[Scale]) -> float:
    return float(10.0 ** max((scale.decimals or 0 for scale in scales), default=0))


def _scaled(values: np.ndarray, sums: np.ndarray, terms: Sequence[_Term]) -> np.ndarray:
    """Values (n, k) in one proportion, measured from the low ends, that add up to `sums` (n,)."""
    above = values - [term.low for term in terms]
    added, asked = above.sum(axis=1), sums - values.sum(axis=1)
    share = np.divide(asked, added, out=np.zeros_like(added), where=added > 0)
    return np.asarray(values + share[:, None] * above)


def adding_up(values: np.ndarray, sums: np.ndarray, terms: Sequence[_Term]) -> np.ndarray:
    """Values (n, k) close to `values` that add up to `sums` (n,), within the ranges of the terms.

    All are moved in one proportion towards the ends of their ranges; of what is left after rounding
    down, one step each goes to those that lost most. What no range has room for, the term with the
    smallest steps takes.
    """
    steps = np.array([term.step for term in terms])
    low, high = (np.array([getattr(term, end) for term in terms]) for end in ("low", "high"))
    values = np.clip(values, low, high)
    added = values.sum(axis=1)
    ends = np.where((added > sums)[:, None], low, high)
    way = ends.sum(axis=1) - added
    share = np.divide(sums - added, way, out=np.zeros_like(sums), where=way != 0)
    moved = values + np.clip(share, 0, 1)[:, None] * (ends - values)
    values = np.stack([term.floor(part) for term, part in zip(terms, moved.T, strict=True)], axis=1)
    rest = sums - values.sum(axis=1)
    order = np.argsort(values - moved, axis=1, kind="stable")
    for j in order.T:  # one step each
        rows = np.arange(len(values))
        room = np.minimum(rest, high[j] - values[rows, j])
        step = np.where(room >= steps[j] - _FUZZ, steps[j], 0.0)
        values[rows, j] += step
        rest = rest - step
    coarse_first = np.argsort(-np.where(steps, steps, 0), kind="stable")
    for j in coarse_first:  # as many as there is room for
        room = np.minimum(rest, high[j] - values[:, j])
        whole = steps[j] * np.floor(room / steps[j] + _FUZZ) if steps[j] else room
        values[:, j] += np.maximum(whole, 0)
        rest = rest - np.maximum(whole, 0)
    values[:, coarse_first[-1]] += rest
    return np.asarray(values)
