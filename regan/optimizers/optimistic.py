"""Optimistic Adam, for games."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.backends import Array, Backend, Kernel
from regan.optimizers.adam import Adam
from regan.optimizers.base import State
from regan.schedules.clock import Number


def _optimistic_adam_numpy(
    grad: Array,
    lr: Any,
    beta_1: float,
    rest_1: float,
    beta_2: float,
    rest_2: float,
    epsilon: float,
    scale: float,
    root: float,
    known: float,
    m: Array,
    v: Array,
    d: Array,
    theta: Array,
    step: Array,
) -> None:
    m *= beta_1
    m += rest_1 * grad
    v *= beta_2
    v += rest_2 * (grad * grad)
    np.sqrt(v, out=step)
    step += epsilon * root
    np.divide(lr * root, step, out=step)
    new = step * m * scale
    theta -= new
    theta -= known * (new - d)
    d[...] = new


_OPTIMISTIC_ADAM = Kernel(
    "optimistic_adam",
    "T grad, T lr, T beta_1, T rest_1, T beta_2, T rest_2, T epsilon, T scale, T root, T known",
    "T m, T v, T d, T theta, T step",
    "m = beta_1 * m + rest_1 * grad; v = beta_2 * v + rest_2 * (grad * grad);"
    "step = lr * root / (sqrt(v) + epsilon * root); T fresh = step * m * scale;"
    "theta -= fresh + known * (fresh - d); d = fresh;",
    _optimistic_adam_numpy,
)


class OptimisticAdam(Adam):
    r"""Optimistic Adam: Adam that extrapolates the last change of its step.

    With Adam's step ``d_t = s mhat`` at update t, ``theta -= 2 d_t - d_(t-1)``; at the first update
    ``d_0 = d_1``. In a bilinear game, plain steps circle or spiral outwards, and these steps
    converge to the equilibrium as the learning rate falls. The metric is ``s``. Daskalakis, Ilyas,
    Syrgkanis and Zeng, 2018 (arXiv:1711.00141).

    Parameters
    ----------
    beta_1 : float in [0, 1), default=0.0
    beta_2 : float in [0, 1), default=0.99
    epsilon : float > 0, default=1e-8
        See `Adam`.
    """

    moments = ("m", "v", "d")

    def corrections(self, t: int) -> tuple[float, ...]:
        return (*super().corrections(t), float(t > 1))  # no step before the first

    def apply(
        self,
        ops: Backend,
        grad: Array,
        state: State,
        theta: Array,
        lr: Number,
        *corrections: Number,
    ) -> None:
        outs = (state["m"], state["v"], state["d"], theta, state["step"])
        ops.run(_OPTIMISTIC_ADAM, grad, lr, *self._settings(), *corrections, outs=outs)
