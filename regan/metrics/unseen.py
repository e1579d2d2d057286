"""Whether held-out rows are unseen: not the rows that a generator was fitted on."""

from __future__ import annotations

import numpy as np
from scipy.stats import multinomial

_CHANCE = 1e-3
_ERRORS = 3.0
_MOST = 0.1
_DIGITS = 9

_GIVE = "give rows that training has not seen"


def check_unseen(train: np.ndarray, fake: np.ndarray, holdout: np.ndarray | None) -> None:
    """ValueError if all held-out rows are training rows, or if they are the generated rows.

    train, fake, holdout : rows (n, D), (m, D), (h, D) on one scale. Tables with few different rows
    have rows in common by nature. So the error needs a probability below 1 in 1,000 that fresh rows
    would have as many in common.
    """
    if holdout is None:
        return
    n_common, share, error = _common(train, holdout)
    most = min(share + _ERRORS * error, 1.0)
    if n_common == len(holdout) and most**n_common < _CHANCE:
        raise ValueError(
            f"all {n_common} rows of the holdout are also rows of the first table, the training "
            f"rows: {_GIVE}"
        )
    for other, which in (
        (train, "the first table, the training rows"),
        (fake, "the generated rows"),
    ):
        if _are_the_same(other, holdout):
            raise ValueError(f"the holdout has the same rows as {which}: {_GIVE}")


def seen_in_words(train: np.ndarray, holdout: np.ndarray | None) -> str:
    """A sentence if over a tenth of held-out rows, beyond chance, are training rows; else ""."""
    if holdout is None:
        return ""
    n_common, share, error = _common(train, holdout)
    h = len(holdout)
    errors = _ERRORS * float(np.hypot(error, np.sqrt(share * (1 - share) / h)))
    if n_common / h <= share + errors + _MOST:
        return ""
    return (
        f"{n_common} of {h} rows of the holdout are also rows of the first table, the training "
        f"rows, where about {share * h:.0f} would be by chance: {_GIVE}"
    )


def _common(train: np.ndarray, holdout: np.ndarray) -> tuple[int, float, float]:
    """The number of held-out rows that are training rows, and the share expected of fresh rows,
    with its standard error.

    A fresh row is expected to be a training row as often as a training row is one of the others.
    Such rows come at least in pairs, which doubles the variance.
    """
    codes = _codes(train, holdout)
    counts = np.bincount(codes[: len(train)], minlength=int(codes.max()) + 1)
    again = int((counts[codes[: len(train)]] > 1).sum())
    share = (again + 1) / (len(train) + 1)
    error = np.sqrt(2 * share * (1 - share) / len(train))
    return int((counts[codes[len(train) :]] > 0).sum()), share, float(error)


def _are_the_same(rows: np.ndarray, holdout: np.ndarray) -> bool:
    """Whether both have the same rows equally often, in any order, and not by chance."""
    if len(rows) != len(holdout):
        return False
    codes = _codes(rows, holdout)
    counts = [
        np.bincount(part, minlength=int(codes.max()) + 1)
        for part in (codes[: len(rows)], codes[len(rows) :])
    ]
    if not np.array_equal(counts[0], counts[1]):
        return False
    return bool(multinomial.logpmf(counts[0], len(rows), counts[0] / len(rows)) < np.log(_CHANCE))


def _codes(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """One code (n + h,) for each different row, of equal values but for rounding."""
    both = np.round(np.concatenate([rows, others]), _DIGITS) + 0.0  # no -0
    return np.asarray(np.unique(both, axis=0, return_inverse=True)[1].ravel())
