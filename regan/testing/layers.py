"""Checks of a layer's four passes, and of the second-order pass through a whole network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.backends import Backend, get_backend
from regan.gradient_penalties import GradientPenalty, accumulate
from regan.layers import Layer
from regan.network import Network
from regan.testing.differences import TOLERANCE, Point, assert_close, check_gradient

_K, _N = 2, 4


def check_layer(
    layer: Layer, n_in: int = 5, *, backend: str | None = None, random_state: int = 0
) -> float:
    """Check every pass of `layer` against differences of the pass before it.

    Forward against nothing (it is the definition), backward against forward, tangent against
    forward and, as its adjoint, against backward, tangent_backward against backward. Also: no pass
    changes its arguments, ``grads=None`` gives the same input gradient, and two models at once give
    what each gives alone, bitwise on NumPy.

    Parameters
    ----------
    layer : Layer
    n_in : int, default=5
    backend : str, optional
        As for the estimators.
    random_state : int, default=0

    Returns
    -------
    error : float
        The largest relative error.

    Examples
    --------
    >>> from regan.layers import Dense
    >>> from regan.testing import check_layer
    >>> check_layer(Dense(3)) < 1e-6
    True
    """
    rng = np.random.default_rng(random_state)
    probe = _Probe(layer, n_in, get_backend(backend, "float64"), rng)
    errors = [probe.check_backward(), probe.check_members()]
    if layer.has_tangent:
        errors += [probe.check_tangent(), probe.check_adjoint(), probe.check_tangent_backward()]
    return max(errors)


class _Probe:
    """One layer as a network, with random inputs."""

    def __init__(self, layer: Layer, n_in: int, ops: Backend, rng: np.random.Generator) -> None:
        self.name = repr(layer)
        self.network = Network([layer], n_in, ops)
        self.ops, self.rng = ops, rng
        self.gy = rng.standard_normal((_K, _N, self.network.n_out))
        self.dgy = rng.standard_normal(self.gy.shape)

    def draw(self, rng: np.random.Generator) -> Point:
        x = rng.standard_normal((_K, _N, self.network.n_in))
        return x, rng.standard_normal((_K, self.network.layout.size))

    def forward(self, x: Any, theta: Any) -> tuple[np.ndarray, Any, Any]:
        """y, the caches and the split parameters."""
        params = self.network.split(self.ops.asarray(theta))
        y, caches = self.network.forward(params, self.ops.asarray(x))
        return self.ops.to_numpy(y), caches, params

    def backward(self, x: Any, theta: Any, gy: Any) -> tuple[np.ndarray, np.ndarray, Any, Any]:
        """gx, the gradient (K, P), the caches and the split parameters."""
        _, caches, params = self.forward(x, theta)
        grad = self.ops.zeros(np.shape(theta))
        given = self.ops.asarray(gy)
        gx = self.network.backward(params, given, caches, self.network.split(grad))
        self.same(given, gy, "backward changed gy")
        self.same(
            self.network.backward(params, given, caches),
            gx,
            "grads=None changes the input gradient",
        )
        return self.ops.to_numpy(gx), self.ops.to_numpy(grad), caches, params

    def same(self, a: Any, b: Any, what: str) -> None:
        a, b = (self.ops.to_numpy(self.ops.asarray(v)) for v in (a, b))
        if not np.array_equal(a, b):
            raise AssertionError(f"{self.name}: {what}")

    def check_backward(self) -> float:
        return check_gradient(
            self.draw,
            lambda point: float(np.vdot(self.gy, self.forward(*point)[0])),
            lambda point: self.backward(point[0], point[1], self.gy)[:2],
            rng=self.rng,
            what=f"{self.name}.backward",
        )

    def tangent(self, x: Any, theta: Any, dx: Any) -> np.ndarray:
        _, caches, params = self.forward(x, theta)
        given = self.ops.asarray(dx)
        dy = self.network.tangent(params, given, caches)
        self.same(given, dx, "tangent changed dx")
        return self.ops.to_numpy(dy)

    def check_tangent(self) -> float:
        """<gy, f(x + t dx)> as a function of t alone."""
        dx = self.rng.standard_normal((_K, _N, self.network.n_in))

        def value(point: Point) -> float:
            x, theta, t = point
            return float(np.vdot(self.gy, self.forward(x + t * dx, theta)[0]))

        def gradient(point: Point) -> Point:
            x, theta, t = point
            dy = self.tangent(x + t * dx, theta, dx)
            return [np.vdot(self.gy, dy)]

        return self._along(value, gradient, "tangent")

    def _along(self, value: Any, gradient: Any, what: str) -> float:
        """Differences in the scalar t only, at fresh x and theta."""
        fixed: list[np.ndarray] = []

        def draw(rng: np.random.Generator) -> Point:
            fixed[:] = self.draw(rng)
            return [np.zeros(())]

        return check_gradient(
            draw,
            lambda point: value((*fixed, point[0])),
            lambda point: gradient((*fixed, point[0])),
            rng=self.rng,
            what=f"{self.name}.{what}",
        )

    def check_adjoint(self) -> float:
        x, theta = self.draw(self.rng)
        dx = self.rng.standard_normal(x.shape)
        left = np.vdot(self.gy, self.tangent(x, theta, dx))
        right = np.vdot(self.backward(x, theta, self.gy)[0], dx)
        return assert_close(left, right, f"{self.name}: tangent is not backward's adjoint")

    def check_tangent_backward(self) -> float:
        """The derivative of backward's results along (dx, dgy)."""
        errors = []
        shape = (_K, _N, self.network.n_in)
        dx, c = self.rng.standard_normal(shape), self.rng.standard_normal(shape)
        weights = self.rng.standard_normal((_K, self.network.layout.size))
        for dgy in (self.dgy, None):

            def value(point: Point, dgy: Any = dgy) -> float:
                x, theta, t = point
                gy = self.gy if dgy is None else self.gy + t * dgy
                gx, grad, _, _ = self.backward(x + t * dx, theta, gy)
                return float(np.vdot(c, gx) + np.vdot(weights, grad))

            def gradient(point: Point, dgy: Any = dgy) -> Point:
                x, theta, t = point
                gy = self.gy if dgy is None else self.gy + t * dgy
                _, _, caches, params = self.backward(x + t * dx, theta, gy)
                self.network.tangent(params, self.ops.asarray(dx), caches)
                grad = self.ops.zeros(theta.shape)
                given = None if dgy is None else self.ops.asarray(dgy)
                dgx = self.network.tangent_backward(params, given, caches, self.network.split(grad))
                if given is not None:
                    self.same(given, dgy, "tangent_backward changed dgy")
                total = np.vdot(weights, self.ops.to_numpy(grad))
                if dgx is not None:
                    total += np.vdot(c, self.ops.to_numpy(dgx))
                return [total]

            errors.append(self._along(value, gradient, f"tangent_backward(dgy={dgy is not None})"))
        return max(errors)

    def check_members(self) -> float:
        """Two models at once are two single ones."""
        x, theta = self.draw(self.rng)
        together = self.backward(x, theta, self.gy)[:2]
        errors = []
        for k in range(_K):
            one = slice(k, k + 1)
            gy, self.gy = self.gy, self.gy[one]
            alone = self.backward(x[one], theta[one], self.gy)[:2]
            self.gy = gy
            for a, b in zip(together, alone, strict=True):
                exact = self.ops.name == "numpy"
                errors.append(
                    assert_close(a[one], b, f"{self.name}: model {k} of two", 0 if exact else 1e-12)
                )
        return max(errors)


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
