"""Whether the compiled extension is there, and does what it should on this machine."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from regan.backends.native.extension import DTYPES, Extension
from regan.backends.native.lowering import Lowering
from regan.backends.tape.instructions import Instruction

_HINT = "installing regan where there is a C++ compiler builds it"


def extension() -> Extension | None:
    """The extension, or None where there is a reason why not (`missing`)."""
    return _found()[0]


def missing() -> str | None:
    """Why there is no compiled replay here, or None."""
    return _found()[1]


def broken() -> bool:
    """Whether the extension is there and does not work, as where it was built for elsewhere."""
    return _found()[2]


@cache
def _found() -> tuple[Extension | None, str | None, bool]:
    try:
        module = import_module("regan.backends.native._extension")
    except ModuleNotFoundError as error:
        return None, f"there is no compiled extension ({error}); {_HINT}", False
    except ImportError as error:
        return None, f"the compiled extension cannot be imported ({error}); {_HINT}", True
    try:
        return _tried(module), None, False
    except Exception as error:  # it is of another processor, Python or SciPy
        return None, f"the compiled extension does not work here ({error}); {_HINT}", True


def _tried(module: ModuleType) -> Extension:
    """The extension, once it has computed something as NumPy does; RuntimeError."""
    found = Extension(module)
    for dtype in DTYPES:
        _try(found, dtype)
    return found


def _try(found: Extension, dtype: np.dtype[Any]) -> None:
    a, b = (np.linspace(-2, 2, 6 * n, dtype=dtype).reshape(1, 6, n) for n in (4, 3))
    c, d = np.ones((1, 4, 3), dtype), np.full((1, 4, 3), np.nan, dtype)
    e = np.full((1, 4), np.nan, dtype)
    instructions = [
        Instruction("product", True, (a.swapaxes(1, 2), b), (c,)),
        Instruction("ufunc", np.tanh, (c,), (d,)),
        Instruction("reduce", np.add, (d,), (e,), {"axis": -1}),
    ]
    words = [Lowering(found, 0).words(one) for one in instructions]
    if None in words:
        raise RuntimeError("it lacks what regan needs; it is of another version")
    found.play(np.array([word for some in words for word in some or []], np.int64))
    expected = np.tanh(1 + a.swapaxes(1, 2) @ b).sum(axis=-1)
    if not np.allclose(e, expected, rtol=1e-4, atol=1e-4):
        raise RuntimeError("it computes other values than NumPy")
