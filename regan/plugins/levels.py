"""Columns that a host calls categorical, whatever they are stored as."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype
from sklearn.base import clone

from regan.tables import TableEncoder


def with_levels(
    encoder: TableEncoder | None, frame: pd.DataFrame, categorical: Iterable[Any]
) -> TableEncoder | None:
    """`encoder`, or a copy that takes the `categorical` columns of numbers for levels as well.

    Strings, booleans and categories are levels already.
    """
    known = list(getattr(encoder, "categorical", None) or ())
    more = [k for k in categorical if k in frame and k not in known and _is_number(frame[k])]
    if not more:
        return encoder
    copy: TableEncoder = TableEncoder() if encoder is None else clone(encoder)
    copy.set_params(categorical=known + more)
    return copy


def _is_number(column: pd.Series) -> bool:
    return bool(is_numeric_dtype(column) and not is_bool_dtype(column))
