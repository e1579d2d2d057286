"""Implied columns: computed from another one, of which they are a function in the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from regan.data.columns import column_of_levels, column_of_nothing
from regan.data.columns.base import Column
from regan.data.rules.base import Table, may_hold
from regan.data.rules.dependency import Dependency
from regan.data.rules.following import Following, is_plain, numbers_of, written
from regan.data.rules.functions import Function
from regan.data.rules.lookup import halved, nearest_key, without_rare
from regan.storage.stored import Stored

_SLACK = 1e-8


@dataclass(frozen=True)
class Implied(Following):
    """A column that is computed from another one: by a table of its values, or by a straight line.

    Nothing of it is learned, except which of its cells are missing where the other does not say so.
    Between values of a table that has numbers the nearest counts, and of three neighbors with one
    value in the target the middle one is left out.

    Attributes
    ----------
    one_to_one : bool
        Whether the source follows from the target too.
    free : bool
        Whether cells of the target are missing wherever they may be.
    line : tuple of float, or None
        Slope and intercept.
    values : array of shape (G,)
        The numbers of the target at those of the source.
    """

    kind = "all"

    one_to_one: bool = False
    free: bool = False
    line: tuple[float, float] | None = None
    values: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def columns(self) -> Mapping[int, Column]:
        own = self.table.columns[self.target]
        if not self.free:
            return {self.target: column_of_nothing(own.name)}
        return {self.target: own.holding(column_of_levels(own.name, ["present"]))}

    @property
    def dependency(self) -> Dependency:
        return Dependency(*self.names, self.n_values, self.one_to_one)

    @classmethod
    def of(cls, table: Table, found: Function, numbers: np.ndarray) -> Self:
        """What was found in numbers (n, C)."""
        x, y = numbers[:, found.source], numbers[:, found.target]
        empty = replace(cls.between(table, found, numbers), free=found.free)
        if found.line is not None:
            return replace(empty, line=found.line, one_to_one=not found.free)
        known = ~np.isnan(y) if found.free else np.ones(len(y), dtype=bool)
        keys, first = np.unique(x[known], return_index=True)
        values = y[known][first]
        one_to_one = len(np.unique(values)) == len(keys) and not found.free
        return replace(empty, one_to_one=one_to_one)._with(keys, values)

    def _with(self, keys: np.ndarray, values: np.ndarray) -> Self:
        """With keys, increasing, and their values, but for what the neighbors say."""
        same = np.zeros(len(keys) + 1, dtype=bool)
        same[1:-1] = (values[1:] == values[:-1]) & ~np.isnan(keys[1:])
        kept = ~(same[1:] & same[:-1]) if self._by_number else slice(None)
        return replace(self, keys=keys[kept], values=values[kept])

    @property
    def _by_number(self) -> bool:
        return is_plain(self.table.columns[self.source])

    def encode(self, numbers: np.ndarray) -> dict[int, np.ndarray]:
        nothing = np.full(len(numbers), np.nan)
        if not self.free:
            return {self.target: nothing}
        return {self.target: np.where(np.isnan(numbers[:, self.target]), np.nan, 0.0)}

    def decode(self, numbers: np.ndarray) -> None:
        computed = self.computed(numbers[:, self.source])
        if self.free:
            computed[np.isnan(numbers[:, self.target])] = np.nan
        numbers[:, self.target] = computed

    def computed(self, source: np.ndarray) -> np.ndarray:
        """Numbers (n,) of the target from those of the source."""
        if self.line is None:
            return self._looked_up(source)
        (scale,) = self.table.scales([self.target])
        slope, intercept = self.line
        meant = scale.meanings(slope * source + intercept)
        nowhere = np.full(len(source), -np.inf)
        found = scale.nearest(meant, nowhere, np.zeros(len(source), dtype=bool))
        return np.where(np.isnan(source), np.nan, found)

    def _looked_up(self, source: np.ndarray) -> np.ndarray:
        computed = self.values[nearest_key(self.keys, source)]
        if not np.isnan(self.keys).any():
            computed[np.isnan(source)] = np.nan
        return np.asarray(computed)

    def holds(self, numbers: np.ndarray) -> np.ndarray:
        """In which rows (n,) of numbers (n, C) the target is what is computed."""
        return self._equal(self.computed(numbers[:, self.source]), numbers[:, self.target])

    def _equal(self, computed: np.ndarray, own: np.ndarray) -> np.ndarray:
        slack = (
            0.0 if self.line is None else _SLACK * np.max(np.abs(own), initial=0, where=own == own)
        )
        same = np.isclose(computed, own, rtol=0.0, atol=slack, equal_nan=True)
        return np.asarray(same | np.isnan(own) if self.free else same)

    def broken(self, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        words = (
            f"the value is not the one that {self.dependency.source!r} determined in all rows of "
            "the training data (TableEncoder(dependencies=False) does not assume this)"
        )
        return ~self._grown(numbers).holds(numbers), words

    def _grown(self, numbers: np.ndarray) -> Self:
        """With further keys, for numbers of the source that lie between two values or beyond."""
        if self.line is not None or not self._by_number:
            return self
        x, y = numbers[:, self.source], numbers[:, self.target]
        own = self.keys[~np.isnan(self.keys)]
        values = np.r_[np.nan, self.values[: len(own)], np.nan]
        after = np.searchsorted(own, x)
        open_to = values[after] != values[after + 1]
        new = open_to & ~np.isin(x, own) & ~np.isnan(x) & ~(np.isnan(y) & self.free)
        keys, first = np.unique(np.r_[self.keys, x[new]], return_index=True)
        return self._with(keys, np.r_[self.values, y[new]][first])

    def widened(self, table: Table, numbers: np.ndarray) -> Self:
        return replace(self._grown(numbers), table=table)

    def blurred(self, table: Table, k: int) -> Self:
        wider, column = replace(self, table=table), table.columns[self.target]
        if self.line is not None:
            return wider
        if (ends := column.present.range) is not None:
            values = np.clip(without_rare(self.values, self.known, k), *ends)
            wider = replace(wider, values=values, known=self.frequent(k))
        if not self._by_number:
            return wider
        keys, which = halved(self.keys)
        return wider._with(keys, wider.values[which])

    def export(self) -> dict[str, Any]:
        return {
            **super().export(),
            "one_to_one": self.one_to_one,
            "free": self.free,
            "line": None if self.line is None else list(self.line),
            "values": written(self.values),
        }

    @classmethod
    def read(cls, table: Table, stored: Stored) -> Self:
        found, fields = cls.exported(table, stored, "one_to_one", "free", "line", "values")
        keys, one, free, line, values = fields
        found = replace(found, one_to_one=one.flag(), free=free.flag())
        x, y = table.columns[found.source], table.columns[found.target]
        if found.free and not y.takes_missing:
            stored.refuse("a function between two columns")
        if not line.is_none:
            slope, intercept = (each.real() for each in line.items(2))
            keys.items(0), values.items(0)
            both = is_plain(x) and is_plain(y) and table.has_order(found.target)
            if not both or (x.takes_missing and not y.takes_missing):
                line.refuse("null where there are no numbers")
            return replace(found, line=(slope, intercept))
        own, other = found.keys, numbers_of(values)
        there = own[~np.isnan(own)]
        if not len(there) or len(own) - len(there) > 1 or (np.diff(there) <= 0).any():
            keys.refuse("increasing numbers, and null behind them")
        if np.isnan(own[:-1]).any() or (
            x.takes_missing and not (len(own) > len(there) or y.takes_missing)
        ):
            keys.refuse("increasing numbers, and null behind them where cells may be missing")
        if len(other) != len(own) or not may_hold(y, other):
            values.refuse(f"{len(own)} values that column {y.name!r} may hold")
        return replace(found, values=other)
