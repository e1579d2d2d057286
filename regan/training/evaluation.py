"""Evaluation of a state of training: the parameters that samples come from, and generated rows."""

from __future__ import annotations

import numpy as np

from regan.backends import Array, Backend
from regan.layers.draws import Draws
from regan.objectives import Objective
from regan.objectives.batch import Batch
from regan.training.state import TrainingState
from regan.training.training_data import TrainingData

_FEW_ROWS = 64
_AVERAGE_ITERATIONS = 10


class Evaluation:
    """Evaluation of a training state: generated rows, and the parameters that make them.

    Parameters
    ----------
    objective : Objective
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    @property
    def ops(self) -> Backend:
        return self.objective.ops

    def probe(self, state: TrainingState, data: TrainingData, n_rows: int) -> Batch:
        """At most `n_rows` rows of the data with as many draws: the same throughout a run.

        Classes are as frequent there as in minibatches.
        """
        rng = np.random.default_rng([state.seed, 2])
        real, labels = data.look(rng, n_rows)
        draws = Draws(self.ops, self.ops.rng(np.random.SeedSequence([state.seed, 6])))
        return Batch(real, draws, labels)

    def thetas(self, state: TrainingState, probe: Batch) -> dict[str, Array]:
        """The parameters that evaluation uses, (K, P) each.

        The sampler's are the average, with exact zeros where the trained ones have them now: an
        average of weights that became zero is small but never zero, and a penalty that promises
        zeros has to keep its word. Constraints hold for it too, or have changed the parameters.
        What a layer needs of a whole batch is that of many generated rows, and of the data in
        `probe`; a few rows say little about a batch, so then it stays as the last fit left it. The
        state keeps that, too.
        """
        objective, enough = self.objective, probe.real.shape[1] >= _FEW_ROWS
        sampler = self._sampling_theta(state, probe)
        effective = {objective.sampler: sampler}
        for name in set(objective.names) - {objective.sampler}:
            player, own = objective.players[name], state.thetas[name]
            theta = player.constraints.effective(own, state.memories[name]).copy()
            if player.network.needs_calibration and (enough or not state.calibrated):
                objective.calibrate(name, theta, probe, sampler)
                n = player.network.layout.n_trained
                own[:, n:] = theta[:, n:]
            effective[name] = theta
        state.calibrated = True
        return {name: effective[name] for name in objective.names}

    def _sampling_theta(self, state: TrainingState, probe: Batch) -> Array:
        """The sampler's parameters for evaluation, (K, P)."""
        name = self.objective.sampler
        player = self.objective.players[name]
        theta = state.average.copy()
        trained = player.trained(theta)
        trained *= player.trained(state.thetas[name]) != 0
        player.constraints.project(theta)
        memory = {k: a.copy() for k, a in state.memories[name].items()}
        for _ in range(_AVERAGE_ITERATIONS if memory else 0):  # it is that of other parameters
            player.constraints.advance(theta, memory)
        theta = player.constraints.effective(theta, memory).copy()
        if player.network.needs_calibration:
            self.objective.calibrate(name, theta, probe, theta)
        return theta

    def generate(self, state: TrainingState, probe: Batch, like: Batch) -> np.ndarray:
        """As many generated rows (K, n, D) as `like` has, of its classes and from its draws.

        `probe` is for what layers need of a whole batch; see `thetas`.
        """
        name, n = self.objective.sampler, like.real.shape[1]
        theta = self._sampling_theta(state, probe)
        noise = like.draws.normal("sample", (1, n, self.objective.n_noise))
        network = self.objective.networks[name]
        side = self.objective.nothing_known(like.labels, n)
        rows = self.objective.generate(network, network.split(theta), noise, side)
        return self.ops.to_numpy(rows)
