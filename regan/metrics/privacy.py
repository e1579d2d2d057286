"""Whether generated rows are copies of training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln
from sklearn.neighbors import KDTree

from regan.metrics.nearest import nearest
from regan.metrics.pairs import Pair
from regan.metrics.samples import as_samples
from regan.metrics.unseen import check_unseen
from regan.typing import TableLike

_TIE = 1e-12


@dataclass(frozen=True)
class ClosestRecords:
    """Distances from generated rows to training rows: the result of `closest_records`."""

    distance: float
    distance_ratio: float
    copies: float
    holdout_distance: float
    nearer_to_training: float


def closest_records(
    train: TableLike, fake: TableLike, holdout: TableLike | None = None
) -> ClosestRecords:
    r"""Distance to the closest record (DCR) and nearest-neighbor distance ratio (NNDR).

    A generator that memorizes its training data makes rows that are nearer to these than to other
    rows of the same distribution. Only a comparison detects this, so pass held-out rows, which the
    generator was not fitted on.

    Parameters
    ----------
    train : array-like of shape (n, D), with n >= 2
        The rows that the generator was fitted on.
    fake : array-like of shape (m, D)
    holdout : array-like of shape (h, D), optional
        Held-out rows of the same distribution.

    Returns
    -------
    ClosestRecords
        - `distance`: the median over fake rows of the distance to the closest row of `train`.
        - `distance_ratio`: the median of that distance divided by the distance to the second
          closest different row. It is near 1 between training rows, and near 0 at a training row.
        - `copies`: the share of fake rows that equal rows of `train`.
        - `holdout_distance`: as `distance`, for `holdout`. It grows if `holdout` has fewer rows.
        - `nearer_to_training`: the share of fake rows that are nearer to `train` than to as many
          rows of `holdout`. It is about 1/2 without memorization and 1 for copies.

        The last two are NaN without `holdout`.

    Notes
    -----
    If one of `train` and `holdout` has more rows, `nearer_to_training` is the mean over all choices
    of as many of its rows as the other has. Let the longer sample have N rows, c of them nearer
    than the closest row of the other sample, which has s rows. Then no nearer row is chosen with
    probability :math:`\binom{N - c}{s} / \binom{N}{s}`. A tie counts one half, so the order of rows
    does not matter. A copy of one of n training rows counts in the choices that include this row:
    with h < n held-out rows, copies reach :math:`(1 + h / n) / 2`. So hold out many rows.

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
    >>> 0.4 < closest_records(X, Z, Y[:50]).nearer_to_training < 0.6
    True
    """
    known, made, fresh = as_samples(train, fake, holdout)
    if len(known) < 2:
        raise ValueError("closest_records needs at least 2 training rows, got 1")
    check_unseen(known, made, fresh)
    closest, ratios = _two_closest(np.unique(known, axis=0), made)
    far = nearer = float("nan")
    if fresh is not None:
        far = float(np.median(nearest(made, fresh)))
        nearer = _nearer(known, made, fresh)
    return ClosestRecords(
        float(np.median(closest)),
        float(np.median(ratios)),
        float((closest == 0).mean()),
        far,
        nearer,
    )


def distance_ratio_of(pair: Pair) -> float:
    """The `distance_ratio` of `closest_records`, of a pair of at least 2 real rows."""
    if not (pair.is_small and pair.real.is_small):
        records = np.unique(pair.real.rows, axis=0)
        return float(np.median(_two_closest(records, pair.fake.rows)[1]))
    lengths = pair.between[pair.real.is_first]  # (different records, m)
    near = np.partition(lengths, min(1, len(lengths) - 1), axis=0)[:2].T
    return float(np.median(_ratios(near)[1]))


def _two_closest(records: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distance (m,) to the closest of different records, and its ratio to the second one.

    Of a single record there is no second: the ratio is 0 at it, and 1 elsewhere.
    """
    return _ratios(nearest(fake, records, min(2, len(records))))


def _ratios(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first of one or two distances (m, k) in order, and its ratio to the last."""
    closest, second = near[:, 0], near[:, -1]
    return closest, np.divide(closest, second, out=np.zeros(len(near)), where=closest > 0)


def _nearer(train: np.ndarray, fake: np.ndarray, holdout: np.ndarray) -> float:
    """See `closest_records`, Notes."""
    more, fewer = (train, holdout) if len(train) >= len(holdout) else (holdout, train)
    closest = nearest(fake, fewer)[:, 0]
    tree = KDTree(more)
    up_to, below = (
        tree.query_radius(fake, closest * (1 + tie), count_only=True) for tie in (_TIE, -_TIE)
    )
    below[closest == 0] = 0
    none_nearer, none_as_near = (
        np.exp(_log_choices(len(more) - c, len(fewer)) - _log_choices(len(more), len(fewer)))
        for c in (below, up_to)
    )
    of_more = float((1 - 0.5 * (none_nearer + none_as_near)).mean())
    return of_more if more is train else 1 - of_more


def _log_choices(n: Any, k: int) -> Any:
    """The logarithm of the number of ways to choose k of n, but for a term in k alone."""
    ways = gammaln(n + 1.0) - gammaln(np.maximum(n - k, 0) + 1.0)
    return np.where(np.asarray(n) >= k, ways, -np.inf)
