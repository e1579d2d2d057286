"""Tapes replayed by NumPy: each instruction as one call with arrays that stay where they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import setitem
from typing import Any

import numpy as np

from regan.backends.tape.instructions import At, Derived, Instruction, Place, Tape, leaves, mapped
from regan.backends.tape.memory import allocate, needed, plan, spans

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

    def __init__(self, tape: Tape) -> None:
        self._numbers = tape.numbers
        self._uses: list[tuple[list[Any], int, int]] = []
        instructions = needed(tape)
        lives = {b: life for b, life in spans(instructions).items() if b not in tape.kept}
        starts, self.n_bytes = plan(tape.buffers, lives)
        memory = allocate(self.n_bytes)
        self._memory = {b: memory[start:][: tape.buffers[b]] for b, start in starts.items()}
        self._memory |= {b: _bytes(array) for b, array in tape.kept.items()}
        self._values: list[Any] = []
        self._calls = [call for one in instructions for call in self._calls_of(one)]

    def play(self) -> None:
        """Make the update, with the numbers that the host has given."""
        values = self._values
        values.clear()
        for number in self._numbers:
            values.append(self._derived(number) if isinstance(number, Derived) else number.value)
        for inputs, i, number in self._uses:
            inputs[i] = values[number]
        for call in self._calls:
            call()

    def _derived(self, number: Derived) -> Any:
        return number.function(*mapped(number.inputs, self._now))

    def _now(self, leaf: Any) -> Any:
        return self._values[leaf.number] if isinstance(leaf, At) else leaf

    def _array(self, leaf: Any) -> Any:
        if not isinstance(leaf, Place):
            return leaf
        memory = self._memory[leaf.buffer]
        return np.ndarray(leaf.shape, leaf.dtype, memory, leaf.offset, leaf.strides)

    def _calls_of(self, one: Instruction) -> list[Call]:
        inputs, outputs, options, scratch = mapped(
            (one.inputs, one.outputs, dict(one.options), one.scratch), self._array
        )
        make = _MAKERS.get(one.kind)
        if make is None:
            return [self._general(one, inputs, outputs, options)]
        return [self._bound(f, given, kwargs) for f, given, kwargs in make(one.what, inputs, outputs, options, scratch)]

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

    def _general(self, one: Instruction, inputs: Any, outputs: Any, options: Any) -> Call:
        """A function whose arguments may hold numbers of the host anywhere, and its results."""

        def call() -> None:
            results = one.what(*mapped(inputs, self._now), **mapped(options, self._now))
            if one.kind == "call":
                for out, result in zip(outputs, leaves(results), strict=True):
                    if out is not None:
                        out[...] = result

        return call


Made = list[tuple[Callable[..., Any], Sequence[Any], dict[str, Any]]]


def _kernel(what: Any, inputs: Any, outputs: Any, options: Any, scratch: Any) -> Made:
    return [(what.numpy, (*inputs, *outputs, *scratch), {})]


def _product(what: Any, inputs: Any, outputs: Any, options: Any, scratch: Any) -> Made:
    (a, b), (out,) = inputs, outputs
    multiply = np.matmul if a.shape[-1] > 1 else np.multiply
    if not what:
        return [(multiply, (a, b, out), {})]
    return [(multiply, (a, b, *scratch), {}), (np.add, (out, *scratch, out), {})]


def _ufunc(what: Any, inputs: Any, outputs: Any, options: Any, scratch: Any) -> Made:
    if what in (np.maximum, np.minimum):  # their output has to be named
        return [(what, inputs, {"out": outputs[0], **options})]
    return [(what, (*inputs, *outputs), options)]


def _reduce(what: Any, inputs: Any, outputs: Any, options: Any, scratch: Any) -> Made:
    return [(what.reduce, inputs, {"out": outputs[0], **options})]


def _copy(what: Any, inputs: Any, outputs: Any, options: Any, scratch: Any) -> Made:
    return [(setitem, (*outputs, ..., *inputs), {})]


def _take(what: Any, inputs: Any, outputs: Any, options: Any, scratch: Any) -> Made:
    a, index = inputs
    # the mode without a check, which writes straight to its place
    return [(a.take, (index, what, *outputs, "wrap"), {})]


def _draw(what: Any, inputs: Any, outputs: Any, options: Any, scratch: Any) -> Made:
    (generator, *arguments), (out,) = inputs, outputs
    draw = getattr(generator, what)
    if what in ("random", "standard_normal") and out.flags.c_contiguous:
        return [(draw, (None, out.dtype, out), {})]

    def drawn(*given: Any) -> None:
        out[...] = draw(*given, **options)

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
