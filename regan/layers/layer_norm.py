"""Layer norm."""

from __future__ import annotations

from regan.backends import Array
from regan.layers.base import Params
from regan.layers.norm import Norm


class LayerNorm(Norm):
    r"""Layer normalization of rows, ``y = gamma (x - mean) / sqrt(var + epsilon) + beta``.

    Mean and variance (with the divisor I) are those of the row, over its features, in training and
    in evaluation. So rows do not affect each other.

    Ba, Kiros and Hinton, 2016 (arXiv:1607.06450).

    Parameters
    ----------
    epsilon : float > 0, default=1e-5
        Added to the variance.

    Notes
    -----
    The four passes are those of `regan.layers.norm.Norm`, with means over the features.
    """

    axis = -1

    def constants(self, params: Params, train: bool) -> tuple[Array, Array] | None:
        return None
