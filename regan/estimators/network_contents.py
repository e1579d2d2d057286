"""Contents of the file of a model with two networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, get_args

import numpy as np

from regan.building.framing import facts_of
from regan.building.rules import Facts
from regan.data.labels import Classes, export_classes, restore_classes
from regan.data.literals import write_literal
from regan.data.scaling import Scaler
from regan.estimators.made_ranks import MadeRanks
from regan.estimators.rejection import Calibration
from regan.estimators.steered_run import Kept
from regan.files.values import Codec
from regan.layers.fitted import FittedNetwork
from regan.mixtures.coordinates import Coordinates
from regan.mixtures.frames import Frames
from regan.mixtures.restoring import frames_entry, restore_frames
from regan.prefixes import with_prefix
from regan.storage.stored import Stored, of_special
from regan.storage.tensors import Tensors
from regan.training.history import History, read_history
from regan.training.state import TrainingState
from regan.typing import Dtype

DTYPES: tuple[Dtype, ...] = get_args(Dtype)
"""What networks are trained in."""


@dataclass(frozen=True)
class Contents:
    """Contents of such a file: what the model has learnt beside its columns.

    Attributes
    ----------
    networks : dict of str to FittedNetwork
    classes : Classes or None
    state : TrainingState or None
        None if training cannot go on.
    history : dict of str to array
    n_iter : int
    best : pair of int and float, or None
        What early stopping has kept.
    frames : Frames or None
    facts : Facts
    calibration : Calibration or None
        Of the discriminator's scores.
    ranks : MadeRanks
    """

    networks: dict[str, FittedNetwork]
    classes: Classes | None
    state: TrainingState | None
    history: History
    n_iter: int
    best: Kept
    frames: Frames | None
    facts: Facts
    calibration: Calibration | None
    ranks: MadeRanks

    def of_sampler(self, name: str) -> Self:
        """The same without what sampling does not need; name : of the network that it needs."""
        own = {name: self.networks[name]}
        return replace(self, networks=own, state=None, history={}, calibration=None)

    def export(self, codec: Codec) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """As arrays, and as values in JSON's terms."""
        shares, labels = export_classes(self.classes)
        arrays, rest = ({}, None) if self.state is None else self.state.export()
        ceilings, slope = ({}, None) if self.calibration is None else self.calibration.export()
        quantiles, columns = self.ranks.export()
        frames = {} if self.frames is None else self.frames.export()
        thetas = {name: network.theta for name, network in self.networks.items()}
        return {
            **shares,
            **with_prefix("fitted", thetas),
            **with_prefix("state", arrays),
            **with_prefix("history", self.history),
            **with_prefix("frames", frames),
            **with_prefix("rejection", ceilings),
            **with_prefix("ranks", quantiles),
        }, {
            "networks": {name: f.export(codec.encode) for name, f in self.networks.items()},
            "classes": labels,
            "state": rest,
            "n_iter": self.n_iter,
            "best": write_literal(self.best),
            "frames": None if self.frames is None else frames_entry(self.frames),
            "n_rows": self.facts.n_rows,
            "rejection": slope,
            "ranks": columns,
        }

    @classmethod
    def restore(
        cls,
        stored: Stored,
        tensors: Tensors,
        codec: Codec,
        names: Sequence[str],
        sampler: str,
        scaler: Scaler,
    ) -> Self:
        """The inverse of `export`.

        names : of both networks; sampler : of that which samples.
        """
        networks, classes, state, n_iter, best, k, n_rows, slope, columns = stored.fields(
            *("networks", "classes", "state", "n_iter", "best", "frames", "n_rows"),
            *("rejection", "ranks"),
        )
        expected = [sampler] if state.is_none else names
        fitted = read_networks(networks, tensors, codec, expected)
        history = read_whole_history(n_iter, tensors)
        own = restore_classes(classes, tensors)
        coordinates = Coordinates(scaler, 0 if own is None else len(own.labels))
        arrays, n_classes = tensors.group("frames"), coordinates.n_classes
        if not k.is_none:
            frames = restore_frames(k, arrays, coordinates.n_numbers, n_classes, scaler.levels)
            coordinates = replace(coordinates, frames=frames)
        arrays.end()
        arrays, calibration = tensors.group("rejection"), None
        if not slope.is_none:
            calibration = Calibration.restore(slope, arrays, coordinates)
        arrays.end()
        arrays = tensors.group("ranks")
        ranks = MadeRanks.restore(columns, arrays, scaler.ranked)
        arrays.end()
        return cls(
            fitted,
            own,
            None if state.is_none else read_state(state, tensors.group("state"), fitted, [sampler]),
            history,
            n_iter.integer(),
            _read_best(best),
            coordinates.frames,
            facts_of(coordinates, n_rows.integer(1)),
            calibration,
            ranks,
        )


def read_networks(
    stored: Stored, tensors: Tensors, codec: Codec, names: Sequence[str]
) -> dict[str, FittedNetwork]:
    """The fitted networks of these names."""
    thetas = tensors.group("fitted")
    fitted = {
        name: FittedNetwork.restore(each, thetas.take(name, (1, None), DTYPES), codec.decode)
        for name, each in zip(names, stored.fields(*names), strict=True)
    }
    thetas.end()
    return fitted


def read_whole_history(n_iter: Stored, tensors: Tensors) -> History:
    """A history with an entry for each of all updates."""
    history = read_history(tensors.group("history"))
    if any(rows.shape != (n_iter.integer(),) for rows in history.values()):
        n_iter.refuse("the length of every array of the history")
    return history


def read_state(
    stored: Stored, tensors: Tensors, fitted: dict[str, FittedNetwork], samplers: Sequence[str]
) -> TrainingState:
    """The state of training of the networks that are `fitted`, with averages of the samplers."""
    state = TrainingState.restore(stored, tensors)
    sizes = {name: network.theta.shape for name, network in fitted.items()}
    same = {name: theta.shape for name, theta in state.thetas.items()} == sizes
    averages = [average.shape for average in state.averages]
    if not same or averages != [sizes[name] for name in samplers]:
        stored.refuse("the state of the networks that are fitted")
    return state


def _read_best(stored: Stored) -> Kept:
    if stored.is_none:
        return None
    update, score = stored.fields("tuple")[0].items(2)
    return update.integer(), of_special(score) if isinstance(score.value, dict) else score.real()
