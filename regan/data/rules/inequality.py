"""Inequality: one column is never below another."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.data.rules.base import Rule, Table, out_of_order
from regan.validation import check_bool


class Inequality(Rule):
    r"""Inequality between two columns: low :math:`\le` high in every row.

    The model learns the difference instead of the column `high`. Rows in which one of the two
    cells is missing need not obey the rule.

    Parameters
    ----------
    low, high : hashable
        The two columns. Both hold numbers, booleans, times of one kind (such as dates and
        timestamps without a time zone), or the same ordered categories.
    strict : bool, default=False
        Whether low < high.

    Examples
    --------
    >>> import pandas as pd
    >>> from regan.data import Inequality, TableEncoder
    >>> X = pd.DataFrame({"start": [2.0, 5.0, 3.5], "end": [2.5, 7.5, 3.5]})
    >>> encoder = TableEncoder("standard", rules=[Inequality("start", "end")]).fit(X)
    >>> encoder.get_feature_names_out()
    array(['start', 'end - start'], dtype=object)
    >>> encoder.inverse_transform([[0.3, -9.0]])
       start  end
    0    3.9  3.9
    """

    def __init__(self, low: Any, high: Any, *, strict: bool = False) -> None:
        self.low = low
        self.high = high
        self.strict = strict

    @property
    def names(self) -> list[Any]:
        return [self.low, self.high]

    def check(self) -> None:
        check_bool(self.strict, "strict")
        if self.low == self.high:
            raise ValueError(f"low and high are the same column, {self.low!r}")

    def bounds(self, table: Table) -> list[tuple[int, int, bool]]:
        low, high = map(table.place, self.names)
        table.scales([low, high])
        return [(low, high, bool(self.strict))]

    def broken(self, table: Table, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        return out_of_order(table, numbers, self.names, bool(self.strict))
