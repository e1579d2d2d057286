"""The compiled extension, if it is there and does what it should here."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from regan.backends.base import Kernel
from regan.backends.native.text import signature

DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
"""What kernels are compiled for, in the extension's order."""

_BLAS = ("sgemm", "dgemm", "sgemv", "dgemv", "sdot", "ddot")
_GENERAL = "void (char *, char *, int *, int *, int *, T *, T *, int *, T *, int *, T *, T *, int *)"
_FORTRAN = {
    "gemm": _GENERAL,
    "gemv": "void (char *, int *, int *, T *, T *, int *, T *, int *, T *, T *, int *)",
    "dot": "T (int *, T *, int *, T *, int *)",
}


class Extension:
    """Compiled kernels and the player of programs.

    Parameters
    ----------
    module : module
        `regan.backends.native._extension`.
    """

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._indices = {text: i for i, text in enumerate(module.signatures())}
        self.play = module.play

    @property
    def instruction_set(self) -> str:
        """What the kernels in use are compiled for."""
        return str(self._module.instruction_set())

    def address(self, kernel: Kernel, dtype: np.dtype[Any]) -> int | None:
        """Where the function of a kernel lies; None for one that is not compiled."""
        index = self._indices.get(signature(kernel))
        if index is None:
            return None
        return int(self._module.function(index, DTYPES.index(dtype)))


def extension() -> Extension | None:
    """The extension, or None where there is a reason why not (`missing`)."""
    return _found()[0]


def missing() -> str | None:
    """Why there is no compiled replay here, or None."""
    return _found()[1]


@cache
def _found() -> tuple[Extension | None, str | None]:
    try:
        from regan.backends.native import _extension as module
    except ImportError as error:
        built = os.path.exists(os.path.join(os.path.dirname(__file__), "module.cpp"))
        hint = "a C++ compiler builds it, at the next pip install" if built else "pip builds it"
        return None, f"it was not compiled when regan was installed ({error}); {hint}"
    try:
        return _tried(module), None
    except Exception as error:  # it is of another processor, Python or SciPy
        return None, f"the compiled extension does not work here: {error}"


def _tried(module: ModuleType) -> Extension:
    """The extension once its products are right; RuntimeError."""
    module.use_blas(*_capsules())
    return Extension(module)


def _capsules() -> Sequence[Any]:
    """The functions of SciPy's BLAS; RuntimeError where they are of another kind."""
    from scipy.linalg import cython_blas

    found = []
    for name in _BLAS:
        capsule = cython_blas.__pyx_capi__[name]
        kind = re.search(r'"(.*)"', repr(capsule))
        text = re.sub(r"__pyx_t_\w+_[sd]\b|float|double", "T", kind[1] if kind else "")
        if text != _FORTRAN[name[1:]]:
            raise RuntimeError(f"SciPy's {name} is {text!r}, not {_FORTRAN[name[1:]]!r}")
        found.append(capsule)
    return found
