"""Spectral normalization: the passes see weights of a given largest singular value."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from regan.backends import Array, Backend
from regan.constraints.base import Constraint, Memory
from regan.validation import check_int, check_real

_WARM_UP = 20
_TINY = 1e-8
"""Below this sigma counts as 1: the effective weights of W = 0 are 0, their gradient is c G."""


class SpectralNorm(Constraint):
    r"""Spectral normalization: weights divided by their largest singular value.

    .. math:: \bar W = c \, W / \sigma, \qquad \sigma = |u^T W v|

    with c = `limit`. The vectors u (K, I) and v (K, O) are estimates of the singular vectors; the
    objective treats them as constants. The Lipschitz constant of the layer is then c or a little
    more, because :math:`\sigma` is never too large. For wide random matrices, whose largest
    singular values are nearly equal, it is up to 6 % too small at first. One iteration per update
    may lag behind weights that change fast. If :math:`G` is the gradient with respect to
    :math:`\bar W`, the gradient with respect to W is, for any u and v,

    .. math:: (c \, G - \langle G, \bar W \rangle \, s \, u v^T) / \sigma,
              \qquad s = \mathrm{sign}(u^T W v)

    Miyato et al., 2018 (arXiv:1802.05957).

    Parameters
    ----------
    limit : float > 0, default=1.0
        c, the spectral norm of the weights in forward and backward passes.
    n_iterations : int, default=1
        The number of power iterations after each update. They continue from the previous vectors.
        Before training there are 20 iterations from random vectors.
    """

    reparametrizes = True
    excludes = MappingProxyType(
        dict.fromkeys(
            ("WeightClip", "MaxNorm", "UnitNorm", "L1Ball", "L2Ball"),
            "SpectralNorm divides the size of the weights away, so a limit on it has no effect",
        )
    )

    def __init__(self, limit: float = 1.0, n_iterations: int = 1) -> None:
        self.limit = limit
        self.n_iterations = n_iterations

    def check(self) -> None:
        check_real(self.limit, "limit", minimum=0, open_minimum=True)
        check_int(self.n_iterations, "n_iterations", minimum=1)

    def init(self, theta: Array, rng: np.random.Generator) -> Memory:
        k, memory = theta.shape[0], {}
        for i, W in enumerate(self.matrices(theta)):
            for name, n in zip("uv", W.shape[1:], strict=True):
                random = rng.standard_normal(n)
                start = np.tile(random / np.sqrt(random @ random), (k, 1))
                memory[f"{name}{i}"] = self._ops.asarray(start)
        memory["sigma"] = self._ops.zeros((k, len(self._slots)))
        # the kernels of a BLAS may read beyond the ends of rows, and flag what they meet there;
        # within training nothing warns anyway
        with np.errstate(invalid="ignore"):
            self._iterate(theta, memory, _WARM_UP)
        return memory

    def sigmas(self, theta: Array, memory: Memory) -> Array:
        """The estimates of the largest singular values of all matrices of `theta`, (K, L)."""
        return self._ops.xp.abs(self._signed(theta, memory))

    def effective(self, theta: Array, memory: Memory) -> Array:
        memory["sigma"][...] = self._signed(theta, memory)
        theta = theta.copy()
        for W, sigma in self._with_sigmas(theta, memory):
            W *= float(self.limit) / self._bounded(sigma)
        return theta

    def pull_back(self, grad: Array, effective_theta: Array, memory: Memory) -> None:
        xp = self._ops.xp
        pairs = zip(self._with_sigmas(grad, memory), self.matrices(effective_theta), strict=True)
        for i, ((G, sigma), W) in enumerate(pairs):
            u, v = memory[f"u{i}"], memory[f"v{i}"]
            slope = xp.sign(sigma) * (xp.abs(sigma) > _TINY)
            inner = (G * W).reshape(len(G), -1).sum(axis=-1)[:, None, None]
            G *= float(self.limit)
            G -= inner * slope * (u[:, :, None] * v[:, None, :])  # (K, I, O)
            G /= self._bounded(sigma)

    def advance(self, theta: Array, memory: Memory) -> None:
        self._iterate(theta, memory, self.n_iterations)

    def violation(self, theta: Array) -> Array:
        """Always 0, because the trained weights are not constrained."""
        return self._ops.zeros((theta.shape[0],))

    def _iterate(self, theta: Array, memory: Memory, n: int) -> None:
        """Power iterations, in place: u along W v, then v along W^T u."""
        for i, W in enumerate(self.matrices(theta)):
            u, v = memory[f"u{i}"], memory[f"v{i}"]
            for _ in range(n):
                _turn(self._ops, u, self._ops.matmul(v[:, None, :], W, tb=True))
                _turn(self._ops, v, self._ops.matmul(u[:, None, :], W))

    def _signed(self, theta: Array, memory: Memory) -> Array:
        """u^T W v of all matrices, (K, L)."""
        products = [
            (self._ops.matmul(memory[f"u{i}"][:, None, :], W)[:, 0, :] * memory[f"v{i}"]).sum(-1)
            for i, W in enumerate(self.matrices(theta))
        ]
        return self._ops.xp.stack(products, axis=1)

    def _with_sigmas(self, theta: Array, memory: Memory) -> list[tuple[Array, Array]]:
        """Each matrix of `theta` with its noted u^T W v (K, 1, 1)."""
        sigma = memory["sigma"][:, :, None, None]
        return [(W, sigma[:, i]) for i, W in enumerate(self.matrices(theta))]

    def _bounded(self, sigma: Array) -> Array:
        size = self._ops.xp.abs(sigma)
        return self._ops.xp.where(size > _TINY, size, 1)


def _turn(ops: Backend, vector: Array, target: Array) -> None:
    """Point the unit `vector` (K, n) along `target` (K, 1, n), unless that is 0."""
    xp, target = ops.xp, target[:, 0, :]
    norm = xp.sqrt((target * target).sum(axis=-1, keepdims=True))
    vector[...] = xp.where(norm > 0, target / xp.where(norm > 0, norm, 1), vector)
