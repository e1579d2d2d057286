"""A view of a fitted model for displays, reports and the command line: rows as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regan.data.columns.shown import Shown
from regan.data.conditions.given import read_conditions, values_of
from regan.data.conditions.values import Values
from regan.data.containers import Container
from regan.data.encoder import TableEncoder
from regan.data.frames.dataframes import is_frame
from regan.data.reader import Reader
from regan.data.scaling import ColumnScaler
from regan.data.table_scaler import TableScaler
from regan.estimators.arrow_rows import ArrowRows
from regan.estimators.base import GenerativeModel
from regan.estimators.sampled_parts import ROWS_PER_FILE, SampledParts

_PART_CELLS = 2**20
"""Cells of conditioned rows that are made at a time."""


class ModelView:
    """A fitted model as seen by those who show it.

    Rows are numbers here, one a cell: the value, or of a level its code.

    Parameters
    ----------
    model : fitted estimator
    """

    def __init__(self, model: GenerativeModel) -> None:
        self.model = model
        self._reader = model._reader

    @property
    def reader(self) -> Reader:
        """What reads the user's tables, and gives them back."""
        return self._reader

    @property
    def names(self) -> tuple[Any, ...]:
        """The names of the columns; positions for an array."""
        return self._reader.names

    @property
    def encoder(self) -> TableEncoder | None:
        """The fitted encoder of a mixed table."""
        return self._reader.encoder

    @property
    def is_conditional(self) -> bool:
        """Whether it generates by class."""
        return hasattr(self.model, "classes_")

    @property
    def takes_arrays(self) -> bool:
        """Whether rows are numbers for the user too: arrays, or frames of floating columns."""
        return isinstance(self._reader.container, Container)

    def read(self, X: Any, *, minimum: int = 1) -> np.ndarray:
        """The numbers (n, C) of the user's rows, at least `minimum` of them, checked.

        The columns of a DataFrame may be in any order. Missing cells are NaN.
        """
        return self._reader.read(self.model, self.arranged(X), minimum=minimum, compared=True)

    def arranged(self, X: Any, what: str = "X") -> Any:
        """A DataFrame with its columns in the order of the training data; all else as it is.

        what : `X` in messages.
        """
        return self._reader.arranged(X, what)

    def sample(self, n: int, random_state: Any, **options: Any) -> np.ndarray:
        """`n` generated rows as numbers (n, C); `options` are those of the model's `sample`."""
        return self.model._sample_rows(n, random_state, **options)

    def sample_parts(
        self, n: int, random_state: Any, conditions: Any = None
    ) -> tuple[Iterator[np.ndarray], float]:
        """What `sample` gives in parts, in memory that does not grow with `n`; and their number.

        conditions : a mapping, or a DataFrame, of each row of which there are `n`. With conditions
        the first part alone is what `sample` gives: others have seeds of their own.
        """
        if conditions is None:
            return self.model._sample_parts(n, random_state)
        read_conditions(self._reader, conditions)  # before the first rows, whether all can be met
        rows = max(1, _PART_CELLS // len(self.names))
        total = n * (len(conditions) if is_frame(conditions) else 1)
        return self._given_parts(n, random_state, conditions, rows), total / min(total, rows)

    def sampled_parts(self, folder: Path, n: int, random_state: Any) -> SampledParts:
        """The files that `sample_to` writes to a folder."""
        model: Any = self.model
        parts: SampledParts = model._sampled_parts(folder, n, random_state, ROWS_PER_FILE)
        return parts

    def _given_parts(
        self, n: int, random_state: Any, conditions: Any, rows: int
    ) -> Iterator[np.ndarray]:
        """Rows under conditions, at most `rows` at a time."""
        of_table = is_frame(conditions)
        total, seed = n * (len(conditions) if of_table else 1), random_state
        for i, first in enumerate(range(0, total, rows)):
            size = min(rows, total - first)
            if of_table:
                which = np.arange(first, first + size) // n
                yield self.sample(1, seed, conditions=conditions.iloc[which])
            else:
                yield self.sample(size, seed, conditions=conditions)
            if random_state is not None:
                seed = int(np.random.default_rng([random_state, i]).integers(2**31))

    def impute(self, X: Any, n_draws: int, random_state: Any) -> list[Any]:
        """What `impute` of the model gives for rows `X`, a list also of one table."""
        tables = self.model.impute(X, n_draws, random_state)
        return [tables] if n_draws == 1 else list(tables)

    @property
    def values(self) -> list[Values]:
        """What reads values of each column, as conditions name them."""
        return values_of(self._reader)

    def decimals(self, place: int) -> int | None:
        """How many decimals the numbers of a column have in every row; None where it is open."""
        scaler = self._reader.scaler
        if isinstance(scaler, ColumnScaler):
            grid = scaler.grids.grids[place] if scaler.enabled else None
            return None if grid is None else grid.digits
        assert isinstance(scaler, TableScaler)
        return (self.encoder or scaler.encoder).columns_[place].present.decimals

    def refuse_unknown(self, name: str) -> None:
        """ValueError for a column that is not there."""
        read_conditions(self._reader, {name: None})

    def wrap(self, rows: np.ndarray) -> Any:
        """Numbers (n, C) in the user's form."""
        return self._reader.wrap(rows)

    def tables(self, parts: Iterable[np.ndarray]) -> Iterator[Any]:
        """Parts of rows as the DataFrames that an encoder reads, also of an array.

        They are parts of one table, through which identifiers are numbered.
        """
        encoder, first = self.encoder, 0
        assert encoder is not None
        for rows in parts:
            yield encoder.wrap(rows, first)
            first += len(rows)

    def arrow_tables(self, parts: Iterable[np.ndarray]) -> Iterator[Any]:
        """Parts of rows as tables of Arrow, which are parts of one table."""
        return ArrowRows(self._reader).tables(parts)

    def comparable(self, *tables: np.ndarray) -> list[np.ndarray]:
        """Numbers (n, C) on the scale that scores compare on: of levels, one-hot columns.

        tables : all that are compared, some of which may have missing cells where others have none.
        """
        reader = self._reader.opened(*tables)
        return [reader.comparable(rows) for rows in tables]

    def columns(self, *tables: np.ndarray) -> Sequence[Shown]:
        """How the columns of `tables` (n, C) are shown: as plain numbers without an encoder."""
        encoder = self.encoder
        if encoder is None:
            return [Shown()] * len(self.names)
        return encoder.opened(*tables).columns_


def with_names(model: GenerativeModel, names: tuple[Any, ...] | None) -> GenerativeModel:
    """A copy of a model of an array, whose columns have `names`, if any."""
    return model._by_position(names)


def by_position(model: GenerativeModel) -> GenerativeModel:
    """A copy of a model that takes arrays with its columns in order, whatever their names."""
    return with_names(model, None)
