"""Constraints on the number of weights and of units: hard thresholding."""

from __future__ import annotations

from typing import Self

from regan.backends import Array, Backend
from regan.constraints.base import Projection
from regan.layers.layout import Layout
from regan.validation import check_int, check_real


class MaxUnits(Projection):
    r"""A limit on the number of hidden units that act: at most n of each hidden layer have outgoing
    weights.

    After each update, each weight matrix but the first keeps its n rows of largest norm, and the
    other rows become zero. This is iterative hard thresholding (Blumensath and Davies, 2009) of
    rows. A unit that is zero returns if an update makes its row larger than that of another unit.
    After training, the method `prune` of an estimator removes the units that are zero. The
    constraint also limits each matrix of a residual block. The column of a minibatch standard
    deviation counts as a unit.

    Parameters
    ----------
    n_units : int, default=32
        n, at least 1.
    """

    min_hidden_layers = 1

    def __init__(self, n_units: int = 32) -> None:
        self.n_units = n_units

    def check(self) -> None:
        check_int(self.n_units, "n_units", minimum=1)

    def bind(self, ops: Backend, layout: Layout) -> Self:
        bound = super().bind(ops, layout)
        bound._slots = layout.matrices[1:]  # the rows of the first are the inputs of the network
        return bound

    def project_matrix(self, W: Array) -> None:
        _keep_largest(self._ops, W, (W * W).sum(axis=2), self.n_units)

    def excess(self, W: Array) -> Array:
        return (W != 0).any(axis=2).sum(axis=1) - int(self.n_units)


class MaxNonZero(Projection):
    r"""Sparsity constraint: a limit on the share of nonzero weights of each matrix.

    After each update, each matrix keeps its weights of largest absolute value, and the others
    become zero. This is iterative hard thresholding (Blumensath and Davies, 2009).

    Parameters
    ----------
    density : float in (0, 1], default=0.1
        The share of nonzero weights. Of n weights, ``floor(density * n)`` stay, and at least one.
    """

    def __init__(self, density: float = 0.1) -> None:
        self.density = density

    def check(self) -> None:
        check_real(self.density, "density", minimum=0, maximum=1, open_minimum=True)

    def project_matrix(self, W: Array) -> None:
        w = W.reshape(len(W), -1)  # a view, for the rows of W follow one another
        _keep_largest(self._ops, w, self._ops.xp.abs(w), self._number(W))

    def excess(self, W: Array) -> Array:
        return (W != 0).sum(axis=(1, 2)) - self._number(W)

    def _number(self, W: Array) -> int:
        n = W.shape[1] * W.shape[2]
        return max(1, int(float(self.density) * n + 1e-9))  # 0.29 * 100 is a little below 29


def _keep_largest(ops: Backend, a: Array, size: Array, n: int) -> None:
    """Set ``a[k, j]`` to 0 unless ``size[k, j]`` is among the n largest of ``size[k]`` (K, J).

    Exactly n stay, whatever ties there are.
    """
    n_zero = size.shape[1] - n
    if n_zero > 0:
        a[ops.xp.arange(len(size))[:, None], ops.smallest(size, n_zero)] = 0
