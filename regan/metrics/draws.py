"""Measures of draws beside true values: errors, scores of distributions, intervals.

All take true values (H,) of hidden cells and M draws of each, (M, H): numbers, or codes of levels.
"""

from __future__ import annotations

import numpy as np

INTERVAL = 0.9
"""The probability of the central intervals."""


def crps(true: np.ndarray, draws: np.ndarray) -> np.ndarray:
    r"""Continuous ranked probability score of each value, (H,), without bias.

    .. math:: \frac{1}{M} \sum_m |x_m - y|
        - \frac{1}{2 M (M - 1)} \sum_m \sum_{m'} |x_m - x_{m'}|.

    NaN of a single draw. Gneiting and Raftery, 2007, for the score; Ferro, 2014, for M (M - 1) in
    place of M^2, with which more draws of one distribution score no better on average.
    """
    m = len(draws)
    if m < 2:
        return np.full(len(true), np.nan)
    weights = 2.0 * np.arange(m) - (m - 1)
    spread = weights @ np.sort(draws, axis=0) / (m * (m - 1))  # half the mean of |x_m - x_m'|
    return np.asarray(np.abs(draws - true).mean(axis=0) - spread)


def pinball(true: np.ndarray, draws: np.ndarray, level: float) -> np.ndarray:
    """Pinball loss of the quantile of the draws at `level`, (H,); see `quantiles`."""
    error = true - quantiles(draws, level)
    return np.asarray(np.maximum(level * error, (level - 1) * error))


def interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of the central 90 % interval of each cell, (H,) both; see `quantiles`."""
    return quantiles(draws, (1 - INTERVAL) / 2), quantiles(draws, (1 + INTERVAL) / 2)


def quantiles(draws: np.ndarray, level: float) -> np.ndarray:
    """Quantiles of draws, (H,): between the i-th of M and the next, where i + f = level (M + 1).

    So a further draw of the same distribution is below with this probability at any number of
    draws, if they do not tie; 19 are the fewest for 5 % and 95 %.
    """
    return np.asarray(np.quantile(draws, level, axis=0, method="weibull"))


def most_frequent(true: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Whether the most frequent level of the draws is right, (H,); 1/k where it is one of k."""
    right = (draws == true).sum(axis=0)
    each = np.stack([(draws == draw).sum(axis=0) for draw in draws])
    most = each.max(axis=0)
    n_levels = ((each == most) / each).sum(axis=0)  # each level counts as often as it was drawn
    return np.where(right == most, 1 / n_levels, 0.0)


def log_loss(true: np.ndarray, draws: np.ndarray, n_levels: np.ndarray) -> np.ndarray:
    """Log loss of the frequencies of draws, (H,), with one draw of every level added.

    n_levels : of the column of each cell, (H,).
    """
    right = (draws == true).sum(axis=0)
    return np.asarray(-np.log((right + 1) / (len(draws) + n_levels)))
