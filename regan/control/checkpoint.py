"""Checkpoints: a run on the disk, to go on from after an interruption."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from regan.backends import Backend
from regan.control.early_stopping import BestState
from regan.control.identity import Identity
from regan.control.provenance import differences, provenance
from regan.control.saved_run import Saved, Standing
from regan.control.signals import Interruption
from regan.distributed.base import Communicator
from regan.prefixes import with_prefix
from regan.storage.atomic import try_out
from regan.storage.stored import FileError
from regan.storage.strays import sweep
from regan.storage.tensor_file import CHECKPOINT, read_tensors, write_tensors
from regan.training.callbacks import Callback
from regan.training.state import Run
from regan.validation import check_bool, check_int, warn_user

FILE_NAME = "checkpoint.regan"


class Checkpoint(BaseEstimator, Callback):
    """Checkpoint callback: save a training run at intervals, and resume it after an interruption.

    The file ``checkpoint.regan`` in the folder holds the whole state of the run: both networks, the
    moving average, the optimizers, the history, the best state of early stopping, and the rollbacks
    of a `NonFiniteGuard`. The file is replaced as a whole, so a process that is killed at any time
    leaves the last complete checkpoint. A fit that resumes with the same settings and the same data
    ends with the same model and history, bit for bit on the same machine. If the versions of NumPy
    or SciPy, the BLAS library, the instruction set or the number of threads changed, a warning
    names the change. You may change `backend`, `callbacks`, `verbose` and `warm_start`.

    Ctrl-C and SIGTERM end the fit after the current window and a last checkpoint. Ctrl-C raises a
    KeyboardInterrupt whose message says how to continue; SIGTERM ends the process with exit status
    143. A second signal ends the fit immediately.

    Parameters
    ----------
    directory : str or path
        Folder of the checkpoint, a different one for each model. It is created if it does not
        exist.
    every : int, default=1000
        Least number of updates between checkpoints. Checkpoints are written at the ends of windows
        (a fortieth of the updates, at most 250) and after the last update.
    resume : bool, default=False
        Whether to resume from the checkpoint in the folder. If there is no checkpoint, training
        starts from the beginning, so you can run the same program again until training is
        complete. False always starts from the beginning.

    Notes
    -----
    The state of your own callbacks is not part of a checkpoint.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from regan import Checkpoint, RegularizedGAN
    >>> X = np.random.default_rng(0).normal(size=(100, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(folder, every=20, resume=True)
    ...     gan = RegularizedGAN(max_iter=40, callbacks=[checkpoint], random_state=0)
    ...     first, again = gan.fit(X).sample(3), gan.fit(X).sample(3)  # the second goes on at 40
    >>> bool((first == again).all())
    True
    """

    def __init__(
        self, directory: str | os.PathLike[str], every: int = 1000, resume: bool = False
    ) -> None:
        self.directory = directory
        self.every = every
        self.resume = resume

    @property
    def path(self) -> Path:
        """Path of the checkpoint file."""
        return Path(self.directory) / FILE_NAME

    def advice(self) -> str:
        """How to continue after an interruption."""
        folder = os.fspath(self.directory)
        return f"to continue, fit again with Checkpoint({folder!r}, resume=True)"

    def identify(self, identity: Identity) -> Identity:
        """Identity of a run that its files keep and compare; by default the whole identity."""
        return identity

    def open(self, identity: Identity) -> Saved | None:
        """Prepare the folder, and read what a run of this `identity` has saved in it.

        Raises OSError if the folder cannot be written to, and ValueError for a checkpoint that is
        damaged or belongs to another run.
        """
        resume = check_bool(self.resume, "resume of Checkpoint")
        check_int(self.every, "every of Checkpoint", minimum=1)
        if not isinstance(self.directory, (str, os.PathLike)):
            raise TypeError(f"directory of Checkpoint must be a path, got {self.directory!r}")
        self._prepare()
        if not self.path.exists():
            return None
        if resume:
            saved = Saved.read(self.path, identity)
            self._warn_of_other_bits(saved)
            return saved
        self._warn_of_the_end()
        return None

    def _prepare(self) -> None:
        """The folder: made, swept, and tried out."""
        folder = self.path.parent
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f"{folder} is a file: name a folder for checkpoints")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            try_out(self.path)
        except PermissionError as error:
            raise PermissionError(f"regan cannot write checkpoints to {folder}: {error}") from error
        if self.path.exists() and not self.path.is_file():
            raise OSError(
                f"{self.path} is a pipe or a device and not a regular file, so a checkpoint could "
                "not be read again: remove it, or name another folder"
            )

    def _warn_of_other_bits(self, saved: Saved) -> None:
        """Say so where the rest of a run may round differently from its beginning."""
        if changed := differences(saved.machine, provenance()):
            warn_user(
                f"training resumes from {self.path}, but the result may not equal that of an "
                f"uninterrupted run, bit for bit: {changed}"
            )

    def _warn_of_the_end(self) -> None:
        """Say so where an unfinished run will be overwritten."""
        try:
            standing = Standing.restore(read_tensors(self.path, CHECKPOINT)[0].entry("run"))
        except FileError:  # it is no loss
            return
        if standing.done < standing.n_updates and not standing.stopped:
            warn_user(
                f"{self.path} has a run at update {standing.done} of {standing.n_updates}, but "
                "training starts from the beginning and overwrites it. To continue that run, set "
                "resume=True"
            )


class Writer(Callback):
    """Writes checkpoints of one run, and obeys signals when it has.

    Parameters
    ----------
    checkpoint : Checkpoint
    identity : Identity
    best : BestState or None
        The run's early stopping.
    ops : Backend
    interruption : Interruption
    communicator : Communicator
        Rank 0 writes, and all obey a signal that one of them has heard.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        identity: Identity,
        best: BestState | None,
        ops: Backend,
        interruption: Interruption,
        communicator: Communicator,
    ) -> None:
        self._checkpoint, self._identity, self._best = checkpoint, identity, best
        self._ops, self._interruption, self._communicator = ops, interruption, communicator
        self._written = 0
        self._machine = provenance()  # training limits the threads

    def on_fit_start(self, run: Run) -> None:
        self._written = run.done

    def on_report(self, run: Run) -> None:
        over = run.stopped or run.done == run.n_updates
        self._interruption.agree(self._communicator)
        asked = self._interruption.heard is not None
        if asked or over or run.done - self._written >= self._checkpoint.every:
            self._write(run, must=asked)
        if asked:
            self._interruption.obey(
                f"training was stopped at update {run.done} of {run.n_updates}, and this state is "
                f"saved; {self._checkpoint.advice()}"
            )

    def _write(self, run: Run, *, must: bool) -> None:
        """Write a checkpoint; where that fails and nothing depends on it, training goes on."""
        path = self._checkpoint.path
        if self._communicator.rank:
            self._written = run.done
            return
        try:
            write_tensors(path, CHECKPOINT, *self._contents(run))
            self._written = run.done
        except OSError as error:
            if must:
                raise
            warn_user(
                f"regan could not write a checkpoint at update {run.done}: {error}. Training "
                f"continues, and {path} is unchanged"
            )

    def _contents(self, run: Run) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        state, rest = run.state.map(self._ops.to_numpy).export()
        early, counts = ({}, None) if self._best is None else self._best.export()
        history = {name: np.stack(rows) for name, rows in run.history.items()}
        configuration = {
            "identity": self._identity.export(),
            "machine": self._machine,
            "seed": run.state.seed,
            "run": asdict(Standing.of(run)),
            "state": rest,
            "early": counts,
        }
        return configuration, {
            **with_prefix("state", state),
            **with_prefix("early", early),
            **with_prefix("history", history),
        }


def find_checkpoint(callbacks: Sequence[Callback]) -> Checkpoint | None:
    """The one among a model's callbacks."""
    checkpoints = [callback for callback in callbacks if isinstance(callback, Checkpoint)]
    if len(checkpoints) > 1:
        raise ValueError(f"callbacks must hold at most one Checkpoint, got {len(checkpoints)}")
    return checkpoints[0] if checkpoints else None
