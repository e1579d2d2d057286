"""Loading model files.

It runs no code from the file: everything in it is read by type, length and range, and objects are
rebuilt from a closed table of regan's own classes, and of those that the caller hands over.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from sklearn.base import BaseEstimator

from regan.estimators.conditional import ConditionalModel
from regan.estimators.persistence import make_codec, rebuild
from regan.storage.stored import FileError
from regan.storage.tensor_file import MODEL, read_tensors


def load(path: str | os.PathLike[str], *, classes: Iterable[type] = ()) -> ConditionalModel:
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
    codec = make_codec(others)
    repr(BaseEstimator())  # scikit-learn imports what shows objects with the first one it shows
    stored, tensors = read_tensors(path, MODEL)
    try:
        model: ConditionalModel = rebuild(stored, tensors, codec)
    except FileError as error:
        raise FileError(f"{path} is no regan model that can be used: {error}") from error
    return model
