r"""Optimizers on the flat buffer: a configuration, a state, and an update of everything at once.

Each update also writes the step that it took per coordinate, ``state["step"]`` (K, P): the metric
in which proximal penalties act. Updates are elementwise, so K models train as K single ones would.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from regan.backends import Array, Backend, Kernel
from regan.validation import check_real

State = dict[str, Any]


class Optimizer(BaseEstimator, ABC):
    """Frozen configuration of a first-order method.

    The first update from a fresh state has to be ``theta -= step * grad``, element by element, with
    the `step` that it writes: proximal penalties rely on it.

    Attributes
    ----------
    decoupled : bool
        L2 penalties act as weight decay instead of through the gradient.
    moments : tuple of str
        The arrays (K, P) that its state holds between updates, beside the count ``"t"``.
    """

    decoupled: ClassVar[bool] = False
    moments: ClassVar[tuple[str, ...]] = ()

    @property
    def method(self) -> str:
        """What its state means: methods of one name may go on from each other's state."""
        return type(self).__name__

    def check(self) -> None:
        """Raise ValueError or TypeError for a hyper-parameter out of range."""

    def init(self, ops: Backend, theta: Array) -> State:
        """The state before the first update of `theta` (K, P)."""
        self.check()
        state: State = {name: ops.zeros(theta.shape) for name in self.moments}
        return {**state, "t": 0, "step": ops.zeros(theta.shape)}

    @abstractmethod
    def update(self, ops: Backend, grad: Array, state: State, theta: Array, lr: Any) -> None:
        """Change `theta` (K, P) and `state` in place; `lr` is a float or an array (K, 1)."""


def _sgd_numpy(grad: Array, lr: Any, momentum: float, m: Array, theta: Array, step: Array) -> None:
    m *= momentum
    m += grad
    step[...] = lr
    theta -= lr * m


_SGD = Kernel(
    "sgd",
    "T grad, T lr, T momentum",
    "T m, T theta, T step",
    "m = momentum * m + grad; step = lr; theta -= lr * m;",
    _sgd_numpy,
)


class SGD(Optimizer):
    r"""Gradient descent with momentum: ``m = mu m + g``, ``theta -= lr m``. Its metric is ``lr``.

    Polyak, 1964.

    Parameters
    ----------
    momentum : float in [0, 1), default=0.0
        mu.
    """

    moments = ("m",)

    def __init__(self, momentum: float = 0.0) -> None:
        self.momentum = momentum

    def check(self) -> None:
        check_real(self.momentum, "momentum", minimum=0, maximum=1, open_maximum=True)

    def update(self, ops: Backend, grad: Array, state: State, theta: Array, lr: Any) -> None:
        state["t"] += 1
        outs = (state["m"], theta, state["step"])
        ops.run(_SGD, grad, lr, float(self.momentum), outs=outs)


def _rmsprop_numpy(
    grad: Array,
    lr: Any,
    decay: float,
    momentum: float,
    epsilon: float,
    m: Array,
    v: Array,
    theta: Array,
    step: Array,
) -> None:
    v *= decay
    v += (1 - decay) * grad * grad
    np.sqrt(v, out=step)
    step += epsilon
    np.divide(lr, step, out=step)
    m *= momentum
    m += step * grad
    theta -= m


_RMSPROP = Kernel(
    "rmsprop",
    "T grad, T lr, T decay, T momentum, T epsilon",
    "T m, T v, T theta, T step",
    "v = decay * v + (T(1) - decay) * grad * grad; step = lr / (sqrt(v) + epsilon);"
    "m = momentum * m + step * grad; theta -= m;",
    _rmsprop_numpy,
)


class RMSprop(Optimizer):
    r"""Gradients over a running root mean square.

    ``v = rho v + (1 - rho) g^2``, ``s = lr / (sqrt(v) + eps)``, ``m = mu m + s g``,
    ``theta -= m``; its metric is ``s``. Tieleman and Hinton, 2012 (lecture 6.5).

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

    def __init__(self, decay: float = 0.99, momentum: float = 0.0, epsilon: float = 1e-8) -> None:
        self.decay = decay
        self.momentum = momentum
        self.epsilon = epsilon

    def check(self) -> None:
        check_real(self.decay, "decay", minimum=0, maximum=1, open_maximum=True)
        check_real(self.momentum, "momentum", minimum=0, maximum=1, open_maximum=True)
        check_real(self.epsilon, "epsilon", minimum=0, open_minimum=True)

    def update(self, ops: Backend, grad: Array, state: State, theta: Array, lr: Any) -> None:
        state["t"] += 1
        settings = float(self.decay), float(self.momentum), float(self.epsilon)
        outs = (state["m"], state["v"], theta, state["step"])
        ops.run(_RMSPROP, grad, lr, *settings, outs=outs)


def _adam_numpy(
    grad: Array,
    lr: Any,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    correction_1: float,
    correction_2: float,
    m: Array,
    v: Array,
    theta: Array,
    step: Array,
) -> None:
    m *= beta_1
    m += (1 - beta_1) * grad
    np.multiply(grad, grad, out=step)
    step *= 1 - beta_2
    v *= beta_2
    v += step
    np.divide(v, correction_2, out=step)
    np.sqrt(step, out=step)
    step += epsilon
    np.divide(lr, step, out=step)
    theta -= step * m / correction_1


_ADAM = Kernel(
    "adam",
    "T grad, T lr, T beta_1, T beta_2, T epsilon, T correction_1, T correction_2",
    "T m, T v, T theta, T step",
    "m = beta_1 * m + (T(1) - beta_1) * grad; v = beta_2 * v + (T(1) - beta_2) * grad * grad;"
    "step = lr / (sqrt(v / correction_2) + epsilon); theta -= step * m / correction_1;",
    _adam_numpy,
)


class Adam(Optimizer):
    r"""Adam.

    With ``m = b1 m + (1 - b1) g`` and ``v = b2 v + (1 - b2) g^2``, both corrected for their start
    at zero (``mhat = m / (1 - b1^t)``), ``s = lr / (sqrt(vhat) + eps)`` and ``theta -= s mhat``.
    Its metric is ``s``. Kingma and Ba, 2015 (arXiv:1412.6980).

    Parameters
    ----------
    beta_1 : float in [0, 1), default=0.0
        Decay of the first moment. GANs want it near 0.
    beta_2 : float in [0, 1), default=0.99
        Decay of the second moment.
    epsilon : float > 0, default=1e-8
        eps.
    """

    moments = ("m", "v")

    def __init__(self, beta_1: float = 0.0, beta_2: float = 0.99, epsilon: float = 1e-8) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def check(self) -> None:
        check_real(self.beta_1, "beta_1", minimum=0, maximum=1, open_maximum=True)
        check_real(self.beta_2, "beta_2", minimum=0, maximum=1, open_maximum=True)
        check_real(self.epsilon, "epsilon", minimum=0, open_minimum=True)

    def update(self, ops: Backend, grad: Array, state: State, theta: Array, lr: Any) -> None:
        state["t"] += 1
        b1, b2 = float(self.beta_1), float(self.beta_2)
        corrections = 1 - b1 ** state["t"], 1 - b2 ** state["t"]
        outs = (state["m"], state["v"], theta, state["step"])
        ops.run(_ADAM, grad, lr, b1, b2, float(self.epsilon), *corrections, outs=outs)


class AdamW(Adam):
    r"""Adam with decoupled weight decay: an L2 penalty shrinks ``w *= 1 - lr alpha`` and never
    enters the gradient.

    Loshchilov and Hutter, 2019 (arXiv:1711.05101). The decay's strength is the penalty's `alpha`.

    Parameters
    ----------
    beta_1, beta_2, epsilon : float
        See `Adam`.
    """

    decoupled = True

    @property
    def method(self) -> str:
        return "Adam"
