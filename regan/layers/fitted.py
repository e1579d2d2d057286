"""A trained network on the host."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.backends import Array, Backend
from regan.layers.network import Network


class FittedNetwork:
    """A fitted network on the host, whichever backend trained it.

    Parameters
    ----------
    network : Network
        Bound to the NumPy backend.
    theta : array of shape (1, P)
        Its parameters.

    Attributes
    ----------
    layers : list of Layer
    parameters : list of dict of str to array
        For each layer its arrays by name, as in ``generator_.parameters[0]["W"]``; views of
        theta.
    """

    def __init__(self, network: Network, theta: np.ndarray) -> None:
        self.network = network
        self.theta = theta

    @property
    def layers(self) -> list[Any]:
        return self.network.layers

    @property
    def parameters(self) -> list[dict[str, np.ndarray]]:
        split = self.network.split(self.theta)
        return [{name: a[0] for name, a in layer.items()} for layer in split]

    def __call__(self, x: Any) -> np.ndarray:
        """The outputs (N, O) for inputs `x` (N, I), in the units of training."""
        rows = self.network.ops.asarray(np.asarray(x)[None])
        y: np.ndarray = self.network.forward(self.network.split(self.theta), rows)[0][0]
        return y

    def on(self, ops: Backend) -> tuple[Network, Array]:
        """The network and its parameters on another backend."""
        return Network(self.layers, self.network.n_in, ops), ops.asarray(self.theta)

    def __repr__(self) -> str:
        shape = f"{self.network.n_in} -> {self.network.n_out}"
        return f"<FittedNetwork {shape}, {self.theta.size} parameters>"
