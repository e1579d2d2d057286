"""Errors and warnings about columns in terms of the command line: files, lines, its own options."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from regan.data.faults import ColumnsError, ColumnWarning, Fault, in_message
from regan.data.row_names import BY_POSITION, RowNames

_DROPPED = 40
_ORDER = {"the second sample": 1, "the third sample": 2, "holdout": 1}
_SCHEMA = "set the kind of the column in a --schema"
_ROWS = "leave out these rows"
_ADVICE = {
    "NaN": f"{_ROWS}, or fit the model to a table in which the column has missing cells",
    "inf": _ROWS,
    "identifiers": (
        "a model would learn these values and reproduce them in samples. --ids sequence numbers "
        "the rows of samples anew, and --ids keep learns the column like any other"
    ),
    "numbers as text": (
        "remove currency signs and separators, or set the kind of the column in a --schema"
    ),
    "dates as text": (
        "write all dates in one form, such as 2026-01-31, or set the kind of the column and the "
        "format of its dates in a --schema"
    ),
    "many levels": (
        "--pool other learns the most frequent levels, and combines all others into one level"
    ),
    "levels that are no texts": f"leave --pool out, or {_SCHEMA}",
    "a category to pool": "give --pool the name of one of its categories",
    "another kind": f"{_SCHEMA}, as for the file that the model was fitted to",
    "objects": _SCHEMA,
    "mixed": _SCHEMA,
}
"""What helps here, by the kind of a fault; others say themselves what helps."""

_OF_FIT = ("identifiers", "many levels", "levels that are no texts", "a category to pool")
"""Those that options of ``regan fit`` alone help with."""


@dataclass(frozen=True)
class Source:
    """The file of a table.

    Attributes
    ----------
    path : Path
    rows : RowNames
    names : sequence of str or None
        Of columns that a model knows by position.
    of_fit : bool
        Whether the command has the options of ``regan fit``.
    """

    path: Path
    rows: RowNames = BY_POSITION
    names: Sequence[str] | None = None
    of_fit: bool = True

    def told(self, fault: Fault) -> Fault:
        """A fault of this file."""
        name = fault.name
        if self.names is not None and isinstance(name, int) and name < len(self.names):
            name = self.names[name]
        advice = _ADVICE.get(fault.kind, fault.advice)
        advice = "" if fault.kind in _OF_FIT and not self.of_fit else advice
        rows = self.rows if fault.rows.numbers is None else fault.rows
        return replace(fault, name=name, advice=advice, rows=rows)


@contextmanager
def in_terms_of(*sources: Source, drop: bool = True) -> Iterator[None]:
    """Errors about columns name files, and say which options help.

    sources : the files of the tables, in their order; drop : whether columns may be left out.
    """
    try:
        yield
    except ColumnsError as error:
        source = sources[_ORDER.get(error.table, 0)]
        faults = [source.told(fault) for fault in error.faults]
        message = in_message(faults, str(source.path), rest="")
        raise ValueError(message + (f"\n{_left_out(faults)}" if drop else "")) from error


def _left_out(faults: Sequence[Fault]) -> str:
    names = list(dict.fromkeys(str(fault.name) for fault in faults))
    options = " ".join(f"--drop {shlex.quote(name)}" for name in names[:_DROPPED])
    more = " and so on" if len(names) > _DROPPED else ""
    them = "it" if len(names) == 1 else "them"
    return f"{options}{more} leaves {them} out, and a --schema sets how to read {them}"


def warned(message: Any) -> str:
    """A warning in terms of the command line."""
    if not isinstance(message, ColumnWarning):
        return str(message)
    fault = message.fault
    told = replace(fault, advice=_ADVICE.get(fault.kind, fault.advice))
    return f"column {fault.name!r} {told.text}"
