"""Selection of a Gaussian mixture: how many components rows have, by an information criterion."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from regan.backends.blas_threads import OneThreadEach

SIZES = (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 60)
"""Numbers of components to choose from."""

ROWS_EACH = 10
"""Rows that a component takes for each column, on average."""

FEW_ROWS = 300
"""Rows below which a component takes more of them."""

MOST_ROWS = 5000
"""Rows that a mixture is fitted to, at most."""

_FLOOR = 1e-6
_PATIENCE = 4


def choose_mixture(rows: np.ndarray, seed: int) -> GaussianMixture:
    """The Gaussian mixture of `rows` (n, P) whose Bayesian information criterion is lowest.

    Numbers of components are tried in order (`SIZES`) as long as there are 10 rows for each column
    and component, up to four times the best one so far. Of n < 300 rows there have to be as many
    times more as 300 is larger than n: a mixture of few rows is nearer to them than other rows are.
    A mixture with a component of hardly any rows is passed over. One component is always tried.
    """
    part = _some(rows, seed)
    best, lowest = _fitted(part, 1, seed), np.inf
    n, d = part.shape
    most = max(1, n * min(n, FEW_ROWS) // (FEW_ROWS * ROWS_EACH * d))
    for size in SIZES:
        if size > min(most, _PATIENCE * best.n_components):
            break
        mixture = best if size == 1 else _fitted(part, size, seed)
        value = mixture.bic(part)
        if value < lowest and (size == 1 or not has_few(mixture, part)):
            best, lowest = mixture, value
    return best


def fit_mixture(rows: np.ndarray, n_components: int, seed: int) -> GaussianMixture:
    """The Gaussian mixture of `rows` (n, P) with so many components.

    ValueError if a component would be left with hardly any rows.
    """
    part = _some(rows, seed)
    n = len(part)
    if n >= n_components:
        mixture = _fitted(part, n_components, seed)
        if n_components == 1 or not has_few(mixture, part):
            return mixture
    raise ValueError(
        f"frames={n_components} asks for more components than {n} rows of {part.shape[1]} columns "
        f"support, for each needs {fewest(part.shape[1])} rows of its own: choose fewer, or "
        "frames='auto'"
    )


def fewest(n_columns: int) -> int:
    """Rows that a component needs: a full covariance, and no single row, can be told from them."""
    return max(5, n_columns + 1)


def has_few(mixture: GaussianMixture, rows: np.ndarray) -> bool:
    """Whether some component has hardly any of the rows."""
    return bool(mixture.weights_.min() * len(rows) < fewest(rows.shape[1]))


def _some(rows: np.ndarray, seed: int) -> np.ndarray:
    if len(rows) <= MOST_ROWS:
        return rows
    return rows[np.random.default_rng([seed, 9]).permutation(len(rows))[:MOST_ROWS]]


def _fitted(rows: np.ndarray, n_components: int, seed: int) -> GaussianMixture:
    mixture = GaussianMixture(n_components, reg_covar=_FLOOR, random_state=seed % 2**32)
    # one thread: the same frames whatever the machine does beside
    with OneThreadEach(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(rows)
