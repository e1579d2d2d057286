"""Precision, recall, density and coverage, from nearest neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.metrics.pairs import Inside, Pair
from regan.metrics.samples import as_samples
from regan.typing import TableLike
from regan.validation import check_int


@dataclass(frozen=True)
class PrecisionCoverage:
    """Precision and coverage, two shares in [0, 1]: the result of `precision_coverage`."""

    precision: float
    coverage: float


def precision_coverage(
    real: TableLike, fake: TableLike, *, n_neighbors: int = 5
) -> PrecisionCoverage:
    r"""Precision and coverage of generated rows, from nearest neighbors.

    A ball around each real row reaches to its k-th nearest other real row. *Precision* is the share
    of fake rows inside at least one ball. It is low if generated rows are unrealistic. *Coverage*
    is the share of balls that contain a fake row. It is low if parts of the data are never
    generated.

    Parameters
    ----------
    real : array-like of shape (n, D), with n >= 2
    fake : array-like of shape (m, D)
    n_neighbors : int, default=5
        k; at most n - 1 is used.

    Returns
    -------
    PrecisionCoverage

    References
    ----------
    Kynkaanniemi et al., 2019 (arXiv:1904.06991), for precision; Naeem et al., 2020
    (arXiv:2002.09797), for coverage.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import precision_coverage
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 2))
    >>> precision_coverage(X, X[X[:, 0] > 0])
    PrecisionCoverage(precision=1.0, coverage=0.48)
    """
    one, other = as_samples(real, fake)
    inside = _inside(Pair.of(one, other), n_neighbors)
    return PrecisionCoverage(_share(inside.of_rows), _share(inside.of_balls))


@dataclass(frozen=True)
class PRDC:
    """Precision, recall, density and coverage: the result of `prdc`."""

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: TableLike, fake: TableLike, *, n_neighbors: int = 5) -> PRDC:
    r"""Precision, recall, density and coverage (PRDC) of generated rows.

    A ball around each row of a sample reaches to its k-th nearest other row of the same sample.

    - *Precision*: the share of fake rows inside at least one ball of a real row.
    - *Recall*: the share of real rows inside at least one ball of a fake row.
    - *Density*: the number of balls of real rows that contain a fake row, divided by k, on average.
      Unlike precision, an outlier with a large ball hardly changes it. It may exceed 1.
    - *Coverage*: the share of balls of real rows that contain a fake row.

    Parameters
    ----------
    real : array-like of shape (n, D), with n >= 2
    fake : array-like of shape (m, D), with m >= 2
    n_neighbors : int, default=5
        k; at most n - 1 and m - 1 are used.

    Returns
    -------
    PRDC

    References
    ----------
    Kynkaanniemi et al., 2019 (arXiv:1904.06991), for precision and recall; Naeem et al., 2020
    (arXiv:2002.09797), for density and coverage.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import prdc
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(500, 2))
    >>> found = prdc(X, X[X[:, 0] > 0])
    >>> round(found.recall, 2), round(found.density, 2)
    (0.55, 1.19)
    """
    one, other = as_samples(real, fake)
    return prdc_of(Pair.of(one, other), n_neighbors=n_neighbors)


def prdc_of(pair: Pair, *, n_neighbors: int = 5) -> PRDC:
    """`prdc` of a pair of samples of finite numbers."""
    inside, around_fake = _inside(pair, n_neighbors), _inside(pair.turned, n_neighbors, "fake")
    k = min(n_neighbors, len(pair.real.rows) - 1)
    return PRDC(
        _share(inside.of_rows),
        _share(around_fake.of_rows),
        float(inside.of_rows.mean() / k),
        _share(inside.of_balls),
    )


def covered_rows(pair: Pair, *, n_neighbors: int = 5) -> np.ndarray:
    """Which real rows have a fake row in their ball, bool (n,): their share is the coverage.

    See `prdc` for the arguments.
    """
    return np.asarray(_inside(pair, n_neighbors).of_balls > 0)


def _inside(pair: Pair, n_neighbors: Any, what: str = "real") -> Inside:
    """How many rows of the second sample lie in the balls around those of the first, `what`."""
    if len(pair.real.rows) < 2:
        raise ValueError(f"balls around rows need at least 2 {what} rows, got 1")
    return pair.inside(check_int(n_neighbors, "n_neighbors", minimum=1))


def _share(counts: np.ndarray) -> float:
    """The share of those that are not 0."""
    return float((counts > 0).mean())
