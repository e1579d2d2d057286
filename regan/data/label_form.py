"""The form of class labels: what a model was fitted with, as which labels of samples come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.containers import column_names, frame_of
from regan.data.frames.dataframes import Dtype, columns_of_frame, is_frame, objects
from regan.data.frames.libraries import frame_kind, library
from regan.data.literals import foreign, read_key, write_literal
from regan.storage.stored import Stored


@dataclass(frozen=True)
class LabelForm:
    """The form of labels that were a column of pandas, polars or pyarrow.

    Attributes
    ----------
    kind : {"pandas", "polars", "pyarrow"}
    name : object
        What the column is called; None if it has no name.
    dtype : Dtype
    is_table : bool
        Whether it came as a table of one column.
    """

    kind: str
    name: Any
    dtype: Dtype
    is_table: bool = False

    @classmethod
    def of(cls, y: Any) -> Self | None:
        """Of labels that `plain_labels` can read; None for lists, arrays and all else."""
        is_table, name = is_frame(y), getattr(y, "name", None)
        if is_table:
            ((name,), (column,)) = column_names(y), columns_of_frame(y)
            kind = frame_kind(y)
        else:
            column, kind = y, _kind(y)
        if kind == "array" or foreign(name):
            return None
        try:
            return cls(kind, name, Dtype.of(name, column), is_table)
        except TypeError:  # a dtype without a name
            return None

    def wrap(self, labels: np.ndarray) -> Any:
        """Such labels (n,) in this form; of pandas, with the rows numbered from 0."""
        column = self.dtype.series(objects(labels.tolist()))
        if self.is_table:
            return frame_of([column], self.kind, (self.name,), (None,))
        if self.kind == "pyarrow":
            return column
        return column.rename("" if self.name is None and self.kind == "polars" else self.name)

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        return {
            "kind": self.kind,
            "name": write_literal(self.name),
            "dtype": self.dtype.export(),
            "is_table": self.is_table,
        }

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        kind, name, dtype, is_table = stored.fields("kind", "name", "dtype", "is_table")
        own = cls(
            kind.choice("pandas", "polars", "pyarrow"),
            read_key(name),
            Dtype.restore(dtype),
            is_table.flag(),
        )
        if {"arrow": "pandas"}.get(own.dtype.library, own.dtype.library) != own.kind:
            stored.refuse("a column of one library")
        return own


def _kind(y: Any) -> str:
    """Which library a column is of; "array" for all else."""
    kind = type(y).__module__.partition(".")[0]
    columns = {"pandas": "Series", "polars": "Series", "pyarrow": "Array ChunkedArray"}
    if kind not in columns:
        return "array"
    module = library(kind, "y is a column of it")
    of = tuple(getattr(module, name) for name in columns[kind].split())
    return kind if isinstance(y, of) else "array"
