"""Loading model files.

It runs no code from the file: everything in it is read by type, length and range, and objects are
rebuilt from a closed table of regan's own classes, and of those that the caller hands over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, overload

from sklearn.base import BaseEstimator

from regan.estimators.conditional import ConditionalModel
from regan.estimators.persistence import make_codec, rebuild
from regan.storage.stored import FileError
from regan.storage.tensor_file import MODEL, read_tensors

_Model = TypeVar("_Model", bound=BaseEstimator)


@overload
def load(path: str | os.PathLike[str], *, classes: Iterable[type] = ...) -> ConditionalModel: ...


@overload
def load(
    path: str | os.PathLike[str], *, classes: Iterable[type] = ..., kind: type[_Model]
) -> _Model: ...


def load(
    path: str | os.PathLike[str], *, classes: Iterable[type] = (), kind: type | None = None
) -> Any:
    """Load a model from a file that `save` wrote.

    You can load files that you do not trust. regan checks the whole file before it builds anything,
    and it imports, calls or opens nothing that the file names.

    Parameters
    ----------
    path : str or path
        File to read.
    classes : iterable of type
        Classes from outside regan that occur in the model or are its class, such as a layer of your
        own. Their constructors are called with the arguments in the file.
    kind : type, default=None
        Class that the model has to be an instance of, such as `RegularizedCycleGAN`. None takes
        every model.

    Returns
    -------
    model : fitted estimator

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    FileError
        If the file is not a regan model, was damaged or forged, has another format, has objects of
        a class that regan does not have, or a model of another class than `kind`. It is a
        ValueError.

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
    if kind is not None and not isinstance(kind, type):
        raise TypeError(f"kind must be a class, such as RegularizedCycleGAN, got {kind!r}")
    if not all(isinstance(cls, type) and issubclass(cls, BaseEstimator) for cls in others):
        raise TypeError(
            "classes must be a list of classes that derive from sklearn.base.BaseEstimator, got "
            f"{others!r}"
        )
    if not path.is_file():
        raise FileNotFoundError(f"there is no model file {path}")
    codec = make_codec(others)
    repr(BaseEstimator())  # scikit-learn imports what shows objects with the first one it shows
    stored, tensors = read_tensors(path, MODEL)
    try:
        model = rebuild(stored, tensors, codec)
    except FileError as error:
        raise FileError(f"{path} is not a usable regan model: {error}") from error
    if kind is not None and not isinstance(model, kind):
        raise FileError(f"{path} is a {type(model).__name__}, and not a {kind.__name__}")
    return model
