"""A fitted mixture of products: densities, responsibilities, samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from scipy.special import logsumexp

from regan.backends import Backend, get_backend
from regan.data.lacking import blocks_of
from regan.mixtures.em.cells import Cells
from regan.mixtures.em.diagonal import DiagonalNormals
from regan.mixtures.em.full import FullNormals
from regan.mixtures.em.levels import Levels
from regan.mixtures.em.part import Part
from regan.mixtures.frames import inverted
from regan.storage.stored import FileError
from regan.storage.tensors import Tensors

_PIECE = 2**21
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, eq=False)
class ProductMixture:
    r"""A mixture of products of distributions.

    .. math:: p(x) = \sum_k \pi_k \, N(x_v; \mu_k, \Sigma_k) \prod_b p_{kb}(x_b),

    of normal numbers v and of blocks b of levels, which are independent within a component. Cells
    that are not known are integrated out, which is exact.

    Attributes
    ----------
    weights : array of shape (K,)
    means : array of shape (K, P)
    covariances : array of shape (K, P, P), or (K, P) for variances alone
    shares : array of shape (sum L, K)
        Those of the levels in each component, block after block.
    sizes : tuple of int
        The sizes of the blocks.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    shares: np.ndarray
    sizes: tuple[int, ...]

    @property
    def n_components(self) -> int:
        """K."""
        return len(self.weights)

    @property
    def is_diagonal(self) -> bool:
        """Whether numbers are independent within a component."""
        return self.covariances.ndim == 2

    def without_dead(self) -> Self:
        """The same without components that have no weight."""
        alive = self.weights > 0
        return replace(
            self,
            weights=self.weights[alive],
            means=self.means[alive],
            covariances=self.covariances[alive],
            shares=self.shares[:, alive],
        )

    # Densities

    def parts(self, ops: Backend) -> list[Part]:
        """Its distributions, to compute with on a backend."""
        kind = DiagonalNormals if self.is_diagonal else FullNormals
        parts: list[Part] = []
        if self.means.shape[1]:
            parts.append(kind.of(ops, self.means, self.covariances))
        if self.sizes:
            parts.append(Levels.of(ops, self.shares, self.sizes))
        return parts

    def log_joint(self, cells: Cells) -> np.ndarray:
        """The logarithm of each component's weight times its density of the known cells: (n, K)."""
        parts = self.parts(get_backend("numpy", "float64"))
        joint = np.empty((len(cells), self.n_components))
        for rows in self._pieces(len(cells)):
            joint[rows] = np.log(np.maximum(self.weights, _TINY))
            for part in parts:
                joint[rows] += part.log_densities(part.enter(cells[rows]))[0]
        return joint

    def log_densities(self, cells: Cells) -> np.ndarray:
        """The logarithm of the density of the known cells of each row, (n,)."""
        return np.asarray(logsumexp(self.log_joint(cells), axis=1))

    def responsibilities(self, cells: Cells) -> np.ndarray:
        """The probability of each component given the known cells, (n, K)."""
        joint = self.log_joint(cells)
        return np.asarray(np.exp(joint - logsumexp(joint, axis=1, keepdims=True)))

    def _pieces(self, n: int) -> Iterator[slice]:
        width = max(1, self.n_components * (1 if self.is_diagonal else self.means.shape[1]))
        step = max(1, _PIECE // max(width, sum(self.sizes)))
        return (slice(start, start + step) for start in range(0, n, step))

    # Samples

    def draw_components(
        self, n: int, rng: np.random.Generator, shares: np.ndarray | None = None
    ) -> np.ndarray:
        """Components (n,) by their weights, or by those (n, K) of each row."""
        shares = self.weights[None] if shares is None else shares
        return inverted(np.cumsum(shares, axis=1), rng.random(n))

    def sample(self, components: np.ndarray, rng: np.random.Generator) -> Cells:
        """Rows of these components (n,)."""
        n, p = len(components), self.means.shape[1]
        noise = rng.standard_normal((n, p))
        if self.is_diagonal:
            values = np.sqrt(self.covariances)[components] * noise
        else:
            values = np.einsum("nij,nj->ni", self._roots[components], noise)
        values += self.means[components]
        return Cells(values, self.draw_levels(components, rng), self.sizes)

    def draw_levels(self, components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Levels (n, B) of rows of these components (n,)."""
        codes = np.empty((len(components), len(self.sizes)), dtype=np.int64)
        for b, block in enumerate(blocks_of(self.sizes)):
            codes[:, b] = _drawn(self.shares[block].T, components, rng)
        return codes

    @cached_property
    def _roots(self) -> np.ndarray:
        """Cholesky factors of the covariances (K, P, P)."""
        return np.asarray(np.linalg.cholesky(self.covariances))

    # Files

    def export(self) -> dict[str, np.ndarray]:
        """Its arrays, by name."""
        names = ("weights", "means", "covariances", "shares")
        return {f"mixture.{name}": getattr(self, name) for name in names}

    @classmethod
    def restore(cls, tensors: Tensors, n_values: int, sizes: tuple[int, ...]) -> Self:
        """The inverse of `export`, of so many numbers and blocks of such sizes.

        FileError for what is no mixture.
        """
        own = tensors.group("mixture")
        weights = own.take("weights", (None,), low=0, high=1)
        k = len(weights)
        means = own.take("means", (k, n_values))
        covariances = own.take("covariances", None)
        shares = own.take("shares", (sum(sizes), k), low=0, high=1)
        mixture = cls(weights, means, covariances, shares, sizes)
        mixture._check()
        own.end()
        return mixture

    def _check(self) -> None:
        k, p = self.means.shape
        diagonal = self.covariances.shape == (k, p)
        if not k or not (diagonal or self.covariances.shape == (k, p, p)):
            raise FileError("the array mixture.covariances does not fit the means")
        if not diagonal and not np.allclose(self.covariances, self.covariances.swapaxes(1, 2)):
            raise FileError("the array mixture.covariances must hold symmetric matrices")
        if not np.isclose(self.weights.sum(), 1):
            raise FileError("the array mixture.weights must sum to 1")
        sums = [part.sum(axis=0) for part in np.split(self.shares, np.cumsum(self.sizes)[:-1])]
        if self.sizes and not np.allclose(sums, 1):
            raise FileError("the array mixture.shares must sum to 1 in each block")
        try:
            np.linalg.cholesky(
                np.eye(p) * self.covariances[..., None] if diagonal else self.covariances
            )
        except np.linalg.LinAlgError as error:
            raise FileError("the array mixture.covariances holds what is none") from error


def log_normals(means: np.ndarray, covariances: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The logarithm of the densities (n, K) of K normal distributions at `values` (n, P).

    means (K, P); covariances (K, P, P), or (K, P) for variances alone. NaN is not known, and
    integrated out.
    """
    k = len(means)
    mixture = ProductMixture(np.ones(k), means, covariances, np.empty((0, k)), ())
    return mixture.log_joint(Cells(values, np.empty((len(values), 0), dtype=np.int64), ()))


def _drawn(shares: np.ndarray, components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Levels (n,) drawn with the shares (K, L) of their components (n,)."""
    edges = np.cumsum(shares, axis=1)
    places = rng.random(len(components)) * edges[components, -1]
    # one search in all components' edges at once, each moved into an interval of its own
    moved = (edges / edges[:, -1:] + np.arange(len(edges))[:, None]).ravel()
    wanted = places / edges[components, -1] + components
    found = np.searchsorted(moved, wanted, side="right") - components * shares.shape[1]
    return np.asarray(np.clip(found, 0, shares.shape[1] - 1))
