"""Mixtures of Gaussians on which mode collapse shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from regan.validation import check_int, check_real


def make_ring(
    n_samples: int = 10_000,
    *,
    n_modes: int = 8,
    radius: float = 1.0,
    sigma: float = 0.01,
    random_state: Any = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A ring of Gaussians: equal, isotropic, evenly spaced on a circle.

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
    random_state: Any = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid of Gaussians: equal, isotropic, on a square around the origin.

    Parameters
    ----------
    n_samples : int, default=10000
    n_side : int, default=5
        There are ``n_side ** 2`` components.
    spacing : float, default=2.0
        The distance between neighbours.
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


def _mixture(
    centers: np.ndarray, n_samples: Any, sigma: Any, random_state: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = check_int(n_samples, "n_samples", minimum=1)
    sigma = check_real(sigma, "sigma", minimum=0)
    rng = check_random_state(random_state)
    y = rng.randint(len(centers), size=n)
    return centers[y] + sigma * rng.standard_normal((n, centers.shape[1])), y, centers
