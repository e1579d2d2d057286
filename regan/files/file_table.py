"""A table that was read from a file: its columns, and what the file says of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.identifiers import tell_identifiers
from regan.data.frames.dataframes import column_as_pandas, columns_of_frame
from regan.data.row_names import BY_POSITION, RowNames
from regan.data.rules import Rule
from regan.data.rules.base import renamed
from regan.files.kinds import FORMATTED, NUMBERS, Kind
from regan.files.row_numbers import numbers_rows
from regan.files.sources import Form
from regan.files.typed import kind_of_dtype


@dataclass(frozen=True)
class FileTable:
    """A table that was read.

    Attributes
    ----------
    path : Path
    frame : DataFrame of pandas
        Columns of a file without a header are called 0, 1, ...
    kinds : dict of str to Kind
        Of each column, by what the file calls it.
    left_out : tuple of str
        Columns that were not read, besides an index.
    rows : RowNames
        The lines of text.
    has_header : bool
    form : Form or None
        Of text.
    rules : tuple of Rule
        Between columns of the frame, which a schema has.
    """

    path: Path
    frame: Any
    kinds: dict[str, Kind]
    has_header: bool = True
    form: Form | None = None
    left_out: tuple[str, ...] = ()
    rows: RowNames = BY_POSITION
    rules: tuple[Rule, ...] = ()

    @property
    def identifiers(self) -> list[str]:
        """The columns that a schema says so of."""
        return [name for name, kind in self.kinds.items() if kind.kind == "identifier"]

    @property
    def encoder_settings(self) -> dict[str, Any]:
        """What a `TableEncoder` has to know of the columns of the frame."""
        called = dict(zip(self.kinds, self.frame.columns, strict=True))
        settings = {
            "ids": {called[name]: "sequence" for name in self.identifiers},
            "categorical": [called[name] for name in self.levels],
            "rules": [renamed(rule, called) for rule in self.rules],
        }
        return {name: value for name, value in settings.items() if value}

    @property
    def recognised(self) -> dict[str, Kind]:
        """The kinds with what the values tell beside: which levels and integers identify rows."""
        parts = zip(self.kinds.items(), columns_of_frame(self.frame), strict=True)
        return {
            name: replace(kind, kind="identifier") if _identifies(kind, name, part) else kind
            for (name, kind), part in parts
        }

    @property
    def look_like_identifiers(self) -> list[Any]:
        """The columns of the frame that look so, also those of whole numbers beside missing cells.

        They are called as in the frame.
        """
        parts = zip(
            self.frame.columns, self.kinds.items(), columns_of_frame(self.frame), strict=True
        )
        return [
            called
            for called, (name, kind), part in parts
            if _identifies(
                replace(kind, kind="integer") if kind.kind in NUMBERS else kind, name, part
            )
        ]

    @property
    def levels(self) -> list[str]:
        """The columns that a schema says to be levels, and that look like formatted numbers."""
        parts = zip(self.kinds.items(), columns_of_frame(self.frame), strict=True)
        return [
            name
            for (name, kind), part in parts
            if kind.kind == "level" and kind_of_dtype(part).kind == FORMATTED
        ]

    def numbers_rows(self, name: str) -> bool:
        """Whether a column numbers the rows."""
        column = self.frame.iloc[:, [*self.kinds].index(name)]
        if self.kinds[name].kind not in NUMBERS or column.isna().any():
            return False
        return numbers_rows(column.to_numpy(dtype=float))

    def without(self, names: Collection[str]) -> FileTable:
        """The table without some columns."""
        kinds = {name: kind for name, kind in self.kinds.items() if name not in names}
        places = [j for j, name in enumerate(self.kinds) if name not in names]
        frame = self.frame.iloc[:, places]
        if not self.has_header:
            frame = frame.set_axis(range(len(places)), axis=1)
        return replace(self, frame=frame, kinds=kinds)


def _identifies(kind: Kind, name: str, part: Any) -> bool:
    """Whether cells look like identifiers to a `TableEncoder`."""
    cells = Cells(name, column_as_pandas(part)).present
    some = kind.kind in ("level", "integer") and len(cells.series) > 0
    return some and tell_identifiers(cells, ColumnSettings().max_levels) is not None
