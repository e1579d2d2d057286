"""The check of an optimizer."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.backends import Backend, get_backend
from regan.optimizers import Optimizer
from regan.testing.arguments import Arguments
from regan.testing.differences import assert_close
from regan.testing.models import exactness

_K, _P = 2, 6
_N_UPDATES = 2000


def check_optimizer(
    optimizer: Optimizer, *, lr: float = 1e-2, backend: str | None = None, random_state: int = 0
) -> float:
    """Check that an optimizer converges and reports the steps that it takes.

    - From a fresh state, ``theta - new_theta == step * grad`` holds for the first update, with
      ``step = state["step"]``, to 1e-10 of the largest entry, both with one learning rate and with
      one for each model. This holds for all optimizers, because `step` is the metric of proximal
      steps. So `step` includes all factors on the gradient, and momentum must start without bias.
    - ``corrections`` depend only on the number of the update, and `apply` uses this number only
      through them. With corrections and learning rate on the device, the update is the same.
    - An update does not change the gradient. ``extrapolate`` does not change theta either, and
      returns the parameters that an update would return.
    - 2,000 updates reduce a quadratic function, whose curvatures differ by a factor of ten, to a
      hundredth of its first value, with the learning rate `lr` falling linearly to 0. With
      ``extrapolates``, the updates take the gradient at the extrapolated point.
    - After these updates, the arrays of the state have the shape and dtype of theta, and `step` is
      positive and finite.
    - K models move as single models do, bitwise if the backend is bitwise reproducible.
    - ``theta - new_theta == step * grad`` holds again, to 2 %, for the last of 1,000 updates with a
      constant gradient and learning rate. If momentum sums gradients, `step` is their total weight.

    Parameters
    ----------
    optimizer : Optimizer
    lr : float, default=1e-2
    backend : str, optional
        As for the estimators.
    random_state : int, default=0

    Returns
    -------
    value : float
        The final value of the quadratic function, as a share of the first value.
    """
    ops = get_backend(backend, "float64")
    rng = np.random.default_rng(random_state)
    curvature, start = np.linspace(1, 10, _P), rng.uniform(0.5, 1.5, (_K, _P))
    name = repr(optimizer)
    for rate in (lr, ops.asarray(np.full((_K, 1), lr) * [[1], [2]])):
        _check_first_update(optimizer, ops, curvature * start, start, rate)
    _check_numbers(optimizer, ops, curvature, start, lr)
    _check_extrapolation(optimizer, ops, curvature, start, lr)
    together = _descend(optimizer, ops, curvature, start, lr)
    for k in range(_K):
        alone = _descend(optimizer, ops, curvature, start[k : k + 1], lr)
        what = f"{name}: model {k} of two is not as it is alone"
        assert_close(together[k], alone[0], what, exactness(ops))
    _check_settled_step(optimizer, ops, curvature * start, start, lr)
    left = float((curvature * together**2).sum() / (curvature * start**2).sum())
    if not left < 0.01:
        raise AssertionError(f"{name} leaves {left:.2g} of a parabola after {_N_UPDATES:,} updates")
    return left


def _check_first_update(
    optimizer: Optimizer, ops: Backend, grad: np.ndarray, start: np.ndarray, lr: Any
) -> None:
    arguments, theta = Arguments(ops, repr(optimizer)), ops.asarray(start.copy())
    state = optimizer.init(ops, theta)
    optimizer.update(ops, arguments.put(grad), state, theta, lr)
    arguments.check("update")
    moved = start - ops.to_numpy(theta)
    what = f"{optimizer!r}: theta - new_theta is not state['step'] * grad in the first update"
    assert_close(moved, ops.to_numpy(state["step"]) * grad, what, 1e-10)


def _check_settled_step(
    optimizer: Optimizer, ops: Backend, grad: np.ndarray, start: np.ndarray, lr: float
) -> None:
    theta = ops.asarray(start.copy())
    state = optimizer.init(ops, theta)
    for _ in range(1000):
        before = theta.copy()
        optimizer.update(ops, ops.asarray(grad), state, theta, lr)
    moved = ops.to_numpy(before - theta)
    what = (
        f"{optimizer!r}: theta - new_theta is not state['step'] * grad where the gradient has long "
        "been the same, so penalties with a proximal step act with another strength"
    )
    assert_close(moved, ops.to_numpy(state["step"]) * grad, what, 0.02)


def _check_numbers(
    optimizer: Optimizer, ops: Backend, curvature: np.ndarray, start: np.ndarray, lr: float
) -> None:
    """Whether updates can be recorded: rate and corrections may lie on the device, and be asked
    for at any time.
    """
    thetas, scale = [ops.asarray(start.copy()) for _ in range(2)], ops.asarray(curvature)
    given, counted = (optimizer.init(ops, theta) for theta in thetas)
    del given["t"]
    for t in range(1, 4):
        corrections = optimizer.corrections(t)
        if optimizer.corrections(t) != corrections:
            raise AssertionError(
                f"{optimizer!r}: the corrections of one update differ from one time to the next; "
                "they may depend on its number alone, for a repeated update asks for them again"
            )
        numbers = [ops.asarray([[number]]) for number in (lr, *corrections)]
        try:
            optimizer.apply(ops, scale * thetas[0], given, thetas[0], *numbers)
        except KeyError as error:
            raise AssertionError(
                f"{optimizer!r}: apply reads the count of updates; what depends on it belongs to "
                "corrections, for apply is recorded once and repeated"
            ) from error
        optimizer.update(ops, scale * thetas[1], counted, thetas[1], lr)
        found, expected = (ops.to_numpy(theta) for theta in thetas)
        what = f"{optimizer!r}: update {t} is another update with its numbers on the device"
        assert_close(found, expected, what, 1e-10)


def _check_extrapolation(
    optimizer: Optimizer, ops: Backend, curvature: np.ndarray, start: np.ndarray, lr: float
) -> None:
    arguments, name = Arguments(ops, repr(optimizer)), repr(optimizer)
    grad, theta = arguments.put(curvature * start), arguments.put(start)
    updated = theta.copy()
    states = [optimizer.init(ops, theta) for _ in range(2)]
    for _ in range(2):  # the second time the state is no longer fresh
        ahead = optimizer.extrapolate(ops, grad, states[0], updated, lr)
        optimizer.update(ops, grad, states[1], updated, lr)
        found, expected = ops.to_numpy(ahead), ops.to_numpy(updated)
        assert_close(found, expected, f"{name}: extrapolate is not where update leads", 0.0)
    optimizer.extrapolate(ops, grad, states[0], theta, lr)
    arguments.check("extrapolate")


def _descend(
    optimizer: Optimizer, ops: Backend, curvature: np.ndarray, start: np.ndarray, lr: float
) -> np.ndarray:
    theta, scale = ops.asarray(start.copy()), ops.asarray(curvature)
    state = optimizer.init(ops, theta)
    for t in range(_N_UPDATES):
        rate, point = lr * (1 - t / _N_UPDATES), theta
        if optimizer.extrapolates:
            point = optimizer.extrapolate(ops, scale * theta, state, theta, rate)
        optimizer.update(ops, scale * point, state, theta, rate)
    for key, value in state.items():
        if key != "t" and (value.shape != theta.shape or value.dtype != theta.dtype):
            raise AssertionError(f"{optimizer!r}: state {key!r} is {value.dtype} {value.shape}")
    step = ops.to_numpy(state["step"])
    if not (np.isfinite(step) & (step > 0)).all():
        raise AssertionError(f"{optimizer!r}: its step must be positive and finite")
    return ops.to_numpy(theta)
