"""Generative models of two networks: players, training, classes, fitted attributes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, get_args, overload

import numpy as np
from sklearn.utils.validation import check_is_fitted

from regan.backends import get_backend
from regan.backends.registry import BUILT_IN
from regan.building.rules import Facts
from regan.building.specs import SamplingSpec, Shape, read
from regan.building.training_set import TrainingSet
from regan.building.types import Data
from regan.control.tasks import TaskMixin, Tasks, as_task, with_tasks
from regan.data.conditions import Evidence
from regan.data.encoded_rows import EncodedRows
from regan.data.labels import check_conditional
from regan.data.unscaled_rows import UnscaledRows
from regan.distributed.choice import get_communicator, one_fit
from regan.estimators.completing import Completer
from regan.estimators.conditional import ConditionalModel
from regan.estimators.fit_run import FitRun, Occasion
from regan.estimators.fitted_frames import FittedFrames
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.masked_completing import completing
from regan.estimators.network_contents import DTYPES, Contents
from regan.estimators.pruning import has_dead_units, remove_dead_units
from regan.estimators.rejection import Calibration, Rejection
from regan.estimators.sampled_parts import ROWS_PER_FILE
from regan.estimators.sampling import Maker, Sampler, backend_or_numpy, making
from regan.estimators.shares import keep_shares, rows_to_make
from regan.estimators.shortfall import (
    FAR,
    WORTH_MEASURING,
    advice,
    frames_to_try,
    measure_shortfall,
)
from regan.estimators.steered_run import Kept
from regan.files.values import Codec
from regan.layers.fitted import FittedNetwork
from regan.layers.pruning import Sparsity, sparsity
from regan.mixtures.coordinates import Coordinates, Matrix, Rows
from regan.mixtures.frames import Frames
from regan.mixtures.given import classes_given
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.streams.opening import in_memory
from regan.streams.stream import Stream
from regan.training.divergence import DivergenceError
from regan.training.history import History
from regan.training.results import Result
from regan.training.state import TrainingState
from regan.typing import (
    AnyTable,
    ConditionsLike,
    LabelsLike,
    RandomState,
    SamplingMethod,
    TableLike,
)
from regan.validation import check_bool, check_choice, quietly, warn_user

METHODS: tuple[SamplingMethod, ...] = get_args(SamplingMethod)
"""How rows are sampled."""


class NeuralModel(TaskMixin, ConditionalModel):
    """An estimator that trains two networks.

    Attributes
    ----------
    networks : tuple of str
        What the two are called: the order of a pair of settings, and of everything else. Their
        fitted attributes have an underscore behind.
    spec_class : type
        What reads the settings, and makes the objective of them.
    """

    _streams = True

    networks: ClassVar[tuple[str, str]]
    spec_class: ClassVar[type[SamplingSpec]]

    backend: Any
    dtype: Any
    frames: Any
    masked: Any
    max_iter: Any
    warm_start: Any

    history_: dict[str, np.ndarray]
    n_iter_: int
    best_iter_: int
    best_score_: float
    _state: TrainingState | None
    _frames: Frames | None
    _facts: Facts
    _calibration: Calibration | None
    _ranks: MadeRanks

    # The public methods

    @with_tasks
    def fit(self, X: Data, y: TableLike | None = None) -> Self:
        """Fit the model to the rows of `X`.

        In a `regan.distributed.communicating` context, all ranks train one model.

        If you press Ctrl-C, `fit` stops with a warning and keeps the model of the last complete
        window of updates (a fortieth of all updates, at most 250). A second Ctrl-C, or one during a
        search, raises a KeyboardInterrupt.

        If rows are read block by block, minibatches are drawn from a buffer of rows. During
        training, other rows replace those in the buffer. The seed and the update determine which
        rows these are, so a fit that continues from a `Checkpoint` reads the same rows. Early
        stopping holds out rows of the sample that columns are learned from.

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
        DivergenceError
            If a value in training is not finite. The model keeps the last finite parameters.
        BackendUnavailableError
            If the requested backend is not available on this machine.
        """
        resume = check_bool(self.warm_start, "warm_start") and hasattr(self, "_reader")
        with as_task(self, X, y) as tasks:
            self._fit(X, y, resume=resume, tasks=tasks)
        return self

    def partial_fit(self, X: Data, y: TableLike | None = None) -> Self:
        """Continue training with one pass over the rows of `X`.

        With ``conditional="balanced"``, minibatches are drawn by class instead, as many as one pass
        has; classes that `X` lacks are left out. If rows are read block by block, regan makes as
        many updates as one pass has, with rows drawn at random (see `fit`).

        The learning rate is constant at its initial value, and so is every strength with a
        schedule. The optimizers continue from their state. The first call learns the scaling, the
        classes of a conditional model and the frames, and later calls keep them. The first call
        should therefore have many rows, of all kinds.

        Parameters
        ----------
        X : array-like, DataFrame, path or OutOfCore of shape (n_samples, n_features)
            As for `fit`. The first call needs at least 2 rows.
        y : array-like of shape (n_samples,), or str
            Class labels if ``conditional=True``, else ignored.

        Returns
        -------
        self
        """
        self._fit(X, y, resume=hasattr(self, "_reader"), one_pass=True)
        return self

    @overload
    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: Literal[False] = ...,
        method: SamplingMethod = "generator",
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
        method: SamplingMethod = "generator",
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
        method: SamplingMethod = "generator",
        conditions: ConditionsLike | None = None,
    ) -> Any: ...

    def sample(
        self,
        n_samples: int = 1,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: bool = False,
        method: SamplingMethod = "generator",
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
        method : {"generator", "rejection"}, default="generator"
            "generator" returns rows as the network makes them. "rejection" generates a row again
            until the discriminator of a GAN accepts it, with odds that were calibrated on held-out
            rows (`RegularizedGAN.calibrate`). The shares of classes and of frames do not change.
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
            If rejection sampling rejects a row 200 times, or if hardly any row that the model
            generates fulfills the conditions.
        """
        method = check_choice(method, "method", METHODS)
        return self._sample_table(n_samples, random_state, y, return_y, method, conditions)

    def sample_to(
        self,
        path: str | os.PathLike[str],
        n_samples: int,
        random_state: RandomState = None,
        *,
        y: LabelsLike | None = None,
        return_y: bool = False,
        method: SamplingMethod = "generator",
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
        method : {"generator", "rejection"}, default="generator"
            As for `sample`.
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
            If a process was killed; repeat the same call to continue. If rejection sampling rejects
            a row 200 times.
        ImportError
            If pyarrow is not installed.

        Examples
        --------
        >>> import os, tempfile
        >>> import numpy as np
        >>> from regan import RegularizedGAN
        >>> gan = RegularizedGAN(max_iter=5, random_state=0).fit(np.eye(4))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     files = gan.sample_to(folder, 10_000, rows_per_file=4096)
        ...     sorted(os.listdir(folder))
        ['part-00000.parquet', 'part-00001.parquet', 'part-00002.parquet']
        """
        method = check_choice(method, "method", METHODS)
        parts = self._sampled_parts(
            path, n_samples, random_state, rows_per_file, y, return_y, method
        )
        return parts.write_all(n_jobs)

    @property
    def frames_(self) -> FittedFrames | None:
        """Mixture whose components are the frames of training; None without frames."""
        if not hasattr(self, "_reader"):
            raise AttributeError("frames_ needs a fitted model")
        return None if self._frames is None else FittedFrames(self._frames, self._reader, self)

    @property
    def sparsity_(self) -> dict[str, Sparsity]:
        """Sparsity of each network: the share of weights that are exactly zero, in all and by
        layer, and the dead units of each hidden layer (see `prune`).
        """
        return {
            name: sparsity(fitted.network, fitted.theta) for name, fitted in self._fitted().items()
        }

    def prune(self) -> Self:
        """Prune dead units: a copy with smaller networks that compute the same, up to rounding.

        A hidden unit is dead if all of its outgoing weights are zero, or all of its incoming
        weights. In the second case its output is constant and is added to the next biases. Units
        that enter a layer norm, a minibatch statistic or a residual connection are not removed,
        because other units depend on their number. A network is not pruned if a part of its
        architecture has affine maps of its own, because no setting holds their widths.

        Returns
        -------
        model : fitted estimator
            Its hyper-parameters have the remaining widths, so `partial_fit` and ``warm_start`` can
            continue from it.
        """
        check_is_fitted(self)
        model, state = copy(self), self._going_on()
        if not has_dead_units(self._fitted(), state):
            return model
        with quietly():  # the fit has told what there is to tell
            spec = read(self, self._facts)
        ops, shape = get_backend("numpy", spec.run.dtype), self._shape
        networks, state, widths = remove_dead_units(
            self._fitted(),
            {network.name: tuple(network.blueprint.widths) for network in spec.networks},
            state,
            spec.objective_class.sampler,
            lambda widths: spec.with_widths(widths).bind(ops, shape).players,
        )
        if networks == self._fitted():
            return model
        names = zip(spec.width_settings, self.networks, strict=True)
        model.set_params(**{setting: widths[name] for setting, name in names})
        pruned = model._with_result(Result(dict(networks), state, self.history_), self._best())
        pruned._calibration, pruned._ranks = self._calibration, self._ranks
        return pruned

    @property
    def _rows_trained_on(self) -> int:
        return self._facts.n_rows

    def _fit_summary(self) -> dict[str, str]:
        summary = super()._fit_summary()
        summary["Updates"] = f"{self.n_iter_:,}"
        if (best := self._best()) is not None:
            summary["Early stopping"] = f"kept update {best[0]:,}, validation score {best[1]:.3g}"
        distances = np.asarray(self.history_.get("distance", ()))
        if (known := distances[np.isfinite(distances)]).size:
            summary["Distance to the data"] = f"{known[-1]:.3g}"
        if (frames := self._frames) is not None:
            summary["Frames"] = f"{frames.kind}, {_counted(frames.n_components, 'component')}"
        for name, fitted in self._fitted().items():
            summary[name.capitalize()] = f"{fitted.theta.size:,} parameters"
        summary["Backend"] = f"{self._runs_on}, {self._sampling_network.theta.dtype}"
        return summary

    # Training

    def _fit(self, X: Any, y: Any, *, resume: bool, **options: Any) -> None:
        """As of the base class; of several ranks the first one speaks, and all end together."""
        with one_fit() as communicator, nullcontext() if communicator.rank == 0 else quietly():
            super()._fit(X, y, resume=resume, **options)
            communicator.all_reduce(np.zeros(1))

    def _fresh_seed(self) -> int:
        seed: int = get_communicator().broadcast(super()._fresh_seed())
        return seed

    @property
    def _trains_in(self) -> str:
        return str(check_choice(self.dtype, "dtype", DTYPES))

    def _check_conditional(self) -> bool | str:
        return check_conditional(self.conditional)

    def _train(
        self,
        X: Matrix | UnscaledRows | Stream,
        y: Any,
        *,
        resume: bool,
        one_pass: bool = False,
        tasks: Tasks | None = None,
    ) -> None:
        """As `GenerativeModel._train`; one_pass : see every row once, at a constant rate."""
        reading, last = partial(read, self), None
        if isinstance(X, Stream):
            in_memory, codes = X.sample, X.sample_codes
        else:
            in_memory, codes = X, self._learn_labels(y, len(X), resume)
        labels = self._encoded(codes)
        if resume:
            last = Result(self._fitted(), self._going_on(), self.history_), self._frames
        occasion = Occasion(type(self).__name__, one_pass, tasks)
        fit = FitRun(reading, self._reader, (X, labels), self._seed, last, occasion)
        self._seed, self._frames, self._facts = fit.seed, fit.coordinates.frames, fit.facts
        with fit.patience:
            try:
                fit.train(lambda *result: dict(vars(self._with_result(*result))))
            except DivergenceError:
                self._set_fitted(fit.result(), None)
                raise
            self._set_fitted(fit.result(), fit.kept)
            self._keep_shares(fit.n_updates)
            self._set_calibration(fit.held)
        fit.tell()
        if fit.n_updates >= WORTH_MEASURING and not one_pass:
            self._tell_shortfall(in_memory, fit.n_updates)

    def _tell_shortfall(self, X: Matrix | UnscaledRows, n_updates: int) -> None:
        """Warn if generated rows are far from the rows `X` (n, D) of training."""
        codes = None if self._classes is None else self._label_codes(len(X), self._seed)
        coordinates = self._coordinates
        score = measure_shortfall(X, coordinates, self._sampler, self._seed, codes)
        if score is not None and score < FAR:
            frames = frames_to_try(self.frames, coordinates, len(X))
            warn_user(advice(score, n_updates, coordinates, frames, self.spec_class.strength))

    def _keep_shares(self, n_updates: int) -> None:
        """Levels, and numbers by rank, are as frequent as in the data from now on."""
        name, coordinates = self._sampler_name, self._coordinates
        n_rows = rows_to_make(n_updates, coordinates.scaler.n_columns)
        network, self._ranks = keep_shares(
            self._sampling_network,
            self.spec_class.objective_class,
            coordinates,
            self._classes,
            n_rows,
            self._seed,
        )
        setattr(self, f"{name}_", network)

    def _set_calibration(self, held: Rows | None) -> None:
        """What rejection sampling takes of held-out rows, as networks see them."""
        self._calibration = None

    @property
    def _shape(self) -> Shape:
        """What the objective has to know of the data."""
        return Shape.of(self._coordinates)

    @property
    def _coordinates(self) -> Coordinates:
        """What the networks make rows in."""
        n_classes = 0 if self._classes is None else len(self._classes.labels)
        return Coordinates(self._reader.scaler, n_classes, self._frames, bool(self.masked))

    def _prepare(self, X: Any, y: Any, seed: int) -> TrainingSet:
        """Learn columns, classes and frames of data to train on elsewhere, under a given seed."""
        rows, y = self._learn(in_memory(X, "paths and populations"), y)
        self._seed = seed
        labels = self._encoded(self._learn_labels(y, len(rows)))
        with quietly():  # what there is to tell is told once, by `check_members`
            run = read(self).run
        learnt = TrainingSet.learn(run, self._reader.scaler, (rows, labels), seed)
        self._frames, self._facts = learnt.coordinates.frames, learnt.facts
        return learnt.astype(self._trains_in)

    def _with_result(self, result: Result, best: Kept, n_updates: int = 0) -> Self:
        """A copy with the fitted attributes that training elsewhere led to.

        n_updates : how many it made, if shares are to be kept.
        """
        model: Self = copy(self)
        model._set_fitted(result, best)
        if n_updates:
            model._keep_shares(n_updates)
        return model

    def _encoded(self, codes: np.ndarray | None) -> EncodedRows | None:
        """The classes at positions `codes` (n,) as one-hot rows (n, C); None without any."""
        return None if self._classes is None or codes is None else self._classes.encoded(codes)

    def _set_fitted(self, result: Result, best: Kept) -> None:
        self._state, self.n_iter_ = result.state, result.state.step
        self._calibration, self._ranks = None, MadeRanks()
        self._set_networks(result.networks, result.history, best)

    def _set_networks(
        self, networks: dict[str, FittedNetwork], history: History, best: Kept
    ) -> None:
        for name, network in networks.items():
            setattr(self, f"{name}_", network)
        self.history_ = history
        for name in ("best_iter_", "best_score_"):  # of an earlier fit
            self.__dict__.pop(name, None)
        if best is not None:
            self.best_iter_, self.best_score_ = best

    def _best(self) -> Kept:
        """What early stopping has found."""
        return (self.best_iter_, self.best_score_) if hasattr(self, "best_iter_") else None

    def _fitted(self) -> dict[str, FittedNetwork]:
        own = self._sampler_name  # a file may have left out the other one
        names = [name for name in self.networks if name == own or hasattr(self, f"{name}_")]
        return {name: getattr(self, f"{name}_") for name in names}

    def _going_on(self) -> TrainingState:
        """The state that training goes on from. ValueError if a file left it out."""
        if self._state is None:
            raise ValueError(
                "training cannot continue: the model was saved with sampler_only=True, which "
                "leaves out the state of training. Save the whole model to continue, or fit a "
                "new model"
            )
        return self._state

    # Sampling

    def _without_training(self, method: str) -> Self:
        model: Self = copy(self)
        model._state, model.history_, model.callbacks = None, {}, None
        for name in {*self.networks} - {self._sampler_name} if method == "generator" else ():
            model.__dict__.pop(f"{name}_", None)
        return model

    def _sampler_by(self, method: str) -> Sampler:
        return self._rejecting_sampler() if method == "rejection" else self._sampler

    def _rejecting_sampler(self) -> Sampler:
        """What makes rows that a discriminator has kept. ValueError for a model without one."""
        raise ValueError(
            f"method='rejection' needs a discriminator, and a {type(self).__name__} has none: use "
            "method='generator'"
        )

    def _making(
        self, n_rows: int, rejection: Rejection | None = None
    ) -> AbstractContextManager[Maker]:
        network = self._sampling_network
        ops = backend_or_numpy(self.backend, network.theta.dtype, told=True)
        objective = self.spec_class.objective_class
        coordinates, ranks = self._coordinates, self._ranks
        return making(network, objective, ops, coordinates, n_rows, rejection, ranks)

    _instead = f"fit with masked=True, or {ConditionalModel._instead}"

    @property
    def _holds_numbers(self) -> bool:  # type: ignore[override]  # goes with a setting
        return bool(self.masked)

    def _codes_given(self, evidence: Evidence, rng: np.random.Generator) -> np.ndarray | None:
        """By how likely the components of each class are given what is known, in frames of several;
        else as often as in the training data.
        """
        coordinates, classes = self._coordinates, self._classes
        if not self.masked or classes is None or not coordinates.n_components:
            return super()._codes_given(evidence, rng)
        return classes_given(coordinates, evidence, classes.shares, rng)

    @contextmanager
    def _completing(self, n_rows: int) -> Iterator[Completer]:
        if not self.masked:
            with super()._completing(n_rows) as complete:
                yield complete
            return
        network = self._sampling_network
        ops = backend_or_numpy(self.backend, network.theta.dtype, told=True)
        objective, coordinates = self.spec_class.objective_class, self._coordinates
        with completing(network, objective, ops, coordinates, self._ranks) as complete:
            yield complete

    def _check_sampling(self) -> None:
        super()._check_sampling()
        check_choice(self.backend, "backend", (*BUILT_IN, None))
        assert self._trains_in

    @property
    def _widest(self) -> int:
        return max(self._sampling_network.network.widest, self._reader.scaler.n_columns)

    @property
    def _runs_on(self) -> str:
        return backend_or_numpy(self.backend, self._sampling_network.theta.dtype, told=True).name

    def _threads(self) -> int:
        return backend_or_numpy(self.backend, self._sampling_network.theta.dtype).n_threads

    @property
    def _sampling_network(self) -> FittedNetwork:
        return self._fitted()[self._sampler_name]

    @property
    def _sampler_name(self) -> str:
        return self.spec_class.objective_class.sampler

    # What a model file asks

    def _export(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        contents = Contents(
            self._fitted(),
            self._classes,
            self._state,
            self.history_,
            self.n_iter_,
            self._best(),
            self._frames,
            self._facts,
            self._calibration,
            self._ranks,
        )
        return (contents if whole else contents.of_sampler(self._sampler_name)).export(codec)

    def _restore(self, stored: Stored, tensors: Tensors, codec: Codec) -> None:
        names = self.networks, self._sampler_name
        contents = Contents.restore(stored, tensors, codec, *names, self._reader.scaler)
        self._classes, self._state = contents.classes, contents.state
        self._frames, self._facts = contents.frames, contents.facts
        self._calibration, self._ranks = contents.calibration, contents.ranks
        self.n_iter_ = contents.n_iter
        self._set_networks(contents.networks, contents.history, contents.best)


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
