"""Blocks of rows on their way through the discriminator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regan.backends import Array, joined_rows
from regan.layers.base import Cache, Params
from regan.layers.draws import Draws
from regan.layers.network import NO_ROWS, Network
from regan.penalties.gradient import accumulate


class Blocks:
    """Blocks of N rows each, such as the real and the fake ones, through the four passes.

    Rows that do not see one another share one pass; in a network that couples samples each block
    takes its own. Arrays over all rows have shape (K, B N, .), block after block.

    Parameters
    ----------
    network : Network
    params : list of Params
    rows : dict of str to array of shape (K, N, D)
        The blocks.
    draws : Draws
    """

    def __init__(
        self, network: Network, params: list[Params], rows: Mapping[str, Array], draws: Draws
    ) -> None:
        self._network, self._params = network, params
        self._xp = network.ops.xp
        self.n: int = next(iter(rows.values())).shape[1]
        self.places: dict[str, slice] = {
            name: slice(i * self.n, (i + 1) * self.n) for i, name in enumerate(rows)
        }
        self.groups: list[list[str]] = (
            [[name] for name in rows] if network.couples_samples else [[*rows]]
        )
        self._caches: list[list[Cache]] = []
        scores = []
        for group in self.groups:
            x = self._joined([rows[name] for name in group])
            own = draws.within("+".join(group), len(group))
            y, caches = network.forward(params, x, train=True, draws=own)
            self._caches.append(caches)
            scores.append(y)
        self.scores: Array = self._joined(scores)  # (K, B N, 1)
        self._seeded = False

    @property
    def has_scaled_backward(self) -> bool:
        """After `input_gradients`, `backward` needs one product a layer."""
        return self._network.has_scaled_backward

    def hidden(self, names: tuple[str, ...]) -> dict[int, Array]:
        """The hidden activations of the first blocks, which are `names`, by layer."""
        stop = self.places[names[-1]].stop
        return {
            i: self._joined([caches[i]["input"] for caches in self._caches])[:, :stop]
            for i in self._network.hidden
        }

    def input_gradients(self, rows: slice = slice(None)) -> Array:
        """``grad_x D(x)`` for all rows, (K, B N, D), by a pass that `backward` goes on from.

        With `rows`, for those alone; they do not see one another.
        """
        self._seeded = True
        return self._joined(
            [
                self._network.backward(self._params, self._ones(seed), caches, rows=rows)
                for _, caches, seed in self._cut(self.scores)
            ]
        )

    def input_cotangents(self, seeds: Array, extra_cotangents: Mapping[int, Array]) -> Array:
        """The gradient of ``sum seeds * scores`` by the rows, (K, B N, D).

        seeds : (K, B N, 1); extra_cotangents : those of hidden activations of all rows, by layer.
        """
        passes = []
        for group, caches, seed in self._cut(seeds):
            own = {i: self._part(group, a) for i, a in extra_cotangents.items()}
            passes.append(self._network.backward(self._params, seed, caches, None, own))
        return self._joined(passes)

    def backward(
        self,
        seeds: Array,
        grads: list[Params],
        extra_cotangents: Mapping[int, Array],
        u: Array | None = None,
        penalised: tuple[str, ...] = (),
    ) -> None:
        """Add the gradients of ``sum seeds * scores`` and of penalties on the input gradient.

        Parameters
        ----------
        seeds, extra_cotangents
            See `input_cotangents`.
        grads : list of dict
            Where to add.
        u : array of shape (K, B N, D), optional
            The slopes of penalties, 0 outside the blocks `penalised`. `input_gradients` has to have
            been the last pass.
        """
        for group, caches, seed in self._cut(seeds):
            own = {i: self._part(group, a) for i, a in extra_cotangents.items()}
            if u is not None and {*group} & {*penalised}:
                slopes = self._part(group, u)
                accumulate(self._network, self._params, caches, slopes, seed, grads, own)
            elif self._seeded and self.has_scaled_backward and not own:
                self._network.scaled_backward(self._params, seed, caches, grads)
            else:
                self._network.backward(self._params, seed, caches, grads, own, NO_ROWS)

    def padded(self, rows: Array) -> Array:
        """`rows` (K, M, .) of the first blocks with zeros for the others, (K, B N, .)."""
        missing = len(self.places) * self.n - rows.shape[1]
        if not missing:
            return rows
        zeros = self._network.ops.zeros((rows.shape[0], missing, *rows.shape[2:]))
        return self._xp.concatenate([rows, zeros], axis=1)

    def _cut(self, rows: Array) -> Iterator[tuple[list[str], list[Cache], Array]]:
        for group, caches in zip(self.groups, self._caches, strict=True):
            yield group, caches, self._part(group, rows)

    def _ones(self, seed: Array) -> Array:
        """Ones of the shape of `seed` (K, N, 1)."""
        ones = self._network.ops.ones(seed.shape[1]).reshape(1, -1, 1)
        return ones if len(seed) == 1 else self._xp.broadcast_to(ones, seed.shape)

    def _part(self, group: list[str], rows: Array) -> Array:
        return rows[:, self.places[group[0]].start : self.places[group[-1]].stop]

    def _joined(self, parts: list[Any]) -> Array:
        return joined_rows(self._network.ops, parts)
