"""The specification of a VAE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from regan.backends import Backend
from regan.building.network_spec import read_networks
from regan.building.rules import (
    UNKNOWN,
    Facts,
    autoencoder_rules,
)
from regan.building.run_spec import RunSpec
from regan.building.settings import Settings
from regan.building.specs import SamplingSpec, Shape, make_players
from regan.layers import ColumnScale, Layer
from regan.objectives import (
    VariationalObjective,
)
from regan.validation import check_int, check_real

# From the data's own deviation, 1, a column's noise explains everything before the encoder learns,
# and the codes stay empty (posterior collapse).
_LOG_DEVIATION = -1.0
# A narrow column's deviation has a long way down the logarithm, at Adam's pace.
_SPEED = 3.0


@dataclass(frozen=True, eq=False)
class AutoencoderSpec(SamplingSpec):
    """An encoder and a decoder.

    Attributes
    ----------
    beta : float
        The weight of the divergence.
    """

    beta: float

    width_settings = ("hidden_layer_sizes", "decoder_hidden_layer_sizes")
    objective_class = VariationalObjective
    strength = "beta"

    @classmethod
    def read(cls, settings: Settings, facts: Facts = UNKNOWN) -> Self:
        settings = settings.resolved(autoencoder_rules(facts))
        networks = read_networks(settings, cls.width_settings)
        if max(network.blueprint.pac for network in networks) > 1:
            raise ValueError(
                f"architecture={settings['architecture']!r} packs rows, which needs a "
                "discriminator, and an autoencoder has none: leave packing out"
            )
        return cls(
            settings,
            networks,
            check_int(settings["latent_dim"], "latent_dim", minimum=1),
            RunSpec.read(settings),
            1,
            check_real(settings["beta"], "beta", minimum=0),
        )

    def bind(self, ops: Backend, shape: Shape, *, constant: bool = False) -> VariationalObjective:
        sizes = (
            (shape.n_features + shape.n_told, 2 * self.latent_dim),
            (self.latent_dim + shape.n_side, shape.n_features),
        )
        head = ColumnScale(_LOG_DEVIATION, _SPEED, shape.levels)
        tails: list[list[Layer]] = [[], [*shape.offsets, head]]
        players = make_players(self, ops, sizes, tails, (shape.n_told, shape.n_side), constant)
        objective = VariationalObjective(players, self.beta, shape.n_labels, shape.n_cells)
        objective.check()
        return objective
