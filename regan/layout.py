"""The flat parameter buffer: where each array of a network lives inside ``theta (K, P)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from regan.backends import Array


@dataclass(frozen=True)
class Parameter:
    """What a layer declares about one of its arrays.

    Weights are what weight penalties see; biases (and the scales and shifts of norms) are not
    penalised.
    """

    name: str
    shape: tuple[int, ...]
    kind: Literal["weight", "bias"]


@dataclass(frozen=True)
class Slot:
    """A parameter of layer number `layer` at its place ``theta[:, start:stop]``."""

    layer: int
    parameter: Parameter
    start: int
    stop: int


class Layout:
    """The places of all parameters of a network: the weights of every layer first, then the rest.

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
    size : int
        P, the number of parameters of one model.
    """

    def __init__(self, parameters: Sequence[Iterable[Parameter]]) -> None:
        declared = [(i, p) for i, layer in enumerate(parameters) for p in layer]
        ordered = [d for d in declared if d[1].kind == "weight"]
        ordered += [d for d in declared if d[1].kind != "weight"]
        slots, start = [], 0
        for layer, parameter in ordered:
            slots.append(Slot(layer, parameter, start, start := start + prod(parameter.shape)))
        self.n_layers = len(parameters)
        self.slots = tuple(slots)
        self.size = start
        self.n_weights = sum(s.stop - s.start for s in slots if s.parameter.kind == "weight")

    def split(self, theta: Array) -> list[dict[str, Array]]:
        """Views into `theta` (K, P): for each layer, name -> array of shape ``(K, *shape)``."""
        views: list[dict[str, Array]] = [{} for _ in range(self.n_layers)]
        for slot in self.slots:
            shape = (theta.shape[0], *slot.parameter.shape)
            views[slot.layer][slot.parameter.name] = theta[:, slot.start : slot.stop].reshape(shape)
        return views
