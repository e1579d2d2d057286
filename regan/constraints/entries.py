"""Constraints on single weights: their size, their sign."""

from __future__ import annotations

from regan.backends import Array
from regan.constraints.base import Projection
from regan.validation import check_real


class WeightClip(Projection):
    r"""Weight clipping: all weights stay within bounds, :math:`|w_j| \le c`.

    The Lipschitz constraint of the first Wasserstein GAN: Arjovsky et al., 2017 (arXiv:1701.07875).

    Parameters
    ----------
    limit : float > 0, default=0.1
        c.
    """

    def __init__(self, limit: float = 0.1) -> None:
        self.limit = limit

    def check(self) -> None:
        check_real(self.limit, "limit", minimum=0, open_minimum=True)

    def project_matrix(self, W: Array) -> None:
        W[...] = self._ops.xp.clip(W, -float(self.limit), float(self.limit))

    def excess(self, W: Array) -> Array:
        return self._ops.xp.abs(W).max(axis=(1, 2)) - float(self.limit)


class NonNegative(Projection):
    r"""Non-negative weights, :math:`w_j \ge 0`.

    With nondecreasing activations, each output of the network is then nondecreasing in each input.
    """

    def project_matrix(self, W: Array) -> None:
        W[...] = self._ops.xp.maximum(W, 0)

    def excess(self, W: Array) -> Array:
        return -W.min(axis=(1, 2))
