"""Cells that are missing together: which columns of a row lack one, as one choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from regan.data.columns.base import Column
from regan.data.columns.blocks import Block

Together = tuple[tuple[int, ...], tuple[tuple[bool, ...], ...]]
"""Positions of columns, and which of these are missing in each pattern that occurs."""

_LEAST_CORRELATION = 0.5
_MOST_PATTERNS = 20


@dataclass(frozen=True)
class MissingBlock(Block):
    """Which cells of several columns of numbers are missing: the patterns of the data.

    Attributes
    ----------
    positions : tuple of int
    columns : tuple of Column
        Each has numbers, and no levels but those of being there and being missing.
    patterns : tuple of tuple of bool
        Which of the columns are missing in each.
    """

    positions: tuple[int, ...]
    columns: tuple[Column, ...]
    patterns: tuple[tuple[bool, ...], ...]

    @property
    def labels(self) -> list[str]:
        names = [str(column.name) for column in self.columns]
        which = [[name for name, m in zip(names, p, strict=True) if m] for p in self.patterns]
        return [f"{', '.join(lost)}_missing" if lost else f"{names[0]}_present" for lost in which]

    def missing_in(self, position: int) -> list[int]:
        """The patterns in which the column at `position` is missing."""
        place = self.positions.index(position)
        return [code for code, pattern in enumerate(self.patterns) if pattern[place]]

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        """As `Block.codes`; a pattern that has not occurred is the one nearest to it."""
        lost = np.isnan(numbers[:, list(self.positions)]).astype(np.float64)
        known = np.array(self.patterns, dtype=np.float64).T
        differing = lost @ (1 - known) + (1 - lost) @ known
        return np.asarray(differing.argmin(axis=1))

    def decode(self, encoded: np.ndarray, plain: Sequence[np.ndarray], numbers: np.ndarray) -> None:
        lost = np.array(self.patterns)[encoded.argmax(axis=1)]
        for place, (j, column) in enumerate(zip(self.positions, self.columns, strict=True)):
            there = np.stack([~lost[:, place], lost[:, place]], axis=1)
            numbers[:, j] = column.decode(np.hstack([plain[j], there]))


def may_be_together(column: Column) -> bool:
    """Whether a column has numbers, and being missing is all that it has levels for."""
    return column.takes_missing and column.n_levels == 2 and not column.present.n_levels


def find_together(
    columns: Sequence[Column], numbers: np.ndarray, taken: frozenset[int]
) -> tuple[Together, ...]:
    """The columns whose cells are missing together, from numbers (n, C) of the table.

    Their masks are correlated by .5 and more, along a chain of columns, and have at most 20
    patterns. `taken` columns are left out.
    """
    free = [j for j, c in enumerate(columns) if may_be_together(c) and j not in taken]
    if len(free) < 2:
        return ()
    lost = np.isnan(numbers[:, free])
    near = np.corrcoef(lost.T.astype(np.float64)) >= _LEAST_CORRELATION
    found, left = [], list(range(len(free)))
    while left:
        group = np.zeros(len(free), dtype=bool)
        group[left[0]] = True
        while (wider := near[group].any(axis=0)).sum() > group.sum():
            group = wider
        left = [i for i in left if not group[i]]
        patterns = np.unique(lost[:, group], axis=0)
        if group.sum() > 1 and len(patterns) <= _MOST_PATTERNS:
            positions = tuple(free[i] for i in np.flatnonzero(group))
            found.append((positions, tuple(map(tuple, patterns.tolist()))))
    return tuple(found)
