"""Tails: whether a column of numbers is one that mean and variance describe badly."""

from __future__ import annotations

import numpy as np

_LEAST_ROWS = 20
_FENCE = 3.0
_BINS = 40
_RARE = 500
_VARIATION = 0.5
_SHARE = 0.1
_NOISE = 3.0
_SPIKE = 0.05
_DISTINCT = 0.8
_LARGE_SPIKE = 0.2
_TIMES = 5
_RESOLUTION = 0.03


def has_tails(numbers: np.ndarray) -> bool:
    """Whether `numbers` (n,) give evidence of long tails, outliers or a spike.

    Tukey's outer fences lie three interquartile ranges beyond the quartiles; where half of the
    numbers are one value, the quartiles of the others count. What lies beyond a fence is

    - outliers, if it is at most two numbers, or one in 500;
    - a tail, if it thins out: from the quartile on, no bin of half a range holds more numbers than
      one before it (by three standard deviations of the counts), and the distances from the fence
      vary by half of their mean or more, as those of tails do (1 for an exponential one);
    - else a cluster, which is no evidence, however far away it is.

    Tails and outliers are evidence where they make up a tenth of the sum of squares about the
    median; and whatever is far away is, where it makes the interquartile range less than .03 of the
    standard deviation, so that nothing would be seen of the other numbers. So is a spike: a value
    of one row in twenty or more, where four fifths of the other rows differ from each other; or of
    one row in five or more, and five times as many as have the next most frequent value. Fewer than
    20 rows are no evidence. Fences: Tukey, 1977.
    """
    if len(numbers) < _LEAST_ROWS:
        return False
    values, counts = np.unique(numbers, return_counts=True)
    if len(values) < 3:
        return False
    most = int(counts.argmax())
    others = len(numbers) - int(counts[most])
    if counts[most] >= _SPIKE * len(numbers) and len(values) - 1 >= _DISTINCT * others > 10:
        return True
    next_most = int(np.partition(counts, -2)[-2])
    if counts[most] >= max(_LARGE_SPIKE * len(numbers), _TIMES * next_most):
        return True
    if 2 * counts[most] >= len(numbers):
        numbers = numbers[numbers != values[most]]
    numbers = np.sort(numbers)
    if np.subtract(*np.quantile(numbers, [0.75, 0.25])) < _RESOLUTION * numbers.std():
        return True
    squares = (numbers - np.median(numbers)) ** 2
    n_below, n_above = _beyond(-numbers[::-1]), _beyond(numbers)
    far = squares[:n_below].sum() + squares[len(numbers) - n_above :].sum()
    return bool(far > _SHARE * squares.sum())


def _beyond(numbers: np.ndarray) -> int:
    """How many of sorted `numbers` are a tail or outliers above."""
    low, high = np.quantile(numbers, [0.25, 0.75])
    iqr = high - low
    fence = high + _FENCE * iqr
    excess = numbers[np.searchsorted(numbers, fence, side="right") :] - fence
    if not len(excess) or not iqr > 0:
        return 0
    if len(excess) <= max(2, len(numbers) // _RARE):
        return len(excess)
    counts = np.histogram(numbers, high + 0.5 * iqr * np.arange(_BINS + 1))[0]
    least = np.minimum.accumulate(counts)
    rises = (counts - least > _NOISE * np.sqrt(counts + least)).any()
    varies = excess.std() >= _VARIATION * excess.mean()
    return 0 if rises or not varies else len(excess)
