"""Model files.

Loading runs no code from the file: objects are rebuilt from a closed table of regan's own classes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from regan.building.factory import known_classes
from regan.files.tensor_file import MODEL, read_tensors, write_tensors
from regan.files.values import Codec

_WORDS = {
    "container": "the column name",
    "table": "the table",
    "classes.labels": "the class label",
}
_ESTIMATORS: list[type] = []
_Class = TypeVar("_Class", bound=type)


def savable(cls: _Class) -> _Class:
    """Declare that model files may name the estimator `cls`, a decorator."""
    _ESTIMATORS.append(cls)
    return cls


def save(model: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted `model` to `path`; see `GenerativeModel.save`."""
    codec = Codec([*known_classes(), *_ESTIMATORS])
    if not codec.knows(model):
        raise TypeError(
            f"{type(model).__name__} is no class of regan, and loading a model file runs no code "
            "from elsewhere; pickle the model instead"
        )
    arrays, fitted = model._export()
    configuration = {
        "class": type(model).__name__,
        "params": {
            name: codec.encode(None if name == "callbacks" else value, name)
            for name, value in model.get_params(deep=False).items()
        },
        "fitted": {
            name: codec.encode(value, _WORDS.get(name, name)) for name, value in fitted.items()
        },
    }
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file to write the model to")
    write_tensors(path, MODEL, configuration, arrays)


def load(path: str | os.PathLike[str]) -> Any:
    """Read a model that `save` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    model : fitted estimator

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no regan model, was damaged, or was written by a newer format.

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
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no model file at {path}")
    try:
        return _rebuild(*read_tensors(path, MODEL))
    except (
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
    ) as error:  # whole, but not what save writes
        raise ValueError(f"{path} is no regan model: {error!r}") from error


def _rebuild(configuration: dict[str, Any], tensors: dict[str, np.ndarray]) -> Any:
    """The model that `configuration` and `tensors` describe."""
    codec = Codec([*known_classes(), *_ESTIMATORS])
    model = codec.find(configuration["class"])(
        **{name: codec.decode(value) for name, value in configuration["params"].items()}
    )
    fitted = {name: codec.decode(value) for name, value in configuration["fitted"].items()}
    model._restore(tensors, fitted)
    return model
