"""Spread of a column of numbers: whether float64 can hold its variance."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.preprocessing import StandardScaler


def check_spread(name: Any, values: np.ndarray) -> None:
    """ValueError for a variance that float64 cannot hold."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        variance = float(StandardScaler().fit(values[:, None]).var_[0])
    spread = np.ptp(values) > 1e-8 * np.abs(values).max()
    if not np.isfinite(variance) or (spread and variance == 0):
        raise ValueError(f"column {name!r} has a variance that overflows or underflows: rescale it")
