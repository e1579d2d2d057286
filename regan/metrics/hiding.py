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
    r"""Hide a share of the cells of a table (MCAR or MNAR), to test imputation.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n, C)
        Cells that are already missing stay missing, and do not count.
    share : float in (0, 1), default=0.2
        The share of all cells to hide.
    how : {"at random", "by column", "by value"}, default="at random"
        "at random" hides all cells with the same probability (MCAR). "by column" hides more cells
        in some columns than in others: with the columns in random order, the probability grows in
        equal steps to 8 times the first. "by value" hides large values more often (MNAR): from the
        smallest to the largest value of a column, the probability grows in equal steps to 4 times
        the first. Levels count in their order.
    empty_rows : bool, default=False
        Whether a row may lose all of its cells. A column always keeps at least one.
    random_state : int, RandomState or None, default=None

    Returns
    -------
    array or DataFrame of shape (n, C)
        A copy. An array becomes floating-point, with NaN in the hidden cells; integers and booleans
        of pandas become nullable.

    Notes
    -----
    Exactly the share of cells is hidden, those with the largest :math:`\log w + g` for the
    probabilities w and Gumbel noise g. This is the same as drawing cells one after the other
    without replacement. If many cells are hidden, the shares of columns or values differ by less
    than the probabilities.

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
        raise ValueError(f"share={share:g} of {there.sum()} cells is none: give a larger share")
    keys = np.log(_CHANCES[how](numbers, rng)) + rng.gumbel(size=numbers.shape)
    keys[~there] = np.inf
    kept = ~there
    kept[keys.argmin(axis=0), np.arange(keys.shape[1])] = True
    if not empty_rows:
        kept[np.arange(len(keys)), keys.argmin(axis=1)] = True
    if n_hidden > (most := int((~kept).sum())):
        raise ValueError(
            f"share={share:g} would hide {n_hidden} of {there.sum()} cells, and at most {most} can "
            "be hidden: each column keeps a cell" + ("" if empty_rows else ", and so does each row")
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
