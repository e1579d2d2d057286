"""Nearly implied columns: in most rows what follows from another column, elsewhere an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from regan.data.columns import column_of_levels
from regan.data.columns.base import Column
from regan.data.rules.base import Coding, Learner, Table, may_hold
from regan.data.rules.choices import MOST_CHOICES, Choices, choices_between
from regan.data.rules.coded import Coded
from regan.data.rules.dependency import Dependency
from regan.data.rules.functions import Function
from regan.data.rules.implied import is_plain, numbers_of, written
from regan.data.rules.lookup import halved, nearest_key
from regan.storage.stored import Stored


def _none() -> np.ndarray:
    return np.empty(0)


@dataclass(frozen=True)
class NearlyImplied(Coding):
    """A column coded by how usual each of its values is beside that of another column.

    The most frequent value at a value of the source is the first choice, the next one the second,
    and so on: these choices are what is learnt, one level nearly everywhere. Values beside which
    training had none of them are the last choice; of a choice that a value does not offer, the
    first comes. Of numbers the nearest counts.

    Attributes
    ----------
    source, target : int
    n_values : int
        How many values the target had.
    share : float
        Of the rows, that have the first choice.
    keys : array of shape (G,)
        The numbers of the source, increasing, NaN last.
    choices : Choices
        The numbers of the target at each.
    """

    source: int
    target: int
    n_values: int = 0
    share: float = 1.0
    keys: np.ndarray = field(default_factory=_none)
    choices: Choices = field(default_factory=Choices)

    @property
    def reads(self) -> frozenset[int]:
        return frozenset([self.source])

    @property
    def writes(self) -> frozenset[int]:
        return frozenset([self.target])

    @property
    def columns(self) -> Mapping[int, Column]:
        own, other = (self.table.columns[j].name for j in (self.target, self.source))
        names = [f"choice {i + 1} of {other}" for i in range(self.choices.most)]
        return {self.target: column_of_levels(own, names)}

    @property
    def dependency(self) -> Dependency:
        """What users are told of it."""
        own, other = (self.table.columns[j].name for j in (self.target, self.source))
        return Dependency(other, own, self.n_values, False, self.share)

    @property
    def text(self) -> str:
        return f"column {self.dependency.target!r}"

    def learn(self, numbers: np.ndarray, learner: Learner) -> Self:
        return self

    @classmethod
    def of(cls, table: Table, found: Function, numbers: np.ndarray) -> Self:
        """What was found in numbers (n, C)."""
        x, y = (Coded(numbers[:, j], False) for j in (found.source, found.target))
        choices, codes = choices_between(x, y)
        share = float((codes == 0).mean())
        return cls(table, (), found.source, found.target, y.size, share, x.keys, choices)

    def encode(self, numbers: np.ndarray) -> dict[int, np.ndarray]:
        at = nearest_key(self.keys, numbers[:, self.source])
        return {self.target: self.choices.codes(at, numbers[:, self.target]).astype(np.float64)}

    def decode(self, numbers: np.ndarray) -> None:
        at = nearest_key(self.keys, numbers[:, self.source])
        codes = numbers[:, self.target].astype(np.int64)
        numbers[:, self.target] = self.choices.values(at, codes)

    def blurred(self, table: Table, k: int) -> Self:
        choices = self.choices
        if (ends := table.columns[self.target].present.range) is not None:
            choices = choices.clipped(*ends)
        if not is_plain(self.table.columns[self.source]):
            return replace(self, table=table, choices=choices)
        keys, which = halved(self.keys)
        return replace(self, table=table, keys=keys, choices=choices.at(which))

    def export(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "n_values": self.n_values,
            "share": self.share,
            "keys": written(self.keys),
            "choices": [written(row) for row in self.choices.rows],
        }

    def restore(self, stored: Stored) -> Self:
        return self.read(self.table, stored)

    @classmethod
    def read(cls, table: Table, stored: Stored) -> Self:
        """The inverse of `export`."""
        names = "source", "target", "n_values", "share", "keys", "choices"
        source, target, n, share, keys, choices = stored.fields(*names)
        last = len(table.columns) - 1
        found = cls(table, (), source.integer(0, last), target.integer(0, last), n.integer(2))
        x, y = table.columns[found.source], table.columns[found.target]
        if found.source == found.target:
            stored.refuse("a function between two columns")
        own = numbers_of(keys)
        there = own[~np.isnan(own)]
        if not len(there) or (np.diff(there) <= 0).any() or np.isnan(own[:-1]).any():
            keys.refuse("increasing numbers, and null behind them")
        if x.takes_missing and not np.isnan(own).any():
            keys.refuse("increasing numbers, and null behind them where cells may be missing")
        rows = [numbers_of(row) for row in choices.items(len(own))]
        sizes = [len(row) for row in rows]
        if min(sizes) < 1 or not 2 <= max(sizes) <= MOST_CHOICES:
            choices.refuse(f"1 to {MOST_CHOICES} values each, and 2 at least of one")
        if not may_hold(y, np.concatenate(rows)):
            choices.refuse(f"values that column {y.name!r} may hold")
        return replace(found, share=share.real(0.0, 1.0), keys=own, choices=Choices.of(rows))
