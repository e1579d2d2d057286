"""Group lasso: whole units go, not single weights."""

from __future__ import annotations

from typing import Self

import numpy as np

from regan.backends import Array, Backend, Kernel
from regan.layers.layout import Layout, Slot
from regan.penalties.base import MatrixPenalty

_NEWTON_STEPS = 8
_TINY = 1e-30


def _group_terms_numpy(w: Array, cut: Array, length: Array, square: Array, slope: Array) -> None:
    np.add(length, cut, out=slope)
    np.maximum(slope, _TINY, out=slope)
    np.divide(w, slope, out=square)
    square *= square
    np.divide(square, slope, out=slope)


_GROUP_TERMS = Kernel(
    "group_terms",
    "T w, T cut, T length",
    "T square, T slope",
    f"T d = length + cut; d = d < T({_TINY}) ? T({_TINY}) : d; T q = w / d;"
    "square = q * q; slope = square / d;",
    _group_terms_numpy,
)


def _group_newton_numpy(square: Array, slope: Array, length: Array) -> None:
    length += square * (np.sqrt(square) - 1) / np.maximum(slope, _TINY)
    np.maximum(length, 0, out=length)


_GROUP_NEWTON = Kernel(
    "group_newton",
    "T square, T slope",
    "T length",
    f"T next = length + square * (sqrt(square) - T(1)) / (slope < T({_TINY}) ? T({_TINY}) : slope);"
    "length = next < T(0) ? T(0) : next;",
    _group_newton_numpy,
)


def _group_shrink_numpy(length: Array, cut: Array, w: Array) -> None:
    # the quotient first: without a penalty it is exactly 1
    w *= length / np.maximum(length + cut, _TINY)


_GROUP_SHRINK = Kernel(
    "group_shrink",
    "T length, T cut",
    "T w",
    f"T d = length + cut; w = w * (length / (d < T({_TINY}) ? T({_TINY}) : d));",
    _group_shrink_numpy,
)


class GroupLasso(MatrixPenalty):
    r"""Group lasso on the outgoing weights of hidden units: it removes whole units.

    .. math:: R(w) = \alpha \sum_g \sqrt{|g|} \, |w_g|_2

    A group :math:`g` is a row of a weight matrix (I, O) other than the first of the network: the
    outgoing weights of one hidden unit. A unit whose row is zero has no effect. The first matrix
    and the biases are not penalized; without hidden units the penalty is 0. The column of a
    minibatch standard deviation counts as a unit. A residual connection bypasses these weights, so
    the unit still has an effect.

    Together with an L1 penalty, this penalty takes its step second. For one common step size, this
    is the exact proximal step of their sum (sparse group lasso; Simon et al., 2013), and nearly so
    in the metric of Adam.

    The penalty acts by its exact proximal step in the optimizer's metric s. With
    :math:`a = \alpha \sqrt{|g|}`, a row v becomes zero if :math:`|v / s|_2 \le a`, else

    .. math::

        w_j = \frac{t}{t + a s_j} v_j, \quad
        \text{where } t \text{ solves } \left| \frac{v}{t + a s} \right|_2 = 1,

    so that :math:`t = |w_g|_2`.

    Yuan and Lin, 2006; for networks Scardapane et al., 2017 (arXiv:1607.00485).

    Parameters
    ----------
    alpha : float or array-like of shape (K,), default=1e-4
        The strength, non-negative; one for all models of a population or one each.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.backends import get_backend
    >>> from regan.layers.layout import Layout, Parameter
    >>> shapes = (1, 2), (2, 4)
    >>> layout = Layout([[Parameter("W", shape, "weight")] for shape in shapes])
    >>> penalty = GroupLasso(alpha=1.0).bind(get_backend("numpy", "float64"), layout)
    >>> w = np.array([[5.0, 5.0, 2.0, 2.0, 2.0, 2.0, 0.1, -0.1, 0.1, 0.1]])
    >>> penalty.prox(w, np.ones((1, 10)))
    >>> w.round(3) + 0.0
    array([[5., 5., 1., 1., 1., 1., 0., 0., 0., 0.]])
    """

    name = "group_lasso"
    in_gradient = False
    in_step = True
    order = 1  # after L1, their steps are the step of their sum
    min_hidden_layers = 1

    def bind(self, ops: Backend, layout: Layout, *, decoupled: bool = False) -> Self:
        bound = super().bind(ops, layout)
        bound._slots = layout.matrices[1:]
        return bound

    def value(self, w: Array) -> Array:
        total = self._ops.zeros(w.shape[:1])
        for slot in self._slots:
            W = self._layout.view(w, slot)
            norms = self._ops.xp.sqrt((W * W).sum(axis=-1))  # (K, I)
            total += _root_size(slot) * norms.sum(axis=-1)
        return self._strength[:, 0, 0] * total

    def prox(self, w: Array, step: Array) -> None:
        for slot in self._slots:
            cut = self._layout.view(step, slot) * (_root_size(slot) * self._strength)  # a s
            self._shrink(self._layout.view(w, slot), cut)

    def _shrink(self, W: Array, cut: Array) -> None:
        """The proximal step on the rows of `W` (K, I, O), in place; `cut` is a s."""
        length = self._norm_below(W, cut)  # (K, I, 1)
        square, slope = self._ops.empty(W.shape), self._ops.empty(W.shape)
        for _ in range(_NEWTON_STEPS):
            self._ops.run(_GROUP_TERMS, W, cut, length, outs=(square, slope))
            sums = (a.sum(axis=-1, keepdims=True) for a in (square, slope))
            self._ops.run(_GROUP_NEWTON, *sums, outs=(length,))
        self._ops.run(_GROUP_SHRINK, length, cut, outs=(W,))

    def _norm_below(self, W: Array, cut: Array) -> Array:
        """A start of Newton's method on 1 - 1 / |v / (t + a s)|, which is convex and falls with t.

        From below the root the iterates rise towards it and never pass it. Here no term exceeds 1,
        so that nothing overflows, as it does at t = 0 where a s is small.
        """
        xp = self._ops.xp
        single = (xp.abs(W) - cut).max(axis=-1, keepdims=True)
        norm = xp.sqrt((W * W).sum(axis=-1, keepdims=True))
        return xp.maximum(xp.maximum(single, norm - cut.max(axis=-1, keepdims=True)), 0)


def _root_size(slot: Slot) -> float:
    root: float = slot.parameter.shape[1] ** 0.5
    return root
