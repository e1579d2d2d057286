"""Orthogonal regularization of the weight matrices."""

from __future__ import annotations

from typing import Self

from regan.backends import Array, Backend
from regan.layers.layout import Layout, Slot
from regan.penalties.base import MatrixPenalty


class Orthogonal(MatrixPenalty):
    r"""Orthogonal regularization: orthonormal columns in every weight matrix.

    .. math:: R(w) = \frac{\alpha}{2} \sum_l |W_l^T W_l - I|_F^2

    The sum is over the weight matrices :math:`W_l` (I, O). If :math:`W_l` has more columns than
    rows, its columns cannot all be orthogonal. Its term is then :math:`|W_l W_l^T - I|_F^2`, which
    can be zero. The penalty acts through its gradient,
    :math:`2 \alpha W_l (W_l^T W_l - I)`, or :math:`2 \alpha (W_l W_l^T - I) W_l`.

    The idea is from Brock, Lim, Ritchie and Weston, 2017 (arXiv:1609.07093), who sum absolute
    values; the squared norm is from Brock, Donahue and Simonyan, 2019 (BigGAN, arXiv:1809.11096),
    whose beta is ``alpha / 2``.

    Parameters
    ----------
    alpha : float or array-like of shape (K,), default=1e-4
        The strength, non-negative; one for all models of a population or one each.
    """

    name = "orthogonal"

    def bind(self, ops: Backend, layout: Layout, *, decoupled: bool = False) -> Self:
        bound = super().bind(ops, layout)
        sides = {min(slot.parameter.shape) for slot in layout.matrices}
        bound._identity = {n: ops.xp.eye(n, dtype=ops.dtype) for n in sides}
        return bound

    def value(self, w: Array) -> Array:
        total = self._ops.zeros(w.shape[:1])
        for slot in self._layout.matrices:
            residual = self._residual(self._layout.view(w, slot), slot)
            total += (residual * residual).sum(axis=(1, 2))
        return 0.5 * self._strength[:, 0, 0] * total

    def add_grad(self, w: Array, gw: Array) -> None:
        for slot in self._layout.matrices:
            W, gW = self._layout.view(w, slot), self._layout.view(gw, slot)
            pull = 2 * self._strength * self._residual(W, slot)
            left, right = (pull, W) if _is_wide(slot) else (W, pull)
            self._ops.matmul(left, right, out=gW, accumulate=True)

    def _residual(self, W: Array, slot: Slot) -> Array:
        """The smaller of W^T W - I and W W^T - I."""
        wide = _is_wide(slot)
        gram: Array = self._ops.matmul(W, W, ta=not wide, tb=wide)
        gram -= self._identity[min(slot.parameter.shape)]
        return gram


def _is_wide(slot: Slot) -> bool:
    n_in, n_out = slot.parameter.shape
    return n_in < n_out
