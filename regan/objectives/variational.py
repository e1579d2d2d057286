"""The objective of a variational autoencoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log, pi
from typing import Any

from regan.backends import Array
from regan.layers import ColumnScale
from regan.layers.base import Params
from regan.layers.network import NO_ROWS, Network
from regan.objectives.base import hidden_inputs, joined
from regan.objectives.batch import Batch
from regan.objectives.masked import Masked
from regan.objectives.noise_driven import NoiseDrivenObjective
from regan.objectives.players import Player
from regan.objectives.terms import Terms, add_terms, named

VARIANCE_FLOOR = 1e-4
"""The least variance of a column given z, on the scale of training: a deviation of 0.01."""


class VariationalObjective(NoiseDrivenObjective):
    r"""Variational objective of a VAE: the negative evidence lower bound (ELBO) with `beta`.

    .. math::

        L = \frac1N \sum_i \left[ \sum_j \frac{(x_{ij} - m_{ij})^2}{2 v_j} + \frac12 \log 2\pi v_j
        - \sum_l x_{il} \log p_{il}
        + \frac\beta2 \sum_k \left( \mu_{ik}^2 + \sigma_{ik}^2 - 1 - \log\sigma_{ik}^2 \right)
        \right]

    with the encoder's :math:`(\mu, a)` at row :math:`x_i`, :math:`\sigma^2 = 1 / (1 + e^{-a})`, the
    decoder's :math:`(m, t, s)` at :math:`z_i = \mu_i + \sigma_i \epsilon_i`,
    :math:`v = e^{2 s} + v_0`, and for the levels l of categories, which are one-hot in x, the
    softmax p of the logits t in blocks. The variance of z given a row is at most 1, that of the
    prior; this loses nothing and cannot overflow. Kingma and Welling, 2014 (arXiv:1312.6114); beta:
    Higgins et al., 2017; one learned variance per column: Rybkin, Daniilidis and Levine, 2021
    (arXiv:2006.13202).

    Parameters
    ----------
    players : dict of str to Player
        ``"encoder"`` and ``"decoder"``. The last layer of the decoder is a `ColumnScale`. Its
        outputs are means of numbers, logits of levels, and log deviations of numbers.
    beta : float, default=1.0
    n_labels, n_cells : int, default=0
        See `Objective`.
    """

    names = ("encoder", "decoder")
    sampler = "decoder"
    samplers = ("decoder",)

    def __init__(
        self,
        players: Mapping[str, Player],
        beta: float = 1.0,
        n_labels: int = 0,
        n_cells: int = 0,
    ) -> None:
        super().__init__(players, n_labels, n_cells)
        self.beta = beta

    @property
    def n_features(self) -> int:
        """D."""
        return _head(self.networks["decoder"]).n_in

    @property
    def latent_dim(self) -> int:
        """Z."""
        return self.networks["encoder"].n_out // 2

    def plan(self, n_steps: int) -> list[tuple[str, ...]]:
        """One update of both networks."""
        return [self.names]

    @staticmethod
    def generate(
        network: Network, params: list[Params], noise: Array, labels: Array | None
    ) -> Array:
        """The decoder's means with its noise, and levels with its probabilities.

        A row takes Z numbers, one for each number and one for each block of levels.
        """
        xp, head = network.ops.xp, _head(network)
        n, epsilon = head.n_numbers, noise[..., noise.shape[-1] - _n_draws(head) :]
        mean, logits, variance = _moments(network, params, noise, labels)
        rows = mean + xp.sqrt(variance) * epsilon[..., :n]
        if not head.blocks.sizes:
            return rows
        levels = head.blocks.draw(head.blocks.softmax(logits), epsilon[..., n:])
        return xp.concatenate([rows, levels], axis=-1)

    @staticmethod
    def chances(
        network: Network, params: list[Params], noise: Array, labels: Array | None
    ) -> Array:
        _, logits, _ = _moments(network, params, noise, labels)
        return _head(network).blocks.softmax(logits)

    @staticmethod
    def noise_size(network: Network, n_side: int) -> int:
        return network.n_in - n_side + _n_draws(_head(network))

    def calibrate(
        self, name: str, theta: Array, batch: Batch, samplers: Mapping[str, Array]
    ) -> None:
        if name == "decoder":
            inputs = self._calibration_inputs(batch, self.latent_dim)
        else:
            inputs = joined(self.ops.xp, batch.real, self._shown(batch))
        self.networks[name].calibrate(theta, inputs)

    def _differentiate(
        self,
        players: Sequence[str],
        params: Mapping[str, list[Params]],
        batch: Batch,
        grads: Mapping[str, list[Params]],
    ) -> Terms:
        xp, beta = self.ops.xp, self.beta
        encoder, decoder = self.networks["encoder"], self.networks["decoder"]
        n, z = batch.real.shape[1], self.latent_dim
        code, caches = encoder.forward(
            params["encoder"],
            joined(xp, batch.real, self._shown(batch)),
            train=True,
            draws=batch.draws.within("encoder"),
        )
        mean, variance, log_variance = posterior(xp, code)
        spread = xp.sqrt(variance) * batch.draws.normal("latent", (1, n, z))
        y, d_caches = decoder.forward(
            params["decoder"],
            joined(xp, mean + spread, self._side(batch)),
            train=True,
            draws=batch.draws.within("decoder"),
        )
        real = xp.broadcast_to(batch.real, (len(y), *batch.real.shape[1:]))
        terms, gy = self._reconstruction(real, y, batch.masked)
        gaps = mean * mean + variance - 1 - log_variance
        terms["kl"] = 0.5 * beta * gaps.sum(axis=-1).mean(axis=-1)
        d_active, slope = self.players["decoder"].output_activity(y[..., : self.n_features])
        if slope is not None:
            gy[..., : self.n_features] += slope
        d_hidden, extra = self.players["decoder"].hidden_activity(hidden_inputs(decoder, d_caches))
        gz = decoder.backward(params["decoder"], gy, d_caches, grads.get("decoder"), extra)
        gz = gz[..., :z]
        on_log_variance = 0.5 * (gz * spread + beta / n * (variance - 1))
        on_logit = on_log_variance * (1 - variance)  # (log sigmoid)' = 1 - sigmoid
        g_code = xp.concatenate([gz + beta / n * mean, on_logit], axis=-1)
        e_active, slope = self.players["encoder"].output_activity(code)
        g_code = g_code if slope is None else g_code + slope
        e_hidden, extra = self.players["encoder"].hidden_activity(hidden_inputs(encoder, caches))
        encoder.backward(params["encoder"], g_code, caches, grads.get("encoder"), extra, NO_ROWS)
        for name, parts in (("decoder", (d_active, d_hidden)), ("encoder", (e_active, e_hidden))):
            add_terms(terms, *(named(name, part) for part in parts))
        return terms

    def _reconstruction(self, real: Array, y: Array, masked: Masked | None) -> tuple[Terms, Array]:
        """The negative log-likelihood (K,), and its gradient by the decoder's output `y`.

        Of masked rows, of what is hidden.
        """
        xp, n, head = self.ops.xp, real.shape[1], _head(self.networks["decoder"])
        mean, logits, variance = moments(head, y)
        m = head.n_numbers
        off, hidden = mean - real[..., :m], 1.0
        if masked is not None:
            off, hidden = off - masked.known(self.ops, off), masked.hidden(self.ops, m)
        scaled = off / variance
        logs = hidden * (xp.log(variance) + log(2 * pi))
        value = 0.5 * (off * scaled + logs).sum(axis=-1).mean(axis=-1)
        learnt = variance - VARIANCE_FLOOR  # dv/ds = 2 e^{2s}
        on_log_scale = learnt * (hidden / variance - scaled * scaled)
        on_mean = scaled if masked is None else masked.pull_back(self.ops, scaled)
        parts = [on_mean, on_log_scale]
        if head.blocks.sizes:
            log_p = head.blocks.log_softmax(logits)
            levels = real[..., m:]
            if masked is not None:
                levels = levels * (1 - masked.columns[..., m:])
            value = value - (levels * log_p).sum(axis=-1).mean(axis=-1)
            parts.insert(1, xp.exp(log_p) * head.blocks.totals(levels) - levels)
        return {"reconstruction": value}, xp.concatenate(parts, axis=-1) / n


def posterior(xp: Any, code: Array) -> tuple[Array, Array, Array]:
    """Mean, variance and log variance of z given a row, (K, N, Z) each, from the encoder's output.

    The variance is the sigmoid of the output.
    """
    z = code.shape[-1] // 2
    log_variance = -xp.logaddexp(0, -code[..., z:])
    return code[..., :z], xp.exp(log_variance), log_variance


def moments(head: ColumnScale, y: Array) -> tuple[Array, Array, Array]:
    """What the decoder's output says of a row given z.

    Returns
    -------
    mean, logits, variance : arrays of shape (K, N, M), (K, N, D - M), (K, N, M)
        Of the M numbers the mean and the variance.
    """
    n, d = head.n_numbers, head.n_in
    return y[..., :n], y[..., n:d], head.ops.xp.exp(2 * y[..., d:]) + VARIANCE_FLOOR


def _moments(
    network: Network, params: list[Params], noise: Array, labels: Array | None
) -> tuple[Array, Array, Array]:
    """What the decoder says of rows whose latent ones are the first numbers of the noise."""
    head = _head(network)
    latent = noise[..., : noise.shape[-1] - _n_draws(head)]
    y, _ = network.forward(params, joined(network.ops.xp, latent, labels))
    return moments(head, y)


def _head(decoder: Network) -> ColumnScale:
    head = decoder.layers[-1]
    assert isinstance(head, ColumnScale)
    return head


def _n_draws(head: ColumnScale) -> int:
    """How many random numbers a row takes beside z."""
    return head.n_numbers + len(head.blocks.sizes)
