"""Tapes as data: the instructions of an update, and what they work on.

======= ========= =======================================================================
kind    what      what is done
======= ========= =======================================================================
kernel  Kernel    ``what.numpy(*inputs, *outputs, *scratch)``
product accumulate ``out = a @ b``, or ``out += a @ b`` by way of the scratch
ufunc   ufunc     ``what(*inputs, out=outputs, **options)``
reduce  ufunc     ``what.reduce(*inputs, out=out, **options)``
copy                ``out[...] = input``, cast if need be
take    axis      ``out = a.take(index, what)``; no index is out of range
draw    name      ``out[...] = getattr(generator, what)(*arguments, **options)``
call    callable  ``outputs = what(*inputs, **options)``; it writes nothing
write   callable  ``what(*inputs, **options)``, which writes `outputs`
======= ========= =======================================================================

What an instruction works on is one of four things: a `Place` in a buffer of the tape, an array that
belongs to somebody else and stays where it is, a number of the host that is another one at each
replay (`At`), or a constant. Inputs and options may hold them in tuples, lists and dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Place:
    """Where an array lies: a view of one of the tape's buffers, in bytes."""

    buffer: int
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class At:
    """A number of the host, by its position among those of the tape."""

    number: int


@dataclass(frozen=True)
class Instruction:
    """One operation on arrays; see the table above."""

    kind: str
    what: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    scratch: tuple[Place, ...] = ()

    @cached_property
    def buffers(self) -> frozenset[int]:
        """The tape's buffers that it works in."""
        operands = leaves((self.inputs, self.outputs, self.options, self.scratch))
        return frozenset(place.buffer for place in operands if isinstance(place, Place))


@dataclass(frozen=True)
class Derived:
    """A number of the host that follows from others: ``function(*inputs)``."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]


@dataclass(frozen=True)
class Tape:
    """An update as data.

    Attributes
    ----------
    instructions : list of Instruction
    buffers : list of int
        The bytes of each.
    kept : dict of int to array
        The buffer of the result, if it has one: somebody else holds it, and it stays where it is.
    numbers : list
        Those of the host: one that is `Derived`, or what has the `value` of one.
    generators : list
        Random generators that instructions draw from.
    before : list of (array, array)
        The arrays of others that it writes to, and what they held before it was written down.
    states : list
        Those of the generators, then.
    """

    instructions: list[Instruction]
    buffers: list[int]
    kept: dict[int, np.ndarray]
    numbers: list[Any]
    generators: list[Any]
    before: list[tuple[np.ndarray, np.ndarray]]
    states: list[Any]


def leaves(tree: Any) -> Iterator[Any]:
    """What tuples, lists and dicts hold, in order."""
    if isinstance(tree, (tuple, list, dict)):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(branch)
    else:
        yield tree


def mapped(tree: Any, f: Callable[[Any], Any]) -> Any:
    """The same tree with `f` applied to its leaves."""
    if not isinstance(tree, (tuple, list, dict)):
        return f(tree)
    if isinstance(tree, dict):
        return {key: mapped(branch, f) for key, branch in tree.items()}
    branches = [mapped(branch, f) for branch in tree]
    if isinstance(tree, list):
        return branches
    return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
