"""Streams: rows that models are trained on and that are not in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from regan.data.donors import Donors
from regan.data.encoded_rows import EncodedRows
from regan.data.encoder import TableEncoder
from regan.data.faults import ColumnsError
from regan.data.scaling import Scaler
from regan.data.table_scaler import TableScaler
from regan.data.unscaled_rows import UnscaledRows, in_pieces
from regan.streams.class_source import ClassSource
from regan.streams.reading import numbers_of
from regan.streams.source import ChangedError, Source
from regan.streams.survey import Survey


@dataclass(frozen=True, eq=False)
class Stream:
    """Rows (N, D) that are read and scaled a few at a time, where in memory all are there.

    Attributes
    ----------
    source : Source
    scaler : Scaler
    survey : Survey
    sample : UnscaledRows, EncodedRows or array of shape (m, D)
        Rows drawn uniformly, as models are given those of a table in memory.
    sample_positions : int array of shape (m,)
        Their numbers among all rows, ascending.
    sample_codes : int array of shape (m,) or None
        Their classes.
    buffer_rows : int or None
        How many rows a shuffle buffer is to hold; None leaves it to who makes it.
    classes : ClassSource or None
        The classes of all rows.
    """

    source: Source
    scaler: Scaler
    survey: Survey
    sample: UnscaledRows | EncodedRows | np.ndarray
    sample_positions: np.ndarray
    sample_codes: np.ndarray | None = None
    buffer_rows: int | None = None
    classes: ClassSource | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.source.n_rows

    @property
    def shape(self) -> tuple[int, int]:
        """(N, D)."""
        return len(self), self.scaler.n_columns

    @property
    def lengths(self) -> np.ndarray:
        """How many rows each block has, (B,)."""
        return self.source.lengths

    def numbers(self, block: int, positions: np.ndarray) -> np.ndarray:
        """The numbers (k, C), one a cell, of rows at `positions` (k,) of a block, in float64.

        ChangedError, with the block, for what was not there when the rows were surveyed.
        """
        table = self.source.read(block, np.asarray(positions))
        encoder = self._encoder
        try:
            rows = numbers_of(encoder, table)
        except ColumnsError as error:
            raise ChangedError(
                f"{self.source.place(block)} has changed since the start of the fit; keep the data "
                f"unchanged until the model is fitted: {error}"
            ) from error
        if encoder is None:
            self._check(rows, block)
        return rows

    def numbers_of(self, parts: Sequence[tuple[int, np.ndarray]]) -> np.ndarray:
        """The same of rows of several blocks, one after the other: faster than each by itself."""
        try:
            rows = numbers_of(self._encoder, self.source.read_parts(parts))
        except ColumnsError:
            rows = None
        if rows is None or (self._encoder is None and not self._is_within(rows).all()):
            return np.concatenate([self.numbers(*part) for part in parts])  # this says where
        return rows

    def codes(self, block: int, positions: np.ndarray) -> np.ndarray | None:
        """The classes (k,) of such rows; None without any."""
        if self.classes is None:
            return None
        return self.classes.codes(block, np.asarray(positions))

    def encoded(self, numbers: np.ndarray) -> Any:
        """What models train on, of numbers (k, C): an array (k, D), or EncodedRows.

        Missing cells get what rows of the sample have.
        """
        if isinstance(self.scaler, TableScaler):
            return self.scaler.forward(numbers, self._donors)
        return self.scaler.forward(numbers)

    def fingerprint(self) -> dict[str, Any]:
        """What has to be the same for a run to go on with them, in JSON's terms."""
        digest = hashlib.sha256(np.ascontiguousarray(self.sample_positions).tobytes())
        for piece in in_pieces(self.sample):
            digest.update(np.ascontiguousarray(piece).tobytes())
        if self.sample_codes is not None:
            digest.update(np.ascontiguousarray(self.sample_codes).tobytes())
        return {
            "rows": len(self),
            "columns": self.survey.counts(),
            "sample": digest.hexdigest(),
            "blocks": hashlib.sha256(self.lengths.tobytes()).hexdigest(),
        }

    @property
    def _encoder(self) -> TableEncoder | None:
        scaler = self.scaler
        if isinstance(scaler, TableScaler) and isinstance(scaler.encoder, TableEncoder):
            return scaler.encoder
        return None

    def _check(self, rows: np.ndarray, block: int) -> None:
        """ChangedError for numbers (k, C) outside of the range of all."""
        within = self._is_within(rows)
        if not within.all():
            bad = ~within.all(axis=0)
            name = self.source.names[int(bad.argmax())]
            raise ChangedError(
                f"{self.source.place(block)}: column {name!r} holds a number outside of its range "
                "at the start of the fit; keep the data unchanged until the model is fitted"
            )

    def _is_within(self, rows: np.ndarray) -> np.ndarray:
        low, high = self._ends
        return np.asarray((low <= rows) & (rows <= high))

    @cached_property
    def _donors(self) -> Donors | None:
        """The rows of the sample that give others what these lack; None if they lack nothing."""
        scaler = self.scaler
        if not isinstance(self.sample, EncodedRows) or not any([*scaler.absent, *scaler.lacking]):
            return None
        return Donors.among(self.sample, scaler.absent, scaler.lacking)

    @cached_property
    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        columns = self.survey.columns
        low, high = ([getattr(c, name) for c in columns] for name in ("low", "high"))
        return np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
