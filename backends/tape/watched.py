"""What is watched while an update is written down: arrays, random generators, numbers of the host.

They do what they always do, and tell a `Watcher`. When it has stopped looking they behave as plain
ones, wherever some are left.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from regan.backends.tape.instructions import leaves, mapped


class Watcher(Protocol):
    """Who is told what is done, and does it."""

    looks: bool

    def ufunc(self, ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
        """A method of a ufunc of arrays."""

    def call(self, function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
        """A function of NumPy, or a method of arrays."""

    def draw(self, generator: Any, name: str, inputs: Any, options: dict[str, Any]) -> Any:
        """A method of a random generator."""

    def number(self, function: Callable[..., Any], inputs: Any) -> Any:
        """A function of numbers of the host."""

    def refuse(self, reason: str) -> None:
        """Something happens that cannot be written down."""


def plain(tree: Any) -> Any:
    """The same arrays and numbers, which nobody watches."""
    return mapped(tree, _plain)


def _plain(a: Any) -> Any:
    if isinstance(a, Watched):
        return np.ndarray.view(a, np.ndarray)
    return a.value if isinstance(a, Number) else a


def _watcher(*trees: Any) -> Watcher | None:
    """Who watches one of these, if anybody does."""
    for leaf in leaves(trees):
        if isinstance(leaf, (Watched, Number)) and leaf.watcher is not None and leaf.watcher.looks:
            return leaf.watcher
    return None


def _through_ufunc(_: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    watcher = _watcher(inputs, options)
    if watcher is None:
        return getattr(ufunc, method)(*plain(inputs), **plain(options))
    return watcher.ufunc(ufunc, method, inputs, options)


def _through_call(function: Callable[..., Any], inputs: Any, options: Any) -> Any:
    watcher = _watcher(inputs, options)
    if watcher is None:
        return function(*plain(inputs), **plain(options))
    return watcher.call(function, inputs, options)


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np.ndarray, name)

    def method(self: Any, *inputs: Any, **options: Any) -> Any:
        return _through_call(function, (self, *inputs), options)

    return method


def _reading(name: str, of: type) -> Callable[..., Any]:
    """A method that tells Python what a value is, which may be another one at the next update."""

    def method(self: Any, *inputs: Any, **options: Any) -> Any:
        if self.watcher is not None and self.watcher.looks:
            what = "an array" if isinstance(self, Watched) else "a number of the clock"
            self.watcher.refuse(f"it reads the value of {what}, by {name.strip('_')}()")
        return getattr(of, name)(plain(self), *plain(inputs), **options)

    return method


_READING = (
    "__bool__ __int__ __float__ __complex__ __index__ __contains__ item tolist tobytes nonzero"
)
_METHODS = """
    argmax argmin argpartition argsort astype choose compress copy cumprod cumsum diagonal dot fill
    flatten partition put ravel repeat reshape searchsorted sort squeeze swapaxes take trace
    transpose __getitem__ __setitem__
"""


class Watched(np.ndarray):
    """An array that a `Watcher` watches, and all views of it."""

    watcher: Watcher | None

    def __array_finalize__(self, other: Any) -> None:
        self.watcher = getattr(other, "watcher", None)

    __array_ufunc__ = _through_ufunc

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        return _through_call(function, inputs, options)

    @property
    def flat(self) -> Any:
        if self.watcher is not None and self.watcher.looks:
            self.watcher.refuse("it goes through an array entry by entry, by flat")
        return plain(self).flat


for _name in _METHODS.split():
    setattr(Watched, _name, _method(_name))
for _name in _READING.split():
    setattr(Watched, _name, _reading(_name, np.ndarray))


class Number(float):
    """A number of the host that is another one at each update.

    Python and NumPy calculate with it as with the float that it holds; to ask what that is, is
    refused. What functions of C do with it, as those of `math`, they do with a constant.

    Parameters
    ----------
    value : float
    index : int
        Its position in the tape.
    watcher : Watcher
    """

    value: Any
    index: int
    watcher: Watcher

    def __new__(cls, value: Any, index: int, watcher: Watcher) -> Number:  # noqa: ARG004 - __init__'s
        return super().__new__(cls, value)

    def __init__(self, value: Any, index: int, watcher: Watcher) -> None:
        self.value, self.index, self.watcher = value, index, watcher

    __array_ufunc__ = _through_ufunc

    def __array__(self, *given: Any, **options: Any) -> np.ndarray:
        if self.watcher.looks:
            self.watcher.refuse("it reads the value of a number of the clock, into an array")
        return np.array(self.value, *given, **options)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


def _operation(function: Callable[..., Any], ufunc: Any, reflected: bool) -> Callable[..., Any]:
    def method(self: Number, *others: Any) -> Any:
        inputs = (*others, self) if reflected else (self, *others)
        if any(isinstance(other, np.ndarray) for other in others):
            return ufunc(*inputs)
        return (
            self.watcher.number(function, inputs)
            if self.watcher.looks
            else function(*plain(inputs))
        )

    return method


_OPERATIONS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "neg": np.negative,
    "pos": np.positive,
    "abs": np.absolute,
}
_ASKING = """
    __bool__ __int__ __float__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __divmod__
    __rdivmod__ __round__ __trunc__ __floor__ __ceil__ __format__ __str__ as_integer_ratio hex
    is_integer
"""
for _name, _ufunc in _OPERATIONS.items():
    _function = getattr(operator, _name)
    setattr(Number, f"__{_name}__", _operation(_function, _ufunc, False))
    if _name not in ("neg", "pos", "abs"):
        setattr(Number, f"__r{_name}__", _operation(_function, _ufunc, True))
for _name in _ASKING.split():
    setattr(Number, _name, _reading(_name, float))


class WatchedGenerator:
    """A random generator that a `Watcher` watches."""

    def __init__(self, generator: Any, watcher: Watcher) -> None:
        self._generator, self._watcher = generator, watcher

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._generator, name)
        if not callable(found) or not self._watcher.looks:
            return found
        return lambda *inputs, **options: self._watcher.draw(self._generator, name, inputs, options)
