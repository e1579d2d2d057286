"""Nearly implied columns: in most rows what follows from another column, elsewhere an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from regan.data.columns import column_of_levels, column_of_nothing
from regan.data.columns.base import Column
from regan.data.rules.base import Table, may_hold
from regan.data.rules.choices import MOST_CHOICES, Choices, choices_between
from regan.data.rules.coded import Coded
from regan.data.rules.dependency import Dependency
from regan.data.rules.following import Following, is_plain, numbers_of, written
from regan.data.rules.functions import Function
from regan.data.rules.joint import comparable
from regan.data.rules.lookup import halved, nearest_key
from regan.storage.stored import Stored


@dataclass(frozen=True)
class NearlyImplied(Following):
    """A column coded by how usual each of its values is beside that of another column.

    The most frequent value at a value of the source is the first choice, the next one the second,
    and so on: these choices are what is learned, one level nearly everywhere. Values beside which
    training had none of them are the last choice. In the place of a choice that a value does not
    offer comes another exception, or the first choice if there is none. Of numbers the nearest
    counts.

    If other columns are given, to which the target is bound, only values beside theirs count, and
    keys increase in each case. Where these leave no exception, nothing is learned.

    Attributes
    ----------
    share : float
        Of the rows, that have the most frequent value beside that of the source.
    choices : Choices
        The numbers of the target at each.
    given : tuple of int
    cases : array of shape (Q, C)
        The combinations of the given columns, one without any.
    case_of : array of shape (G,)
        Which case each key is of.
    """

    kind = "most"

    share: float = 1.0
    choices: Choices = field(default_factory=Choices)
    given: tuple[int, ...] = ()
    cases: np.ndarray = field(default_factory=lambda: np.empty((1, 0)))
    case_of: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def reads(self) -> frozenset[int]:
        return frozenset([self.source, *self.given])

    @property
    def columns(self) -> Mapping[int, Column]:
        other, own = self.names
        if self.choices.most == 1:
            return {self.target: column_of_nothing(own)}
        names = [f"choice {i + 1} of {other}" for i in range(self.choices.most)]
        return {self.target: column_of_levels(own, names)}

    @property
    def dependency(self) -> Dependency:
        return Dependency(*self.names, self.n_values, False, self.share)

    @classmethod
    def of(cls, table: Table, found: Function, numbers: np.ndarray) -> Self:
        """What was found in numbers (n, C)."""
        x, y = (Coded(numbers[:, j], False) for j in (found.source, found.target))
        share = float((choices_between(x, y)[1] == 0).mean())
        return replace(cls.between(table, found, numbers), share=share).beside((), numbers)

    def beside(self, given: tuple[int, ...], numbers: np.ndarray) -> Self:
        """The same from numbers (n, C), if the columns `given` are there when it decodes."""
        places = [*given, self.source]
        groups, codes = np.unique(comparable(numbers[:, places]), axis=0, return_inverse=True)
        cases, case_of = np.unique(groups[:, :-1], axis=0, return_inverse=True)
        x = Coded(codes.reshape(-1).astype(np.float64), False)
        choices, _ = choices_between(x, Coded(numbers[:, self.target], False))
        keys = np.where(np.isinf(groups[:, -1]), np.nan, groups[:, -1])
        which = case_of.reshape(-1)
        return replace(self, given=given, cases=cases, case_of=which, keys=keys, choices=choices)

    @property
    def is_ordered(self) -> bool:
        """Whether most values of the target are an interval of numbers, more or less."""
        usual = self.choices.table[~np.isnan(self.keys), 0]
        runs = 1 + np.count_nonzero(usual[1:] != usual[:-1])
        plain = is_plain(self.table.columns[self.source])
        return bool(plain and runs <= 1.5 * len(np.unique(usual)))

    def _at(self, numbers: np.ndarray) -> np.ndarray:
        """Which key each row of numbers (n, C) has; an unknown case is the first."""
        both = np.concatenate([self.cases, comparable(numbers[:, self.given])])
        which = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1)
        known, own = which[: len(self.cases)], which[len(self.cases) :]
        at = np.empty(len(numbers), dtype=np.int64)
        for q in range(len(self.cases)):
            rows = np.flatnonzero(own == known[q] if q else ~np.isin(own, known[1:]))
            keys = np.flatnonzero(self.case_of == q)
            at[rows] = keys[nearest_key(self.keys[keys], numbers[rows, self.source])]
        return at

    def encode(self, numbers: np.ndarray) -> dict[int, np.ndarray]:
        if self.choices.most == 1:
            return {self.target: np.full(len(numbers), np.nan)}
        codes = self.choices.codes(self._at(numbers), numbers[:, self.target])
        return {self.target: codes.astype(np.float64)}

    def decode(self, numbers: np.ndarray) -> None:
        codes = np.nan_to_num(numbers[:, self.target]).astype(np.int64)
        numbers[:, self.target] = self.choices.values(self._at(numbers), codes)

    def blurred(self, table: Table, k: int) -> Self:
        choices, known = self.choices, self.frequent(k)
        if (ends := table.columns[self.target].present.range) is not None:
            choices = choices.without_rare(self.known, k, ends)
        if not is_plain(self.table.columns[self.source]):
            return replace(self, table=table, choices=choices, known=known)
        parts = [np.flatnonzero(self.case_of == q) for q in range(len(self.cases))]
        split = [halved(self.keys[part]) for part in parts]
        which = np.concatenate([part[own] for part, (_, own) in zip(parts, split, strict=True)])
        return replace(
            self,
            table=table,
            keys=np.concatenate([keys for keys, _ in split]),
            choices=choices.at(which),
            case_of=self.case_of[which],
            known=known,
        )

    def export(self) -> dict[str, Any]:
        return {
            **super().export(),
            "share": self.share,
            "choices": [written(row) for row in self.choices.rows],
            "given": list(self.given),
            "cases": [written(np.where(np.isinf(row), np.nan, row)) for row in self.cases],
            "case_of": self.case_of.tolist(),
        }

    @classmethod
    def read(cls, table: Table, stored: Stored) -> Self:
        names = "share", "choices", "given", "cases", "case_of"
        found, (keys, share, choices, given, cases, case_of) = cls.exported(table, stored, *names)
        last, y = len(table.columns) - 1, table.columns[found.target]
        found = replace(found, given=tuple(j.integer(0, last) for j in given.items()))
        if len({found.target, *found.reads}) < 2 + len(found.given):
            given.refuse("columns beside the two")
        rows = [numbers_of(row) for row in choices.items()]
        sizes = [len(row) for row in rows]
        least = 1 if found.given else 2
        if not rows or min(sizes) < 1 or not least <= max(sizes) <= MOST_CHOICES:
            choices.refuse(f"1 to {MOST_CHOICES} values each, and {least} at least of one")
        if not may_hold(y, np.concatenate(rows)):
            choices.refuse(f"values that column {y.name!r} may hold")
        listed = [comparable(numbers_of(row)) for row in cases.items()]
        if any(len(row) != len(found.given) for row in listed) or not listed:
            cases.refuse(f"combinations of {len(found.given)} columns")
        which = [each.integer(0, len(listed) - 1) for each in case_of.items(len(rows))]
        found = replace(
            found,
            share=share.real(0.0, 1.0),
            choices=Choices.of(rows),
            cases=np.array(listed).reshape(len(listed), len(found.given)),
            case_of=np.array(which, dtype=np.int64),
        )
        found._check_keys(keys)
        return found

    def _check_keys(self, stored: Stored) -> None:
        """FileError if the keys of a case are not as `of` makes them."""
        if len(self.keys) != len(self.case_of):
            stored.refuse(f"{len(self.case_of)} numbers")
        for q in range(len(self.cases)):
            own = self.keys[self.case_of == q]
            there = own[~np.isnan(own)]
            if not len(own) or (np.diff(there) <= 0).any() or np.isnan(own[:-1]).any():
                stored.refuse("increasing numbers in each case, and null behind them")
