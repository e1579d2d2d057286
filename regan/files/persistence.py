"""Model files.

Loading runs no code from the file: objects are rebuilt from a closed table of regan's own classes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

import regan
from regan import factory, layers
from regan.base import GenerativeModel
from regan.control.early_stopping import EarlyStopping
from regan.files.tensor_file import MODEL, read_tensors, write_tensors
from regan.layers import Layer
from regan.schedules import SCHEDULES
from regan.tables import TableEncoder
from regan.validation import check_folder

_WORDS = {"container": "the column name", "table": "the table"}


def save(model: GenerativeModel, path: str | os.PathLike[str]) -> None:
    """Write a fitted `model` to `path`; see `GenerativeModel.save`."""
    if not _is_ours(model):
        raise TypeError(
            f"{type(model).__name__} is no class of regan, and loading a model file runs no code "
            "from elsewhere; pickle the model instead"
        )
    arrays, fitted = model._export()
    configuration = {
        "class": type(model).__name__,
        "params": {
            name: encode(None if name == "callbacks" else value, name)
            for name, value in model.get_params(deep=False).items()
        },
        "fitted": {name: encode(value, _WORDS.get(name, name)) for name, value in fitted.items()},
    }
    path = Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder; name a file to write the model to")
    check_folder(path)
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
    except (LookupError, TypeError, AttributeError) as error:  # whole, but not what save writes
        raise ValueError(f"{path} is no regan model: {error!r}") from error


def _rebuild(configuration: dict[str, Any], tensors: dict[str, np.ndarray]) -> Any:
    """The model that `configuration` and `tensors` describe."""
    model = _class(configuration["class"])(
        **{name: decode(value) for name, value in configuration["params"].items()}
    )
    fitted = {name: decode(value) for name, value in configuration["fitted"].items()}
    model._restore(tensors, fitted)
    return model


def encode(value: Any, name: str) -> Any:
    """`value` in JSON's terms; TypeError, with the parameter's `name`, if it has none."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, list):
        return [encode(v, name) for v in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(v, name) for v in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"mapping": {key: encode(v, name) for key, v in value.items()}}
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return {"array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, np.random.RandomState):
        kind, keys, *rest = value.get_state(legacy=True)
        return {"random_state": [kind, [int(k) for k in keys], *rest]}
    if isinstance(value, BaseEstimator) and _is_ours(value):
        params = value.get_params(deep=False)
        return {
            "object": type(value).__name__,
            "params": {k: encode(v, f"{name}__{k}") for k, v in params.items()},
        }
    raise TypeError(f"{name}={value!r} cannot be written to a model file; pickle the model instead")


def decode(value: Any) -> Any:
    """The inverse of `encode`."""
    if isinstance(value, list):
        return [decode(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(decode(v) for v in value["tuple"])
    if "mapping" in value:
        return {key: decode(v) for key, v in value["mapping"].items()}
    if "array" in value:
        return np.array(value["array"], dtype=value["dtype"])
    if "random_state" in value:
        kind, keys, *rest = value["random_state"]
        state = np.random.RandomState()
        state.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
        return state
    return _class(value["object"])(**{k: decode(v) for k, v in value["params"].items()})


def _classes() -> dict[str, type]:
    """All classes that a file may name."""
    tables = (
        factory.LOSSES,
        factory.PENALTIES,
        factory.GRADIENT_PENALTIES,
        factory.ACTIVITY_PENALTIES,
        factory.CONSTRAINTS,
        factory.ARCHITECTURE,
        factory.NOISE,
        factory.CLIPPING,
        factory.MATCHING,
        factory.OPTIMIZERS,
        SCHEDULES,
    )
    found: list[type] = [
        EarlyStopping,
        TableEncoder,
        *(cls for table in tables for cls in table.values()),
    ]
    for module, base in ((layers, Layer), (regan, GenerativeModel)):
        found += [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, base)]
    return {cls.__name__: cls for cls in found}


def _is_ours(thing: Any) -> bool:
    return _classes().get(type(thing).__name__) is type(thing)


def _class(name: Any) -> Any:
    classes = _classes()
    if name not in classes:
        raise ValueError(f"the model file names the class {name!r}, which regan does not have")
    return classes[name]
