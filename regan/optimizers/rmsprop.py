"""RMSprop."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from regan.backends import Array, Backend, Kernel
from regan.optimizers.base import Optimizer, State
from regan.schedules.clock import Number
from regan.validation import check_real


def _rmsprop_numpy(
    grad: Array,
    lr: Any,
    decay: float,
    rest: float,
    momentum: float,
    epsilon: float,
    m: Array,
    v: Array,
    theta: Array,
    step: Array,
) -> None:
    v *= decay
    v += rest * (grad * grad)
    own = np.sqrt(v)
    own += epsilon
    np.divide(lr, own, out=own)
    m *= momentum
    m += own * grad
    step *= momentum
    step += own
    theta -= m


_RMSPROP = Kernel(
    "rmsprop",
    "T grad, T lr, T decay, T rest, T momentum, T epsilon",
    "T m, T v, T theta, T step",
    "v = decay * v + rest * (grad * grad); T own = lr / (sqrt(v) + epsilon);"
    "m = momentum * m + own * grad; step = momentum * step + own; theta -= m;",
    _rmsprop_numpy,
)


class RMSprop(Optimizer):
    r"""RMSprop: gradients divided by a running root mean square.

    ``v = rho v + (1 - rho) g^2``, ``r = lr / (sqrt(v) + eps)``, ``m = mu m + r g``,
    ``theta -= m``. Its metric is a sum like m, ``s = mu s + r``; if r is constant, this is
    ``r (1 - mu^t) / (1 - mu)`` at update t. Tieleman and Hinton, 2012 (lecture 6.5).

    Parameters
    ----------
    decay : float in [0, 1), default=0.99
        rho.
    momentum : float in [0, 1), default=0.0
        mu.
    epsilon : float > 0, default=1e-8
        eps.
    """

    moments = ("m", "v")
    flat = MappingProxyType({"decay": "beta_2", "momentum": "beta_1"})

    def __init__(self, decay: float = 0.99, momentum: float = 0.0, epsilon: float = 1e-8) -> None:
        self.decay = decay
        self.momentum = momentum
        self.epsilon = epsilon

    def check(self) -> None:
        check_real(self.decay, "decay", minimum=0, maximum=1, open_maximum=True)
        check_real(self.momentum, "momentum", minimum=0, maximum=1, open_maximum=True)
        check_real(self.epsilon, "epsilon", minimum=0, open_minimum=True)

    def apply(
        self,
        ops: Backend,
        grad: Array,
        state: State,
        theta: Array,
        lr: Number,
        *corrections: Number,
    ) -> None:
        decay = float(self.decay)
        settings = decay, 1 - decay, float(self.momentum), float(self.epsilon)
        outs = (state["m"], state["v"], theta, state["step"])
        ops.run(_RMSPROP, grad, lr, *settings, outs=outs)
