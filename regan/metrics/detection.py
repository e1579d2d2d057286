"""How well scores separate two kinds of rows: AUC, and true positives at few false positives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FALSE_POSITIVES = 0.01
"""The share of rows wrongly named at which those rightly named are counted."""


@dataclass(frozen=True)
class Detection:
    """How well an attack separates training rows from other rows: AUC and true positives.

    Attributes
    ----------
    auc : float
        The probability that a training row has a higher score than another row; ties count half.
    std_error : float
        The standard error of `auc`, after DeLong et al., 1988.
    true_positives : float
        The share of training rows that the attack identifies at 1 % false positives.
    """

    auc: float
    std_error: float
    true_positives: float


def detected(
    positives: Sequence[np.ndarray], negatives: Sequence[np.ndarray], *, same_rows: bool
) -> Detection:
    """The detection of positives (n_f,) among negatives (h_f,), as a mean over folds f.

    Folds count by their negatives, which are rows of one fold alone. same_rows : whether the
    positives of all folds are the same rows, with other scores.
    """
    sizes = np.array([len(each) for each in negatives])
    weights = sizes / sizes.sum()
    shares = [_shares(*pair) for pair in zip(positives, negatives, strict=True)]
    of_positives = [weight * above for weight, (above, _) in zip(weights, shares, strict=True)]
    of_negatives = [weight * below for weight, (_, below) in zip(weights, shares, strict=True)]
    summed = [np.sum(of_positives, axis=0)] if same_rows else of_positives
    variance = sum(np.var(part, ddof=1) / len(part) for part in [*summed, *of_negatives])
    named = [true_positives(*pair) for pair in zip(positives, negatives, strict=True)]
    return Detection(
        float(sum(part.mean() for part in of_positives)),
        float(np.sqrt(variance)),
        float(weights @ named),
    )


def _shares(positives: np.ndarray, negatives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the negatives below each positive (n,), of the positives above each negative."""
    return _below(positives, negatives), 1 - _below(negatives, positives)


def _below(scores: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Shares (n,) of the others (h,) that are below each score; equal ones count half."""
    order = np.sort(others)
    ends = np.searchsorted(order, scores, side="left") + np.searchsorted(order, scores, "right")
    return np.asarray(ends / (2 * len(others)))


def true_positives(
    positives: np.ndarray, negatives: np.ndarray, at: float = FALSE_POSITIVES
) -> float:
    r"""The share of positives (n,) that are named where a share `at` of the negatives (h,) is.

    Above the i-th largest negative is a share i / (h + 1) of rows of the same distribution, on
    average; between these points the curve is straight, and equal scores stand in random order. So
    positives that are no different get `at` at any number of rows, and of fewer than
    :math:`1 / at - 1` negatives, positives that are above all get `at` (h + 1).
    """
    h = len(negatives)
    values, where, times = np.unique(-negatives, return_inverse=True, return_counts=True)
    ascending = np.sort(-positives)
    before = np.searchsorted(ascending, values)
    ties = np.searchsorted(ascending, values, side="right") - before
    first = np.cumsum(times) - times
    order = np.sort(where)
    place = np.arange(h) - first[order] + 1  # among the equal ones, from 1
    named = (before[order] + ties[order] * place / (times[order] + 1)) / len(positives)
    shares = np.arange(h + 2) / (h + 1)
    return float(np.interp(at, shares, [0.0, *named, 1.0]))
