"""What arrays are views of, and what indices and options of NumPy's functions say."""

from __future__ import annotations

from typing import Any

import numpy as np

from regan.backends.tape.watched import plain


def owner_of(a: np.ndarray) -> np.ndarray:
    """The array whose memory `a` is a view of."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a


def address_of(a: np.ndarray) -> int:
    """Where in memory the first entry of `a` lies."""
    return int(a.__array_interface__["data"][0])


def kinds_of_index(key: Any) -> set[str]:
    """The kinds of dtype of the arrays and lists in an index."""
    parts = key if isinstance(key, tuple) else (key,)
    arrays = [
        np.asarray(p) for p in plain(parts) if isinstance(p, (np.ndarray, list, bool, np.bool_))
    ]
    return {a.dtype.kind for a in arrays}


def whole_index(key: Any) -> Any:
    """An index without arrays that gives a view, even of one entry."""
    parts = key if isinstance(key, tuple) else (key,)
    return key if any(part is Ellipsis for part in parts) else (*parts, ...)


def said_options(options: dict[str, Any]) -> dict[str, Any]:
    """Options of a ufunc without those that say nothing."""
    silent = {"subok": False, "keepdims": False, "dtype": None}
    return {
        name: value
        for name, value in options.items()
        if value is not np._NoValue
        and not (name == "where" and value is True)
        and (name not in silent or value is not silent[name])
    }


def name_of(function: Any) -> str:
    """What a function calls itself, or how it is written."""
    return str(getattr(function, "__name__", function))
