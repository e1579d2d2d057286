"""A trained network on the host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from regan.backends import Array, Backend, get_backend
from regan.layers.base import Layer
from regan.layers.network import Network
from regan.storage.stored import FileError, Stored


class FittedNetwork:
    """Fitted network, with its layers and parameters in NumPy arrays.

    Parameters
    ----------
    network : Network
        The network, bound to the NumPy backend.
    theta : array of shape (1, P)
        The parameters of the network.

    Attributes
    ----------
    layers : list of Layer
    parameters : list of dict of str to array
        The arrays of each layer by name, for example ``generator_.parameters[0]["W"]``. They are
        views of theta.
    """

    def __init__(self, network: Network, theta: np.ndarray) -> None:
        self.network = network
        self.theta = theta

    def export(self, encode: Callable[[Any, str], Any]) -> dict[str, Any]:
        """What a model file has to hold beside theta; encode : for objects, see `Codec`."""
        network = self.network
        return {
            "n_in": network.n_in,
            "n_skip": network.n_skip,
            "skip_from": network.skip_from,
            "layers": encode(self.layers, "layers"),
        }

    @classmethod
    def restore(
        cls, stored: Stored, theta: np.ndarray, decode: Callable[[Stored], Any]
    ) -> FittedNetwork:
        """The inverse of `export`. FileError for layers that do not fit each other, or theta."""
        n_in, n_skip, skip_from, layers = stored.fields("n_in", "n_skip", "skip_from", "layers")
        decoded = [decode(layer) for layer in layers.items()]
        if not decoded or not all(isinstance(layer, Layer) for layer in decoded):
            layers.refuse("a list of layers")
        with layers.building("list of layers that fit each other"):
            n, ops = n_in.integer(1), get_backend("numpy", theta.dtype)
            around = n_skip.integer(0, n)
            network = Network(decoded, n, ops, around, skip_from.integer(0, n - around))
            sizes = {*network.widths, network.widest, network.layout.size}
        if not all(isinstance(n, int) and 1 <= n <= theta.size for n in sizes):
            layers.refuse(f"layers of a network with {theta.size} parameters")
        if network.layout.size != theta.size:
            raise FileError(
                f"the layers of {stored.place} have {network.layout.size} parameters, and the file "
                f"has {theta.size}"
            )
        return cls(network, theta)

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
        return self.network.like(self.layers, ops), ops.asarray(self.theta)

    def __repr__(self) -> str:
        shape = f"{self.network.n_in} -> {self.network.n_out}"
        return f"<FittedNetwork {shape}, {self.theta.size} parameters>"
