"""Normality: whether a column of numbers gives evidence that it is not normal."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

_LEAST_ROWS = 20
_CRITICAL = 1.031


def is_normal(numbers: np.ndarray) -> bool:
    r"""Whether `numbers` (n,) give no evidence against a normal distribution.

    Lilliefors' test (1967): the largest distance of their empirical distribution function from that
    of the normal distribution with their mean and deviation is below :math:`1.031 / \sqrt{n}`,
    which one normal sample in a hundred exceeds. Fewer than 20 rows are no evidence.
    """
    n = len(numbers)
    with np.errstate(all="ignore"):
        deviation = numbers.std()
        z = np.sort((numbers - numbers.mean()) / deviation)
    if n < _LEAST_ROWS or not np.isfinite(z).all():
        return True
    expected, steps = ndtr(z), np.arange(n + 1) / n
    distance = max((steps[1:] - expected).max(), (expected - steps[:-1]).max())
    return bool(distance < _CRITICAL / np.sqrt(n))
