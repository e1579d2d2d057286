"""Multilayer perceptrons from their settings: hidden layers, and parts of an architecture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from sklearn.base import BaseEstimator, clone

from regan.backends import Backend
from regan.layers import Beside, Dense, Layer, Network, Residual
from regan.layers.base import Position
from regan.validation import check_int


class ArchitecturePart(BaseEstimator):
    """Base class of architecture parts that are not layers.

    A layer can be an architecture part too, if it defines its position
    (`regan.layers.Layer.position`).

    Attributes
    ----------
    networks : tuple of str
        Networks that can have the part.
    """

    networks: ClassVar[tuple[str, ...]] = ("generator", "discriminator", "encoder", "decoder")
    position: ClassVar[Position | None] = None

    @property
    def min_hidden_layers(self) -> int:
        """Least number of hidden layers with which the part has an effect."""
        return 0

    @property
    def n_packed(self) -> int:
        """Number of rows that the network sees at a time, checked."""
        return 1

    @property
    def skips_noise(self) -> bool:
        """Whether noise is added to the outputs, and the last affine map starts at 0."""
        return False

    def wrap(self, block: list[Layer], number: int) -> list[Layer]:
        """Layers that replace those of hidden `block` number `number`, counted from 0."""
        return block


class ResidualConnections(ArchitecturePart):
    """Residual connections around every hidden layer except the first.

    ``h + f(h)``, or ``h P + f(h)`` if the width changes.

    He et al., 2016 (arXiv:1512.03385); see `regan.layers.Residual`.
    """

    min_hidden_layers = 2

    def wrap(self, block: list[Layer], number: int) -> list[Layer]:
        return [Residual(block)] if number else block


class Packing(ArchitecturePart):
    """Packing (PacGAN): the discriminator judges several rows together, against mode collapse.

    Lin et al., 2018 (arXiv:1712.04086).

    Parameters
    ----------
    pac : int, default=2
        Number of rows in a pack. `batch_size` has to be a multiple of `pac`.
    """

    networks = ("discriminator",)

    def __init__(self, pac: int = 2) -> None:
        self.pac = pac

    @property
    def n_packed(self) -> int:
        return check_int(self.pac, "pac", minimum=1)


class NoiseSkip(ArchitecturePart):
    """Residual generator: a skip connection adds the noise to its output, ``u = z + f(z, k)``.

    The last affine map of f starts at 0, so training starts from the identity, that is, from a
    standard normal distribution. This is the distribution of white data (`standardize`, independent
    columns) if they are normal. f learns the difference.

    The Z noise columns are added to the first Z columns of numbers. If there are fewer columns of
    numbers, as many noise columns are added as there are. Other columns of numbers start at 0, and
    all levels of a block start equal. With `regan.layers.LatentMixture`, the added noise consists
    of the standard normal numbers before they move towards centers, without the number that selects
    the component. A constraint that sets the size of weights (`SpectralNorm`, `UnitNorm`) ends the
    identity with the first update.

    After He et al., 2016 (arXiv:1512.03385); see `regan.layers.Network` for the passes.
    """

    networks = ("generator",)

    @property
    def skips_noise(self) -> bool:
        return True


Part: TypeAlias = ArchitecturePart | Layer


@dataclass(frozen=True)
class Blueprint:
    """The layers of one network, before it is known how many columns the data have.

    Attributes
    ----------
    widths : sequence of int
        Of the hidden layers.
    activation : Layer
    normalization : Layer or None
        Behind every hidden affine map, before the activation.
    dropout : Layer or None
        Behind every hidden activation.
    parts : sequence
        What `architecture` lists.
    tail : sequence of Layer
        Behind the last affine map.
    most_skipped : int or None
        How many inputs may go around the network; None for all that fit.
    """

    widths: Sequence[int]
    activation: Layer
    normalization: Layer | None = None
    dropout: Layer | None = None
    parts: Sequence[Part] = ()
    tail: Sequence[Layer] = ()
    most_skipped: int | None = None

    @property
    def pac(self) -> int:
        """Rows in a pack."""
        return max([1, *(p.n_packed for p in self.parts if isinstance(p, ArchitecturePart))])

    def build(self, ops: Backend, n_in: int, n_out: int, n_labels: int = 0) -> Network:
        """The network from `n_in` inputs, the last `n_labels` of them labels, to `n_out` outputs.

        Parts that draw more of a latent row than they put out (`Layer.n_extra_inputs`) add to the
        inputs, in front. ValueError for a normalization or an activation that cannot stand between
        two affine maps of these widths.
        """
        self._check_between(ops)
        noise = list(self._at("noise"))
        n_skip = self._n_skip(n_in - n_labels, n_out)
        begins = n_skip > 0 or (self.skips and any(layer.n_aside for layer in self.tail))
        n_extra = sum(part.n_extra_inputs for part in noise)
        n_in += n_extra
        layers = [Beside(part, n_labels) if n_labels else part for part in noise]
        layers += self._at("first")
        gain = 1.0
        for number, width in enumerate(self.widths):
            row = Dense(width, gain), self.normalization, self.activation, self.dropout
            block = [clone(layer) for layer in row if layer is not None]
            for part in self.parts:
                if isinstance(part, ArchitecturePart):
                    block = part.wrap(block, number)
            layers += block
            gain = self.activation.weight_gain
        layers += [*self._at("last"), Dense(n_out, 0.0 if begins else gain), *self.tail]
        return Network(layers, n_in, ops, n_skip, n_extra if n_skip else 0)

    def _n_skip(self, n_noise: int, n_out: int) -> int:
        """How many noise columns go around the network, to columns of numbers."""
        n_numbers = n_out - sum(n for layer in self.tail for n in getattr(layer, "levels", ()))
        most = n_numbers if self.most_skipped is None else self.most_skipped
        return min(n_noise, n_numbers, most) if self.skips else 0

    @property
    def skips(self) -> bool:
        """Whether the noise, or what it takes instead, goes around it."""
        parts = (part for part in self.parts if isinstance(part, ArchitecturePart))
        return any(part.skips_noise for part in parts)

    def _at(self, position: Position) -> Iterator[Layer]:
        """The layers among the parts that stand there, in order."""
        return (p for p in self.parts if isinstance(p, Layer) and p.position == position)

    def _check_between(self, ops: Backend) -> None:
        """ValueError for a layer that does not keep the width of a hidden layer."""
        for name in ("normalization", "activation"):
            layer = getattr(self, name)
            for width in dict.fromkeys(self.widths if layer is not None else ()):
                bound: Layer = clone(layer)
                try:
                    kept = bound.bind(ops, width) == width
                except ValueError as error:
                    raise ValueError(
                        f"{name}={layer!r} cannot be used in a hidden layer of {width} units: "
                        f"{error}"
                    ) from error
                if not kept or any(p.kind == "weight" for p in bound.parameters()):
                    raise ValueError(
                        f"{name}={layer!r} must keep the number of columns and have no weights of "
                        "its own; hidden_layer_sizes adds the affine maps"
                    )
