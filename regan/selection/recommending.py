"""Which model for which data: a rule that looks at the data alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sklearn.utils import check_array

from regan.data.frames.dataframes import columns_of_frame, is_frame
from regan.data.frames.no_table import check_table
from regan.data.numbers.patterns import LEAST_VALUES, are_on_one_scale
from regan.estimators import (
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.estimators.fit_summary import table_of
from regan.typing import TableLike

Model: TypeAlias = RegularizedGAN | RegularizedVAE | RegularizedGaussian | RegularizedMixture

MANY_ROWS = 200_000
"""Rows beyond which a mixture takes too long: its time grows with them, that of networks does not
once they make all their updates."""

_EXACT = RegularizedMixture, RegularizedGaussian
_OF_NUMBERS = RegularizedGAN, RegularizedVAE
_OF_TABLES = RegularizedVAE, RegularizedGAN


@dataclass(frozen=True)
class Recommendation:
    """Models for some data, the best one first.

    Attributes
    ----------
    models : tuple of classes
        All models, in their order for the data.
    reason : str
        What of the data decides, in words.
    """

    models: tuple[type[Model], ...]
    reason: str

    @property
    def model(self) -> type[Model]:
        """The first one."""
        return self.models[0]

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        first, *others = (model.__name__ for model in self.models)
        return table_of({"Model": first, "Others": ", ".join(others), "Reason": self.reason})


def which_model(X: TableLike) -> Recommendation:
    """Which model suits `X`, by rule: a mixture, but for images and very many rows.

    Columns on one scale, such as the pixels of an image, are for a GAN: more than 32 of them vary,
    a third of these reach the same least and the same largest number, none goes beyond, and there
    are 16 different numbers at least. All
    other data are for a mixture, up to 200,000 rows, as its time grows with them. Of the networks,
    a GAN comes first where all cells are numbers, and a VAE for other tables. No model is fitted.
    The rule follows from what was measured with the defaults of all models on tables, arrays and
    images.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n, D)
        As for `fit`.

    Returns
    -------
    Recommendation
        With `model`, the class, `models`, all of them in their order, and the `reason`.

    Examples
    --------
    >>> from sklearn.datasets import load_digits, load_iris
    >>> from regan import which_model
    >>> which_model(load_iris().data).model.__name__
    'RegularizedMixture'
    >>> found = which_model(load_digits().data)
    >>> print(found.model.__name__, "as", found.reason)
    RegularizedGAN as the 64 columns are on one scale, as pixels are
    """
    columns = _columns(X)
    n, d = len(columns[0]), len(columns)
    n_other = sum(not _are_numbers(column) for column in columns)
    networks = _OF_TABLES if n_other else _OF_NUMBERS
    if not n_other and _are_pixels(np.column_stack(columns)):
        why = f"the {d} columns are on one scale, as pixels are"
        return Recommendation((*networks, *_EXACT), why)
    if n > MANY_ROWS:
        why = f"a mixture takes long for {n:,} rows"
        return Recommendation((*networks, *_EXACT), why)
    mixture, gaussian = _EXACT
    lacking = any(c.dtype.kind in "iuf" and not _are_numbers(c) for c in columns)
    what = f"{n_other} of {d} columns hold other cells than numbers{' or lack some' * lacking}"
    why = what if n_other else "the columns are numbers, and no pixels"
    return Recommendation((mixture, *networks, gaussian), why)


def _are_pixels(rows: np.ndarray) -> bool:
    """Whether columns are on one scale, of more values than answers of a survey have."""
    return are_on_one_scale(rows) and len(np.unique(rows)) >= LEAST_VALUES


def _columns(X: Any) -> list[np.ndarray]:
    """The cells of each column (n,). ValueError for a table without rows or columns."""
    check_table(X)
    if is_frame(X) and 0 in X.shape:
        raise ValueError(f"X has the shape {X.shape}: which model suits it follows from its cells")
    if is_frame(X):
        return [np.asarray(column.to_numpy()) for column in columns_of_frame(X)]
    return [*check_array(X, dtype=None, ensure_all_finite=False).T]


def _are_numbers(cells: np.ndarray) -> bool:
    """Whether all cells of a column (n,) are numbers."""
    return cells.dtype.kind in "iuf" and not np.isnan(cells).any()
