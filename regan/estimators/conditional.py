"""Generative models that may be trained on class labels, and then generate by class."""

from __future__ import annotations

import os
from collections.abc import Sized
from functools import partial
from numbers import Integral
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, cast, overload

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from regan._version import __version__
from regan.building.types import Data
from regan.data.conditions import Evidence
from regan.data.conditions.given import read_conditions
from regan.data.label_form import LabelForm
from regan.data.labels import Classes, check_labels, far_apart
from regan.estimators.arrow_rows import ArrowRows
from regan.estimators.base import GenerativeModel
from regan.estimators.conditions import has_conditions
from regan.estimators.drawing import Drawing
from regan.estimators.persistence import digest_of
from regan.estimators.sampled_parts import ROWS_PER_FILE, SampledParts
from regan.estimators.sampling import BLOCK_ROWS, Sampler
from regan.files.parquet_parts import ParquetParts, seed_in
from regan.streams.class_source import ClassSource
from regan.streams.opening import Opened
from regan.typing import AnyTable, ConditionsLike, LabelsLike, RandomState, TableLike
from regan.validation import check_bool, check_int


class Labels(NamedTuple):
    """Class labels.

    Attributes
    ----------
    values : array of shape (n,)
    form : LabelForm or None
        The form that they came in.
    classes : Classes or None
        Those of all rows, if these are some of many.
    """

    values: np.ndarray
    form: LabelForm | None
    classes: Classes | None = None


class ConditionalModel(GenerativeModel):
    """A generative model with a setting `conditional`: whether it is trained on class labels.

    `_train` is given what `_check_y` made of the labels, and hands it to `_learn_labels`. Makers
    are given the positions of the classes of their rows, if it was trained on classes. A model file
    holds `_classes` by `regan.data.labels.export_classes` and `restore_classes`.
    """

    conditional: Any

    _classes: Classes | None

    # What a subclass may change

    def _check_conditional(self) -> bool | str:
        """The setting, checked."""
        return check_bool(self.conditional, "conditional")

    def _sampler_by(self, method: str) -> Sampler:
        """What makes rows by a method of sampling; most models have one."""
        return self._sampler

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
        y : array-like of shape (n_samples,), or str
            Class labels if ``conditional=True``, else ignored. For Parquet, `y` may also name the
            column of the labels, which is then no column of `X`.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If the data or hyper-parameters cannot be used. Fitted attributes stay as they were. A
            `regan.data.ColumnsError`, which is both, names all columns that cannot be used.
        """
        return super().fit(X, y)

    @overload
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: Literal[False] = ...,
        conditions: ConditionsLike | None = None,
    ) -> AnyTable: ...

    @overload
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: Literal[True],
        conditions: ConditionsLike | None = None,
    ) -> tuple[AnyTable, Any]: ...

    @overload
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: bool = ...,
        conditions: ConditionsLike | None = None,
    ) -> Any: ...

    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: bool = False,
        conditions: ConditionsLike | None = None,
    ) -> Any:
        """Generate rows, under conditions if there are any.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState or None, default=None
            Seed. None takes the `random_state` of the constructor: with an int there, every call
            returns the same rows; with None there, every call returns new rows.
        y : label, or array-like of shape (n_samples,), default=None
            Classes of the rows, for a conditional model. None draws classes with their frequencies
            in the training data.
        return_y : bool, default=False
            Whether to return the classes of the rows too, for a conditional model. The rows are the
            same in both cases.
        conditions : mapping, DataFrame or array-like, default=None
            Values of some cells. A mapping holds for all rows. Its keys are columns (positions for
            an array). Its values are a value, a list of values, a `regan.Range`, or None for a
            missing cell. For a table of conditions, `n_samples` rows are generated for each of its
            rows, in order. Its missing cells are free, and a DataFrame may lack columns. Classes
            are drawn given the conditions, unless `y` has the classes of all rows returned.

        Returns
        -------
        X : array or DataFrame of shape (n_samples, n_features)
            Rows in the units, the container and the dtypes of the training data. For a list, it is
            an array. With ``standardize=False``, an array has a floating-point dtype. The first
            rows do not depend on `n_samples`, unless conditions are a table or are given with `y`.
        y : array or column of shape (n_samples,)
            Classes of the rows, if `return_y` is True. If the labels were a Series or another
            column at `fit`, the classes have its library, name and dtype.

        Raises
        ------
        ValueError, TypeError
            If no row can fulfill the conditions. The message names the column.
        RuntimeError
            If hardly any row that the model generates fulfills the conditions.
        """
        return self._sample_table(n_samples, random_state, y, return_y, conditions=conditions)

    def sample_to(
        self,
        path: str | os.PathLike[str],
        n_samples: int,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: bool = False,
        n_jobs: int | None = 1,
        rows_per_file: int = ROWS_PER_FILE,
    ) -> list[Path]:
        """Generate more rows than fit into memory, as a folder of Parquet files.

        The rows are those of ``sample(n_samples, random_state)``, in the same order, whatever the
        number of processes and of rows in a file. They have the dtypes of the training data, and
        all files have the same types. A file is written completely or not at all. After an
        interruption, repeat the same call: it keeps the complete files. Each file records its
        model, its seed and its number of rows. Each process takes less than 100 MB in addition to
        the model, unless 4096 rows take more.

        Parameters
        ----------
        path : str or path
            Folder to write to. It is created if it does not exist. Its files are called
            ``part-00000.parquet`` and so on.
        n_samples : int
            Number of rows in all files together.
        random_state : int, RandomState or None, default=None
            Seed, as for `sample`. If there is no seed, files that exist already determine it.
        y : label, or array-like of shape (n_samples,), default=None
            Classes of the rows, as for `sample`.
        return_y : bool, default=False
            Whether the files have the classes of the rows as their last column. Its name is that of
            `y` at `fit`, or ``y``.
        n_jobs : int or None, default=1
            Number of processes with one thread each, or jobs of the backend that
            `joblib.parallel_config` sets. 1 uses this process, with the threads of `sample`; -1
            uses as many processes as there are cores.
        rows_per_file : int, default=1048576
            Rows in a file, rounded up to a multiple of 4096.

        Returns
        -------
        files : list of Path
            Paths of all files, in order.

        Raises
        ------
        ValueError
            If the folder has Parquet files of other rows. The message names one of them and the
            difference.
        OSError
            If the folder cannot be written to, or if the disk is full or too small for all rows.
            The files in the folder are complete.
        RuntimeError
            If a process was killed. Repeat the same call to continue.
        ImportError
            If pyarrow is not installed.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> from sklearn.datasets import load_iris
        >>> from regan import RegularizedMixture
        >>> X = load_iris(as_frame=True).data
        >>> mixture = RegularizedMixture(5, alpha=1.0, random_state=0).fit(X)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     files = mixture.sample_to(folder, 10_000, random_state=1, rows_per_file=4096)
        ...     rows = pd.concat(map(pd.read_parquet, files), ignore_index=True)
        >>> [file.name for file in files]
        ['part-00000.parquet', 'part-00001.parquet', 'part-00002.parquet']
        >>> rows.equals(mixture.sample(10_000, random_state=1))
        True
        """
        parts = self._sampled_parts(path, n_samples, random_state, rows_per_file, y, return_y)
        return parts.write_all(n_jobs)

    def impute(
        self,
        X: TableLike,
        n_draws: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
    ) -> AnyTable:
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
        y : label, or array-like of shape (n_samples,), default=None
            Classes of the rows, for a conditional model. None draws them.

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
        if y is not None and self._classes is None:
            raise ValueError("y needs a model trained with conditional=True")
        codes = None if y is None else self._given_codes(y, len(cast(Sized, X)))
        return self._impute(X, n_draws, random_state, codes)

    def sample_labels(self, n_samples: int = 1, random_state: RandomState = None) -> np.ndarray:
        """Classes of the rows that `sample` returns with the same integer `random_state`.

        They are drawn with their frequencies in the training data. To get rows and classes
        together, use ``sample(n_samples, return_y=True)``.

        Returns
        -------
        y : array of shape (n_samples,)
        """
        check_is_fitted(self)
        if self._classes is None:
            raise ValueError("sample_labels needs a model trained with conditional=True")
        n = check_int(n_samples, "n_samples", minimum=1)
        drawn: np.ndarray = self.classes_[self._label_codes(n, self._sampling_seed(random_state))]
        return drawn

    def score(self, X: Data, y: TableLike | None = None) -> float:
        """Score generated rows against `X`: higher is better, at most 1.

        The score is `regan.metrics.two_sample_score` on columns standardized as the training data
        were. It compares at most 2,000 rows of `X` with as many generated rows, which are drawn
        with one seed for each fitted model. New rows from the distribution of `X` score 1 up to
        random error: on average .97 or more with at least 100 rows and .98 or more with at least
        500 rows, whatever the number of columns. A model that has nothing in common with the data
        scores below 0.

        A conditional model is scored on rows and labels together. The labels are additional one-hot
        columns, in which different classes are as far apart as independent rows. Generated labels
        have the class frequencies of the training data.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 2
            Rows to compare with, held out from training if possible.
        y : array-like of shape (n_samples,)
            Class labels if the model is conditional, else ignored.

        Returns
        -------
        score : float
        """
        return super().score(X, y)

    @property
    def classes_(self) -> np.ndarray:
        """Class labels of a conditional model."""
        if getattr(self, "_classes", None) is None:
            raise AttributeError("classes_ needs a model trained with conditional=True")
        assert self._classes is not None
        return self._classes.labels

    # Training

    def _check_y(self, X: Any, y: Any) -> Labels | None:
        if not self._check_conditional():
            return None
        return Labels(check_labels(y, X), LabelForm.of(y))

    def _check_opened_y(self, opened: Opened, rows: np.ndarray) -> tuple[Labels | None, np.ndarray]:
        if not self._check_conditional():
            return super()._check_opened_y(opened, rows)
        source = opened.classes()
        classes, witnesses = source.survey()
        labels = source.labels_at(rows)
        lost = np.flatnonzero(~np.isin(classes.labels, labels))
        lost = lost[np.argsort(witnesses[lost])]
        if not self._streams and len(lost):
            labels = np.concatenate([labels, classes.labels[lost]])
        return Labels(labels, classes.form, classes), witnesses[lost]

    def _stream_classes(
        self, opened: Opened, y: Labels | None, n: int, resume: bool
    ) -> tuple[np.ndarray | None, ClassSource | None]:
        codes = self._learn_labels(y, n, resume)
        if y is None or self._classes is None:
            return None, None
        assert y.classes is not None
        self._classes.codes(y.classes.labels, len(y.classes.labels))  # all of them are known
        return codes, opened.classes().known(self._classes)

    def _learn_labels(self, y: Labels | None, n: int, resume: bool = False) -> np.ndarray | None:
        """The positions (n,) of the classes of the rows, or None; learns which there are."""
        if resume and bool(self.conditional) != self._is_conditional:
            raise ValueError(
                f"conditional={self.conditional!r} cannot change when training continues: the "
                f"first fit had conditional={self._is_conditional}. Set it back, or fit with "
                "warm_start=False"
            )
        if not resume:
            self._classes = None if y is None else y.classes or Classes.learn(y.values, y.form)
        if self._classes is None or y is None:
            return None
        return self._classes.codes(y.values, n)

    @property
    def _is_conditional(self) -> bool:
        return self._classes is not None

    # Sampling and scoring

    def _sample_table(
        self,
        n_samples: Any,
        random_state: Any,
        y: Any,
        return_y: Any,
        method: str = "generator",
        conditions: Any = None,
    ) -> Any:
        """What `sample` gives."""
        with_y = check_bool(return_y, "return_y")
        rows, codes = self._sample(
            n_samples, random_state, y, with_y=with_y, method=method, conditions=conditions
        )
        X = self._reader.wrap(rows)
        if not with_y:
            return X
        assert self._classes is not None
        assert codes is not None
        return X, self._classes.wrap(codes)

    def _sample_rows(
        self, n_samples: Any, random_state: Any, conditions: Any = None, y: Any = None
    ) -> np.ndarray:
        return self._sample(n_samples, random_state, y, conditions=conditions)[0]

    def _sample(
        self,
        n_samples: Any,
        random_state: Any,
        y: Any,
        *,
        with_y: bool = False,
        method: str = "generator",
        conditions: Any = None,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Rows as numbers, one a cell, and the positions of their classes."""
        check_is_fitted(self)
        self._refuse_labels(y, with_y)
        if not has_conditions(conditions):
            self._check_room(n_samples)
            return self._drawing(n_samples, self._sampling_seed(random_state), y, method).draw()
        n = check_int(n_samples, "n_samples", minimum=1)
        if method != "generator":
            raise ValueError(
                f"method={method!r} draws whole rows and cannot be combined with conditions: "
                "leave out the method, or leave out the conditions"
            )
        seed = self._sampling_seed(random_state)
        given = read_conditions(self._reader, conditions)
        return self._sample_given(n, seed, given, self._given_codes(y, n * given.n_rows))

    def _drawing(
        self, n_samples: Any, seed: int, y: Any = None, method: str = "generator"
    ) -> Drawing:
        check_is_fitted(self)
        n = check_int(n_samples, "n_samples", minimum=1)
        given = self._given_codes(y, n)
        return Drawing(self._sampler_by(method), seed, n, classes=self._classes, given=given)

    def _sampled_parts(
        self,
        path: str | os.PathLike[str],
        n_samples: Any,
        random_state: Any,
        rows_per_file: Any = ROWS_PER_FILE,
        y: Any = None,
        return_y: Any = False,
        method: str = "generator",
    ) -> SampledParts:
        """The parts that `sample_to` writes."""
        check_is_fitted(self)
        with_y, folder = check_bool(return_y, "return_y"), Path(path)
        rows = check_int(rows_per_file, "rows_per_file", minimum=1)
        self._refuse_labels(y, with_y)
        form = ArrowRows(self._reader, self._classes if with_y else None)
        seed = self._seed_in(folder, random_state)
        drawing = self._without_training(method)._drawing(n_samples, seed, y, method)
        run = {
            "regan": __version__,
            "model": digest_of(self, partial(self._made_from, whole=method == "rejection")),
            "method": method,
            "y": drawing.digest_of_given,
            "return_y": with_y,
            "seed": seed,
        }
        each = -(-rows // BLOCK_ROWS) * BLOCK_ROWS
        parts = ParquetParts(folder, drawing.n_rows, each, run)
        return SampledParts(drawing, form, parts, -1 if self._runs_on == "numpy" else 1)

    def _seed_in(self, folder: Path, random_state: Any) -> int:
        """The seed for rows in a folder: that of those which are there, if it were drawn afresh."""
        is_said = random_state is not None or isinstance(self.random_state, Integral)
        found = None if is_said else seed_in(folder)
        return self._sampling_seed(random_state) if found is None else found

    def _without_training(self, method: str) -> Self:
        """A model that makes the same rows by a method, and may lack what only training needs."""
        return self

    def _refuse_labels(self, y: Any, with_y: bool = False) -> None:
        """ValueError for labels that are given to, or asked of, a model without classes."""
        if self._classes is None and (y is not None or with_y):
            asked = "return_y" if y is None else "y"
            raise ValueError(f"{asked} needs a model trained with conditional=True")

    def _given_codes(self, y: Any, n: int) -> np.ndarray | None:
        """The positions (n,) of classes that are given."""
        return None if self._classes is None or y is None else self._classes.codes(y, n)

    def _codes_given(self, evidence: Evidence, rng: np.random.Generator) -> np.ndarray | None:
        """As often as in the training data, unless a model knows more."""
        return None if self._classes is None else self._classes.draw(len(evidence), rng)

    def _label_codes(self, n: int, seed: int) -> np.ndarray:
        assert self._classes is not None
        return self._classes.draw(n, np.random.default_rng([seed, 7]))

    def _scored_pair(self, X: Any, y: Any = None) -> tuple[np.ndarray, np.ndarray]:
        check_is_fitted(self)
        if self._classes is None:
            return super()._scored_pair(X)
        y = check_labels(y, X)
        real, index, sampler = self._scored_rows(X)
        codes = self._classes.codes(y, len(y))[index]
        drawn = self._label_codes(len(real), self._seed)
        fake = sampler.draw_standardized(len(real), self._seed, drawn)
        one_hot = self._classes.one_hot
        beside_real, beside_fake = (far_apart(one_hot(c), real.shape[1]) for c in (codes, drawn))
        return np.hstack([real, beside_real]), np.hstack([fake, beside_fake])

    def _check_sampling(self) -> None:
        super()._check_sampling()
        self._check_conditional()

    # What scikit-learn asks

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = bool(self.conditional)
        return tags
