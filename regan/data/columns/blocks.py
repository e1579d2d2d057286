"""Blocks of the matrix: one-hot columns for the levels of a column, or for dummies of a table.

Dummies are columns of booleans of which exactly one is true in every row, as `pandas.get_dummies`
makes them: together they are one choice, and models learn them as one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from regan.data.columns.base import UNSEEN, Column
from regan.data.row_names import BY_POSITION


class Block(ABC):
    """A block of one-hot columns, of which one is 1 in every row.

    It takes the numbers of the whole table, (n, C), one a cell.
    """

    @property
    @abstractmethod
    def labels(self) -> list[str]:
        """What to call its columns."""

    @abstractmethod
    def codes(self, numbers: np.ndarray) -> np.ndarray:
        """Which of its columns is 1 (n,), from 0; `UNSEEN` if none is."""

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        """What distances are measured in, (n, k); see `Column.compare`."""
        codes = self.codes(numbers)
        chosen = codes[:, None] == np.arange(len(self.labels))
        return np.column_stack([chosen, codes == UNSEEN]).astype(np.float64)

    @abstractmethod
    def decode(self, encoded: np.ndarray, plain: Sequence[np.ndarray], numbers: np.ndarray) -> None:
        """Write to `numbers` (n, C) what the block (n, L) of a model says: its largest column.

        plain : the plain numbers of each column of the table, (n, n_numbers).
        """


@dataclass(frozen=True)
class ColumnBlock(Block):
    """The levels of a column at a position of the table."""

    position: int
    column: Column

    @property
    def labels(self) -> list[str]:
        return self.column.labels[self.column.n_numbers :]

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        return self.column.codes(numbers[:, self.position])

    def compare(self, numbers: np.ndarray) -> np.ndarray:
        return self.column.compare(numbers[:, self.position])

    def decode(self, encoded: np.ndarray, plain: Sequence[np.ndarray], numbers: np.ndarray) -> None:
        both = np.hstack([plain[self.position], encoded])
        numbers[:, self.position] = self.column.decode(both)


@dataclass(frozen=True)
class DummyBlock(Block):
    """Columns of two levels, the second of which exactly one of them has."""

    positions: tuple[int, ...]
    columns: tuple[Column, ...]

    @property
    def place(self) -> int:
        """The column of the table, by position, behind whose own block it stands."""
        return self.positions[0]

    @property
    def labels(self) -> list[str]:
        return [column.labels[1] for column in self.columns]

    def check(self, numbers: np.ndarray) -> None:
        """ValueError for rows that training cannot go on with."""
        if (broken := self.codes(numbers) == UNSEEN).any():
            names = ", ".join(repr(column.name) for column in self.columns)
            raise ValueError(
                f"exactly one of the columns {names} was true in every row of the training data, "
                f"but not in {BY_POSITION.some(broken)} now"
            )

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        chosen = numbers[:, list(self.positions)] == 1
        return np.where(chosen.sum(axis=1) == 1, chosen.argmax(axis=1), UNSEEN)

    def decode(self, encoded: np.ndarray, plain: Sequence[np.ndarray], numbers: np.ndarray) -> None:
        chosen = encoded.argmax(axis=1)[:, None] == np.arange(len(self.positions))
        numbers[:, list(self.positions)] = chosen


def find_dummies(
    names: Sequence[Hashable], columns: Sequence[np.ndarray | None]
) -> tuple[tuple[int, ...], ...]:
    """The positions of each set of dummies among the columns of a table.

    They are sought among columns whose names are alike up to the last ``_``, and then among those
    that follow one another.

    Parameters
    ----------
    names : sequence
        What the columns are called.
    columns : sequence of bool arrays (n,) or None
        The columns of booleans; None for others.
    """
    free = [j for j, column in enumerate(columns) if column is not None]
    by_prefix: dict[str, list[int]] = {}
    for j in free:
        prefix, mark, _ = str(names[j]).rpartition("_")
        if mark:
            by_prefix.setdefault(prefix, []).append(j)
    groups = [tuple(some) for some in by_prefix.values() if _is_choice([columns[j] for j in some])]
    taken = {j for group in groups for j in group}
    free = [j for j in free if j not in taken]
    start = 0
    while start < len(free):
        size = _run([columns[j] for j in free[start:]])
        if size:
            groups.append(tuple(free[start : start + size]))
        start += size or 1
    return tuple(sorted(groups))


def _is_choice(columns: Sequence[np.ndarray | None]) -> bool:
    return len(columns) > 1 and _run(columns) == len(columns)


def _run(columns: Sequence[np.ndarray | None]) -> int:
    """How many of the first `columns` are dummies together; 0 if no number is."""
    any_so_far = np.zeros_like(columns[0])
    for size, column in enumerate(columns, start=1):
        if (any_so_far & column).any():
            return 0
        any_so_far = any_so_far | column
        if any_so_far.all():
            return size if size > 1 else 0
    return 0
