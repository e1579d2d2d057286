"""Adam, and AdamW with decoupled weight decay."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from regan.backends import Array, Backend, Kernel
from regan.optimizers.base import Optimizer, State
from regan.schedules.clock import Number
from regan.validation import check_real


def _move(
    grad: Array,
    lr: Any,
    beta: float,
    rest: float,
    epsilon: float,
    root: float,
    m: Array,
    v: Array,
    step: Array,
    moved: Array | None,
) -> Array:
    """The second moment, and a step along `m`; each line is a pass over all parameters."""
    np.multiply(grad, grad, out=step)
    step *= rest
    v *= beta
    v += step
    np.sqrt(v, out=step)
    step += epsilon * root
    np.divide(lr * root, step, out=step)
    return np.multiply(step, m, out=moved)


def _adam_numpy(
    grad: Array,
    lr: Any,
    beta_1: float,
    rest_1: float,
    beta_2: float,
    rest_2: float,
    epsilon: float,
    scale: float,
    root: float,
    m: Array,
    v: Array,
    theta: Array,
    step: Array,
    moved: Array | None = None,
) -> None:
    m *= beta_1
    np.multiply(grad, rest_1, out=step)
    m += step
    moved = _move(grad, lr, beta_2, rest_2, epsilon, root, m, v, step, moved)
    moved *= scale
    theta -= moved


_ADAM = Kernel(
    "adam",
    "T grad, T lr, T beta_1, T rest_1, T beta_2, T rest_2, T epsilon, T scale, T root",
    "T m, T v, T theta, T step",
    "m = beta_1 * m + rest_1 * grad; v = beta_2 * v + rest_2 * (grad * grad);"
    "step = lr * root / (sqrt(v) + epsilon * root); theta -= step * m * scale;",
    _adam_numpy,
    n_scratch=1,
)


def _adam_of_now_numpy(
    grad: Array,
    lr: Any,
    beta: float,
    rest: float,
    epsilon: float,
    root: float,
    m: Array,
    v: Array,
    theta: Array,
    step: Array,
    moved: Array | None = None,
) -> None:
    m[...] = grad
    theta -= _move(grad, lr, beta, rest, epsilon, root, m, v, step, moved)


_ADAM_OF_NOW = Kernel(
    "adam_of_now",
    "T grad, T lr, T beta, T rest, T epsilon, T root",
    "T m, T v, T theta, T step",
    "m = grad; v = beta * v + rest * (grad * grad);"
    "step = lr * root / (sqrt(v) + epsilon * root); theta -= step * m;",
    _adam_of_now_numpy,
    n_scratch=1,
)
"""Adam whose first moment is the gradient of now, as beta_1 is 0: there is less to read."""


class Adam(Optimizer):
    r"""Adam: a running mean of gradients, divided by their running root mean square.

    With ``m = b1 m + (1 - b1) g`` and ``v = b2 v + (1 - b2) g^2``, both corrected for their start
    at zero (``mhat = m / (1 - b1^t)``), ``s = lr / (sqrt(vhat) + eps)`` and ``theta -= s mhat``.
    Its metric is ``s``. If all gradients of a weight were exactly 0, this is ``lr / eps``, so a
    proximal penalty sets the weight to 0 in the first update. Kingma and Ba, 2015
    (arXiv:1412.6980).

    Parameters
    ----------
    beta_1 : float in [0, 1), default=0.0
        Decay of the first moment. For GANs, take a value near 0.
    beta_2 : float in [0, 1), default=0.99
        Decay of the second moment.
    epsilon : float > 0, default=1e-8
        eps.
    """

    moments: ClassVar[tuple[str, ...]] = ("m", "v")
    flat = MappingProxyType({"beta_1": "beta_1", "beta_2": "beta_2"})

    def __init__(self, beta_1: float = 0.0, beta_2: float = 0.99, epsilon: float = 1e-8) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def check(self) -> None:
        check_real(self.beta_1, "beta_1", minimum=0, maximum=1, open_maximum=True)
        check_real(self.beta_2, "beta_2", minimum=0, maximum=1, open_maximum=True)
        check_real(self.epsilon, "epsilon", minimum=0, open_minimum=True)

    def corrections(self, t: int) -> tuple[float, ...]:
        # what the first moment is multiplied by, and the root of what the second is divided by
        first, second = (1 - float(beta) ** t for beta in (self.beta_1, self.beta_2))
        return 1 / first, second**0.5

    def _settings(self) -> tuple[float, ...]:
        """What kernels take of it: each beta beside what it leaves, in full precision."""
        b1, b2 = float(self.beta_1), float(self.beta_2)
        return b1, 1 - b1, b2, 1 - b2, float(self.epsilon)

    def apply(
        self,
        ops: Backend,
        grad: Array,
        state: State,
        theta: Array,
        lr: Number,
        *corrections: Number,
    ) -> None:
        outs = (state["m"], state["v"], theta, state["step"])
        scale, root = corrections
        b1, rest_1, *settings = self._settings()
        if b1 == 0:
            ops.run(_ADAM_OF_NOW, grad, lr, *settings, root, outs=outs)
        else:
            ops.run(_ADAM, grad, lr, b1, rest_1, *settings, scale, root, outs=outs)


class AdamW(Adam):
    r"""Adam with decoupled weight decay: an L2 penalty shrinks ``w *= 1 - lr alpha`` and never
    enters the gradient.

    Loshchilov and Hutter, 2019 (arXiv:1711.05101); here the decay comes after the step and shrinks
    its result, where theirs is ``lr alpha`` times the weights before it. The decay's strength is
    the penalty's `alpha`.

    Parameters
    ----------
    beta_1 : float in [0, 1), default=0.0
    beta_2 : float in [0, 1), default=0.99
    epsilon : float > 0, default=1e-8
        See `Adam`.
    """

    decoupled = True

    @property
    def method(self) -> str:
        return "Adam"
