"""The check of the second-order pass through a whole network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.backends import get_backend
from regan.layers import Layer
from regan.layers.draws import Draws
from regan.layers.network import Network
from regan.penalties.gradient import GradientPenalty, accumulate
from regan.testing.batch import draw_theta
from regan.testing.differences import TOLERANCE, Point, check_gradient

_K, _N = 2, 4


def check_second_order(
    layers: Sequence[Layer],
    penalty: GradientPenalty,
    n_in: int = 3,
    *,
    n_skip: int = 0,
    backend: str | None = None,
    random_state: int = 0,
) -> float:
    """Check the gradient of a gradient penalty with respect to the parameters of a network.

    It runs in training, with draws, and in evaluation. All blocks of the penalty have the same
    rows. Use smooth activations and at least three hidden layers. With piecewise linear activations
    the terms in f'' vanish, so errors in them stay undetected.

    Parameters
    ----------
    layers : sequence of Layer
        The layers of the network; the last layer has one output.
    penalty : GradientPenalty
    n_in : int, default=3
    n_skip : int, default=0
        See `regan.layers.Network`.
    backend : str, optional
    random_state : int, default=0

    Returns
    -------
    error : float
    """
    ops = get_backend(backend, "float64")
    network, bound = Network(layers, n_in, ops, n_skip), penalty.bind(ops)
    rng = np.random.default_rng(random_state)
    name = f"{type(penalty).__name__} through {[repr(layer) for layer in layers]}"
    probes = [_Probe(network, bound, train, rng) for train in (True, False)]
    return max(
        check_gradient(
            probe.draw,
            probe.value,
            probe.gradient,
            rng=rng,
            what=f"{name} in {'training' if probe.train else 'evaluation'}",
            tolerance=TOLERANCE,
        )
        for probe in probes
    )


class _Probe:
    """The penalty, summed over its blocks and models, as a function of what is trained."""

    def __init__(
        self, network: Network, bound: GradientPenalty, train: bool, rng: np.random.Generator
    ) -> None:
        self.network, self.bound, self.ops, self.train = network, bound, network.ops, train
        self.x = self.ops.asarray(rng.standard_normal((_K, _N, network.n_in)))
        self.draws = Draws(self.ops, self.ops.rng(0)) if train else None

    def draw(self, rng: np.random.Generator) -> Point:
        layout = self.network.layout
        widest = max(max(slot.parameter.shape) for slot in layout.matrices)
        theta = draw_theta(self.network, _K, rng, scale=1 / np.sqrt(widest))
        self.fixed = theta[:, layout.n_trained :]
        return [theta[:, : layout.n_trained]]

    def passes(self, trained: np.ndarray) -> tuple[Any, Any, Any, Any]:
        """The parameters, the scores (K, N), the caches and the input gradient."""
        theta = self.ops.asarray(np.concatenate([trained, self.fixed], axis=1))
        params = self.network.split(theta)
        y, caches = self.network.forward(params, self.x, train=self.train, draws=self.draws)
        g = self.network.backward(params, self.ops.xp.ones_like(y), caches)
        return params, y[..., 0], caches, g

    def value(self, point: Point) -> float:
        _, scores, _, g = self.passes(point[0])
        phi = sum(self.bound.potential(g, scores, block)[0] for block in self.bound.blocks)
        return float(self.ops.to_numpy((self.bound.strength * phi).mean(axis=-1)).sum())

    def gradient(self, point: Point) -> Point:
        params, scores, caches, g = self.passes(point[0])
        weight = self.bound.strength / _N  # (K, 1)
        u, seed = self.ops.zeros(g.shape), None
        for block in self.bound.blocks:
            _, slope, on_scores = self.bound.potential(g, scores, block)
            u += weight[..., None] * slope
            if on_scores is not None:
                more = (weight * on_scores)[..., None]  # (K, N, 1)
                seed = more if seed is None else seed + more
        grad = self.ops.zeros(point[0].shape)
        accumulate(self.network, params, caches, u, seed, self.network.split(grad))
        return [self.ops.to_numpy(grad)]
