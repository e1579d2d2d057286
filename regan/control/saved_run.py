"""Contents of a checkpoint: where a run stood, read and put back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from regan.backends import Backend
from regan.control.early_stopping import BestState
from regan.control.identity import Identity
from regan.control.provenance import read_provenance
from regan.storage.stored import FileError, Stored
from regan.storage.tensor_file import CHECKPOINT, read_tensors
from regan.storage.tensors import Tensors
from regan.training.history import check_rows, read_history
from regan.training.state import Run, TrainingState


@dataclass(frozen=True)
class Standing:
    """Where a run stands: attributes of `Run`."""

    done: int
    stopped: bool
    rate: float
    rollbacks: int
    n_updates: int

    @classmethod
    def of(cls, run: Run) -> Standing:
        """Of a run."""
        return cls(*(getattr(run, field.name) for field in fields(cls)))

    @classmethod
    def restore(cls, stored: Stored) -> Standing:
        """From a file."""
        done, stopped, rate, rollbacks, n_updates = stored.fields(
            *(field.name for field in fields(cls))
        )
        n = n_updates.integer(1)
        return cls(done.integer(0, n), stopped.flag(), rate.real(0), rollbacks.integer(), n)


@dataclass(frozen=True)
class Saved:
    """Contents of a checkpoint."""

    path: Path
    seed: int
    standing: Standing
    machine: dict[str, str | int]
    state: TrainingState
    history: dict[str, np.ndarray]
    early: tuple[Stored, Tensors]

    @classmethod
    def read(cls, path: Path, identity: Identity) -> Saved:
        """The checkpoint of a run of this `identity`."""
        with _going_on(path):
            stored, tensors = read_tensors(path, CHECKPOINT)
            identified, seed, run, machine, state, early = stored.fields(
                "identity", "seed", "run", "machine", "state", "early"
            )
            saved = cls(
                path,
                seed.integer(),
                Standing.restore(run),
                read_provenance(machine),
                TrainingState.restore(state, tensors.group("state")),
                read_history(tensors.group("history")),
                (early, tensors.group("early")),
            )
            tensors.end()
            check_rows(saved.history, saved.standing.done, saved.state.step)
            difference = Identity.restore(identified).difference(identity)
        if difference is not None:
            raise FileError(
                f"training cannot resume from {path}: {difference}. Use the same model and data "
                "again, or start from the beginning, without resume or in another folder"
            )
        return saved

    def restore(self, run: Run, best: BestState | None, ops: Backend) -> None:
        """Put a fresh `run`, and its early stopping, where the saved one stood."""
        members = {rows.shape[1:] for rows in self.history.values()}
        same = members <= {(run.state.n_models,)} and self.standing.n_updates == run.n_updates
        if not (same and self.state.is_like(run.state)):
            raise FileError(
                f"training cannot resume from {self.path}: the shapes of its networks or "
                "optimizers differ from those of the present settings"
            )
        with _going_on(self.path):
            stored, tensors = self.early
            if best is not None:
                best.restore(stored, tensors, run.state)
            tensors.end()
        run.state.become(self.state.on(ops))
        now = self.standing
        run.done, run.stopped, run.rate, run.rollbacks = (
            now.done,
            now.stopped,
            now.rate,
            now.rollbacks,
        )
        run.history.update({name: list(rows) for name, rows in self.history.items()})


def model_of(path: Path, names: Sequence[str]) -> str:
    """The class of the model in a checkpoint, one of `names`. FileError for what is none."""
    with _going_on(path):
        identity = read_tensors(path, CHECKPOINT)[0].entry("identity")
        return identity.entry("model").choice(*names)


def planned_updates(path: Path) -> int:
    """How many updates the run in a checkpoint was to make. FileError for what is none."""
    with _going_on(path):
        return Standing.restore(read_tensors(path, CHECKPOINT)[0].entry("run")).n_updates


@contextmanager
def _going_on(path: Path) -> Iterator[None]:
    """A context in which a file that is no checkpoint says so, and what to do."""
    try:
        yield
    except FileError as error:
        what = error if str(path) in str(error) else f"{path} is not a checkpoint of regan: {error}"
        raise FileError(
            f"training cannot resume: {what}. To start from the beginning, remove the file or set "
            "resume=False"
        ) from error
