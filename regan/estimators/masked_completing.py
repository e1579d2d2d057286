"""Rows completed by a masked network: its cells given any of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from regan.backends import Backend
from regan.data.conditions import Evidence
from regan.estimators.completing import Completer
from regan.estimators.made_ranks import MadeRanks
from regan.layers.fitted import FittedNetwork
from regan.mixtures.coordinates import Coordinates
from regan.mixtures.given import GivenCells
from regan.objectives import Objective


@contextmanager
def completing(
    fitted: FittedNetwork,
    objective: type[Objective],
    ops: Backend,
    coordinates: Coordinates,
    ranks: MadeRanks,
) -> Iterator[Completer]:
    """A context with a `Completer` from a network that was trained with masks, as the `objective`
    generates.

    ranks : of the numbers that it makes, which become normal scores.
    """
    network, theta = fitted.on(ops)
    network.keeps_caches = False
    params, width = network.split(theta), objective.noise_size(network, coordinates.n_side)

    def complete(
        rng: np.random.Generator, evidence: Evidence, codes: np.ndarray | None
    ) -> np.ndarray:
        ops.recycle()
        cells = GivenCells.of(coordinates, evidence, codes, rng)
        noise = ops.asarray(rng.standard_normal((1, len(evidence), width)))
        made = objective.generate(network, params, noise, ops.asarray(cells.side[None]))
        return cells.given(ranks.applied(cells.completed(ops.to_numpy(made)[0])))

    with ops.recycling():
        yield complete
