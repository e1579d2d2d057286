r"""Gradient penalties: on the gradient of the discriminator with respect to its inputs.

All penalties have the form :math:`R = \frac{\gamma}{N} \sum_i \phi(\nabla_x D(x_i))`, with the
factor 1/2 inside :math:`\phi`: :math:`\phi(g) = \frac12 |g|^2` for zero-centered penalties, and
:math:`\phi(g) = \frac12 (|g| - 1)^2` for the others. If a paper has a :math:`\lambda` without this
factor, take :math:`\gamma = 2 \lambda`.

One routine computes all penalties (`accumulate`). With :math:`g_i = \nabla_x D(x_i)` and
:math:`u_i = \gamma \phi'(g_i) / N` held constant,

.. math::

    \nabla_\theta R = \left.\frac{d}{d\epsilon}\right|_{0}
    \nabla_\theta \sum_i D(x_i + \epsilon u_i),

the derivative of a backward pass along a tangent (Pearlmutter, 1994).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from types import MappingProxyType
from typing import ClassVar, Self

from sklearn.base import BaseEstimator

from regan.backends import Array, Backend
from regan.layers import ACTIVATIONS
from regan.layers.base import Cache, Params
from regan.layers.draws import Draws
from regan.layers.network import Network
from regan.schedules import ConstantSchedule, Schedule, resolve_schedule
from regan.schedules.clock import Clock
from regan.typing import ScheduleName, Strength
from regan.validation import check_int, check_real, check_strength

_TINY = 1e-12


def accumulate(
    network: Network,
    params: list[Params],
    caches: list[Cache],
    u: Array,
    weights: Array | None,
    grads: list[Params],
    extra_cotangents: dict[int, Array] | None = None,
) -> None:
    r"""Add :math:`\nabla_\theta \sum_i [ u_i \cdot \nabla_x D(x_i) + w_i D(x_i) ]` to `grads`.

    u : (K, N, D), held constant; weights w : (K, N, 1) or None for zero; extra_cotangents : those
    of hidden activations. The last backward pass on `caches` must have been the one with seed 1.
    Its signals are scaled by w: the loss's gradient rides along with the penalty's, and costs no
    backward pass of its own.
    """
    network.tangent(params, u, caches)
    if weights is not None and not extra_cotangents and network.has_scaled_backward:
        network.scaled_backward(params, weights, caches, grads)
    else:
        network.tangent_backward(params, weights, caches, grads, extra_cotangents)


class GradientPenalty(BaseEstimator, ABC):
    r"""Base class of a gradient penalty, on :math:`g_i = \nabla_x D(x_i)` at blocks of points.

    Parameters
    ----------
    gamma : float or array-like of shape (K,), default=0.3
        The strength, non-negative. The right strength depends on the scale of the data. Estimators
        standardize the columns by default.
    schedule : {"constant", "linear", "geometric", "cosine"} or Schedule, default="constant"
        How the strength changes during training.
    interval : int, default=1
        The penalty acts in every `interval`-th update only, `interval` times as strongly (lazy
        regularization; Karras et al., 2020, arXiv:1912.04958).

    Attributes
    ----------
    blocks : dict of str to str
        The blocks of points where the penalty acts, each with the name of its term in `history_`:
        ``"real"`` rows, ``"fake"`` rows, or points of its own (`points`).
    flat : mapping of str to str
        See `Penalty`.
    falls : bool
        Whether the strength may fall towards 0 during training.
    couples_samples : bool
        Whether the penalty is not a mean over rows, or its points depend on other rows. Ranks that
        share a minibatch refuse it then.
    """

    blocks: ClassVar[dict[str, str]]
    falls: ClassVar[bool] = False
    couples_samples: ClassVar[bool] = False
    flat: ClassVar[Mapping[str, str]] = MappingProxyType({"gamma": "gamma"})
    strength: Array

    def __init__(
        self,
        gamma: Strength = 0.3,
        schedule: ScheduleName | Schedule = "constant",
        interval: int = 1,
    ) -> None:
        self.gamma = gamma
        self.schedule = schedule
        self.interval = interval

    def bind(self, ops: Backend) -> Self:
        """A copy for training. ValueError for a strength that is negative or not finite."""
        bound = copy(self)
        bound._ops = ops
        bound._schedule = resolve_schedule(getattr(self, "schedule", "constant"), "schedule")
        bound._interval = check_int(getattr(self, "interval", 1), "interval", minimum=1)
        gamma = check_strength(self.gamma, "gamma")[:, None]  # (K, 1)
        bound.strength = ops.asarray(gamma * bound._interval)
        return bound

    def is_due(self, step: int) -> bool:
        """Whether it acts at update number `step`."""
        return bool(step % self._interval == 0)

    def weight(self, clock: Clock) -> Array:
        """The strength where training stands, (K, 1)."""
        if isinstance(self._schedule, ConstantSchedule):
            return self.strength
        return self.strength * self._schedule.at(clock)

    def points(self, block: str, real: Array, fake: Array, draws: Draws) -> Array:
        """The points (K, N, D) of a block that is neither ``"real"`` nor ``"fake"``."""
        raise NotImplementedError(f"{type(self).__name__} has no points of its own")

    @abstractmethod
    def potential(
        self, g: Array, scores: Array, block: str = "real"
    ) -> tuple[Array, Array, Array | None]:
        """phi (K, N), dphi/dg (K, N, D) and dphi/dscore (K, N) or None for zero.

        g : (K, N, D), the input gradients; scores : (K, N), the discriminator's outputs there.
        """

    def weighted(
        self, weight: Array, g: Array, scores: Array, block: str, out: Array | None = None
    ) -> tuple[Array, Array, Array | None]:
        """``weight mean phi`` (K,) and its gradients by `g` and by `scores`; see `potential`.

        weight : (K, 1); out : (K, N, D), where the gradient by `g` may be written.
        """
        phi, slope, by_score = self.potential(g, scores, block)
        share = weight / phi.shape[-1]
        slope = self._ops.xp.multiply(share[:, :, None], slope, out=out)
        value = weight[:, 0] * phi.mean(axis=-1)
        return value, slope, None if by_score is None else share * by_score


class _ZeroCentred(GradientPenalty):
    """phi(g) = |g|^2 / 2."""

    falls = True

    def potential(
        self, g: Array, scores: Array, block: str = "real"
    ) -> tuple[Array, Array, Array | None]:
        return 0.5 * (g * g).sum(axis=-1), g, None

    def weighted(
        self, weight: Array, g: Array, scores: Array, block: str, out: Array | None = None
    ) -> tuple[Array, Array, Array | None]:
        share = weight / g.shape[1]
        slope = self._ops.xp.multiply(share[:, :, None], g, out=out)
        # the product of gradient and point, by which a function of second degree is twice as large
        rows = (a.reshape(a.shape[0], 1, -1) for a in (slope, g))
        value = self._ops.matmul(*rows, tb=True)  # (K, 1, 1)
        value *= 0.5
        return value[:, 0, 0], slope, None


class _OneCentred(GradientPenalty):
    """phi(g) = (|g| - 1)^2 / 2."""

    def potential(
        self, g: Array, scores: Array, block: str = "real"
    ) -> tuple[Array, Array, Array | None]:
        norm = self._ops.xp.sqrt((g * g).sum(axis=-1) + _TINY)  # (K, N)
        off = norm - 1
        return 0.5 * off * off, (off / norm)[..., None] * g, None


def _between(real: Array, fake: Array, draws: Draws) -> Array:
    """Points on the lines from real rows to fake ones, uniformly."""
    t = draws.uniform("between", (1, fake.shape[1], 1))
    return t * real + (1 - t) * fake


class R1(_ZeroCentred):
    r"""R1, the zero-centered gradient penalty on the data.

    .. math:: R_1 = \frac{\gamma}{2 N} \sum_i |\nabla_x D(x_i)|^2

    Mescheder, Geiger and Nowozin, 2018 (arXiv:1801.04406).

    Parameters
    ----------
    gamma, schedule, interval
        See `GradientPenalty`.
    """

    blocks: ClassVar[dict[str, str]] = {"real": "r1"}


class R2(_ZeroCentred):
    r"""R2, the zero-centered gradient penalty on generated rows.

    .. math:: R_2 = \frac{\gamma}{2 N} \sum_i |\nabla_x D(G(z_i))|^2

    Mescheder, Geiger and Nowozin, 2018 (arXiv:1801.04406). The generator does not see it.

    Parameters
    ----------
    gamma, schedule, interval
        See `GradientPenalty`.
    """

    blocks: ClassVar[dict[str, str]] = {"fake": "r2"}


class R1R2(_ZeroCentred):
    r"""R1 and R2 together, gradient penalties with one strength: ``R = R1 + R2``.

    Training converges where R1 alone diverges (Huang et al., 2024, arXiv:2501.05441).

    Parameters
    ----------
    gamma, schedule, interval
        See `GradientPenalty`.
    """

    blocks: ClassVar[dict[str, str]] = {"real": "r1", "fake": "r2"}


class WGANGP(_OneCentred):
    r"""WGAN-GP: one-centered gradient penalty on the lines between real and generated rows.

    .. math::

        R = \frac{\gamma}{2 N} \sum_i (|\nabla_x D(\hat x_i)| - 1)^2, \qquad
        \hat x_i = t_i x_i + (1 - t_i) G(z_i), \quad t_i \sim U(0, 1)

    Gulrajani et al., 2017 (arXiv:1704.00028); their :math:`\lambda = 10` is ``gamma=20``. Training
    need not converge (Mescheder et al., 2018).

    Parameters
    ----------
    gamma, schedule, interval
        See `GradientPenalty`.
    """

    blocks: ClassVar[dict[str, str]] = {"between": "wgan_gp"}

    def points(self, block: str, real: Array, fake: Array, draws: Draws) -> Array:
        return _between(real, fake, draws)


class ZeroCentredGP(_ZeroCentred):
    r"""Zero-centered gradient penalty on the lines between real and generated rows.

    .. math::

        R = \frac{\gamma}{2 N} \sum_i |\nabla_x D(\hat x_i)|^2, \qquad
        \hat x_i = t_i x_i + (1 - t_i) G(z_i), \quad t_i \sim U(0, 1)

    Thanh-Tung, Tran and Venkatesh, 2019 (arXiv:1902.03984).

    Parameters
    ----------
    gamma, schedule, interval
        See `GradientPenalty`.
    """

    blocks: ClassVar[dict[str, str]] = {"between": "zero_gp"}

    def points(self, block: str, real: Array, fake: Array, draws: Draws) -> Array:
        return _between(real, fake, draws)


class DRAGAN(_OneCentred):
    r"""DRAGAN: one-centered gradient penalty around the data.

    .. math::

        R = \frac{\gamma}{2 N} \sum_i (|\nabla_x D(x_i + \delta_i)| - 1)^2, \qquad
        \delta_i \sim \mathrm{spread} \cdot s \cdot U(0, 1)^D

    with s the standard deviation of all entries of the minibatch. Kodali et al., 2017
    (arXiv:1705.07215). The points are those of the paper, :math:`x_i + \delta_i`. The authors' code
    takes :math:`x_i + t_i \delta_i` with :math:`t_i \sim U(0, 1)`, a random point between, whose
    distance to the data is half as large on average.

    Parameters
    ----------
    gamma, schedule, interval
        See `GradientPenalty`.
    spread : float, default=0.5
        The largest offset of a point in each column, in standard deviations.
    """

    blocks: ClassVar[dict[str, str]] = {"around": "dragan"}
    couples_samples = True

    def __init__(
        self,
        gamma: Strength = 0.3,
        schedule: ScheduleName | Schedule = "constant",
        interval: int = 1,
        spread: float = 0.5,
    ) -> None:
        super().__init__(gamma, schedule, interval)
        self.spread = spread

    def bind(self, ops: Backend) -> Self:
        check_real(self.spread, "spread", minimum=0)
        return super().bind(ops)

    def points(self, block: str, real: Array, fake: Array, draws: Draws) -> Array:
        scale = float(self.spread) * real.std(axis=(1, 2), keepdims=True)  # (K, 1, 1)
        return real + scale * draws.uniform("around", (1, *real.shape[1:]))


class Roth(GradientPenalty):
    r"""Roth's regularizer: input gradients, weighted by the uncertainty of the discriminator.

    .. math::

        R = \frac{\gamma}{2 N} \sum_i \left[ (1 - \sigma(D(x_i)))^2 |\nabla_x D(x_i)|^2
            + \sigma(D(G(z_i)))^2 |\nabla_x D(G(z_i))|^2 \right]

    with the logistic function :math:`\sigma`. To first order, this is the effect on the original
    losses of noise of variance gamma on the inputs. Roth et al., 2017 (arXiv:1705.09367).

    Parameters
    ----------
    gamma, schedule, interval
        See `GradientPenalty`.
    """

    blocks: ClassVar[dict[str, str]] = {"real": "roth", "fake": "roth"}

    def potential(
        self, g: Array, scores: Array, block: str = "real"
    ) -> tuple[Array, Array, Array | None]:
        sigma = self._ops.empty(scores.shape)
        self._ops.run(ACTIVATIONS["sigmoid"].value, scores, outs=(sigma,))
        doubt, sign = (1 - sigma, -1.0) if block == "real" else (sigma, 1.0)  # (K, N)
        weight, half_square = doubt * doubt, 0.5 * (g * g).sum(axis=-1)
        # the derivative of doubt is sign * sigma (1 - sigma)
        on_score = sign * 2 * doubt * sigma * (1 - sigma) * half_square
        return weight * half_square, weight[..., None] * g, on_score
