"""Conditions as users give them: by the name of a column, or as a table with free cells."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from regan.data.cell_table import check_kind
from regan.data.close_names import did_you_mean
from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.conditions.asked import Asked, Conditions, between, known, missing, one_of
from regan.data.conditions.range import Range
from regan.data.conditions.values import ColumnValues, PlainValues, Values, is_missing
from regan.data.containers import Container, column_names
from regan.data.encoding import Encoding
from regan.data.frames.dataframes import column_as_pandas, columns_of_frame, is_frame
from regan.data.reader import Reader
from regan.data.row_names import RowNames
from regan.data.scaling import ColumnScaler, Scaler
from regan.data.table_scaler import TableScaler

_NAMED = 10
_ENDS = 2
_RANGE = re.compile(r".*(?:[<>]|\.\.).*|[\d.,\s]+(?:-|:|to)[\d.,\s]+", re.DOTALL)


def values_of(reader: Reader) -> list[Values]:
    """What reads the values of each column."""
    container, scaler = reader.container, reader.scaler
    if not isinstance(container, Container):
        encoder = container.encoder
        pairs = zip(encoder.columns_, encoder.dtypes_, strict=True)
        return [ColumnValues(column, dtype) for column, dtype in pairs]
    whole = container.whole is not None
    ends, listed = _of_numbers(scaler)
    each = zip(container.names, container.dtypes, ends, listed, _have_steps(scaler), strict=True)
    return [PlainValues(a, b, c, d, whole, steps) for a, b, c, d, steps in each]


def _have_steps(scaler: Scaler) -> list[bool]:
    """Whether the numbers of each column are known to be decimals, or steps."""
    if isinstance(scaler, ColumnScaler) and scaler.enabled:
        return [grid is not None for grid in scaler.grids.grids]
    return [False] * scaler.n_cells


def floating_of(reader: Reader) -> list[str]:
    """The floating dtype that the numbers of each column are written in."""
    container = reader.container
    if isinstance(container, Container):
        return list(container.dtypes)
    return [dtype.floating for dtype in container.encoder.dtypes_]


def _of_numbers(scaler: Any) -> tuple[list[Any], list[Any]]:
    """The range of each column of an array, and the only values that it has."""
    if isinstance(scaler, TableScaler):
        columns: list[Any] = scaler.encoder.columns_
        return [c.range for c in columns], [c.levels for c in columns]
    assert isinstance(scaler, ColumnScaler)
    pairs = list(zip(scaler.low.tolist(), scaler.high.tolist(), strict=True))
    return (pairs if scaler.enabled else [None] * len(pairs)), [None] * len(pairs)


def read_conditions(reader: Reader, given: Any) -> Conditions:
    """Conditions that a user gives on rows of a model, checked.

    Parameters
    ----------
    reader : Reader
        Of the model.
    given : mapping, DataFrame or array-like
        A value, several values, a `Range` or None for a missing cell, by the name of a column; or a
        table whose missing cells are free.

    Raises
    ------
    ValueError, TypeError
        For what no row of the model can fulfill.
    """
    columns = values_of(reader)
    if isinstance(given, Mapping):
        places = [_place(columns, name) for name in given]
        asked = [
            _read(columns[j], j, value) for j, value in zip(places, given.values(), strict=True)
        ]
        found = Conditions(tuple(asked))
    else:
        found = _of_table(columns, given)
    _check_rules(reader, columns, found)
    return found


def _place(columns: Sequence[Values], name: Any) -> int:
    """The position of the column that is called so. ValueError if there is none."""
    names = [column.name for column in columns]
    for j, own in enumerate(names):
        same = own is name or (type(own) is type(name) and own == name)
        if same or (isinstance(name, np.integer) and own == int(name)):
            return j
    meant = did_you_mean([name], names)
    hint = f": {meant}" if meant else "."
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    shown = ", ".join(map(repr, names[:_NAMED]))
    raise ValueError(
        f"conditions: the training data had no column {name!r}{hint} The columns are {shown}{more}"
    )


def _check_learnt(column: Values) -> None:
    """ValueError for a column of which models make nothing."""
    if not column.is_learnt and not column.takes_missing:
        column.refuse(
            "numbers the rows anew (ids='sequence'), so the model learned nothing about it",
            "leave it out of the conditions",
        )


# Mappings


def _read(column: Values, place: int, value: Any) -> Asked:
    _check_learnt(column)
    name = column.name
    if not column.is_learnt and not is_missing(value):
        column.refuse(
            "had no values in the training data, so it is missing in all generated rows",
            "leave it out of the conditions",
        )
    if isinstance(value, Range):
        return _range(column, place, value)
    if isinstance(value, tuple):
        return _tuple(column, place, value)
    if _is_several(value):
        return _set(column, place, list(value))
    if is_missing(value):
        _check_missing(column)
        return missing(place, name, f"{name!r} is missing")
    numbers = _number(column, value)
    column.check(numbers, [value])
    return known(place, name, numbers, f"{name!r} is {value!r}")


def _tuple(column: Values, place: int, value: tuple[Any, ...]) -> Asked:
    """Of a level that is a tuple. TypeError for others: a range or several values may be meant."""
    try:
        numbers = column.numbers([value])
    except (TypeError, ValueError):
        if column.holds_tuples:
            raise
        several = f"several values are a list, {list(value)!r}"
        is_pair = column.is_ordered and len(value) == _ENDS
        pair = f"a range is regan.Range({value[0]!r}, {value[1]!r}), and " if is_pair else ""
        column.refuse(f"cannot be the tuple {value!r}", pair + several, TypeError)
    return known(place, column.name, numbers, f"{column.name!r} is {value!r}")


def _number(column: Values, value: Any) -> np.ndarray:
    """The number (1,) of a value. TypeError, which tells of ranges if it may mean one."""
    try:
        return column.numbers([_plain(value)])
    except TypeError as error:
        if not column.is_ordered or not _may_be_range(value):
            raise
        raise TypeError(
            f"{error}. For a range, give regan.Range(low, high), with None for an open end"
        ) from error


def _may_be_range(value: Any) -> bool:
    """Whether something else than one value may be meant, such as ">60", "30-40" or a slice."""
    if isinstance(value, str):
        return _RANGE.fullmatch(value) is not None
    return not isinstance(value, (Real, np.generic, datetime.date, datetime.time, bytes))


def _is_several(value: Any) -> bool:
    if isinstance(value, (list, set, frozenset, range, np.ndarray)):
        return not (isinstance(value, np.ndarray) and value.ndim == 0)
    return hasattr(value, "to_list") or (hasattr(value, "tolist") and np.ndim(value) == 1)


def _plain(value: Any) -> Any:
    """A scalar of NumPy as Python's, but for times, which have more digits."""
    if isinstance(value, np.ndarray):
        value = value[()]
    is_time = isinstance(value, (np.datetime64, np.timedelta64))
    return value.item() if isinstance(value, np.generic) and not is_time else value


def _check_missing(column: Values) -> None:
    if not column.takes_missing:
        column.refuse(
            "had no missing cells in the training data, so it has none in generated rows",
            "give a value, or leave the column out of the conditions",
        )


def _set(column: Values, place: int, values: list[Any]) -> Asked:
    if not values:
        column.refuse(
            "has an empty list of values", "give at least one value, or leave the column out"
        )
    if any(isinstance(value, Range) for value in values):
        column.refuse("has a Range in a list", "give one Range, or a list of values", TypeError)
    there = [_plain(value) for value in values if not is_missing(value)]
    lost = len(there) < len(values)
    if lost and there and not column.takes_missing and len(values) == _ENDS:
        low, high = (None if is_missing(value) else value for value in values)
        column.refuse(
            "had no missing cells in the training data, and None in a list means a missing cell",
            f"for a range, give Range({low!r}, {high!r})",
        )
    if lost:
        _check_missing(column)
    if not there:
        return missing(place, column.name, f"{column.name!r} is missing")
    numbers = column.numbers(there)
    column.check(numbers, there)
    if column.is_open and len(np.unique(numbers)) + lost > 1:
        column.refuse(
            f"cannot be one of {len(values)} values: it holds continuous numbers, and a generated "
            "number never equals one of several exactly",
            "give one number, or a Range",
        )
    words = f"{column.name!r} is one of {', '.join(map(repr, values[:5]))}"
    words += f" and {len(values) - 5} more" if len(values) > 5 else ""
    if len(np.unique(numbers)) == 1 and not lost:
        return known(place, column.name, numbers[:1], words)
    return one_of(place, column.name, np.r_[numbers, [np.nan] * lost], words)


def _range(column: Values, place: int, asked: Range) -> Asked:
    if not column.is_ordered and (asked.low is not None or asked.high is not None):
        column.refuse(
            f"has no order, so {asked} cannot be a condition on it",
            f"give a list of values; it holds {column.what}",
            TypeError,
        )
    low, high = _end(column, asked.low, -np.inf), _end(column, asked.high, np.inf)
    if low > high:
        column.refuse(f"cannot be in {asked}", "its low end is above its high end")
    if column.ends is not None and (low > column.ends[1] or high < column.ends[0]):
        first, last = column.texts(np.array(column.ends))
        column.refuse(
            f"cannot be in {asked}",
            f"the training data range from {first} to {last}, and generated rows stay in there",
        )
    if column.is_whole and np.ceil(low) > np.floor(high):
        column.refuse(
            f"cannot be in {asked}", "it holds whole numbers, and this range contains none"
        )
    return between(place, column.name, low, high, f"{column.name!r} is in {asked}")


def _end(column: Values, value: Any, none: float) -> float:
    if value is None:
        return none
    if is_missing(value):
        column.refuse(
            f"has a Range with the end {value!r}", "give a value, or None for an open end"
        )
    if isinstance(value, (float, np.floating)) and np.isinf(value):
        return float(value)
    return column.end(_plain(value))


# Tables


def _of_table(columns: Sequence[Values], given: Any) -> Conditions:
    """Conditions on one row for each row of a table."""
    pairs, n, rows = (
        _cells(columns, given),
        len(given),
        RowNames.of(given) if is_frame(given) else RowNames(),
    )
    asked = []
    for place, values in pairs:
        column = columns[place]
        numbers = column_numbers(column, values)
        there = ~np.isnan(numbers)
        if not there.any():
            continue
        _check_learnt(column)
        some = np.flatnonzero(there)
        plain = column_as_pandas(values).astype(object).tolist()
        bad = ~column.usual(numbers[some])
        if bad.any():
            first = int(some[bad.argmax()])
            column.check(
                numbers[first : first + 1], plain[first : first + 1], f" in {rows.one(first)}"
            )
        asked.append(known(place, column.name, numbers, f"{column.name!r}"))
    if not n:
        raise ValueError("conditions: the table has no rows")
    return Conditions(tuple(asked), n, True)


def _cells(columns: Sequence[Values], given: Any) -> list[tuple[int, Any]]:
    """The position and the cells of each column of a table."""
    if is_frame(given):
        names = column_names(given)
        if len(set(names)) < len(names):
            raise ValueError(
                f"conditions: two columns have the same name, rename one of them: {list(names)}"
            )
        return [
            (_place(columns, name), cells)
            for name, cells in zip(names, columns_of_frame(given), strict=True)
        ]
    if isinstance(given, str) or not isinstance(given, (np.ndarray, Iterable)):
        raise TypeError(
            "conditions must be a mapping such as {'city': 'Lyon'}, or a table whose missing cells "
            f"are to be generated, got {type(given).__name__}"
        )
    from pandas import Series  # an array with missing cells is read as a table is

    if not isinstance(given, np.ndarray) and any(isinstance(row, Mapping) for row in given):
        raise TypeError(
            "conditions cannot be a list of mappings: for several rows, give a DataFrame, such as "
            "pandas.DataFrame(conditions), whose missing cells are generated"
        )
    array = np.asarray(given)
    if array.dtype.kind in "US":
        array = np.array(given, dtype=object)
    if array.ndim != 2 or array.shape[1] != len(columns):
        raise ValueError(
            f"conditions as an array must have {len(columns)} columns, as the training data have, "
            f"with NaN in the cells to generate, got the shape {array.shape}: give such an array, "
            "or a mapping such as {'city': 'Lyon'}"
        )
    return [(j, Series(part)) for j, part in enumerate(array.T)]


def column_numbers(column: Values, values: Any, *, unseen: bool = False) -> np.ndarray:
    """The numbers (n,) of a column of a table, NaN where cells are missing.

    unseen : whether levels may be new, whose code is -1.
    """
    cells = Cells(column.name, column_as_pandas(values))
    numbers = np.full(len(cells.series), np.nan)
    there, present = ~cells.missing, cells.present
    if not there.any():
        return numbers
    if isinstance(column, PlainValues):
        numbers[there] = column.numbers(present.values.tolist())
        return numbers
    assert isinstance(column, ColumnValues)
    _check_learnt(column)
    own = column.column.present
    as_levels = ColumnSettings(level=bool(own.n_levels) and own.range is None)
    check_kind(own, present, as_levels, "the training data")
    numbers[there] = own.read(present, unseen=unseen)
    return numbers


# Rules


def _check_rules(reader: Reader, columns: Sequence[Values], conditions: Conditions) -> None:
    """ValueError for known cells that break a rule between columns, or what was found in them."""
    scaler = reader.scaler
    if not isinstance(scaler, TableScaler) or not scaler.encoder.codings_:
        return
    encoder: Encoding = scaler.encoder
    fixed = conditions.fixed(len(columns))
    numbers = np.full(fixed.shape, np.nan)
    conditions.write(numbers)
    for coding in encoder.codings_:
        places = sorted(coding.reads | coding.writes)
        rows = np.flatnonzero(fixed[:, places].all(axis=1))
        if not len(rows):
            continue
        back = np.where(fixed[rows], numbers[rows], 0.0)
        own = sorted(coding.writes)
        wanted = back[:, own].copy()
        for j, coded in coding.encode(back.copy()).items():
            back[:, j] = coded
        unknown = [j for j in coding.columns if (back[:, j] == -1).any()]
        broken = np.zeros(len(rows), dtype=bool)
        for j in unknown:
            broken |= back[:, j] == -1
            back[back[:, j] == -1, j] = 0
        coding.decode(back)
        same = np.isclose(back[:, own], wanted, rtol=1e-6, atol=1e-9, equal_nan=True)
        broken |= ~same.all(axis=1)
        if broken.any():
            row = int(rows[broken.argmax()])
            shown = " and ".join(_shown(columns[j], numbers[row, j]) for j in places)
            where = f" in row {row}" if conditions.of_table else ""
            why = f"{coding.text} forbids it" if coding.rules else "no training row has both"
            raise ValueError(
                f"conditions: {shown}{where} cannot occur together ({why}): leave out one of them"
            )


def _shown(column: Values, number: float) -> str:
    """A column and the value that a number stands for."""
    value = "missing" if np.isnan(number) else column.texts(np.array([number]))[0]
    return f"{column.name!r} = {value}"
