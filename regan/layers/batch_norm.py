"""Batch norm."""

from __future__ import annotations

import numpy as np

from regan.backends import Array
from regan.layers.base import Cache, Params
from regan.layers.layout import Parameter
from regan.layers.norm import Norm


class BatchNorm(Norm):
    r"""Batch normalization of columns, ``y = gamma (x - mean) / sqrt(var + epsilon) + beta``.

    In training, mean and variance (with the divisor N) are those of the batch, separately for each
    model. In evaluation they are the fixed parameters ``mean`` and ``var`` (0 and 1 at first).
    There are no running averages: `calibrate` computes the statistics of a large batch with the
    parameters of evaluation ("standing statistics", Brock, Donahue and Simonyan, 2019,
    arXiv:1809.11096).

    Ioffe and Szegedy, 2015 (arXiv:1502.03167).

    Parameters
    ----------
    epsilon : float > 0, default=1e-5
        Added to the variance.

    Notes
    -----
    The four passes are those of `regan.layers.norm.Norm`, with means over the rows.
    """

    axis = 1
    couples_samples = True
    unitwise = True

    def parameters(self) -> tuple[Parameter, ...]:
        fixed = (Parameter(name, (self.n_in,), "fixed") for name in ("mean", "var"))
        return *super().parameters(), *fixed

    def init(self, params: dict[str, np.ndarray], rng: np.random.Generator) -> None:
        super().init(params, rng)
        params["mean"][...] = 0
        params["var"][...] = 1

    def constants(self, params: Params, train: bool) -> tuple[Array, Array] | None:
        return None if train else (params["mean"][:, None, :], params["var"][:, None, :])

    def calibrate(self, params: Params, cache: Cache) -> None:
        params["mean"][...] = cache["mean"][:, 0, :]
        params["var"][...] = cache["var"][:, 0, :]
