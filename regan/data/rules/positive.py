"""Positive columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.data.rules.base import Rule, Table, check_names
from regan.validation import check_bool


class Positive(Rule):
    """Positive columns: all values that are not missing are larger than 0.

    Generated values stay in the range of the data, so they are positive if the data are. The rule
    refuses data that are not positive, in the first fit and in resumed fits.

    Parameters
    ----------
    columns : list of hashable
        Columns of numbers.
    strict : bool, default=True
        Whether 0 is refused too.

    Examples
    --------
    >>> import pandas as pd
    >>> from regan.data import Positive, TableEncoder
    >>> X = pd.DataFrame({"price": [1.5, 0.0, 2.5]})
    >>> TableEncoder(rules=[Positive(["price"])]).fit(X)
    Traceback (most recent call last):
    ...
    ValueError: rule Positive(['price']): 'price' is not positive in 1 of 3 rows (row 1)
    """

    def __init__(self, columns: Sequence[Any], *, strict: bool = True) -> None:
        self.columns = columns
        self.strict = strict

    @property
    def names(self) -> list[Any]:
        return list(self.columns)

    def check(self) -> None:
        check_names(self.columns, 1)
        check_bool(self.strict, "strict")

    def broken(self, table: Table, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        broken, words = np.zeros(len(numbers), dtype=bool), ""
        for name in self.names:
            j = table.place(name)
            (scale,) = table.scales([j])
            if not scale.is_sum:
                raise TypeError(f"column {name!r} holds {scale.quantity}, not numbers")
            own = scale.meanings(numbers[:, j])
            wrong = (own <= 0) if self.strict else (own < 0)
            if wrong.any() and not broken.any():
                words = f"{name!r} is {'not positive' if self.strict else 'negative'}"
            broken |= wrong
        return broken, words
