"""Columns that a host calls categorical, whatever they are stored as."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from sklearn.base import clone

from regan.data import TableEncoder


def with_levels(standardize: Any, frame: pd.DataFrame, categorical: Iterable[Any]) -> Any:
    """The setting `standardize`, or an encoder that takes `categorical` numbers for levels as well.

    Strings, booleans and categories are levels already.
    """
    known = list(getattr(standardize, "categorical", None) or ())
    more = [k for k in categorical if k in frame and k not in known and _is_number(frame[k])]
    if not more:
        return standardize
    given = isinstance(standardize, TableEncoder)
    encoder = clone(standardize) if given else TableEncoder()
    return encoder.set_params(categorical=known + more)


def _is_number(column: pd.Series) -> bool:
    return bool(is_numeric_dtype(column) and not is_bool_dtype(column))
