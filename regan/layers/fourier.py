"""Fourier features of the inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import pi

from regan.backends import Array, Backend
from regan.layers.base import Cache, Layer, Params
from regan.layers.draws import Draws
from regan.validation import check_real


class FourierFeatures(Layer):
    r"""Fourier features: sines and cosines of columns, ``y = [x, sin(w_1 x), cos(w_1 x), ...]``.

    With ``w_f = pi/2 f`` for each frequency f. Networks are slow to learn functions that change
    fast with x. Fourier features help a discriminator to detect narrow modes and rounded values
    (Tancik et al., 2020, arXiv:2006.10739, who draw frequencies at random; here they are fixed).
    Use it as the first layer. It has no parameters and ``I (1 + 2 F)`` outputs. All inputs get
    Fourier features, even one-hot columns of levels and of the labels of a conditional model. For
    these the features add nothing, because every function of 0 and 1 is linear, and they cost
    ``2 F`` inputs for each column.

    Parameters
    ----------
    frequencies : sequence of F positive floats, default=(1, 2, 4, 8)
        The frequencies, for standardized columns: f = 1 has a period of four standard deviations.

    Notes
    -----
    With s_f, c_f the sine and cosine, and ``gs_f``, ``gc_f`` the parts of gy that belong to them::

        backward          gx  = gy_x + sum_f w_f (c_f gs_f - s_f gc_f)
        tangent           dy  = [dx, w_f c_f dx, -w_f s_f dx]
        tangent_backward  dgx = dgy_x + sum_f w_f (c_f dgs_f - s_f dgc_f)
                              - sum_f w_f^2 (s_f gs_f + c_f gc_f) dx
    """

    position = "first"

    def __init__(self, frequencies: Sequence[float] = (1, 2, 4, 8)) -> None:
        self.frequencies = frequencies

    def bind(self, ops: Backend, n_in: int) -> int:
        self.ops = ops
        waves = [0.5 * pi * f for f in _check_frequencies(self.frequencies)]
        self.waves: Array = ops.asarray(waves)[:, None]  # (F, 1), against (K, N, F, I)
        return n_in * (1 + 2 * len(waves))

    def forward(
        self,
        params: Params,
        x: Array,
        cache: Cache,
        *,
        train: bool = False,
        draws: Draws | None = None,
    ) -> Array:
        phase = self.waves * x[:, :, None, :]  # (K, N, F, I)
        cache["sin"], cache["cos"] = self.ops.xp.sin(phase), self.ops.xp.cos(phase)
        return self._joined(x, cache["sin"], cache["cos"])

    def backward(self, params: Params, gy: Array, cache: Cache, grads: Params | None) -> Array:
        cache["gy"] = gy
        return self._pulled_back(gy, cache)

    def tangent(self, params: Params, dx: Array, cache: Cache) -> Array:
        cache["dx"] = dx
        step = self.waves * dx[:, :, None, :]
        return self._joined(dx, cache["cos"] * step, -cache["sin"] * step)

    def tangent_backward(
        self, params: Params, dgy: Array | None, cache: Cache, grads: Params
    ) -> Array:
        _, gs, gc = self._parts(cache["gy"])
        bend = self.waves * self.waves * (cache["sin"] * gs + cache["cos"] * gc)
        dgx = -cache["dx"] * bend.sum(axis=2)
        return dgx if dgy is None else dgx + self._pulled_back(dgy, cache)

    def _pulled_back(self, gy: Array, cache: Cache) -> Array:
        """(dy/dx)^T gy."""
        gx, gs, gc = self._parts(gy)
        return gx + (self.waves * (cache["cos"] * gs - cache["sin"] * gc)).sum(axis=2)

    def _joined(self, x: Array, sines: Array, cosines: Array) -> Array:
        """One row (K, N, O) from x (K, N, I) and waves (K, N, F, I)."""
        k, n, f, i = sines.shape
        y = self.ops.empty((k, n, 1 + 2 * f, i))
        y[:, :, 0] = x
        y[:, :, 1::2] = sines
        y[:, :, 2::2] = cosines
        return y.reshape(k, n, -1)

    def _parts(self, y: Array) -> tuple[Array, Array, Array]:
        """What `_joined` was given."""
        k, n, width = y.shape
        blocks = 1 + 2 * len(self.waves)
        y = y.reshape(k, n, blocks, width // blocks)
        return y[:, :, 0], y[:, :, 1::2], y[:, :, 2::2]


def _check_frequencies(frequencies: Iterable[float]) -> list[float]:
    if not isinstance(frequencies, Iterable):
        raise TypeError(f"frequencies must be a sequence of numbers, got {frequencies!r}")
    checked = [check_real(f, "frequencies", minimum=0, open_minimum=True) for f in frequencies]
    if not checked:
        raise ValueError(f"frequencies must hold at least one number, got {frequencies!r}")
    return checked
