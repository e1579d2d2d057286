"""Recommendation of a model for given data, by a rule that fits no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

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
    """Recommended models for given data, the best one first.

    Attributes
    ----------
    models : tuple of classes
        All models, the most suitable first.
    reason : str
        The property of the data that decides, in words.
    """

    models: tuple[type[Model], ...]
    reason: str

    @property
    def model(self) -> type[Model]:
        """The recommended model, which is the first of `models`."""
        return self.models[0]

    def __repr__(self) -> str:
        first, *others = (model.__name__ for model in self.models)
        return f"Recommendation({first}, then {', '.join(others)}; reason={self.reason!r})"

    if not TYPE_CHECKING:  # to type checkers, there are no others

        def __getattr__(self, name: str) -> Any:
            helps = ". Create the model first, such as found.model().fit(X)"
            raise AttributeError(
                f"a Recommendation has no attribute {name!r}" + helps * hasattr(_EXACT[0], name)
            )

    def _repr_html_(self) -> str:
        """A table for notebooks."""
        first, *others = (model.__name__ for model in self.models)
        return table_of({"Model": first, "Others": ", ".join(others), "Reason": self.reason})


def which_model(X: TableLike) -> Recommendation:
    """Recommend a model for `X` by a rule, without fitting any model.

    A GAN is recommended if the columns are on one scale, such as the pixels of an image: more than
    32 columns vary, a third of these have the same minimum and the same maximum, no column exceeds
    them, and there are at least 16 different numbers. For all other data of up to 200,000 rows, the
    rule recommends a mixture. For more rows it recommends a network, because the time of a mixture
    grows with the rows: a GAN if all cells are numbers, and a VAE for other tables. The rule is
    based on measurements of all models with their defaults on tables, arrays and images.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n, D)
        Training data, as for `fit`.

    Returns
    -------
    Recommendation
        It has the `model` (a class), all `models` in order, and the `reason`.

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
        why = f"a mixture takes long to fit to {n:,} rows"
        return Recommendation((*networks, *_EXACT), why)
    mixture, gaussian = _EXACT
    verb = "has" if n_other == 1 else "have"
    what = f"{n_other} of {d} columns {verb} cells that are not numbers"
    why = what if n_other else "all columns are numbers and not pixels on one scale"
    return Recommendation((mixture, *networks, gaussian), why)


def _are_pixels(rows: np.ndarray) -> bool:
    """Whether columns are on one scale, of more values than answers of a survey have."""
    return are_on_one_scale(rows) and len(np.unique(rows)) >= LEAST_VALUES


def _columns(X: Any) -> list[np.ndarray]:
    """The cells of each column (n,). ValueError for a table without rows or columns."""
    check_table(X)
    if is_frame(X) and 0 in X.shape:
        raise ValueError(
            f"X has the shape {X.shape}: which_model needs at least one row and one column"
        )
    if is_frame(X):
        return [np.asarray(column.to_numpy()) for column in columns_of_frame(X)]
    return [*check_array(X, dtype=None, ensure_all_finite=False).T]


def _are_numbers(cells: np.ndarray) -> bool:
    """Whether all cells of a column (n,) are numbers."""
    return cells.dtype.kind in "iuf" and not np.isnan(cells).any()
