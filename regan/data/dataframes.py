"""The columns of a pandas DataFrame: what each holds, and how to give it back as it came."""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Hashable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from regan.data.columns import objects
from regan.data.containers import frame_kind, refuse_cells, refuse_large

_LARGEST_INTEGER = 2**48  # scaling and its inverse round to whole numbers up to here
_LARGEST_FLOAT = float(np.sqrt(np.finfo(np.float64).max))
_TIMES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


@dataclass(frozen=True)
class Dtype:
    """The dtype of a column in words that a model file can hold.

    Attributes
    ----------
    word : str
        What pandas calls it.
    categories : list or None
        Of a categorical dtype: all of them, in order.
    inner : str or None
        The dtype of the categories.
    ordered : bool
    """

    word: str
    categories: list[Any] | None = None
    inner: str | None = None
    ordered: bool = False

    @classmethod
    def of(cls, name: Any, series: Any) -> Dtype:
        """Of a column. TypeError if its dtype could not be made again from words."""
        pd, dtype = _pandas(), series.dtype
        if isinstance(dtype, pd.CategoricalDtype):
            inner = cls.of(name, dtype.categories)
            found = cls("category", dtype.categories.tolist(), inner.word, bool(dtype.ordered))
        elif isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
            found = cls(f"string[{dtype.storage}]")
        else:
            found = cls(str(dtype))
        try:
            same = found.make() == dtype
        except (TypeError, ValueError, NotImplementedError):
            same = False
        if not same:
            raise TypeError(
                f"column {name!r} has the dtype {dtype}, which generated rows could not be given: "
                "convert it to a plain one, such as category or float64"
            )
        return found

    def make(self) -> Any:
        """The dtype of pandas."""
        pd = _pandas()
        if self.categories is None:
            return pd.api.types.pandas_dtype(self.word)
        index = pd.Index(objects(self.categories), dtype=self.inner)
        return pd.CategoricalDtype(index, self.ordered)

    def series(self, values: np.ndarray) -> Any:
        """A column with these `values` (n,) and this dtype."""
        pd, dtype = _pandas(), self.make()
        if isinstance(dtype, pd.CategoricalDtype):
            return pd.Series(pd.Categorical(values, dtype=dtype))
        if self.word == "object":
            return pd.Series(objects(values.tolist()), dtype=object)
        return pd.Series(values).astype(dtype)


@dataclass(frozen=True)
class Content:
    """What a column holds.

    Attributes
    ----------
    kind : {"number", "integer", "level"}
    values : array of shape (n,)
        In float64, or objects for levels.
    order : list or None
        The levels in the order that the dtype gives them.
    """

    kind: str
    values: np.ndarray
    order: list[Any] | None = None


def is_frame(X: Any) -> bool:
    """Whether `X` is a DataFrame of pandas."""
    return frame_kind(X) == "pandas"


def is_mixed(X: Any) -> bool:
    """Whether `X` is a DataFrame with a column that is not of NumPy's floating dtypes."""
    return is_frame(X) and not all(
        isinstance(dtype, np.dtype) and dtype.kind == "f" for dtype in X.dtypes
    )


def content(name: Any, series: Any, *, level: bool) -> Content:
    """What the column `series` holds; `level` takes its values as levels whatever they are.

    Raises TypeError or ValueError, naming the column, for what no model can take yet: dates,
    complex numbers, integers that float64 cannot tell apart, objects that cannot be compared.
    """
    pd, dtype = _pandas(), series.dtype
    kinds = pd.api.types
    if _is_time(dtype):
        raise _time(name, dtype)
    if isinstance(dtype, pd.CategoricalDtype):
        if _is_time(dtype.categories.dtype):
            raise _time(name, dtype.categories.dtype)
        seen = set(series.cat.codes.tolist())
        order = [v for i, v in enumerate(dtype.categories.tolist()) if i in seen]
        return Content("level", objects(series.astype(object).tolist()), order)
    if kinds.is_complex_dtype(dtype):
        raise ValueError(f"Complex data not supported: column {name!r} holds {dtype}: split it")
    if not level and not kinds.is_bool_dtype(dtype):
        if kinds.is_integer_dtype(dtype):
            return Content("integer", _integers(name, series.to_numpy()))
        if kinds.is_float_dtype(dtype):
            return Content("number", _floats(name, series.to_numpy(dtype=np.float64)))
    values = objects(series.astype(object).tolist())
    return _of_objects(name, values, level=level)


def _of_objects(name: Any, values: np.ndarray, *, level: bool) -> Content:
    """What a column of Python's objects holds."""
    types = {type(value) for value in values}
    for kind in types:
        if issubclass(kind, _TIMES) or kind.__module__.startswith("pandas._libs.tslibs"):
            raise _time(name, kind.__name__)
        if not issubclass(kind, Hashable) or kind.__name__ in ("Decimal", "Fraction"):
            raise TypeError(
                f"column {name!r} holds objects of the type {kind.__name__}: convert them to "
                "numbers or strings, or drop the column"
            )
    real = all(issubclass(kind, numbers.Real) and not _is_bool(kind) for kind in types)
    if level or not real:
        values = objects([v.item() if isinstance(v, np.generic) else v for v in values])
        _check_differ(name, values)
        return Content("level", values)
    if all(issubclass(kind, numbers.Integral) for kind in types):
        return Content("integer", _integers(name, values))
    try:
        floats = values.astype(np.float64)
    except OverflowError as error:
        raise ValueError(f"column {name!r} holds numbers too large for float64") from error
    return Content("number", _floats(name, floats))


def _check_differ(name: Any, values: np.ndarray) -> None:
    """TypeError for values that are equal, such as 1 and True, and of different types."""
    first: dict[Any, Any] = {}
    for value in values:
        known = first.setdefault(value, value)
        if type(known) is not type(value):
            raise TypeError(
                f"column {name!r} holds {known!r} and {value!r}, which are equal and of different "
                "types: convert all to one"
            )


def levels_of(found: Content) -> list[Any]:
    """The levels of a column: in the order of its dtype, else sorted, else as they appear."""
    if found.order is not None:
        return found.order
    levels = list(dict.fromkeys(found.values.tolist()))
    try:
        return sorted(levels)
    except TypeError:
        return levels


def _integers(name: Any, values: np.ndarray) -> np.ndarray:
    if len(values) and max(abs(int(values.min())), abs(int(values.max()))) > _LARGEST_INTEGER:
        raise ValueError(
            f"column {name!r} holds integers beyond 2**48, which scaling in float64 cannot keep "
            "apart: drop identifiers, and convert other numbers to float64"
        )
    return values.astype(np.float64)


def _floats(name: Any, values: np.ndarray) -> np.ndarray:
    refuse_cells("inf", (name,), np.isinf(values)[:, None])
    refuse_large((name,), np.abs(values)[:, None] > _LARGEST_FLOAT, _LARGEST_FLOAT)
    return values


def _is_bool(kind: type) -> bool:
    return issubclass(kind, (bool, np.bool_))


def _is_time(dtype: Any) -> bool:
    words = str(dtype).lower()
    return getattr(dtype, "kind", "O") in "mM" or words.startswith(("period", "date", "time"))


def _time(name: Any, what: Any) -> TypeError:
    return TypeError(
        f"column {name!r} holds dates or times ({what}), which no model takes yet: convert it to "
        "numbers, such as days since a date, or drop it"
    )


def _pandas() -> Any:
    return import_module("pandas")
