"""What columns of numbers look like: few values, flags, a block on one scale."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

INTEGER_LEVELS = 20
"""Whole numbers of at most so many different values are few."""

_ROWS_EACH = 10
LEAST_COLUMNS = 16
LEAST_VALUES = 16
"""Fewer make no image."""

_MOST_VALUES = 1024
_FEW_IN_A_ROW = 10
_MANY_COLUMNS = 33
_REACHING = 1 / 3


def few_values(numbers: np.ndarray, limit: int = INTEGER_LEVELS) -> np.ndarray | None:
    """The different `numbers` (n,), if they are 2 to `limit`, with ten rows each on average."""
    most = min(limit, len(numbers) // _ROWS_EACH)
    if most < 2 or len(np.unique(numbers[: 10 * limit])) > most:
        return None
    values = np.unique(numbers)
    return values if 2 <= len(values) <= most else None


def is_few(numbers: np.ndarray, limit: int) -> bool:
    """Whether `numbers` (n,) are whole and of 2 to `limit` values, ten rows each on average."""
    values = few_values(numbers, limit)
    return values is not None and np.array_equal(values, np.rint(values))


def as_flag(numbers: np.ndarray | None) -> np.ndarray | None:
    """Where `numbers` (n,) are 1, if they are 0 and 1 and both occur; None if not."""
    if numbers is None or set(np.unique(numbers[:100]).tolist()) - {0.0, 1.0}:
        return None
    return numbers == 1 if set(np.unique(numbers).tolist()) == {0.0, 1.0} else None


def one_scale(columns: Sequence[np.ndarray | None]) -> set[int]:
    """The positions of a block of columns on one scale, such as the pixels of an image.

    At least 16 columns have the same least and the same largest value, more than 16 different
    values each, and not more than 1,024 together. To the block belong all columns between the first
    and the last of these that keep to their range and are not ten whole numbers or fewer in a row,
    as flags and counts are.

    Parameters
    ----------
    columns : sequence of arrays (n,) or None
        The numbers of each column; None for one of other values.
    """
    numbers = {j: column for j, column in enumerate(columns) if column is not None}
    if len(numbers) < LEAST_COLUMNS:
        return set()
    ranges = {j: (float(column.min()), float(column.max())) for j, column in numbers.items()}
    (low, high), times = Counter(ranges.values()).most_common(1)[0]
    if times < LEAST_COLUMNS or low == high:
        return set()
    values: set[float] = set()
    members = []
    for j, ends in ranges.items():
        own = np.unique(numbers[j]) if ends == (low, high) else np.empty(0)
        if len(own) > LEAST_VALUES:
            members.append(j)
            values.update(own.tolist())
            if len(values) > _MOST_VALUES:
                return set()
    if len(members) < LEAST_COLUMNS:
        return set()
    return {
        j
        for j in range(members[0], members[-1] + 1)
        if j in ranges and low <= ranges[j][0] <= ranges[j][1] <= high and not _in_a_row(numbers[j])
    }


def _in_a_row(numbers: np.ndarray) -> bool:
    """Whether `numbers` (n,) are 2 to 10 whole ones of which none between is left out."""
    values = np.unique(numbers)
    whole = np.array_equal(values, np.rint(values))
    return bool(whole and 1 < len(values) <= _FEW_IN_A_ROW and np.ptp(values) == len(values) - 1)


def are_on_one_scale(rows: np.ndarray) -> bool:
    """Whether the columns of `rows` (n, D) are on one scale, as the pixels of an image are.

    More than 32 columns vary, a third of these have the same least and the same largest value, no
    column goes beyond them, and there are other values between.
    """
    low, high = rows.min(axis=0), rows.max(axis=0)
    varying = low < high
    if varying.sum() < _MANY_COLUMNS:
        return False
    low, high = low[varying], high[varying]
    reach = (low == low.min()) & (high == high.max())
    if reach.mean() < _REACHING:
        return False
    columns = (rows[:, j] for j in np.flatnonzero(varying)[reach])
    return any(bool(((some > low.min()) & (some < high.max())).any()) for some in columns)
