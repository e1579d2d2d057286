"""Masked rows: which of their cells a network is shown, and rows completed by what it makes."""

from __future__ import annotations

from dataclasses import dataclass

from regan.backends import Array, Backend


@dataclass(frozen=True)
class Masked:
    r"""The mask of a minibatch: which cells of its rows are known.

    What is known of a row x is a linear map of it, :math:`x M`. Where every coordinate belongs to
    one column, M is the 0/1 diagonal of the known ones. In the frame of a component with the axes
    :math:`A` (R, P) it is a projection: with the known columns B of A,

    .. math:: M = B\, (B^T V B + \sigma^2 I)^{-1} B^T V,

    the regression of all coordinates on what is known, for coordinates of the variances V. A row y
    of a network is completed by

    .. math:: c(y) = y + (x - y)\, M,

    which has the known cells of x, and if y is drawn from that Gaussian regardless of x, c(y) is a
    draw given them (kriging; Matheron's rule). So a generator that begins as the frame's Gaussian
    completes rows as that does, and learns what is different.

    Attributes
    ----------
    shown : array of shape (1, N, H) or (K, N, H)
        1 for the cells that are known: columns of numbers, then blocks of levels.
    columns : array of shape (1, N, D) or (K, N, D)
        The diagonal of M; 0 where `kept` says it.
    kept : array of shape (1, N, R, R) or (K, N, R, R), or None
        M of the R columns of numbers, if they are coordinates of frames with axes.

    Notes
    -----
    The passes through the completion are::

        forward   c  = y + (x - y) M
        backward  gy = gc - gc M^T
    """

    shown: Array
    columns: Array
    kept: Array | None = None

    def known(self, ops: Backend, rows: Array) -> Array:
        """What is known of `rows` (K, N, D), or of their first columns: ``x M``."""
        return self._product(ops, rows, transposed=False)

    def complete(self, ops: Backend, real: Array, made: Array) -> Array:
        """`made` (K, N, D) with what is known of `real` (1, N, D) or (K, N, D)."""
        return made + self.known(ops, real - made)

    def pull_back(self, ops: Backend, g: Array) -> Array:
        """The cotangents of what was made, from those of completed rows."""
        return g - self._product(ops, g, transposed=True)

    def hidden(self, ops: Backend, n: int) -> Array:
        """The share of the first `n` columns that is not known: the diagonal of ``I - M``."""
        if self.kept is None:
            free: Array = 1 - self.columns[..., :n]
            return free
        return 1 - ops.xp.diagonal(self.kept, axis1=-2, axis2=-1)

    def _product(self, ops: Backend, rows: Array, *, transposed: bool) -> Array:
        """``x M`` or ``x M^T``."""
        y: Array = rows * self.columns[..., : rows.shape[-1]]
        if self.kept is not None:
            r = self.kept.shape[-1]
            for k in range(len(y)):  # one after the other, as each would be alone
                own, kept = rows[k % len(rows)], self.kept[k % len(self.kept)]
                product: Array = ops.matmul(own[:, None, :r], kept, tb=transposed)
                y[k, :, :r] = product[:, 0]
        return y
