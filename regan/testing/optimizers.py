"""The check of an optimizer."""

from __future__ import annotations

import numpy as np

from regan.backends import Backend, get_backend
from regan.optimizers import Optimizer

_K, _P = 2, 6


def check_optimizer(
    optimizer: Optimizer, *, lr: float = 1e-2, backend: str | None = None, random_state: int = 0
) -> float:
    """Check that `optimizer` descends, keeps dtypes and shapes, and treats models alike.

    It has to bring a parabola whose curvatures spread over a factor of ten to a hundredth of its
    first value in 2,000 updates at the rate `lr` falling linearly to 0; ``state["step"]`` has to be
    positive and finite; K models have to move as single ones, bitwise on NumPy; and an update has
    to leave the gradient as it was.

    Returns
    -------
    value : float
        What is left of the parabola, as a share of the first value.
    """
    ops = get_backend(backend, "float64")
    rng = np.random.default_rng(random_state)
    curvature, start = np.linspace(1, 10, _P), rng.uniform(0.5, 1.5, (_K, _P))
    name = repr(optimizer)
    together = _descend(optimizer, ops, curvature, start, lr)
    for k in range(_K):
        alone = _descend(optimizer, ops, curvature, start[k : k + 1], lr)
        if not np.allclose(together[k], alone[0], rtol=0 if ops.name == "numpy" else 1e-12, atol=0):
            raise AssertionError(f"{name}: model {k} of two differs from the single run")
    left = float((curvature * together**2).sum() / (curvature * start**2).sum())
    if not left < 0.01:
        raise AssertionError(f"{name} leaves {left:.2g} of a parabola after 2,000 updates")
    return left


def _descend(
    optimizer: Optimizer, ops: Backend, curvature: np.ndarray, start: np.ndarray, lr: float
) -> np.ndarray:
    theta, scale = ops.asarray(start.copy()), ops.asarray(curvature)
    state = optimizer.init(ops, theta)
    for t in range(2000):
        grad = scale * theta
        before = ops.to_numpy(grad) if t == 0 else None
        optimizer.update(ops, grad, state, theta, lr * (1 - t / 2000))
        if before is not None and not np.array_equal(ops.to_numpy(grad), before):
            raise AssertionError(f"{optimizer!r} changes the gradient")
    for key, value in state.items():
        if key != "t" and (value.shape != theta.shape or value.dtype != theta.dtype):
            raise AssertionError(f"{optimizer!r}: state {key!r} is {value.dtype} {value.shape}")
    step = ops.to_numpy(state["step"])
    if not (np.isfinite(step) & (step > 0)).all():
        raise AssertionError(f"{optimizer!r}: its step must be positive and finite")
    return ops.to_numpy(theta)
