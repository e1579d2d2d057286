"""The fit of a cycle GAN: from scaled rows of two domains to fitted networks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from regan.building.cycle_spec import CycleSpec
from regan.building.factory import known_classes
from regan.building.rules import Domains
from regan.control.checkpoint import find_checkpoint
from regan.control.identity import Identity
from regan.control.signals import Patience
from regan.data.encoded_rows import EncodedRows
from regan.distributed.base import SingleCommunicator
from regan.estimators.cycle.domain import Domain
from regan.estimators.steered_run import Resumption, SteeredRun
from regan.files.values import Codec
from regan.training.memory import warn_of_memory
from regan.training.results import Result, results
from regan.training.state import Run
from regan.training.unpaired_data import UnpairedData
from regan.validation import quietly

Given = tuple[Domain, "np.ndarray | EncodedRows"]
"""A domain, and its rows as networks see them."""


class CycleRun:
    """A fitting run on the rows of two domains, up to the last update.

    Parameters
    ----------
    read : callable
        Gives the specification, of what rules ask for, or without.
    name : str
        The class of the estimator.
    source, target : pairs of Domain and rows
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
        (self._source, X), (self._target, Y) = source, target
        spec = read()
        checkpoint = find_checkpoint(spec.run.callbacks)
        self.patience: Patience = Patience(listens=checkpoint is None)
        resumption = None
        if checkpoint is not None:
            identity = checkpoint.identify(_identity(spec, name, source, target))
            resumption = Resumption(checkpoint, identity, checkpoint.open(identity))
        saved = None if resumption is None else resumption.saved
        self.seed: int = seed if saved is None else saved.seed
        domains = self._source, self._target
        widest = max(domain.columns.n for domain in domains)
        alike = self._source.is_like(self._target)
        n_rows = max(len(X), len(Y))
        with quietly():  # the first reading has told what there is to tell
            spec = read(Domains(n_rows, min(len(X), len(Y)), widest, alike))
        if spec.identity is not None and not alike:
            raise ValueError(
                f"identity_strength={spec.settings['identity_strength']!r} needs two domains with "
                "the same columns, because a generator also maps rows of its own target domain, "
                f"but {self._source.in_words()} and {self._target.in_words()}: set "
                "identity_strength=0"
            )
        ops, communicator = spec.get_backend(), SingleCommunicator()
        objective = spec.bind(ops, self._source.columns, self._target.columns)
        self._trainer = trainer = spec.trainer(objective, min(len(X), len(Y)), communicator)
        trainer.check()
        levels = self._source.columns.levels + self._target.columns.levels
        warn_of_memory(trainer, n_rows, levels)
        self._run = Run(trainer.init(self.seed), spec.run.max_iter)
        self._data = UnpairedData(ops, X, Y)
        self._steered = SteeredRun(
            trainer, self._run, self._data, communicator, self.patience, resumption=resumption
        )

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
        Identity.of(name, described, spec.settings.given, domain.reader, (rows, None), 0)
        for domain, rows in (source, target)
    )
    return one.beside(other, source[0].called, target[0].called)
