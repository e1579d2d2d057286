"""One number for how near one sample is to another."""

from __future__ import annotations

from typing import Any

from regan.metrics.distances import energy_distance
from regan.metrics.neighbors import precision_coverage


def two_sample_score(real: Any, fake: Any) -> float:
    r"""Two-sample score, how near `fake` is to `real`: higher is better, about 1 at the best.

    .. math:: \frac{\text{precision} + \text{coverage}}{2} - \text{energy distance, unbiased}

    Equal distributions score about 0.97; samples that have nothing in common score below 0. The
    energy distance alone hardly sees a mode that is missing or too wide among many; precision and
    coverage do, and they in turn do not see how far off a row is.

    Parameters
    ----------
    real : array-like of shape (n, D), with n >= 2
    fake : array-like of shape (m, D), with m >= 2
        About as many rows as `real`: coverage grows with their number.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import two_sample_score
    >>> rng = np.random.default_rng(0)
    >>> X, Y = rng.normal(size=(2, 500, 2))
    >>> two_sample_score(X, Y) > 0.9 > 0.7 > two_sample_score(X, 2 * Y)
    True
    """
    shares = precision_coverage(real, fake)
    distance = energy_distance(real, fake, unbiased=True)
    return 0.5 * (shares.precision + shares.coverage) - distance
