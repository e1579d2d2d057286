"""Principal frames: few coordinates for many columns, and components as labels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from regan.backends.blas_threads import OneThreadEach
from regan.data.encoded_rows import EncodedRows
from regan.data.unscaled_rows import UnscaledRows, in_pieces
from regan.mixtures.em.product import log_normals
from regan.mixtures.frames import LARGEST, Frames, shares_of
from regan.mixtures.selection import choose_diagonal, fit_diagonal, scaled_part
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors

_LEAST = 1e-3


@dataclass(frozen=True, eq=False)
class PrincipalFrames(Frames):
    r"""Principal components as coordinates, with one unit for all, and a mixture among them.

    .. math:: u = V_R^T (x - \mu) / s, \qquad x = \mu + s V_R u,

    with the first R principal components V of the rows and the root mean square s of their
    deviations: directions of little variance stay small, where whitening would make noise of equal
    size of them. The components of a Gaussian mixture with diagonal covariances in these
    coordinates tell the networks which kind of row it is; the coordinates are the same for all.

    Attributes
    ----------
    centre : array of shape (P,)
    axes : array of shape (P, R)
        ``s V_R``.
    means, variances : array of shape (K, R)
        Of the mixture.
    weights : array of shape (K,)
    shares : array of shape (C, K)
        See `Frames`.
    """

    centre: np.ndarray
    axes: np.ndarray
    means: np.ndarray
    variances: np.ndarray
    weights: np.ndarray
    shares: np.ndarray

    kind = "principal"

    @property
    def n_columns(self) -> int:
        """P."""
        return len(self.axes)

    @property
    def n_coordinates(self) -> int:
        """R."""
        return int(self.axes.shape[1])

    def enter(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        coordinates = self.project(rows)
        return coordinates, self.assign(coordinates, rng)

    def enter_rows(
        self,
        rows: np.ndarray | EncodedRows | UnscaledRows,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ) -> tuple[np.ndarray, np.ndarray]:
        if not isinstance(rows, UnscaledRows):
            return super().enter_rows(rows, rng, dtype)
        coordinates = np.empty((len(rows), self.n_coordinates), dtype=dtype)
        components, start = np.empty(len(rows), dtype=np.int64), 0
        for piece in rows.pieces():
            here = slice(start, start := start + len(piece))
            coordinates[here], components[here] = self.enter(piece, rng)
        return coordinates, components

    def leave(self, coordinates: np.ndarray, components: np.ndarray) -> np.ndarray:
        rows: np.ndarray = coordinates.astype(np.float64) @ self.axes.T
        rows += self.centre
        return rows

    @property
    def is_oblique(self) -> bool:
        return True

    def log_given(self, known: EncodedRows) -> np.ndarray:
        centres = self.centre + self.means @ self.axes.T
        own = np.einsum("pr,kr,qr->kpq", self.axes, self.variances, self.axes)
        return log_normals(centres, own + self.lost * np.eye(self.n_columns), known.plain)

    def enter_given(
        self, numbers: np.ndarray, components: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        return self._regressed(numbers - self.centre, components)

    def axes_in(self, components: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.axes.T, (len(components), *self.axes.T.shape))

    def gains(self, axes: np.ndarray, components: np.ndarray) -> np.ndarray:
        spread = axes.swapaxes(1, 2) * self.variances[components][:, None, :]  # (n, P, R)
        # in the coordinates, of which there are fewer than columns
        inner = axes @ spread + self.lost * np.eye(self.n_coordinates)
        return np.linalg.solve(inner.swapaxes(1, 2), spread.swapaxes(1, 2)).swapaxes(1, 2)

    @property
    def lost(self) -> float:
        """The mean variance of columns that coordinates have not, of columns of variance 1."""
        squares = (self.axes * self.axes).sum(axis=1)
        return max(_LEAST, 1 - float(squares.sum()) / max(1, int((squares > 0).sum())))

    def sample(self, components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        noise = rng.standard_normal((len(components), self.n_coordinates))
        spread = np.sqrt(self.variances)
        return self.leave(self.means[components] + spread[components] * noise, components)

    def log_densities(self, coordinates: np.ndarray) -> np.ndarray:
        """The logarithm of each component's density at `coordinates` (n, R): (n, K)."""
        densities = np.empty((len(coordinates), self.n_components))
        for k, (mean, variance) in enumerate(zip(self.means, self.variances, strict=True)):
            off = coordinates - mean
            normal = np.log(2 * np.pi * variance).sum()
            densities[:, k] = -0.5 * ((off * off / variance).sum(axis=1) + normal)
        return densities

    def project(self, rows: np.ndarray) -> np.ndarray:
        """The coordinates (n, R) of `rows` (n, P)."""
        unit = (self.axes * self.axes).sum(axis=0)  # s^2, of orthogonal columns
        projected: np.ndarray = (rows - self.centre) @ (self.axes / unit)
        return projected

    # What a model file holds

    def export(self) -> dict[str, np.ndarray]:
        names = "centre", "axes", "means", "variances", "weights", "shares"
        return {name: getattr(self, name) for name in names}

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors, n_columns: int, n_classes: int) -> Self:
        """The inverse of `export`; stored : their number, K."""
        k, take = stored.integer(1), partial(tensors.take, low=-LARGEST, high=LARGEST)
        axes = take("axes", (n_columns, None))
        r = axes.shape[1]
        own = cls(
            take("centre", (n_columns,)),
            axes,
            take("means", (k, r)),
            tensors.take("variances", (k, r), low=1e-12, high=LARGEST),
            tensors.take("weights", (k,), low=0, high=1),
            tensors.take("shares", (n_classes, k), low=0, high=1),
        )
        sums = [own.weights.sum(), *own.shares.sum(axis=1)]
        if not r or not np.allclose(sums, 1) or not (axes * axes).sum(axis=0).all():
            raise FileError("the arrays of frames are none of a mixture of principal components")
        return own


def learn_principal(
    rows: np.ndarray | UnscaledRows,
    n_components: int | str,
    classes: np.ndarray | None,
    n_classes: int,
    seed: int,
    share: float,
    most: int,
) -> PrincipalFrames:
    """The principal frames of scaled `rows` (n, P), with a mixture by the rule or of so many
    components.

    share : of the variance that the coordinates have; most : of them.
    """
    part = scaled_part(rows, np.random.default_rng([seed, 11]))
    with OneThreadEach():
        pca = PCA(min(most, *part.shape), random_state=seed % 2**32).fit(part)
    kept = np.cumsum(pca.explained_variance_ratio_) < share
    r = min(len(kept), 1 + int(kept.sum()))
    scale = np.sqrt(pca.explained_variance_[:r].mean())
    axes = scale * pca.components_[:r].T

    def project(some: np.ndarray) -> np.ndarray:
        return np.asarray((some - pca.mean_) @ (axes / scale**2))

    coordinates = project(scaled_part(rows, np.random.default_rng([seed, 9])))
    auto = n_components == "auto"
    mixture: GaussianMixture = (
        choose_diagonal(coordinates, seed)
        if auto
        else fit_diagonal(coordinates, int(n_components), seed)
    )
    k = len(mixture.weights_)
    own = mixture.means_, mixture.covariances_
    frames = PrincipalFrames(pca.mean_, axes, *own, mixture.weights_, np.empty((0, k)))
    rng = np.random.default_rng([seed, 10])
    components = np.concatenate([frames.assign(project(some), rng) for some in in_pieces(rows)])
    shares = shares_of(components, k, classes, n_classes)
    return PrincipalFrames(pca.mean_, axes, *own, *shares)
