"""Members of a population over threads: what each may do without the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import byte_bounds

from regan.backends.tape.instructions import Instruction

Bounds: TypeAlias = list[tuple[int, int]]
"""The first address of arrays, and the one after the last."""

_WORTH = 2_000_000
"""Multiplications of an update from which on threads are worth their start."""


def n_members(instructions: Sequence[Instruction]) -> int:
    """How many models an update moves, of one that is worth several threads; else 1."""
    products = [one for one in instructions if one.kind == "product"]
    work = sum(one.outputs[0].size * one.inputs[0].shape[-1] for one in products)
    members = max((len(one.outputs[0]) for one in products), default=1)
    return members if work >= _WORTH else 1


def split(one: Instruction, members: int, n_threads: int) -> list[Instruction] | None:
    """The instruction for a share of the members each; None if members are not told apart."""
    if n_threads == 1 or any(len(out.shape) == 0 or len(out) != members for out in one.outputs):
        return None
    n_dimensions = one.outputs[0].ndim
    if one.kind == "take":
        a, index = one.inputs
        if index.ndim < 2 or len(index) != members:
            return None
        return [
            replace(one, inputs=(a, index[part]), outputs=(one.outputs[0][part],))
            for part in _parts(members, n_threads)
        ]
    if one.kind == "reduce":
        axis = one.options.get("axis", 0)
        n_dimensions = one.inputs[0].ndim
        if axis is None or any(i % n_dimensions == 0 for i in np.atleast_1d(axis)):
            return None

    def of(a: Any, part: slice) -> Any:
        if isinstance(a, np.ndarray) and a.ndim == n_dimensions and len(a) == members:
            return a[part]
        return a

    return [
        replace(
            one,
            inputs=tuple(of(a, part) for a in one.inputs),
            outputs=tuple(out[part] for out in one.outputs),
        )
        for part in _parts(members, n_threads)
    ]


def _parts(members: int, n_threads: int) -> list[slice]:
    edges = [members * i // n_threads for i in range(n_threads + 1)]
    return [slice(*pair) for pair in zip(edges[:-1], edges[1:], strict=True)]


class Together:
    """What threads read and write between two meetings: whether one may go on before all do.

    Parameters
    ----------
    n_threads : int
    """

    def __init__(self, n_threads: int) -> None:
        self._read: list[Bounds] = [[] for _ in range(n_threads)]
        self._written: list[Bounds] = [[] for _ in range(n_threads)]

    def allow(self, parts: Sequence[Instruction]) -> bool:
        """Whether each thread may do its part without waiting for the others."""
        for i, one in enumerate(parts):
            read, written = _bounds(one.inputs), _bounds(one.outputs)
            for j in range(len(self._read)):
                if i != j and (
                    _meet(read + written, self._written[j]) or _meet(written, self._read[j])
                ):
                    return False
        return True

    def add(self, parts: Sequence[Instruction]) -> None:
        """They do."""
        for one, read, written in zip(parts, self._read, self._written, strict=False):
            read += _bounds(one.inputs)
            written += _bounds(one.outputs)


def _bounds(arrays: Sequence[Any]) -> Bounds:
    return [byte_bounds(a) for a in arrays if isinstance(a, np.ndarray) and a.size]


def _meet(some: Bounds, others: Bounds) -> bool:
    return any(a < d and c < b for a, b in some for c, d in others)
