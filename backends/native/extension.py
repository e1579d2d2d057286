"""The compiled extension: its kernels and its player of programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from regan.backends.base import Kernel
from regan.backends.native.text import signature

DTYPES = (np.dtype(np.float32), np.dtype(np.float64))
"""What kernels are compiled for, in the extension's order."""

_BLAS = ("sgemm", "dgemm", "sgemv", "dgemv", "sdot", "ddot")
_GENERAL = (
    "void (char *, char *, int *, int *, int *, T *, T *, int *, T *, int *, T *, T *, int *)"
)
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

    Raises
    ------
    RuntimeError
        If SciPy's BLAS is not as the extension knows it.
    """

    def __init__(self, module: ModuleType) -> None:
        module.use_blas(*_capsules())
        self._module = module
        self._indices = {text: i for i, text in enumerate(module.signatures())}
        self.play: Any = module.play

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
