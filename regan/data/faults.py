"""Faults of columns: all that is wrong with a table, column by column, in one error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regan.data.row_names import BY_POSITION, RowNames
from regan.validation import shown

_IN_FULL = 5
_NAMED = 40
_IMPUTE = "impute or drop such rows"
_FIT = "fit on a table in which the column has missing cells"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a column.

    Attributes
    ----------
    name : hashable
        Of the column.
    what, advice : str
        What is wrong, behind the name, and what helps, which other columns may share.
    cells : bool array of shape (n,) or None
        Of cells that are wrong: which.
    is_whole : bool
        Whether `what` is a sentence, and not the rest of one that the name begins.
    of_table : bool
        Whether `what` may be said of the table, with the columns behind it.
    kind : str
        What the advice is about, for those who know another: see `regan.cli.advice`.
    beside : (str, bool array) or None
        Other cells, which these contradict, and where they are.
    rows : RowNames
    """

    name: Any
    what: str
    advice: str = ""
    cells: np.ndarray | None = None
    is_whole: bool = False
    of_table: bool = False
    kind: str = ""
    beside: tuple[str, np.ndarray] | None = None
    rows: RowNames = BY_POSITION

    @property
    def text(self) -> str:
        """All of it, behind the name."""
        return self.found + (f": {self.advice}" if self.advice else "")

    @property
    def found(self) -> str:
        """What is wrong, and in which rows."""
        words = self.what + ("" if self.cells is None else f" in {self.rows.some(self.cells)}")
        if self.beside is None:
            return words
        other, cells = self.beside
        return f"{words}, and {other} in {self.rows.one(int(cells.argmax()))}"

    def placed(self, rows: RowNames, within: np.ndarray | None) -> Fault:
        """The same with names of rows, for cells that may be those of a mask (n,) alone."""
        beside = self.beside and (self.beside[0], _spread(self.beside[1], within))
        return replace(self, cells=_spread(self.cells, within), beside=beside, rows=rows)


def _spread(cells: Any, within: np.ndarray | None) -> Any:
    """A mask of the cells that `within` (n,) is true for, as one of all."""
    if cells is None or within is None or len(cells) != within.sum():
        return cells
    spread = np.zeros(len(within), dtype=bool)
    spread[within] = cells
    return spread


class ColumnsError(ValueError, TypeError):
    """Error for columns of a table that cannot be used, with a reason for each column.

    It is both a ValueError and a TypeError, because it may refuse some columns for their types and
    others for their values.

    Attributes
    ----------
    columns : dict of name to str
        Why each column is refused. ``X.drop(columns=error.columns)`` is a table without these
        columns.
    """

    __module__ = "regan.data"  # where users find it

    def __init__(self, message: str, faults: Sequence[Fault] = (), table: str = "X") -> None:
        super().__init__(message)
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.table = table

    @property
    def columns(self) -> dict[Any, str]:
        reasons: dict[Any, str] = {}
        for fault in self.faults:
            before = f"{reasons[fault.name]}; " if fault.name in reasons else ""
            reasons[fault.name] = before + fault.text
        return reasons


class ColumnWarning(UserWarning):
    """What is likely to be wrong with a column.

    Attributes
    ----------
    fault : Fault
    """

    def __init__(self, fault: Fault) -> None:
        super().__init__(shown(f"column {fault.name!r} {fault.text}", lines=True))
        self.fault = fault

    def __reduce__(self) -> tuple[type[ColumnWarning], tuple[Fault]]:
        return type(self), (self.fault,)


@contextmanager
def about(table: str) -> Iterator[None]:
    """A context whose errors about columns call the table so."""
    try:
        yield
    except ColumnsError as error:
        raise ColumnsError(in_message(error.faults, table), error.faults, table) from None


def refused(
    name: Any,
    what: str,
    advice: str = "",
    cells: np.ndarray | None = None,
    *,
    kind: str = "",
    beside: tuple[str, np.ndarray] | None = None,
) -> ColumnsError:
    """The error that refuses one column; the arguments are those of `Fault`."""
    fault = Fault(name, what, advice, cells, kind=kind, beside=beside)
    return ColumnsError(f"column {name!r} {fault.text}", [fault])


class Faults:
    """Collects what is wrong with the columns of a table, to refuse all of them at once.

    Parameters
    ----------
    table : str
        The table in words.
    rows : RowNames
        What its rows are called.
    """

    def __init__(self, table: str = "X", rows: RowNames = BY_POSITION) -> None:
        self._table = table
        self._rows = rows
        self._found: list[Fault] = []

    def __len__(self) -> int:
        return len(self._found)

    @contextmanager
    def of(self, name: Any, present: np.ndarray | None = None) -> Iterator[None]:
        """Note what is raised inside about the column `name`, a ValueError or TypeError.

        present : the mask (n,) of cells that are not missing, if an error may be about them alone.
        """
        try:
            yield
        except ColumnsError as error:
            self._found += [fault.placed(self._rows, present) for fault in error.faults]
        except (ValueError, TypeError) as error:
            text = str(error).removeprefix(f"column {name!r} ")
            what, mark, advice = text.rpartition(": ")
            parts = (what, advice) if mark else (text, "")
            self._found.append(Fault(name, *parts, is_whole=text == str(error)))

    def cells(self, what: str, names: Sequence[Any], bad: np.ndarray) -> None:
        """Note the columns where `bad` (n, D) is true anywhere: those cells are `what`."""
        self._add(f"contains {what}", names, bad, _IMPUTE, what)

    def missing(self, name: Any, rows: np.ndarray) -> None:
        """Note the column `name` if cells are missing that were not in the training data."""
        self._add("contains NaN", (name,), rows[:, None], f"{_IMPUTE}, or {_FIT}", "NaN")

    def without_encoder(self, names: Sequence[Any], bad: np.ndarray, *, is_first: bool) -> None:
        """Note missing cells, where `bad` (n, D) is true, of numbers that no encoder reads.

        is_first : whether they are to be learned, and not beside a model that is there.
        """
        ask = "give standardize=TableEncoder() (regan.data.TableEncoder), which learns which cells"
        advice = f"{ask} are missing" if is_first else f"{_FIT}, with standardize=TableEncoder()"
        self._add("contains NaN", names, bad, f"{_IMPUTE}, or {advice}", "NaN")

    def of_array(self, names: Sequence[Any], bad: np.ndarray) -> None:
        """Note missing cells, where `bad` (n, D) is true, of an array to compare with others."""
        advice = f"{_IMPUTE}, or give all tables as DataFrames, whose missing cells are compared"
        self._add("contains NaN", names, bad, advice, "NaN")

    def large(self, names: Sequence[Any], bad: np.ndarray, limit: float) -> None:
        """Note the columns where `bad` (n, D) is true anywhere: such values exceed `limit`."""
        advice = f"the largest allowed is {limit:.3g}. Rescale the column"
        self._add("holds values whose squares overflow the dtype", names, bad, advice)

    def _add(
        self, what: str, names: Sequence[Any], bad: np.ndarray, advice: str, kind: str = ""
    ) -> None:
        self._found += [
            Fault(name, what, advice, cells, of_table=True, kind=kind, rows=self._rows)
            for name, cells in zip(names, bad.T, strict=True)
            if cells.any()
        ]

    def refuse(self) -> None:
        """Raise a ColumnsError if anything was noted."""
        if self._found:
            message = in_message(self._found, self._table)
            raise ColumnsError(message, self._found, self._table) from None


def in_message(
    faults: Sequence[Fault], table: str, rest: str = " (`columns` of this error lists all)"
) -> str:
    """All that is wrong with a table, in one message; rest : where columns are that are too many
    for it.
    """
    first, *others = faults
    cells = [fault.cells for fault in faults if fault.cells is not None]
    if first.of_table and all(fault.what == first.what for fault in faults):
        where = first.rows.some(np.any(cells, axis=0))
        named = in_words([fault.name for fault in faults])
        advice = f": {first.advice}" if first.advice else ""
        return f"{table} {first.what} in {named}, in {where}{advice}"
    if not others:
        whose = "" if table == "X" else f"{table}: "
        return whose + (first.text if first.is_whole else f"column {first.name!r} {first.text}")
    by_advice: dict[str, list[Fault]] = {}
    for fault in faults:
        by_advice.setdefault(fault.advice, []).append(fault)
    n_columns = len({repr(fault.name) for fault in faults})
    some = "a column" if n_columns == 1 else f"{n_columns} columns"
    lines = [_line(advice, each, rest) for advice, each in by_advice.items()]
    return "\n".join([f"{table} has {some} that cannot be used", *lines])


def _line(advice: str, faults: Sequence[Fault], rest: str) -> str:
    """What is wrong with all columns that the same would help."""
    texts = [fault.found for fault in faults]
    if len(set(texts)) == 1 and len(faults) > 1:
        words = f"columns {_names(faults, rest)}: each {texts[0]}"
    else:
        pairs = zip(faults[:_IN_FULL], texts, strict=False)
        words = "; ".join(f"column {f.name!r}{':' * f.is_whole} {text}" for f, text in pairs)
        if others := faults[_IN_FULL:]:
            words += f"; likewise {_names(others, rest)}"
    return f"- {words}" + (f": {advice}" if advice else "")


def _names(faults: Sequence[Fault], rest: str) -> str:
    names = list(dict.fromkeys(repr(fault.name) for fault in faults))
    more = f" and {len(names) - _NAMED} more{rest}"
    return ", ".join(names[:_NAMED]) + (more if len(names) > _NAMED else "")


def in_words(names: Sequence[Any]) -> str:
    """Some columns, by their names."""
    more = f" and {len(names) - _IN_FULL} more" if len(names) > _IN_FULL else ""
    shown = ", ".join(map(repr, names[:_IN_FULL]))
    return f"column{'s' if len(names) > 1 else ''} {shown}{more}"
