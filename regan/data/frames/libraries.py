"""Libraries of DataFrames, none of which regan needs: which one a table is of."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_FRAMES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}


def frame_kind(X: Any) -> str:
    """Which library a table is of, "pandas", "polars" or "pyarrow"; "array" for all else."""
    for kind, name in _FRAMES.items():
        frames = sys.modules.get(kind)  # there is no table of a library that nobody imported
        if frames is not None and isinstance(X, getattr(frames, name, ())):
            return kind
    return "array"


def library(name: str, why: str, package: str | None = None) -> Any:
    """A library of DataFrames. ImportError that says `why` it is needed, and how to get it.

    package : what pip calls it, or something that needs it; by default its own name.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        how = f"pip install {package or name}"
        raise ImportError(f"{why}, and {name} is missing: {how}") from error
