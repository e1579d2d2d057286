"""Gradient descent with momentum."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from regan.backends import Array, Backend, Kernel
from regan.optimizers.base import Optimizer, State
from regan.schedules.clock import Number
from regan.validation import check_real


def _sgd_numpy(
    grad: Array, lr: Any, momentum: float, total: Any, m: Array, theta: Array, step: Array
) -> None:
    m *= momentum
    m += grad
    step[...] = lr * total
    theta -= lr * m


_SGD = Kernel(
    "sgd",
    "T grad, T lr, T momentum, T total",
    "T m, T theta, T step",
    "m = momentum * m + grad; step = lr * total; theta -= lr * m;",
    _sgd_numpy,
)


class SGD(Optimizer):
    r"""Stochastic gradient descent with momentum: ``m = mu m + g``, ``theta -= lr m``.

    Its metric is ``s = lr (1 - mu^t) / (1 - mu)`` at update t, because m is the sum of t gradients
    with the weights ``1, mu, mu^2, ...``, from the last gradient to the first.

    Polyak, 1964.

    Parameters
    ----------
    momentum : float in [0, 1), default=0.0
        mu.
    """

    moments = ("m",)
    flat = MappingProxyType({"momentum": "beta_1"})

    def __init__(self, momentum: float = 0.0) -> None:
        self.momentum = momentum

    def check(self) -> None:
        check_real(self.momentum, "momentum", minimum=0, maximum=1, open_maximum=True)

    def corrections(self, t: int) -> tuple[float, ...]:
        momentum = float(self.momentum)
        return ((1 - momentum**t) / (1 - momentum),)

    def apply(
        self,
        ops: Backend,
        grad: Array,
        state: State,
        theta: Array,
        lr: Number,
        total: Number = 1.0,
        *corrections: Number,
    ) -> None:
        outs = (state["m"], theta, state["step"])
        ops.run(_SGD, grad, lr, float(self.momentum), total, outs=outs)
