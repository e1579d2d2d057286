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
    """Which cells of several columns are missing: the patterns of the data.

    What the cells are where they are there, numbers of the matrix or blocks of their own say, which
    are decoded before.

    Attributes
    ----------
    positions : tuple of int
    columns : tuple of Column
        Cells of each may be missing.
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

    @property
    def place(self) -> int:
        """The column of the table, by position, behind whose own block it stands."""
        levels = zip(self.positions, self.columns, strict=True)
        return max((j for j, c in levels if c.present.n_levels), default=self.positions[0])

    def missing_in(self, position: int) -> tuple[int, ...]:
        """The patterns in which the column at `position` is missing."""
        place = self.positions.index(position)
        return tuple(code for code, pattern in enumerate(self.patterns) if pattern[place])

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        """As `Block.codes`; a pattern that has not occurred is the one nearest to it."""
        lost = np.isnan(numbers[:, list(self.positions)]).astype(np.float64)
        known = np.array(self.patterns, dtype=np.float64).T
        differing = lost @ (1 - known) + (1 - lost) @ known
        return np.asarray(differing.argmin(axis=1))

    def decode(self, encoded: np.ndarray, plain: Sequence[np.ndarray], numbers: np.ndarray) -> None:
        lost = np.array(self.patterns)[encoded.argmax(axis=1)]
        for place, j in enumerate(self.positions):
            numbers[lost[:, place], j] = np.nan


def may_be_together(column: Column) -> bool:
    """Whether the cells of a column may be missing or there."""
    return column.takes_missing and column.n_levels > 0


def find_together(
    columns: Sequence[Column], numbers: np.ndarray, taken: frozenset[int]
) -> tuple[Together, ...]:
    """The columns whose cells are missing together, from numbers (n, C) of the table.

    Their masks are correlated by .5 and more, along a chain of columns, and have at most 20
    patterns; if there are more, the numbers among them are taken by themselves. `taken` columns are
    left out.
    """
    free = [j for j, c in enumerate(columns) if may_be_together(c) and j not in taken]
    lost = np.isnan(numbers)
    found = []
    for group in _chains(lost, free):
        known = _patterns(lost, group)
        if known is not None:
            found.append((group, known))
            continue
        plain = [j for j in group if not columns[j].present.n_levels]
        parts = [(part, _patterns(lost, part)) for part in _chains(lost, plain)]
        found += [(part, some) for part, some in parts if some is not None]
    return tuple(found)


def _chains(lost: np.ndarray, free: list[int]) -> list[tuple[int, ...]]:
    """Two and more of the `free` columns of masks (n, C), each near to another one."""
    if len(free) < 2:
        return []
    near = np.asarray(np.corrcoef(lost[:, free].T.astype(np.float64)) >= _LEAST_CORRELATION)
    found, left = [], list(range(len(free)))
    while left:
        group: np.ndarray = np.zeros(len(free), dtype=bool)
        group[left[0]] = True
        while (wider := near[group].any(axis=0)).sum() > group.sum():
            group = wider
        left = [i for i in left if not group[i]]
        if group.sum() > 1:
            found.append(tuple(free[i] for i in np.flatnonzero(group)))
    return found


def _patterns(lost: np.ndarray, group: tuple[int, ...]) -> tuple[tuple[bool, ...], ...] | None:
    """The patterns of some columns of masks (n, C); None if there are too many."""
    patterns = np.unique(lost[:, group], axis=0)
    return tuple(map(tuple, patterns.tolist())) if len(patterns) <= _MOST_PATTERNS else None
