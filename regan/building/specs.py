"""Specifications: settings read once into objects.

`read` makes a frozen specification of an estimator's arguments: whatever trains asks that, and not
the estimator, which itself looks only at what it needs before or without one (`standardize`,
`conditional`, `dtype`, `random_state`, `warm_start`, and the backend of sampling). A specification
does not depend on data; `bind` makes the objective for data of a given shape, and
`ModelSpec.trainer` what trains it. A population is a specification with the strengths of several
(`ModelSpec.with_strengths`); a checkpoint is compared by `ModelSpec.describe`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator

from regan.backends import Backend, get_backend
from regan.building.network_spec import NetworkSpec
from regan.building.rules import UNKNOWN, Facts
from regan.building.run_spec import RunSpec
from regan.building.settings import Settings
from regan.building.strengths import merge_strengths
from regan.distributed.base import Communicator
from regan.files.values import Codec
from regan.layers import LabelOffsets, Layer
from regan.mixtures.coordinates import Coordinates
from regan.objectives import NoiseDrivenObjective, Objective, Player
from regan.training.trainer import Trainer


@dataclass(frozen=True)
class Shape:
    """Shape of the data, as far as it is needed to bind a specification.

    Attributes
    ----------
    n_features : int
        D, the columns that the model trains on.
    n_labels : int
        C, the classes of a conditional model, and components of frames.
    levels : tuple of int
        The sizes of the blocks of one-hot columns, which are the last of the D.
    n_offset : int
        How many labels, the last of all, have offsets of the logits of levels.
    n_cells : int
        H, the cells of which networks are told whether they are known.
    """

    n_features: int
    n_labels: int = 0
    levels: tuple[int, ...] = ()
    n_offset: int = 0
    n_cells: int = 0

    @classmethod
    def of(cls, coordinates: Coordinates) -> Self:
        """The shape of rows in these coordinates."""
        levels, offsets = coordinates.scaler.levels, coordinates.offsets
        n_offset = 0 if offsets is None else len(offsets)
        n_columns, n_cells = coordinates.n_columns, coordinates.n_cells
        return cls(n_columns, coordinates.n_labels, levels, n_offset, n_cells)

    @property
    def n_told(self) -> int:
        """What networks take beside whole rows."""
        return self.n_cells + self.n_labels

    @property
    def n_side(self) -> int:
        """What the network that makes rows takes beside noise."""
        return self.n_told + (self.n_features if self.n_cells else 0)

    @property
    def offsets(self) -> list[Layer]:
        """What comes before the head of the network that makes rows."""
        return [LabelOffsets(self.n_offset, sum(self.levels))] if self.n_offset else []


@dataclass(frozen=True, eq=False)
class ModelSpec(ABC):
    """A model of two networks, from its settings.

    Attributes
    ----------
    settings : Settings
        What it was read from, for messages.
    networks : pair of NetworkSpec
    latent_dim : int
    run : RunSpec
    n_models : int
        K, of a population.
    """

    settings: Settings
    networks: tuple[NetworkSpec, NetworkSpec]
    latent_dim: int
    run: RunSpec
    n_models: int

    width_settings: ClassVar[tuple[str, str]]
    """The arguments that hold the widths of each network; the second may be None, for the
    first's."""

    @classmethod
    @abstractmethod
    def read(cls, settings: Settings, facts: Facts = UNKNOWN) -> Self:
        """From an estimator's arguments, checked; warns of those that have no effect.

        facts : of the data, for what is ``"auto"``.
        """

    @classmethod
    def with_strengths(cls, specs: Sequence[Self]) -> Self:
        """One specification of the K models of `specs`, with the strengths of all.

        They differ in the strengths of penalties alone.
        """
        first = specs[0]
        one, two = (
            replace(network, penalties=merge_strengths([s.networks[i].penalties for s in specs]))
            for i, network in enumerate(first.networks)
        )
        run = replace(first.run, callbacks=())
        return replace(first, networks=(one, two), run=run, n_models=len(specs))

    def with_widths(self, widths: Mapping[str, tuple[int, ...]]) -> Self:
        """The same with hidden layers of other widths, by network."""
        first, second = (
            replace(n, blueprint=replace(n.blueprint, widths=widths[n.name])) for n in self.networks
        )
        return replace(self, networks=(first, second))

    @property
    def pac(self) -> int:
        """Rows that are judged together; a minibatch holds a multiple."""
        return max(network.blueprint.pac for network in self.networks)

    @property
    def shared_penalties(self) -> tuple[Any, ...]:
        """Penalties with a strength that are not of one network alone."""
        return ()

    def get_backend(self) -> Backend:
        """The backend that was asked for."""
        return get_backend(self.run.backend, self.run.dtype)

    def trainer(
        self, objective: Objective, n_rows: int, communicator: Communicator | None = None
    ) -> Trainer:
        """What trains a bound `objective` on `n_rows` rows, with the ranks of a communicator."""
        pac = self.pac
        if self.run.batch_size % pac:
            raise ValueError(
                f"batch_size={self.run.batch_size} is not a multiple of pac={pac}: with packing, "
                f"a minibatch holds whole packs of {pac} rows. Set batch_size to a multiple of "
                f"{pac}"
            )
        if n_rows < pac:
            raise ValueError(
                f"packing judges pac={pac} rows together, but there are only {n_rows} rows: use a "
                "smaller pac"
            )
        return Trainer(
            objective,
            batch_size=min(self.run.batch_size, n_rows - n_rows % pac),
            n_discriminator_steps=self.run.n_discriminator_steps,
            ema_decay=self.run.ema_decay,
            callbacks=self.run.callbacks,
            communicator=communicator,
        )

    def describe(self, codec: Codec) -> dict[str, Any]:
        """What a training depends on, in JSON's terms: equal for equal trainings.

        Backend and callbacks are left out; of an object from outside regan there is its repr.
        """
        free = ("settings", "backend", "callbacks")
        described: dict[str, Any] = _describe(self, codec, free)
        extra = {n: _describe(self.settings[n], codec, ()) for n in self.settings.extra}
        return {**described, "extra": extra, "auto": list(self.settings.auto)}


@dataclass(frozen=True, eq=False)
class SamplingSpec(ModelSpec):
    """A model of two networks, one of which makes rows from noise."""

    objective_class: ClassVar[type[NoiseDrivenObjective]]

    strength: ClassVar[str]
    """The argument that holds how strongly a model is kept from sharp structure."""

    @abstractmethod
    def bind(self, ops: Backend, shape: Shape, *, constant: bool = False) -> NoiseDrivenObjective:
        """The objective for data of a `shape`, checked; constant : keep learning rates as they
        are.
        """


def read(estimator: Any, facts: Facts = UNKNOWN) -> SamplingSpec:
    """The specification of an estimator, from its arguments as they are now.

    facts : of the data that it is for, which rules ask.
    """
    spec: SamplingSpec = estimator.spec_class.read(Settings.of(estimator), facts)
    return spec


def make_players(
    spec: ModelSpec,
    ops: Backend,
    sizes: Sequence[tuple[int, int]],
    tails: Sequence[Sequence[Layer]],
    sides: Sequence[int],
    constant: bool,
) -> dict[str, Player]:
    """Each network of a specification as a player, by name."""
    return {
        network.name: network.bind(
            ops, size, side, tail=tail, n_models=spec.n_models, constant=constant
        )
        for network, size, tail, side in zip(spec.networks, sizes, tails, sides, strict=True)
    }


def _describe(value: Any, codec: Codec, free: Sequence[str]) -> Any:
    """`value` in JSON's terms, whatever it is."""
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in free]
        return {name: _describe(getattr(value, name), codec, free) for name in names}
    if isinstance(value, (list, tuple)):
        return [_describe(each, codec, free) for each in value]
    if isinstance(value, np.random.RandomState) or value is None:
        return None  # a generator has drawn a seed, and the checkpoint holds that
    try:
        return codec.encode(value, "")
    except TypeError:
        shown = repr(value) if isinstance(value, (BaseEstimator, range)) else ""
        return [type(value).__qualname__, shown]
