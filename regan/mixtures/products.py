"""Mixtures of products: independent normal numbers and levels within each component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from regan.backends.blas_threads import OneThreadEach
from regan.data.encoded_rows import EncodedRows
from regan.data.lacking import blocks_of
from regan.mixtures.frames import PIECE

FLOOR = 1e-2
"""The least variance that a density has, where columns have the variance 1."""

_FLAT = 1e-6
_MOST_ROWS = 20_000
_ITERATIONS = 40
_PRIOR_ROWS = 0.1
_PRIOR_VARIANCE = 0.05
_LEAST = 1e-6
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, eq=False)
class Products:
    r"""A mixture of products of distributions, of P numbers and of blocks of levels.

    .. math:: p(x, l) = \sum_k \pi_k \prod_j N(x_j;\, \mu_{kj}, v_{kj}) \prod_b s_{k b l_b} .

    Attributes
    ----------
    sizes : tuple of int
        L, of the blocks.
    weights : array of shape (K,)
    means, variances : arrays of shape (K, P)
        A variance of 0 is a column that has one value in the component.
    shares : array of shape (K, sum L)
        s, positive, which sum to 1 in each block.
    """

    sizes: tuple[int, ...]
    weights: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    shares: np.ndarray

    def log_densities(self, numbers: np.ndarray) -> np.ndarray:
        """The logarithm of each component's density at `numbers` (n, P): (n, K)."""
        variances = np.maximum(self.variances, FLOOR)
        constant = -0.5 * (self.means**2 / variances + np.log(2 * np.pi * variances)).sum(axis=1)
        linear, quadratic = self.means / variances, -0.5 / variances
        densities: np.ndarray = numbers @ linear.T + numbers**2 @ quadratic.T + constant
        return densities

    def log_joint(self, rows: EncodedRows) -> np.ndarray:
        """The logarithm of each component's weight times its density at rows (n, D): (n, K).

        A level that is not known says nothing.
        """
        return self.log_joint_of(np.asarray(rows.plain, dtype=np.float64), one_hot(rows))

    def log_joint_of(self, numbers: np.ndarray, levels: csr_array) -> np.ndarray:
        """The same of numbers (n, P) and `one_hot` levels."""
        joint: np.ndarray = self.log_densities(numbers)
        joint += np.log(np.maximum(self.weights, _TINY))
        joint += levels @ np.log(self.shares).T
        return joint


def one_hot(rows: EncodedRows) -> csr_array:
    """The levels of rows as a sparse matrix (n, sum L), of zeros where one is not known."""
    known, sizes = rows.codes >= 0, np.array(rows.sizes, dtype=np.int64)
    columns = (rows.codes + np.cumsum(sizes) - sizes)[known]
    ends = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    return csr_array((np.ones(len(columns)), columns, ends), shape=(len(rows), int(sizes.sum())))


def fit_products(rows: EncodedRows, n_components: int, seed: int) -> Products:
    """The mixture of so many components that is fitted to rows, at most 20,000 of them.

    By expectation maximization, 40 iterations from single rows, half of each being the mean of all.
    A tenth of a row is added to each component's levels, as frequent as in all rows.
    """
    rows = rows[np.random.default_rng([seed, 13]).permutation(len(rows))[:_MOST_ROWS]]
    numbers, levels = np.asarray(rows.plain, dtype=np.float64), one_hot(rows)
    common = levels.mean(axis=0)
    blurred = np.full((len(rows), n_components), 0.5 / n_components)
    blurred[range(n_components), range(n_components)] += 0.5 * len(rows) / n_components
    step = max(1, PIECE // n_components)
    with OneThreadEach():
        mixture = _maximized([_Sums.of(numbers, levels, blurred)], common, rows.sizes)
        for _ in range(_ITERATIONS):
            sums = []
            for i in range(0, len(rows), step):
                part = numbers[i : i + step], levels[i : i + step]
                joint = mixture.log_joint_of(*part)
                joint = np.exp(joint - joint.max(axis=1, keepdims=True))
                sums.append(_Sums.of(*part, joint / joint.sum(axis=1, keepdims=True)))
            mixture = _maximized(sums, common, rows.sizes)
    return mixture


@dataclass(frozen=True, eq=False)
class _Sums:
    """Sums over rows, each as much as it belongs to a component.

    Attributes
    ----------
    counts : array of shape (K, 1)
    first, second : arrays of shape (K, P)
        Of numbers and their squares.
    levels : array of shape (K, sum L)
    """

    counts: np.ndarray
    first: np.ndarray
    second: np.ndarray
    levels: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray, levels: csr_array, belong: np.ndarray) -> _Sums:
        """belong : (n, K)."""
        counts = np.maximum(belong.sum(axis=0), _TINY)[:, None]
        return cls(counts, belong.T @ numbers, belong.T @ numbers**2, (levels.T @ belong).T)


def _maximized(parts: Sequence[_Sums], common: np.ndarray, sizes: tuple[int, ...]) -> Products:
    """The mixture of components with these sums; common : the shares of levels (sum L,)."""
    n, first, second, levels = (
        np.sum([getattr(part, name) for part in parts], axis=0)
        for name in ("counts", "first", "second", "levels")
    )
    centre, means = first / n, first / (n + 1)
    flat = second / n - centre**2 < _FLAT
    around = second - 2 * means * first + n * means**2
    variances = (around + means**2 + _PRIOR_VARIANCE) / (n + 1)
    shares = np.maximum(levels + _PRIOR_ROWS * common, _LEAST * n)
    for block in blocks_of(sizes):
        shares[:, block] /= shares[:, block].sum(axis=1, keepdims=True)
    return Products(
        sizes,
        n[:, 0] / n.sum(),
        np.where(flat, centre, means),
        np.where(flat, 0.0, np.maximum(variances, FLOOR)),
        shares,
    )
