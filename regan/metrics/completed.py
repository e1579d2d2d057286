"""Completed tables beside the true one: what was hidden, and what was put in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from regan.data import TableEncoder
from regan.data.containers import by_name, name_columns
from regan.data.frames.dataframes import as_pandas, has_missing, is_frame
from regan.data.frames.no_table import check_table
from regan.data.row_names import RowNames
from regan.metrics.samples import as_numbers, names_of_samples

_ROUNDING = 1e-6
_HIDDEN, _TRUE = "hidden", "X"


@dataclass(frozen=True, eq=False)
class Completed:
    """Completed tables beside the true one, one number a cell.

    Attributes
    ----------
    names : tuple
        Of the columns (C,).
    true : array of shape (n, C)
        NaN where a cell of the complete table is missing.
    hidden : bool array of shape (n, C)
        Which cells were to be imputed; none of them is missing in `true`.
    draws : array of shape (M, n, C)
        The completed tables; cells that are not hidden are those of `true`.
    n_levels : int array of shape (C,)
        How many levels a column has, whose cells are codes; 0 of numbers.
    """

    names: tuple[Any, ...]
    true: np.ndarray
    hidden: np.ndarray
    draws: np.ndarray
    n_levels: np.ndarray

    @classmethod
    def read(cls, X: Any, hidden: Any, draws: Any) -> Completed:
        """Of what users give; see `imputation`. ValueError or TypeError for other tables."""
        tables = as_list(draws)
        many = len(tables) > 1
        called = [_TRUE, *(f"draw {i}" if many else "the draw" for i in range(len(tables)))]
        is_mask = _is_mask(hidden)
        if not is_mask:
            tables, called = [*tables, hidden], [*called, _HIDDEN]
        encoder, (true, *others) = as_numbers(
            X, *tables, integer_levels=0, pool=False, gaps=True, called=called
        )
        for other, which in zip(others, called[1:], strict=True):
            if len(other) != len(true):
                raise ValueError(
                    f"{which} has {len(other)} rows, and X has {len(true)}: completed tables need "
                    "the rows of X in its order"
                )
        names = names_of_samples(X, *tables)
        checks = _Checks(names, RowNames.of(X), true)
        if is_mask:
            gaps = checks.mask(_as_mask(hidden, X, names, true.shape))
        else:
            incomplete = others.pop()
            checks.visible(incomplete, np.isnan(incomplete), _HIDDEN)
            gaps = np.isnan(incomplete) & ~np.isnan(true)
        checks.enough(gaps)
        for draw, which in zip(others, called[1:], strict=False):
            checks.complete(draw, gaps, which)
            checks.visible(draw, gaps, which)
        completed = np.stack([np.where(gaps, draw, true) for draw in others])
        return cls(names, true, gaps, completed, _sizes(encoder, len(names)))

    @cached_property
    def spans(self) -> np.ndarray:
        """The range of each column of the complete table, (C,); 1 of constants."""
        return _spans(self.true)

    def guesses(self) -> np.ndarray:
        """The mean of each column's visible cells, or their most frequent level, in place of what
        is hidden, (1, n, C).
        """
        guess = self.true.copy()
        for j, where, visible in self._gaps:
            is_level = self.n_levels[j] > 0
            guess[where, j] = (
                np.bincount(visible.astype(np.int64)).argmax() if is_level else visible.mean()
            )
        return guess[None]

    def marginals(self, rng: np.random.RandomState) -> np.ndarray:
        """As many draws from the visible cells of each column, (M, n, C)."""
        drawn = np.repeat(self.true[None], len(self.draws), axis=0)
        for j, where, visible in self._gaps:
            drawn[:, where, j] = rng.choice(visible, (len(drawn), int(where.sum())))
        return drawn

    @property
    def _gaps(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Columns with hidden cells: which, where they are (n,), and the visible ones (v,)."""
        shown = ~self.hidden & ~np.isnan(self.true)
        for j in np.flatnonzero(self.hidden.any(axis=0)).tolist():
            yield j, self.hidden[:, j], self.true[shown[:, j], j]

    def comparable(self, tables: np.ndarray) -> np.ndarray:
        """Rows (..., C) of numbers to measure distances of: standardized by those of the complete
        table, levels as one-hot columns, and no distance where the complete table lacks a cell.
        """
        numbers = np.nan_to_num((tables - self._means) / self._deviations)[..., self.n_levels == 0]
        levels = np.flatnonzero(self.n_levels)
        one_hot = [tables[..., [j]] == np.arange(-1, self.n_levels[j]) for j in levels]
        return np.concatenate([numbers, *one_hot], axis=-1)

    @cached_property
    def _means(self) -> np.ndarray:
        there = ~np.isnan(self.true)
        return np.asarray(np.nan_to_num(self.true).sum(axis=0) / np.maximum(there.sum(axis=0), 1))

    @cached_property
    def _deviations(self) -> np.ndarray:
        there = ~np.isnan(self.true)
        squares = (np.nan_to_num(self.true - self._means) ** 2).sum(axis=0)
        found = np.sqrt(squares / np.maximum(there.sum(axis=0), 1))
        return np.where(found > 0, found, 1.0)


def as_list(draws: Any) -> list[Any]:
    """Completed tables as a list, of one or several."""
    if is_frame(draws) or not isinstance(draws, (list, tuple, np.ndarray)):
        return [draws]
    if not len(draws):
        raise ValueError("draws are no tables: give a completed table, or a list of them")
    if all(is_frame(each) or np.ndim(each) == 2 for each in draws):
        return list(draws)
    return [draws]


def _is_mask(hidden: Any) -> bool:
    """Whether a table is a mask: every column of booleans, and no cell missing."""
    if is_frame(hidden):
        booleans = (str(dtype).startswith("bool") for dtype in as_pandas(hidden).dtypes)
        return all(booleans) and not has_missing(hidden)
    return bool(np.asarray(hidden).dtype == bool)


def _as_mask(hidden: Any, X: Any, names: tuple[Any, ...], shape: tuple[int, ...]) -> np.ndarray:
    """A mask (n, C), with its columns in the order of those of X."""
    check_table(hidden, _HIDDEN)
    if is_frame(hidden):
        hidden = by_name(hidden, names, _HIDDEN, _TRUE) if is_frame(X) else hidden
        hidden = as_pandas(hidden).to_numpy(dtype=bool)
    mask = np.asarray(hidden)
    if mask.shape != shape:
        raise ValueError(f"hidden is a mask of the shape {mask.shape}, and X has {shape}")
    return mask


def _sizes(encoder: TableEncoder | None, n_columns: int) -> np.ndarray:
    """The numbers of levels of columns, (C,); 0 of numbers."""
    if encoder is None:
        return np.zeros(n_columns, dtype=np.int64)
    kinds = [column.present for column in encoder.columns_]
    return np.array([0 if kind.n_numbers else kind.n_levels for kind in kinds])


def _spans(true: np.ndarray) -> np.ndarray:
    """The range of each column, (C,); 1 of constants, and of columns without values."""
    missing = np.isnan(true)
    low = np.where(missing, np.inf, true).min(axis=0)
    high = np.where(missing, -np.inf, true).max(axis=0)
    return np.where(high > low, high - low, 1.0)


@dataclass(frozen=True)
class _Checks:
    """Refuses tables that are not those of X with hidden cells completed, by column and row."""

    names: tuple[Any, ...]
    rows: RowNames
    true: np.ndarray

    def mask(self, hidden: np.ndarray) -> np.ndarray:
        """The mask; ValueError where it hides what is missing in X itself."""
        bad = hidden & np.isnan(self.true)
        self._refuse(bad, "hidden hides cells that are missing in X itself")
        return hidden

    def enough(self, hidden: np.ndarray) -> None:
        """ValueError without hidden cells, or without visible ones in a column of them."""
        if not hidden.any():
            raise ValueError(
                "no cell is hidden, so there is nothing to compare: hide_cells hides some"
            )
        shown = (~hidden & ~np.isnan(self.true)).any(axis=0)
        bad = np.asarray(hidden.any(axis=0) & ~shown)
        if bad.any():
            raise ValueError(
                f"all cells are hidden in {name_columns(self.names, bad)}: leave a visible cell in "
                "each column"
            )

    def complete(self, draw: np.ndarray, hidden: np.ndarray, which: str) -> None:
        """ValueError if hidden cells are missing."""
        self._refuse(hidden & np.isnan(draw), f"{which} lacks hidden cells: they are missing")

    def visible(self, table: np.ndarray, hidden: np.ndarray, which: str) -> None:
        """ValueError if visible cells are not those of X, but for rounding."""
        near = np.abs(table - self.true) <= _ROUNDING * np.maximum(
            _spans(self.true), np.abs(self.true)
        )
        bad = ~(near | hidden | np.isnan(self.true))
        self._refuse(bad, f"{which} changes visible cells of X")

    def _refuse(self, bad: np.ndarray, what: str) -> None:
        """ValueError where a mask (n, C) is true."""
        if bad.any():
            where = np.asarray(bad.any(axis=0))
            names, rows = name_columns(self.names, where), bad[:, where.argmax()]
            raise ValueError(f"{what}, in {names}, {self.rows.some(rows)}")
