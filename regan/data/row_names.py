"""Rows in words: which ones of a table, and how many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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
    place : callable or None
        What a row is in, by its number, which is said of the first one.
    """

    index: Any = None
    line: Callable[[int], int] | None = None
    numbers: np.ndarray | None = None
    place: Callable[[int], str] | None = None

    @classmethod
    def of(cls, X: Any) -> RowNames:
        """Of the rows of a table of any library, or of an array; see `naming_rows`."""
        known = _KNOWN.get()
        if known is not None and known.numbers is not None and len(known.numbers) == len(X):
            return known
        return cls(X.index if frame_kind(X) == "pandas" else None)

    def one(self, row: int) -> str:
        """A row."""
        return f"{self._word} {self._called(row)}"

    def some(self, bad: np.ndarray) -> str:
        """How many rows of a mask (n,) and which."""
        n, rows = int(bad.sum()), np.flatnonzero(bad)[:_NAMED].tolist()
        *others, last = map(self._called, rows)
        which = f"{self._word}s {', '.join(others)} and {last}" if others else self.one(rows[0])
        if self.place is not None and self.numbers is not None:
            which = f"{which}, in {self.place(int(self.numbers[rows[0]]))}"
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

_KNOWN: ContextVar[RowNames | None] = ContextVar("known rows", default=None)


@contextmanager
def naming_rows(names: RowNames) -> Iterator[None]:
    """A context in which rows of a table with as many rows as `names` numbers are called so."""
    token = _KNOWN.set(names)
    try:
        yield
    finally:
        _KNOWN.reset(token)
