"""Which rows train and which are held out."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, check_cv
from sklearn.utils.validation import _num_samples

from regan.data.labels import check_labels
from regan.validation import check_int

Split = tuple[np.ndarray, np.ndarray]
"""The positions of rows that train, and of rows held out."""

_FOLDS = 5
_HELD_OUT = 2


def folds(cv: Any, X: Any, y: Any, groups: Any, seed: int, *, conditional: bool) -> list[Split]:
    """The splits that `cv` makes of the rows; see `RegularizedGANCV`.

    Raises ValueError where a fold has too few rows, or lacks a class.
    """
    labels = check_labels(y, X) if conditional else None
    n = _num_samples(X)
    if cv is None or isinstance(cv, numbers.Integral):
        n_folds = _FOLDS if cv is None else check_int(cv, "cv", minimum=2)
        if n < n_folds * _HELD_OUT:
            raise ValueError(
                f"cv={n_folds} makes folds that are too small: each fold needs at least "
                f"{_HELD_OUT} rows to score on, so {n} rows allow at most "
                f"cv={max(n // _HELD_OUT, 1)}"
            )
        kind = KFold if labels is None else StratifiedKFold
        cv = kind(n_folds, shuffle=True, random_state=seed)
    pairs = check_cv(cv).split(X, y if labels is None else labels, groups)
    splits = [(np.asarray(a), np.asarray(b)) for a, b in pairs]
    if not splits:
        raise ValueError(
            f"cv={cv!r} gives no splits. A generator is used up after one fit: give a list"
        )
    for i, split in enumerate(splits):
        _check(i, split, labels, n)
    return splits


def _check(i: int, split: Split, labels: np.ndarray | None, n: int) -> None:
    if any(part.dtype.kind not in "iub" for part in split):
        raise ValueError(f"split {i} of cv must hold row positions (integers), got {split!r}")
    train, test = (np.flatnonzero(part) if part.dtype == bool else part for part in split)
    if any(part.size and not -n <= part.min() <= part.max() < n for part in (train, test)):
        raise ValueError(f"split {i} of cv has positions outside of the {n} rows")
    if len(test) < _HELD_OUT or len(train) < _HELD_OUT:
        raise ValueError(
            f"split {i} of cv has {len(train)} rows to train on and {len(test)} to score on: both "
            f"parts need at least {_HELD_OUT}"
        )
    if labels is None:
        return
    if lost := sorted({*labels[test].tolist()} - {*labels[train].tolist()}):
        raise ValueError(
            f"split {i} of cv scores on the classes {', '.join(map(repr, lost[:5]))}, which are "
            "not in its training rows: every class needs rows in both parts"
        )
