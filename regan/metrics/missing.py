"""Missing cells in two samples: how many there are in each column, and which of them together.

Both measures take masks, bool (n, C) and (m, C), which are true where a cell is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np


def missing_shares(real: np.ndarray, fake: np.ndarray) -> float:
    """The largest difference between the shares of missing cells of a column."""
    return float(np.abs(real.mean(axis=0) - fake.mean(axis=0)).max())


def missing_patterns(real: np.ndarray, fake: np.ndarray) -> float:
    """The total variation between the patterns of rows, which are the sets of their missing cells:
    half the sum of all differences of shares.
    """
    both = np.concatenate([real, fake])
    _, where = np.unique(both, axis=0, return_inverse=True)
    n_patterns = int(where.max()) + 1
    parts = where.ravel()[: len(real)], where.ravel()[len(real) :]
    of_real, of_fake = (np.bincount(part, minlength=n_patterns) / len(part) for part in parts)
    return 0.5 * float(np.abs(of_real - of_fake).sum())


OF_MISSING: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "missing_shares": missing_shares,
    "missing_patterns": missing_patterns,
}
"""By name; lower is better, and 0 the least."""
