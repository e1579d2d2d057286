"""What the file of a cycle GAN holds beside its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.estimators.cycle.domain import Domain
from regan.estimators.network_contents import read_networks, read_state, read_whole_history
from regan.files.values import Codec
from regan.layers.fitted import FittedNetwork
from regan.prefixes import with_prefix
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.training.history import History
from regan.training.state import TrainingState


@dataclass(frozen=True)
class CycleContents:
    """What a cycle GAN has learnt.

    Attributes
    ----------
    source, target : Domain
    networks : dict of str to FittedNetwork
        All four, or the generators.
    state : TrainingState or None
        None if training cannot go on.
    history : dict of str to array
    n_iter, n_rows : int
    seed : int
    """

    source: Domain
    target: Domain
    networks: dict[str, FittedNetwork]
    state: TrainingState | None
    history: History
    n_iter: int
    n_rows: tuple[int, int]
    seed: int

    def export(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """As arrays, and as values in JSON's terms."""
        arrays, rest = ({}, None) if self.state is None else self.state.export()
        source, source_columns = self.source.export(whole=whole)
        target, target_columns = self.target.export(whole=whole)
        thetas = {name: network.theta for name, network in self.networks.items()}
        return {
            **with_prefix("source", source),
            **with_prefix("target", target),
            **with_prefix("fitted", thetas),
            **with_prefix("state", arrays),
            **with_prefix("history", self.history),
        }, {
            "source": source_columns,
            "target": target_columns,
            "networks": {name: f.export(codec.encode) for name, f in self.networks.items()},
            "state": rest,
            "n_iter": self.n_iter,
            "n_rows": list(self.n_rows),
            "seed": self.seed,
        }

    @classmethod
    def restore(
        cls,
        stored: Stored,
        tensors: Tensors,
        codec: Codec,
        names: Sequence[str],
        generators: Sequence[str],
        trains_in: str,
        model: Any,
    ) -> Self:
        """The inverse of `export`; names : of all networks; model : that knows the columns of X."""
        source, target, networks, state, n_iter, n_rows, seed = stored.fields(
            "source", "target", "networks", "state", "n_iter", "n_rows", "seed"
        )
        domains = [
            Domain.restore(own, tensors.group(prefix), trains_in, called, who)
            for own, prefix, called, who in (
                (source, "source", "X", model),
                (target, "target", "Y", None),
            )
        ]
        expected = generators if state.is_none else names
        fitted = read_networks(networks, tensors, codec, expected)
        history = read_whole_history(n_iter, tensors)
        own = None
        if not state.is_none:
            own = read_state(state, tensors.group("state"), fitted, generators)
        one, other = (n.integer(1) for n in n_rows.items(2))
        return cls(
            domains[0],
            domains[1],
            fitted,
            own,
            history,
            n_iter.integer(),
            (one, other),
            seed.integer(),
        )
