"""Averages of training states: what local SGD does between two rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.objectives import Objective
from regan.training.state import TrainingState

_ITERATIONS = 10


def average(
    objective: Objective,
    state: TrainingState,
    parts: Sequence[dict[str, np.ndarray]],
    shares: Sequence[float],
) -> None:
    r"""Average states of shards, weighted by their rows, into `state`, in place.

    .. math:: \bar\theta = \sum_i \frac{n_i}{n} \theta_i

    with :math:`n_i` the rows of shard i and n those of all; so are the average of the sampler's
    parameters, and the moments of the optimizers. What constraints keep between updates, such as
    singular vectors, is no vector space: that of the first shard follows the averaged parameters
    for a few steps. Averages of points in a convex set are in it; they are projected into others.
    McMahan et al., 2017 (arXiv:1602.05629); of GANs Rasouli et al., 2020 (arXiv:2006.07228).

    Parameters
    ----------
    objective : Objective
    state : TrainingState
        That the parts began with, on the device of the objective.
    parts : sequence of dict of str to array
        `TrainingState.arrays` of each shard, on the host.
    shares : sequence of float
        Their weights, which sum to 1.
    """
    ops, kept = objective.ops, tuple(f"{name}.kept." for name in state.thetas)
    for name, own in state.arrays().items():
        write = parts[0][name] if name.startswith(kept) else mean([p[name] for p in parts], shares)
        own[...] = ops.asarray(write)
    if len(parts) == 1:
        return
    for name, player in objective.players.items():
        player.constraints.project(state.thetas[name])
        for _ in range(_ITERATIONS if state.memories[name] else 0):
            player.constraints.advance(state.thetas[name], state.memories[name])


def mean(arrays: Sequence[Any], shares: Sequence[float]) -> np.ndarray:
    """The weighted mean of arrays of one shape, computed in float64, in their dtype."""
    if len(arrays) == 1:
        return np.asarray(arrays[0])
    total = np.zeros(np.shape(arrays[0]))
    for array, share in zip(arrays, shares, strict=True):
        total += share * np.asarray(array, dtype=np.float64)
    return total.astype(np.asarray(arrays[0]).dtype)
