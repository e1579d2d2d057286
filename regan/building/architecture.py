"""How a multilayer perceptron is put together from its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sklearn.base import BaseEstimator, clone

from regan.backends import Backend
from regan.layers import (
    Activation,
    Beside,
    Dense,
    FourierFeatures,
    LatentMixture,
    Layer,
    MinibatchStd,
    Residual,
)
from regan.layers.network import Network
from regan.validation import check_int


class ResidualConnections(BaseEstimator):
    """A way around every hidden layer but the first: ``h + f(h)``, or ``h P + f(h)`` where the
    width changes.

    He et al., 2016 (arXiv:1512.03385); see `regan.layers.Residual`.
    """


class Packing(BaseEstimator):
    """The discriminator judges several rows at once, and so sees whether they are too much alike.

    Lin et al., 2018 (arXiv:1712.04086).

    Parameters
    ----------
    pac : int, default=2
        Rows in a pack; `batch_size` has to be a multiple.
    """

    def __init__(self, pac: int = 2) -> None:
        self.pac = pac

    def check(self) -> int:
        """The number of rows, checked."""
        return check_int(self.pac, "pac", minimum=1)


Part = ResidualConnections | Packing | Layer

PLACES: dict[type, tuple[str, ...]] = {
    ResidualConnections: ("generator", "discriminator", "encoder", "decoder"),
    FourierFeatures: ("generator", "discriminator", "encoder", "decoder"),
    MinibatchStd: ("discriminator",),
    Packing: ("discriminator",),
    LatentMixture: ("generator",),
}
"""The networks in which each part of an architecture makes sense."""

_FIRST = (FourierFeatures, LatentMixture)
_LAST = (MinibatchStd,)


@dataclass(frozen=True)
class Blueprint:
    """The settings of one network.

    Attributes
    ----------
    widths : list of int
        Of the hidden layers.
    activation : Layer
    normalization : Layer or None
        Behind every hidden affine map, before the activation.
    dropout : Layer or None
        Behind every hidden activation.
    parts : sequence
        What `architecture` lists.
    head : Layer or None
        Behind the last affine map.
    """

    widths: list[int]
    activation: Layer
    normalization: Layer | None = None
    dropout: Layer | None = None
    parts: Sequence[Part] = field(default_factory=tuple)
    head: Layer | None = None

    @property
    def pac(self) -> int:
        """Rows in a pack."""
        return next((p.check() for p in self.parts if isinstance(p, Packing)), 1)

    def build(self, ops: Backend, n_in: int, n_out: int, n_labels: int = 0) -> Network:
        """The network from `n_in` inputs, the last `n_labels` of them labels, to `n_out` outputs.

        A latent mixture takes one number more.
        """
        first = sorted((p for p in self.parts if isinstance(p, _FIRST)), key=_is_late)
        layers: list[Layer] = list(first)
        if layers and isinstance(layers[0], LatentMixture):
            n_in += 1
            layers[0] = Beside(layers[0], n_labels) if n_labels else layers[0]
        gain = 1.0
        residual = any(isinstance(p, ResidualConnections) for p in self.parts)
        for i, width in enumerate(self.widths):
            block = [Dense(width, gain), self.normalization, self.activation, self.dropout]
            found = [clone(layer) for layer in block if layer is not None]
            layers += [Residual(found)] if residual and i else found
            gain = self._gain
        layers += [p for p in self.parts if isinstance(p, _LAST)]
        layers.append(Dense(n_out, gain))
        return Network([*layers, self.head] if self.head is not None else layers, n_in, ops)

    @property
    def _gain(self) -> float:
        activation = self.activation
        return activation.row.gain if isinstance(activation, Activation) else 1.0


def _is_late(part: Part) -> bool:
    """Whether another part comes before it at the input: the mixture is the noise itself."""
    return not isinstance(part, LatentMixture)
