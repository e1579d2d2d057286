"""One of two tables whose rows are mapped to each other."""

from __future__ import annotations

import re
from collections import Counter
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
    order : tuple of int, optional
        The order in which networks see the columns of numbers.
    n_shared : int
        How many of these, the first ones, the other domain has as well.
    """

    reader: Reader
    names: Any
    called: str
    order: tuple[int, ...] | None = None
    n_shared: int = 0

    @classmethod
    def learn(
        cls, X: Any, standardize: Any, trains_in: str, called: str, names: Any = None
    ) -> tuple[Self, np.ndarray]:
        """The domain of the rows of `X`, and their numbers (n, C).

        names : an estimator that is to know the columns.
        """
        own = _Table() if names is None else names
        with naming(called):
            reader, numbers = Reader.learn(own, X, standardize, trains_in, _ENCODING)
        return cls(reader, own, called), numbers

    @property
    def columns(self) -> Columns:
        """What networks see."""
        scaler = self.reader.scaler
        return Columns(scaler.n_columns, scaler.levels, self.n_shared)

    @property
    def n_columns(self) -> int:
        """The columns of the table."""
        return len(self.reader.names)

    @property
    def _is_array(self) -> bool:
        return self.reader.container.is_array

    def _columns(self) -> list[Any]:
        """What each column of the table is to networks: how many numbers, and which levels."""
        scaler = self.reader.scaler
        if not isinstance(scaler, TableScaler):
            return [(1, 0, "")] * self.n_columns
        each = scaler.encoder.columns_
        return [
            (c.n_numbers, c.n_levels, repr(c.present.identity) if c.n_levels else "") for c in each
        ]

    def _numbers(self, by_position: bool) -> list[Any]:
        """The column of the table that each number is of, with a count within that."""
        scaler = self.reader.scaler
        owners = list(range(self.n_columns))
        if isinstance(scaler, TableScaler):
            owners = scaler.encoder.owners_
        names = range(self.n_columns) if by_position else self.reader.names
        met: Counter[int] = Counter()
        keys = []
        for j in owners:
            keys.append((names[j], met[j]))
            met[j] += 1
        return keys

    def paired(self, other: Domain) -> tuple[Domain, Domain]:
        """Both, with the numbers that both have first in each, in one order.

        Columns belong together by name, or by position where one is an array and both have as many.
        """
        by_position = _by_position(self, other)
        here, there = (domain._numbers(by_position) for domain in (self, other))
        together = by_position or not (self._is_array or other._is_array)
        known = {*there} if together else set()
        shared = {key: None for key in here if key in known}

        def arranged(domain: Domain, keys: list[Any]) -> Domain:
            place = {key: i for i, key in enumerate(keys)}
            order = [place[key] for key in (*shared, *(k for k in keys if k not in shared))]
            return replace(domain, order=tuple(order), n_shared=len(shared))

        return arranged(self, here), arranged(other, there)

    def difference(self, other: Domain) -> str | None:
        """Why the two tables do not have the same columns, in words; None if they do."""
        one, two = self.called, other.called
        if _by_position(self, other):
            names = list(range(self.n_columns))
        else:
            names, others = list(self.reader.names), list(other.reader.names)
            if self._is_array or other._is_array:
                return f"{one} has {self._counted()}, and {two} has {other._counted()}"
            if alone := [name for name in names if name not in others]:
                return f"{one} has {in_words(alone)}, and {two} has not"
            if alone := [name for name in others if name not in names]:
                return f"{two} has {in_words(alone)}, and {one} has not"
            if names != others:
                return f"the columns of {two} are in another order than those of {one}"
        pairs = zip(names, self._columns(), other._columns(), strict=True)
        changed = [name for name, a, b in pairs if a != b]
        if changed:
            return (
                f"{in_words(changed)} of {one} and of {two} are of other kinds, have other levels, "
                "or have missing cells in one of the tables alone"
            )
        if self.columns.levels != other.columns.levels:
            return f"missing cells or rules of {one} and of {two} differ"
        return None

    def may_be_like(self, other: Domain) -> bool:
        """Whether a user may take the columns of both for the same: some names are, or as many."""
        if self.n_columns == other.n_columns:
            return True
        together = not (self._is_array or other._is_array)
        return together and bool({*self.reader.names} & {*other.reader.names})

    def _counted(self) -> str:
        n = self.n_columns
        return f"{n} column{'s' * (n != 1)}"

    def trained(self, numbers: np.ndarray, dtype: str) -> np.ndarray | EncodedRows:
        """Numbers (n, C) of training as networks see them."""
        rows = self.reader.scaler.forward(numbers).astype(dtype)
        if isinstance(rows, EncodedRows):
            return replace(rows, plain=rows.plain[:, list(self.order or ())])
        return self._ordered(rows)

    def _ordered(self, rows: np.ndarray, *, back: bool = False) -> np.ndarray:
        """Rows (n, D) with their numbers in the order of networks; back : the other way."""
        if self.order is None:
            return rows
        order = np.array(self.order, dtype=np.int64)
        arranged = rows.copy()
        arranged[:, : len(order)] = rows[:, np.argsort(order) if back else order]
        return arranged

    def read(self, X: Any, most: int | None = None, seed: int = 0) -> np.ndarray:
        """The rows of `X` as networks see them, each by itself, (n, D).

        A missing number is the mean, and a level that the training data did not have is none.

        most : of more rows so many are drawn.
        """
        with naming(self.called):
            numbers = _some(self.reader.read(self.names, X), most, seed)
        scaler = self.reader.scaler
        if isinstance(scaler, TableScaler):
            rows = scaler.encoder.encode_rows(numbers, filled=False).dense()
        else:
            assert isinstance(scaler, ColumnScaler)
            rows = replace(scaler, drawn=False).forward(numbers)
        return self._ordered(rows)

    def numbers(self, made: np.ndarray) -> np.ndarray:
        """Rows (n, D) that a network has made, as numbers, one a cell."""
        container = self.reader.container
        limits = container.limits
        rows = self.reader.scaler.inverse(self._ordered(made, back=True))
        numbers: np.ndarray = np.clip(rows, -limits, limits)
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
            "order": None if self.order is None else list(self.order),
            "n_shared": self.n_shared,
        }

    @classmethod
    def restore(
        cls, stored: Stored, tensors: Tensors, trains_in: str, called: str, names: Any = None
    ) -> Self:
        """The inverse of `export`."""
        columns, known, order, n_shared = stored.fields(
            "columns", "feature_names_in", "order", "n_shared"
        )
        own = _Table() if names is None else names
        reader = Reader.restore(columns, tensors, trains_in)
        own.n_features_in_ = len(reader.names)
        if not known.is_none:
            items = known.items(len(reader.names))
            own.feature_names_in_ = objects([name.text() for name in items])
        n_numbers = reader.scaler.n_columns - sum(reader.scaler.levels)
        arranged = None
        if not order.is_none:
            arranged = tuple(i.integer(0, n_numbers - 1) for i in order.items(n_numbers))
            if len({*arranged}) < n_numbers:
                order.refuse("the columns of numbers in some order")
        return cls(reader, own, called, arranged, n_shared.integer(0, n_numbers))


class _Table(BaseEstimator):
    """What keeps the names of columns for scikit-learn, whose messages call it as users do."""


_Table.__name__ = "RegularizedCycleGAN"


def _by_position(one: Domain, other: Domain) -> bool:
    """Whether columns belong together by position."""
    return (one._is_array or other._is_array) and one.n_columns == other.n_columns


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
