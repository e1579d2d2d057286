"""Tapes replayed by NumPy: each instruction as one call with arrays that stay where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import setitem
from typing import Any

import numpy as np

from regan.backends.tape.instructions import At, Derived, Instruction, Place, Tape, leaves, mapped
from regan.backends.tape.memory import Lives, allocate, needed, plan, spans

Call = Callable[[], Any]


class Replay:
    """A tape that can be played by NumPy, to the same bits as what it was written from.

    Parameters
    ----------
    tape : Tape

    Attributes
    ----------
    n_bytes : int
        The memory of its own that it computes in.
    """

    n_bytes: int

    def __init__(self, tape: Tape) -> None:
        self._numbers = tape.numbers
        self._uses: list[tuple[list[Any], int, int]] = []
        self._values: list[Any] = []
        self._kept = {b: _bytes(array) for b, array in tape.kept.items()}
        self._calls = self._made(*self._work(tape))

    def play(self) -> None:
        """Make the update, with the numbers that the host has given."""
        self._renewed()
        for call in self._calls:
            call()

    def _renewed(self) -> list[Any]:
        """The numbers of the host as they are now, which calls have been given."""
        values = self._values
        values.clear()
        for number in self._numbers:
            values.append(self._derived(number) if isinstance(number, Derived) else number.value)
        for inputs, i, number in self._uses:
            inputs[i] = values[number]
        return values

    def _derived(self, number: Derived) -> Any:
        return number.function(*mapped(number.inputs, partial(_now, self._values)))

    def _array(self, leaf: Any) -> Any:
        if not isinstance(leaf, Place):
            return leaf
        memory = self._memory[leaf.buffer]
        return np.ndarray(leaf.shape, leaf.dtype, memory, leaf.offset, leaf.strides)

    def _work(self, tape: Tape) -> tuple[list[Instruction], list[int]]:
        """The instructions to play, and the bytes of each buffer."""
        return needed(tape), tape.buffers

    def _made(self, instructions: Sequence[Instruction], sizes: Sequence[int]) -> list[Call]:
        """The memory, and what does the instructions in it."""
        self._allocate(sizes, spans(instructions))
        return self._calls_of([self._placed(one) for one in instructions])

    def _allocate(self, sizes: Sequence[int], lives: Lives) -> None:
        """Memory for buffers of so many bytes, each for its life."""
        own = {b: life for b, life in lives.items() if b not in self._kept}
        starts, self.n_bytes = plan(sizes, own)
        memory = allocate(self.n_bytes)
        self._memory = {b: memory[start:][: sizes[b]] for b, start in starts.items()} | self._kept

    def _placed(self, one: Instruction) -> Instruction:
        """The instruction with arrays in place of places."""
        parts = one.inputs, one.outputs, one.options, one.scratch
        return Instruction(one.kind, one.what, *mapped(parts, self._array))

    def _calls_of(self, instructions: Sequence[Instruction]) -> list[Call]:
        """What does them, one after the other."""
        calls: list[Call] = []
        for one in instructions:
            if one.kind in ("call", "write"):
                calls.append(self._general(one))
            else:
                calls += [self._bound(*parts) for parts in _MAKERS[one.kind](one)]
        return calls

    def _bound(self, function: Callable[..., Any], inputs: Sequence[Any], options: Any) -> Call:
        """The function with its arguments, of which some may be numbers of the host."""
        if options:
            function = partial(function, **options)
        numbers = [(i, a.number) for i, a in enumerate(inputs) if isinstance(a, At)]
        if not numbers:
            return partial(function, *inputs)
        given = list(inputs)
        self._uses += [(given, i, number) for i, number in numbers]
        return lambda: function(*given)

    def _general(self, one: Instruction) -> Call:
        """A function whose arguments may hold numbers of the host anywhere, and its results."""
        now = partial(_now, self._values)  # calls do not hold the replay, which holds them

        def call() -> None:
            results = one.what(*mapped(one.inputs, now), **mapped(one.options, now))
            if one.kind == "call":
                for out, result in zip(one.outputs, leaves(results), strict=True):
                    if out is not None:
                        out[...] = result

        return call


def _now(values: Sequence[Any], leaf: Any) -> Any:
    """A number of the host as it is now; anything else is itself."""
    return values[leaf.number] if isinstance(leaf, At) else leaf


Made = list[tuple[Callable[..., Any], Sequence[Any], dict[str, Any]]]
"""Functions with their arguments, one after the other."""


def _kernel(one: Instruction) -> Made:
    return [(one.what.numpy, (*one.inputs, *one.outputs, *one.scratch), {})]


def _product(one: Instruction) -> Made:
    (a, b), (out,), accumulate = one.inputs, one.outputs, one.what
    multiply = np.matmul if a.shape[-1] > 1 else np.multiply
    if not accumulate:
        return [(multiply, (a, b, out), {})]
    return [(multiply, (a, b, *one.scratch), {}), (np.add, (out, *one.scratch, out), {})]


def _ufunc(one: Instruction) -> Made:
    if one.what in (np.maximum, np.minimum):  # their output has to be named
        return [(one.what, one.inputs, {"out": one.outputs[0], **one.options})]
    return [(one.what, (*one.inputs, *one.outputs), one.options)]


def _reduce(one: Instruction) -> Made:
    return [(one.what.reduce, one.inputs, {"out": one.outputs[0], **one.options})]


def _copy(one: Instruction) -> Made:
    return [(setitem, (*one.outputs, ..., *one.inputs), {})]


def _take(one: Instruction) -> Made:
    a, index = one.inputs
    # the mode without a check, which writes straight to its place
    return [(a.take, (index, one.what, *one.outputs, "wrap"), {})]


def _draw(one: Instruction) -> Made:
    (generator, *arguments), (out,) = one.inputs, one.outputs
    draw = getattr(generator, one.what)
    if one.what in ("random", "standard_normal"):
        return [(draw, (None, out.dtype, out), {})]

    def drawn(*given: Any) -> None:
        out[...] = draw(*given, **one.options)

    return [(drawn, arguments, {})]


_MAKERS: dict[str, Callable[..., Made]] = {
    "kernel": _kernel,
    "product": _product,
    "ufunc": _ufunc,
    "reduce": _reduce,
    "copy": _copy,
    "take": _take,
    "draw": _draw,
}


def _bytes(array: np.ndarray) -> np.ndarray:
    """The memory of an array that is contiguous in some order."""
    return array.ravel(order="K").view(np.uint8)
