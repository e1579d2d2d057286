"""What every measure of two samples checks first."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array

from regan.tables import TableEncoder
from regan.tables.frames import is_mixed
from regan.tables.scaler import TableScaler


def two_samples(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two samples (n, D) and (m, D) of finite numbers, in float64.

    Of DataFrames of mixed columns, what `TableEncoder` makes of them: numbers by their ranks in the
    first one, levels one-hot.
    """
    if is_mixed(a):
        numbers = TableEncoder()
        scaler = TableScaler.learn(numbers._learn(a), numbers)
        a, b = (scaler.standardize(numbers.read(X, unseen=True)) for X in (a, b))
    a = check_array(a, dtype=np.float64, input_name="the first sample")
    b = check_array(b, dtype=np.float64, input_name="the second sample")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"two samples need equal columns, got {a.shape[1]} and {b.shape[1]}")
    return a, b
