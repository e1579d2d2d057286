"""A fitted model without its dead units: smaller networks, and the state to go on from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from regan.layers import Dense, Layer, Residual
from regan.layers.fitted import FittedNetwork
from regan.layers.pruning import Plan, dead_units, prune
from regan.objectives import Player
from regan.training.state import TrainingState

Networks = Mapping[str, FittedNetwork]
Widths = Mapping[str, tuple[int, ...]]
Cuts = dict[str, tuple[list[Layer], Plan]]


def has_dead_units(networks: Networks, state: TrainingState) -> bool:
    """Whether there is a unit to remove, if all widths are settings; see `remove_dead_units`."""
    return any(mask.any() for fitted in networks.items() for mask in _dead(*fitted, state))


def remove_dead_units(
    networks: Networks,
    widths: Widths,
    state: TrainingState,
    sampler: str,
    players_of: Callable[[Widths], Mapping[str, Player]],
) -> tuple[Networks, TrainingState, Widths]:
    """Networks that compute the same without dead units, the state of training, and the widths.

    Units that only dead ones read die with them, so this goes on until there are none. A network
    with affine maps that its widths do not tell of, a part of the architecture's, stays as it is.

    Parameters
    ----------
    networks : dict of str to FittedNetwork
    widths : dict of str to tuple of int
        What the settings ask for now.
    state : TrainingState
        On the host, of one model.
    sampler : str
        The network whose parameters are averaged.
    players_of : callable
        Gives the players with networks of such widths, on the host: their constraints say what the
        passes see.
    """
    networks, widths, built = dict(networks), dict(widths), players_of(widths)
    free = [n for n in networks if len(_hidden_widths(built[n].network.layers)) == len(widths[n])]
    widths |= {n: _hidden_widths(networks[n].layers) for n in free}
    players = players_of(widths)
    cuts = _cuts(networks, free, state)
    while cuts:
        for name, (layers, plan) in cuts.items():
            old = networks[name]
            network = old.network.like(layers, old.network.ops)
            networks[name] = FittedNetwork(network, plan.fold(old.theta))
            state = _cut_state(state, name, plan, players[name], name == sampler)
            widths[name] = _hidden_widths(layers)
        players = players_of(widths)
        state = _with_memories(state, {name: players[name] for name in cuts})
        cuts = _cuts(networks, free, state)
    return networks, state, widths


def _cuts(networks: Networks, names: Sequence[str], state: TrainingState) -> Cuts:
    """What would be left of those networks of these names that have dead units to lose."""
    cuts = {n: prune(networks[n].network, _dead(n, networks[n], state)) for n in names}
    return {n: cut for n, cut in cuts.items() if any(mask.any() for mask in cut[1].gone)}


def _dead(name: str, fitted: FittedNetwork, state: TrainingState) -> list[np.ndarray]:
    """Units that are dead both in the model that evaluates and in the one that goes on training."""
    masks = (dead_units(fitted.network, theta) for theta in (fitted.theta, state.thetas[name]))
    return [a & b for a, b in zip(*masks, strict=True)]


def _cut_state(
    state: TrainingState, name: str, plan: Plan, player: Player, averaged: bool
) -> TrainingState:
    """`state` with the arrays of one network pruned, but for what its constraints keep."""
    memory = {key: a.copy() for key, a in state.memories[name].items()}

    def folded(theta: np.ndarray) -> np.ndarray:
        new: np.ndarray = plan.select(theta)
        seen = plan.fold(player.constraints.effective(theta, memory))
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
        averages=(folded(state.average * (old != 0)),) if averaged else state.averages,
        optimizers={**state.optimizers, name: optimizer},
    )


def _with_memories(state: TrainingState, players: Mapping[str, Player]) -> TrainingState:
    """`state` with what the constraints of `players` keep of these parameters, drawn anew."""
    fresh = {
        name: player.constraints.init(state.thetas[name], np.random.default_rng(state.seed))
        for name, player in players.items()
    }
    return replace(state, memories={**state.memories, **fresh})


def _hidden_widths(layers: Sequence[Layer]) -> tuple[int, ...]:
    """The widths of the hidden layers of a network built from a blueprint."""
    flat = [
        inner
        for layer in layers
        for inner in (layer.layers if isinstance(layer, Residual) else [layer])
    ]
    return tuple(layer.n_units for layer in flat if isinstance(layer, Dense))[:-1]
