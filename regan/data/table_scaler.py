"""An encoding in the place of the scaler of columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from regan.data.array_form import ArrayForm
from regan.data.donors import Donors
from regan.data.encoded_rows import EncodedRows, pieces_of
from regan.data.encoder import TableEncoder
from regan.data.encoding import ArrayEncoding, Encoding
from regan.data.lacking import Lacking
from regan.data.numbers.ranked import Ranked
from regan.data.scaling import Scaler
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors


@dataclass(frozen=True)
class TableScaler(Scaler):
    """From numbers, one a cell of the table, to the matrix that models train on.

    Attributes
    ----------
    encoder : Encoding
    constant : bool array of shape (D,)
        Columns of the matrix with one value only.
    shares : array of shape (sum of the sizes,)
        How often each level was 1 in the first data, among the cells that its block is of, which
        samples keep to.
    drawn : bool
        Whether the model trains on tied numbers at random places within their ties.
    compared : Encoding or None
        What `standardize` compares by, if that is not the encoder; see `opened`.
    """

    encoder: Encoding
    constant: np.ndarray
    shares: np.ndarray
    drawn: bool = False
    compared: Encoding | None = None
    by_piece = False

    @classmethod
    def learn(cls, X: np.ndarray, encoder: Encoding, drawn: bool = False) -> TableScaler:
        """From numbers `X` (n, C) that `encoder` has read."""
        rows = encoder.encode_rows(X, filled=False)
        shares = _shares(rows)
        return cls(encoder, _constant(rows, shares), shares, drawn)

    @property
    def of_table(self) -> bool:
        return isinstance(self.encoder, TableEncoder)

    @property
    def levels(self) -> tuple[int, ...]:
        return self.encoder.levels_

    @property
    def ranked(self) -> tuple[Ranked, ...]:
        return self.encoder.ranked

    @property
    def lacking(self) -> tuple[Lacking | None, ...]:
        return self.encoder.lacking

    @property
    def absent(self) -> tuple[Lacking | None, ...]:
        return self.encoder.absent

    @property
    def n_cells(self) -> int:
        return len(self.encoder.columns_)

    @property
    def n_standardized(self) -> int:
        return int(self.standardize(np.zeros((1, self.n_cells))).shape[1])

    def relaxed(self, X: np.ndarray) -> TableScaler:
        encoder = self.encoder.widened(X)
        rows = encoder.encode_rows(X, filled=False)
        same = _constant(rows, _shares(rows))
        return replace(self, encoder=encoder, constant=self.constant & same)

    def with_shares(self, shares: np.ndarray) -> TableScaler:
        """A copy for data whose levels have these `shares`."""
        blocks = len(self.constant) - len(shares)
        constant = self.constant.copy()
        constant[blocks:] = (shares == 0) | (shares == 1)
        return replace(self, shares=shares, constant=constant)

    def opened(self, *tables: np.ndarray) -> TableScaler:
        return replace(self, compared=self.encoder.opened(*tables))

    def rescaled(self, X: np.ndarray) -> TableScaler:
        return replace(self, encoder=self.encoder.rescaled(X))

    def blurred(self, k: int) -> TableScaler:
        return replace(self, encoder=self.encoder.blurred(k))

    def standardize(self, X: np.ndarray) -> np.ndarray:
        """As `TableEncoder.compare`."""
        return (self.compared or self.encoder).compare(X)

    def forward(self, X: np.ndarray, donors: Donors | None = None) -> np.ndarray | EncodedRows:
        """What the model trains on.

        donors : which give what cells lack; by default they are among the rows themselves.
        """
        rows = self.encoder.encode_rows(X, drawn=self.drawn, donors=donors)
        return rows if rows.sizes else rows.plain

    def impossible(self, X: np.ndarray) -> np.ndarray:
        return self.encoder.impossible(X)

    def inverse(self, Z: np.ndarray | EncodedRows, out: np.ndarray | None = None) -> np.ndarray:
        return np.concatenate([self.encoder.decode(piece) for piece in pieces_of(Z)])

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        whose = "table" if isinstance(self.encoder, TableEncoder) else "array"
        fitted = {"kind": whose, "encoding": self.encoder.export(), "drawn": self.drawn}
        return {"scaler.constant": self.constant, "scaler.shares": self.shares}, fitted

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors) -> TableScaler:
        """The inverse of `export`."""
        kind, encoding, drawn = stored.fields("kind", "encoding", "drawn")
        encoder = {"table": TableEncoder, "array": ArrayEncoding}[kind.value].restore(encoding)
        constant = tensors.take("scaler.constant", (encoder.width,), ("bool",))
        shares = tensors.take("scaler.shares", (sum(encoder.levels_),))
        starts = np.cumsum([0, *encoder.levels_])[:-1]
        if (shares < 0).any() or (np.abs(np.add.reduceat(shares, starts) - 1) > 1e-6).any():
            encoding.refuse("levels whose shares add up to 1")
        return cls(encoder, constant, shares, drawn.flag())


@dataclass(frozen=True)
class TableContainer:
    """Container of a table: gives rows of numbers, one a cell, back as the table that they were.

    The counterpart of `regan.data.containers.Container`.

    Attributes
    ----------
    encoder : TableEncoder
    form : ArrayForm or None
        Of an array that was read as a table.
    """

    encoder: TableEncoder
    form: ArrayForm | None = None

    @property
    def names(self) -> tuple[Any, ...]:
        return self.encoder.names

    @property
    def is_array(self) -> bool:
        return self.form is not None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64)

    @property
    def limits(self) -> np.ndarray:
        return np.full(len(self.names), np.finfo(np.float64).max)

    def wrap(self, rows: np.ndarray) -> Any:
        """The DataFrame of numbers `rows` (n, C), or the array."""
        frame = self.encoder.wrap(rows)
        return frame if self.form is None else self.form.wrap(frame)


def _shares(rows: EncodedRows) -> np.ndarray:
    """The shares of the levels of `rows` among the cells that are there, block after block."""
    each = zip(rows.codes.T, rows.sizes, strict=True)
    counts = [np.bincount(codes[codes >= 0], minlength=size) for codes, size in each]
    return np.concatenate([np.empty(0), *(some / max(some.sum(), 1) for some in counts)])


def _constant(rows: EncodedRows, shares: np.ndarray) -> np.ndarray:
    """Columns of the matrix (n, D) with one value only, (D,)."""
    return np.concatenate([np.ptp(rows.plain, axis=0) == 0, (shares == 0) | (shares == 1)])
