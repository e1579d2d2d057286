"""Toy data sets that show missing modes, bridges between modes, and blur."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from regan.typing import RandomState
from regan.validation import check_int, check_real


def make_ring(
    n_samples: int = 10_000,
    *,
    n_modes: int = 8,
    radius: float = 1.0,
    sigma: float = 0.01,
    random_state: RandomState = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ring of Gaussians: equal isotropic components, evenly spaced on a circle.

    Parameters
    ----------
    n_samples : int, default=10000
    n_modes : int, default=8
    radius : float, default=1.0
    sigma : float, default=0.01
        Standard deviation of each component.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    X : array of shape (n_samples, 2)
    y : int array of shape (n_samples,)
        The component of each row.
    centers : array of shape (n_modes, 2)

    References
    ----------
    The protocol of Lin et al., 2018 (arXiv:1712.04086).

    Examples
    --------
    >>> from regan.datasets import make_ring
    >>> X, y, centers = make_ring(100, random_state=0)
    >>> X.shape, centers.shape
    ((100, 2), (8, 2))
    """
    n_modes = check_int(n_modes, "n_modes", minimum=1)
    angles = 2 * np.pi * np.arange(n_modes) / n_modes
    centers = check_real(radius, "radius", minimum=0) * np.c_[np.cos(angles), np.sin(angles)]
    return _mixture(centers, n_samples, sigma, random_state)


def make_grid(
    n_samples: int = 10_000,
    *,
    n_side: int = 5,
    spacing: float = 2.0,
    sigma: float = 0.05,
    random_state: RandomState = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grid of Gaussians: equal isotropic components on a square around the origin.

    Parameters
    ----------
    n_samples : int, default=10000
    n_side : int, default=5
        There are ``n_side ** 2`` components.
    spacing : float, default=2.0
        The distance between neighbors.
    sigma : float, default=0.05
        Standard deviation of each component.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    X : array of shape (n_samples, 2)
    y : int array of shape (n_samples,)
        The component of each row.
    centers : array of shape (n_side ** 2, 2)

    References
    ----------
    The protocol of Lin et al., 2018 (arXiv:1712.04086).
    """
    n_side = check_int(n_side, "n_side", minimum=1)
    ticks = (np.arange(n_side) - (n_side - 1) / 2) * check_real(spacing, "spacing", minimum=0)
    centers = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    return _mixture(centers, n_samples, sigma, random_state)


def make_checkerboard(
    n_samples: int = 10_000,
    *,
    n_side: int = 4,
    width: float = 1.0,
    random_state: RandomState = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Checkerboard: rows are uniform on every other cell of a square around the origin.

    A row x is inside its cell c if ``abs(x - centers[c]).max() <= width / 2``.

    Parameters
    ----------
    n_samples : int, default=10000
    n_side : int, default=4
        Cells along a side; ``ceil(n_side ** 2 / 2)`` of them have rows, those with an even sum of
        their two positions.
    width : float, default=1.0
        The side of a cell.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    X : array of shape (n_samples, 2)
    y : int array of shape (n_samples,)
        The cell of each row.
    centers : array of shape (ceil(n_side ** 2 / 2), 2)
        The centers of the cells with rows.

    Examples
    --------
    >>> from regan.datasets import make_checkerboard
    >>> X, y, centers = make_checkerboard(100, random_state=0)
    >>> X.shape, centers.shape
    ((100, 2), (8, 2))
    >>> bool((abs(X - centers[y]) <= 0.5).all())
    True
    """
    n_side = check_int(n_side, "n_side", minimum=1)
    width = check_real(width, "width", minimum=0)
    n = check_int(n_samples, "n_samples", minimum=1)
    positions = np.argwhere(np.indices((n_side, n_side)).sum(axis=0) % 2 == 0)
    centers = width * (positions - (n_side - 1) / 2)
    rng = check_random_state(random_state)
    y = rng.randint(len(centers), size=n)
    return centers[y] + width * rng.uniform(-0.5, 0.5, size=(n, 2)), y, centers


def _mixture(
    centers: np.ndarray, n_samples: Any, sigma: Any, random_state: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = check_int(n_samples, "n_samples", minimum=1)
    sigma = check_real(sigma, "sigma", minimum=0)
    rng = check_random_state(random_state)
    y = rng.randint(len(centers), size=n)
    return centers[y] + sigma * rng.standard_normal((n, centers.shape[1])), y, centers
