"""Softmax in blocks: the head of a generator of categories."""

from __future__ import annotations

from collections.abc import Sequence

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.layers.levels import Levels
from regan.validation import check_real


class SoftmaxBlocks(Layer):
    r"""Softmax (Gumbel-softmax in training) in blocks of the last columns of a row.

    :math:`y_j = e^{x_j} / \sum_{i \in b(j)} e^{x_i}` for the block b(j) of column j.

    The other columns do not change. In training, :math:`(x + g) / \tau` replaces x, with
    independent Gumbel numbers :math:`g = -\log(-\log u)` for uniform u. The largest
    :math:`x_j + g_j` of a block is that of level j with the probability :math:`y_j` (Gumbel). With
    a smaller :math:`\tau`, the softmax is nearer to this level alone. So the discriminator receives
    nearly single levels, as in samples, and not probabilities, and gradients exist. Jang, Gu and
    Poole, 2017 (arXiv:1611.01144); Maddison, Mnih and Teh, 2017 (arXiv:1611.00712).

    Parameters
    ----------
    levels : sequence of int
        The sizes of the blocks.
    temperature : float > 0, default=0.3
        :math:`\tau`, in training.

    Notes
    -----
    With the 0/1 matrix B of columns and blocks, and :math:`\tau = 1` where nothing is drawn::

        backward   gx = y (gy - (gy y) B B^T) / tau

    A generator's head is never differentiated twice, so there is no tangent pass.
    """

    has_tangent = False
    uses_draws = True
    free = ("temperature",)

    def __init__(self, levels: Sequence[int], temperature: float = 0.3) -> None:
        self.levels = levels
        self.temperature = temperature

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        self._blocks = Levels(self.levels, n_in, ops)
        self._start = self._blocks.n_before
        self._tau = check_real(self.temperature, "temperature", minimum=0, open_minimum=True)
        return n_in

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        logits, scale = x[..., self._start :], 1.0
        if train and draws is not None:
            u = draws.uniform("levels", (1, *logits.shape[1:]))
            scale = 1 / self._tau
            logits = scale * (logits + self._blocks.gumbel(u))
        chances = self._blocks.softmax(logits)
        y = x.copy()
        y[..., self._start :] = chances
        cache["y"], cache["scale"] = y, scale
        return y

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        gx = gy.copy()
        y, gy = cache["y"][..., self._start :], gy[..., self._start :]
        gx[..., self._start :] = cache["scale"] * self._blocks.pull_back(y, gy)
        return gx

    def draw(self, y: Array, noise: Array) -> Array:
        """Rows (K, N, I) with one level a block, drawn with the probabilities of `y`.

        noise : standard normal numbers (1, N, number of blocks).
        """
        return self._with_levels(y, self._blocks.draw(y[..., self._start :], noise))

    def likeliest(self, y: Array) -> Array:
        """Rows (K, N, I) with the likeliest level of each block, by the probabilities of `y`."""
        return self._with_levels(y, self._blocks.likeliest(y[..., self._start :]))

    def _with_levels(self, y: Array, levels: Array) -> Array:
        rows = y.copy()
        rows[..., self._start :] = levels
        return rows
