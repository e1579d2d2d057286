"""Rows in words: which ones of a table, and how many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.data.frames.libraries import frame_kind

_NAMED = 3


@dataclass(frozen=True)
class RowNames:
    """What messages call the rows of a table: by position from 0, and by a label that says more.

    Attributes
    ----------
    index : index of pandas or None
        The labels.
    line : callable or None
        The line of a file that a row is from, which is said in place of the position.
    numbers : int array or None
        The numbers of the rows among others, which are said in place of the positions.
    """

    index: Any = None
    line: Callable[[int], int] | None = None
    numbers: np.ndarray | None = None

    @classmethod
    def of(cls, X: Any) -> RowNames:
        """Of the rows of a table of any library, or of an array."""
        return cls(X.index if frame_kind(X) == "pandas" else None)

    def one(self, row: int) -> str:
        """A row."""
        return f"{self._word} {self._called(row)}"

    def some(self, bad: np.ndarray) -> str:
        """How many rows of a mask (n,) and which."""
        n, rows = int(bad.sum()), np.flatnonzero(bad)[:_NAMED].tolist()
        *others, last = map(self._called, rows)
        which = f"{self._word}s {', '.join(others)} and {last}" if others else self.one(rows[0])
        return f"{n} of {len(bad)} rows ({'the first are ' * (n > _NAMED)}{which})"

    @property
    def _word(self) -> str:
        return "row" if self.line is None else "line"

    def _called(self, row: int) -> str:
        if self.line is not None:
            return str(self.line(row))
        if self.numbers is not None:
            return str(self.numbers[row])
        label = row if self.index is None else self.index[row : row + 1].tolist()[0]
        text = repr(label) if isinstance(label, (str, tuple)) else str(label)
        return str(row) if text == str(row) else f"{row} [index {text}]"


BY_POSITION = RowNames()
"""Names of rows of which nothing else is known."""
