"""A fit as scikit-learn's callbacks see it: a task with one subtask for each window of updates.

``sklearn.callback`` is there from scikit-learn 1.9 on. With an older one nothing is different but
that models have no `set_callbacks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from numbers import Integral
from typing import Any, TypeVar

from regan.control.early_stopping import BestState
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.training.trainer import window_length


class _NoTasks:
    """What stands for scikit-learn's mixin where there is none."""


_sklearn: Any = import_module("sklearn.callback") if find_spec("sklearn.callback") else None
TaskMixin: Any = _sklearn.CallbackSupportMixin if _sklearn else _NoTasks
_Method = TypeVar("_Method", bound=Callable[..., Any])


def with_tasks(method: _Method) -> _Method:
    """A `fit` whose tasks are taken down at its end, however it ends."""
    managed: _Method = _sklearn.with_callbacks(method) if _sklearn else method
    return managed


class Tasks(Callback):
    """Tells scikit-learn's callbacks of a fit of `model` to `X` and `y`, as the user gave them.

    Parameters
    ----------
    model : NeuralModel
    n_windows : int or None
        How many windows there will be at most.

    """

    def __init__(self, model: Any, X: Any, y: Any, n_windows: int | None) -> None:
        self._best: BestState | None = None
        self._snapshot: Callable[[Run], dict[str, Any]] | None = None
        self._given = {"estimator": model, "X": X, "y": y}
        self._fit = model._init_callback_context(max_subtasks=n_windows)
        self._window: Any = None

    def watch(
        self, best: BestState | None, snapshot: Callable[[Run], dict[str, Any]] | None
    ) -> None:
        """Before the first update: early stopping, and what gives a model's attributes of a run."""
        self._best, self._snapshot = best, snapshot

    def begin(self) -> None:
        """Before anything else."""
        self._fit.call_on_fit_task_begin(**self._given)

    def end(self) -> None:
        """When the model is fitted."""
        model = self._given["estimator"]
        self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes=vars(model).copy)

    def release(self) -> None:
        """Let go of the fit and its data: what holds them holds this, and would keep them alive."""
        self._best = self._snapshot = self._window = None
        self._given = {}

    def on_fit_start(self, run: Run) -> None:
        if not (run.stopped or run.done == run.n_updates):
            self._open()

    def on_report(self, run: Run) -> None:
        stop = self._window.call_on_fit_task_end(
            **self._given, reconstruction_attributes=partial(self._attributes, run)
        )
        if stop:
            run.stop()
        if not (run.stopped or run.done == run.n_updates):
            self._open()

    def _open(self) -> None:
        self._window = self._fit.subcontext(task_name="window")
        self._window.call_on_fit_task_begin(**self._given)

    def _attributes(self, run: Run) -> dict[str, Any]:
        """Those of the model if the run ended here; neither of them notices."""
        assert self._snapshot is not None
        state = run.state.copy() if self._best is None else self._best.kept(run)
        return self._snapshot(replace(run, state=state))


@contextmanager
def as_task(model: Any, X: Any, y: Any) -> Iterator[Tasks | None]:
    """A fit as a task of scikit-learn's callbacks; None where it has no such callbacks."""
    if _sklearn is None:
        yield None
        return
    n = int(model.max_iter) if isinstance(model.max_iter, Integral) else 0
    tasks = Tasks(model, X, y, -(-n // window_length(n)) if n > 0 else None)
    try:
        tasks.begin()
        yield tasks
        tasks.end()
    finally:
        tasks.release()
