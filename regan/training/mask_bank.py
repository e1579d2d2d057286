"""A bank of masks: the patterns of known cells that models learn to complete rows from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np

from regan.backends import Array, Backend
from regan.mixtures.coordinates import Coordinates
from regan.objectives.masked import Masked

WHOLE = 0.5
"""The share of rows of which nothing is known."""

_PATTERNS = 1024
_FEWEST = 32
_NUMBERS = 2**21


@dataclass(frozen=True, eq=False)
class MaskBank:
    """A bank of masks: S patterns of known cells, and what they are in the frames of a model.

    The first pattern knows nothing, and half of all rows have it. Of each other one, the share of
    known cells is uniform between 0 and 1, and each cell is known with that chance.

    Attributes
    ----------
    shown : bool array of shape (S, H)
        Columns of numbers, then blocks of levels.
    columns : float array of shape (H, D)
        Which coordinates are known with a cell; none of numbers where `kept` says it.
    lost : float array of shape (D, H)
        Which levels say that a cell is missing.
    kept : float array of shape (S K, R, R) or None
        See `regan.objectives.masked.Masked`: of each pattern, in each component.
    """

    shown: np.ndarray
    columns: np.ndarray
    lost: np.ndarray
    kept: np.ndarray | None

    @classmethod
    def learn(cls, coordinates: Coordinates, seed: int) -> Self:
        """The bank for rows in these coordinates."""
        rng, frames = np.random.default_rng([seed, 23]), coordinates.frames
        n, kept = _PATTERNS, None
        axes = frames if frames is not None and frames.is_oblique else None
        if axes is not None:
            each = axes.n_components * axes.n_coordinates**2
            n = int(np.clip(_NUMBERS // each, _FEWEST, _PATTERNS))
        shown = rng.random((n, coordinates.n_cells)) < rng.random((n, 1))
        shown[0] = False
        if axes is not None:
            k = axes.n_components
            own = np.repeat(shown[:, : coordinates.n_numbers], k, axis=0)
            kept = axes.kept(own, np.tile(np.arange(k), n))
        return cls(shown, *coordinates.cells, kept)


class Masks:
    """Banks of masks on the device: the same patterns for F sets of rows.

    Parameters
    ----------
    ops : Backend
    banks : sequence of MaskBank
        One for each set.
    """

    def __init__(self, ops: Backend, banks: Sequence[MaskBank]) -> None:
        first = banks[0]
        self._ops, self._n = ops, len(first.shown)
        self._shown = ops.asarray(first.shown)
        self._columns = ops.asarray(first.columns[None])
        self._lost: Array = None
        if first.lost.any():
            self._lost = ops.asarray(first.lost[None])
        self._kept: Array = None
        self._each = 1  # K
        if first.kept is not None:
            self._each = len(first.kept) // self._n
            own = [bank.kept for bank in banks if bank.kept is not None]
            self._kept = ops.asarray(np.concatenate(own))

    def map(self, f: Callable[[Array], Array]) -> Masks:
        """The same with `f` applied to every array on the device."""
        other = copy(self)
        for name in ("_shown", "_columns", "_lost", "_kept"):
            own = getattr(self, name)
            setattr(other, name, None if own is None else f(own))
        return other

    @property
    def needs_components(self) -> bool:
        """Whether what is known depends on the component of a row."""
        return self._kept is not None

    def of(self, places: Array, real: Array, components: Array, sets: Array) -> Masked:
        """The masks of rows `real` (., N, D), by uniform numbers (1, N).

        components : of the rows (., N), if there are frames of several; sets : the set of each
        model (K,), or None for the first one.
        """
        xp = self._ops.xp
        which = xp.floor(xp.maximum(places - WHOLE, 0) * (self._n / (1 - WHOLE)))
        which = xp.minimum(which, self._n - 1).astype(np.int64)  # (1, N)
        shown = self._shown[which]
        if self._lost is not None:
            lost: Array = self._ops.matmul(real, self._lost)
            shown = shown * (1 - lost)
        columns = self._ops.matmul(shown, self._columns)
        kept: Array = None
        if self._kept is not None:
            index = which * self._each
            if components is not None:
                index = index + components
            if sets is not None:
                index = index + sets[:, None] * (self._n * self._each)
            kept = self._kept[index]
        return Masked(shown, columns, kept)
