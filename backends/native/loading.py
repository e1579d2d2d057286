"""Whether the compiled extension is there, and does what it should on this machine."""

from __future__ import annotations

from functools import cache, partial
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from regan.backends.native.extension import DTYPES, Extension
from regan.backends.native.lowering import LAYOUT, Lowering
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
    if module.layout() != LAYOUT:
        raise RuntimeError("it is of another version of regan")
    found = Extension(module)
    for dtype in DTYPES:
        _try(found, dtype)
    return found


def _try(found: Extension, dtype: np.dtype[Any]) -> None:
    """One instruction of each kind, on arrays of several layouts."""

    def empty(*shape: int) -> np.ndarray:
        return np.full(shape, np.nan, dtype)

    a, b = (np.linspace(-2, 2, 6 * n, dtype=dtype).reshape(1, 6, n) for n in (4, 3))
    across, ones, index = a.swapaxes(1, 2), np.ones((1, 4, 3), dtype), np.array([[2, 0, 5]])
    expected = [
        1 + across @ b,
        np.tanh(a[..., ::2] * b[..., :1]),
        a @ across[:, :, :1],
        b[:, :, 0] @ b[0, :, 1:2],
        b.sum(axis=-1),
        b.sum(axis=1),
        a[0][index],
    ]
    results = [ones, *(empty(*np.shape(value)) for value in expected[1:])]
    scaled = empty(1, 6, 2)
    instructions = [
        Instruction("product", True, (across, b), (ones,)),
        Instruction("ufunc", np.multiply, (a[..., ::2], b[..., :1]), (scaled,)),
        Instruction("ufunc", np.tanh, (scaled,), (results[1],)),
        Instruction("product", False, (a, across[:, :, :1]), (results[2],)),
        Instruction("product", False, (b[:, None, :, 0], b[:, :, 1:2]), (results[3][None],)),
        Instruction("reduce", np.add, (b,), (results[4],), {"axis": -1}),
        Instruction("reduce", np.add, (b,), (results[5],), {"axis": 1}),
        Instruction("take", 0, (a[0], index), (results[6],)),
    ]
    words = [Lowering(found, 0).words(one) for one in instructions]
    if None in words:
        raise RuntimeError("it lacks what regan needs; it is of another version")
    for some in words:
        found.play(np.array(some, np.int64))
    tolerance = np.sqrt(np.finfo(dtype).eps)
    if not all(map(partial(np.allclose, rtol=tolerance, atol=tolerance), results, expected)):
        raise RuntimeError("it computes other values than NumPy")
