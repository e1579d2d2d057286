"""The rows of two domains, of which none belongs to another."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np

from regan.backends import Array, Backend
from regan.layers.draws import Draws
from regan.mixtures.coordinates import Matrix
from regan.objectives.base import joined
from regan.objectives.masked import Masked
from regan.training.training_data import TrainingData


class UnpairedData(TrainingData):
    """Rows of two domains on the device: a row of one with a row of the other behind it, at random.

    Parameters
    ----------
    ops : Backend
    X : array or EncodedRows of shape (n, D)
        The rows of the first domain.
    Y : array or EncodedRows of shape (m, E)
        Those of the second one.

    Attributes
    ----------
    n : int
        The larger number of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.backends import get_backend
    >>> ops = get_backend("numpy")
    >>> data = UnpairedData(ops, np.zeros((3, 2)), np.ones((5, 1)))
    >>> rows, _ = data.take(data.draw(ops.rng(0), 4))
    >>> rows.shape
    (1, 4, 3)
    """

    def __init__(self, ops: Backend, X: Matrix, Y: Matrix) -> None:
        super().__init__(ops, X)
        self._other: TrainingData = TrainingData(ops, Y)
        self._own_n, self.n = self.n, max(self.n, self._other.n)

    def draw(self, rng: Any, size: int) -> Array:
        """Positions of `size` rows of each domain, drawn with replacement: (2, size)."""
        rows = rng.integers(0, self._own_n, size=size), rng.integers(0, self._other.n, size=size)
        return self._ops.xp.stack(rows)

    def some(self, rng: np.random.Generator, most: int) -> Array:
        """Positions of at most so many rows to look at, as often as they fit."""
        size = min(most, self.n)
        rows = [np.resize(rng.permutation(n), size) for n in (self._own_n, self._other.n)]
        return self._ops.asarray(np.stack(rows), dtype=np.int64)

    def take(self, rows: Array) -> tuple[Array, None]:
        """The rows at positions `rows` (2, N): (1, N, D + E)."""
        (X, _), (Y, _) = super().take(rows[0]), self._other.take(rows[1])
        return joined(self._ops.xp, X, Y), None

    def masked(self, rows: Array, real: Array, draws: Draws) -> Masked | None:
        return None

    def map(self, f: Callable[[Array], Array]) -> UnpairedData:
        other = copy(self)
        other._rows = super().map(f)._rows
        other._other = self._other.map(f)
        return other

    def select(self, members: Any) -> UnpairedData:
        return self
