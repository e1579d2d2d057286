"""Constraints on norms: of each unit's incoming weights, of each weight matrix."""

from __future__ import annotations

from types import MappingProxyType

from regan.backends import Array, Backend
from regan.constraints.base import Projection
from regan.validation import check_real


class MaxNorm(Projection):
    r"""Max-norm constraint on each unit's incoming weights, :math:`|W_{\cdot j}|_2 \le c`.

    Srebro et al., 2005, for matrix factors; Srivastava et al., 2014, for networks with dropout.

    Parameters
    ----------
    limit : float > 0, default=3.0
        c.
    """

    def __init__(self, limit: float = 3.0) -> None:
        self.limit = limit

    def check(self) -> None:
        check_real(self.limit, "limit", minimum=0, open_minimum=True)

    def project_matrix(self, W: Array) -> None:
        limit = float(self.limit)
        W *= limit / self._ops.xp.maximum(_norms(self._ops, W), limit)

    def excess(self, W: Array) -> Array:
        return (_norms(self._ops, W) - float(self.limit)).max(axis=(1, 2))


class UnitNorm(Projection):
    r"""Unit-norm constraint on each unit's incoming weights, :math:`|W_{\cdot j}|_2 = 1`.

    If all incoming weights of a unit are zero, each of its I weights becomes :math:`1 / \sqrt I`.
    All points of the sphere are equally near then, and this one is not negative.
    """

    last = True
    excludes = MappingProxyType(
        dict.fromkeys(
            ("WeightClip", "MaxNorm", "L1Ball", "L2Ball", "MaxUnits", "MaxNonZero"),
            "a limit on the size or the number of weights may not allow columns of norm 1, so "
            "the two sets may not intersect",
        )
    )

    def project_matrix(self, W: Array) -> None:
        xp, norms = self._ops.xp, _norms(self._ops, W)
        scaled = W / xp.where(norms > 0, norms, 1)
        W[...] = xp.where(norms > 0, scaled, W.shape[1] ** -0.5)

    def excess(self, W: Array) -> Array:
        return self._ops.xp.abs(_norms(self._ops, W) - 1).max(axis=(1, 2))


class L2Ball(Projection):
    r"""L2 ball: a limit on the norm of each weight matrix, :math:`|W|_F \le r`.

    The constrained form of the ridge penalty, with the whole path of strengths in one radius.

    Parameters
    ----------
    radius : float > 0, default=10.0
        r, the same for every matrix whatever its size. A matrix of I x O weights of standard
        deviation ``1 / sqrt(I)``, as they start, has norm ``sqrt(O)``.
    """

    def __init__(self, radius: float = 10.0) -> None:
        self.radius = radius

    def check(self) -> None:
        check_real(self.radius, "radius", minimum=0, open_minimum=True)

    def project_matrix(self, W: Array) -> None:
        radius = float(self.radius)
        W *= (radius / self._ops.xp.maximum(self._norm(W), radius))[:, None, None]

    def excess(self, W: Array) -> Array:
        return self._norm(W) - float(self.radius)

    def _norm(self, W: Array) -> Array:
        """The norm of each matrix, (K,)."""
        w = W.reshape(len(W), -1)
        return self._ops.xp.sqrt((w * w).sum(axis=-1))


class L1Ball(Projection):
    r"""L1 ball: a limit on the absolute values of each weight matrix, :math:`\sum |W_{ij}| \le r`.

    The constrained form of the lasso (Tibshirani, 1996). Weights below the threshold become exactly
    zero; under Adam, whose steps are about equally long whatever a weight is worth, those are few:
    for sparsity take the penalty, which acts in Adam's metric.

    The projection lowers all absolute values by
    :math:`\tau = \max_j (\sum_{i \le j} m_i - r) / j` with m the absolute values in decreasing
    order, if that is positive: Duchi et al., 2008.

    Parameters
    ----------
    radius : float > 0, default=10.0
        r, the same for every matrix whatever its size. I x O weights of standard deviation
        ``1 / sqrt(I)``, as they start, have a sum of about ``0.8 O sqrt(I)``.
    """

    def __init__(self, radius: float = 10.0) -> None:
        self.radius = radius

    def check(self) -> None:
        check_real(self.radius, "radius", minimum=0, open_minimum=True)

    def project_matrix(self, W: Array) -> None:
        xp = self._ops.xp
        sizes = xp.abs(W)
        ordered = -xp.sort(-sizes.reshape(len(W), -1), axis=-1)  # the largest first
        counts = xp.arange(1, ordered.shape[1] + 1, dtype=self._ops.dtype)
        # the mean excess rises as long as the next value is above it: its maximum is Duchi's tau
        tau = ((xp.cumsum(ordered, axis=-1) - float(self.radius)) / counts).max(axis=-1)
        sizes -= xp.maximum(tau, 0)[:, None, None]
        W[...] = xp.sign(W) * xp.maximum(sizes, 0)

    def excess(self, W: Array) -> Array:
        return self._ops.xp.abs(W).sum(axis=(1, 2)) - float(self.radius)


def _norms(ops: Backend, W: Array) -> Array:
    """The norms of the columns, (K, 1, O)."""
    return ops.xp.sqrt((W * W).sum(axis=1, keepdims=True))
