"""A fit beside its updates: held-out rows, checkpoints, interruptions, scikit-learn's callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from regan.control.checkpoint import Checkpoint, Saved, Writer
from regan.control.early_stopping import BestState, EarlyStopping, Rows
from regan.control.identity import Identity
from regan.control.signals import Interruption
from regan.control.tasks import Tasks
from regan.data.scaling import Scaler
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

Snapshot = Callable[[Run], dict[str, Any]]
"""The attributes that a model would have if a run ended here."""


class FitRun:
    """One fit, from its rows to its last update.

    Parameters
    ----------
    rows : pair of arrays (n, D) and (n, C), the second may be None
        Scaled rows and one-hot labels.
    seed : int
    stopping : EarlyStopping, optional
    checkpoint : Checkpoint, optional
    identity : Identity, optional
        What a checkpoint has to agree with; given with `checkpoint`.
    tasks : Tasks, optional
        For scikit-learn's callbacks.

    Attributes
    ----------
    seed : int
        What all draws derive from: the one given, or that of the run which goes on.
    X, labels : arrays
        What to train on.
    best : BestState or None
        Of early stopping; what it found, after `train`.
    """

    def __init__(
        self,
        rows: Rows,
        seed: int,
        *,
        stopping: EarlyStopping | None = None,
        checkpoint: Checkpoint | None = None,
        identity: Identity | None = None,
        tasks: Tasks | None = None,
    ) -> None:
        self.seed = seed
        self.X, self.labels = rows
        self.best: BestState | None = None
        self._stopping, self._checkpoint, self._tasks = stopping, checkpoint, tasks
        self._saved: Saved | None = None
        if checkpoint is not None:
            assert identity is not None
            self._identity = identity
            self._saved = checkpoint.open(identity)
        if self._saved is not None:
            self.seed = self._saved.seed
        if stopping is not None:
            (self.X, self.labels), self._held = stopping.parts(self.X, self.labels, self.seed)

    def train(
        self,
        trainer: Trainer,
        run: Run,
        data: TrainingData,
        scaler: Scaler,
        *,
        rows: np.ndarray | None = None,
        snapshot: Snapshot | None = None,
    ) -> None:
        """Make the updates of `run`, or those that are left of it; see `Trainer.run`.

        snapshot : for scikit-learn's callbacks.
        """
        if self._stopping is not None:
            held = TrainingData(trainer.ops, *self._held)
            given = self._stopping, trainer, run.state, data, held
            self.best = BestState.of(*given, [scaler])
        if self._tasks is not None:
            self._tasks.watch(self.best, snapshot)
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
        steering: list[Callback | None] = [self.best, *trainer.callbacks, self._tasks, writer]
        trainer.callbacks = [callback for callback in steering if callback is not None]
        trainer.run(run, data, rows)


def refuse_one_pass(
    early_stopping: Any, stopping: EarlyStopping | None, checkpoint: Checkpoint | None
) -> None:
    """ValueError for settings that need a whole fit; `early_stopping` as it was given."""
    if stopping is not None:
        raise ValueError(
            f"partial_fit does not support early_stopping={early_stopping!r}: one pass has "
            "no rows to spare and no end to wait for. Set early_stopping=False, or use fit"
        )
    if checkpoint is not None:
        raise ValueError(
            "partial_fit does not support Checkpoint: take it out of callbacks, and save the model "
            "after each pass instead"
        )
