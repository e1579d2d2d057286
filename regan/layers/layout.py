"""The flat parameter buffer: where each array of a network lives inside ``theta (K, P)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from regan.backends import Array


@dataclass(frozen=True)
class Parameter:
    """Parameter of a layer: the declaration of one of its arrays.

    Weight penalties and constraints act on weights. Biases, and the scales and shifts of norms, are
    not penalized. Fixed parameters have no gradient, and optimizers do not change them.
    """

    name: str
    shape: tuple[int, ...]
    kind: Literal["weight", "bias", "fixed"]


_ORDER = ("weight", "bias", "fixed")
_REMEMBERED = 4


@dataclass(frozen=True)
class Slot:
    """Position of a parameter of layer number `layer`: ``theta[:, start:stop]``."""

    layer: int
    parameter: Parameter
    start: int
    stop: int


class Layout:
    """Layout of the parameters of a network in one flat array.

    The weights of all layers come first, then biases, scales and shifts, then fixed parameters.

    Parameters
    ----------
    parameters : sequence of iterables of Parameter
        One iterable a layer.

    Attributes
    ----------
    slots : tuple of Slot
        In the order of the buffer.
    n_weights : int
        ``theta[:, :n_weights]`` holds the weights.
    n_trained : int
        ``theta[:, :n_trained]`` holds what is trained; gradients have that shape.
    size : int
        P, the number of parameters of one model.
    """

    def __init__(self, parameters: Sequence[Iterable[Parameter]]) -> None:
        declared = [(i, p) for i, layer in enumerate(parameters) for p in layer]
        ordered = [d for kind in _ORDER for d in declared if d[1].kind == kind]
        slots: list[Slot] = []
        start = 0
        for layer, parameter in ordered:
            slots.append(Slot(layer, parameter, start, start := start + prod(parameter.shape)))
        self.n_layers: int = len(parameters)
        # views of the last arrays: a step asks for those of the same few again and again. A tuple,
        # exchanged as a whole, because threads may share a fitted network
        self._known: tuple[tuple[Array, list[dict[str, Array]]], ...] = ()
        self.slots: tuple[Slot, ...] = tuple(slots)
        self.size = start
        self.n_weights: int = self._extent("weight")
        self.n_trained: int = self.n_weights + self._extent("bias")

    def split(self, theta: Array) -> list[dict[str, Array]]:
        """Views into `theta` (K, P): for each layer, name -> array of shape ``(K, *shape)``.

        A gradient (K, n_trained) has views of what is trained only.
        """
        for known, views in self._known:
            if known is theta:
                return views
        views = [{} for _ in range(self.n_layers)]
        for slot in self.slots:
            if slot.stop <= theta.shape[1]:
                views[slot.layer][slot.parameter.name] = self.view(theta, slot)
        self._known = (*self._known, (theta, views))[-_REMEMBERED:]
        return views

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_known": ()}  # copies are no views

    @property
    def matrices(self) -> list[Slot]:
        """The slots of the weight matrices (I, O), from the input of the network to its output."""
        return [s for s in self.slots if s.parameter.kind == "weight"]

    def view(self, theta: Array, slot: Slot) -> Array:
        """The view of `slot` into `theta` (K, P) or its first columns, of shape ``(K, *shape)``."""
        return theta[:, slot.start : slot.stop].reshape(theta.shape[0], *slot.parameter.shape)

    def _extent(self, kind: str) -> int:
        return sum(s.stop - s.start for s in self.slots if s.parameter.kind == kind)
