"""The objectives of a generator and a discriminator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regan.backends import Array
from regan.layers import SoftmaxBlocks
from regan.layers.base import Cache, Params
from regan.layers.network import Network
from regan.losses import Loss
from regan.losses.matching import Matching
from regan.objectives.base import joined
from regan.objectives.batch import Batch
from regan.objectives.duel import Duel, Judging
from regan.objectives.masked import Masked
from regan.objectives.noise import InstanceNoise
from regan.objectives.noise_driven import NoiseDrivenObjective
from regan.objectives.players import Player
from regan.objectives.terms import Terms, add_terms
from regan.penalties.gradient import GradientPenalty

_WARM = 5.0


class AdversarialObjective(NoiseDrivenObjective):
    """Adversarial objective of a GAN, which generator and discriminator minimize.

    Parameters
    ----------
    players : dict of str to Player
        ``"generator"`` and ``"discriminator"``.
    loss : Loss
    gradient_penalties : sequence of GradientPenalty
        The gradient penalties on the discriminator, bound.
    matching : sequence of Matching
        The data terms of the generator, bound.
    instance_noise : sequence of InstanceNoise
        The noise on the inputs of the discriminator, bound.
    pac : int, default=1
        The number of rows that the discriminator judges together.
    n_labels, n_cells : int, default=0
        See `Objective`.
    warm_up : float, default=1.0
        The strength of the distance to the data, in rows with known cells, at the first update. It
        falls to 0 in the first fifth of all updates.
    """

    names = ("generator", "discriminator")
    sampler = "generator"
    samplers = ("generator",)
    judges = ("discriminator",)

    def __init__(
        self,
        players: Mapping[str, Player],
        loss: Loss,
        gradient_penalties: Sequence[GradientPenalty] = (),
        matching: Sequence[Matching] = (),
        instance_noise: Sequence[InstanceNoise] = (),
        pac: int = 1,
        n_labels: int = 0,
        n_cells: int = 0,
        warm_up: float = 1.0,
    ) -> None:
        super().__init__(players, n_labels, n_cells)
        self.warm_up = warm_up
        self.judging: Judging = Judging(loss, gradient_penalties, matching, instance_noise, pac)
        self.pac = pac
        self._duel = Duel(self.names, self.players, self.judging, self.n_features)

    @property
    def n_features(self) -> int:
        return self.networks["generator"].n_out

    def plan(self, n_steps: int) -> list[tuple[str, ...]]:
        """``n_steps`` updates of the discriminator and one of the generator; 0: both at once."""
        if not n_steps or any(p.optimizer.extrapolates for p in self.players.values()):
            return [self.names]
        steps: list[tuple[str, ...]] = [("discriminator",)] * n_steps
        return [*steps, ("generator",)]

    def terms_of_rows(self) -> dict[str, Sequence[Any]]:
        return self.judging.terms_of_rows()

    def phase(self, players: Sequence[str], step: int) -> tuple[bool, ...]:
        return self.judging.phase(step) if "discriminator" in players else ()

    def check(self) -> None:
        self._duel.check()

    @staticmethod
    def generate(
        network: Network, params: list[Params], noise: Array, labels: Array | None
    ) -> Array:
        """The generator's rows; of a table, each block of levels has one of them drawn.

        A row takes Z numbers, and one more for each block.
        """
        y, drawing = _outputs(network, params, noise, labels)
        head = network.layers[-1]
        return head.draw(y, drawing) if isinstance(head, SoftmaxBlocks) else y

    @staticmethod
    def chances(
        network: Network, params: list[Params], noise: Array, labels: Array | None
    ) -> Array:
        y, _ = _outputs(network, params, noise, labels)
        head = network.layers[-1]
        return y[..., network.n_out - sum(getattr(head, "levels", ())) :]

    @staticmethod
    def noise_size(network: Network, n_side: int) -> int:
        return network.n_in - n_side + _n_blocks(network)

    @property
    def latent_dim(self) -> int:
        """Z, the length of a noise row."""
        return self.networks["generator"].n_in - self.n_side

    def calibrate(
        self, name: str, theta: Array, batch: Batch, samplers: Mapping[str, Array]
    ) -> None:
        if name == "generator":
            inputs = self._calibration_inputs(batch, self.latent_dim)
        else:
            generator = self.networks["generator"]
            drawing = batch.draws.normal("levels", (1, batch.real.shape[1], _n_blocks(generator)))
            noise = self.ops.xp.concatenate([self._noise(batch), drawing], axis=-1)
            side = self.nothing_known(batch.labels, batch.real.shape[1])
            fake = self.generate(generator, generator.split(samplers["generator"]), noise, side)
            inputs = self._duel.inputs(batch.real, fake, self._shown(batch))
        self.networks[name].calibrate(theta, inputs)

    def _differentiate(
        self,
        players: Sequence[str],
        params: Mapping[str, list[Params]],
        batch: Batch,
        grads: Mapping[str, list[Params]],
    ) -> Terms:
        fake, caches = self._fake(params["generator"], batch)
        terms, gx = self._duel.play(players, params, batch, fake, self._shown(batch), grads)
        if gx is None:
            return terms
        if batch.masked is not None:
            value, g = self._warm_up(batch, batch.masked, fake)
            terms["generator_warm_up"] = value
            gx = batch.masked.pull_back(self.ops, gx + g)
        hidden = self._duel.train(params["generator"], gx, caches, grads["generator"])
        add_terms(terms, hidden)
        return terms

    @property
    def shares_passes(self) -> bool:
        """One pass through the discriminator serves both players; see `Duel`."""
        return self._duel.shares_passes

    def _fake(self, params: list[Params], batch: Batch) -> tuple[Array, list[Cache]]:
        """Generated rows (K, N, D), completed where cells are known, and the generator's caches."""
        x = joined(self.ops.xp, self._noise(batch), self._side(batch))
        own = batch.draws.within("generator")
        made, caches = self.networks["generator"].forward(params, x, train=True, draws=own)
        if batch.masked is not None:
            made = batch.masked.complete(self.ops, batch.real, made)
        return made, caches

    def _warm_up(self, batch: Batch, masked: Masked, fake: Array) -> tuple[Array, Array]:
        """The squared distance of completed rows to the data, halved, and its gradient.

        Hidden cells alone count, of rows of which something is known.
        """
        xp, n = self.ops.xp, fake.shape[1]
        weight = batch.clock.number(lambda now: self.warm_up * max(0.0, 1 - _WARM * now.progress))
        off = (fake - batch.real) * masked.shown.max(axis=-1, keepdims=True)
        g = (weight / n) * off
        return 0.5 * (g * off).sum(axis=-1).sum(axis=-1), xp.broadcast_to(g, fake.shape)

    def _noise(self, batch: Batch) -> Array:
        return batch.draws.normal("noise", (1, batch.real.shape[1], self.latent_dim))


def _outputs(
    network: Network, params: list[Params], noise: Array, labels: Array | None
) -> tuple[Array, Array]:
    """The generator's outputs (K, N, D), and what is left of the noise to draw levels with."""
    latent_dim = noise.shape[-1] - _n_blocks(network)
    y, _ = network.forward(params, joined(network.ops.xp, noise[..., :latent_dim], labels))
    return y, noise[..., latent_dim:]


def _n_blocks(generator: Network) -> int:
    """How many columns of a table the generator makes as levels."""
    return len(getattr(generator.layers[-1], "levels", ()))
