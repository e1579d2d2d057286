"""Imputation by a generative model, as a transformer of scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin, clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from regan.data.array_form import as_table
from regan.data.conditions.values import is_missing
from regan.data.containers import column_names
from regan.data.encoder import TableEncoder
from regan.data.faults import in_words
from regan.data.frames.dataframes import column_as_pandas, columns_of_frame, is_frame, take_rows
from regan.data.frames.no_table import check_table
from regan.data.labels import check_labels
from regan.data.reader import check_standardize
from regan.estimators.base import GenerativeModel
from regan.estimators.centres import centred
from regan.estimators.conditions import holds_numbers
from regan.estimators.fit_summary import SummaryMixin
from regan.estimators.mixture import RegularizedMixture
from regan.estimators.view import ModelView
from regan.typing import AnyTable, LabelsLike, RandomState, TableLike
from regan.validation import check_bool, check_choice, check_int, draw_seed, quietly


class GenerativeImputer(SummaryMixin, OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    r"""Imputation of missing values by a generative model: single and multiple imputation.

    The model is fitted to all rows, including those with missing cells. Missing cells are then
    drawn given the other cells of their row, or are the mean of such draws. `multiple_impute`
    returns several completed tables for multiple imputation (Rubin, 1987). If each of m tables
    gives an estimate :math:`q_i` with variance :math:`u_i`, the estimates are pooled as

    .. math::

        \bar q = \frac{1}{m} \sum_i q_i, \qquad
        T = \frac{1}{m} \sum_i u_i
        + \Bigl(1 + \frac{1}{m}\Bigr) \frac{1}{m - 1} \sum_i (q_i - \bar q)^2,

    where T is the variance of :math:`\bar q`. The draws reflect the uncertainty of the missing
    cells under the fitted model. With ``bootstrap=True`` they also reflect how the model would
    differ if it was fitted to other rows. Such imputations are proper (Rubin, 1987; Schafer, 1997):
    T is large enough even if a large share of the cells is missing and there are few rows.

    Cells should be missing at random: whether a cell is missing may depend on the other cells of
    its row, but not on its own value.

    Parameters
    ----------
    model : estimator, optional
        Model to fit, which is cloned: `RegularizedMixture`, `RegularizedGaussian`, or
        `RegularizedGAN` or `RegularizedVAE` with ``masked=True``. The default is
        `RegularizedMixture`, which takes numbers and levels and draws cells exactly given the other
        cells, without networks.
    strategy : {"mean", "draw"}, default="mean"
        What `transform` fills in. "mean" is the mean of `n_draws` draws for numbers and times,
        rounded to whole numbers or to the decimals of the column, and the most frequent draw for
        levels. It is closest to the missing values. "draw" is one draw. It keeps the spread of
        columns, their dependence and rules between columns, which means need not keep.
    n_draws : int, default=20
        Number of draws for "mean", and number of tables that `multiple_impute` returns.
    bootstrap : bool, default=False
        Whether each draw comes from a model of its own, which is fitted to as many rows drawn with
        replacement (within classes, for a conditional model). This takes `n_draws` more fits.
    random_state : int, RandomState or None, default=None
        Seed of the draws. With an int, every call returns the same values. None takes the
        `random_state` of the model; if that is None too, every call returns new values.

    Attributes
    ----------
    model_ : estimator
        Model fitted to all rows.
    models_ : list of estimator
        Models that draw: `model_` alone, or the models of the bootstrap.
    n_features_in_ : int
        Number of columns of the training data.
    feature_names_in_ : array of str
        Names of the columns, if the training data had names.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import GenerativeImputer, RegularizedGaussian
    >>> X = np.random.default_rng(0).normal(size=(200, 1)) * [1.0, 2.0]
    >>> X[:20, 1] = np.nan
    >>> imputer = GenerativeImputer(RegularizedGaussian(), random_state=0).fit(X)
    >>> filled = imputer.transform(X)
    >>> bool(np.abs(filled[:, 1] - 2 * filled[:, 0]).max() < 0.5)
    True
    >>> len(imputer.multiple_impute(X, 5))
    5
    """

    model_: GenerativeModel
    models_: list[GenerativeModel]

    def __init__(
        self,
        model: GenerativeModel | None = None,
        *,
        strategy: Literal["mean", "draw"] = "mean",
        n_draws: int = 20,
        bootstrap: bool = False,
        random_state: RandomState = None,
    ) -> None:
        self.model = model
        self.strategy = strategy
        self.n_draws = n_draws
        self.bootstrap = bootstrap
        self.random_state = random_state

    def fit(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Fit the model to the rows of `X`, including those with missing cells.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 2
            Rows to learn from. A missing cell is NaN in an array of numbers, and None, NaN, NaT or
            NA in other arrays and in DataFrames. An array with missing cells or with text is
            encoded by a `TableEncoder`, like a DataFrame.
        y : array-like of shape (n_samples,)
            Class labels if the model is conditional, else ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If a column has no value at all (the message names it), if the model cannot draw cells
            given numbers, or if the model raises the error itself.
        """
        X = _table(X)
        self._checked_strategy()
        n_draws = check_int(self.n_draws, "n_draws", minimum=1)
        refits = n_draws if check_bool(self.bootstrap, "bootstrap") else 0
        model = self._unfitted(X)
        fitted = clone(model).fit(X, y)
        rng = np.random.default_rng([draw_seed(self.random_state), 37])
        with quietly():  # what there is to say of the rows was said
            models = [_bootstrapped(model, fitted, X, y, rng) for _ in range(refits)]
        self.model_, self.models_ = fitted, models or [fitted]
        self.n_features_in_ = fitted.n_features_in_
        self.__dict__.pop("feature_names_in_", None)
        if hasattr(fitted, "feature_names_in_"):
            self.feature_names_in_ = fitted.feature_names_in_
        return self

    def transform(self, X: TableLike) -> AnyTable:
        """Impute the missing cells of `X` by means or by one draw (see `strategy`).

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows with the columns of the training data. Cells of every column may be missing, even
            if no cell of the column was missing in `fit`.

        Returns
        -------
        X : same type as `X`
            Copy of `X` with its container, index and dtypes. Observed cells do not change.
        """
        check_is_fitted(self)
        X, seed = _table(X), self._seed(None)
        if self._checked_strategy() == "draw":
            return self._draws(X, 1, seed)[0]
        n_draws = self._n_draws(None)
        return centred(
            self.model_,
            X,
            lambda part, piece: self._draws(part, n_draws, _seeds([seed, piece], 1)[0]),
            n_draws,
        )

    def multiple_impute(
        self,
        X: TableLike,
        n_draws: int | None = None,
        *,
        y: LabelsLike | None = None,
        random_state: RandomState = None,
    ) -> list[AnyTable]:
        """Multiple imputation: several copies of `X` with different draws of its missing cells.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows with missing cells, as for `transform`.
        n_draws : int, optional
            Number of tables. The default is `n_draws` of the constructor, which is the maximum with
            ``bootstrap=True``.
        y : label, or array-like of shape (n_samples,), default=None
            Classes of the rows, for a conditional model. None draws them.
        random_state : int, RandomState or None, default=None
            Seed. None takes that of the constructor. The first tables do not depend on `n_draws`.

        Returns
        -------
        tables : list of `n_draws` copies of `X`
        """
        check_is_fitted(self)
        return self._draws(_table(X), self._n_draws(n_draws), self._seed(random_state), y)

    # How it works

    def _fit_summary(self) -> dict[str, str]:
        summary = {"Model": type(self.model_).__name__}
        if self._is_refitted:
            summary["Bootstrap"] = f"{len(self.models_):,} models"
        return summary

    @property
    def _shown_within(self) -> GenerativeModel:
        return self.model_

    def _checked_strategy(self) -> str:
        return str(check_choice(self.strategy, "strategy", ("mean", "draw")))

    def _unfitted(self, X: Any) -> GenerativeModel:
        """The model to fit to `X`."""
        if self.model is None:
            model: GenerativeModel = RegularizedMixture(random_state=self.random_state)
        elif isinstance(self.model, GenerativeModel):
            model = clone(self.model)
        else:
            raise TypeError(
                "model must be a model of regan, such as RegularizedMixture(), got "
                f"{self.model!r}; of a search, pass its best_estimator_"
            )
        if not holds_numbers(model):
            raise ValueError(
                f"model: this {type(model).__name__} cannot draw missing cells given the observed "
                "cells: set masked=True, or use RegularizedMixture or RegularizedGaussian"
            )
        is_told = _is_told_by_encoder(X)
        if is_told or is_frame(X):
            _refuse_empty(X if is_frame(X) else as_table(X))
        scaling = check_standardize(model.standardize)
        if is_told and scaling is not None and not isinstance(model.standardize, TableEncoder):
            model.set_params(standardize=TableEncoder(scaling))
        return model

    @property
    def _is_refitted(self) -> bool:
        """Whether each draw is by a model of its own."""
        return self.models_[0] is not self.model_

    def _n_draws(self, asked: Any) -> int:
        """How many draws to make, if not so many are asked for, those of the constructor."""
        n_draws = check_int(self.n_draws if asked is None else asked, "n_draws", minimum=1)
        if self._is_refitted and n_draws > len(self.models_):
            raise ValueError(
                f"n_draws must be at most {len(self.models_)}, the number of bootstrap models, "
                f"got {n_draws}: fit with a larger n_draws"
            )
        return n_draws

    def _seed(self, random_state: Any) -> int:
        given = self.random_state if random_state is None else random_state
        return draw_seed(self.model_.random_state if given is None else given)

    def _draws(self, X: Any, n_draws: int, seed: int, y: Any = None) -> list[Any]:
        """So many completed tables."""
        more = {} if y is None else {"y": y}
        if not self._is_refitted:
            tables = self.model_.impute(X, n_draws, seed, **more)
            return [tables] if n_draws == 1 else list(tables)
        pairs = zip(self.models_, _seeds([seed], n_draws), strict=False)
        return [model.impute(X, 1, own, **more) for model, own in pairs]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = bool(getattr(self.model, "conditional", False))
        return tags


def _seeds(seed: Sequence[int], n: int) -> list[int]:
    """Seeds for single draws; the first ones are the same whatever their number is."""
    rng = np.random.default_rng([*seed, 41])
    return [int(rng.integers(2**31)) for _ in range(n)]


def _table(X: Any) -> Any:
    """`X` as an array of NumPy, of objects if numbers are beside texts; DataFrames as they are.

    What scikit-learn refuses itself, such as sparse data, is left to it.
    """
    check_table(X)
    if is_frame(X) or isinstance(X, np.ndarray) or hasattr(X, "toarray"):
        return X
    array = np.asarray(X)
    return np.asarray(X, dtype=object) if array.dtype.kind in "US" else array


def _is_told_by_encoder(X: Any) -> bool:
    """Whether `X` is an array with cells that only an encoder reads: missing ones, and texts."""
    if not isinstance(X, np.ndarray) or X.dtype.kind not in "fOU":
        return False
    if X.dtype.kind == "f":
        return bool(np.isnan(X).any())
    return any(isinstance(cell, str) or is_missing(cell) for cell in X.ravel())


def _refuse_empty(X: Any) -> None:
    """ValueError for columns of a DataFrame without any value."""
    pairs = zip(column_names(X), columns_of_frame(X), strict=True)
    empty = [name for name, column in pairs if column_as_pandas(column).isna().all()]
    if empty and len(X):
        raise ValueError(
            f"X has no values in {in_words(empty)}, so nothing can be imputed there: leave these "
            "columns out"
        )


def _bootstrapped(
    model: GenerativeModel, fitted: GenerativeModel, X: Any, y: Any, rng: np.random.Generator
) -> GenerativeModel:
    """A copy of the `model` fitted to as many rows, drawn with replacement, within classes.

    One row more for each column of which none of those drawn has a value; fitted : to all rows.
    """
    view = ModelView(fitted)
    there = ~np.isnan(view.reader.read_incomplete(fitted, X))
    labels = check_labels(y, X) if view.is_conditional else None
    groups = np.zeros(len(there)) if labels is None else np.asarray(labels)
    parts = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    drawn = np.concatenate([rng.choice(part, len(part)) for part in parts])
    lacking = np.flatnonzero(there.any(axis=0) & ~there[drawn].any(axis=0))
    rows = np.concatenate([drawn, there[:, lacking].argmax(axis=0)])
    again: GenerativeModel = clone(model)
    return again.fit(take_rows(X, rows), None if labels is None else labels[rows])
