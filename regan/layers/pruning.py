"""Hidden units that no longer act, and the same network without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from regan.backends import Array
from regan.layers.base import Layer
from regan.layers.dense import Dense
from regan.layers.layout import Slot
from regan.layers.network import Network


class Sparsity(NamedTuple):
    """Sparsity of a network: shares of exact zeros, and dead units.

    Attributes
    ----------
    zeros : float
        The share of zeros among all weights, over all K models.
    layers : tuple of float
        The share of zeros in each weight matrix.
    dead_units : tuple of int
        The number of dead units of each hidden layer that can lose units; see `dead_units`.
    """

    zeros: float
    layers: tuple[float, ...]
    dead_units: tuple[int, ...]


def dead_units(network: Network, theta: Array) -> list[np.ndarray]:
    """Find dead hidden units: units that are constant or without outgoing weights.

    A unit of a layer y = x W + b is dead if all its incoming weights, a column of W, are exactly
    zero, or if all its outgoing weights, a row of W of the next dense layer, are.

    A hidden layer can lose units if there are only layers with ``unitwise=True`` before the next
    dense layer. Units that enter a layer or group norm, minibatch statistics or a residual block
    stay, because removing them would change the outputs of other units.

    Parameters
    ----------
    network : Network
    theta : array of shape (K, P)
        The parameters as the passes use them. A unit is dead only if it is dead in all K models.

    Returns
    -------
    dead : list of bool arrays
        One array for each hidden layer that can lose units, from the input to the output. A network
        without the dead units may have further dead units, which were connected only to these.
    """
    params = [
        {name: network.ops.to_numpy(a) for name, a in p.items()} for p in network.split(theta)
    ]

    def dead(i: int, j: int) -> np.ndarray:
        unfed, unread = ~params[i]["W"].any(axis=1), ~params[j]["W"].any(axis=2)  # (K, O) each
        return np.asarray((unfed | unread).all(axis=0))

    return [dead(i, j) for i, j in _chains(network)]


def sparsity(network: Network, theta: Array) -> Sparsity:
    """Sparsity of a network with the parameters `theta` (K, P)."""
    weights = network.ops.to_numpy(theta)[:, : network.layout.n_weights]
    layers = [np.mean(weights[:, s.start : s.stop] == 0) for s in network.layout.matrices]
    return Sparsity(
        float(np.mean(weights == 0)),
        tuple(float(share) for share in layers),
        tuple(int(dead.sum()) for dead in dead_units(network, theta)),
    )


def prune(network: Network, dead: Sequence[np.ndarray]) -> tuple[list[Layer], Plan]:
    """Prune a network: its layers without dead units, and a plan for the parameters.

    At least one unit of each layer stays, even if it is dead.

    Parameters
    ----------
    network : Network
    dead : list of bool arrays
        The result of `dead_units`.

    Returns
    -------
    layers : list of Layer
        Copies for a `Network` with the same inputs, not bound.
    plan : Plan
        Computes the parameters of the new network from the old ones.
    """
    chains = _chains(network)
    widths = [network.layers[i].get_params()["n_units"] for i, _ in chains]
    shapes = [np.shape(mask) for mask in dead]
    if shapes != [(n,) for n in widths]:
        raise ValueError(
            f"dead must have one array for each hidden layer that can lose units, with the shapes "
            f"{[(n,) for n in widths]}, got {shapes}"
        )
    dead = [np.asarray(mask, dtype=bool) for mask in dead]
    gone = [mask & ~(mask.all() & (np.arange(mask.size) == 0)) for mask in dead]
    layers = [clone(layer) for layer in network.layers]
    for (i, _), mask in zip(chains, gone, strict=True):
        layers[i].set_params(n_units=int((~mask).sum()))
    return layers, Plan(network, tuple(gone))


@dataclass(frozen=True)
class Plan:
    """Pruning plan: computes the arrays of a network without its dead units.

    Attributes
    ----------
    network : Network
        The old network.
    gone : tuple of bool arrays
        The units that the new network does not have, for each hidden layer that can lose units.
    """

    network: Network
    gone: tuple[np.ndarray, ...]

    def select(self, a: Array) -> Array:
        """The columns of `a` that stay: (K, P), or the weights or what is trained alone.

        For parameters, averages, gradients and what an optimizer keeps of them, on the backend of
        the network.
        """
        kept = [
            self._kept(slot).ravel()
            for slot in self.network.layout.slots
            if slot.stop <= a.shape[1]
        ]
        columns = np.flatnonzero(np.concatenate(kept))
        return a[:, self.network.ops.asarray(columns, dtype=np.int64)]

    def fold(self, theta: Array) -> Array:
        """The parameters (K, P) of the new network that give the same outputs in evaluation.

        A unit without incoming weights is a constant: its bias, after the layers between. What the
        next dense layer makes of it goes to that layer's bias. In training a batch norm between
        takes means of batches instead, so there the two networks may differ.

        Raises ValueError if units that are to go are not dead under `theta`.
        """
        for mask, dead in zip(self.gone, dead_units(self.network, theta), strict=True):
            if (mask & ~dead).any():
                raise ValueError(
                    f"units {np.flatnonzero(mask & ~dead).tolist()} of a hidden layer are not "
                    "dead under this theta, so removing them would change the outputs"
                )
        folded = theta.copy()
        old, new = self.network.split(theta), self.network.split(folded)
        for (i, j), mask in zip(_chains(self.network), self.gone, strict=True):
            y = old[i]["b"][:, None, :]  # (K, 1, O)
            for layer, p in zip(self.network.layers[i + 1 : j], old[i + 1 : j], strict=True):
                y = layer.forward(p, y, {})
            y = y * self.network.ops.asarray(mask)
            # a unit that nothing reads has a row of zeros there, so it adds nothing
            b = new[j]["b"][:, None, :]
            self.network.ops.matmul(y, old[j]["W"], out=b, accumulate=True)
        return self.select(folded)

    def _kept(self, slot: Slot) -> np.ndarray:
        """Which entries of a parameter stay, an array of its shape."""
        kept = np.ones(slot.parameter.shape, dtype=bool)
        for (i, j), mask in zip(_chains(self.network), self.gone, strict=True):
            if i <= slot.layer < j:
                kept &= ~mask  # units are the last axis of what lies between, and of W and b
            if slot.layer == j and slot.parameter.name == "W":
                kept &= ~mask[:, None]
        return kept


def _chains(network: Network) -> list[tuple[int, int]]:
    """The numbers of two dense layers with only unitwise ones between, for each such pair."""
    layers = network.layers
    breaks = [i for i, layer in enumerate(layers) if not layer.unitwise]
    return [
        (i, j)
        for i, j in pairwise(breaks)
        if isinstance(layers[i], Dense) and isinstance(layers[j], Dense)
    ]
