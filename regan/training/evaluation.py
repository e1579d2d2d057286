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
        samplers = self._sampling_thetas(state, probe)
        effective = dict(samplers)
        for name in set(objective.names) - {*samplers}:
            player, own = objective.players[name], state.thetas[name]
            theta = player.constraints.effective(own, state.memories[name]).copy()
            if player.network.needs_calibration and (enough or not state.calibrated):
                objective.calibrate(name, theta, probe, samplers)
                n = player.network.layout.n_trained
                own[:, n:] = theta[:, n:]
            effective[name] = theta
        state.calibrated = True
        return {name: effective[name] for name in objective.names}

    def _sampling_thetas(self, state: TrainingState, probe: Batch) -> dict[str, Array]:
        """The samplers' parameters for evaluation, (K, P) each."""
        thetas: dict[str, Array] = {}
        for name, average in zip(self.objective.samplers, state.averages, strict=True):
            thetas[name] = self._sampling_theta(name, average, state)
        for name, theta in thetas.items():
            if self.objective.players[name].network.needs_calibration:
                self.objective.calibrate(name, theta, probe, thetas)
        return thetas

    def _sampling_theta(self, name: str, average: Array, state: TrainingState) -> Array:
        """A sampler's parameters for evaluation, before they are calibrated."""
        player = self.objective.players[name]
        theta = average.copy()
        trained = player.trained(theta)
        trained *= player.trained(state.thetas[name]) != 0
        player.constraints.project(theta)
        memory = {k: a.copy() for k, a in state.memories[name].items()}
        for _ in range(_AVERAGE_ITERATIONS if memory else 0):  # it is that of other parameters
            player.constraints.advance(theta, memory)
        return player.constraints.effective(theta, memory).copy()

    def generate(self, state: TrainingState, probe: Batch, like: Batch) -> np.ndarray:
        """As many generated rows (K, n, D) as `like` has, of its classes and from its draws.

        `probe` is for what layers need of a whole batch; see `thetas`.
        """
        return self.ops.to_numpy(self.objective.made(self._sampling_thetas(state, probe), like))
