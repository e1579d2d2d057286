"""Draws of rows by class: every class equally often, and each of its rows."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

import numpy as np

from regan.backends import Array, Backend


class ClassDraws:
    """Draws of rows, every class that has any equally often, with replacement.

    Parameters
    ----------
    ops : Backend
    codes : integer array of shape (F, n)
        The class of each row, in F sets of rows.
    n_classes : int
        C.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.backends import get_backend
    >>> draws = ClassDraws(get_backend("numpy"), np.array([[0, 0, 1, 0]]), 2)
    >>> draws.at(np.array([0.1, 0.4, 0.6, 0.9]), np.array([0.0, 0.9, 0.1, 0.8]))
    array([[0, 3, 2, 2]])
    """

    def __init__(self, ops: Backend, codes: np.ndarray, n_classes: int) -> None:
        self._ops, self._xp, self._n_classes = ops, ops.xp, n_classes
        arrays = self._learn(codes)
        self._edges, self._order, self._first, self._counts = arrays
        self._sets = ops.asarray(np.arange(len(codes))[:, None], dtype=np.int64)

    def _learn(self, codes: np.ndarray) -> tuple[Array, Array, Array, Array]:
        """What draws need of the classes of the rows, on the device."""
        ops, n_classes = self._ops, self._n_classes
        counts = np.stack([np.bincount(each, minlength=n_classes) for each in codes])  # (F, C)
        occurs = np.cumsum(counts > 0, axis=1)
        # the last edge is 1 exactly, so that no class without rows lies behind it
        return (
            ops.asarray(occurs / occurs[:, -1:], dtype=np.float64)[:, None, :-1],
            ops.asarray(np.argsort(codes, axis=1, kind="stable"), dtype=np.int64),
            ops.asarray(np.cumsum(counts, axis=1) - counts, dtype=np.int64),
            ops.asarray(counts, dtype=np.int64),
        )

    def become(self, codes: np.ndarray) -> None:
        """Draw other rows from now on, as many, of these classes (F, n): in the same arrays."""
        own = self._edges, self._order, self._first, self._counts
        for array, new in zip(own, self._learn(codes), strict=True):
            array[...] = new

    def map(self, f: Callable[[Array], Array]) -> ClassDraws:
        """The same with `f` applied to every array on the device."""
        other = copy(self)
        arrays = (self._edges, self._order, self._first, self._counts, self._sets)
        other._edges, other._order, other._first, other._counts, other._sets = map(f, arrays)
        return other

    def at(self, which: Array, where: Array) -> Array:
        """Positions (F, N) of rows, for uniform numbers (N,) in [0, 1): of a class, and of a row
        of it.
        """
        codes = (which[None, :, None] >= self._edges).sum(axis=-1)  # (F, N)
        n = self._counts[self._sets, codes]
        row = self._xp.minimum((where * n).astype(np.int64), n - 1)
        return self._order[self._sets, self._first[self._sets, codes] + row]
