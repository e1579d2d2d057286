"""Tied numbers, spread over the gaps to their neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

_TIED = 0.5


@dataclass(frozen=True, eq=False)
class Ties:
    """The values of columns in which numbers are tied.

    A component of a mixture that stood on a single value would have no width. A column in which at
    least half of the numbers are different stays as it is; in others, a number becomes one that is
    drawn uniformly from its value less half the smaller gap to its neighbors to that value plus as
    much: rounding to the values of the column undoes it.

    Attributes
    ----------
    values : tuple of P arrays or None
        The different values of each column, ascending; None for one that stays as it is.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.repeat([[1.0], [2.0], [4.0]], 4, axis=0)
    >>> spread = Ties.of(rows).spread(rows, np.random.default_rng(0))
    >>> bool(np.abs(spread - rows).max() <= 0.5 * 2)
    True
    """

    values: tuple[np.ndarray | None, ...]

    @classmethod
    def of(cls, rows: np.ndarray) -> Self:
        """Those of `rows` (n, P)."""
        each = map(np.unique, rows.T)
        return cls(tuple(v if 1 < len(v) <= _TIED * len(rows) else None for v in each))

    def spread(
        self, rows: np.ndarray, rng: np.random.Generator, out: np.ndarray | None = None
    ) -> np.ndarray:
        """A copy of `rows` (n, P), of these or of others, in which tied numbers lie evenly between
        their neighbors.

        out : `rows` themselves, where these need not stay.
        """
        spread = rows.copy() if out is None else out
        for j, values in enumerate(self.values):
            if values is not None:
                column = rows[:, j]
                spread[:, j] += _room(values, column) * rng.uniform(-1, 1, len(column))
        return spread


def spread_ties(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A copy of `rows` (n, P) in which their `Ties` are spread."""
    return Ties.of(rows).spread(rows, rng)


def _room(values: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Half the smaller gap between numbers (n,) and the neighbors that they have in `values`."""
    before = np.searchsorted(values, column, side="left") - 1
    behind = np.searchsorted(values, column, side="right")
    lower = column - values[np.maximum(before, 0)]
    upper = values[np.minimum(behind, len(values) - 1)] - column
    lower = np.where(before < 0, upper, lower)
    return np.asarray(0.5 * np.minimum(lower, np.where(behind == len(values), lower, upper)))
