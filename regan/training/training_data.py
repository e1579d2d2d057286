"""The rows that models train on."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.backends import Array, Backend


class TrainingData:
    """Rows on the device: the same for all models, or one of several sets for each.

    The sets have equally many rows, and all models draw the same positions, so a model of a
    population sees what it would see alone.

    Parameters
    ----------
    ops : Backend
    X : array of shape (n, D) or (F, n, D)
        The rows; F sets of them.
    labels : array of shape (n, C) or (F, n, C), optional
        Their classes, one-hot.
    sets : int array of shape (K,), optional
        Which set each model uses. By default there is one for all.

    Attributes
    ----------
    n : int
        How many rows a model has.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.backends import get_backend
    >>> data = TrainingData(get_backend("numpy"), np.arange(12.0).reshape(2, 3, 2), sets=[1, 0, 1])
    >>> rows, labels = data.take(np.array([0, 2]))
    >>> rows.shape
    (3, 2, 2)
    >>> rows[1]
    array([[0., 1.],
           [4., 5.]], dtype=float32)
    """

    def __init__(self, ops: Backend, X: Any, labels: Any = None, sets: Any = None) -> None:
        X = ops.asarray(X)
        self.n = int(X.shape[-2])
        self._ops, self._sets = ops, None if sets is None else np.asarray(sets)
        self._arrays = X, None if labels is None else ops.asarray(labels)
        self._starts: Array = None
        if self._sets is not None:
            self._starts = ops.asarray(self._sets[:, None] * self.n, dtype=np.int64)  # (K, 1)

    def take(self, rows: Array) -> tuple[Array, Array | None]:
        """The rows at positions `rows` (N,) and their classes: (1, N, .), or (K, N, .)."""
        where = rows[None] if self._starts is None else self._starts + rows
        X, labels = (None if a is None else a.reshape(-1, a.shape[-1])[where] for a in self._arrays)
        return X, labels

    def select(self, members: Any) -> TrainingData:
        """The same for some of the models, by position or by a mask."""
        sets = None if self._sets is None else self._sets[members]
        return TrainingData(self._ops, *self._arrays, sets)
