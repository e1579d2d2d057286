"""What steers a fit beside its updates: held-out rows, checkpoints, interruptions."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.control.checkpoint import Saved, Writer, find_checkpoint
from regan.control.early_stopping import BestState, resolve_early_stopping
from regan.control.identity import Identity
from regan.control.signals import Interruption
from regan.control.tasks import Tasks
from regan.files.values import Codec
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData


class Control:
    """The steering of one fit, from the settings of `model`.

    Parameters
    ----------
    model : NeuralModel
    X : array of shape (n, D)
        Scaled rows.
    labels : array of shape (n, C) or None
        One-hot.
    start : int
        Updates of earlier fits that this one goes on from.

    Attributes
    ----------
    seed : int
        What all draws derive from: the model's, or that of the run which goes on.
    X, labels : arrays
        What to train on.
    best : BestState or None
        Of early stopping; what it found, after `train`.
    tasks : Tasks or None
        For scikit-learn's callbacks.
    """

    def __init__(
        self, model: Any, X: np.ndarray, labels: np.ndarray | None, start: int, codec: Codec
    ) -> None:
        self.seed: int = model._seed
        self.X, self.labels = X, labels
        self.best: BestState | None = None
        self.tasks: Tasks | None = vars(model).get("_tasks")
        self._scaler = model._scaler
        self._stopping = resolve_early_stopping(model.early_stopping)
        self._checkpoint = find_checkpoint(model.callbacks)
        self._saved: Saved | None = None
        if self._checkpoint is not None:
            self._identity = Identity.of(model, X, labels, start, codec)
            self._saved = self._checkpoint.open(self._identity)
        if self._saved is not None:
            self.seed = self._saved.seed
        if self._stopping is not None:
            parts = self._stopping.parts(X, labels, self.seed)
            (self.X, self.labels), self._held = parts

    def train(
        self,
        trainer: Trainer,
        run: Run,
        data: TrainingData,
        rows: np.ndarray | None = None,
    ) -> None:
        """Make the updates of `run`, or those that are left of it; see `Trainer.run`."""
        if self._stopping is not None:
            held = TrainingData(trainer.ops, *self._held)
            given = self._stopping, trainer.evaluation, run.state, data, held
            self.best = BestState.of(*given, [self._scaler])
        if self._checkpoint is None:
            self._run(trainer, run, data, rows, None)
        else:
            with Interruption() as interruption:
                writer = Writer(
                    self._checkpoint, self._identity, self.best, trainer.ops, interruption
                )
                if self._saved is not None:
                    self._saved.restore(run, self.best, trainer.ops)
                self._run(trainer, run, data, rows, writer)
        if self.best is not None:
            self.best.finish(run)

    def _run(
        self,
        trainer: Trainer,
        run: Run,
        data: TrainingData,
        rows: np.ndarray | None,
        writer: Writer | None,
    ) -> None:
        """Early stopping comes before the callbacks of the user, and checkpoints behind them."""
        if self.tasks is not None:
            self.tasks.best = self.best
        steering: list[Callback | None] = [self.best, *trainer.callbacks, self.tasks, writer]
        trainer.callbacks = [callback for callback in steering if callback is not None]
        trainer.run(run, data, rows)


def refuse_one_pass(model: Any) -> None:
    """ValueError for settings that need a whole fit."""
    if resolve_early_stopping(model.early_stopping) is not None:
        raise ValueError(
            f"partial_fit does not support early_stopping={model.early_stopping!r}: one pass has "
            "no rows to spare and no end to wait for. Set early_stopping=False, or use fit"
        )
    if find_checkpoint(model.callbacks) is not None:
        raise ValueError(
            "partial_fit does not support Checkpoint: take it out of callbacks, and save the model "
            "after each pass instead"
        )
