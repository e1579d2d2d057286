"""Joint columns: only the combinations of values that occur in the data, as one choice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from regan.data.columns import column_of_levels, column_of_nothing
from regan.data.columns.base import UNSEEN, Column
from regan.data.rules.base import Coding, Learner, may_hold
from regan.storage.stored import Stored


def _none() -> np.ndarray:
    return np.empty((0, 0))


@dataclass(frozen=True)
class Joint(Coding):
    """Columns whose combinations are levels: the first has all of them, the others are implied.

    Attributes
    ----------
    places : tuple of int
        Of the columns.
    combinations : array of shape (L, C)
        The numbers of the columns in each, NaN where a cell is missing.
    """

    places: tuple[int, ...]
    combinations: np.ndarray = field(default_factory=_none)

    @property
    def reads(self) -> frozenset[int]:
        return frozenset()

    @property
    def writes(self) -> frozenset[int]:
        return frozenset(self.places)

    @property
    def columns(self) -> dict[int, Column]:
        own = [self.table.columns[j] for j in self.places]
        values = [c.write(part) for c, part in zip(own, self.combinations.T, strict=True)]
        words = [", ".join(map(str, row)) for row in zip(*values, strict=True)]
        first = column_of_levels(", ".join(str(column.name) for column in own), words)
        others = zip(self.places[1:], own[1:], strict=True)
        return {self.places[0]: first, **{j: column_of_nothing(c.name) for j, c in others}}

    def learn(self, numbers: np.ndarray, learner: Learner) -> Self:
        found = np.unique(comparable(numbers[:, self.places]), axis=0)
        if len(found) > learner.max_levels:
            raise ValueError(
                f"{len(found)} combinations occur in {len(numbers)} rows, more than "
                f"max_levels={learner.max_levels}: leave out columns with many values, or raise "
                "max_levels in TableEncoder"
            )
        return replace(self, combinations=np.where(np.isinf(found), np.nan, found))

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        """Which combination each row (n, C) has, (n,); `UNSEEN` for none of them."""
        both = comparable(np.concatenate([self.combinations, numbers[:, self.places]]))
        found, where = np.unique(both, axis=0, return_inverse=True)
        where, size = where.reshape(-1), len(self.combinations)
        codes = np.full(len(found), UNSEEN)
        codes[where[:size]] = np.arange(size)
        return np.asarray(codes[where[size:]])

    def encode(self, numbers: np.ndarray) -> dict[int, np.ndarray]:
        nothing = np.full(len(numbers), np.nan)
        first, *others = self.places
        return {first: self.codes(numbers).astype(np.float64), **dict.fromkeys(others, nothing)}

    def decode(self, numbers: np.ndarray) -> None:
        numbers[:, self.places] = self.combinations[numbers[:, self.places[0]].astype(np.int64)]

    def broken(self, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        names = ", ".join(repr(self.table.columns[j].name) for j in self.places)
        words = f"{names} have a combination that is not in the training data,"
        return self.codes(numbers) == UNSEEN, words

    def export(self) -> dict[str, Any]:
        rows = self.combinations.tolist()
        return {"combinations": [[None if v != v else v for v in row] for row in rows]}

    def restore(self, stored: Stored) -> Self:
        return self._taking(*stored.fields("combinations"))

    def _taking(self, listed: Stored) -> Self:
        """With combinations from a model file."""
        rows = [row.items(len(self.places)) for row in listed.items()]
        read = [[np.nan if v.is_none else v.real() for v in row] for row in rows]
        found = np.array(read).reshape(len(read), len(self.places))
        blurred = any(self.table.columns[j].n_numbers for j in self.places)
        repeated = len(np.unique(comparable(found), axis=0)) < len(found)
        if not len(found) or (repeated and not blurred):
            listed.refuse("a list of different combinations")
        for j, part in zip(self.places, found.T, strict=True):
            column = self.table.columns[j]
            if not may_hold(column, part):
                listed.refuse(f"combinations of what column {column.name!r} may hold")
        return replace(self, combinations=found)


def comparable(numbers: np.ndarray) -> np.ndarray:
    """The same (n, C) with infinity for NaN, which is equal to itself."""
    return np.where(np.isnan(numbers), np.inf, numbers + 0.0)
