"""Generative estimators, the base class: fitting, sampling, scoring, saving."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from regan.backends import get_backend
from regan.data.columns.rules import USUAL, EncodingDefaults
from regan.data.encoder import TableEncoder
from regan.data.reader import Reader
from regan.estimators.persistence import save
from regan.estimators.sampling import Maker, Sampler
from regan.metrics import two_sample_score
from regan.training.divergence import DivergenceError
from regan.validation import check_int, draw_seed

_SCORE_ROWS = 2000


class GenerativeModel(DensityMixin, BaseEstimator, ABC):
    """An estimator with `fit`, `sample` and `score` on a table.

    A subclass trains on scaled float64 rows (`_train`) and makes such rows (`_making`). Its
    constructor has at least `standardize` and `random_state`. Between the user's table and such
    rows is a `Reader`.
    """

    standardize: Any
    random_state: Any

    _encoding: ClassVar[EncodingDefaults] = USUAL
    """How tables are encoded for it by default."""

    _reader: Reader
    _seed: int

    # What a subclass provides

    @abstractmethod
    def _train(self, X: Any, y: Any, *, resume: bool) -> None:
        """Train on `X` (n, D), float64 and scaled, and set the fitted attributes.

        Rows of a table with levels are `EncodedRows`, others an array.

        `resume` goes on from the fitted state.
        """

    @abstractmethod
    def _making(self) -> AbstractContextManager[Maker]:
        """A context with a function that makes scaled rows, for use in one thread."""

    def _threads(self) -> int:
        """How many threads are worth while for making rows."""
        return get_backend("numpy").n_threads

    def _check_y(self, X: Any, y: Any) -> np.ndarray | None:
        """The target as `_train` takes it, checked; most models take none."""
        return None

    @property
    def _trains_in(self) -> str:
        """The dtype that values are computed in."""
        return "float64"

    # The public methods

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on the rows of `X`.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 2
            Numbers, in any units; in a DataFrame also categories, strings and booleans.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For data or hyper-parameters that cannot be used; fitted attributes stay as they were.
        DivergenceError
            If training met a value that is not finite; the last finite parameters are kept.
        BackendUnavailableError
            If the backend asked for cannot be used here.
        """
        self._fit(X, y, resume=False)
        return self

    def sample(self, n_samples: int = 1, random_state: Any = None) -> Any:
        """Generate rows.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState or None, default=None
            None means the constructor's: an int there repeats the same rows at every call, None
            draws afresh.

        Returns
        -------
        X : array or DataFrame of shape (n_samples, n_features)
            In the units, the container and the dtypes of the training data; a list becomes an
            array, and with ``standardize=False`` an array has a floating dtype. The first rows are
            the same whatever `n_samples` is.
        """
        rows = self._sample_rows(n_samples, random_state)
        return self._reader.wrap(rows)

    def score(self, X: Any, y: Any = None) -> float:
        """How near generated rows are to `X`: higher is better, 1 at the best.

        This is `regan.metrics.two_sample_score` on columns standardised as the training data were,
        between at most 2,000 rows of `X` and as many generated ones, drawn with one seed for each
        fitted model. Fresh rows of the distribution of `X` score 1, less chance: on average .97 or
        more from 100 rows on and .98 from 500 on, whatever the number of columns. A model that has
        nothing in common with the data scores below 0.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 2
        y : ignored

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        return two_sample_score(*self._scored_pair(X, y))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to `path`, to be read by `regan.load`.

        The file is in safetensors format: arrays, and a configuration in JSON, both under a
        SHA-256. It holds all that `partial_fit` and `warm_start` need to go on. Callbacks are not
        saved.

        Raises
        ------
        TypeError
            For a hyper-parameter that is an object from outside regan; pickle such a model instead.
            (Levels and names of columns that a file cannot hold are refused by `fit`.)
        """
        check_is_fitted(self)
        save(self, path)

    @property
    def table_encoder_(self) -> TableEncoder:
        """The fitted encoder, of a model of a table with other columns than floating numbers."""
        encoder = self._reader.encoder if hasattr(self, "_reader") else None
        if encoder is None:
            raise AttributeError("table_encoder_ needs a model that was fitted to a mixed table")
        return encoder

    # What a model file holds

    def _export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The fitted state as arrays, and as values that JSON can hold."""
        arrays, fitted = self._reader.export()
        names = getattr(self, "feature_names_in_", None)
        return arrays, {
            **fitted,
            "n_features_in": self.n_features_in_,
            "feature_names_in": None if names is None else list(names),
            "seed": self._seed,
        }

    def _restore(self, arrays: dict[str, np.ndarray], fitted: dict[str, Any]) -> None:
        """The inverse of `_export`, on an unfitted model."""
        self._reader = Reader.restore(arrays, fitted, self._trains_in)
        self.n_features_in_ = fitted["n_features_in"]
        if fitted["feature_names_in"] is not None:
            self.feature_names_in_ = np.array(fitted["feature_names_in"], dtype=object)
        self._seed = fitted["seed"]

    # How they work

    @property
    def _sampler(self) -> Sampler:
        return Sampler(self._reader, self._making, self._threads())

    @property
    def _is_conditional(self) -> bool:
        """Whether it was fitted with classes."""
        return False

    def _by_position(self, names: tuple[Any, ...] | None = None) -> Self:
        """A copy that takes arrays with its columns in order, and calls them by `names`, if any."""
        model: Self = copy(self)
        model.__dict__.pop("feature_names_in_", None)
        if names is not None:
            model._reader = self._reader.renamed(names)
        return model

    def _sample_rows(self, n_samples: Any, random_state: Any) -> np.ndarray:
        """What `sample` gives, as numbers, one a cell."""
        check_is_fitted(self)
        n = check_int(n_samples, "n_samples", minimum=1)
        return self._sampler.draw(n, self._sampling_seed(random_state))

    def _sampling_seed(self, random_state: Any) -> int:
        return draw_seed(self.random_state if random_state is None else random_state)

    def _scored_pair(self, X: Any, y: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Rows of `X` and as many generated ones, as scores compare them."""
        real, _ = self._scored_rows(X)
        return real, self._sampler.draw_standardized(len(real), self._seed)

    def _scored_rows(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """At most 2,000 rows of `X`, standardised, and their positions."""
        rows = self._reader.read(self, X, minimum=2)
        index = np.arange(len(rows))
        if len(rows) > _SCORE_ROWS:
            index = np.random.default_rng([self._seed, 8]).permutation(len(rows))[:_SCORE_ROWS]
        return self._reader.scaler.standardize(rows[index]), index

    def _fit(self, X: Any, y: Any, *, resume: bool, **options: Any) -> None:
        """Fit; `options` are a subclass's own, for its `_train`."""
        with self._unchanged_on_error():
            rows, y = self._learn(X, y, resume=resume)
            self._train(rows, y, resume=resume, **options)

    def _learn(self, X: Any, y: Any, *, resume: bool = False) -> tuple[Any, Any]:
        """What comes before training: the reader and the seed; scaled rows and checked `y`."""
        if resume:
            reader = replace(self._reader, trains_in=self._trains_in)
            rows = reader.read(self, X, unseen=False)
            self._reader = reader.relaxed(rows, self.standardize)
        else:
            self._reader, rows = Reader.learn(
                self, X, self.standardize, self._trains_in, self._encoding
            )
            self._seed = draw_seed(self.random_state)
        return self._reader.scaler.forward(rows), self._check_y(X, y)

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Put every attribute back if fitting fails.

        A divergence keeps its last finite parameters instead, unless it came before anything was
        trained and there was a model already.
        """
        before = dict(self.__dict__)
        try:
            yield
        except BaseException as error:
            nothing_new = not getattr(self, "n_iter_", 0) and "_reader" in before
            if not isinstance(error, DivergenceError) or nothing_new:
                self.__dict__.clear()
                self.__dict__.update(before)
            raise
