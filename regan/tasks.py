"""A fit as scikit-learn's callbacks see it: a task with one subtask for each window of updates.

``sklearn.callback`` is there from scikit-learn 1.9 on. With an older one nothing is different but
that models have no `set_callbacks`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from regan.callbacks import Callback
from regan.state import Run


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
        Unchanged so far.
    n_windows : int or None
        How many windows there will be at most.

    Attributes
    ----------
    fitted : callable or None
        ``fitted(run)`` gives the attributes that the model would have if the run ended there.
    """

    def __init__(self, model: Any, X: Any, y: Any, n_windows: int | None) -> None:
        self._given = {"estimator": model, "X": X, "y": y}
        self._fit = model._init_callback_context(max_subtasks=n_windows)
        self._window: Any = None
        self.fitted: Callable[[Run], dict[str, Any]] | None = None

    @classmethod
    def of(cls, model: Any, X: Any, y: Any, n_windows: int | None) -> Tasks | None:
        """None where scikit-learn has no callbacks."""
        return cls(model, X, y, n_windows) if _sklearn else None

    def begin(self) -> None:
        """Before anything else."""
        self._fit.call_on_fit_task_begin(**self._given)

    def end(self) -> None:
        """When the model is fitted."""
        model = self._given["estimator"]
        self._fit.call_on_fit_task_end(**self._given, reconstruction_attributes=vars(model).copy)

    def on_fit_start(self, run: Run) -> None:
        if not (run.stopped or run.done == run.n_updates):
            self._open()

    def on_report(self, run: Run) -> None:
        fitted = None if self.fitted is None else partial(self.fitted, run)
        stop = self._window.call_on_fit_task_end(**self._given, reconstruction_attributes=fitted)
        if stop:
            run.stop()
        if not (run.stopped or run.done == run.n_updates):
            self._open()

    def _open(self) -> None:
        self._window = self._fit.subcontext(task_name="window")
        self._window.call_on_fit_task_begin(**self._given)
