"""The fit of a model on a cluster: survey, sample, shards, rounds, and what comes after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from dask import delayed
from distributed import Client, Future

from regan.building.run_spec import RunSpec
from regan.building.specs import read as read_settings
from regan.building.training_set import TrainingSet
from regan.control.checkpoint import find_checkpoint
from regan.control.early_stopping import BestState
from regan.dask.given import Given
from regan.dask.parts import make_shard, read_rows
from regan.dask.rounds import Rounds
from regan.dask.shard import make_trainer
from regan.dask.sharing import share_out
from regan.dask.surveying import ClusterLearner
from regan.dask.tables import Partitions
from regan.data.encoded_rows import codes_of
from regan.estimators.elsewhere import Trainee
from regan.estimators.neural import NeuralModel
from regan.estimators.steered_run import Kept
from regan.mixtures.coordinates import GivenRows
from regan.training.divergence import DivergenceError
from regan.training.results import results
from regan.training.state import Run
from regan.training.training_data import TrainingData
from regan.validation import check_bool


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
        run = read_settings(model).run  # which tells of settings without effect
        refuse_settings(model, run)
        learner = ClusterLearner(Partitions.count(self.client, given))
        trainee, rows = Trainee.begin(model, learner.learn)
        n_rows, out = _left_out(learner, run, rows, trainee.seed)
        shards = share_out(n_rows.tolist(), self.n_shards, max(2, run.batch_size))
        where = [self.workers[i % len(self.workers)] for i in range(len(shards))]
        read = self._read(trainee, given, shards, out, where)  # while frames are learnt here
        trainee, learnt = trainee.enter(rows, int(n_rows.sum()))
        settings = trainee.spec.run
        n_updates = -(-settings.max_iter // len(shards))
        futures = [
            self.client.submit(
                make_shard,
                trainee,
                i,
                n_updates,
                there,
                workers=[worker],
                allow_other_workers=True,
                pure=False,
            )
            for i, (there, worker) in enumerate(zip(read, where, strict=True))
        ]
        del read
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
            trainee.fitted(model, results(trainer.evaluation, run, data)[0], None)
            raise
        if best is not None:
            best.finish(run)
            kept = int(best.steps[0]), float(best.scores[0])
        trainee.fitted(model, results(trainer.evaluation, run, data)[0], kept)

    def _read(
        self,
        trainee: Trainee,
        given: Given,
        shards: Sequence[Sequence[int]],
        out: Sequence[np.ndarray],
        where: Sequence[str],
    ) -> list[Future]:
        """The rows of each shard, without those at positions `out` of each partition."""
        rows, told = delayed(read_rows, pure=False), delayed(trainee, pure=False, traverse=False)
        futures = []
        for shard, worker in zip(shards, where, strict=True):
            parts = [given.parts[k] for k in shard]
            labels = None if given.labels is None else [given.labels[k] for k in shard]
            asked = rows(told, parts, labels, [out[k] for k in shard])
            futures.append(self.client.compute(asked, workers=[worker], allow_other_workers=True))
        return futures


def refuse_settings(model: NeuralModel, run: RunSpec) -> None:
    """ValueError for settings of a model that a cluster cannot fulfil."""
    if check_bool(model.warm_start, "warm_start"):
        raise ValueError(
            "warm_start=True is not supported on a cluster, where every fit starts from the "
            "beginning: set warm_start=False, or continue with to_local() in one process"
        )
    if find_checkpoint(run.callbacks) is not None:
        raise ValueError(
            "Checkpoint is not supported on a cluster, where training continues after the loss "
            "of a worker: remove it from callbacks, and save the model with to_local().save(path)"
        )


def _left_out(
    learner: ClusterLearner, run: RunSpec, rows: GivenRows, seed: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """How many rows of each partition are trained on, and the positions of those that early
    stopping holds out.
    """
    X, labels = rows
    held = np.empty(0, dtype=np.int64)
    if run.early_stopping is not None:
        codes = None if labels is None else codes_of(labels)
        held = learner.positions(seed)[run.early_stopping.split(len(X), codes, seed)[1]]
    out = learner.partitions.within(held)
    return learner.partitions.lengths - [len(own) for own in out], out
