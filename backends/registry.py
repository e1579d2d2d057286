"""Which backend to use: the estimator's argument, else ``REGAN_BACKEND``, else NumPy."""

from __future__ import annotations

import inspect
import os
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from regan.backends.base import Backend, BackendUnavailableError
from regan.backends.cupy_backend import CupyBackend
from regan.backends.numpy_backend import NumpyBackend
from regan.validation import warn_user_once

ENTRY_POINT_GROUP = "regan.backends"
ENVIRONMENT_VARIABLE = "REGAN_BACKEND"
_BUILT_IN: dict[str, type[Backend]] = {"numpy": NumpyBackend, "cupy": CupyBackend}

BUILT_IN = (*_BUILT_IN, "auto")
"""Names that stand for no entry point."""


@dataclass(frozen=True)
class BackendStatus:
    """Status of one backend; `missing` says what is missing, and is None if it is usable."""

    name: str
    source: str
    missing: str | None


def get_backend(name: str | None = None, dtype: Any = "float32") -> Backend:
    """Return the backend with a name, such as "numpy" or "cupy".

    Parameters
    ----------
    name : str, optional
        ``"numpy"``, ``"cupy"``, ``"auto"`` or the name of an entry point in the group
        ``regan.backends``. None reads the environment variable ``REGAN_BACKEND``, and is
        ``"numpy"`` if it is not set. ``"auto"`` is CuPy if it is usable, else NumPy with a warning,
        once per process.
    dtype : {"float32", "float64"}, default="float32"
        The dtype of the arrays that the backend makes.

    Returns
    -------
    backend : Backend

    Raises
    ------
    ValueError
        If no backend has this name.
    BackendUnavailableError
        If the backend cannot be used on this machine; the message says what is missing.

    Examples
    --------
    >>> from regan.backends import get_backend
    >>> get_backend("numpy", dtype="float64")
    NumpyBackend(dtype='float64')
    """
    asked = f"backend={name!r}"
    if name is None:
        name = os.environ.get(ENVIRONMENT_VARIABLE) or "numpy"
        asked = f"{ENVIRONMENT_VARIABLE}={name}"
    if name == "auto":
        reason = _missing(CupyBackend)
        if reason is not None:
            warn_user_once(f"{asked} falls back to NumPy: {reason}")
        return NumpyBackend(dtype) if reason is not None else CupyBackend(dtype)
    cls = _find(name, asked)
    reason = _missing(cls)
    if reason is not None:
        raise BackendUnavailableError(f"{asked} cannot be used here: {reason}")
    return cls(dtype)


def backend_status() -> list[BackendStatus]:
    """Status of all backends on this machine: usable, or what is missing."""
    rows = [BackendStatus(name, "regan", _missing(cls)) for name, cls in _BUILT_IN.items()]
    for name, entry in sorted(_third_party().items()):
        try:
            missing = _missing(_load(entry, f"backend={name!r}"))
        except BackendUnavailableError as error:
            missing = str(error)
        rows.append(BackendStatus(name, entry.value, missing))
    return rows


def _third_party() -> dict[str, EntryPoint]:
    found = entry_points(group=ENTRY_POINT_GROUP)
    return {entry.name: entry for entry in found if entry.name not in (*_BUILT_IN, "auto")}


def _missing(cls: type[Backend]) -> str | None:
    """What `cls` says that it misses; its own failure to tell is an answer as well."""
    try:
        return cls.missing()
    except Exception as error:  # a third party's check may fail in any way
        return f"{cls.__name__}.missing() failed: {error!r}"


def _find(name: Any, asked: str) -> type[Backend]:
    if not isinstance(name, str):
        raise TypeError(f"backend must be a name or None, got {name!r}")
    if name in _BUILT_IN:
        return _BUILT_IN[name]
    others = _third_party()
    if name not in others:
        known = ", ".join([*_BUILT_IN, *sorted(others), "auto"])
        raise ValueError(f"{asked} names no backend; choose one of: {known}")
    return _load(others[name], asked)


def _load(entry: EntryPoint, asked: str) -> type[Backend]:
    try:
        cls = entry.load()
    except Exception as error:  # a third party's import may fail in any way
        raise BackendUnavailableError(
            f"{asked} cannot be used here: loading {entry.value} failed: {error}"
        ) from error
    if not (isinstance(cls, type) and issubclass(cls, Backend)):
        raise BackendUnavailableError(f"{asked}: {entry.value} is no subclass of Backend")
    if inspect.isabstract(cls):
        lacks = ", ".join(sorted(cls.__abstractmethods__))
        raise BackendUnavailableError(f"{asked}: {entry.value} does not implement {lacks}")
    return cls
