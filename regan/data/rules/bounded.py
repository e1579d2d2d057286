"""Bounded columns: never below others, coded as how far they are above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from regan.data.columns import export_column, restore_column
from regan.data.columns.base import Column
from regan.data.columns.scale import Scale
from regan.data.frames.dataframes import Dtype
from regan.data.rules.base import Coding, Learner
from regan.storage.stored import Stored


@dataclass(frozen=True)
class Bounded(Coding):
    """A column that is at least as large as the largest one of others in every row.

    The model has the difference, a column of numbers. Where all others are missing, it is that to
    a reference; where the others exceed all that the column may hold, it is missing itself, which
    only rows with missing cells can lead to.

    Attributes
    ----------
    place : int
        Of the column.
    below : dict of int to bool
        The others, and whether the column is larger than they are, and not equal.
    reference : float
    column : Column or None
        Of the differences.
    """

    place: int
    below: Mapping[int, bool]
    reference: float = 0.0
    column: Column | None = None

    @property
    def reads(self) -> frozenset[int]:
        return frozenset(self.below)

    @property
    def writes(self) -> frozenset[int]:
        return frozenset([self.place])

    @property
    def columns(self) -> dict[int, Column]:
        assert self.column is not None
        return {self.place: self.column}

    @property
    def name(self) -> str:
        """What the difference is called."""
        names = [str(self.table.columns[j].name) for j in self.below]
        under = names[0] if len(names) == 1 else f"max({', '.join(names)})"
        return f"{self.table.columns[self.place].name} - {under}"

    @property
    def _scales(self) -> list[Scale]:
        return self.table.scales([self.place, *self.below])

    def learn(self, numbers: np.ndarray, learner: Learner) -> Self:
        own = self._scales[0].meanings(numbers[:, self.place])
        least, _ = self._least(numbers)
        present = ~np.isnan(own)
        alone = own[present & np.isneginf(least)]
        reference = float((alone if len(alone) else own[present]).min())
        learnt = replace(self, reference=reference)
        like = self.table.columns[self.place]
        column = learner.column(self.name, learnt._differences(numbers), self.place, like)
        return replace(learnt, column=column)

    def _least(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The largest of the others (n,), -inf if all are missing; whether more is asked for."""
        _, *scales = self._scales
        ends = np.full((2, len(numbers)), -np.inf)
        for (j, above), scale in zip(self.below.items(), scales, strict=True):
            end = ends[int(above)]
            np.fmax(end, scale.meanings(numbers[:, j]), out=end)
        return ends.max(axis=0), ends[1] >= ends[0]

    def encode(self, numbers: np.ndarray) -> dict[int, np.ndarray]:
        return {self.place: self._differences(numbers)}

    def _differences(self, numbers: np.ndarray) -> np.ndarray:
        own, least = self._scales[0].meanings(numbers[:, self.place]), self._from(numbers)
        decimals = [scale.decimals for scale in self._scales]
        known = [each for each in decimals if each is not None]
        differences = own - least
        if len(known) == len(decimals):  # as they were meant: 0.3 - 0.1 is 0.2
            unit = 10.0 ** max(known)
            differences = np.rint(differences * unit) / unit
        return np.asarray(differences)

    def _from(self, numbers: np.ndarray) -> np.ndarray:
        """What differences are measured from, (n,)."""
        least, _ = self._least(numbers)
        return np.where(np.isneginf(least), self.reference, least)

    def decode(self, numbers: np.ndarray) -> None:
        scale, differences = self._scales[0], numbers[:, self.place]
        least, above = self._least(numbers)
        found = scale.nearest(self._from(numbers) + differences, least, above)
        if self.table.columns[self.place].takes_missing:
            found[np.isnan(differences) | (found > scale.high)] = np.nan
        else:
            found = np.where(np.isnan(found), scale.high, found)
        numbers[:, self.place] = found

    def widened(self, table: Any, numbers: np.ndarray) -> Self:
        wider = replace(self, table=table)
        assert self.column is not None
        return replace(wider, column=self.column.widened(wider._differences(numbers)))

    def rescaled(self, table: Any, numbers: np.ndarray) -> Self:
        own = replace(self, table=table)
        assert self.column is not None
        return replace(own, column=self.column.rescaled(own._differences(numbers)))

    def blurred(self, table: Any, k: int) -> Self:
        assert self.column is not None
        return replace(self, table=table, column=self.column.blurred(k))

    def export(self) -> dict[str, Any]:
        assert self.column is not None
        return {"reference": self.reference, "column": export_column(self.column)}

    def restore(self, stored: Stored) -> Self:
        reference, column = stored.fields("reference", "column")
        learnt = restore_column(column)
        own = self.table.columns[self.place]
        plain = learnt.present.scale(Dtype("float64"))
        numbers = plain is not None and plain.quantity == "numbers"
        if not numbers or learnt.takes_missing != own.takes_missing:
            column.refuse(f"a column of numbers, in the place of {own.name!r}")
        return replace(self, reference=reference.real(), column=learnt)
