"""Columns that a host calls categorical, whatever they are stored as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype


@dataclass(frozen=True)
class Levels:
    """Numeric columns whose values are levels: pandas categories for the model, numbers outside.

    Columns of strings, booleans and categories need none of it.

    Attributes
    ----------
    dtypes : dict of column name to str
        The dtype that each such column comes back in.
    """

    dtypes: dict[Any, str]

    @classmethod
    def of(cls, frame: pd.DataFrame, categorical: Iterable[Any]) -> Self:
        """For the columns of `frame` that are `categorical` and stored as numbers."""
        found = {name: frame[name].dtype for name in categorical if name in frame}
        return cls({k: str(v) for k, v in found.items() if is_numeric_dtype(v) and not _bool(v)})

    def forward(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`frame` with categories in these columns."""
        return frame.astype(dict.fromkeys(self.dtypes, "category"))

    def inverse(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`frame` with the numbers that the categories stand for."""
        return frame.astype(self.dtypes)


def _bool(dtype: Any) -> bool:
    return bool(is_bool_dtype(dtype))
