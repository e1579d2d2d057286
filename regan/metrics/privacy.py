"""Whether generated rows are copies of training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from regan.metrics.samples import as_samples


@dataclass(frozen=True)
class ClosestRecords:
    """Distances of fake rows to the rows of training; see `closest_records`."""

    distance: float
    distance_ratio: float
    copies: float
    holdout_distance: float
    nearer_to_training: float


def closest_records(train: Any, fake: Any, holdout: Any = None) -> ClosestRecords:
    r"""Distance to the closest record, and the ratio of the distances to the two closest ones.

    A generator that memorises makes rows that are nearer to its training data than to other rows of
    the same distribution. Only a comparison shows it, so give rows that training has not seen.

    Parameters
    ----------
    train : array-like of shape (n, D), with n >= 2
        What the generator was fitted on.
    fake : array-like of shape (m, D)
    holdout : array-like of shape (h, D), optional
        Other rows of the same distribution. If there are fewer than in `train`, its first h are
        compared, for among more rows the closest one is nearer.

    Returns
    -------
    ClosestRecords
        `distance`: the median over fake rows of the distance to the closest row of `train`;
        `distance_ratio`: the median of that distance over the one to the second closest row, near 1
        between rows and near 0 at one of them; `copies`: the share of fake rows that are rows of
        `train`; `holdout_distance`: as `distance`, for `holdout`; `nearer_to_training`: the share
        of fake rows that are nearer to `train` than to `holdout`, about 1/2 without memorisation.
        The last two are NaN without `holdout`.

    References
    ----------
    Zhao et al., 2021 (arXiv:2102.08369), for both distances; Platzer and Reutterer, 2021
    (arXiv:2104.00635), for the comparison with a holdout.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import closest_records
    >>> X, Y, Z = np.random.default_rng(0).normal(size=(3, 200, 2))
    >>> closest_records(X, X + 1e-3, Y).nearer_to_training > 0.9
    True
    >>> 0.4 < closest_records(X, Z, Y).nearer_to_training < 0.6
    True
    """
    train, fake, holdout = as_samples(train, fake, holdout)
    if len(train) < 2:
        raise ValueError("closest_records needs at least 2 rows of training, got 1")
    near = _nearest(train, fake, 2)
    ratio = np.divide(near[:, 0], near[:, 1], out=np.ones(len(near)), where=near[:, 1] > 0)
    far = nearer = float("nan")
    if holdout is not None:
        n = min(len(train), len(holdout))
        of_train, of_holdout = (_nearest(a[:n], fake, 1)[:, 0] for a in (train, holdout))
        far = float(np.median(of_holdout))
        # ties, as where a row is in both, count half
        nearer = float(((of_train < of_holdout) + 0.5 * (of_train == of_holdout)).mean())
    return ClosestRecords(
        float(np.median(near[:, 0])),
        float(np.median(ratio)),
        float((near[:, 0] == 0).mean()),
        far,
        nearer,
    )


def _nearest(rows: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    """The distances of each query to its k nearest rows, (m, k)."""
    # by differences, not by inner products, which never find a distance of 0
    search = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(rows)
    distances: np.ndarray = search.kneighbors(queries)[0]
    return distances
