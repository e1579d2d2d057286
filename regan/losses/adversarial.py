r"""Adversarial losses: values and gradients with respect to the discriminator's scores.

The discriminator's scores are real (K, N) for data rows and fake (K, N) for generated rows. Both
players minimize; the gradients contain the factor 1/N. ``softplus(t) = log(1 + e^t)``, and
``sigma`` is its derivative.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from scipy.special import expit
from sklearn.base import BaseEstimator

from regan.backends import Array, Backend, Kernel
from regan.validation import check_real


def _softplus_numpy(
    t: Array, sign: float, smoothing: float, share: float, value: Array, slope: Array
) -> None:
    np.multiply(t, sign, out=slope)
    np.logaddexp(0, slope, out=value)
    expit(slope, out=slope)
    slope *= sign
    value += smoothing * t
    slope += smoothing
    slope *= share


_SOFTPLUS = Kernel(
    "softplus_with_slope",
    "T t, T sign, T smoothing, T share",
    "T value, T slope",
    "T u = sign * t; value = (u > 0 ? u : T(0)) + log1p(exp(-fabs(u))) + smoothing * t;"
    "slope = (sign / (T(1) + exp(-u)) + smoothing) * share;",
    _softplus_numpy,
)


def _pairing_numpy(
    first: Array,
    second: Array,
    smoothing: float,
    share: float,
    value: Array,
    g_first: Array,
    g_second: Array,
) -> None:
    np.subtract(first, second, out=g_second)
    _softplus_numpy(g_second, -1.0, smoothing, share, value, g_first)
    np.negative(g_first, out=g_second)


_PAIRING = Kernel(
    "pairing_with_slopes",
    "T first, T second, T smoothing, T share",
    "T value, T g_first, T g_second",
    "T u = second - first; value = (u > 0 ? u : T(0)) + log1p(exp(-fabs(u))) - smoothing * u;"
    "g_first = (smoothing - T(1) / (T(1) + exp(-u))) * share; g_second = -g_first;",
    _pairing_numpy,
)


def _mean_softplus(
    ops: Backend, t: Array, sign: float, smoothing: float = 0.0
) -> tuple[Array, Array]:
    """The mean of ``softplus(sign t) + smoothing t`` (K,) and its gradient (K, N)."""
    value, slope = ops.empty(t.shape), ops.empty(t.shape)
    ops.run(_SOFTPLUS, t, sign, smoothing, 1 / t.shape[-1], outs=(value, slope))
    return value.mean(axis=-1), slope


def _mean_pairing(
    ops: Backend, first: Array, second: Array, smoothing: float = 0.0
) -> tuple[Array, Array, Array]:
    """The mean of ``softplus(-t) + smoothing t`` for ``t = first - second`` (K,), and its gradients
    (K, N) with respect to `first` and `second`.
    """
    outs = tuple(ops.empty(first.shape) for _ in range(3))
    ops.run(_PAIRING, first, second, smoothing, 1 / first.shape[-1], outs=outs)
    return outs[0].mean(axis=-1), outs[1], outs[2]


class Loss(BaseEstimator, ABC):
    """Base class of adversarial losses: one objective for each of the two networks.

    Attributes
    ----------
    pairs_samples : bool
        Whether the generator's objective compares scores of generated and real rows, so that it
        needs both.
    couples_samples : bool
        Whether a value is not a mean over rows or pairs of rows. Ranks that share a minibatch
        refuse the loss then.
    """

    pairs_samples: ClassVar[bool] = False
    couples_samples: ClassVar[bool] = False

    def check(self) -> None:
        """Raise ValueError or TypeError for a hyper-parameter out of range."""

    @abstractmethod
    def discriminator(self, ops: Backend, real: Array, fake: Array) -> tuple[Array, Array, Array]:
        """Value (K,) and its gradients (K, N) with respect to `real` and `fake`."""

    @abstractmethod
    def generator(self, ops: Backend, real: Array | None, fake: Array) -> tuple[Array, Array]:
        """Value (K,) and its gradient (K, N) with respect to `fake`.

        `real` is None unless the loss declares `pairs_samples`.
        """


class _Smoothed(Loss):
    r"""A loss whose discriminator aims at the label 1 - s for real rows instead of 1.

    For losses in softplus, the term of a real row becomes

    .. math::

        (1 - s)\, \mathrm{softplus}(-t) + s\, \mathrm{softplus}(t) = \mathrm{softplus}(-t) + s t
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = label_smoothing

    def check(self) -> None:
        check_real(self.label_smoothing, "label_smoothing", minimum=0, maximum=1, open_maximum=True)

    def _mean_smoothed(self, ops: Backend, t: Array) -> tuple[Array, Array]:
        """The mean of the terms of real rows (K,) and its gradient (K, N) with respect to t."""
        return _mean_softplus(ops, t, -1.0, float(self.label_smoothing))


class Relativistic(_Smoothed):
    r"""Relativistic pairing loss: the discriminator decides which row of a pair is real.

    .. math::

        L_D = \frac1N \sum_i \mathrm{softplus}(D(G(z_i)) - D(x_i)), \qquad
        L_G = \frac1N \sum_i \mathrm{softplus}(D(x_i) - D(G(z_i)))

    Jolicoeur-Martineau, 2018 (arXiv:1807.00734); it has no mode-dropping local minima (Sun, Fang
    and Schwing, 2020, arXiv:2011.04926) and is R3GAN's loss (Huang et al., 2024, arXiv:2501.05441).

    Parameters
    ----------
    label_smoothing : float in [0, 1), default=0.0
        One-sided label smoothing (Salimans et al., 2016, arXiv:1606.03498): the discriminator's
        label of "the first one is real" is ``1 - label_smoothing``.
    """

    pairs_samples = True

    def discriminator(self, ops: Backend, real: Array, fake: Array) -> tuple[Array, Array, Array]:
        return _mean_pairing(ops, real, fake, float(self.label_smoothing))

    def generator(self, ops: Backend, real: Array | None, fake: Array) -> tuple[Array, Array]:
        value, slope, _ = _mean_pairing(ops, fake, real)
        return value, slope


class Minimax(_Smoothed):
    r"""Minimax loss: the original GAN loss of Goodfellow et al., 2014 (arXiv:1406.2661).

    .. math::

        L_D = \frac1N \sum_i \mathrm{softplus}(-D(x_i)) + \mathrm{softplus}(D(G(z_i))), \qquad
        L_G = -\frac1N \sum_i \mathrm{softplus}(D(G(z_i)))

    If the discriminator separates the rows too well, the generator's gradient vanishes. See
    `NonSaturating`.

    Parameters
    ----------
    label_smoothing : float in [0, 1), default=0.0
        One-sided label smoothing (Salimans et al., 2016, arXiv:1606.03498): the discriminator's
        label of real rows is ``1 - label_smoothing``.
    """

    def discriminator(self, ops: Backend, real: Array, fake: Array) -> tuple[Array, Array, Array]:
        on_real, slope_real = self._mean_smoothed(ops, real)
        on_fake, slope_fake = _mean_softplus(ops, fake, 1.0)
        return on_real + on_fake, slope_real, slope_fake

    def generator(self, ops: Backend, real: Array | None, fake: Array) -> tuple[Array, Array]:
        value, slope = _mean_softplus(ops, fake, 1.0)
        return -value, -slope


class NonSaturating(Minimax):
    r"""Non-saturating loss: minimax loss for the discriminator; the generator maximizes log D.

    .. math:: L_G = \frac1N \sum_i \mathrm{softplus}(-D(G(z_i)))

    Goodfellow et al., 2014 (arXiv:1406.2661), section 3.

    Parameters
    ----------
    label_smoothing : float in [0, 1), default=0.0
        One-sided label smoothing (Salimans et al., 2016, arXiv:1606.03498): the discriminator's
        label of real rows is ``1 - label_smoothing``.
    """

    def generator(self, ops: Backend, real: Array | None, fake: Array) -> tuple[Array, Array]:
        return _mean_softplus(ops, fake, -1.0)


class Wasserstein(Loss):
    r"""Wasserstein loss: the difference of mean scores.

    .. math::

        L_D = \frac1N \sum_i D(G(z_i)) - D(x_i), \qquad L_G = -\frac1N \sum_i D(G(z_i))

    A regularizer has to limit the slope of D. Arjovsky, Chintala and Bottou, 2017
    (arXiv:1701.07875).
    """

    def discriminator(self, ops: Backend, real: Array, fake: Array) -> tuple[Array, Array, Array]:
        slope = ops.xp.full_like(real, 1 / real.shape[-1])
        return fake.mean(axis=-1) - real.mean(axis=-1), -slope, slope

    def generator(self, ops: Backend, real: Array | None, fake: Array) -> tuple[Array, Array]:
        return -fake.mean(axis=-1), ops.xp.full_like(fake, -1 / fake.shape[-1])


class Hinge(Wasserstein):
    r"""Hinge loss for the discriminator, with the Wasserstein loss for the generator.

    .. math:: L_D = \frac1N \sum_i \max(0, 1 - D(x_i)) + \max(0, 1 + D(G(z_i)))

    Lim and Ye, 2017 (arXiv:1705.02894); Miyato et al., 2018 (arXiv:1802.05957).
    """

    def discriminator(self, ops: Backend, real: Array, fake: Array) -> tuple[Array, Array, Array]:
        xp, n = ops.xp, real.shape[-1]
        value = (xp.maximum(1 - real, 0) + xp.maximum(1 + fake, 0)).mean(axis=-1)
        g_real = (real < 1).astype(real.dtype) / -n
        g_fake = (fake > -1).astype(fake.dtype) / n
        return value, g_real, g_fake


class LeastSquares(_Smoothed):
    r"""Least-squares loss, with the target 1 for real rows and 0 for generated rows.

    .. math::

        L_D = \frac1{2N} \sum_i (D(x_i) - 1)^2 + D(G(z_i))^2, \qquad
        L_G = \frac1{2N} \sum_i (D(G(z_i)) - 1)^2

    Mao et al., 2017 (arXiv:1611.04076), with a = 0 and b = c = 1.

    Parameters
    ----------
    label_smoothing : float in [0, 1), default=0.0
        One-sided label smoothing (Salimans et al., 2016, arXiv:1606.03498): the discriminator's
        label of real rows is ``1 - label_smoothing``.
    """

    def discriminator(self, ops: Backend, real: Array, fake: Array) -> tuple[Array, Array, Array]:
        off, n = real - (1 - float(self.label_smoothing)), real.shape[-1]
        return 0.5 * (off * off + fake * fake).mean(axis=-1), off / n, fake / n

    def generator(self, ops: Backend, real: Array | None, fake: Array) -> tuple[Array, Array]:
        off = fake - 1
        return 0.5 * (off * off).mean(axis=-1), off / fake.shape[-1]
