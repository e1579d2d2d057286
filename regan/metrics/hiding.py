"""Cells of a table hidden, to see how well they are imputed."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from regan.data.frames.dataframes import without_cells
from regan.metrics.samples import as_numbers
from regan.typing import HidingName, RandomState, TableLike
from regan.validation import check_bool, check_choice, check_real

_MORE = 8.0
_STEEP = 3.0


def hide_cells(
    X: TableLike,
    share: float = 0.2,
    how: HidingName = "at random",
    *,
    empty_rows: bool = False,
    random_state: RandomState = None,
) -> Any:
    r"""Hidden cells: the table with a share of its cells missing, to be imputed.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n, C)
        Cells that are missing in it already stay so, and do not count.
    share : float in (0, 1), default=0.2
        Of all cells.
    how : {"at random", "by column", "by value"}, default="at random"
        "at random" hides any cell with the same chance (MCAR). "by column" hides more in some
        columns than in others: the chance grows to 8 times as much from the first to the last of
        them, in random order, in equal steps. "by value" hides large values more often (MNAR): the
        chance grows in equal steps to 4 times as much from the smallest to the largest value of a
        column; levels count in their order.
    empty_rows : bool, default=False
        Whether a row may lose all of its cells. No column does.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    array or DataFrame of shape (n, C)
        A copy. An array is one of floating numbers, NaN in the hidden cells; integers and booleans
        of pandas become nullable ones.

    Notes
    -----
    Exactly a share of the cells is hidden, those with the largest :math:`\log w + g` for the
    chances w and Gumbel noise g, which is drawing one after the other without replacement. Where
    much is hidden, shares differ by less than the chances.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import hide_cells
    >>> gaps = hide_cells(np.arange(12.0).reshape(4, 3), 0.25, random_state=0)
    >>> int(np.isnan(gaps).sum())
    3
    """
    share = check_real(share, "share", minimum=0, maximum=1, open_minimum=True, open_maximum=True)
    check_choice(how, "how", _CHANCES)
    check_bool(empty_rows, "empty_rows")
    rng = check_random_state(random_state)
    _, (numbers,) = as_numbers(X, pool=False, gaps=True, called=("X",))
    there = ~np.isnan(numbers)
    n_hidden = round(share * int(there.sum()))
    if not n_hidden:
        raise ValueError(
            f"share={share:g} of {there.sum()} cells is none: there is nothing to hide"
        )
    keys = np.log(_CHANCES[how](numbers, rng)) + rng.gumbel(size=numbers.shape)
    keys[~there] = np.inf
    kept = ~there
    kept[keys.argmin(axis=0), np.arange(keys.shape[1])] = True
    if not empty_rows:
        kept[np.arange(len(keys)), keys.argmin(axis=1)] = True
    if n_hidden > (most := int((~kept).sum())):
        raise ValueError(
            f"share={share:g} would hide {n_hidden} of {there.sum()} cells, and {most} can be: a "
            "cell of each column stays" + (", and one of each row" if not empty_rows else "")
        )
    keys[kept] = -np.inf
    hidden = np.zeros(keys.shape, dtype=bool)
    hidden.flat[np.argsort(-keys, axis=None, kind="stable")[:n_hidden]] = True
    return without_cells(X, hidden)


def _equal(numbers: np.ndarray, _: np.random.RandomState) -> np.ndarray:
    """The same chance for all cells, (n, C)."""
    return np.ones(numbers.shape)


def _by_column(numbers: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Chances (n, C) that differ between columns."""
    n_columns = numbers.shape[1]
    steps = rng.permutation(n_columns) / max(n_columns - 1, 1)
    return np.broadcast_to(1 + (_MORE - 1) * steps, numbers.shape)


def _by_value(numbers: np.ndarray, _: np.random.RandomState) -> np.ndarray:
    """Chances (n, C) that grow with the rank of the value among those of the column."""
    chances = np.ones(numbers.shape)
    for column, own in zip(numbers.T, chances.T, strict=True):
        values, where = np.unique(column, return_inverse=True)
        own += _STEEP * where / max(len(values) - 1, 1)
    return chances


_CHANCES = {"at random": _equal, "by column": _by_column, "by value": _by_value}
