"""Early stopping: the best state of a run, by a measure of rows that training does not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split

from regan.data.encoded_rows import codes_of
from regan.data.unscaled_rows import UnscaledRows
from regan.metrics import METRICS
from regan.mixtures.coordinates import Coordinates, GivenRows, Matrix, some_of
from regan.objectives.batch import Batch
from regan.prefixes import with_prefix
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.training.callbacks import Callback
from regan.training.evaluation import Evaluation
from regan.training.state import Run, TrainingState
from regan.training.training_data import TrainingData
from regan.typing import MetricName
from regan.validation import check_choice, check_int, check_real

_MIN_ROWS = 10
_PROBE_ROWS = 512
_HELD_ROWS = 1000
_MEMBERS = ("scores", "steps", "waits", "ended")


class EarlyStopping(BaseEstimator):
    """Early stopping: end training when generated rows come no closer to held-out rows.

    A share of the rows is held out of training. At the end of a window of updates, regan compares
    them with as many generated rows, at most 1,000, which always come from the same noise. Columns
    are standardized, and the labels of a conditional model are additional columns, as in
    `RegularizedGAN.score`. The best state is kept. The loss is not used, because the loss of a GAN
    does not measure the quality of samples.

    Parameters
    ----------
    validation_fraction : float in (0, 1), default=0.1
        Share of the rows that is held out at random, for a conditional model within each class. It
        has to be at least 10 rows.
    n_iter_no_change : int, default=10
        Training stops after this number of consecutive comparisons that do not improve the best
        score by more than `tol`.
    tol : float >= 0, default=1e-3
        Least improvement that counts, in units of the metric. The state with the best score is kept
        even if its improvement is smaller.
    eval_every : int, default=1
        Least number of updates between comparisons. Comparisons take place at the ends of windows
        (a fortieth of the updates, at most 250) and after the last update.
    metric : str, default="two_sample_score"
        Name of a metric in `regan.metrics.METRICS`. The two-sample score is used without its limit
        at 1.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import EarlyStopping, RegularizedGAN
    >>> X = np.random.default_rng(0).normal(size=(300, 2))
    >>> stopping = EarlyStopping(n_iter_no_change=3, metric="energy_distance")
    >>> gan = RegularizedGAN(early_stopping=stopping, max_iter=120, random_state=0).fit(X)
    >>> gan.best_iter_ <= gan.n_iter_ <= 120
    True
    >>> bool(gan.best_score_ == np.nanmax(gan.history_["validation_score"]))
    True
    """

    def __init__(
        self,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-3,
        eval_every: int = 1,
        metric: MetricName = "two_sample_score",
    ) -> None:
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.eval_every = eval_every
        self.metric = metric

    def check(self) -> None:
        """Raise ValueError or TypeError for a hyper-parameter out of range."""
        check_real(
            self.validation_fraction,
            "validation_fraction",
            minimum=0,
            maximum=1,
            open_minimum=True,
            open_maximum=True,
        )
        check_int(self.n_iter_no_change, "n_iter_no_change", minimum=1)
        check_real(self.tol, "tol", minimum=0)
        check_int(self.eval_every, "eval_every", minimum=1)
        check_choice(self.metric, "metric", METRICS)

    def split(self, n: int, codes: np.ndarray | None, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the rows to train on, and of those held out, both in order.

        n : how many rows; codes (n,) : their classes, which both parts then have in equal shares.
        """
        n_held = int(np.ceil(float(self.validation_fraction) * n))
        if n_held < _MIN_ROWS or n - n_held < 2:
            raise ValueError(
                f"early stopping with validation_fraction={self.validation_fraction!r} holds out "
                f"{n_held} of {n} rows, but it needs at least {_MIN_ROWS} held-out rows and 2 "
                "rows to train on. Change validation_fraction, or set early_stopping=False"
            )
        try:
            parts = train_test_split(
                np.arange(n), test_size=n_held, stratify=codes, random_state=seed
            )
        except ValueError as error:  # of classes with too few rows
            raise ValueError(
                "early stopping cannot hold out rows by class: "
                f"{error}. Change validation_fraction, or set early_stopping=False"
            ) from error
        train, held = (np.sort(part) for part in parts)
        return train, held

    def parts(
        self, X: Matrix | UnscaledRows, labels: Matrix | None, seed: int
    ) -> tuple[GivenRows, GivenRows]:
        """The rows to train on and those held out, each with their one-hot `labels` (n, C)."""
        codes = None if labels is None else codes_of(labels)
        train, held = (some_of((X, labels), part) for part in self.split(len(X), codes, seed))
        return train, held


def resolve_early_stopping(value: Any) -> EarlyStopping | None:
    """The `EarlyStopping` that a setting stands for, with its hyper-parameters checked."""
    if isinstance(value, (bool, np.bool_)):
        return EarlyStopping() if value else None
    if not isinstance(value, EarlyStopping):
        raise TypeError(
            f"early_stopping must be True, False or an EarlyStopping object, got {value!r}"
        )
    value.check()
    return value


class BestState(Callback):
    """Compares a run of K models with held-out rows, and keeps the best state of each.

    A member that has not improved for long is no longer looked at; when none is left, the run
    stops.

    Parameters
    ----------
    settings : EarlyStopping
    evaluation : Evaluation
    probe : Batch
        Rows of the training data, for layers that take statistics of them.
    held : Batch
        The held-out rows (1, n, D) or (K, n, D), as networks see them, and draws.
    coordinates : sequence of Coordinates
        Turn such rows (n, D) into those that are compared: one for all members, or one for each.
    n_models : int, default=1
        K.

    Attributes
    ----------
    best : TrainingState or None
        A copy, on the device; the counts in it are those of the member that improved last.
    scores : array of shape (K,)
        The best so far; higher is better.
    steps : array of shape (K,)
        The updates that they belong to.
    counts : dict of str to array of shape (K,)
        The steps that each optimizer had made then.
    waits : array of shape (K,)
        Comparisons without improvement.
    ended : bool array of shape (K,)
    """

    def __init__(
        self,
        settings: EarlyStopping,
        evaluation: Evaluation,
        probe: Batch,
        held: Batch,
        coordinates: Sequence[Coordinates],
        n_models: int = 1,
    ) -> None:
        self.best: TrainingState | None = None
        self.scores: np.ndarray = np.full(n_models, -np.inf)
        self.steps: np.ndarray = np.zeros(n_models, dtype=np.int64)
        networks = evaluation.objective.names
        self.counts: dict[str, np.ndarray] = {
            name: np.zeros(n_models, dtype=np.int64) for name in networks
        }
        self.waits: np.ndarray = np.zeros(n_models, dtype=np.int64)
        self.ended: np.ndarray = np.zeros(n_models, dtype=bool)
        self.compared_at: int = 0
        self._settings, self._evaluation = settings, evaluation
        self._probe, self._held, self._coordinates = probe, held, coordinates
        self._real = self._comparable(evaluation.ops.to_numpy(held.real))

    @classmethod
    def of(
        cls,
        settings: EarlyStopping,
        evaluation: Evaluation,
        state: TrainingState,
        data: TrainingData,
        held: TrainingData,
        coordinates: Sequence[Coordinates],
    ) -> Self:
        """Of a run that begins at `state`, on `data`, beside `held` rows; see the parameters."""
        probe = evaluation.probe(state, data, _PROBE_ROWS)
        compared = evaluation.probe(state, held, _HELD_ROWS)
        return cls(settings, evaluation, probe, compared, coordinates, state.n_models)

    def on_fit_start(self, run: Run) -> None:
        if run.state.step and not run.done:  # the state of an earlier fit, which may be the best
            self._compare(run)

    def on_report(self, run: Run) -> None:
        due = run.done - self.compared_at >= self._settings.eval_every
        if due or run.done == run.n_updates:
            self._compare(run)
        if self.ended.all():
            run.stop()

    def finish(self, run: Run) -> None:
        """Put the best state into the run."""
        if self.compared_at != run.done:  # another callback stopped it
            self._compare(run)
        run.state.become(self.kept(run))

    def kept(self, run: Run) -> TrainingState:
        """A copy of the best state, or of the present one before any comparison.

        It counts all updates of the run, for these have been made.
        """
        best = run.state if self.best is None else self.best
        return replace(best.copy(), step=run.state.step)

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Everything that changes, as arrays on the host by name, and the rest."""
        own = {name: getattr(self, name) for name in _MEMBERS}
        own |= with_prefix("counts", self.counts)
        rest: dict[str, Any] = {"compared_at": self.compared_at, "best": None}
        if self.best is None:
            return own, rest
        arrays, rest["best"] = self.best.map(self._evaluation.ops.to_numpy).export()
        return own | with_prefix("best", arrays), rest

    def restore(self, stored: Stored, tensors: Tensors, like: TrainingState) -> None:
        """Go on from what `export` gave, from a file; like : a state with the shapes of this run.

        FileError for what does not belong to such a run.
        """
        compared_at, best = stored.fields("compared_at", "best")
        for name in _MEMBERS:
            own = getattr(self, name)
            array = tensors.take(name, own.shape, (str(own.dtype),), finite=False)
            setattr(self, name, array.copy())
        counts = tensors.group("counts")
        for name, own in self.counts.items():
            self.counts[name] = counts.take(name, own.shape, (str(own.dtype),), low=0).copy()
        counts.end()
        self.compared_at = compared_at.integer()
        kept = tensors.group("best")
        if not best.is_none:
            state = TrainingState.restore(best, kept)
            if not state.is_like(like):
                best.refuse("a state of the same networks as the run's")
            self.best = state.on(self._evaluation.ops)
        kept.end()

    def _compare(self, run: Run) -> None:
        """Score the members that still count, (K,), keep what is better, and count the rest."""
        fakes = self._comparable(self._evaluation.generate(run.state, self._probe, self._held))
        scores = np.full(len(fakes), np.nan)
        for k in np.flatnonzero(~self.ended):
            scores[k] = self._score(self._real[k % len(self._real)], fakes[k])
        improved = scores > self.scores + float(self._settings.tol)
        self._keep(run.state, scores)
        self.waits = np.where(improved, 0, self.waits + 1)
        self.ended |= self.waits >= self._settings.n_iter_no_change
        self.compared_at = run.done
        run.history.setdefault("validation_score", []).append(scores)
        at = np.full(len(scores), run.state.step)
        run.history.setdefault("validation_iter", []).append(at)

    def _comparable(self, rows: np.ndarray) -> list[np.ndarray]:
        """Rows (K, n, D) one by one as they are compared, with the labels of the held-out ones."""
        labels = self._held.labels
        told = [None] if labels is None else self._evaluation.ops.to_numpy(labels)
        ways = self._coordinates
        return [
            ways[k % len(ways)].standardized(part, told[k % len(told)])
            for k, part in enumerate(rows)
        ]

    def _score(self, real: np.ndarray, fake: np.ndarray) -> float:
        return METRICS[self._settings.metric].compare(real, fake)

    def _keep(self, state: TrainingState, scores: np.ndarray) -> None:
        """Copy what is better than the best."""
        better = scores > self.scores
        if self.best is None:
            self.best = state.copy()
        elif better.any():
            now, kept = state.arrays(), self.best.arrays()
            for name, k in product(now, np.flatnonzero(better)):
                kept[name][k] = now[name][k]
        for name, counts in state.optimizers.items():
            if better.any():
                self.best.optimizers[name]["t"] = counts["t"]
            self.counts[name] = np.where(better, counts["t"], self.counts[name])
        self.scores = np.where(better, scores, self.scores)
        self.steps = np.where(better, state.step, self.steps)
