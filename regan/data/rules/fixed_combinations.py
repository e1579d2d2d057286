"""Fixed combinations: values of several columns that occur together in the data, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.data.rules.base import Rule, Table, check_names
from regan.data.rules.joint import Joint


class FixedCombinations(Rule):
    """Fixed combinations: generated rows have only combinations of values from the data.

    For columns that belong together, such as city and country, or code and name. The model learns
    them as one column whose levels are the combinations. A missing cell counts as a value.

    Parameters
    ----------
    columns : list of hashable
        Two or more columns, of any kind, with at most `max_levels` combinations in the data.

    Examples
    --------
    >>> import pandas as pd
    >>> from regan.data import FixedCombinations, TableEncoder
    >>> X = pd.DataFrame({"city": ["Rome", "Bonn", "Rome"], "country": ["it", "de", "it"]})
    >>> encoder = TableEncoder(rules=[FixedCombinations(["city", "country"])]).fit(X)
    >>> encoder.get_feature_names_out()
    array(['city, country_Bonn, de', 'city, country_Rome, it'], dtype=object)
    >>> encoder.inverse_transform([[0.2, 0.7]])
       city country
    0  Rome      it
    """

    def __init__(self, columns: Sequence[Any]) -> None:
        self.columns = columns

    @property
    def names(self) -> list[Any]:
        return list(self.columns)

    def check(self) -> None:
        check_names(self.columns, 2)

    def coding(self, table: Table) -> Joint:
        places = tuple(table.place(name) for name in self.names)
        for j in places:
            column = table.columns[j]
            if not column.n_numbers + column.n_levels:
                raise TypeError(
                    f"column {column.name!r} holds {column.holds}, which the model does not learn"
                )
        return Joint(table, (self,), places)

    def broken(self, table: Table, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        return np.zeros(len(numbers), dtype=bool), ""
