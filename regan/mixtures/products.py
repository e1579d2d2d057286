"""Mixtures of products: independent normal numbers and levels within each component."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
        """The logarithm of each component's weight times its density at rows (n, D): (n, K)."""
        joint = self.log_densities(np.asarray(rows.plain, dtype=np.float64))
        joint += np.log(np.maximum(self.weights, np.finfo(np.float64).tiny))
        logs = np.log(self.shares)
        for block, codes in zip(blocks_of(rows.sizes), rows.codes.T, strict=True):
            known = codes >= 0  # a level that is not known says nothing
            joint += np.where(known[:, None], logs[:, block].T[codes], 0)
        return joint


def fit_products(rows: EncodedRows, n_components: int, seed: int) -> Products:
    """The mixture of so many components that is fitted to rows, at most 20,000 of them.

    By expectation maximization, 40 iterations from single rows, half of each being the mean of all.
    A tenth of a row is added to each component's levels, as frequent as in all rows.
    """
    rng = np.random.default_rng([seed, 13])
    order = rng.permutation(len(rows))[:_MOST_ROWS]
    Z = _statistics(rows[order])
    mean, first = Z.mean(axis=0), Z[:n_components]
    sums = 0.5 * (first + mean) * (len(Z) / n_components)
    mixture = _maximized(sums, np.full(n_components, len(Z) / n_components), mean, rows)
    step = max(1, PIECE // n_components)
    with OneThreadEach():
        for _ in range(_ITERATIONS):
            sums, counts = np.zeros_like(sums), np.zeros(n_components)
            linear, constant = _linear(mixture)
            for i in range(0, len(Z), step):
                joint = Z[i : i + step] @ linear + constant
                joint = np.exp(joint - joint.max(axis=1, keepdims=True))
                joint /= joint.sum(axis=1, keepdims=True)
                sums += joint.T @ Z[i : i + step]
                counts += joint.sum(axis=0)
            mixture = _maximized(sums, counts, mean, rows)
    return mixture


def _statistics(rows: EncodedRows) -> np.ndarray:
    """Rows (n, 2 P + sum L): numbers, their squares, and one-hot levels."""
    numbers = np.asarray(rows.plain, dtype=np.float64)
    return np.hstack([numbers, numbers**2, rows.dense()[:, numbers.shape[1] :]])


def _maximized(
    sums: np.ndarray, counts: np.ndarray, mean: np.ndarray, rows: EncodedRows
) -> Products:
    """The mixture of components with these sums of statistics (K, .) over so many rows (K,)."""
    p, n = rows.plain.shape[1], np.maximum(counts, np.finfo(np.float64).tiny)[:, None]
    first, second = sums[:, :p], sums[:, p : 2 * p]
    centre = first / n
    spread = np.maximum(second / n - centre**2, 0)
    means = first / (n + 1)
    around = second - 2 * means * first + n * means**2
    variances = (around + means**2 + _PRIOR_VARIANCE) / (n + 1)
    flat = spread < _FLAT
    levels = sums[:, 2 * p :] + _PRIOR_ROWS * mean[2 * p :]
    shares = np.maximum(levels, _LEAST * n)
    for block in blocks_of(rows.sizes):
        shares[:, block] /= shares[:, block].sum(axis=1, keepdims=True)
    return Products(
        rows.sizes,
        counts / counts.sum(),
        np.where(flat, centre, means),
        np.where(flat, 0.0, np.maximum(variances, FLOOR)),
        shares,
    )


def _linear(mixture: Products) -> tuple[np.ndarray, np.ndarray]:
    """A matrix (2 P + sum L, K) and numbers (K,): log joint densities from statistics."""
    variances = np.maximum(mixture.variances, FLOOR)
    parts = [mixture.means / variances, -0.5 / variances, np.log(mixture.shares)]
    constant = mixture.log_densities(np.zeros((1, mixture.means.shape[1])))[0]
    weights = np.maximum(mixture.weights, np.finfo(np.float64).tiny)
    return np.hstack(parts).T, constant + np.log(weights)
