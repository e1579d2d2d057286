"""Model files: how they are written, and how models are rebuilt of what they hold."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from regan.backends.registry import BUILT_IN
from regan.building.factory import known_classes
from regan.files.values import Codec
from regan.storage.stored import Stored
from regan.storage.tensor_file import MODEL, digest, write_tensors
from regan.storage.tensors import Tensors

_ESTIMATORS: list[type] = []
_Class = TypeVar("_Class", bound=type)


def savable(cls: _Class) -> _Class:
    """Declare that model files may name the estimator `cls`, a decorator."""
    _ESTIMATORS.append(cls)
    return cls


def make_codec(others: Iterable[type] = ()) -> Codec:
    """What writes and reads objects of regan's classes, and reads those of `others`."""
    return Codec([*known_classes(), *_ESTIMATORS], others)


def save(model: Any, path: str | os.PathLike[str], *, sampler_only: bool) -> None:
    """Write a fitted `model` to `path`; see `GenerativeModel.save`."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file to write the model to")
    codec = make_codec()
    arrays, fitted = model._contents(codec, whole=not sampler_only)
    params = model.get_params(deep=False)
    if params.get("backend") not in BUILT_IN:  # a file names no plugin, which would be imported
        params |= {"backend": None} if "backend" in params else {}
    params |= {"callbacks": None} if "callbacks" in params else {}
    configuration = {
        "class": codec.name_of(model),
        "params": {name: codec.encode(value, name) for name, value in params.items()},
        "fitted": fitted,
    }
    # what is written can be read: `load` refuses whatever it does not know
    stored = Stored.parse(json.dumps(configuration, allow_nan=False))
    rebuild(stored, Tensors(arrays), codec)
    write_tensors(path, MODEL, configuration, arrays)


def digest_of(model: Any, export: Callable[[Codec], tuple[dict[str, np.ndarray], Any]]) -> str:
    """A SHA-256 of the class of a model and of what it exports, arrays and values in JSON's terms.

    It is the same for a model that was loaded.
    """
    codec = make_codec()
    arrays, values = export(codec)
    configuration = {"class": codec.name_of(model), "learnt": values}
    return digest(json.dumps(configuration, sort_keys=True, allow_nan=False), arrays)


def rebuild(stored: Stored, tensors: Tensors, codec: Codec) -> Any:
    """The model that a configuration and arrays describe; it can sample."""
    name, params, fitted = stored.fields("class", "params", "fitted")
    cls = codec.find(name)
    if not hasattr(cls, "_adopt"):
        name.refuse("the class of a model")
    arguments = codec.params(cls, params)
    with params.building(f"set of arguments of {cls.__name__}"):
        model = cls(**arguments)
    model._adopt(fitted, tensors, codec)
    return model
