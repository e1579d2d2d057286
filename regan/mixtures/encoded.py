"""Mixtures of encoded rows, whose columns of numbers have the variance 1."""

from __future__ import annotations

import numpy as np

from regan.backends import get_backend
from regan.backends.blas_threads import OneThreadEach
from regan.data.encoded_rows import EncodedRows
from regan.mixtures.em.cells import UNKNOWN, Cells
from regan.mixtures.em.fitting import Design, fit_population
from regan.mixtures.em.part import Strengths
from regan.mixtures.em.product import ProductMixture

FLOOR = 1e-2
"""The least variance that a density has."""

FEWEST = 5
"""Rows that a component needs of its own."""

_FLAT = 1e-6
_MOST_ROWS = 20_000
_PASSES = 20
_STRENGTH = 0.5


def fit_mixture(rows: EncodedRows, n_components: int, seed: int) -> ProductMixture:
    """The mixture of so many components that is fitted to rows, at most 20,000 of them."""
    rows = rows[np.random.default_rng([seed, 13]).permutation(len(rows))[:_MOST_ROWS]]
    design = Design(n_components, max_iter=_PASSES, tol=0.0, seed=seed, floor=FLOOR)
    strengths = Strengths(np.full(1, _STRENGTH), np.zeros(1), np.full(1, _STRENGTH))
    with OneThreadEach():
        mixtures, _ = fit_population(cells_of(rows), design, strengths, get_backend("numpy"))
    return mixtures[0]


def cells_of(rows: EncodedRows) -> Cells:
    """The same rows; a level that is none of its block is not known."""
    known = (rows.codes >= 0) & (rows.codes < np.array(rows.sizes, dtype=np.int64))
    codes = np.where(known, rows.codes, UNKNOWN).astype(np.int64)
    return Cells(np.asarray(rows.plain, dtype=np.float64), codes, rows.sizes)


def flat_columns(
    numbers: np.ndarray, components: np.ndarray, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which columns of numbers (n, P) have one value in a component (K, P), and which.

    In components of fewer than 5 rows none has.
    """
    counts = np.bincount(components, minlength=k)
    parts = np.split(np.argsort(components, kind="stable"), np.cumsum(counts)[:-1])
    flat, centres = np.zeros((k, numbers.shape[1]), dtype=bool), np.zeros((k, numbers.shape[1]))
    for i in np.flatnonzero(counts >= FEWEST):
        own = numbers[parts[i]]
        flat[i], centres[i] = own.var(axis=0) < _FLAT, own.mean(axis=0)
    return flat, centres
