"""Tables that a source gives as numbers, one a cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.data.array_form import as_table
from regan.data.encoder import TableEncoder
from regan.data.encoding import Encoding


def as_read(encoder: TableEncoder, table: Any) -> Any:
    """The DataFrame that an encoder reads of a table of a source."""
    if isinstance(table, np.ndarray):
        return as_table(table).set_axis(list(encoder.names), axis=1)
    return table


def numbers_of(encoding: Encoding | None, table: Any, *, unseen: bool = False) -> np.ndarray:
    """The numbers (n, C) of a table of a source, float64; unseen : let new levels pass, as -1.

    ColumnsError for what an encoder does not read.
    """
    if isinstance(encoding, TableEncoder):
        return encoding.read(as_read(encoding, table), unseen=unseen)
    return np.asarray(table, dtype=np.float64)
