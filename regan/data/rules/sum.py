"""Sums: columns that add up to another one, or to a constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.data.rules.base import Rule, Table, check_names
from regan.data.rules.total import Total
from regan.validation import check_real

_TOLERANCES = {"float64": 1e-9, "float32": 1e-5, "float16": 1e-2}


class Sum(Rule):
    """Sum of columns: the parts of every row sum to its total.

    The sum is exact up to the precision of floating-point numbers: a billionth of all summands for
    float64. regan computes the total, so the model does not learn it. If the total would leave its
    range in the data, regan changes the parts. If the sum is a constant, regan scales the parts.
    Rows in which one of the cells is missing need not obey the rule.

    Parameters
    ----------
    parts : list of hashable
        Two or more columns of numbers.
    total : hashable, default=None
        The column with the sum of the parts.
    constant : float, default=None
        The sum of the parts if no column holds it, such as 1 or 100 for shares.

    Examples
    --------
    >>> import pandas as pd
    >>> from regan.data import Sum, TableEncoder
    >>> X = pd.DataFrame({"net": [80.0, 50.0], "tax": [20.0, 9.5], "gross": [100.0, 59.5]})
    >>> encoder = TableEncoder(rules=[Sum(["net", "tax"], "gross")]).fit(X)
    >>> encoder.get_feature_names_out()
    array(['net', 'tax'], dtype=object)
    >>> encoder.inverse_transform([[-1.0, 1.0]])
        net   tax  gross
    0  50.0  20.0   70.0
    """

    def __init__(
        self, parts: Sequence[Any], total: Any = None, *, constant: float | None = None
    ) -> None:
        self.parts = parts
        self.total = total
        self.constant = constant

    @property
    def names(self) -> list[Any]:
        return [*self.parts, *([self.total] if self.constant is None else [])]

    @property
    def summed(self) -> list[Any]:
        return self.names

    def check(self) -> None:
        check_names(self.parts, 2, "parts")
        if (self.total is None) == (self.constant is None):
            raise ValueError("give either total, a column, or constant, a number")
        if self.constant is not None:
            check_real(self.constant, "constant")

    def coding(self, table: Table) -> Total:
        places = tuple(table.place(name) for name in self.names)
        scales = table.scales(places, summed=True)
        if self.constant is None:
            return Total(table, (self,), places[:-1], places[-1])
        if scales[0].quantity != "numbers":
            raise TypeError(f"{scales[0].quantity} have no constant sum: give a column as total")
        return Total(table, (self,), places, None, float(self.constant))

    def broken(self, table: Table, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        places = [table.place(name) for name in self.names]
        scales = table.scales(places, summed=True)
        meant = [scale.meanings(numbers[:, j]) for j, scale in zip(places, scales, strict=True)]
        if self.constant is not None:
            meant.append(np.full(len(numbers), float(self.constant)))
        *parts, total = meant
        tolerance = max(_TOLERANCES[scale.dtype] for scale in scales)
        off = np.abs(np.sum(parts, axis=0) - total)
        what = f"column {self.total!r}" if self.constant is None else f"{self.constant:g}"
        names = ", ".join(map(repr, self.parts))
        return off > tolerance * np.sum(np.abs(meant), axis=0), f"{names} do not add up to {what}"
