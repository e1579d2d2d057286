"""Checks of losses and of weight penalties."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from regan.backends import Backend, get_backend
from regan.layout import Layout, Parameter
from regan.losses import Loss
from regan.penalties import Penalty
from regan.testing.differences import Point, assert_close, check_gradient

_K, _N, _W = 2, 5, 12


def check_loss(loss: Loss, *, backend: str | None = None, random_state: int = 0) -> float:
    """Check both players' gradients of `loss` with respect to the scores.

    Returns
    -------
    error : float
        The largest relative error.
    """
    ops = get_backend(backend, "float64")
    rng = np.random.default_rng(random_state)
    name = type(loss).__name__
    given = ops.asarray(rng.standard_normal((_K, _N))) if loss.pairs_samples else None

    def draw(rng: np.random.Generator) -> Point:
        return list(rng.standard_normal((2, _K, _N)))

    def discriminator(point: Point) -> tuple[float, Point]:
        value, *grads = loss.discriminator(ops, *map(ops.asarray, point))
        return float(ops.to_numpy(value).sum()), [ops.to_numpy(g) for g in grads]

    def generator(point: Point) -> tuple[float, Point]:
        value, grad = loss.generator(ops, given, ops.asarray(point[0]))
        return float(ops.to_numpy(value).sum()), [ops.to_numpy(grad)]

    def check(of: Callable[[Point], tuple[float, Point]], size: int) -> float:
        return check_gradient(
            lambda rng: draw(rng)[:size],
            lambda point: of(point)[0],
            lambda point: of(point)[1],
            rng=rng,
            what=f"{name}.{of.__name__}",
        )

    return max(check(discriminator, 2), check(generator, 1))


def check_penalty(penalty: Penalty, *, backend: str | None = None, random_state: int = 0) -> float:
    """Check that `penalty` acts as its value says.

    Through the gradient: against differences of the value. Through the proximal step: the result
    has to beat random neighbours, near and far, on the step's own objective, model by model.
    Decoupled: the decay is a gradient step on the part that the rest leaves out.

    Returns
    -------
    error : float
        The largest relative error of the gradient, 0 if there is none.
    """
    ops = get_backend(backend, "float64")
    rng = np.random.default_rng(random_state)
    layout = Layout([[Parameter("W", (3, _W // 3), "weight")]])
    errors, name = [0.0], repr(penalty)
    for decoupled in (False, True):
        bound = penalty.bind(ops, layout, decoupled=decoupled)
        if bound.in_gradient:
            errors.append(_check_gradient(bound, ops, rng, name))
        if bound.in_step and not decoupled:
            _check_prox(bound, ops, rng, name)
    return max(*errors, _check_decay(penalty, ops, layout, rng, name))


def _check_gradient(bound: Penalty, ops: Backend, rng: np.random.Generator, name: str) -> float:
    return check_gradient(
        lambda rng: [rng.standard_normal((_K, _W))],
        lambda point: float(ops.to_numpy(bound.gradient_value(ops.asarray(point[0]))).sum()),
        lambda point: [_grad(bound, ops, point[0])],
        rng=rng,
        what=f"{name}.add_grad",
    )


def _grad(penalty: Penalty, ops: Backend, w: np.ndarray) -> np.ndarray:
    gw = ops.zeros(w.shape)
    penalty.add_grad(ops.asarray(w), gw)
    return ops.to_numpy(gw)


def _check_prox(bound: Penalty, ops: Backend, rng: np.random.Generator, name: str) -> None:
    v = rng.standard_normal((_K, _W))
    step = rng.uniform(0.1, 1.0, v.shape)
    w = ops.asarray(v.copy())
    bound.prox(w, ops.asarray(step))
    found = ops.to_numpy(w)

    def cost(u: np.ndarray) -> np.ndarray:
        total: np.ndarray = ((u - v) ** 2 / (2 * step)).sum(axis=1)
        total += ops.to_numpy(bound.value(ops.asarray(u)))
        return total

    best = cost(found)
    for scale in (1e-4, 1e-2, 1.0):
        for _ in range(200):
            # one coordinate at a time, and towards 0 as well: minima sit on kinks
            other = found.copy()
            j = rng.integers(_W)
            other[:, j] = rng.choice([0.0, 1.0]) * other[:, j] + scale * rng.standard_normal(_K)
            if (cost(other) < best - 1e-12).any():
                raise AssertionError(f"{name}.prox does not minimise its own objective")
    gw = ops.zeros(v.shape)
    bound.add_grad(ops.asarray(v), gw)
    if ops.to_numpy(gw).any():
        raise AssertionError(f"{name} acts twice: through prox and through add_grad")


def _check_decay(
    penalty: Penalty, ops: Backend, layout: Layout, rng: np.random.Generator, name: str
) -> float:
    """Decoupled, add_grad (or prox) and decay together take the step that add_grad takes alone."""
    w, lr = rng.standard_normal((_K, _W)), 1e-7
    moved = []
    for decoupled in (False, True):
        bound = penalty.bind(ops, layout, decoupled=decoupled)
        u, gw = ops.asarray(w.copy()), ops.zeros(w.shape)
        bound.add_grad(u, gw)
        u -= lr * gw
        bound.prox(u, ops.asarray(np.full(w.shape, lr)))
        bound.decay(u, lr)
        moved.append((ops.to_numpy(u) - w) / lr)
    return assert_close(moved[0], moved[1], f"{name}: decoupled decay", 1e-6)
