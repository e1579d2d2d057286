"""Row numbers: columns that number or name the rows, of which models have nothing to learn."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

_UNNAMED = re.compile(
    r"|Unnamed: \d+(_level_\d+)?(\.\d+)*"
)  # what pandas calls a column of no name
_FEW = 10


def unnamed(names: list[str]) -> list[int]:
    """The positions of the leading columns without a name: where tables have their index."""
    named = [j for j, name in enumerate(names) if not _UNNAMED.fullmatch(name)]
    return list(range(named[0] if named else len(names)))


def index_columns(
    names: list[str], known: Sequence[str], values: Callable[[int], np.ndarray]
) -> list[int]:
    """The leading columns of an index: none of them has a name, or one that is `known`.

    values : gives the numbers (n,) of a column, NaN for what is none.
    """
    leading = [j for j in unnamed(names) if names[j] not in known]
    if len(leading) > 1 and leading == list(range(len(leading))):
        return leading
    return [j for j in leading if is_index(values(j))]


def is_index(values: np.ndarray) -> bool:
    """Whether the values (n,) of a column without a name are the index of a table.

    NaN stands for what is no number. True for text, for whole numbers that differ, also after
    rows were drawn again (most differ) or tables were stacked (they count up and start again at
    the same number), and for numbers that only go up or only go down.
    """
    missing = np.isnan(values)
    if missing.any() or not len(values):
        return bool(missing.mean() > 0.5) if len(values) else True
    steps = np.diff(values)
    if len(steps) and ((steps > 0).all() or (steps < 0).all()):
        return True
    if (values != np.rint(values)).any():
        return False
    distinct = len(np.unique(values))
    counts_up = bool(((steps == 1) | (values[1:] == values[0])).all())
    return (
        distinct == len(values)
        or (distinct > len(values) / 2 and values.min() >= 0)
        or (counts_up and distinct >= _FEW)
    )


def numbers_rows(values: np.ndarray) -> bool:
    """Whether values (n,) are whole numbers, each there once, that fill most of their range.

    So are row numbers, in order or shuffled, of all rows or of most; fewer than 10 tell nothing.
    """
    n = len(values)
    if n < _FEW or not np.isfinite(values).all() or (values != np.rint(values)).any():
        return False
    return bool(np.ptp(values) < 2 * n and len(np.unique(values)) == n)
