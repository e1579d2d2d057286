"""One of two tables whose rows are mapped to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from regan.building.cycle_spec import Columns
from regan.data.columns.rules import EncodingDefaults
from regan.data.encoded_rows import EncodedRows
from regan.data.faults import ColumnsError, in_words
from regan.data.frames.dataframes import objects
from regan.data.frames.libraries import frame_kind
from regan.data.reader import Reader
from regan.data.scaling import ColumnScaler
from regan.data.table_scaler import TableScaler
from regan.metrics import two_sample_score
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors

# a discriminator would learn the noise of ties
_ENCODING = EncodingDefaults(draws_ties=False, common_scale=True)
_NAME = re.compile(r"^((?:Input )?)X\b")


@dataclass(frozen=True)
class Domain:
    """The columns of one of two tables: reads its rows, and gives rows back in its form.

    Attributes
    ----------
    reader : Reader
    names : object
        What scikit-learn keeps of the columns: ``n_features_in_``, ``feature_names_in_``.
    called : str
        What messages call its rows.
    """

    reader: Reader
    names: Any
    called: str

    @classmethod
    def learn(
        cls, X: Any, standardize: Any, trains_in: str, called: str, names: Any = None
    ) -> tuple[Self, np.ndarray | EncodedRows]:
        """The domain of the rows of `X`, and these as networks see them.

        names : an estimator that is to know the columns.
        """
        own = BaseEstimator() if names is None else names
        with naming(called):
            reader, numbers = Reader.learn(own, X, standardize, trains_in, _ENCODING)
        rows = reader.scaler.forward(numbers)
        return cls(reader, own, called), rows.astype(trains_in)

    @property
    def columns(self) -> Columns:
        """What networks see."""
        scaler = self.reader.scaler
        return Columns(scaler.n_columns, scaler.levels)

    @property
    def n_columns(self) -> int:
        """The columns of the table."""
        return len(self.reader.names)

    def is_like(self, other: Domain) -> bool:
        """Whether both tables have the same columns, with the same levels, in the same order."""
        if self.columns != other.columns or self.reader.names != other.reader.names:
            return False
        return self._levels == other._levels

    def in_words(self) -> str:
        """The columns, for messages."""
        n, names = self.n_columns, self.reader.names
        if self.reader.container.is_array:
            return f"{self.called} has {n} column{'s' * (n != 1)}"
        return f"{self.called} has {in_words(names)}"

    @property
    def _levels(self) -> list[str]:
        """The labels of the levels of each block, as they are shown."""
        scaler = self.reader.scaler
        if not isinstance(scaler, TableScaler):
            return []
        return [repr(list(block.labels)) for block in scaler.encoder.blocks]

    def read(self, X: Any, most: int | None = None, seed: int = 0) -> np.ndarray:
        """The rows of `X` as networks see them, each by itself, (n, D).

        A missing number is the mean, and a level that the training data did not have is none.

        most : of more rows so many are drawn.
        """
        with naming(self.called):
            numbers = _some(self.reader.read(self.names, X), most, seed)
        scaler = self.reader.scaler
        if isinstance(scaler, TableScaler):
            return scaler.encoder.encode_rows(numbers, filled=False).dense()
        assert isinstance(scaler, ColumnScaler)
        rows: np.ndarray = replace(scaler, drawn=False).forward(numbers)
        return rows

    def numbers(self, made: np.ndarray) -> np.ndarray:
        """Rows (n, D) that a network has made, as numbers, one a cell."""
        container = self.reader.container
        limits = container.limits
        numbers: np.ndarray = np.clip(self.reader.scaler.inverse(made), -limits, limits)
        return numbers

    def wrap(self, numbers: np.ndarray, like: Any) -> Any:
        """Numbers, one a cell, in the form of the domain; with the index of `like` in pandas."""
        container = self.reader.container
        held = numbers.astype(container.dtype) if container.is_array else numbers
        table = self.reader.wrap(held)
        if frame_kind(table) == frame_kind(like) == "pandas":
            table.index = like.index
        return table

    def compared(self, X: Any, most: int, seed: int) -> tuple[np.ndarray, Reader]:
        """The numbers of the rows that `read` gives, of which there are two at least, and what
        scores compare them by.
        """
        with naming(self.called):
            numbers = self.reader.read(self.names, X, minimum=2, compared=True)
        numbers = _some(numbers, most, seed)
        return numbers, self.reader.opened(numbers)

    # What a model file holds

    def export(self, *, whole: bool) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """As arrays, and as values in JSON's terms; whole : with single numbers of the data."""
        arrays, columns = (self.reader if whole else self.reader.blurred()).export()
        names = getattr(self.names, "feature_names_in_", None)
        return arrays, {
            "columns": columns,
            "feature_names_in": None if names is None else [str(name) for name in names],
        }

    @classmethod
    def restore(
        cls, stored: Stored, tensors: Tensors, trains_in: str, called: str, names: Any = None
    ) -> Self:
        """The inverse of `export`."""
        columns, known = stored.fields("columns", "feature_names_in")
        own = BaseEstimator() if names is None else names
        reader = Reader.restore(columns, tensors, trains_in)
        own.n_features_in_ = len(reader.names)
        if not known.is_none:
            items = known.items(len(reader.names))
            own.feature_names_in_ = objects([name.text() for name in items])
        return cls(reader, own, called)


def agreement(real: Sequence[tuple[np.ndarray, Reader]], made: Sequence[np.ndarray]) -> float:
    """The mean two-sample score of real and made numbers (n, C), by what compares them."""
    scores = [
        two_sample_score(reader.comparable(rows), reader.comparable(others))
        for (rows, reader), others in zip(real, made, strict=True)
    ]
    return float(np.mean(scores))


def _some(numbers: np.ndarray, most: int | None, seed: int) -> np.ndarray:
    """At most so many rows, always the same ones."""
    if most is None or len(numbers) <= most:
        return numbers
    return numbers[np.random.default_rng([seed, 8]).permutation(len(numbers))[:most]]


@contextmanager
def naming(called: str) -> Iterator[None]:
    """A context in which errors about rows call them as the user does, and not X."""
    if called == "X":
        yield
        return
    try:
        yield
    except (ValueError, TypeError) as error:
        text = str(error)
        told = _NAME.sub(rf"\g<1>{called}", text)
        told = f"{called}: {text}" if told == text else told
        if isinstance(error, ColumnsError):
            error.args = (told, *error.args[1:])
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(told) from error
