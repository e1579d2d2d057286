"""The check of the second-order pass through a whole network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.backends import get_backend
from regan.gradient_penalties import GradientPenalty, accumulate
from regan.layers import Layer
from regan.network import Network
from regan.testing.differences import TOLERANCE, Point, check_gradient

_K, _N = 2, 4


def check_second_order(
    layers: Sequence[Layer],
    penalty: GradientPenalty,
    n_in: int = 3,
    *,
    backend: str | None = None,
    random_state: int = 0,
) -> float:
    """Check the parameter gradient of a whole gradient penalty through a network of `layers`.

    Use smooth activations and at least three hidden layers: with piecewise linear ones the terms in
    f'' vanish, and errors in them go unseen.

    Parameters
    ----------
    layers : sequence of Layer
        The last one has one output.
    penalty : GradientPenalty
    n_in : int, default=3
    backend : str, optional
    random_state : int, default=0

    Returns
    -------
    error : float
    """
    ops = get_backend(backend, "float64")
    network, bound = Network(layers, n_in, ops), penalty.bind(ops)
    rng = np.random.default_rng(random_state)
    x = ops.asarray(rng.standard_normal((_K, _N, n_in)))

    def draw(rng: np.random.Generator) -> Point:
        scale = 1 / np.sqrt(max(layer.get_params().get("n_units", 1) for layer in layers))
        return [scale * rng.standard_normal((_K, network.layout.size))]

    def input_gradient(theta: np.ndarray) -> tuple[Any, Any, Any]:
        params = network.split(ops.asarray(theta))
        y, caches = network.forward(params, x)
        return params, caches, network.backward(params, ops.xp.ones_like(y), caches)

    def value(point: Point) -> float:
        phi, _ = bound.potential(input_gradient(point[0])[2])
        return float(ops.to_numpy((bound.strength[:, 0] * phi.mean(axis=-1)).sum()))

    def gradient(point: Point) -> Point:
        params, caches, g = input_gradient(point[0])
        u = bound.strength[:, :, None] * bound.potential(g)[1] / _N
        grad = ops.zeros(point[0].shape)
        accumulate(network, params, caches, u, None, network.split(grad))
        return [ops.to_numpy(grad)]

    what = f"{type(penalty).__name__} through {[repr(layer) for layer in layers]}"
    return check_gradient(draw, value, gradient, rng=rng, what=what, tolerance=TOLERANCE)
