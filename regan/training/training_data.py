"""The rows that models train on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from math import prod
from typing import Any

import numpy as np

from regan.backends import Array, Backend
from regan.data.encoded_rows import EncodedRows, codes_of
from regan.layers.draws import Draws
from regan.mixtures.coordinates import Rows
from regan.objectives.masked import Masked
from regan.training.class_draws import ClassDraws
from regan.training.mask_bank import MaskBank, Masks


class TrainingData:
    """Rows on the device: the same for all models, or one of several sets for each.

    The sets have equally many rows, and all models draw the same positions, so a model of a
    population sees what it would see alone. Levels lie there as codes, and a minibatch gets their
    one-hot columns when it is taken.

    Parameters
    ----------
    ops : Backend
    X : array or EncodedRows of shape (n, D) or (F, n, D)
        The rows; F sets of them.
    labels : array or EncodedRows of shape (n, C) or (F, n, C), optional
        Their classes, one-hot.
    sets : int array of shape (K,), optional
        Which set each model uses. By default there is one for all.
    balanced : bool, default=False
        Minibatches have every class equally often, whatever its share of the rows.
    masks : sequence of MaskBank, optional
        One for each set, for models that learn to complete rows.

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

    def __init__(
        self,
        ops: Backend,
        X: Any,
        labels: Any = None,
        sets: Any = None,
        *,
        balanced: bool = False,
        masks: Sequence[MaskBank] | None = None,
    ) -> None:
        self.n: int = int(X.shape[-2])
        self._ops, self._sets = ops, None if sets is None else np.asarray(sets)
        self._rows: Any = _rows(ops, X), None if labels is None else _rows(ops, labels)
        self._draws: ClassDraws | None = None
        if balanced:
            codes = codes_of(labels).reshape(-1, self.n)  # (F, n)
            self._draws = ClassDraws(ops, codes, labels.shape[-1])
        self._masks = None if masks is None else Masks(ops, masks)
        self._place()

    def _place(self) -> None:
        """The set of each model, and where its rows begin, on the device."""
        self._which: Array = None
        self._starts: Array = None
        if self._sets is not None:
            self._which = self._ops.asarray(self._sets, dtype=np.int64)
            self._starts = self._which[:, None] * self.n  # (K, 1)

    def begin_window(self, step: int) -> None:
        """Have the rows there which the window draws that begins at the update `step`."""

    def write(self, first: int, rows: Rows) -> None:
        """Put other rows in the place of those from the position `first` on."""
        for own, new in zip(self._rows, rows, strict=True):
            if own is not None:
                own.write(first, new)

    def close(self) -> None:
        """End what goes on beside training."""

    def draw(self, rng: Any, size: int) -> Array:
        """Positions of `size` rows, drawn with replacement: (size,), or (K, size).

        rng : a generator of the backend.
        """
        if self._draws is None:
            return rng.integers(0, self.n, size=size)
        return self._of_models(self._draws.at(*rng.random((2, size))))

    def some(self, rng: np.random.Generator, most: int) -> Array:
        """Positions of at most so many rows to look at: without replacement, or as `draw` does.

        rng : a generator of the host.
        """
        if self._draws is not None:
            places = self._ops.asarray(rng.random((2, min(most, self.n))), dtype=np.float64)
            return self._of_models(self._draws.at(*places))
        index = rng.permutation(self.n)[:most] if self.n > most else np.arange(self.n)
        return self._ops.asarray(index, dtype=np.int64)

    def look(self, rng: np.random.Generator, most: int) -> tuple[Array, Array | None]:
        """At most so many rows to look at, and their classes: `some` that `take` gives."""
        return self.take(self.some(rng, most))

    def _of_models(self, positions: Array) -> Array:
        """Positions by set (F, N) as those of the models."""
        return positions[0] if self._which is None else positions[self._which]

    def take(self, rows: Array) -> tuple[Array, Array | None]:
        """The rows at positions `rows` (N,) or (K, N), and their classes: (1, N, .), or (K, N, .).

        K positions are for as many models with sets of their own.
        """
        where = rows[None] if self._starts is None else self._starts + rows
        X, labels = (None if a is None else a.at(where) for a in self._rows)
        return X, labels

    def masked(self, rows: Array, real: Array, draws: Draws) -> Masked | None:
        """What is shown of the rows `real` at positions `rows`, as `take` has them; None if all
        models make whole rows alone.
        """
        if self._masks is None:
            return None
        components, labels = None, self._rows[1]
        if self._masks.needs_components and isinstance(labels, _Coded):
            where = rows[None] if self._starts is None else self._starts + rows
            components = labels.codes(where)[..., -1]
        places = draws.uniform("masks", (1, real.shape[1]))
        return self._masks.of(places, real, components, self._which)

    def map(self, f: Callable[[Array], Array]) -> TrainingData:
        """The same with `f` applied to every array on the device."""
        other = copy(self)
        other._rows = tuple(None if a is None else a.map(f) for a in self._rows)
        if self._sets is not None:
            other._which, other._starts = f(self._which), f(self._starts)
        if self._draws is not None:
            other._draws = self._draws.map(f)
        if self._masks is not None:
            other._masks = self._masks.map(f)
        return other

    def select(self, members: Any) -> TrainingData:
        """The same for some of the models, by position or by a mask."""
        other = copy(self)
        if self._sets is not None:
            other._sets = self._sets[members]
            other._place()
        return other


class _Matrix:
    """Rows (., n, D) on the device as they are."""

    def __init__(self, ops: Backend, rows: Any) -> None:
        self._ops = ops
        self._rows = _flat(ops.asarray(rows))

    def write(self, first: int, rows: np.ndarray) -> None:
        """Put others in the place of rows from the position `first` on."""
        self._rows[first : first + len(rows)] = self._ops.asarray(rows)

    def map(self, f: Callable[[Array], Array]) -> _Matrix:
        """The same with `f` applied to the rows."""
        other = copy(self)
        other._rows = f(self._rows)
        return other

    def at(self, where: Array) -> Array:
        """The rows at positions (K, N): (K, N, D)."""
        return self._rows[where]


class _Coded:
    """Rows (., n, D) on the device, with levels as codes, none of which is unseen."""

    def __init__(self, ops: Backend, rows: EncodedRows) -> None:
        self._ops = ops
        self._plain = _flat(ops.asarray(rows.plain))
        self._codes = _flat(ops.asarray(rows.codes, dtype=rows.codes.dtype))
        self._width = rows.shape[-1]
        ends = rows.plain.shape[-1] + np.cumsum(rows.sizes)
        self._first = ops.asarray(ends - rows.sizes, dtype=np.int64)  # (B,)

    def write(self, first: int, rows: EncodedRows) -> None:
        """Put others in the place of rows from the position `first` on."""
        here = slice(first, first + len(rows))
        self._plain[here] = self._ops.asarray(rows.plain)
        self._codes[here] = self._ops.asarray(rows.codes, dtype=rows.codes.dtype)

    def map(self, f: Callable[[Array], Array]) -> _Coded:
        """The same with `f` applied to numbers and codes."""
        other = copy(self)
        other._plain, other._codes, other._first = map(f, (self._plain, self._codes, self._first))
        return other

    def codes(self, where: Array) -> Array:
        """The levels of the rows at positions (K, N): (K, N, B)."""
        return self._codes[where]

    def at(self, where: Array) -> Array:
        """The rows at positions (K, N): (K, N, D)."""
        rows = self._ops.zeros((*where.shape, self._width))
        rows[..., : self._plain.shape[-1]] = self._plain[where]
        begins = self._width * self._ops.xp.arange(where.size).reshape(*where.shape, 1)
        rows.reshape(-1)[begins + self._first + self._codes[where]] = 1
        return rows


def _flat(rows: Array) -> Array:
    """Rows (n, D), or (F, n, D), as (F n, D)."""
    return rows.reshape(prod(rows.shape[:-1]), rows.shape[-1])


def _rows(ops: Backend, rows: Any) -> _Matrix | _Coded:
    return (_Coded if isinstance(rows, EncodedRows) else _Matrix)(ops, rows)
