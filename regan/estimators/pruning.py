"""A fitted model without its dead units."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from regan.backends import get_backend
from regan.building.assembly import hidden_widths
from regan.layers import Layer
from regan.layers.fitted import FittedNetwork
from regan.layers.network import Network
from regan.layers.pruning import Plan, dead_units, prune
from regan.objectives.players import Player
from regan.training.state import TrainingState

Cuts = dict[str, tuple[list[Layer], Plan]]


def without_dead_units(model: Any) -> Any:
    """A copy of a fitted `NeuralModel` that computes the same with smaller networks.

    Units that only dead ones read die with them, so this goes on until there are none.
    """
    model, cuts = copy(model), _cuts(model)
    while any(mask.any() for _, plan in cuts.values() for mask in plan.gone):
        model = _cut(model, cuts)
        cuts = _cuts(model)
    return model


def _cuts(model: Any) -> Cuts:
    """What would be left of each network without its dead units.

    Those that are dead both in the model that evaluates and in the one that goes on training.
    """
    cuts = {}
    for name, fitted in model._fitted().items():
        network = fitted.network
        masks = (dead_units(network, theta) for theta in (fitted.theta, model._state.thetas[name]))
        cuts[name] = prune(network, [a & b for a, b in zip(*masks, strict=True)])
    return cuts


def _cut(model: Any, cuts: Cuts) -> Any:
    smaller, fitted, state, widths = copy(model), {}, model._state, {}
    numpy = get_backend("numpy", model.dtype)
    scaler = model._scaler
    objective = model._objective(numpy, scaler.n_columns, model._n_labels, False, scaler.levels)
    for name, old in model._fitted().items():
        layers, plan = cuts[name]
        network = Network(layers, old.network.n_in, old.network.ops)
        fitted[name] = FittedNetwork(network, plan.fold(old.theta))
        averaged = name == model.objective_class.sampler
        state = _cut_state(state, name, plan, objective.players[name], averaged)
        widths[name] = tuple(hidden_widths(layers))
    settings = zip(model.width_settings, model.networks, strict=True)
    smaller.set_params(**{setting: widths[name] for setting, name in settings})
    smaller._set_fitted(fitted, state, model.history_, model._best())
    return smaller


def _cut_state(
    state: TrainingState, name: str, plan: Plan, player: Player, averaged: bool
) -> TrainingState:
    """`state` with the arrays of one network pruned; what its constraints keep is drawn anew."""

    def folded(theta: np.ndarray) -> np.ndarray:
        new: np.ndarray = plan.select(theta)
        seen = plan.fold(player.constraints.effective(theta, state.memories[name]))
        n = plan.select(theta[:, : plan.network.layout.n_weights]).shape[1]
        new[:, n:] = seen[:, n:]  # constants move into biases, which constraints leave alone
        return new

    # the average has zeros where the parameters have them; see `Evaluation.thetas`
    old = state.thetas[name]
    theta = folded(old)
    optimizer = {k: v if k == "t" else plan.select(v) for k, v in state.optimizers[name].items()}
    return replace(
        state,
        thetas={**state.thetas, name: theta},
        average=folded(state.average * (old != 0)) if averaged else state.average,
        optimizers={**state.optimizers, name: optimizer},
        memories={**state.memories, name: {}},
    )
