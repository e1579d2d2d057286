"""Columns predicted given the others: means, quantiles, most frequent levels, and their chances."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, TypeAlias, get_args

import numpy as np
from sklearn.utils.validation import check_is_fitted

from regan.data.conditions.evidence import Evidence
from regan.data.conditions.gaps import Gaps
from regan.data.conditions.translation import known_numbers, translate
from regan.data.frames.libraries import frame_kind
from regan.data.predicted import PredictedColumn, without_column
from regan.estimators.conditions import IMPUTED_EACH, IMPUTED_IN_ALL, Conditioned
from regan.metrics.draws import quantiles
from regan.typing import ColumnName, LabelsLike, RandomState, StatisticName, TableLike
from regan.validation import check_int, check_real

_DRAWN = 2**22
_NAMES: tuple[StatisticName, ...] = get_args(StatisticName)

Statistic: TypeAlias = StatisticName | float | None


class Predicting(Conditioned):
    """What an estimator says of one column given the others, by draws, or exactly where it can.

    A model that has the chances of levels in closed form overrides `_level_chances`.
    """

    @property
    def _is_conditional(self) -> bool:
        """Whether it was fitted with classes."""
        return False

    def _given_codes(self, y: Any, n: int) -> np.ndarray | None:
        """The positions (n,) of classes that are given."""
        return None

    def _level_chances(
        self, evidence: Evidence, block: int, codes: np.ndarray | None
    ) -> np.ndarray | None:
        """The chances (n, L) of the levels of a block given evidence, or None if only draws tell.

        codes : the classes, if they are given.
        """
        return None

    def predict_column(
        self,
        X: TableLike,
        column: ColumnName,
        *,
        statistic: Statistic = None,
        n_draws: int = 100,
        random_state: RandomState = None,
        y: LabelsLike | None = None,
    ) -> Any:
        """Predict a column of `X` from the others, like a regression or a classifier.

        The column is drawn several times given the other cells of a row. The prediction is the mean
        of the draws for numbers and times, and the most frequent draw for levels. A fitted model
        predicts every column.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows with the columns of the training data. A DataFrame may lack `column`; its cells are
            ignored if it is there. Cells of other columns may be missing.
        column : hashable
            Name of the column; its position in an array.
        statistic : {"mean", "median", "mode"}, float between 0 and 1, or None, default=None
            Statistic of the draws. None takes the mean, and for levels the mode, which is the most
            frequent level. A float is a quantile. Whole numbers with few values have a mode too.
        n_draws : int, default=100
            Number of draws for each row. The modes of `RegularizedMixture` and
            `RegularizedGaussian` are exact whenever `conditional_proba` is.
        random_state : int, RandomState or None, default=None
            Seed, as for `sample`.
        y : label, or array-like of shape (n_samples,), default=None
            Classes of the rows, for a conditional model. None draws them.

        Returns
        -------
        predicted : array, or a column of the library of the training data, of shape (n_samples,)
            Numbers have a floating-point dtype and are not rounded to the decimals of the column.
            Levels and times have the dtype of the column.

        Raises
        ------
        ValueError, TypeError
            If the training data did not have the column or had no other one, if the column does not
            have the statistic, or if the model cannot draw cells given numbers.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from regan import RegularizedMixture
        >>> X = load_iris(as_frame=True).data
        >>> mixture = RegularizedMixture(5, alpha=1.0, random_state=0).fit(X)
        >>> width = mixture.predict_column(X, "petal width (cm)")
        >>> bool(abs(width - X["petal width (cm)"]).mean() < 0.2)
        True
        """
        target, numbers, codes = self._read_for(X, column, y)
        told = target.checked(_checked(statistic))
        n_draws = check_int(n_draws, "n_draws", minimum=1)
        seed = self._sampling_seed(random_state)
        if told == "mode":
            chances = self._chances(target, numbers, codes, n_draws, seed)
            found = target.levels[chances.argmax(axis=1)]
        else:
            pieces = self._drawn(target, numbers, codes, n_draws, seed)
            found = np.concatenate([_summary(drawn, told) for _, drawn in pieces])
        return _named(target.written(found, as_levels=told == "mode"), X)

    def conditional_proba(
        self,
        X: TableLike,
        column: ColumnName,
        *,
        n_draws: int = 100,
        random_state: RandomState = None,
        y: LabelsLike | None = None,
    ) -> Any:
        """Conditional probabilities of the levels of a column given the other cells of each row.

        In general, they are the shares of the levels among `n_draws` draws, multiples of
        ``1 / n_draws``. For `RegularizedMixture` and `RegularizedGaussian` they are exact, with
        three exceptions: columns that rules or dependencies tie to other columns, booleans of which
        one is true in each row, and rows whose other cells are known only up to a range. If the
        other columns are numbers, those of `RegularizedGaussian` are the probabilities of linear
        discriminant analysis.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            As for `predict_column`.
        column : hashable
            Column of levels, or of whole numbers with few values.
        n_draws : int, default=100
            As for `predict_column`.
        random_state : int, RandomState or None, default=None
            As for `predict_column`.
        y : label, or array-like of shape (n_samples,), default=None
            As for `predict_column`.

        Returns
        -------
        proba : DataFrame of shape (n_samples, n_levels)
            DataFrame of the library of the training data. Its column names are the levels (as text
            in polars and pyarrow). If the model was fitted to an array, it is a pair: the array of
            probabilities, and the levels.

        Raises
        ------
        ValueError, TypeError
            As for `predict_column`, and if the column has numbers or times, which have no levels.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from regan import RegularizedMixture
        >>> iris = load_iris(as_frame=True)
        >>> X = iris.data.assign(species=iris.target_names[iris.target])
        >>> mixture = RegularizedMixture(5, alpha=1.0, random_state=0).fit(X)
        >>> mixture.conditional_proba(X[:1], "species").round(2)
        species  setosa  versicolor  virginica
        0          0.98        0.01       0.01
        """
        target, numbers, codes = self._read_for(X, column, y)
        target.checked("mode")
        n_draws = check_int(n_draws, "n_draws", minimum=1)
        seed = self._sampling_seed(random_state)
        chances = self._chances(target, numbers, codes, n_draws, seed)
        return _named(target.framed(chances), X)

    # How it works

    def _read_for(
        self, X: Any, column: Any, y: Any
    ) -> tuple[PredictedColumn, np.ndarray, np.ndarray | None]:
        """The column, the numbers (n, C) of the others, and the classes that are given."""
        check_is_fitted(self)
        target = PredictedColumn.of(self._reader, column)
        if y is not None and not self._is_conditional:
            raise ValueError("y needs a model trained with conditional=True")
        numbers = self._reader.read_incomplete(self, without_column(self._reader, X, target.place))
        codes = self._given_codes(y, len(numbers))
        if numbers.shape[1] == 1 and codes is None:
            raise ValueError(
                f"column {target.name!r} is the only column of the training data: there are no "
                "other columns to predict it from"
            )
        numbers[:, target.place] = np.nan
        return target, numbers, codes

    def _pieces(self, numbers: np.ndarray, n_draws: int) -> Iterator[tuple[int, slice, Gaps]]:
        step = max(1, _DRAWN // (n_draws * self._reader.scaler.n_columns))
        for piece, start in enumerate(range(0, len(numbers), step)):
            here = slice(start, start + step)
            gaps = Gaps.of(self._reader, numbers[here])
            known = known_numbers(gaps.conditions, self._reader.scaler)
            if known and not self._holds_numbers:
                raise ValueError(
                    "predicting a column needs a model that can draw cells given numbers, such "
                    f"as those of column {known[0].asked.name!r}, and this {type(self).__name__} "
                    f"cannot: {self._instead}"
                )
            yield piece, here, gaps

    def _drawn(
        self,
        target: PredictedColumn,
        numbers: np.ndarray,
        codes: np.ndarray | None,
        n_draws: int,
        seed: int,
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Rows, some at a time, and draws (n_draws, m) of the column in them."""
        for piece, here, gaps in self._pieces(numbers, n_draws):
            yield here, self._drawn_in(target, gaps, codes, here, n_draws, [seed, 43, piece])

    def _drawn_in(
        self,
        target: PredictedColumn,
        gaps: Gaps,
        codes: np.ndarray | None,
        here: slice,
        n_draws: int,
        seed: list[int],
    ) -> np.ndarray:
        """Draws (n_draws, m) of the column in the rows of a piece, at `here` of all."""
        sampler = self._conditioned(gaps.conditions, strict=False)
        again = np.repeat(np.arange(len(gaps.rows)), n_draws)
        own = None if codes is None else codes[here][again]
        made = sampler.attempts(again, seed, own, IMPUTED_EACH, IMPUTED_IN_ALL)[0]
        return made.numbers[:, target.place].reshape(-1, n_draws).T

    def _chances(
        self,
        target: PredictedColumn,
        numbers: np.ndarray,
        codes: np.ndarray | None,
        n_draws: int,
        seed: int,
    ) -> np.ndarray:
        """The chances (n, L) of the levels of a column."""
        parts, block = [], target.block
        for piece, here, gaps in self._pieces(numbers, n_draws):
            own = None if codes is None else codes[here]
            exact = None
            if block is not None:
                scaler = self._reader.scaler
                evidence = translate(gaps.conditions, scaler, strict=False).evidence
                exact = self._level_chances(evidence, block, own)
            if exact is None:
                drawn = self._drawn_in(target, gaps, codes, here, n_draws, [seed, 43, piece])
                exact = target.shares(drawn)
            parts.append(exact[:, : len(target.levels)])
        return np.concatenate(parts)


def _checked(statistic: Any) -> str | float | None:
    """A statistic that there is."""
    if statistic is None or (isinstance(statistic, str) and statistic in _NAMES):
        return statistic
    if isinstance(statistic, str):
        raise ValueError(
            f"statistic={statistic!r} is not known; choose one of: {', '.join(_NAMES)}, a quantile "
            "between 0 and 1, or None"
        )
    return check_real(statistic, "statistic", minimum=0, maximum=1)


def _summary(drawn: np.ndarray, statistic: str | float) -> np.ndarray:
    """The statistic (m,) of draws (T, m)."""
    if statistic == "mean":
        return np.asarray(drawn.mean(axis=0))
    q = 0.5 if statistic == "median" else float(statistic)
    return quantiles(drawn, q)


def _named(made: Any, X: Any) -> Any:
    """What is of pandas, with the index of `X` if that is of pandas too."""
    if frame_kind(X) == "pandas" and isinstance(made, import_module("pandas").core.generic.NDFrame):
        made.index = X.index
    return made
