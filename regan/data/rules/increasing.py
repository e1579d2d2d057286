"""Increasing columns: from one to the next, none is below those before it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from regan.data.rules.base import Rule, Table, check_names, out_of_order
from regan.validation import check_bool


class Increasing(Rule):
    """Increasing columns: no cell is smaller than the cell of the column before it.

    The model learns the first column and the differences between successive columns. A missing
    cell is skipped: the rule compares the cells before and after it.

    Parameters
    ----------
    columns : list of hashable
        Two or more columns, of the types that `regan.data.Inequality` accepts.
    strict : bool, default=False
        Whether each column is above all columns before it.

    Examples
    --------
    >>> import pandas as pd
    >>> from regan.data import Increasing, TableEncoder
    >>> X = pd.DataFrame({"q1": [1, 2, 4], "q2": [3, 2, 9], "q3": [7, 8, 9]})
    >>> encoder = TableEncoder(rules=[Increasing(["q1", "q2", "q3"])]).fit(X)
    >>> encoder.inverse_transform([[-1.0, -9.0, 0.5], [9.0, 9.0, 9.0]])
       q1  q2  q3
    0   1   2   7
    1   4   9   9
    """

    def __init__(self, columns: Sequence[Any], *, strict: bool = False) -> None:
        self.columns = columns
        self.strict = strict

    @property
    def names(self) -> list[Any]:
        return list(self.columns)

    def check(self) -> None:
        check_names(self.columns, 2)
        check_bool(self.strict, "strict")

    def bounds(self, table: Table) -> list[tuple[int, int, bool]]:
        places = [table.place(name) for name in self.names]
        table.scales(places)
        return [(low, high, bool(self.strict)) for low, high in combinations(places, 2)]

    def broken(self, table: Table, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        return out_of_order(table, numbers, self.names, bool(self.strict))
