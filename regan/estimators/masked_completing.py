"""Rows completed by a masked network: its cells given any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from regan.backends import Backend
from regan.data.conditions import Evidence
from regan.data.lacking import blocks_of
from regan.estimators.completing import Completer
from regan.estimators.made_ranks import MadeRanks
from regan.layers.fitted import FittedNetwork
from regan.mixtures.coordinates import Coordinates
from regan.mixtures.frames import inverted
from regan.mixtures.given import GivenCells
from regan.objectives import NoiseDrivenObjective

_CANDIDATES = 8
_TINY = 1e-30


@contextmanager
def completing(
    fitted: FittedNetwork,
    objective: type[NoiseDrivenObjective],
    ops: Backend,
    coordinates: Coordinates,
    ranks: MadeRanks,
) -> Iterator[Completer]:
    """A context with a `Completer` from a network that was trained with masks, as the `objective`
    generates.

    It has what is known, and levels that are allowed. Where several are and others are not, the
    noise of a row is one of eight, drawn with the chance that each gives to those (importance
    resampling). Ranges of numbers are not kept to.

    ranks : of the numbers that it makes, which become normal scores.
    """
    network, theta = fitted.on(ops)
    network.keeps_caches = False
    params, width = network.split(theta), objective.noise_size(network, coordinates.n_side)

    def complete(
        rng: np.random.Generator, evidence: Evidence, codes: np.ndarray | None
    ) -> np.ndarray:
        ops.recycle()
        n, cells = len(evidence), GivenCells.of(coordinates, evidence, codes, rng)
        side = ops.asarray(cells.side[None])

        def chances(noise: np.ndarray) -> np.ndarray:  # of levels that are allowed
            made = objective.chances(network, params, ops.asarray(noise[None]), side)
            found: np.ndarray = np.maximum(ops.to_numpy(made)[0].astype(np.float64), _TINY)
            found *= evidence.allowed
            return found

        noise = rng.standard_normal((n, width))
        some = _partly_allowed(evidence)
        if some:
            noise = _resampled(noise, evidence, some, chances, rng)
        made = objective.generate(network, params, ops.asarray(noise[None]), side)
        rows = np.array(ops.to_numpy(made)[0])
        if some:
            _draw_allowed(rows, chances(noise), evidence.sizes, some, rng)
        return evidence.kept(ranks.applied(cells.completed(rows)))

    with ops.recycling():
        yield complete


def _partly_allowed(evidence: Evidence) -> list[int]:
    """The blocks of which some rows allow several levels, and not all."""
    each = [evidence.allowed[:, block].sum(axis=1) for block in blocks_of(evidence.sizes)]
    pairs = enumerate(zip(each, evidence.sizes, strict=True))
    return [b for b, (count, size) in pairs if ((count > 1) & (count < size)).any()]


def _resampled(
    noise: np.ndarray,
    evidence: Evidence,
    some: list[int],
    chances: Callable[[np.ndarray], np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """Noise (n, Z): for each row one of several, by the chance of what blocks allow."""
    several = [noise, *(rng.standard_normal(noise.shape) for _ in range(_CANDIDATES - 1))]
    weights, blocks = np.ones((len(noise), len(several))), blocks_of(evidence.sizes)
    for i, one in enumerate(several):
        allowed = chances(one)
        for b in some:
            weights[:, i] *= allowed[:, blocks[b]].sum(axis=1)
    chosen = inverted(np.cumsum(weights, axis=1), rng.random(len(noise)))
    drawn: np.ndarray = np.stack(several, axis=1)[np.arange(len(noise)), chosen]
    return drawn


def _draw_allowed(
    rows: np.ndarray,
    chances: np.ndarray,
    sizes: tuple[int, ...],
    some: list[int],
    rng: np.random.Generator,
) -> None:
    """Write levels that are allowed to rows (n, .), drawn by their chances (n, sum L)."""
    first, blocks = rows.shape[1] - sum(sizes), blocks_of(sizes)
    for b in some:
        own = chances[:, blocks[b]]
        level = inverted(np.cumsum(own, axis=1), rng.random(len(rows)))
        start = first + blocks[b].start
        rows[:, start : start + sizes[b]] = level[:, None] == np.arange(sizes[b])
