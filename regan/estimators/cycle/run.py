"""The fit of a cycle GAN: from scaled rows of two domains to fitted networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from regan.building.cycle_spec import CycleSpec
from regan.building.factory import known_classes
from regan.building.rules import Domains
from regan.control.checkpoint import find_checkpoint
from regan.control.identity import Identity
from regan.control.signals import Patience
from regan.data.table_scaler import TableScaler
from regan.distributed.base import SingleCommunicator
from regan.estimators.cycle.domain import Domain
from regan.estimators.steered_run import Resumption, SteeredRun
from regan.files.values import Codec
from regan.training.memory import warn_of_memory
from regan.training.results import Result, results
from regan.training.state import Run
from regan.training.unpaired_data import UnpairedData
from regan.validation import quietly, warn_user

Given = tuple[Domain, np.ndarray]
"""A domain, and the numbers of its rows, one a cell."""


class CycleRun:
    """A fitting run on the rows of two domains, up to the last update.

    Parameters
    ----------
    read : callable
        Gives the specification, of what rules ask for, or without.
    name : str
        The class of the estimator.
    source, target : pairs of Domain and numbers (n, C)
    seed : int

    Attributes
    ----------
    seed : int
        What all draws derive from: the one given, or that of the checkpoint which goes on.
    patience : Patience
        The context that training needs.
    """

    def __init__(
        self, read: Callable[..., CycleSpec], name: str, source: Given, target: Given, seed: int
    ) -> None:
        spec = read()
        checkpoint = find_checkpoint(spec.run.callbacks)
        self.patience: Patience = Patience(listens=checkpoint is None)
        resumption = None
        if checkpoint is not None:
            identity = checkpoint.identify(_identity(spec, name, source, target))
            resumption = Resumption(checkpoint, identity, checkpoint.open(identity))
        saved = None if resumption is None else resumption.saved
        self.seed: int = seed if saved is None else saved.seed
        self._source, self._target = source[0].paired(target[0])
        X = self._source.trained(source[1], spec.run.dtype)
        Y = self._target.trained(target[1], spec.run.dtype)
        n_rows, fewest = max(len(X), len(Y)), min(len(X), len(Y))
        spec = self._read(read, spec, n_rows, fewest)
        ops, communicator = spec.get_backend(), SingleCommunicator()
        objective = spec.bind(ops, self._source.columns, self._target.columns)
        self._trainer = trainer = spec.trainer(objective, fewest, communicator)
        trainer.check()
        levels = self._source.columns.levels + self._target.columns.levels
        warn_of_memory(trainer, n_rows, levels)
        self._run = Run(trainer.init(self.seed), spec.run.max_iter)
        self._data = UnpairedData(ops, X, Y)
        self._steered = SteeredRun(
            trainer, self._run, self._data, communicator, self.patience, resumption=resumption
        )

    def _read(
        self, read: Callable[..., CycleSpec], first: CycleSpec, n_rows: int, fewest: int
    ) -> CycleSpec:
        """The specification for these domains.

        ValueError for settings that need the same columns where there are none, and a warning
        where columns are called the same and are not.
        """
        source, target = self._source, self._target
        difference, shared = source.difference(target), source.n_shared
        widest = max(source.columns.n, target.columns.n)
        levels = bool(source.columns.levels)
        with quietly():  # the first reading has told what there is to tell
            spec = read(Domains(n_rows, fewest, widest, shared > 0, difference is None, levels))
        if difference is None:
            return spec
        if spec.identity is not None:
            raise ValueError(
                f"identity_strength={spec.settings['identity_strength']!r} needs two tables with "
                "the same columns, because a generator also maps rows of its own target, but "
                f"{difference}: set identity_strength=0"
            )
        if not shared and first.networks[0].blueprint.skips:
            raise ValueError(
                f"architecture={first.settings['architecture']!r}: noise_skip adds a column of the "
                f"input to the same column of the output, and {difference}: leave it out"
            )
        if source.may_be_like(target) and "identity_strength" in spec.settings.auto:
            start = "Columns of numbers that both have" if shared else "No columns"
            warn_user(
                f"X and Y do not have the same columns: {difference}. {start} start as the "
                "identity, and there are no identity terms, so compare the map with rows that you "
                "know in both tables"
            )
        return spec

    @property
    def domains(self) -> tuple[Domain, Domain]:
        """Both, with what they have in common first."""
        return self._source, self._target

    def train(self) -> None:
        """Make the updates, or those that are left of them; see `Trainer.run`."""
        self._steered.train()

    def tell(self) -> None:
        """Warn of a run that was interrupted, when its model is there."""
        self._steered.tell()

    def result(self) -> Result:
        """What training has led to, on the host."""
        (result,) = results(self._trainer.evaluation, self._run, self._data)
        return result


def _identity(spec: CycleSpec, name: str, source: Given, target: Given) -> Identity:
    """What a checkpoint is compared by."""
    described = spec.describe(Codec(known_classes()))
    one, other = (
        Identity.of(name, described, spec.settings.given, domain.reader, (compared, None), 0)
        for domain, compared in map(_compared, (source, target))
    )
    return one.beside(other, source[0].called, target[0].called)


def _compared(given: Given) -> tuple[Domain, Any]:
    """A domain, and its rows as identities compare them."""
    domain, numbers = given
    scaler = domain.reader.scaler
    return domain, scaler.forward(numbers) if isinstance(scaler, TableScaler) else numbers
