"""Model files.

Loading runs no code from the file: everything in it is read by type, length and range, and objects
are rebuilt from a closed table of regan's own classes, and of those that the caller hands over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator

from regan.backends.registry import BUILT_IN
from regan.building.factory import known_classes
from regan.files.values import Codec
from regan.storage.stored import FileError, Stored
from regan.storage.tensor_file import MODEL, digest, read_tensors, write_tensors
from regan.storage.tensors import Tensors

_ESTIMATORS: list[type] = []
_Class = TypeVar("_Class", bound=type)


def savable(cls: _Class) -> _Class:
    """Declare that model files may name the estimator `cls`, a decorator."""
    _ESTIMATORS.append(cls)
    return cls


def save(model: Any, path: str | os.PathLike[str], *, sampler_only: bool) -> None:
    """Write a fitted `model` to `path`; see `GenerativeModel.save`."""
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file to write the model to")
    codec = Codec([*known_classes(), *_ESTIMATORS])
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
    _rebuild(stored, Tensors(arrays), codec)
    write_tensors(path, MODEL, configuration, arrays)


def digest_of(model: Any, export: Callable[[Codec], tuple[dict[str, np.ndarray], Any]]) -> str:
    """A SHA-256 of the class of a model and of what it exports, arrays and values in JSON's terms.

    It is the same for a model that was loaded.
    """
    codec = Codec([*known_classes(), *_ESTIMATORS])
    arrays, values = export(codec)
    configuration = {"class": codec.name_of(model), "learnt": values}
    return digest(json.dumps(configuration, sort_keys=True, allow_nan=False), arrays)


def load(path: str | os.PathLike[str], *, classes: Iterable[type] = ()) -> Any:
    """Read a model that `save` wrote.

    A file from a stranger can do no harm: all of it is checked before anything is built, and
    nothing in it is imported, called or opened.

    Parameters
    ----------
    path : str or path
    classes : iterable of type
        Classes from outside regan that the model has objects of, or is of itself, such as a layer
        of your own. Their constructors are called with what the file says.

    Returns
    -------
    model : fitted estimator

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileError
        A ValueError: if it is no regan model, was damaged or forged, is of another format, or has
        objects of a class that regan does not have.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> import regan
    >>> gan = regan.RegularizedGAN(max_iter=5, random_state=0).fit(np.eye(4))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     gan.save(os.path.join(folder, "model"))
    ...     again = regan.load(os.path.join(folder, "model"))
    >>> bool((again.sample(3) == gan.sample(3)).all())
    True
    """
    path, others = Path(path), list(classes)
    if not all(isinstance(cls, type) and issubclass(cls, BaseEstimator) for cls in others):
        raise TypeError(f"classes must be a list of scikit-learn's kind of classes, got {others!r}")
    if not path.is_file():
        raise FileNotFoundError(f"no model file at {path}")
    codec = Codec([*known_classes(), *_ESTIMATORS], others)
    repr(BaseEstimator())  # scikit-learn imports what shows objects with the first one it shows
    stored, tensors = read_tensors(path, MODEL)
    try:
        return _rebuild(stored, tensors, codec)
    except FileError as error:
        raise FileError(f"{path} is no regan model that can be used: {error}") from error


def _rebuild(stored: Stored, tensors: Tensors, codec: Codec) -> Any:
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
