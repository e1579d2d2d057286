"""What every measure of two samples checks first."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array


def two_samples(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two samples (n, D) and (m, D) of finite numbers, in float64."""
    a = check_array(a, dtype=np.float64, input_name="the first sample")
    b = check_array(b, dtype=np.float64, input_name="the second sample")
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"two samples need equal columns, got {a.shape[1]} and {b.shape[1]}")
    return a, b
