"""The results of a run, on the host: one for each model of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regan.backends import get_backend
from regan.layers.fitted import FittedNetwork
from regan.training.evaluation import Evaluation
from regan.training.history import History, by_update
from regan.training.state import Run, TrainingState
from regan.training.training_data import TrainingData

_PROBE_ROWS = 4096


@dataclass(frozen=True)
class Result:
    """Result of training one model.

    Attributes
    ----------
    networks : dict of str to FittedNetwork
        As evaluation uses them.
    state : TrainingState
        On the host, of one model.
    history : dict of str to array
        See `RegularizedGAN.history_`.
    """

    networks: dict[str, FittedNetwork]
    state: TrainingState
    history: History


def results(
    evaluation: Evaluation, run: Run, data: TrainingData, before: History | None = None
) -> list[Result]:
    """The results of all models of `run`; what evaluation takes of a batch goes to its state.

    before : the history of the updates before the run, if there were any.
    """
    ops, networks = evaluation.ops, evaluation.objective.networks
    probe = evaluation.probe(run.state, data, _PROBE_ROWS)
    thetas = {k: ops.to_numpy(a) for k, a in evaluation.thetas(run.state, probe).items()}
    state = run.state.map(ops.to_numpy)
    history = {name: np.array(rows) for name, rows in run.history.items()}  # (., K)
    numpy = get_backend("numpy", ops.dtype.name)

    def fitted(name: str, k: int) -> FittedNetwork:
        network = networks[name].like(networks[name].layers, numpy)
        return FittedNetwork(network, thetas[name][k : k + 1].copy())

    return [
        Result(
            {name: fitted(name, k) for name in thetas},
            state.select([k]),
            by_update({name: rows[:, k] for name, rows in history.items()}, state.step, before),
        )
        for k in range(state.n_models)
    ]
