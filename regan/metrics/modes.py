"""Mode coverage of samples from mixtures with known components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from regan.metrics.samples import as_arrays
from regan.typing import TableLike
from regan.validation import check_real


@dataclass(frozen=True)
class ModeReport:
    """Mode coverage of a sample: the result of `mode_report`."""

    n_modes: int
    high_quality: float
    reverse_kl: float
    relative_std: float


def mode_report(X: TableLike, centers: TableLike, sigma: float) -> ModeReport:
    r"""Mode coverage: how many modes of a Gaussian mixture a sample reaches, and how evenly.

    The components of the mixture are equal and isotropic. A row is of *high quality* if it lies
    within three sigma of its nearest center.

    Parameters
    ----------
    X : array-like of shape (n, D)
        Generated rows.
    centers : array-like of shape (M, D)
    sigma : float
        The standard deviation of every component.

    Returns
    -------
    ModeReport
        - `n_modes`: the number of centers with at least one row of high quality.
        - `high_quality`: the share of such rows.
        - `reverse_kl`: log M minus the entropy of their histogram over the centers.
        - `relative_std`: their standard deviation around the mean of their mode, over `sigma`.

    References
    ----------
    Lin et al., 2018 (arXiv:1712.04086), section 4.
    """
    sigma = check_real(sigma, "sigma", minimum=0, open_minimum=True)
    rows, modes = as_arrays(X, centers)
    distances = cdist(rows, modes)
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) <= 3 * sigma
    counts = np.bincount(nearest[good], minlength=len(modes))
    if not good.any():
        return ModeReport(0, 0.0, float(np.log(len(modes))), float("nan"))
    share = counts[counts > 0] / counts.sum()
    reverse_kl = np.log(len(modes)) + (share * np.log(share)).sum()
    groups = [rows[good & (nearest == m)] for m in np.flatnonzero(counts)]
    square = sum(((g - g.mean(axis=0)) ** 2).sum() for g in groups)
    spread = np.sqrt(square / (good.sum() * rows.shape[1])) / sigma
    return ModeReport(
        int((counts > 0).sum()), float(good.mean()), max(float(reverse_kl), 0.0), float(spread)
    )
