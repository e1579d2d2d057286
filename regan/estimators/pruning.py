"""A fitted model without its dead units: smaller networks, and the state to go on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from regan.layers import Dense, Layer, Residual
from regan.layers.fitted import FittedNetwork
from regan.layers.network import Network
from regan.layers.pruning import Plan, dead_units, prune
from regan.objectives import Player
from regan.training.state import TrainingState

Networks = Mapping[str, FittedNetwork]
Widths = Mapping[str, tuple[int, ...]]
Cuts = dict[str, tuple[list[Layer], Plan]]


def remove_dead_units(
    networks: Networks,
    state: TrainingState,
    sampler: str,
    players_of: Callable[[Widths], Mapping[str, Player]],
) -> tuple[Networks, TrainingState, Widths | None]:
    """Networks that compute the same without dead units, the state of training, and the widths.

    Units that only dead ones read die with them, so this goes on until there are none. The widths
    are None if there were none at all.

    Parameters
    ----------
    networks : dict of str to FittedNetwork
    state : TrainingState
        On the host, of one model.
    sampler : str
        The network whose parameters are averaged.
    players_of : callable
        Gives the players with networks of such widths, on the host: their constraints say what the
        passes see.
    """
    networks, widths = dict(networks), None
    cuts = _cuts(networks, state)
    while any(mask.any() for _, plan in cuts.values() for mask in plan.gone):
        players = players_of({n: _hidden_widths(fitted.layers) for n, fitted in networks.items()})
        for name, (layers, plan) in cuts.items():
            old = networks[name]
            network = Network(layers, old.network.n_in, old.network.ops)
            networks[name] = FittedNetwork(network, plan.fold(old.theta))
            state = _cut_state(state, name, plan, players[name], name == sampler)
        cuts = _cuts(networks, state)
        widths = {n: _hidden_widths(fitted.layers) for n, fitted in networks.items()}
    return networks, state, widths


def _cuts(networks: Networks, state: TrainingState) -> Cuts:
    """What would be left of each network without its dead units.

    Those that are dead both in the model that evaluates and in the one that goes on training.
    """
    cuts = {}
    for name, fitted in networks.items():
        network = fitted.network
        masks = (dead_units(network, theta) for theta in (fitted.theta, state.thetas[name]))
        cuts[name] = prune(network, [a & b for a, b in zip(*masks, strict=True)])
    return cuts


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


def _hidden_widths(layers: Sequence[Layer]) -> tuple[int, ...]:
    """The widths of the hidden layers of a network built from a blueprint."""
    flat = [
        inner
        for layer in layers
        for inner in (layer.layers if isinstance(layer, Residual) else [layer])
    ]
    return tuple(layer.n_units for layer in flat if isinstance(layer, Dense))[:-1]
