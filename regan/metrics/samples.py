"""Checks of samples, before every two-sample measure."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array

from regan.data import TableEncoder
from regan.data.dataframes import is_mixed
from regan.data.table_scaler import TableScaler

_ORDINALS = ("first", "second", "third")


def as_samples(*samples: Any) -> list[Any]:
    """Two samples, (n, D) and (m, D), or three, of finite numbers in float64; None stays None.

    Of DataFrames of mixed columns, what `TableEncoder` makes of them: numbers by their ranks in the
    first one, levels one-hot.
    """
    if is_mixed(samples[0]):
        encoder = TableEncoder(max_integer_levels=0, ids="keep")
        scaler = TableScaler.learn(encoder.fit_read(samples[0]), encoder)
        tables = (None if X is None else encoder.read(X, unseen=True) for X in samples)
        return [None if rows is None else scaler.standardize(rows) for rows in tables]
    arrays = [
        None if X is None else check_array(X, dtype=np.float64, input_name=f"the {which} sample")
        for X, which in zip(samples, _ORDINALS, strict=False)
    ]
    widths = list(dict.fromkeys(X.shape[1] for X in arrays if X is not None))
    if len(widths) > 1:
        raise ValueError(f"samples need equal columns, got {' and '.join(map(str, widths))}")
    return arrays


def standardized(like: np.ndarray, *samples: np.ndarray) -> list[np.ndarray]:
    """Samples, less the means of `like` (n, D) and over its standard deviations, column by column.

    A column of one value is divided by 1.
    """
    center, scale = like.mean(axis=0), like.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return [(sample - center) / scale for sample in samples]
