"""Selection of a Gaussian mixture: how many components rows have, by an information criterion."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from regan.backends.blas_threads import OneThreadEach
from regan.data.unscaled_rows import UnscaledRows

SIZES = (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 60)
"""Numbers of components to choose from."""

DIAGONAL_SIZES = (1, 2, 4, 8, 16)
"""The same, of components with diagonal covariances among principal components."""

ROWS_EACH = 15
"""Rows that a component takes for each column, on average."""

DIAGONAL_ROWS = 100
"""Rows that a component with a diagonal covariance takes, on average."""

MOST_ROWS = 5000
"""Rows that a mixture is fitted to, at most."""

_FLOOR = 1e-6
_PATIENCE = 4


def choose_mixture(rows: np.ndarray, seed: int) -> GaussianMixture:
    """The Gaussian mixture of `rows` (n, P) whose Bayesian information criterion is lowest.

    Numbers of components are tried in order (`SIZES`) as long as there are 15 rows for each column
    and component, up to four times the best one so far: a mixture of fewer rows is nearer to them
    than other rows are. A mixture with a component of hardly any rows is passed over. One component
    is always tried.
    """
    part = _part(rows, seed)
    n, d = part.shape
    return _lowest(part, [k for k in SIZES if k * ROWS_EACH * d <= n], "full", seed)


def choose_diagonal(rows: np.ndarray, seed: int) -> GaussianMixture:
    """The same of principal components (n, R), whose components have diagonal covariances.

    Each takes 100 rows.
    """
    part = _part(rows, seed)
    sizes = [k for k in DIAGONAL_SIZES if k * DIAGONAL_ROWS <= len(part)]
    return _lowest(part, sizes, "diag", seed)


def affords_each(rows: np.ndarray, n_classes: int) -> bool:
    """Whether `rows` (n, P) are enough for a component with axes of its own for every class."""
    n, d = rows.shape
    return bool(n >= n_classes * ROWS_EACH * d)


def mixture_by_class(rows: np.ndarray, classes: np.ndarray, n_classes: int) -> GaussianMixture:
    """One component for each class of `rows` (n, P), all with the covariance within classes."""
    n, d = rows.shape
    counts = np.bincount(classes, minlength=n_classes)
    means = np.zeros((n_classes, d))
    np.add.at(means, classes, rows)
    means /= np.maximum(counts, 1)[:, None]
    apart = rows - means[classes]
    within = apart.T @ apart / max(1, n - n_classes) + _FLOOR * np.eye(d)
    mixture = GaussianMixture(n_classes, covariance_type="full")
    mixture.weights_, mixture.means_ = counts / n, means
    mixture.covariances_ = np.tile(within, (n_classes, 1, 1))
    return mixture


def fit_mixture(rows: np.ndarray, n_components: int, seed: int) -> GaussianMixture:
    """The Gaussian mixture of `rows` (n, P) with so many components.

    ValueError if a component would be left with hardly any rows.
    """
    return _asked(rows, n_components, "full", seed)


def fit_diagonal(rows: np.ndarray, n_components: int, seed: int) -> GaussianMixture:
    """The same with diagonal covariances."""
    return _asked(rows, n_components, "diag", seed)


def fewest(n_columns: int, kind: str = "full") -> int:
    """Rows that a component needs: its covariance, and no single row, can be told from them."""
    return max(5, n_columns + 1) if kind == "full" else 5


def has_few(mixture: GaussianMixture, rows: np.ndarray) -> bool:
    """Whether some component has hardly any of the rows."""
    least = fewest(rows.shape[1], mixture.covariance_type)
    return bool(mixture.weights_.min() * len(rows) < least)


def _lowest(rows: np.ndarray, sizes: Iterable[int], kind: str, seed: int) -> GaussianMixture:
    best = _fitted(rows, 1, kind, seed)
    lowest = best.bic(rows)
    for size in sizes:
        if size > _PATIENCE * best.n_components:
            break
        if size == 1:
            continue
        mixture = _fitted(rows, size, kind, seed)
        value = mixture.bic(rows)
        if value < lowest and not has_few(mixture, rows):
            best, lowest = mixture, value
    return best


def _asked(rows: np.ndarray, n_components: int, kind: str, seed: int) -> GaussianMixture:
    part = _part(rows, seed)
    n, d = part.shape
    if n >= n_components:
        mixture = _fitted(part, n_components, kind, seed)
        if n_components == 1 or not has_few(mixture, part):
            return mixture
    raise ValueError(
        f"frames={n_components} is more components than {n} rows of {d} columns support, because "
        f"each component needs {fewest(d, kind)} rows: choose fewer, or frames='auto'"
    )


def scaled_part(rows: np.ndarray | UnscaledRows, rng: np.random.Generator) -> np.ndarray:
    """At most 5,000 of the rows (n, P), drawn at random, scaled."""
    if len(rows) > MOST_ROWS:
        rows = rows[rng.permutation(len(rows))[:MOST_ROWS]]
    return rows.scaled() if isinstance(rows, UnscaledRows) else rows


def _part(rows: np.ndarray, seed: int) -> np.ndarray:
    return scaled_part(rows, np.random.default_rng([seed, 9]))


def _fitted(rows: np.ndarray, n_components: int, kind: str, seed: int) -> GaussianMixture:
    mixture = GaussianMixture(
        n_components, covariance_type=kind, reg_covar=_FLOOR, random_state=seed % 2**32
    )
    # one thread: the same frames whatever the machine does beside
    with OneThreadEach(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mixture.fit(rows)
