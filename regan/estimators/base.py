"""Generative estimators, the base class: fitting, sampling, scoring, saving."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import copy, deepcopy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils.validation import check_is_fitted

from regan.backends import get_backend
from regan.building.types import Data
from regan.data.columns.rules import USUAL, EncodingDefaults
from regan.data.encoder import TableEncoder
from regan.data.frames.dataframes import objects
from regan.data.reader import Reader
from regan.data.scaling import ColumnScaler
from regan.data.unscaled_rows import UnscaledRows
from regan.estimators.conditions import has_conditions
from regan.estimators.drawing import Drawing, check_room
from regan.estimators.fit_summary import SummaryMixin, columns_in_words
from regan.estimators.never_generated import warn_of_never_generated
from regan.estimators.persistence import save
from regan.estimators.predicting import Predicting
from regan.estimators.sampling import Maker, Sampler, piece_rows
from regan.files.values import Codec
from regan.metrics import two_sample_score
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.streams.class_source import ClassSource
from regan.streams.learning import learn_columns
from regan.streams.opening import Opened, open_rows, some_rows
from regan.streams.passing import survey_source
from regan.streams.stream import Stream
from regan.training.divergence import DivergenceError
from regan.typing import AnyTable, ConditionsLike, RandomState, TableLike
from regan.validation import check_bool, check_int, draw_seed, quietly

SCORE_ROWS = 2000
"""Rows that a score compares, at most."""

_PART_CELLS = 2**18


class GenerativeModel(SummaryMixin, Predicting, DensityMixin, BaseEstimator):
    """An estimator with `fit`, `sample` and `score` on a table.

    A subclass trains on scaled float64 rows (`_train`) and makes such rows (`_making`). Its
    constructor has at least `standardize` and `random_state`. Between the user's table and such
    rows is a `Reader`.
    """

    standardize: Any
    random_state: Any

    _streams: ClassVar[bool] = False
    """Whether it is trained on all rows of data that are not in memory, and not on a sample."""

    _encoding: ClassVar[EncodingDefaults] = USUAL
    """How tables are encoded for it by default."""

    _reader: Reader
    _seed: int

    if TYPE_CHECKING:  # scikit-learn's have no types

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """The settings."""

        def set_params(self, **params: Any) -> Self:
            """Set some of the settings."""

    # What a subclass provides

    @abstractmethod
    def _train(self, X: Any, y: Any, *, resume: bool) -> None:
        """Train on `X` (n, D) and set the fitted attributes.

        Rows of a table are `EncodedRows`, or an array, float64 and scaled; those of a matrix are
        `UnscaledRows`.

        `resume` goes on from the fitted state.
        """

    @abstractmethod
    def _making(self, n_rows: int) -> AbstractContextManager[Maker]:
        """A context with a function that makes `n_rows` scaled rows, for use in one thread."""

    @property
    def _widest(self) -> int:
        """How many numbers making a row takes at a time, at most."""
        return self._reader.scaler.n_columns

    @property
    def _runs_on(self) -> str:
        """The backend that makes rows."""
        return "numpy"

    def _threads(self) -> int:
        """How many threads are worth while for making rows."""
        return get_backend("numpy").n_threads

    def _check_y(self, X: Any, y: Any) -> Any:
        """The target as `_train` takes it, checked; most models take none."""
        return None

    def _check_opened_y(self, opened: Opened, rows: np.ndarray) -> tuple[Any, np.ndarray]:
        """The target of some rows that are not in memory, by their numbers, and the numbers of
        further ones, ascending, of classes that these lack; their target follows, unless the model
        is trained on a stream.
        """
        return None, np.empty(0, dtype=np.int64)

    def _stream_classes(
        self, opened: Opened, y: Any, n: int, resume: bool
    ) -> tuple[np.ndarray | None, ClassSource | None]:
        """The positions of the classes `y` (n,) of a sample, and those of all rows."""
        return None, None

    @property
    def _trains_in(self) -> str:
        """The dtype that values are computed in."""
        return "float64"

    @property
    def _rows_trained_on(self) -> int | None:
        """How many rows it was trained on; None if that is not known."""
        return None

    def _fit_summary(self) -> dict[str, str]:
        n_rows, summary = self._rows_trained_on, {}
        if n_rows is not None:
            summary["Rows trained on"] = f"{n_rows:,}"
        summary["Columns"] = columns_in_words(self._reader.encoder, len(self._reader.names))
        if hasattr(self, "classes_"):
            summary["Classes"] = f"{len(self.classes_):,}"
        return summary

    # The public methods

    def fit(self, X: Data, y: TableLike | None = None) -> Self:
        """Fit the model to the rows of `X`.

        Parameters
        ----------
        X : array-like, DataFrame, path or OutOfCore of shape (n_samples, n_features)
            At least two rows of numbers, in any units. A DataFrame may also have categories,
            strings, booleans, dates and missing cells. A path names a Parquet file or a folder of
            Parquet files. Parquet files, memory maps and arrays of zarr and h5py are read block by
            block if they are larger than 64 MiB. Data in `OutOfCore` are always read so.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If the data or hyper-parameters cannot be used. Fitted attributes stay as they were. A
            `regan.data.ColumnsError`, which is both, names all columns that cannot be used.
        DivergenceError
            If a value in training is not finite. The model keeps the last finite parameters.
        BackendUnavailableError
            If the requested backend is not available on this machine.
        """
        self._fit(X, y, resume=False)
        return self

    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        conditions: ConditionsLike | None = None,
    ) -> AnyTable:
        """Generate rows, under conditions if there are any.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState or None, default=None
            Seed. None takes the `random_state` of the constructor: with an int there, every call
            returns the same rows; with None there, every call returns new rows.
        conditions : mapping, DataFrame or array-like, default=None
            Values of some cells. A mapping holds for all rows. Its keys are columns (positions for
            an array). Its values are a value, a list of values, a `regan.Range`, or None for a
            missing cell. For a table of conditions, `n_samples` rows are generated for each of its
            rows, in order. Its missing cells are free, and a DataFrame may lack columns.

        Returns
        -------
        X : array or DataFrame of shape (n_samples, n_features)
            Rows in the units, the container and the dtypes of the training data. For a list, it is
            an array. With ``standardize=False``, an array has a floating-point dtype. The first
            rows do not depend on `n_samples`, unless conditions are a table.

        Raises
        ------
        ValueError, TypeError
            If no row can fulfill the conditions. The message names the column.
        RuntimeError
            If hardly any row that the model generates fulfills the conditions.
        """
        rows = self._sample_rows(n_samples, random_state, conditions)
        return self._reader.wrap(rows)

    def impute(self, X: TableLike, n_draws: int = 1, random_state: RandomState = None) -> AnyTable:
        """Impute missing values: draw the missing cells of `X` given the other cells.

        Several draws of a cell differ by the uncertainty of its value. Compute your statistic, such
        as a mean and its standard error, for each draw, and pool the results. An imputed cell is
        never missing. Observed cells do not change. Numbers outside the range of the training
        data, and levels that the training data did not have, are ignored when cells are drawn.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows with the columns of the training data. Cells of every column may be missing (None,
            NaN, NaT or NA), even if no cell of the column was missing in training. A column
            without any value in training keeps its missing cells, and so does a column of
            identifiers that numbers rows anew.
        n_draws : int, default=1
            Number of completed tables.
        random_state : int, RandomState or None, default=None
            Seed, as for `sample`. The first draws do not depend on `n_draws`.

        Returns
        -------
        X : same type as `X`, or a list of `n_draws` of them if ``n_draws > 1``
            Copies of `X` with its container, index and dtypes.

        Raises
        ------
        ValueError, TypeError
            If the columns are not those of the training data, or if the model cannot draw cells
            given numbers.
        """
        check_is_fitted(self)
        return self._impute(X, n_draws, random_state)

    def score(self, X: Data, y: TableLike | None = None) -> float:
        """Score generated rows against `X`: higher is better, at most 1.

        The score is `regan.metrics.two_sample_score` on columns standardized as the training data
        were. It compares at most 2,000 rows of `X` with as many generated rows, which are drawn
        with one seed for each fitted model. New rows from the distribution of `X` score 1 up to
        random error: on average .97 or more with at least 100 rows and .98 or more with at least
        500 rows, whatever the number of columns. A model that has nothing in common with the data
        scores below 0.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 2
            Rows to compare with, held out from training if possible.
        y : ignored

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        X, y = some_rows(X, y, SCORE_ROWS, self._seed, labelled=self._is_conditional)
        return two_sample_score(*self._scored_pair(X, y))

    def save(self, path: str | os.PathLike[str], *, sampler_only: bool = False) -> None:
        """Save the fitted model to a file; `regan.load` reads it.

        The file has the safetensors format: arrays, and a configuration in JSON, both protected by
        a SHA-256 checksum. `partial_fit` and `warm_start` can continue training after loading.
        Callbacks are not saved. An existing file is replaced as a whole and keeps its mode.
        Symbolic links are followed. Devices and pipes are written to directly.

        Parameters
        ----------
        path : str or path
            File to write.
        sampler_only : bool, default=False
            Whether to save only what `sample` and `score` need, for example to give the model away.
            The other network, the optimizers and the history are left out: with the discriminator
            or the encoder, it is much easier to infer which rows were trained on. For columns that
            are scaled by rank, the file has means of at least five numbers instead of single
            numbers, so samples differ slightly from those of the model. Training cannot continue
            from such a file.

        Raises
        ------
        OSError
            If `path` cannot be written. An existing file stays as it was.
        TypeError
            If a file cannot hold a hyper-parameter, such as a function. Pickle such a model
            instead. (If a file cannot hold levels or column names, `fit` raises the error.)
        """
        check_is_fitted(self)
        save(self, path, sampler_only=check_bool(sampler_only, "sampler_only"))

    @property
    def table_encoder_(self) -> TableEncoder:
        """Fitted encoder of a table that has columns other than floating-point numbers."""
        encoder = self._reader.encoder if hasattr(self, "_reader") else None
        if encoder is None:
            raise AttributeError(
                "table_encoder_ needs a model that was fitted to a table with columns other than "
                "floating-point numbers"
            )
        return encoder

    # What a model file holds

    @abstractmethod
    def _export(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        """What the subclass has learnt as arrays, and as values in JSON's terms.

        whole : also what sampling does not need.
        """

    @abstractmethod
    def _restore(self, stored: Stored, tensors: Tensors, codec: Codec) -> None:
        """The inverse of `_export`, on an unfitted model whose columns are known."""

    def _contents(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        """All that a model file holds beside the settings; see `_export`."""
        arrays, columns = (self._reader if whole else self._reader.blurred()).export()
        own, learnt = self._export(codec, whole=whole)
        names = getattr(self, "feature_names_in_", None)
        return arrays | own, {
            "columns": columns,
            "n_features_in": self.n_features_in_,
            "feature_names_in": None if names is None else [str(name) for name in names],
            "seed": self._seed,
            "learnt": learnt,
        }

    def _made_from(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        """What generated rows depend on to the last bit, as `_export` has it.

        whole : all that was learnt besides, such as the other network.
        """
        arrays, columns = self._reader.export()
        own, learnt = self._export(codec, whole=whole)
        return arrays | own, [columns, learnt]

    def _adopt(self, stored: Stored, tensors: Tensors, codec: Codec) -> None:
        """The inverse of `_contents`, on an unfitted model, which can sample then.

        FileError for what does not fit the settings, or each other.
        """
        columns, n, names, seed, learnt = stored.fields(
            "columns", "n_features_in", "feature_names_in", "seed", "learnt"
        )
        with Stored(self.get_params(deep=False), "params").building("set that can sample"):
            self._check_sampling()
        self._reader = Reader.restore(columns, tensors, self._trains_in)
        d = len(self._reader.names)
        self.n_features_in_: int = n.integer(d, d)
        if not names.is_none:
            self.feature_names_in_: np.ndarray = objects([name.text() for name in names.items(d)])
        self._seed = seed.integer()
        self._restore(learnt, tensors, codec)
        tensors.end()
        with learnt.building("model that can sample"), quietly():
            self._try_out()

    def _check_sampling(self) -> None:
        """ValueError or TypeError for settings that sampling could not use."""
        draw_seed(deepcopy(self.random_state))

    def _try_out(self) -> None:
        """Make two rows, as `sample` does; whatever cannot be fails here."""
        codes = np.zeros(2, dtype=np.int64) if self._is_conditional else None
        with self._making(2) as make:
            rows = make(np.random.default_rng(0), codes)
        if rows.shape != (2, self._reader.scaler.n_columns):
            raise ValueError(f"it makes {rows.shape[1]} columns")
        self._reader.scaler.inverse(rows)

    # How they work

    @property
    def _sampler(self) -> Sampler:
        rows = piece_rows(self._widest)
        return Sampler(self._reader, partial(self._making, rows), rows, self._threads())

    def _by_position(self, names: tuple[Any, ...] | None = None) -> Self:
        """A copy that takes arrays with its columns in order, and calls them by `names`, if any."""
        model: Self = copy(self)
        model.__dict__.pop("feature_names_in_", None)
        if names is not None:
            model._reader = self._reader.renamed(names)
        return model

    def _sample_rows(self, n_samples: Any, random_state: Any, conditions: Any = None) -> np.ndarray:
        """What `sample` gives, as numbers, one a cell."""
        if has_conditions(conditions):
            check_is_fitted(self)
            return self._sample_given(n_samples, self._sampling_seed(random_state), conditions)[0]
        self._check_room(n_samples)
        return self._drawing(n_samples, self._sampling_seed(random_state)).draw()[0]

    def _check_room(self, n_samples: Any) -> None:
        """MemoryError, with what helps, for more rows than memory holds."""
        check_is_fitted(self)
        n, reader = check_int(n_samples, "n_samples", minimum=1), self._reader
        helps = ", or write them to a folder with sample_to"
        check_room(n, len(reader.names), reader.container.dtype, helps)

    def _sample_parts(
        self, n_samples: int, random_state: Any
    ) -> tuple[Iterator[np.ndarray], float]:
        """The rows of `_sample_rows` in parts, and how many full ones they would be."""
        drawing = self._drawing(n_samples, self._sampling_seed(random_state))
        n_parts = min(n_samples, 10**99) / drawing.rows_of(_PART_CELLS)
        return (part.draw()[0] for part in drawing.parts(_PART_CELLS)), n_parts

    def _drawing(self, n_samples: Any, seed: int) -> Drawing:
        """The rows that `sample` gives, to be made in parts."""
        check_is_fitted(self)
        return Drawing(self._sampler, seed, check_int(n_samples, "n_samples", minimum=1))

    def _sampling_seed(self, random_state: Any) -> int:
        return draw_seed(self.random_state if random_state is None else random_state)

    def _scored_pair(self, X: Any, y: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Rows of `X` and as many generated ones, as scores compare them."""
        real, _, sampler = self._scored_rows(X)
        return real, sampler.draw_standardized(len(real), self._seed)

    def _scored_rows(self, X: Any) -> tuple[np.ndarray, np.ndarray, Sampler]:
        """At most 2,000 rows of `X`, standardized, their positions, and what makes others like
        them.
        """
        rows = self._reader.read(self, X, minimum=2, compared=True)
        if self._reader.encoder is not None:
            warn_of_never_generated(self._reader.encoder, X, rows)
        index = np.arange(len(rows))
        if len(rows) > SCORE_ROWS:
            index = np.random.default_rng([self._seed, 8]).permutation(len(rows))[:SCORE_ROWS]
        reader = self._reader.opened(rows[index])
        sampler = replace(self._sampler, reader=reader)
        return reader.comparable(rows[index]), index, sampler

    def _fit(self, X: Any, y: Any, *, resume: bool, **options: Any) -> None:
        """Fit; `options` are a subclass's own, for its `_train`."""
        with self._unchanged_on_error():
            rows, y = self._learn(X, y, resume=resume)
            self._train(rows, y, resume=resume, **options)

    def _learn(self, X: Any, y: Any, *, resume: bool = False) -> tuple[Any, Any]:
        """What comes before training: the reader and the seed; rows for `_train`, checked `y`."""
        opened = open_rows(X, y)
        if isinstance(opened, Opened):
            return self._learn_opened(opened, resume)
        X, y = opened
        self._reader, rows = self._learn_reader(X, resume)
        if not resume:
            self._seed = self._fresh_seed()
        return self._as_trained(rows), self._check_y(X, y)

    def _fresh_seed(self) -> int:
        """What all draws of a fit derive from."""
        return draw_seed(self.random_state)

    def _learn_reader(self, X: Any, resume: bool) -> tuple[Reader, np.ndarray]:
        """The reader of a table in memory, or the present one with room for it, and its numbers
        (n, C).
        """
        if resume:
            reader = replace(self._reader, trains_in=self._trains_in)
            rows = reader.read(self, X, going_on=True)
            return reader.relaxed(rows, self.standardize), rows
        return Reader.learn(self, X, self.standardize, self._trains_in, self._encoding)

    def _as_trained(self, rows: np.ndarray) -> Any:
        """Numbers (n, C) as `_train` takes them."""
        scaler = self._reader.scaler
        if isinstance(scaler, ColumnScaler):
            return UnscaledRows(scaler, rows)
        return scaler.forward(rows)

    def _learn_opened(self, opened: Opened, resume: bool) -> tuple[Any, Any]:
        """What comes before training on rows that are not in memory: as `_learn`."""
        seed = self._seed if resume else self._fresh_seed()
        source = opened.source
        levels = getattr(self.standardize, "max_levels", 0)
        most = levels if isinstance(levels, int) else 0  # else the encoder refuses it
        surveyed = survey_source(source, opened.sample_rows, seed, most)
        learn = partial(self._learn_reader, resume=resume)
        self._reader, rows, surveyed = learn_columns(source, surveyed, learn, anew=not resume)
        self._seed = seed
        y, further = self._check_opened_y(opened, surveyed.positions)
        rows = rows[surveyed.is_sampled]
        if not self._streams:
            more = [self._reader.read(self, some) for some in source.read_rows(further)]
            return self._as_trained(np.concatenate([rows, *more])), y
        sample = self._as_trained(rows)
        codes, classes = self._stream_classes(opened, y, len(sample), resume)
        scaler, buffer_rows = self._reader.scaler, opened.buffer_rows
        found = surveyed.survey, sample, surveyed.positions, codes
        return Stream(source, scaler, *found, buffer_rows, classes), y

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
