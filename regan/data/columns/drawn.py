"""How many values a column has, where it is learned from rows drawn and others sought out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

_RARE = 2


@dataclass(frozen=True, eq=False)
class Drawn:
    """What is known of all cells of a column that are there, where it is learned from some rows.

    Attributes
    ----------
    is_sampled : bool array of shape (n,)
        Which of the cells were drawn uniformly. The others are there for what they have, and say
        nothing of how often anything occurs.
    n_cells : int
        Of all rows.
    n_values : int or None
        How many different ones these have, if that was counted.
    """

    is_sampled: np.ndarray
    n_cells: int
    n_values: int | None

    def at(self, mask: np.ndarray) -> Self:
        """The same for some of the cells, a mask (n,)."""
        return replace(self, is_sampled=self.is_sampled[mask])


@dataclass(frozen=True)
class Tally:
    """How many different values there are among all cells, and in words.

    Attributes
    ----------
    values : sequence of length D
        Those that differ, of a uniform sample.
    counts : sequence of int, of length D
        How often each occurs there.
    n_cells : int
        Of all.
    n_values : float
        How many different ones these have, estimated if they were not counted.
    n_levels : int
        How many there are at least.
    words : str
        What was counted: values and cells of all, or of the sample.
    """

    values: Sequence[Any]
    counts: Sequence[int]
    n_cells: int
    n_values: float
    n_levels: int
    words: str

    @classmethod
    def of(cls, values: np.ndarray, drawn: Drawn | None, what: str = "values") -> Self:
        """Of values (n,), none missing; what : they are called."""
        if drawn is None or (drawn.is_sampled.all() and len(values) >= drawn.n_cells):
            found, counts = _counted(values)
            n, words = len(found), f"{len(found)} different {what} in {len(values)} rows"
            return cls(found, counts, len(values), n, n, words)
        found, counts = _counted(values[drawn.is_sampled])
        if (n_levels := drawn.n_values) is not None:
            words = f"{n_levels} different {what} in {drawn.n_cells} rows"
            return cls(found, counts, drawn.n_cells, n_levels, n_levels, words)
        n_levels = len(_counted(values)[0])
        n_values = max(n_levels, _estimated(counts, drawn.n_cells))
        words = (
            f"{len(found)} different {what} in {int(drawn.is_sampled.sum())} rows that were drawn"
        )
        return cls(found, counts, drawn.n_cells, n_values, n_levels, words)


def _counted(values: np.ndarray) -> tuple[Sequence[Any], Sequence[int]]:
    """Different values of values (n,), and how often each occurs."""
    if values.dtype == object:
        counter = Counter(values.tolist())
        return list(counter), list(counter.values())
    found, counts = np.unique(values, return_counts=True)
    return found, counts  # type: ignore[return-value]


def _estimated(counts: Sequence[int], n_cells: int) -> float:
    r"""How many values `n_cells` cells have, by how often each occurs in a sample of them.

    Of those that are rare there, d in m cells, of which f occur once, there are

    .. math:: d \,/\, (1 - (1 - q) f / m)

    where q is the share of cells that were drawn. Haas, Naughton, Seshadri and Stokes, 1995 (VLDB).
    What occurs more often than twice is counted as it is.
    """
    times = np.asarray(counts)
    rare = times[times <= _RARE]
    if not len(rare):
        return len(times)
    once, q = float((rare == 1).sum() / rare.sum()), min(1.0, float(times.sum()) / n_cells)
    return len(times) - len(rare) + len(rare) / (1 - (1 - q) * once)


@dataclass(frozen=True, eq=False)
class DrawnColumns:
    """What is known of all columns of a table; see `Drawn`.

    Attributes
    ----------
    is_sampled : bool array of shape (n,)
        Which of its rows were drawn.
    counted : sequence of pair of int, and int or None
        Of each column the cells that are there, and different values.
    """

    is_sampled: np.ndarray
    counted: Sequence[tuple[int, int | None]]

    @classmethod
    def of(cls, X: Any) -> DrawnColumns | None:
        """Of the table `X` (n, C), if something is known; see `learning_from`."""
        known = _KNOWN.get()
        fits = known is not None and (len(known.is_sampled), len(known.counted)) == X.shape
        return known if fits else None

    def column(self, j: int) -> Drawn:
        """Of a column, by position, with its missing cells."""
        return Drawn(self.is_sampled, *self.counted[j])


_KNOWN: ContextVar[DrawnColumns | None] = ContextVar("drawn columns", default=None)


@contextmanager
def learning_from(known: DrawnColumns) -> Iterator[None]:
    """A context in which columns are learned from a table of these rows and columns."""
    token = _KNOWN.set(known)
    try:
        yield
    finally:
        _KNOWN.reset(token)
