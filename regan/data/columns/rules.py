"""Rules by which an encoder tells what a table's columns of numbers are, from all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_INTEGER_LEVELS = 20
_ROWS_EACH = 10
_LEAST_COLUMNS = 16
_LEAST_VALUES = 10


@dataclass(frozen=True)
class EncodingDefaults:
    """What suits a model, where a user asks for nothing else.

    Attributes
    ----------
    integer_levels : int
        Whole numbers of at most so many different values are levels.
    draws_ties : bool
        Whether it trains on tied numbers at random places within their ties.
    """

    integer_levels: int = _INTEGER_LEVELS
    draws_ties: bool = True


USUAL = EncodingDefaults()
"""What suits most models."""


def is_few(numbers: np.ndarray, limit: int) -> bool:
    """Whether `numbers` (n,) are whole and of 2 to `limit` values, ten rows each on average."""
    most = min(limit, len(numbers) // _ROWS_EACH)
    if most < 2 or not np.array_equal(numbers, np.rint(numbers)):
        return False
    some = len(np.unique(numbers[: 10 * limit]))
    return some <= most and 2 <= len(np.unique(numbers)) <= most


def as_flag(numbers: np.ndarray | None) -> np.ndarray | None:
    """Where `numbers` (n,) are 1, if they are 0 and 1 and both occur; None if not."""
    if numbers is None or set(np.unique(numbers[:100]).tolist()) - {0.0, 1.0}:
        return None
    return numbers == 1 if set(np.unique(numbers).tolist()) == {0.0, 1.0} else None


def one_scale(columns: Sequence[np.ndarray | None]) -> set[int]:
    """The positions of a block of columns on one scale, such as the pixels of an image.

    At least 16 columns have the same least and the same largest value, and more than ten different
    ones; to the block belong all columns between the first and the last of these that keep to their
    range.

    Parameters
    ----------
    columns : sequence of arrays (n,) or None
        The numbers of each column; None for one of other values.
    """
    numbers = {j: column for j, column in enumerate(columns) if column is not None}
    ranges = {j: (float(column.min()), float(column.max())) for j, column in numbers.items()}
    (low, high), times = Counter(ranges.values()).most_common(1)[0] if ranges else ((0.0, 0.0), 0)
    members = [j for j, ends in ranges.items() if ends == (low, high)]
    if times < _LEAST_COLUMNS or low == high:
        return set()
    if not any(len(np.unique(numbers[j])) > _LEAST_VALUES for j in members):
        return set()
    between = range(members[0], members[-1] + 1)
    return {j for j in between if j in ranges and low <= ranges[j][0] <= ranges[j][1] <= high}
