"""The fit of a model on a cluster: survey, sample, shards, rounds, and what comes after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from dask import delayed
from distributed import Client, Future

from regan.building.run_spec import RunSpec
from regan.building.specs import read
from regan.building.training_set import TrainingSet
from regan.control.checkpoint import find_checkpoint
from regan.control.early_stopping import BestState
from regan.dask import parts as on_workers
from regan.dask.given import Given
from regan.dask.rounds import Rounds
from regan.dask.shard import make_trainer
from regan.dask.sharing import share_out
from regan.dask.tables import Partitions
from regan.data.encoded_rows import codes_of
from regan.estimators.elsewhere import Trainee
from regan.estimators.fit_run import Kept
from regan.estimators.neural import NeuralModel
from regan.mixtures.coordinates import GivenRows
from regan.training.divergence import DivergenceError
from regan.training.results import results
from regan.training.state import Run
from regan.training.training_data import TrainingData
from regan.validation import check_bool

SAMPLE_ROWS = 2**17


@dataclass(frozen=True)
class ClusterFit:
    """A fit on a cluster.

    Attributes
    ----------
    client : distributed.Client
    workers : list of str
        Their addresses.
    n_shards : int
        How many there are to be, if there are so many partitions.
    """

    client: Client
    workers: list[str]
    n_shards: int

    def fit(self, model: NeuralModel, given: Given) -> Rounds:
        """Fit an unfitted `model`; what was done for it."""
        run = read(model).run  # which tells of settings without effect
        refuse_settings(model, run)
        partitions = Partitions.count(self.client, given)
        positions = _sampled(partitions)
        table, labels = partitions.take(positions)
        trainee, rows = Trainee.learn(model, table, labels)
        held = _held_out(run, rows, trainee.seed)
        trainee, learnt = trainee.enter(rows, partitions.n_rows - len(held))
        out = partitions.within(positions[held])
        n_rows = partitions.lengths - [len(own) for own in out]
        settings = trainee.spec.run
        shards = share_out(n_rows, self.n_shards, max(2, settings.batch_size))
        n_updates = -(-settings.max_iter // len(shards))
        futures, where = self._shards(trainee, given, n_updates, shards, out)
        sizes = np.array([n_rows[shard].sum() for shard in shards])
        rounds = Rounds(self.client, futures, where, sizes / sizes.sum())
        self._train(
            model,
            trainee,
            learnt,
            rounds,
            replace(settings, callbacks=run.callbacks, max_iter=n_updates),
        )
        trainee.finish(model, learnt, rows)
        return rounds

    def _train(
        self,
        model: NeuralModel,
        trainee: Trainee,
        learnt: TrainingSet,
        rounds: Rounds,
        settings: RunSpec,
    ) -> None:
        """Make the updates that a shard has to make, and set the attributes of `model`."""
        trainer, data = make_trainer(trainee, learnt.rows)
        state = trainer.init(trainee.seed, 1, [learnt.coordinates.offsets])
        run, best = Run(state, settings.max_iter), None
        if settings.early_stopping is not None and learnt.held is not None:
            beside = data, TrainingData(trainer.ops, *learnt.held)
            given = settings.early_stopping, trainer.evaluation, state, *beside
            best = BestState.of(*given, [learnt.coordinates])
        trainer.callbacks = [*([] if best is None else [best]), *settings.callbacks]
        kept: Kept = None
        try:
            rounds.train(trainer, run)
        except DivergenceError:
            trainee.fitted(model, *results(trainer.evaluation, run, data), None)
            raise
        if best is not None:
            best.finish(run)
            kept = int(best.steps[0]), float(best.scores[0])
        trainee.fitted(model, *results(trainer.evaluation, run, data), kept)

    def _shards(
        self,
        trainee: Trainee,
        given: Given,
        n_updates: int,
        shards: Sequence[Sequence[int]],
        out: Sequence[np.ndarray],
    ) -> tuple[list[Future], list[str]]:
        """The shards, and where each of them is to be.

        out : the positions of rows in each partition that are not to be trained on.
        """
        make = delayed(on_workers.make_shard, pure=False)
        told = delayed(trainee, pure=False, traverse=False)
        futures, where = [], []
        for i, shard in enumerate(shards):
            worker = self.workers[i % len(self.workers)]
            parts = [given.parts[k] for k in shard]
            labels = None if given.labels is None else [given.labels[k] for k in shard]
            asked = make(told, i, n_updates, parts, labels, [out[k] for k in shard])
            futures.append(self.client.compute(asked, workers=[worker], allow_other_workers=True))
            where.append(worker)
        return futures, where


def refuse_settings(model: NeuralModel, run: RunSpec) -> None:
    """ValueError for settings of a model that a cluster cannot fulfil."""
    if check_bool(model.warm_start, "warm_start"):
        raise ValueError(
            "warm_start=True is not supported on a cluster, where each fit begins anew: set "
            "warm_start=False, or go on with to_local() in one process"
        )
    if find_checkpoint(run.callbacks) is not None:
        raise ValueError(
            "Checkpoint is not supported on a cluster, where a lost worker is made good without: "
            "take it out of callbacks, and keep the model by to_local().save(path)"
        )


def _sampled(partitions: Partitions) -> np.ndarray:
    """Numbers of rows, ascending."""
    n = partitions.n_rows
    if n <= SAMPLE_ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, SAMPLE_ROWS, replace=False))


def _held_out(run: RunSpec, rows: GivenRows, seed: int) -> np.ndarray:
    """The positions of the rows that early stopping holds out."""
    X, labels = rows
    if run.early_stopping is None:
        return np.empty(0, dtype=np.int64)
    return run.early_stopping.split(len(X), None if labels is None else codes_of(labels), seed)[1]
