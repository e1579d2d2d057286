"""A generator against a discriminator: what each makes of the other's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from regan.backends import Array, Backend, joined_rows
from regan.layers.base import Cache, Params
from regan.layers.network import NO_ROWS
from regan.losses import Loss
from regan.losses.matching import Matching
from regan.objectives.base import hidden_inputs, joined
from regan.objectives.batch import Batch
from regan.objectives.blocks import Blocks
from regan.objectives.noise import InstanceNoise
from regan.objectives.packs import Packs
from regan.objectives.players import Player
from regan.objectives.terms import Terms, add_term, add_terms, named
from regan.penalties.gradient import GradientPenalty

_BOTH = ("real", "fake")


@dataclass(frozen=True)
class Judging:
    """The terms of a discriminator's rows: losses, penalties, and what these look at.

    Attributes
    ----------
    loss : Loss
    gradient_penalties : sequence of GradientPenalty
        On the discriminator, bound.
    matching : sequence of Matching
        The data terms of the generator, bound.
    instance_noise : sequence of InstanceNoise
        On the inputs of the discriminator, bound.
    pac : int, default=1
        The number of rows that the discriminator judges together.
    """

    loss: Loss
    gradient_penalties: Sequence[GradientPenalty] = ()
    matching: Sequence[Matching] = ()
    instance_noise: Sequence[InstanceNoise] = ()
    pac: int = 1

    def terms_of_rows(self) -> dict[str, Sequence[Any]]:
        """As of `Objective`."""
        return {
            "loss": [self.loss],
            "gradient_penalty": self.gradient_penalties,
            "matching": self.matching,
        }

    def phase(self, step: int) -> tuple[bool, ...]:
        """Which gradient penalties act at number `step` of the discriminator's updates."""
        return tuple(penalty.is_due(step) for penalty in self.gradient_penalties)


class Duel:
    """A generator and a discriminator, on rows that the one has made.

    Parameters
    ----------
    names : pair of str
        Of the two players, the generator's first.
    players : dict of str to Player
        At least these two.
    judging : Judging
    n_features : int
        D, the columns of the rows.
    """

    def __init__(
        self,
        names: tuple[str, str],
        players: Mapping[str, Player],
        judging: Judging,
        n_features: int,
    ) -> None:
        self.generator, self.discriminator = names
        self._maker, self._judge = (players[name] for name in names)
        self._judging = judging
        self.packs: Packs = Packs(judging.pac, n_features)

    @property
    def _ops(self) -> Backend:
        return self._judge.ops

    def check(self) -> None:
        """Raise ValueError if a regularizer needs what the discriminator does not have."""
        network = self._judge.network
        for penalty in self._judging.gradient_penalties:
            for layer in network.layers:
                if not layer.has_tangent:
                    raise ValueError(
                        f"{type(penalty).__name__} needs a tangent pass; {type(layer).__name__} "
                        "has none: implement tangent() and tangent_backward(), or set "
                        "gradient_penalty=None"
                    )
        if any(m.on_features for m in self._judging.matching) and not network.hidden:
            raise ValueError(
                "matching='features' compares the discriminator's last hidden layer, and it has "
                "none: set discriminator_hidden_layer_sizes, or matching='moments'"
            )

    @property
    def shares_passes(self) -> bool:
        """One pass through the discriminator serves both players, where they update at once.

        It has to judge each row (or pack) by itself: then the generator's gradient is that of the
        scores, scaled row by row.
        """
        coupled = self._judge.network.couples_samples
        return not coupled and not any(match.on_features for match in self._judging.matching)

    def play(
        self,
        players: Sequence[str],
        params: Mapping[str, list[Params]],
        batch: Batch,
        fake: Array,
        shown: Array | None,
        grads: Mapping[str, list[Params]],
    ) -> tuple[Terms, Array | None]:
        """The terms of some of the players, and the slope of the generator's by its rows.

        Adds the gradient of the discriminator to `grads`.

        Parameters
        ----------
        players, params, batch, grads
            As of `Objective`; the batch has the data rows that the discriminator sees.
        fake : array of shape (K, N, D)
            The generator's rows.
        shown : array of shape (1, N, .) or None
            What the discriminator takes beside rows.

        Returns
        -------
        terms : dict of str to array of shape (K,)
        gx : array of shape (K, N, D) or None
            Of losses, matching and penalties on the output; None if the generator is not among the
            players.
        """
        terms: Terms = {}
        judged = None
        rows = self.seen(batch, fake, shown)
        own = params[self.discriminator]
        if self.discriminator in players:
            shares = self.generator in players and self.shares_passes
            terms, blocks, g = self._discriminate(
                own, batch, rows, grads[self.discriminator], shares
            )
            if shares:
                judged = self._judged(blocks, g, fake)
        if self.generator not in players:
            return terms, None
        more, gx = judged or self._judge_rows(own, batch, rows, fake)
        terms |= more
        xp = self._ops.xp
        for match in self._judging.matching:
            if not match.on_features:
                value, g = match.value_and_grad(xp.broadcast_to(batch.real, fake.shape), fake)
                add_term(terms, f"{self.generator}_{match.name}", value)
                gx = gx + g
        active, slope = self._maker.output_activity(fake)
        add_terms(terms, named(self.generator, active))
        return terms, gx if slope is None else gx + slope

    def train(
        self, params: list[Params], gx: Array, caches: list[Cache], grads: list[Params]
    ) -> Terms:
        """Add the gradient of the generator, from the slope `gx` by the rows that it has made; the
        terms are those of its hidden activations.
        """
        network = self._maker.network
        terms, extra = self._maker.hidden_activity(hidden_inputs(network, caches))
        network.backward(params, gx, caches, grads, extra, NO_ROWS)
        return named(self.generator, terms)

    # What the discriminator makes of rows, for the generator

    def _judged(self, blocks: Blocks, g: Array | None, fake: Array) -> tuple[Terms, Array]:
        """As `_judge_rows`, from the discriminator's pass and its input gradients `g` at `fake`."""
        scores, at = blocks.scores[..., 0], blocks.places["fake"]
        value, slope = self._judging.loss.generator(
            self._ops, scores[:, blocks.places["real"]], scores[:, at]
        )
        if g is None:
            seeds = self._ops.zeros(blocks.scores.shape)
            seeds[:, at, 0] = slope
            gx = blocks.input_cotangents(seeds, {})[:, at]
        else:
            gx = self._ops.xp.multiply(slope[..., None], g, out=self._ops.empty(g.shape))
        return {f"{self.generator}_loss": value}, self.packs.rows(gx, fake)

    def _judge_rows(
        self, params: list[Params], batch: Batch, rows: Mapping[str, Array], fake: Array
    ) -> tuple[Terms, Array]:
        """What the discriminator makes of `fake` (K, N, D): terms, and their gradient by it."""
        network, loss = self._judge.network, self._judging.loss
        features = [match for match in self._judging.matching if match.on_features]
        names = ("fake", "real") if features or loss.pairs_samples else ("fake",)
        blocks = [
            Blocks(network, params, {name: rows[name]}, batch.draws.within("discriminator.judge"))
            for name in names
        ]
        on_fake, on_real = blocks[0], blocks[1] if len(blocks) > 1 else None
        scores = None if on_real is None else on_real.scores[..., 0]
        value, g_fake = loss.generator(self._ops, scores, on_fake.scores[..., 0])
        terms: Terms = {f"{self.generator}_loss": value}
        extra: dict[int, Array] = {}
        for match in features:
            last = network.hidden[-1]
            pair = (block.hidden((name,))[last] for block, name in zip(blocks, names, strict=True))
            f_fake, f_real = pair
            value, g = match.value_and_grad(f_real, f_fake)
            add_term(terms, f"{self.generator}_{match.name}", value)
            extra[last] = extra.get(last, 0) + g
        gx = on_fake.input_cotangents(g_fake[..., None], extra)
        return terms, self.packs.rows(gx, fake)

    # The discriminator

    def _discriminate(
        self,
        params: list[Params],
        batch: Batch,
        rows: dict[str, Array],
        grads: list[Params],
        shares: bool,
    ) -> tuple[Terms, Blocks, Array | None]:
        """The discriminator's terms, its passes, and its input gradients at `fake` if it took them.

        They are taken for gradient penalties, and where they are the cheapest way to the gradient
        of the generator as well (`shares`).
        """
        penalties_of = self._judging.gradient_penalties
        due = [p for p in penalties_of if p.is_due(batch.step)]
        blocks = Blocks(
            self._judge.network,
            params,
            self._rows(batch, rows, due),
            batch.draws.within("discriminator"),
        )
        n = blocks.n
        scores = blocks.scores[..., 0]  # (K, B N)
        value, g_real, g_fake = self._judging.loss.discriminator(
            self._ops, scores[:, :n], scores[:, n : 2 * n]
        )
        active, slope = self._judge.output_activity(blocks.scores[:, : 2 * n])
        hidden, extra = self._judge.hidden_activity(blocks.hidden(_BOTH))
        seeds = joined_rows(self._ops, [g_real, g_fake])[..., None]
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
        terms = {"loss": value}
        for penalty in penalties_of:
            for name in penalty.blocks.values():  # a lazy one is part of every update, often as 0
                terms[name] = penalties[name] if name in penalties else 0 * value
        add_terms(terms, active, hidden)
        return named(self.discriminator, terms), blocks, g

    def _rows(
        self, batch: Batch, rows: dict[str, Array], due: Sequence[GradientPenalty]
    ) -> dict[str, Array]:
        """The blocks that the discriminator takes: real, fake, and the penalties' own points."""
        rows = dict(rows)
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
        if block in _BOTH:
            return block
        return f"{self._judging.gradient_penalties.index(penalty)}.{block}"

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
        u, on_scores = self._ops.empty(g.shape), None
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
                        on_scores = self._ops.zeros(blocks.scores.shape)
                    scores = on_scores[:, at, 0]
                    scores += by_score
        for at in untouched.values():
            u[:, at] = 0
        return u, on_scores, terms

    def seen(self, batch: Batch, fake: Array, shown: Array | None) -> dict[str, Array]:
        """Real and fake rows with noise and labels, in packs."""
        xp = self._ops.xp
        rows = {"real": xp.broadcast_to(batch.real, fake.shape), "fake": fake}
        for i, noise in enumerate(self._judging.instance_noise):
            rows = {name: noise.add(x, f"{i}.{name}", batch) for name, x in rows.items()}
        return {n: self.packs.join(joined(xp, x, shown)) for n, x in rows.items()}

    def inputs(self, real: Array, fake: Array, shown: Array | None) -> Array:
        """Whole packs of real and fake rows, as the discriminator takes them for calibration."""
        xp, n = self._ops.xp, self.packs.whole(real.shape[1])
        rows = [joined(xp, x, shown)[:, :n] for x in (xp.broadcast_to(real, fake.shape), fake)]
        return self.packs.join(xp.concatenate(rows, axis=1))
