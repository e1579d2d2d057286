"""The objective of a cycle-consistent GAN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regan.backends import Array
from regan.layers import SoftmaxBlocks
from regan.layers.base import Cache, Params
from regan.layers.network import NO_ROWS, Network
from regan.objectives.base import Objective, joined
from regan.objectives.batch import Batch
from regan.objectives.duel import Duel, Judging
from regan.objectives.players import Player
from regan.objectives.terms import Terms, add_terms
from regan.penalties.consistency import Consistency


@dataclass(frozen=True)
class _Way:
    """One of the two ways: from the rows of one domain to those of the other.

    Attributes
    ----------
    maker, judge : str
        The players: the generator, and the discriminator of its rows.
    prefix : str
        Of the terms, and of draws.
    """

    maker: str
    judge: str
    prefix: str


_WAYS = (
    _Way("generator", "discriminator", ""),
    _Way("inverse_generator", "inverse_discriminator", "inverse_"),
)


class CycleObjective(Objective):
    r"""Objective of a cycle-consistent GAN: two generators between two domains of rows.

    The generator G maps rows x of the domain X to rows of Y, and the inverse generator F maps rows
    y of Y to rows of X. The discriminators judge rows of Y and of X. The generators minimize

    .. math::

        L_G(D_Y(G(x)), D_Y(y)) + L_G(D_X(F(y)), D_X(x))
        + \lambda \left[ d(F(G(x)), x) + d(G(F(y)), y) \right]
        + \iota \left[ d(G(y), y) + d(F(x), x) \right]

    with the adversarial loss L, and each discriminator its part of L with its penalties. d is a
    mean over rows and cells, see `Consistency`. Zhu, Park, Isola and Efros, 2017
    (arXiv:1703.10593).

    A row of a minibatch is a row of X and one of Y behind it, which have nothing to do with each
    other.

    Parameters
    ----------
    players : dict of str to Player
        ``"generator"``, ``"discriminator"``, ``"inverse_generator"``, ``"inverse_discriminator"``.
    judging : Judging
        The loss and the penalties of rows, for both domains.
    cycle : pair of Consistency
        d with :math:`\lambda`, bound to the rows of X and to those of Y.
    identity : pair of Consistency or None
        d with :math:`\iota`; None without. Both domains then have the same columns.
    """

    names = ("generator", "discriminator", "inverse_generator", "inverse_discriminator")
    samplers = ("generator", "inverse_generator")
    judges = ("discriminator", "inverse_discriminator")

    def __init__(
        self,
        players: Mapping[str, Player],
        judging: Judging,
        cycle: tuple[Consistency, Consistency],
        identity: tuple[Consistency, Consistency] | None = None,
    ) -> None:
        super().__init__(players)
        self.judging = judging
        self.cycle, self.identity = cycle, identity
        self.pac = judging.pac
        self._duels = [
            Duel((way.maker, way.judge), self.players, judging, self.networks[way.maker].n_out)
            for way in _WAYS
        ]

    @property
    def n_source(self) -> int:
        """The columns of X."""
        return self.networks["inverse_generator"].n_out

    @property
    def n_features(self) -> int:
        """The columns of both domains together."""
        return self.n_source + self.networks["generator"].n_out

    @property
    def made_once(self) -> tuple[str, ...]:
        return ()

    def plan(self, n_steps: int) -> list[tuple[str, ...]]:
        """``n_steps`` updates of both discriminators and one of both generators; 0: all at once."""
        if not n_steps or any(p.optimizer.extrapolates for p in self.players.values()):
            return [self.names]
        return [*[self.judges] * n_steps, self.samplers]

    def terms_of_rows(self) -> dict[str, Sequence[Any]]:
        return {**self.judging.terms_of_rows(), "cycle_consistency": self.cycle}

    def phase(self, players: Sequence[str], step: int) -> tuple[bool, ...]:
        return self.judging.phase(step) if {*players} & {*self.judges} else ()

    def check(self) -> None:
        for duel in self._duels:
            duel.check()

    def made(self, thetas: Mapping[str, Array], like: Batch) -> Array:
        """Rows of X from those of Y, and behind them rows of Y from those of X."""
        forth, back = (
            self.translate(self.networks[way.maker], thetas[way.maker], rows)
            for way, rows in zip(_WAYS, self._domains(like.real), strict=True)
        )
        return joined(self.ops.xp, back, forth)

    @staticmethod
    def translate(network: Network, theta: Array, rows: Array) -> Array:
        """What a generator makes of rows (1, N, D), with the likeliest level of each block."""
        made, _ = network.forward(network.split(theta), rows)
        head = network.layers[-1]
        return head.likeliest(made) if isinstance(head, SoftmaxBlocks) else made

    def calibrate(
        self, name: str, theta: Array, batch: Batch, samplers: Mapping[str, Array]
    ) -> None:
        domains = self._domains(batch.real)
        for i, (way, duel) in enumerate(zip(_WAYS, self._duels, strict=True)):
            if name == way.maker:
                self.networks[name].calibrate(theta, domains[i])
            if name == way.judge:
                maker = self.networks[way.maker]
                fake = self.translate(maker, samplers[way.maker], domains[i])
                self.networks[name].calibrate(theta, duel.inputs(domains[1 - i], fake, None))

    def _domains(self, rows: Array) -> tuple[Array, Array]:
        """The rows of X and those of Y, as views of the rows of a minibatch."""
        return rows[..., : self.n_source], rows[..., self.n_source :]

    def _differentiate(
        self,
        players: Sequence[str],
        params: Mapping[str, list[Params]],
        batch: Batch,
        grads: Mapping[str, list[Params]],
    ) -> Terms:
        sources = self._domains(batch.real)
        passes = [self._pass(way, params, sources[i], batch, "made") for i, way in enumerate(_WAYS)]
        trained = [way.maker for way in _WAYS if way.maker in players]
        terms: Terms = {}
        slopes: list[Array | None] = []
        for i, (way, duel) in enumerate(zip(_WAYS, self._duels, strict=True)):
            real = sources[1 - i]
            own = replace(batch, real=real, draws=batch.draws.within(f"{way.prefix}duel"))
            more, gx = duel.play(players, params, own, passes[i][0], None, grads)
            terms |= more
            slopes.append(gx)
        if not trained:
            return terms
        for i, way in enumerate(_WAYS):
            # F(G(x)), which both generators have a part in
            value, gx = self._cycle(i, params, sources[i], passes[i][0], batch, grads)
            terms[f"{way.prefix}cycle"] = value
            if slopes[i] is not None:
                slopes[i] = slopes[i] + gx
        for i, (way, duel) in enumerate(zip(_WAYS, self._duels, strict=True)):
            if way.maker not in players:
                continue
            caches, given = passes[i][1], params[way.maker]
            add_terms(terms, duel.train(given, slopes[i], caches, grads[way.maker]))
            if self.identity is not None:
                measure = self.identity[1 - i]
                terms[f"{way.prefix}identity"] = self._identical(
                    way, measure, params, sources[1 - i], batch, grads[way.maker]
                )
        return terms

    def _pass(
        self,
        way: _Way,
        params: Mapping[str, list[Params]],
        rows: Array,
        batch: Batch,
        what: str,
    ) -> tuple[Array, list[Cache]]:
        """What a generator makes of `rows` (K, N, D), and its caches; the draws are of `what`."""
        draws = batch.draws.within(f"{way.maker}.{what}")
        return self.networks[way.maker].forward(params[way.maker], rows, train=True, draws=draws)

    def _cycle(
        self,
        i: int,
        params: Mapping[str, list[Params]],
        rows: Array,
        made: Array,
        batch: Batch,
        grads: Mapping[str, list[Params]],
    ) -> tuple[Array, Array]:
        """The distance of rows to what comes back of them, and its gradient by the rows `made`.

        Adds the gradient of the generator that maps back to `grads`, if that is among the players.
        """
        back = _WAYS[1 - i]
        again, caches = self._pass(back, params, rows=made, batch=batch, what="cycle")
        network = self.networks[back.maker]
        value, slope = self.cycle[i].value_and_grad(again, rows)
        own = grads.get(back.maker)
        needed = _WAYS[i].maker in grads
        gx = network.backward(
            params[back.maker], slope, caches, own, rows=slice(None) if needed else NO_ROWS
        )
        return value, gx

    def _identical(
        self,
        way: _Way,
        measure: Consistency,
        params: Mapping[str, list[Params]],
        rows: Array,
        batch: Batch,
        grads: list[Params],
    ) -> Array:
        """The distance of rows to what their own domain's generator makes of them."""
        same, caches = self._pass(way, params, rows, batch, "identity")
        value, slope = measure.value_and_grad(same, rows)
        own = params[way.maker], slope, caches, grads
        self.networks[way.maker].backward(*own, rows=NO_ROWS)
        return value
