"""The writer of tapes: it does what an update does, and writes it down."""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from regan.backends.base import Array, Kernel
from regan.backends.tape.instructions import At, Derived, Instruction, Place, Tape, leaves, mapped
from regan.backends.tape.views import (
    address_of,
    kinds_of_index,
    name_of,
    owner_of,
    said_options,
    whole_index,
)
from regan.backends.tape.watched import Number, Watched, WatchedGenerator, plain

_WRITING = frozenset({np.ndarray.fill, np.ndarray.partition, np.ndarray.put, np.ndarray.sort}) | {
    np.fill_diagonal,
    np.place,
    np.put,
    np.put_along_axis,
    np.putmask,
}
"""Functions that write their first argument."""

_TELLING = frozenset({np.shape, np.ndim, np.size, np.result_type, np.may_share_memory})
"""Functions that tell what is the same at each update."""

_SELECTING = frozenset(
    {
        np.argwhere,
        np.compress,
        np.extract,
        np.flatnonzero,
        np.ndarray.compress,
        np.nonzero,
        np.unique,
    }
)
"""Functions whose results have as many entries as the values say."""


class Writer:
    """The writer of a tape: what is done to arrays that it gave out is done, and written down.

    Once something cannot be written down, it is done all the same.

    Attributes
    ----------
    looks : bool
        It writes; set to False by `finish` and by `abandon`.
    reason : str or None
        Why there will be no tape.
    """

    def __init__(self) -> None:
        self.looks: bool = True
        self.reason: str | None = None
        self._instructions: list[Instruction] = []
        self._buffers: list[int] = []
        self._owners: dict[int, tuple[int, weakref.ref[np.ndarray]]] = {}
        self._numbers: list[Any] = []
        self._generators: dict[int, Any] = {}
        self._before: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._states: list[Any] = []

    # What whoever makes the update asks for

    def watched(self, thing: Any) -> Any:
        """An array that is there already, or a random generator, to be watched."""
        if isinstance(thing, np.ndarray):
            return self._view(thing)
        if id(thing) not in self._generators:
            self._generators[id(thing)] = thing
            self._states.append(deepcopy(thing.bit_generator.state))
        return WatchedGenerator(thing, self)

    def numbers(self, values: Sequence[float]) -> list[Number]:
        """Numbers of the host; before a replay their `value` may be set."""
        return [self._number(None, value) for value in values]

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """A new array of arbitrary content."""
        return self._fresh(np.empty(shape, dtype))[0]

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """A new array of zeros."""
        return self._copied(np.zeros(shape, dtype), 0)

    def asarray(self, a: Any, dtype: Any) -> Array:
        """As of the backend; what comes from the host is a constant."""
        if not isinstance(a, Watched):
            return np.ascontiguousarray(a, dtype)
        same = a.dtype == dtype and a.flags.c_contiguous
        return a if same else self._copied(np.ascontiguousarray(plain(a), dtype), a)

    def run(self, kernel: Kernel, inputs: Sequence[Any], outputs: Sequence[Array]) -> None:
        """Run a kernel."""
        self._keep(outputs)
        scratch = [self.empty(outputs[0].shape, outputs[0].dtype) for _ in range(kernel.n_scratch)]
        kernel.numpy(*plain((*inputs, *outputs, *scratch)))
        self._note("kernel", kernel, inputs, outputs, scratch=scratch)

    def product(self, multiply: Any, a: Array, b: Array, out: Array, accumulate: bool) -> None:
        """``out = a @ b`` by `multiply`, or added to `out`."""
        self._keep([out])
        if not accumulate:
            multiply(*plain((a, b)), out=plain(out))
            self._note("product", False, (a, b), (out,))
            return
        product = self.empty(out.shape, out.dtype)
        multiply(*plain((a, b)), out=plain(product))
        plain(out)[...] += plain(product)
        self._note("product", True, (a, b), (out,), scratch=(product,))

    def finish(self, result: Array) -> Tape | None:
        """The tape of what made `result`; None if there is a `reason`."""
        owner = owner_of(result)
        kept = {self._owners[id(owner)][0]: owner} if id(owner) in self._owners else {}
        instructions, buffers, numbers = self._instructions, self._buffers, self._numbers
        tape = Tape(instructions, buffers, kept, numbers, *self.abandon())
        return tape if self.reason is None else None

    def abandon(self) -> tuple[list[Any], list[tuple[np.ndarray, np.ndarray]], list[Any]]:
        """What there was before: the generators, arrays with what they held, and the states of the
        generators.

        The writer looks no more, and lets go of it all, as numbers of the host hold the writer for
        as long as they are there.
        """
        self.looks = False
        left = list(self._generators.values()), list(self._before.values()), self._states
        self._instructions, self._numbers, self._states = [], [], []
        self._generators, self._before = {}, {}
        return left

    # What is watched reports (`Watcher`)

    def refuse(self, reason: str) -> None:
        self.reason = self.reason or reason

    def number(self, function: Callable[..., Any], inputs: Any) -> Number:
        return self._number(
            Derived(function, mapped(inputs, self._operand)), function(*plain(inputs))
        )

    def draw(self, generator: Any, name: str, inputs: Any, options: dict[str, Any]) -> Any:
        if name == "shuffle" or options.get("out") is not None:
            self.refuse(f"it draws into an array that is there already, by {name}()")
        result = getattr(generator, name)(*plain(inputs), **plain(options))
        drawn, places = self._fresh(result)
        self._note("draw", name, (generator, *inputs), places, options)
        return drawn

    def ufunc(self, ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
        out = options.pop("out", (None,) * ufunc.nout)
        if not any(isinstance(a, np.ndarray) for a in leaves((inputs, out))):
            return self.number(ufunc, inputs)
        self._keep(out)
        function = getattr(ufunc, method)
        if method == "at":
            return self._written(function, inputs, options)
        given = {} if all(a is None for a in out) else {"out": plain(out)}
        results = function(*plain(inputs), **plain(options), **given)
        results = results if isinstance(results, tuple) else (results,)
        made = tuple(
            self._fresh(r)[0] if a is None else self._view(a)
            for r, a in zip(results, out, strict=True)
        )
        kind, what = {"__call__": ("ufunc", ufunc), "reduce": ("reduce", ufunc)}.get(
            method, ("call", function)
        )
        self._note(kind, what, inputs, made, said_options(options))
        return made if len(made) > 1 else made[0]

    def call(self, function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
        special = _SPECIAL.get(function)
        result = special(self, *inputs, **options) if special else NotImplemented
        if result is not NotImplemented:
            return result
        if function in _WRITING or options.get("out") is not None:
            return self._written(function, inputs, options)
        if function in _SELECTING:
            self.refuse(f"shapes depend on values, by {name_of(function)}()")
        return self._called(function, inputs, options)

    # Operations

    def _called(self, function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
        """A function that writes nothing; its results are new arrays, or views."""
        owners = {id(owner_of(a)) for a in leaves((inputs, options)) if isinstance(a, np.ndarray)}
        outputs: list[Any] = []

        def made(result: Any) -> Any:
            outputs.append(None)
            if isinstance(result, np.ndarray) and id(owner_of(result)) in owners:
                return self._view(result)
            if isinstance(result, (np.ndarray, np.generic)):
                array, (outputs[-1],) = self._fresh(result)
                return array
            if function not in _TELLING:
                self.refuse(f"it reads values, by {name_of(function)}()")
            return result

        results = mapped(function(*plain(inputs), **plain(options)), made)
        if any(place is not None for place in outputs):
            self._note("call", function, inputs, outputs, options)
        return results

    def _written(self, function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
        """A function that writes what it is given: `out`, or else its first argument."""
        target = options.get("out")
        targets = [a for a in leaves(inputs[0] if target is None else target) if a is not None]
        self._keep(targets)
        function(*plain(inputs), **plain(options))
        self._note("write", function, inputs, targets, options)
        return None if target is None else self._view(targets[0])

    def _copied(self, result: np.ndarray, source: Any) -> Array:
        """`result`, a new array that holds `source`."""
        array, places = self._fresh(result)
        self._note("copy", None, (source,), places)
        return array

    def _copy(self, a: Array, *args: Any, **options: Any) -> Array:
        return self._copied(np.ndarray.copy(plain(a), *args, **options), a)

    def _astype(self, a: Array, *args: Any, **options: Any) -> Array:
        result = np.ndarray.astype(plain(a), *args, **options)
        return self._view(result) if owner_of(result) is owner_of(a) else self._copied(result, a)

    def _full_like(self, a: Array, value: Any, *args: Any, **options: Any) -> Array:
        return self._copied(np.full_like(plain(a), plain(value), *args, **options), value)

    def _zeros_like(self, a: Array, *args: Any, **options: Any) -> Array:
        return self._copied(np.zeros_like(plain(a), *args, **options), 0)

    def _copyto(self, target: Array, source: Any, *args: Any, **options: Any) -> Any:
        if args or options:
            return NotImplemented
        return self._set_item(target, ..., source)

    def _concatenate(self, parts: Sequence[Array], axis: int = 0, **options: Any) -> Array:
        if options or axis is None:
            return NotImplemented
        whole = np.concatenate(plain(list(parts)), axis)
        array, start = self._fresh(whole)[0], 0
        for part in parts:
            stop = start + part.shape[axis]
            view = np.moveaxis(np.moveaxis(whole, axis, 0)[start:stop], 0, axis)
            self._note("copy", None, (part,), (self._view(view),))
            start = stop
        return array

    def _take(self, a: Array, index: Any, axis: Any = None, **options: Any) -> Array:
        if axis is None or options or not isinstance(index, np.ndarray):
            return NotImplemented
        taken, places = self._fresh(plain(a).take(plain(index), axis))
        self._note("take", axis, (a, index), places)
        return taken

    def _get_item(self, a: Array, key: Any) -> Array:
        kinds = kinds_of_index(key)
        if "b" in kinds:
            self.refuse("shapes depend on values, by a mask")
        if not kinds:
            return self._view(plain(a)[whole_index(key)])
        if isinstance(key, np.ndarray) and "b" not in kinds:
            return self._take(a, key, 0)
        return self._called(operator.getitem, (a, key), {})

    def _set_item(self, a: Array, key: Any, value: Any) -> None:
        if kinds_of_index(key):
            self._written(operator.setitem, (a, key, value), {})
            return
        self._keep([a])
        target = plain(a)[whole_index(key)]
        target[...] = plain(value)
        self._note("copy", None, (value,), (self._view(target),))

    # The tape

    def _keep(self, arrays: Iterable[Any]) -> None:
        """Keep what arrays of others hold, before the first time that they are written."""
        for a in plain(list(arrays)):
            if not isinstance(a, np.ndarray):
                continue
            owner = owner_of(a)
            if id(owner) not in self._owners and id(owner) not in self._before:
                self._before[id(owner)] = owner, owner.copy()

    def _note(
        self,
        kind: str,
        what: Any,
        inputs: Sequence[Any],
        outputs: Sequence[Any],
        options: dict[str, Any] | None = None,
        scratch: Sequence[Array] = (),
    ) -> None:
        if self.reason is None:
            parts = (tuple(inputs), tuple(outputs), options or {}, tuple(scratch))
            self._instructions.append(Instruction(kind, what, *mapped(parts, self._operand)))

    def _operand(self, a: Any) -> Any:
        """What the tape calls `a`."""
        if isinstance(a, Number):
            return At(a.index) if a.watcher is self else a.value
        if not isinstance(a, np.ndarray):
            return a
        owner = owner_of(a)
        if id(owner) not in self._owners:
            return plain(a)
        offset = address_of(a) - address_of(owner)
        return Place(self._owners[id(owner)][0], offset, a.shape, a.strides, a.dtype)

    def _fresh(self, result: Any) -> tuple[Array, tuple[Any]]:
        """A new array, to be watched, and itself as an output."""
        array = np.asarray(result)
        owner = owner_of(array)
        key, owners = id(owner), self._owners
        owners[key] = len(self._buffers), weakref.ref(owner, lambda _: owners.pop(key))
        self._buffers.append(owner.nbytes)
        view = self._view(array)
        return view, (view,)

    def _view(self, array: np.ndarray) -> Array:
        view = np.ndarray.view(array, Watched)
        view.watcher = self
        return view

    def _number(self, derived: Derived | None, value: Any) -> Number:
        number = Number(value, len(self._numbers), self)
        self._numbers.append(number if derived is None else derived)
        return number


_SPECIAL: dict[Any, Callable[..., Any]] = {
    np.concatenate: Writer._concatenate,
    np.copyto: Writer._copyto,
    np.full_like: Writer._full_like,
    np.ndarray.__getitem__: Writer._get_item,
    np.ndarray.__setitem__: Writer._set_item,
    np.ndarray.astype: Writer._astype,
    np.ndarray.copy: Writer._copy,
    np.ndarray.take: Writer._take,
    np.take: Writer._take,
    np.zeros_like: Writer._zeros_like,
}
