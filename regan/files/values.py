"""Settings in JSON's terms, and back: literals, arrays, objects of a closed list of classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from regan.data.frames.dataframes import objects
from regan.data.literals import PLAIN, read_literal, simplified, write_literal
from regan.storage.stored import FileError, Stored

_NUMBERS = ("bool", *(f"{u}int{b}" for u in ("", "u") for b in (8, 16, 32, 64)))
_NUMBERS = (*_NUMBERS, "float16", "float32", "float64")
_TEXTS: dict[str, type] = {"text": str, "bytes": bytes}
_KEYS = 624  # of the Mersenne Twister


class Codec:
    """Between values and JSON; objects are those of a closed list of classes.

    Reading runs no code from a file: it calls the constructors of these classes, and those of the
    types in `regan.data.literals`, and no others.

    Parameters
    ----------
    classes : iterable of type
        What objects may be, known by their names.
    others : iterable of type
        Further classes, of the user's.
    """

    def __init__(self, classes: Iterable[type], others: Iterable[type] = ()) -> None:
        self._classes = {cls.__name__: cls for cls in classes}
        for cls in others:
            if self._classes.setdefault(cls.__name__, cls) is not cls:
                raise ValueError(f"there are two classes called {cls.__name__}")

    def knows(self, thing: Any) -> bool:
        """Whether `thing` is an object of one of the classes, and not of a subclass."""
        return self._classes.get(type(thing).__name__) is type(thing)

    def name_of(self, thing: BaseEstimator) -> str:
        """What a file calls the class of `thing`, which becomes known.

        TypeError for a second class of one name.
        """
        cls = type(thing)
        if self._classes.setdefault(cls.__name__, cls) is not cls:
            raise TypeError(
                f"{thing!r} has a class with the same name as another class, {cls.__name__}, so a "
                "model file could not distinguish them: pickle the model instead"
            )
        return cls.__name__

    def encode(self, value: Any, name: str) -> Any:
        """`value` in JSON's terms; TypeError, with the parameter's `name`, if it has none."""
        value = simplified(value)
        if value is None or isinstance(value, PLAIN):
            return write_literal(value)
        if isinstance(value, list):
            return [self.encode(v, name) for v in value]
        if isinstance(value, tuple):
            return {"tuple": [self.encode(v, name) for v in value]}
        if isinstance(value, dict):
            return {"pairs": [self.encode(list(pair), name) for pair in value.items()]}
        if isinstance(value, np.ndarray) and str(value.dtype) in _NUMBERS:
            return {"array": self.encode(value.tolist(), name), "dtype": str(value.dtype)}
        kind = value.dtype.kind if isinstance(value, np.ndarray) else ""
        if kind in ("U", "S") or (kind == "O" and value.ndim == 1):
            kind = {"U": "text", "S": "bytes", "O": "object"}[kind]
            return {"array": self.encode(value.tolist(), name), "dtype": kind}
        if isinstance(value, np.random.RandomState):
            kind, keys, *rest = value.get_state(legacy=True)
            return {"random_state": [kind, [int(k) for k in keys], *rest]}
        if isinstance(value, BaseEstimator):
            params = value.get_params(deep=False)
            return {
                "object": self.name_of(value),
                "params": {k: self.encode(v, f"{name}__{k}") for k, v in params.items()},
            }
        try:
            return write_literal(value)
        except TypeError as error:
            raise TypeError(
                f"{name}={value!r} cannot be saved to a model file: pickle the model instead"
            ) from error

    def decode(self, stored: Stored) -> Any:
        """The inverse of `encode`. FileError for what it does not write."""
        value = stored.value
        if isinstance(value, list):
            return [self.decode(item) for item in stored.items()]
        if not isinstance(value, dict):
            return read_literal(stored)
        readers: dict[str, Callable[[Stored], Any]] = {
            "tuple": lambda it: tuple(self.decode(item) for item in it.fields("tuple")[0].items()),
            "pairs": self._mapping,
            "array": self._array,
            "random_state": _random_state,
            "object": self._object,
        }
        kind = next((word for word in readers if word in value), None)
        return read_literal(stored) if kind is None else readers[kind](stored)

    def find(self, stored: Stored) -> Any:
        """The class of this name. FileError if it is not in the list."""
        name = stored.text()
        if name not in self._classes:
            raise FileError(
                f"it has an object of the class {name[:60]!r}, which is not part of regan: if you "
                "trust the class, pass it, regan.load(path, classes=[...])"
            )
        return self._classes[name]

    def params(self, cls: Any, stored: Stored) -> dict[str, Any]:
        """The arguments of a constructor: all of them."""
        names = cls._get_param_names()
        values = stored.fields(*names)
        return {name: self.decode(value) for name, value in zip(names, values, strict=True)}

    def _object(self, stored: Stored) -> Any:
        name, params = stored.fields("object", "params")
        cls = self.find(name)
        arguments = self.params(cls, params)
        with stored.building(f"object of {cls.__name__}"):
            return cls(**arguments)

    def _mapping(self, stored: Stored) -> dict[Any, Any]:
        pairs = [pair.items(2) for pair in stored.fields("pairs")[0].items()]
        with stored.building("mapping"):
            return {self.decode(key): self.decode(value) for key, value in pairs}

    def _array(self, stored: Stored) -> np.ndarray:
        values, dtype = stored.fields("array", "dtype")
        word = dtype.choice(*_NUMBERS, *_TEXTS, "object")
        items = self.decode(values)
        if not isinstance(items, list):
            values.refuse("a list")
        if word == "object":
            return objects(items)
        with stored.building("array of numbers or text"):
            if word in _TEXTS:
                return np.array(items, dtype=_TEXTS[word])
            if items and np.array(items).dtype.kind not in "biuf":
                values.refuse("a list of numbers")
            return np.array(items, dtype=word)


def _random_state(stored: Stored) -> np.random.RandomState:
    kind, keys, position, has_gauss, gauss = stored.fields("random_state")[0].items(5)
    state = np.random.RandomState(0)
    words = np.array([key.integer(0, 2**32 - 1) for key in keys.items(_KEYS)], dtype=np.uint32)
    rest = position.integer(0, _KEYS), has_gauss.integer(0, 1), gauss.real()
    state.set_state((kind.choice("MT19937"), words, *rest))
    return state
