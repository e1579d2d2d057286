"""The columns of a model as files have them: their names, and what reads their cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regan.data import TableEncoder
from regan.data.columns.base import Column
from regan.data.frames.dataframes import Dtype, column_as_pandas
from regan.files.csv_lines import number
from regan.files.extras import pandas


@dataclass(frozen=True)
class CellParser:
    """What reads the cells of a column that are not missing: numbers, or as one of a model."""

    column: Column | None = None
    dtype: Dtype | None = None

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        """The values of texts. ValueError, in words behind the name, for what has no meaning."""
        if self.column is not None:
            return np.asarray(self.column.present.parse(texts))
        values = [number(text) for text in texts]
        for text, value in zip(texts, values, strict=True):
            if value is None or not math.isfinite(value):
                raise ValueError(f"holds {text!r}, which is not a finite number")
        return np.array(values, dtype=np.float64)

    def fault(self, text: str) -> str | None:
        """Why a text has no meaning, in words behind the name; None if it has one."""
        try:
            self.parse([text])
        except ValueError as error:
            return str(error)
        return None

    @property
    def has_levels(self) -> bool:
        """Whether cells that have no meaning are new levels, or values where none were."""
        if self.column is None:
            return False
        return self.column.present.takes_new

    def series(self, values: np.ndarray, there: np.ndarray) -> Any:
        """A column of pandas with the values where they are `there` (n,), and missing elsewhere."""
        pd = pandas()
        if self.dtype is None or values.dtype.kind not in "OmM":
            part = pd.Series(values)
        else:
            part = column_as_pandas(self.dtype.series(values))
        if not len(values):
            return pd.Series([None] * len(there), dtype=object)
        part.index = np.flatnonzero(there)
        return part.reindex(range(len(there)))


@dataclass(frozen=True)
class KnownColumns:
    """The columns of a model whose cells are read.

    Attributes
    ----------
    names : tuple of str
        What a file calls them; positions where the model has no names.
    encoder : TableEncoder or None
        None of numbers alone.
    has_names : bool
    of : Path
        The file of the model.
    """

    names: tuple[str, ...]
    encoder: TableEncoder | None
    has_names: bool
    of: Path

    def parser(self, name: str) -> CellParser:
        """What reads the cells of a column."""
        if self.encoder is None:
            return CellParser()
        j = self.names.index(name)
        return CellParser(self.encoder.columns_[j], self.encoder.dtypes_[j])
