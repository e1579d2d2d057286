"""The training objective of both players, as a pure function of parameters, data and draws.

Everything a user can switch on that acts through a gradient is in here, so one check against
finite differences covers it all. What acts after the optimizer's step instead (proximal penalties,
decoupled decay) is not part of it: see `regan.trainer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regan.backends import Array, Backend
from regan.gradient_penalties import GradientPenalty, accumulate
from regan.layers.base import Params
from regan.losses import Loss
from regan.network import Network
from regan.players import PLAYERS, Pair, Player


@dataclass(frozen=True)
class Objective:
    """What the two networks minimise.

    Parameters
    ----------
    generator, discriminator : Network
    loss : Loss
    gradient_penalties : sequence of GradientPenalty
        Bound; they act on the discriminator.
    penalties : pair of lists of Penalty
        Bound; the generator's and the discriminator's.
    """

    generator: Network
    discriminator: Network
    loss: Loss
    gradient_penalties: Sequence[GradientPenalty]
    penalties: Pair

    @property
    def networks(self) -> Pair:
        """Both networks."""
        return Pair(self.generator, self.discriminator)

    @property
    def ops(self) -> Backend:
        return self.generator.ops

    def check(self) -> None:
        """Raise ValueError if a regularizer needs a pass that a layer lacks."""
        for penalty in self.gradient_penalties:
            for layer in self.discriminator.layers:
                if not layer.has_tangent:
                    raise ValueError(
                        f"{type(penalty).__name__} needs a tangent pass; {type(layer).__name__} "
                        "has none: implement tangent() and tangent_backward(), or set "
                        "gradient_penalty=None"
                    )

    def value_and_grad(
        self, player: Player, thetas: Pair, real: Array, noise: Array
    ) -> tuple[dict[str, Array], Array]:
        """The terms of one player's objective and the gradient of their sum.

        Parameters
        ----------
        player : {"generator", "discriminator"}
            Whose objective, differentiated with respect to whose parameters.
        thetas : pair of arrays (K, P)
        real : array of shape (1, N, D) or (K, N, D)
            Data rows; an axis 0 of length 1 is shared by all K models.
        noise : array of shape (1, N, Z) or (K, N, Z)
            Latent rows.

        Returns
        -------
        terms : dict of str to array of shape (K,)
            ``"loss"`` and every penalty that acts through the gradient, by name.
        grad : array of shape (K, P)
        """
        index = PLAYERS.index(player)
        theta, network = thetas[index], self.networks[index]
        grad = self.ops.zeros(theta.shape)
        split = Pair(self.generator.split(thetas[0]), self.discriminator.split(thetas[1]))
        differentiate = self._generator if player == "generator" else self._discriminator
        terms = differentiate(split, real, noise, network.split(grad))
        n_weights = network.layout.n_weights
        w, gw = theta[:, :n_weights], grad[:, :n_weights]
        for penalty in self.penalties[index]:
            if penalty.in_gradient:
                penalty.add_grad(w, gw)
                terms[penalty.name] = terms.get(penalty.name, 0) + penalty.gradient_value(w)
        return terms, grad

    def _generator(
        self,
        params: Pair,
        real: Array,
        noise: Array,
        grads: list[Params],
    ) -> dict[str, Array]:
        fake, g_caches = self.generator.forward(params[0], noise)
        scores, d_caches = self.discriminator.forward(params[1], fake)
        on_real = None
        if self.loss.pairs_samples:
            on_real = self.discriminator.forward(params[1], real)[0][..., 0]
        value, g_fake = self.loss.generator(self.ops, on_real, scores[..., 0])
        gx = self.discriminator.backward(params[1], g_fake[..., None], d_caches)  # (K, N, D)
        self.generator.backward(params[0], gx, g_caches, grads)
        return {"loss": value}

    def _discriminator(
        self,
        params: Pair,
        real: Array,
        noise: Array,
        grads: list[Params],
    ) -> dict[str, Array]:
        fake, _ = self.generator.forward(params[0], noise)
        xp, network, n = self.ops.xp, self.discriminator, fake.shape[1]
        real = xp.broadcast_to(real, fake.shape)
        # rows that do not see one another share one pass; otherwise each block has its own
        blocks: list[Array] = [real, fake]
        if not network.couples_samples:
            blocks = [xp.concatenate(blocks, axis=1)]
        passes = [network.forward(params[1], x) for x in blocks]
        scores = xp.concatenate([y for y, _ in passes], axis=1)[..., 0]
        value, g_real, g_fake = self.loss.discriminator(self.ops, scores[:, :n], scores[:, n:])
        terms = {"loss": value}
        seeds = _like(blocks, xp.concatenate([g_real, g_fake], axis=1)[..., None])
        caches = [c for _, c in passes]
        if not self.gradient_penalties:
            for seed, cache in zip(seeds, caches, strict=True):
                network.backward(params[1], seed, cache, grads)
            return terms
        ones = [xp.ones_like(y) for y, _ in passes]
        g = [network.backward(params[1], one, c) for one, c in zip(ones, caches, strict=True)]
        u = self._penalise(xp.concatenate(g, axis=1), n, terms)
        for ui, seed, cache in zip(_like(blocks, u), seeds, caches, strict=True):
            accumulate(network, params[1], cache, ui, seed, grads)
        return terms

    def _penalise(self, g: Array, n: int, terms: dict[str, Array]) -> Array:
        """``u = gamma phi'(g) / N`` over the blocks [real; fake] (K, 2N, D); adds to `terms`."""
        u = self.ops.xp.zeros_like(g)
        rows = {"real": slice(None, n), "fake": slice(n, None)}
        for penalty in self.gradient_penalties:
            for block, name in penalty.blocks.items():
                phi, slope = penalty.potential(g[:, rows[block]])
                terms[name] = terms.get(name, 0) + penalty.strength[:, 0] * phi.mean(axis=-1)
                u[:, rows[block]] += penalty.strength[:, :, None] * slope / n
        return u


def _like(blocks: list[Array], rows: Array) -> list[Array]:
    """`rows` (K, 2N, ...) cut as `blocks` are."""
    if len(blocks) == 1:
        return [rows]
    n = blocks[0].shape[1]
    return [rows[:, :n], rows[:, n:]]
