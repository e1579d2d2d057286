"""Local frames: every component of a Gaussian mixture is a coordinate system of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from scipy.special import logsumexp
from sklearn.mixture import GaussianMixture

from regan.data.encoded_rows import EncodedRows
from regan.data.numbers.pieces import slices
from regan.data.unscaled_rows import UnscaledRows
from regan.mixtures.em.product import log_normals
from regan.mixtures.frames import LARGEST, PIECE, Frames, shares_of
from regan.mixtures.selection import (
    affords_each,
    choose_mixture,
    fit_mixture,
    has_few,
    mixture_by_class,
)
from regan.mixtures.ties import Ties, spread_ties
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors

SHARED_ROWS = 5
"""Rows that axes in common take for each column, and a component with such axes of its own."""

LEARNT_ROWS = 2**16
"""Rows that frames are learned from, at most."""

_SAME = 1e-6
_FLAT = 1e-5
"""Variance below which a component has no extent in a direction, in units of a column's."""


@dataclass(frozen=True, eq=False)
class LocalFrames(Frames):
    r"""Local frames: a Gaussian mixture, and rows in the coordinates of its components.

    A row x belongs to a component k, drawn with the probabilities that the mixture gives it, and
    has coordinates in which that component is a standard normal distribution,

    .. math::

        u = \Lambda_k^{-1/2} V_k^T (x - \mu_k), \qquad x = \mu_k + V_k \Lambda_k^{1/2} u,

    with the eigenvectors V and eigenvalues of the component's covariance, the largest first. A
    direction in which it has no extent, with an eigenvalue below 1e-5 where columns have the
    variance 1, is filled with noise on the way in and constant on the way out. Columns that have
    one value only are no part of the mixture: they come last, and pass as they are.

    Attributes
    ----------
    means : array of shape (K, P)
    covariances : array of shape (K, P, P)
        All 0 for columns that pass as they are.
    weights : array of shape (K,)
    shares : array of shape (C, K)
        See `Frames`.
    ties : Ties or None
        Those of rows that enter a few at a time; by default each time those of the rows that enter.
    """

    kind = "local"
    spreads_ties = True

    means: np.ndarray
    covariances: np.ndarray
    weights: np.ndarray
    shares: np.ndarray
    ties: Ties | None = None

    @classmethod
    def of(
        cls,
        mixture: GaussianMixture,
        rows: np.ndarray,
        classes: np.ndarray | None,
        n_classes: int,
        seed: int,
    ) -> Self:
        """The frames of a mixture, with the shares that its components have of `rows` (n, P).

        classes (n,) : of the rows, numbered from 0, if there are any.
        """
        fitted = mixture.means_, mixture.covariances_
        k = len(mixture.weights_)
        frames = cls(*fitted, mixture.weights_, np.empty((0, k)))
        components = frames.assign(rows, np.random.default_rng([seed, 10]))
        return cls(*fitted, *shares_of(components, k, classes, n_classes))

    @property
    def n_columns(self) -> int:
        """P."""
        return int(self.means.shape[1])

    @property
    def n_coordinates(self) -> int:
        """P."""
        return self.n_columns

    # Rows in, coordinates out

    def enter(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates (n, P) and components (n,) of `rows` (n, P)."""
        return self._entered((self.ties or Ties.of(rows)).spread(rows, rng), rng)

    def enter_rows(
        self,
        rows: np.ndarray | EncodedRows | UnscaledRows,
        rng: np.random.Generator,
        dtype: Any = np.float64,
    ) -> tuple[np.ndarray, np.ndarray]:
        if not isinstance(rows, UnscaledRows) or len(rows) <= LEARNT_ROWS:
            return super().enter_rows(rows, rng, dtype)
        numbers = rows.scaled(dtype)  # the one array of all rows
        (self.ties or Ties.of(numbers)).spread(numbers, rng, numbers)
        return self._entered(numbers, rng)

    def _entered(self, rows: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`enter` for rows whose ties are spread: coordinates are written in their place."""
        components = self.assign(rows, rng)
        into, flat = self._maps[0], self._maps[2]
        for here in slices(*rows.shape):
            mine, own = components[here], rows[here].astype(np.float64)
            coordinates = rng.standard_normal(own.shape)
            for k in np.unique(mine):
                at = mine == k
                u = (own[at] - self.means[k]) @ into[k]
                coordinates[at] = np.where(flat[k], coordinates[at], u)
            rows[here] = coordinates
        return rows, components

    def with_ties_of(self, rows: np.ndarray) -> Self:
        return replace(self, ties=Ties.of(rows))

    def leave(self, coordinates: np.ndarray, components: np.ndarray) -> np.ndarray:
        """Rows (n, P) from coordinates (n, P) in these components (n,).

        Each row is computed by itself: it does not depend on those beside it.
        """
        rows = np.empty(coordinates.shape)
        step = max(1, PIECE // self.n_columns**2)
        for i in range(0, len(rows), step):
            here = components[i : i + step]
            u = coordinates[i : i + step].astype(np.float64)
            rows[i : i + step] = self.means[here]
            rows[i : i + step] += np.einsum("nij,ni->nj", self._maps[1][here], u)
        return rows

    # Rows of which some columns are known

    @property
    def is_oblique(self) -> bool:
        return True

    def log_given(self, known: EncodedRows) -> np.ndarray:
        varies = np.flatnonzero(self._varying)
        own = self.covariances[:, varies[:, None], varies] + _SAME * np.eye(len(varies))
        return log_normals(self.means[:, varies], own, known.plain[:, varies])

    def enter_given(
        self, numbers: np.ndarray, components: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray | None]:
        return self._regressed(numbers - self.means[components], components)

    def axes_in(self, components: np.ndarray) -> np.ndarray:
        return np.asarray(self._maps[1][components])

    def gains(self, axes: np.ndarray, components: np.ndarray) -> np.ndarray:
        return np.linalg.pinv(axes, rcond=_SAME)

    # The mixture itself

    def log_densities(self, rows: np.ndarray) -> np.ndarray:
        """The logarithm of each component's density at `rows` (n, P), in what varies: (n, K)."""
        vectors, values = self._axes
        d = int(self._varying.sum())
        vectors, values = vectors[:, :, :d], values[:, :d]
        densities = np.empty((len(rows), self.n_components))
        for k in range(self.n_components):
            u = (rows - self.means[k]) @ (vectors[k] / np.sqrt(values[k]))
            normal = np.log(2 * np.pi * values[k]).sum()
            densities[:, k] = -0.5 * ((u * u).sum(axis=1) + normal)
        return densities

    def sample(self, components: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        noise = rng.standard_normal((len(components), self.n_columns))
        noise[:, int(self._varying.sum()) :] = 0
        return self.leave(noise, components)

    @cached_property
    def _varying(self) -> np.ndarray:
        """Which columns (P,) are part of the mixture."""
        return _varying(self.covariances)

    @cached_property
    def _axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvectors (K, P, P), one a column, and eigenvalues (K, P) of the covariances.

        The largest first: where noise is shorter than rows, it begins with what varies most. Behind
        them 1 for columns that pass as they are.
        """
        varies = np.flatnonzero(self._varying)
        p, d = self.n_columns, len(varies)
        vectors, values = np.zeros((self.n_components, p, p)), np.ones((self.n_components, p))
        own, axes = np.linalg.eigh(self.covariances[:, varies[:, None], varies])
        vectors[:, varies[:, None], np.arange(d)] = axes[:, :, ::-1]
        vectors[:, np.flatnonzero(~self._varying), np.arange(d, p)] = 1
        values[:, :d] = np.maximum(own[:, ::-1], np.finfo(np.float64).tiny)
        return vectors, values

    @cached_property
    def _maps(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Matrices into frames (K, P, P) and back, for rows on the left; flat directions (K, P)."""
        vectors, values = self._axes
        flat, scale = values < _FLAT, np.sqrt(values)
        into = vectors / scale[:, None, :]
        back = np.where(flat[:, :, None], 0.0, np.swapaxes(vectors * scale[:, None, :], 1, 2))
        return into, back, flat

    # What a model file holds

    def export(self) -> dict[str, np.ndarray]:
        """Its arrays, by name."""
        names = "means", "covariances", "weights", "shares"
        return {name: getattr(self, name) for name in names}

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors, n_columns: int, n_classes: int) -> Self:
        """The inverse of `export`; stored : their number, K."""
        k = stored.integer(1)
        means = tensors.take("means", (k, n_columns), low=-LARGEST, high=LARGEST)
        shape = k, n_columns, n_columns
        covariances = tensors.take("covariances", shape, low=-LARGEST, high=LARGEST)
        weights = tensors.take("weights", (k,), low=0, high=1)
        shares = tensors.take("shares", (n_classes, k), low=0, high=1)
        with np.errstate(all="ignore"):
            varies = _varying(covariances)
            beside = covariances[:, ~(varies[:, None] & varies)]
            values = np.linalg.eigvalsh(covariances[:, varies][:, :, varies])
            fits = np.isfinite(values).all() and (values > 0).all() and not beside.any()
            fits &= np.allclose(covariances, np.swapaxes(covariances, 1, 2))
        if not fits or not np.allclose([weights.sum(), *shares.sum(axis=1)], 1):
            raise FileError("the arrays of frames are none of a Gaussian mixture")
        return cls(means, covariances, weights, shares)


def _varying(covariances: np.ndarray) -> np.ndarray:
    varying: np.ndarray = np.any(np.diagonal(covariances, axis1=1, axis2=2) != 0, axis=0)
    return varying


def learn_frames(
    rows: np.ndarray,
    n_components: Any,
    classes: np.ndarray | None,
    n_classes: int,
    seed: int,
) -> LocalFrames:
    """The frames of scaled `rows` (n, P), by the rule or with so many components.

    By the rule, of rows too few for a component of every class with axes of its own, classes may
    have a component each that share their axes: networks make few updates then, and would not learn
    what classes have to do with numbers.

    n_components : int or "auto"; classes (n,) : of the rows, numbered from 0.
    """
    part, varying = _part(rows, seed)
    auto = n_components == "auto"
    mixture = choose_mixture(part, seed) if auto else fit_mixture(part, n_components, seed)
    frames = LocalFrames.of(mixture, part, classes, n_classes, seed)
    if auto and classes is not None and not affords_each(part, n_classes):
        frames = _or_by_class(frames, part, classes, n_classes, seed)
    return _beside_constants(frames, rows, varying)


def learn_by_class(
    rows: np.ndarray, classes: np.ndarray, n_classes: int, seed: int
) -> LocalFrames | None:
    """The frames of scaled `rows` (n, P) with a component for each class, which share their axes.

    None of fewer than 5 rows for each column, or in a class.
    """
    part, varying = _part(rows, seed)
    fewest = np.bincount(classes, minlength=n_classes).min()
    if fewest < SHARED_ROWS or len(part) < SHARED_ROWS * part.shape[1]:
        return None
    mixture = mixture_by_class(part, classes, n_classes)
    frames = LocalFrames.of(mixture, part, classes, n_classes, seed)
    return _beside_constants(frames, rows, varying)


def _part(rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The columns that vary, ties apart, and which these are (P,); all if none varies."""
    spread = spread_ties(rows, np.random.default_rng([seed, 11]))
    varying = (rows != rows[0]).any(axis=0)
    varying |= not varying.any()
    return spread[:, varying], varying


def _beside_constants(frames: LocalFrames, rows: np.ndarray, varying: np.ndarray) -> LocalFrames:
    """These `frames` of the columns that vary, with those that have one value in `rows`."""
    means = np.tile(rows[0], (frames.n_components, 1))
    means[:, varying] = frames.means
    covariances = np.zeros((*means.shape, len(varying)))
    covariances[:, np.outer(varying, varying)] = frames.covariances.reshape(len(means), -1)
    return replace(frames, means=means, covariances=covariances)


def _or_by_class(
    frames: LocalFrames, rows: np.ndarray, classes: np.ndarray, n_classes: int, seed: int
) -> LocalFrames:
    """These `frames`, or those of a component for each class, whichever say more of both.

    By the Bayesian information criterion of rows and classes.
    """
    mixture = mixture_by_class(rows, classes, n_classes)
    if has_few(mixture, rows):
        return frames
    d = rows.shape[1]
    axes = d * (d + 1) // 2
    shared = LocalFrames.of(mixture, rows, classes, n_classes, seed)
    own = _criterion(frames, rows, classes, frames.n_components * axes)
    return shared if _criterion(shared, rows, classes, axes) < own else frames


def _criterion(frames: LocalFrames, rows: np.ndarray, classes: np.ndarray, n_axes: int) -> float:
    """The criterion of `rows` given their classes; n_axes : parameters of covariances."""
    with np.errstate(divide="ignore"):
        logs = frames.log_densities(rows) + np.log(frames.shares[classes])
    n_free = n_axes + frames.means.size + frames.shares.size - len(frames.shares)
    return float(n_free * np.log(len(rows)) - 2 * logsumexp(logs, axis=1).sum())
