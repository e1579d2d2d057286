"""How many updates fit into a time: a trial of the same fit, timed and thrown away."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import clone

from regan.backends import Backend, get_backend
from regan.building.types import Data
from regan.distributed import communicating, get_communicator
from regan.estimators.neural import NeuralModel
from regan.training.callbacks import Callback
from regan.training.divergence import DivergenceError
from regan.training.state import Run
from regan.training.trainer import window_length
from regan.typing import TableLike
from regan.validation import check_real, quietly, warn_user

_TRIAL = 2.0
_SHARE = 0.1
_USABLE = 0.95


def updates_within(
    model: NeuralModel, X: Data, y: TableLike | None = None, *, seconds: float
) -> int:
    """Number of updates for `max_iter` that fit into a time budget in seconds.

    regan fits a copy of `model` to the same data for up to 2 s, and at most a tenth of the time,
    measures its speed and discards it. Set `max_iter` to the result: schedules then end with the
    last update, and you can repeat the run with the same number without timing it again.

    The time includes the trial itself, updates, the measures at the end of each window and early
    stopping. It does not include what comes before the first update (learning columns and frames),
    callbacks and checkpoints. A twentieth of the time is kept in reserve, because the speed of a
    machine varies. Other programs on the machine may slow training down more than that.

    Parameters
    ----------
    model : RegularizedGAN or RegularizedVAE
        Model to time, which is not changed.
    X : array-like or DataFrame of shape (n_samples, n_features)
        Data to fit the model to.
    y : array-like of shape (n_samples,)
        Class labels if ``conditional=True``, else ignored.
    seconds : float > 0
        Time budget.

    Returns
    -------
    n_updates : int
        From 1 to `max_iter` of `model`, or to the number that "auto" takes there. If no update
        fits, it is 1, with a warning.

    Raises
    ------
    ValueError, TypeError
        As for `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import RegularizedGAN, updates_within
    >>> X = np.random.default_rng(0).normal(size=(30, 2))
    >>> gan = RegularizedGAN(max_iter=5)
    >>> gan = gan.set_params(max_iter=updates_within(gan, X, seconds=3600)).fit(X)
    >>> gan.n_iter_
    5
    """
    seconds = check_real(seconds, "seconds", minimum=0, open_minimum=True)
    n = measure_pace(model, X, y, seconds).updates_within(seconds)
    return int(get_communicator().broadcast(n))


@dataclass(frozen=True)
class Pace:
    """The pace of training: n updates in W(n) windows take ``n * update + W(n) * report``.

    Attributes
    ----------
    update, report : float
        Seconds of one update, and of one report at the end of a window.
    trial : float
        Seconds that the trial took.
    n_updates : int
        How many updates the whole fit has.
    """

    update: float
    report: float
    trial: float
    n_updates: int

    def seconds(self, n_updates: int) -> float:
        """The time that so many updates take."""
        n_windows = -(-n_updates // window_length(n_updates))
        return n_updates * self.update + n_windows * self.report

    def updates_within(self, seconds: float) -> int:
        """The number of updates that fit into what the trial has left of the time."""
        usable = _USABLE * seconds - self.trial
        if self.seconds(self.n_updates) <= usable:
            return self.n_updates
        fits, too_many = 0, self.n_updates
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if self.seconds(middle) <= usable:
                fits = middle
            else:
                too_many = middle
        if fits == 0:
            warn_user(
                f"not even one update fits into {seconds:g} s: updates_within returns 1, which is "
                "too few to train a model"
            )
        return max(fits, 1)


def measure_pace(model: Any, X: Any, y: Any, seconds: float) -> Pace:
    """Time the beginning of a fit that may take so many seconds."""
    if not isinstance(model, NeuralModel):
        raise TypeError(
            "model must be a RegularizedGAN or a RegularizedVAE, which train by updates, got a "
            f"{type(model).__name__}"
        )
    bare = clone(copy(model).set_params(callbacks=None, verbose=0, warm_start=False))
    vars(bare).pop("_skl_callbacks", None)
    if bare.random_state is None:  # the program's own numbers stay what they are
        bare.set_params(random_state=0)
    trial = _Trial(lambda: get_backend(model.backend, model.dtype), min(_TRIAL, _SHARE * seconds))
    try:
        with quietly(), communicating("single"):  # the fit itself tells; each rank has its own time
            bare.set_params(callbacks=[trial]).fit(X, y)
    except (_EnoughError, DivergenceError):  # of the latter the fit itself tells too
        pass
    return trial.pace()


class _EnoughError(Exception):
    """The trial is over."""


class _Trial(Callback):
    """Notes the times of updates for so many seconds, and beyond that until a window has ended, for
    no more than as long again.
    """

    def __init__(self, get_ops: Callable[[], Backend], seconds: float) -> None:
        self._get_ops, self._seconds = get_ops, seconds
        self._times: list[float] = []
        self._reports: list[int] = []

    def on_fit_start(self, run: Run) -> None:
        self._ops, self._n_updates = self._get_ops(), run.n_updates

    def on_step(self, run: Run) -> None:
        self._ops.synchronize()  # else a device would be asked for updates and not make them
        self._times.append(perf_counter())
        passed, reports = self._times[-1] - self._times[0], self._reports
        seen = bool(reports) and reports[-1] < len(self._times)
        if len(self._times) > 1 and passed >= self._seconds * (1 if seen else 2):
            raise _EnoughError

    def on_report(self, run: Run) -> None:
        self._reports.append(len(self._times))

    def pace(self) -> Pace:
        """What it has found. The first update is no part of it: kernels are compiled there."""
        gaps = np.diff(self._times)
        after_report = np.isin(np.arange(1, len(gaps) + 1), self._reports)
        plain, others = gaps[~after_report], gaps[after_report]
        update = float((plain if len(plain) else gaps).mean()) if len(gaps) else 0.0
        report = update  # it makes and measures rows, which is about as much work
        if len(others):
            report = max(float(others.mean()) - update, 0.0)
        return Pace(update, report, float(gaps.sum()), self._n_updates)
