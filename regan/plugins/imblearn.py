"""Oversampling with generated rows, inside imbalanced-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.utils import check_target_type
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils import (
    Tags,
    check_array,
    check_consistent_length,
    check_random_state,
    get_tags,
)
from sklearn.utils.validation import validate_data

from regan.data.containers import check_names, check_numbers, column_names, frame_of, name_columns
from regan.data.frames.dataframes import Dtype, columns_of_frame, is_frame, objects, take_rows
from regan.data.frames.libraries import frame_kind, library
from regan.data.labels import plain_labels
from regan.estimators.base import GenerativeModel
from regan.estimators.gan import RegularizedGAN
from regan.selection import RegularizedGANCV
from regan.validation import shown


class GANOverSampler(BaseOverSampler):
    """Oversampling of rare classes with a generative model, for imbalanced-learn.

    A model with ``conditional=True`` is fitted to all rows and their classes. It learns from all
    classes what they have in common, and generates the additional rows of each class that
    `sampling_strategy` requests. Any other model describes one distribution. Then one model is
    fitted for each class that gets more rows, to the rows of this class alone.

    Parameters
    ----------
    gan : RegularizedGAN, VAE, Gaussian or Mixture, RegularizedGANCV, default=None
        Model, which is cloned before it is fitted. None means ``RegularizedGAN(conditional=True)``.
        A search sets the settings of a given model with two underscores, as in ``gan__alpha``.
    sampling_strategy : float, str, dict or callable, default="auto"
        Number of rows of each class, as in all oversamplers of imbalanced-learn. "auto" increases
        every class to the size of the largest. A float is the ratio of the two classes of a binary
        problem. A dict has the number of rows of each class, including those in the data.
    random_state : int, RandomState or None, default=None
        Seed of the generated rows, and of training if the model has no `random_state`. None takes
        the `random_state` of the model.

    Attributes
    ----------
    sampling_strategy_ : dict of label to int
        Number of additional rows of each class.
    gan_ : estimator
        The fitted model, if it has ``conditional=True``.
    gans_ : dict of label to estimator
        Otherwise, the fitted model of each class that got rows.
    n_features_in_ : int
        Number of columns of the data.
    feature_names_in_ : array of str
        Names of the columns, if the data had names.

    See Also
    --------
    imblearn.over_sampling.RandomOverSampler : Repeats rows.
    imblearn.over_sampling.SMOTE : Rows between neighbors; SMOTENC is for mixed tables.

    Notes
    -----
    `fit_resample` returns the rows of the data in their order, followed by the generated rows,
    class by class, with the container, columns and dtypes of the data. If no class needs more rows,
    no model is fitted, and there is neither `gan_` nor `gans_`. `fit` only checks the data and
    counts rows.

    Examples
    --------
    >>> from collections import Counter
    >>> from sklearn.datasets import load_wine
    >>> from regan import RegularizedGAN
    >>> from regan.plugins.imblearn import GANOverSampler
    >>> X, y = load_wine(return_X_y=True)
    >>> gan = RegularizedGAN(conditional=True, hidden_layer_sizes=32, max_iter=50)
    >>> X_more, y_more = GANOverSampler(gan, random_state=0).fit_resample(X, y)
    >>> sorted(Counter(y.tolist()).items()), sorted(Counter(y_more.tolist()).items())
    ([(0, 59), (1, 71), (2, 48)], [(0, 71), (1, 71), (2, 71)])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseOverSampler._parameter_constraints,
        "gan": [GenerativeModel, RegularizedGANCV, None],
    }

    gan_: Any
    gans_: dict[Any, Any]

    def __init__(
        self, gan: Any = None, *, sampling_strategy: Any = "auto", random_state: Any = None
    ) -> None:
        super().__init__(sampling_strategy=sampling_strategy)
        self.gan = gan
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Resample: the rows of the data, followed by generated rows of the rare classes.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows of the data.
        y : array-like of shape (n_samples,)
            Classes of the rows.

        Returns
        -------
        X_resampled : array or DataFrame of shape (n_samples_new, n_features)
            All rows, with the container and the dtypes of `X`.
        y_resampled : array or Series of shape (n_samples_new,)
        """
        labels = plain_labels(y)
        # imbalanced-learn itself would make DataFrames of pandas of all others
        table = _Table(X) if frame_kind(X) in ("polars", "pyarrow") else X
        rows, more = super().fit_resample(table, labels, **params)
        return rows, more if labels is y else _labels_like(y, more)

    # What imbalanced-learn calls

    def _check_X_y(self, X: Any, y: Any) -> tuple[Any, np.ndarray, bool]:  # noqa: N802
        """A DataFrame as it is, anything else as an array; labels (n,); whether `y` was one-hot.

        The model checks the values: it knows which columns it takes, and names those it does not.
        """
        y, one_vs_all = check_target_type(plain_labels(y), indicate_one_vs_all=True)
        X = X.rows if isinstance(X, _Table) else X
        _refuse(X)
        if is_frame(X):
            check_names(X)
        else:
            check_numbers(X)
            X = check_array(X, dtype=None, ensure_all_finite=False, estimator=self, input_name="X")
        check_consistent_length(X, y)
        validate_data(self, X, y, reset=True, skip_check_array=True)
        return X, y, one_vs_all

    def _fit_resample(self, X: Any, y: np.ndarray) -> tuple[Any, np.ndarray]:
        for name in ("gan_", "gans_"):  # of an earlier fit
            self.__dict__.pop(name, None)
        labels = np.array(list(self.sampling_strategy_), dtype=y.dtype)
        new = np.repeat(labels, list(self.sampling_strategy_.values()))
        if not len(new):
            return X, y
        model = RegularizedGAN(conditional=True) if self.gan is None else self.gan
        generate = self._of_one if get_tags(model).target_tags.required else self._of_each
        minority = generate(model, X, y, new, check_random_state(self.random_state))
        return _stacked(X, minority), np.concatenate([y, new])

    # How it generates

    def _of_one(self, model: Any, X: Any, y: np.ndarray, new: np.ndarray, rng: Any) -> list[Any]:
        """Rows of the classes `new`, from one model of all classes."""
        self.gan_ = _seeded(model, rng).fit(X, y)
        return [self.gan_.sample(len(new), self._draws(rng), y=new)]

    def _of_each(self, model: Any, X: Any, y: np.ndarray, new: np.ndarray, rng: Any) -> list[Any]:
        """Rows of the classes `new`, which are in a row each, from a model for each of them."""
        wanted = {label: n for label, n in self.sampling_strategy_.items() if n}
        rows = {label: np.flatnonzero(y == label) for label in wanted}
        for label in wanted:
            if len(rows[label]) < 2:
                raise ValueError(
                    f"class {shown(label)} has 1 row, but a model of its own needs at least 2: "
                    "set conditional=True on gan, or leave the class out of sampling_strategy"
                )
        self.gans_ = {k: _seeded(model, rng).fit(take_rows(X, rows[k])) for k in wanted}
        return [self.gans_[label].sample(n, self._draws(rng)) for label, n in wanted.items()]

    def _draws(self, rng: Any) -> Any:
        """What the rows are drawn with: None for the model's own random state."""
        return None if self.random_state is None else rng


@dataclass(frozen=True)
class _Table:
    """A table that imbalanced-learn is to give back as it comes."""

    rows: Any


def _labels_like(y: Any, labels: np.ndarray) -> Any:
    """`labels` in the container and the dtype of `y`."""
    values = objects(labels.tolist())
    if is_frame(y):
        (column,), titles = columns_of_frame(y), getattr(y.columns, "names", (None,))
        part = Dtype.of("y", column).series(values)
        return frame_of([part], frame_kind(y), column_names(y), tuple(titles))
    made = Dtype.of("y", y).series(values)
    whose = type(y).__module__.partition(".")[0]
    if whose == "polars":
        return made.alias(y.name)
    if whose == "pandas":
        return made.rename(y.name) if hasattr(y, "name") else made.array
    return made


def _seeded(model: Any, rng: np.random.RandomState) -> Any:
    """A copy of `model`, where every random state that was None is an integer out of `rng`."""
    model = clone(model)
    states = (name for name in sorted(model.get_params()) if name.endswith("random_state"))
    unset = [name for name in states if model.get_params()[name] is None]
    return model.set_params(**{name: rng.randint(np.iinfo(np.int32).max) for name in unset})


def _refuse(X: Any) -> None:
    """TypeError for sparse data, and for tables that imbalanced-learn could not give back."""
    if issparse(X):
        raise TypeError("X is sparse, but generated rows are dense: pass X.toarray()")
    if frame_kind(X) != "pandas":
        return
    bad = np.array([str(dtype).startswith("Sparse") for dtype in X.dtypes])
    if bad.any():
        raise TypeError(
            f"X is sparse in {name_columns(column_names(X), bad)}, but generated rows are dense: "
            "pass X.sparse.to_dense(), or X[name].sparse.to_dense() for one column"
        )


def _stacked(X: Any, minority: list[Any]) -> Any:
    """The rows of `X`, and below them those of each table of `minority`, as `X` is."""
    kind = frame_kind(X)
    if kind == "pandas":
        return library("pandas", "X is a table of it").concat([X, *minority], ignore_index=True)
    if kind == "polars":
        return library("polars", "X is a table of it").concat([X, *minority])
    if kind == "pyarrow":
        return library("pyarrow", "X is a table of it").concat_tables(
            [X, *(rows.cast(X.schema) for rows in minority)]
        )
    return np.concatenate([X, *(_as_in(X, rows) for rows in minority)])


def _as_in(X: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`rows` in the dtype of `X`; integers and booleans are the nearest in the range of `X`."""
    if X.dtype.kind in "iub":
        rows = np.clip(np.rint(rows), X.min(axis=0), X.max(axis=0))
    return rows.astype(X.dtype)
