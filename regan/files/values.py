"""Values in JSON's terms, and back: settings, and what was learnt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from regan.data.frames.dataframes import objects
from regan.data.literals import PLAIN, parts_of, simplified, value_of


class Codec:
    """Between values and JSON; objects are those of a closed list of classes.

    Reading runs no code from a file: it calls the constructors of these classes, and those of the
    types in `regan.data.literals`, and no others.

    Parameters
    ----------
    classes : iterable of type
        What objects may be, known by their names.
    """

    def __init__(self, classes: Iterable[type]) -> None:
        self._classes = {cls.__name__: cls for cls in classes}

    def knows(self, thing: Any) -> bool:
        """Whether `thing` is an object of one of the classes, and not of a subclass."""
        return self._classes.get(type(thing).__name__) is type(thing)

    def encode(self, value: Any, name: str) -> Any:
        """`value` in JSON's terms; TypeError, with the parameter's `name`, if it has none."""
        value = simplified(value)
        if value is None or isinstance(value, PLAIN):
            return value
        if isinstance(value, list):
            return [self.encode(v, name) for v in value]
        if isinstance(value, tuple):
            return {"tuple": [self.encode(v, name) for v in value]}
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return {"mapping": {key: self.encode(v, name) for key, v in value.items()}}
        if isinstance(value, dict):
            return {"pairs": [self.encode(list(pair), name) for pair in value.items()]}
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            return {"array": value.tolist(), "dtype": str(value.dtype)}
        if isinstance(value, np.ndarray) and value.dtype.kind in "US":
            return {"array": self.encode(value.tolist(), name), "dtype": str(value.dtype)}
        if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 1:
            return {"objects": self.encode(value.tolist(), name)}
        if isinstance(value, np.random.RandomState):
            kind, keys, *rest = value.get_state(legacy=True)
            return {"random_state": [kind, [int(k) for k in keys], *rest]}
        if isinstance(value, BaseEstimator) and self.knows(value):
            params = value.get_params(deep=False)
            return {
                "object": type(value).__name__,
                "params": {k: self.encode(v, f"{name}__{k}") for k, v in params.items()},
            }
        if (held := parts_of(value)) is not None:
            word, parts = held
            return {"literal": word, "parts": self.encode(parts, name)}
        raise TypeError(
            f"{name}={value!r} cannot be written to a model file; pickle the model instead"
        )

    def decode(self, value: Any) -> Any:
        """The inverse of `encode`. ValueError for a class that is not in the list."""
        if isinstance(value, list):
            return [self.decode(v) for v in value]
        if not isinstance(value, dict):
            return value
        if "tuple" in value:
            return tuple(self.decode(v) for v in value["tuple"])
        if "mapping" in value:
            return {key: self.decode(v) for key, v in value["mapping"].items()}
        if "pairs" in value:
            return dict(self.decode(pair) for pair in value["pairs"])
        if "array" in value:
            return np.array(self.decode(value["array"]), dtype=value["dtype"])
        if "objects" in value:
            return objects(self.decode(value["objects"]))
        if "literal" in value:
            return value_of(value["literal"], self.decode(value["parts"]))
        if "random_state" in value:
            kind, keys, *rest = value["random_state"]
            state = np.random.RandomState()
            state.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
            return state
        made = self.find(value["object"])
        return made(**{k: self.decode(v) for k, v in value["params"].items()})

    def find(self, name: Any) -> Any:
        """The class called `name`. ValueError if it is not in the list."""
        if name not in self._classes:
            raise ValueError(f"the model file names the class {name!r}, which regan does not have")
        return self._classes[name]
