"""A view of a fitted model for displays, reports and the command line: rows as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from regan.data.columns.shown import Shown
from regan.data.containers import Container
from regan.data.encoder import TableEncoder
from regan.estimators.base import GenerativeModel


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
        return self.model._is_conditional

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

    def sample_parts(self, n: int, random_state: Any) -> tuple[Iterator[np.ndarray], float]:
        """What `sample` gives in parts, in memory that does not grow with `n`; and their number."""
        return self.model._sample_parts(n, random_state)

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
