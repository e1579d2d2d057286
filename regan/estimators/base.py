"""What every generative estimator shares: validation, scaling, sampling, scoring, saving."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from threading import Event
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.base import DensityMixin
from sklearn.utils.validation import check_is_fitted

from regan.backends import get_backend
from regan.backends.numpy_backend import one_thread_each
from regan.data.table_input import TableInput
from regan.estimators.persistence import save
from regan.metrics import two_sample_score
from regan.training.divergence import DivergenceError
from regan.validation import check_int, draw_seed, setting_on_error

_SCORE_ROWS = 2000
PIECE_ROWS = 1024
"""Rows that are made at a time: what `sample` takes of memory beside its result."""

BLOCK_ROWS = 4 * PIECE_ROWS
"""Rows that share a stream of random numbers."""

Maker: TypeAlias = Callable[[np.random.Generator, "np.ndarray | None"], np.ndarray]
"""Makes `PIECE_ROWS` scaled rows from random numbers, of the given classes if there are any."""


class GenerativeModel(DensityMixin, TableInput, ABC):
    """An estimator with `fit`, `sample` and `score` on a table.

    A subclass trains on scaled float64 rows (`_train`) and makes such rows (`_making`). Its
    constructor has at least `standardize` and `random_state`.

    `TableInput` is between the user's table and such rows.
    """

    random_state: Any

    _seed: int

    # What a subclass provides

    @abstractmethod
    def _train(self, X: np.ndarray, y: Any, *, resume: bool, one_pass: bool) -> None:
        """Train on `X` (n, D), float64 and scaled, and set the fitted attributes.

        `resume` goes on from the fitted state; `one_pass` sees every row once, at a constant rate.
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

    # The public methods

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on the rows of `X`.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 2
            Numbers, in any units; in a DataFrame of pandas also categories, strings and booleans.
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
        self._fit(X, y, resume=False, one_pass=False)
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
            In the units, the container and the dtypes of the training data; a container of numbers
            alone has floating dtypes. The first rows are the same whatever `n_samples` is.
        """
        rows = self._sample_rows(n_samples, random_state)
        return self._container.wrap(rows)

    def score(self, X: Any, y: Any = None) -> float:
        """How near generated rows are to `X`: higher is better, about 1 at the best.

        This is `regan.metrics.two_sample_score` on columns standardised as the training data were,
        between at most 2,000 rows of `X` and as many generated ones, drawn with one seed for each
        fitted model. Equal distributions score about 0.97, which depends a little on the number of
        rows; a model that has nothing in common with the data scores below 0.

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
        """
        check_is_fitted(self)
        save(self, path)

    # What a model file holds

    def _export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The fitted state as arrays, and as values that JSON can hold."""
        arrays, fitted = self._export_columns()
        return arrays, {**fitted, "seed": self._seed}

    def _restore(self, arrays: dict[str, np.ndarray], fitted: dict[str, Any]) -> None:
        """The inverse of `_export`, on an unfitted model."""
        self._restore_columns(arrays, fitted)
        self._seed = fitted["seed"]

    # How they work

    def _sample_rows(self, n_samples: Any, random_state: Any) -> np.ndarray:
        """What `sample` gives, as an array."""
        check_is_fitted(self)
        n = check_int(n_samples, "n_samples", minimum=1)
        return self._draw(n, self._sampling_seed(random_state))

    def _draw(self, n: int, seed: int, codes: np.ndarray | None = None) -> np.ndarray:
        """`n` rows in the units and the dtype of the training data, of the classes `codes`."""
        rows = np.empty((n, self.n_features_in_), dtype=self._container.dtype)
        limits = self._container.limits
        limit = limits if np.ptp(limits) else limits[0]

        def place(here: slice, made: np.ndarray) -> None:
            found = self._scaler.inverse(made, rows[here])
            np.clip(found, -limit, limit, out=rows[here], casting="same_kind")

        self._make(n, [seed, 3], codes, place)
        return rows

    def _scored_pair(self, X: Any, y: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Rows of `X` and as many generated ones, as scores compare them."""
        real, _ = self._scored_rows(X)
        return real, self._scored_fakes(len(real))

    def _scored_fakes(self, n: int, codes: np.ndarray | None = None) -> np.ndarray:
        """`n` generated rows on the scale that scores compare on, with one seed for each fit."""
        rows = np.empty((n, self._scaler.n_standardized))

        def place(here: slice, made: np.ndarray) -> None:
            rows[here] = self._scaler.as_standardized(made)

        self._make(n, [self._seed, 4], codes, place)
        return rows

    def _make(
        self,
        n: int,
        seed: list[int],
        codes: np.ndarray | None,
        place: Callable[[slice, np.ndarray], None],
    ) -> None:
        """Make `n` scaled rows, of the classes `codes`, in several threads, and `place` them."""
        n_blocks = -(-n // BLOCK_ROWS)
        threads = min(self._threads(), n_blocks)
        stopped = Event()

        def work(first: int) -> None:
            with self._making() as make, setting_on_error(stopped):
                for block in range(first, n_blocks, threads):
                    if stopped.is_set():
                        return
                    start, stop = block * BLOCK_ROWS, min(n, (block + 1) * BLOCK_ROWS)
                    pieces = self._pieces(make, [*seed, block], start, stop, codes)
                    if not self._scaler.by_piece:
                        pieces = iter([np.concatenate(list(pieces))])
                    for made in pieces:
                        place(slice(start, start := start + len(made)), made)

        # products take one thread each, also where there is one of ours: two may round differently
        with one_thread_each(), ThreadPoolExecutor(threads) as pool, setting_on_error(stopped):
            list(pool.map(work, range(threads)))

    def _pieces(
        self, make: Maker, seed: list[int], start: int, stop: int, codes: np.ndarray | None
    ) -> Iterator[np.ndarray]:
        """The rows from `start` to `stop`, which have a stream of random numbers of their own."""
        rng = np.random.default_rng(seed)
        for i in range(start, stop, PIECE_ROWS):
            # always a full piece: a product may round differently at another size, and the first
            # rows must not depend on how many there are
            part = None
            if codes is not None:
                part = np.resize(codes[i : i + PIECE_ROWS], PIECE_ROWS)
            yield make(rng, part)[: stop - i]

    def _sampling_seed(self, random_state: Any) -> int:
        return draw_seed(self.random_state if random_state is None else random_state)

    def _scored_rows(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """At most 2,000 rows of `X`, standardised, and their positions."""
        rows = self._validate(X, reset=False, minimum=2)
        index = np.arange(len(rows))
        if len(rows) > _SCORE_ROWS:
            index = np.random.default_rng([self._seed, 8]).permutation(len(rows))[:_SCORE_ROWS]
        return self._scaler.standardize(rows[index]), index

    def _fit(self, X: Any, y: Any, *, resume: bool, one_pass: bool) -> None:
        with self._unchanged_on_error():
            rows, y = self._learn(X, y, resume=resume)
            self._train(rows, y, resume=resume, one_pass=one_pass)

    def _learn(self, X: Any, y: Any, *, resume: bool = False) -> tuple[np.ndarray, Any]:
        """What comes before training: container, scaling and seed; scaled rows and checked `y`."""
        rows = self._validate(X, reset=not resume, minimum=1 if resume else 2, unseen=False)
        if resume:
            self._relax(rows)
        else:
            self._learn_columns(X, rows)
            self._seed = draw_seed(self.random_state)
        return self._scaler.forward(rows), self._check_y(X, y)

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
            nothing_new = not getattr(self, "n_iter_", 0) and "_scaler" in before
            if not isinstance(error, DivergenceError) or nothing_new:
                self.__dict__.clear()
                self.__dict__.update(before)
            raise
