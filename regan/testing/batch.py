"""One batch on its way through the four passes of a network."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.layers.draws import Draws
from regan.layers.network import ALL_ROWS, Network
from regan.testing.arguments import Arguments


def draw_theta(
    network: Network, n_models: int, rng: np.random.Generator, scale: float = 1.0
) -> np.ndarray:
    """Random parameters (K, P).

    What is trained is normal with standard deviation `scale`, but for the first entry of every
    array of biases, scales or shifts, which is exactly 0. What is fixed is moved by less than 1/2
    from its initial value.
    """
    theta = network.ops.to_numpy(network.init(rng, n_models))
    trained, fixed = np.split(theta, [network.layout.n_trained], axis=1)  # views
    trained[...] = scale * rng.standard_normal(trained.shape)
    fixed += rng.uniform(-0.5, 0.5, fixed.shape)
    for slot in network.layout.slots:
        if slot.parameter.kind == "bias" and slot.stop - slot.start > 1:
            theta[:, slot.start] = 0
    return theta


class Batch:
    """The passes of one batch, from host arrays to host arrays.

    After each pass all arguments so far have to be as they were given, those of earlier passes
    too: the cache leads to them. Gradients are added to a buffer that is not empty, and what is
    returned is the difference.

    Parameters
    ----------
    network : Network
    theta : array of shape (K, P)
    name : str
        For messages.
    train : bool, default=True
        Whether this is a pass of training.
    random : bool, default=True
        Whether what is random acts; the draws are the same for every batch of one shape.
    """

    def __init__(
        self,
        network: Network,
        theta: np.ndarray,
        name: str,
        *,
        train: bool = True,
        random: bool = True,
    ) -> None:
        self._network, self._ops = network, network.ops
        self._arguments = Arguments(network.ops, name)
        self._params = network.split(self._arguments.put(theta))
        self._filling = np.tile(np.linspace(1, 2, network.layout.n_trained), (len(theta), 1))
        self._mode: dict[str, Any] = {"train": train}
        if random:
            self._mode["draws"] = Draws(network.ops, network.ops.rng(0))

    def forward(self, x: np.ndarray) -> np.ndarray:
        self._shape = x.shape
        y, self._caches = self._run("forward", x, **self._mode)
        return self._ops.to_numpy(y)

    def backward(self, gy: np.ndarray, rows: slice = ALL_ROWS) -> tuple[np.ndarray, np.ndarray]:
        """gx of some rows and what was added to the gradient."""
        return self._run_adding("backward", gy, rows=rows)

    def input_gradient(self, gy: np.ndarray) -> np.ndarray:
        """gx by the inputs-only pass."""
        return self._ops.to_numpy(self._run("backward", gy, self._caches, None))

    def tangent(self, dx: np.ndarray) -> np.ndarray:
        return self._ops.to_numpy(self._run("tangent", dx, self._caches))

    def tangent_backward(self, dgy: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """dgx and what was added to the gradient."""
        return self._run_adding("tangent_backward", dgy)

    def _run(self, name: str, given: np.ndarray | None, *rest: Any, **options: Any) -> Any:
        device = None if given is None else self._arguments.put(given)
        result = getattr(self._network, name)(self._params, device, *rest, **options)
        self._arguments.check(name)
        return result

    def scaled_backward(self, weights: np.ndarray) -> np.ndarray:
        """What was added to the gradient."""
        return self._run_adding("scaled_backward", weights)[1]

    def _run_adding(
        self, name: str, given: np.ndarray | None, **options: Any
    ) -> tuple[np.ndarray, np.ndarray]:
        grad = self._ops.asarray(self._filling.copy())
        gx = self._run(name, given, self._caches, self._network.split(grad), **options)
        host = np.zeros(self._shape) if gx is None else self._ops.to_numpy(gx)
        return host, self._ops.to_numpy(grad) - self._filling
