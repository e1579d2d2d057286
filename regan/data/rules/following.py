"""Columns that follow from another one, in all rows of the data or in nearly all."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from regan.data.columns.base import Column
from regan.data.rules.base import Coding, Learner, Table
from regan.data.rules.dependency import Dependency
from regan.data.rules.functions import Function
from regan.data.rules.lookup import tally
from regan.storage.stored import Stored


@dataclass(frozen=True)
class Following(Coding):
    """A column that is a function of another one, but for exceptions where there are some.

    Attributes
    ----------
    source, target : int
    n_values : int
        How many values the target had.
    keys : array of shape (G,)
        The numbers of the source, increasing, NaN last.
    known : array of shape (L, 2)
        The numbers of the target, and how many rows have each, if models have it as numbers.
    """

    kind: ClassVar[str]
    """What model files call it."""

    source: int
    target: int
    n_values: int = 0
    keys: np.ndarray = field(default_factory=lambda: np.empty(0))
    known: np.ndarray = field(default_factory=lambda: np.empty((0, 2)))

    @property
    @abstractmethod
    def dependency(self) -> Dependency:
        """What users are told of it."""

    @property
    def reads(self) -> frozenset[int]:
        return frozenset([self.source])

    @property
    def writes(self) -> frozenset[int]:
        return frozenset([self.target])

    @property
    def names(self) -> tuple[Any, Any]:
        """Of the source and of the target."""
        return self.table.columns[self.source].name, self.table.columns[self.target].name

    @property
    def text(self) -> str:
        return f"column {self.names[1]!r}"

    def learn(self, numbers: np.ndarray, learner: Learner) -> Self:
        return self

    @classmethod
    def between(cls, table: Table, found: Function, numbers: np.ndarray) -> Self:
        """One that knows which columns of numbers (n, C) it is about, and their values."""
        y = numbers[:, found.target]
        known = tally(y if is_plain(table.columns[found.target]) else y[:0])
        places = found.source, found.target
        return cls(table, (), *places, n_values=len(np.unique(y)), known=known)

    def frequent(self, k: int) -> np.ndarray:
        """The part of `known` of numbers that `k` rows have."""
        return self.known[self.known[:, 1] >= k]

    def export(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "target": self.target,
            "n_values": self.n_values,
            "keys": written(self.keys),
            "known": [[value, int(count)] for value, count in self.known.tolist()],
        }

    def restore(self, stored: Stored) -> Self:
        return self.read(self.table, stored)

    @classmethod
    @abstractmethod
    def read(cls, table: Table, stored: Stored) -> Self:
        """The inverse of `export`."""

    @classmethod
    def exported(cls, table: Table, stored: Stored, *names: str) -> tuple[Self, list[Stored]]:
        """What `Following.export` wrote, and the fields `names`, which are beside that."""
        common = "source", "target", "n_values", "keys", "known"
        source, target, n, keys, known, *others = stored.fields(*common, *names)
        last = len(table.columns) - 1
        counts = [(v.real(), n.integer(1)) for v, n in (row.items(2) for row in known.items())]
        found = cls(
            table,
            (),
            source.integer(0, last),
            target.integer(0, last),
            n.integer(2),
            numbers_of(keys),
            np.array(counts, dtype=np.float64).reshape(len(counts), 2),
        )
        if found.writes & found.reads:
            stored.refuse("a function between different columns")
        return found, [keys, *others]


def is_plain(column: Column) -> bool:
    """Whether models have the values of a column as numbers."""
    return column.present.range is not None and not column.present.n_levels


def written(numbers: np.ndarray) -> list[float | None]:
    """Numbers (n,) in JSON's terms, null for NaN."""
    return [None if v != v else v for v in numbers.tolist()]


def numbers_of(stored: Stored) -> np.ndarray:
    """The inverse of `written`."""
    return np.array([np.nan if v.is_none else v.real() for v in stored.items()])
