"""The objectives of a generator and a discriminator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regan.backends import Array, joined_rows
from regan.layers import SoftmaxBlocks
from regan.layers.base import Cache, Params
from regan.layers.network import NO_ROWS, Network
from regan.losses import Loss
from regan.losses.matching import Matching
from regan.objectives.base import Objective, hidden_inputs, joined
from regan.objectives.batch import Batch
from regan.objectives.blocks import Blocks
from regan.objectives.masked import Masked
from regan.objectives.noise import InstanceNoise
from regan.objectives.packs import Packs
from regan.objectives.players import Player
from regan.objectives.terms import Terms, add_term, add_terms
from regan.penalties.gradient import GradientPenalty

_BOTH = ("real", "fake")
_WARM = 5.0


class AdversarialObjective(Objective):
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
        self.loss = loss
        self.gradient_penalties = gradient_penalties
        self.matching = matching
        self.instance_noise = instance_noise
        self.pac = pac
        self.packs: Packs = Packs(pac, self.n_features)

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
        return {
            "loss": [self.loss],
            "gradient_penalty": self.gradient_penalties,
            "matching": self.matching,
        }

    def phase(self, players: Sequence[str], step: int) -> tuple[bool, ...]:
        acting = self.gradient_penalties if "discriminator" in players else ()
        return tuple(penalty.is_due(step) for penalty in acting)

    def check(self) -> None:
        discriminator = self.networks["discriminator"]
        for penalty in self.gradient_penalties:
            for layer in discriminator.layers:
                if not layer.has_tangent:
                    raise ValueError(
                        f"{type(penalty).__name__} needs a tangent pass; {type(layer).__name__} "
                        "has none: implement tangent() and tangent_backward(), or set "
                        "gradient_penalty=None"
                    )
        if any(m.on_features for m in self.matching) and not discriminator.hidden:
            raise ValueError(
                "matching='features' compares the discriminator's last hidden layer, and it has "
                "none: set discriminator_hidden_layer_sizes, or matching='moments'"
            )

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

    def calibrate(self, name: str, theta: Array, batch: Batch, sampler: Array) -> None:
        if name == "generator":
            inputs = self._calibration_inputs(batch, self.latent_dim)
        else:
            generator = self.networks["generator"]
            drawing = batch.draws.normal("levels", (1, batch.real.shape[1], _n_blocks(generator)))
            noise = self.ops.xp.concatenate([self._noise(batch), drawing], axis=-1)
            side = self.nothing_known(batch.labels, batch.real.shape[1])
            fake = self.generate(generator, generator.split(sampler), noise, side)
            real = self.ops.xp.broadcast_to(batch.real, fake.shape)
            n = self.packs.whole(real.shape[1])
            rows = [joined(self.ops.xp, x, self._shown(batch))[:, :n] for x in (real, fake)]
            inputs = self.packs.join(self.ops.xp.concatenate(rows, axis=1))
        self.networks[name].calibrate(theta, inputs)

    def _differentiate(
        self,
        players: Sequence[str],
        params: Mapping[str, list[Params]],
        batch: Batch,
        grads: Mapping[str, list[Params]],
    ) -> Terms:
        fake, caches = self._fake(params["generator"], batch)
        terms: Terms = {}
        judged = None
        if "discriminator" in players:
            shares = "generator" in players and self.shares_passes
            terms, blocks, g = self._discriminator(
                params["discriminator"], batch, fake, grads["discriminator"], shares
            )
            if shares:
                judged = self._judged(blocks, g, fake)
        if "generator" in players:
            judged = judged or self._judge(params["discriminator"], batch, fake)
            own = params["generator"], batch, fake, caches, grads["generator"]
            terms |= self._generator(*own, *judged)
        return terms

    @property
    def shares_passes(self) -> bool:
        """One pass through the discriminator serves both players, where they update at once.

        It has to judge each row (or pack) by itself: then the generator's gradient is that of the
        scores, scaled row by row.
        """
        coupled = self.networks["discriminator"].couples_samples
        return not coupled and not any(match.on_features for match in self.matching)

    def _fake(self, params: list[Params], batch: Batch) -> tuple[Array, list[Cache]]:
        """Generated rows (K, N, D), completed where cells are known, and the generator's caches."""
        x = joined(self.ops.xp, self._noise(batch), self._side(batch))
        own = batch.draws.within("generator")
        made, caches = self.networks["generator"].forward(params, x, train=True, draws=own)
        if batch.masked is not None:
            made = batch.masked.complete(self.ops, batch.real, made)
        return made, caches

    # The generator

    def _generator(
        self,
        params: list[Params],
        batch: Batch,
        fake: Array,
        caches: list[Cache],
        grads: list[Params],
        terms: Terms,
        gx: Array,
    ) -> Terms:
        """The generator's terms, from those of the discriminator's judgement and their slope."""
        network, xp, terms = self.networks["generator"], self.ops.xp, dict(terms)
        for match in self.matching:
            if not match.on_features:
                value, g = match.value_and_grad(xp.broadcast_to(batch.real, fake.shape), fake)
                add_term(terms, f"generator_{match.name}", value)
                gx = gx + g
        active, slope = self._output_activity("generator", fake)
        hidden, extra = self._hidden_activity("generator", hidden_inputs(network, caches))
        gx = gx if slope is None else gx + slope
        if batch.masked is not None:
            value, g = self._warm_up(batch, batch.masked, fake)
            terms["generator_warm_up"] = value
            gx = batch.masked.pull_back(self.ops, gx + g)
        network.backward(params, gx, caches, grads, extra, NO_ROWS)
        add_terms(terms, active, hidden)
        return terms

    def _warm_up(self, batch: Batch, masked: Masked, fake: Array) -> tuple[Array, Array]:
        """The squared distance of completed rows to the data, halved, and its gradient.

        Hidden cells alone count, of rows of which something is known.
        """
        xp, n = self.ops.xp, fake.shape[1]
        weight = batch.clock.number(lambda now: self.warm_up * max(0.0, 1 - _WARM * now.progress))
        off = (fake - batch.real) * masked.shown.max(axis=-1, keepdims=True)
        g = (weight / n) * off
        return 0.5 * (g * off).sum(axis=-1).sum(axis=-1), xp.broadcast_to(g, fake.shape)

    def _judged(self, blocks: Blocks, g: Array | None, fake: Array) -> tuple[Terms, Array]:
        """As `_judge`, from the discriminator's pass with its input gradients `g` at `fake`."""
        scores, at = blocks.scores[..., 0], blocks.places["fake"]
        value, slope = self.loss.generator(
            self.ops, scores[:, blocks.places["real"]], scores[:, at]
        )
        if g is None:
            seeds = self.ops.zeros(blocks.scores.shape)
            seeds[:, at, 0] = slope
            gx = blocks.input_cotangents(seeds, {})[:, at]
        else:
            gx = self.ops.xp.multiply(slope[..., None], g, out=self.ops.empty(g.shape))
        return {"generator_loss": value}, self.packs.rows(gx, fake)

    def _judge(self, params: list[Params], batch: Batch, fake: Array) -> tuple[Terms, Array]:
        """What the discriminator makes of `fake` (K, N, D): terms, and their gradient by it."""
        network = self.networks["discriminator"]
        features = [match for match in self.matching if match.on_features]
        names = ("fake", "real") if features or self.loss.pairs_samples else ("fake",)
        rows = self._seen(batch, fake)
        blocks = [
            Blocks(network, params, {name: rows[name]}, batch.draws.within("discriminator.judge"))
            for name in names
        ]
        on_fake, on_real = blocks[0], blocks[1] if len(blocks) > 1 else None
        scores = None if on_real is None else on_real.scores[..., 0]
        value, g_fake = self.loss.generator(self.ops, scores, on_fake.scores[..., 0])
        terms: Terms = {"generator_loss": value}
        extra: dict[int, Array] = {}
        for match in features:
            last = network.hidden[-1]
            pair = (block.hidden((name,))[last] for block, name in zip(blocks, names, strict=True))
            f_fake, f_real = pair
            value, g = match.value_and_grad(f_real, f_fake)
            add_term(terms, f"generator_{match.name}", value)
            extra[last] = extra.get(last, 0) + g
        gx = on_fake.input_cotangents(g_fake[..., None], extra)
        return terms, self.packs.rows(gx, fake)

    # The discriminator

    def _discriminator(
        self, params: list[Params], batch: Batch, fake: Array, grads: list[Params], shares: bool
    ) -> tuple[Terms, Blocks, Array | None]:
        """The discriminator's terms, its passes, and its input gradients at `fake` if it took them.

        They are taken for gradient penalties, and where they are the cheapest way to the gradient
        of the generator as well (`shares`).
        """
        due = [p for p in self.gradient_penalties if p.is_due(batch.step)]
        blocks = Blocks(
            self.networks["discriminator"],
            params,
            self._rows(batch, fake, due),
            batch.draws.within("discriminator"),
        )
        n = blocks.n
        scores = blocks.scores[..., 0]  # (K, B N)
        value, g_real, g_fake = self.loss.discriminator(
            self.ops, scores[:, :n], scores[:, n : 2 * n]
        )
        active, slope = self._output_activity("discriminator", blocks.scores[:, : 2 * n])
        hidden, extra = self._hidden_activity("discriminator", blocks.hidden(_BOTH))
        seeds = joined_rows(self.ops, [g_real, g_fake])[..., None]
        seeds = blocks.padded(seeds if slope is None else seeds + slope)
        extra = {i: blocks.padded(a) for i, a in extra.items()}
        g = None
        penalties: Terms = {}
        if due:
            g = blocks.input_gradients()
            u, on_scores, penalties = self._penalise(blocks, g, due, batch)
            names = tuple(self._key(p, block) for p in due for block in p.blocks)
            if on_scores is not None:
                seeds = seeds + on_scores
            blocks.backward(seeds, grads, extra, u, names)
            g = g[:, blocks.places["fake"]]
        else:
            if shares and blocks.has_scaled_backward and not extra:
                g = blocks.input_gradients(blocks.places["fake"])
            blocks.backward(seeds, grads, extra)
        terms = {"discriminator_loss": value}
        for penalty in self.gradient_penalties:
            for name in penalty.blocks.values():  # a lazy one is part of every update, often as 0
                terms[f"discriminator_{name}"] = penalties[name] if name in penalties else 0 * value
        add_terms(terms, active, hidden)
        return terms, blocks, g

    def _rows(self, batch: Batch, fake: Array, due: Sequence[GradientPenalty]) -> dict[str, Array]:
        """The blocks that the discriminator takes: real, fake, and the penalties' own points."""
        rows = self._seen(batch, fake)
        for penalty in due:
            for block in penalty.blocks:
                if block not in _BOTH:
                    draws = batch.draws.within("points")
                    real, fake = (self.packs.columns(rows[name]) for name in _BOTH)
                    points = penalty.points(block, real, fake, draws)
                    # real and fake rows share their labels, and the points have them too
                    whole = self.packs.with_columns(rows["real"], points)
                    rows[self._key(penalty, block)] = whole
        return rows

    def _key(self, penalty: GradientPenalty, block: str) -> str:
        """The name of a penalty's block: shared, or its own beside others of its class."""
        return block if block in _BOTH else f"{self.gradient_penalties.index(penalty)}.{block}"

    def _penalise(
        self,
        blocks: Blocks,
        g: Array,
        due: Sequence[GradientPenalty],
        batch: Batch,
    ) -> tuple[Array, Array | None, Terms]:
        """``u = gamma phi'(g) / N`` (K, B N, D), the slopes by the scores, and values by name.

        g : the input gradients of all rows, (K, B N, D).
        """
        u, on_scores = self.ops.empty(g.shape), None
        terms: Terms = {}
        untouched = dict(blocks.places)
        for penalty in due:
            weight = penalty.weight(batch.clock)  # (K, 1)
            for block, name in penalty.blocks.items():
                key = self._key(penalty, block)
                at = blocks.places[key]
                first = untouched.pop(key, None) is not None
                part = u[:, at]
                seen = self.packs.columns(g[:, at])
                direct = part if first and seen.shape == part.shape else None
                value, slope, by_score = penalty.weighted(
                    weight, seen, blocks.scores[:, at, 0], block, direct
                )
                add_term(terms, name, value)
                if direct is None:
                    if first:
                        part[...] = 0
                    self.packs.add_columns(part, slope)
                if by_score is not None:
                    if on_scores is None:
                        on_scores = self.ops.zeros(blocks.scores.shape)
                    scores = on_scores[:, at, 0]
                    scores += by_score
        for at in untouched.values():
            u[:, at] = 0
        return u, on_scores, terms

    # What the discriminator sees

    def _noise(self, batch: Batch) -> Array:
        return batch.draws.normal("noise", (1, batch.real.shape[1], self.latent_dim))

    def _seen(self, batch: Batch, fake: Array) -> dict[str, Array]:
        """Real and fake rows with noise and labels, in packs."""
        rows = {"real": self.ops.xp.broadcast_to(batch.real, fake.shape), "fake": fake}
        for i, noise in enumerate(self.instance_noise):
            rows = {name: noise.add(x, f"{i}.{name}", batch) for name, x in rows.items()}
        shown = self._shown(batch)
        return {n: self.packs.join(joined(self.ops.xp, x, shown)) for n, x in rows.items()}


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
