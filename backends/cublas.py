"""Matrix products by cuBLAS, through ctypes, so that they can be recorded in a CUDA graph.

CuPy's own wrappers refuse to call cuBLAS while a stream is captured. cuBLAS itself allows it, as
long as its workspace is given to it beforehand (cuBLAS documentation, "CUDA Graphs Support"). So
regan has a handle of its own, with a workspace of its own, on the library that CuPy has loaded.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import cache
from threading import local
from typing import Any

import numpy as np

from regan.backends import cuda_graph
from regan.backends.base import Array

_N, _T = 0, 1  # CUBLAS_OP_N, CUBLAS_OP_T
_TF32 = 3  # CUBLAS_TF32_TENSOR_OP_MATH
_WORKSPACE = 32 * 2**20  # bytes; what the documentation recommends for Hopper, the most of all
_INT, _LONG, _POINTER = ctypes.c_int, ctypes.c_longlong, ctypes.c_void_p
_MATRIX = (_POINTER, _INT)
_MATRICES = (_POINTER, _INT, _LONG)
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "cublasCreate_v2": (ctypes.POINTER(_POINTER),),
    "cublasDestroy_v2": (_POINTER,),
    "cublasSetMathMode": (_POINTER, _INT),
    "cublasSetStream_v2": (_POINTER, _POINTER),
    "cublasSetWorkspace_v2": (_POINTER, _POINTER, ctypes.c_size_t),
}
_SIZES = (_POINTER, _INT, _INT, _INT, _INT, _INT, _POINTER)  # handle, flags, sizes, alpha
for _letter in "SD":
    SIGNATURES |= {
        f"cublas{_letter}gemm_v2": (*_SIZES, *_MATRIX, *_MATRIX, _POINTER, *_MATRIX),
        f"cublas{_letter}gemmStridedBatched": (
            *(*_SIZES, *_MATRICES, *_MATRICES, _POINTER, *_MATRICES),
            _INT,
        ),
    }


class CublasError(RuntimeError):
    """cuBLAS reported a failure."""


def gemm(a: Array, b: Array, ta: bool, tb: bool, out: Array, accumulate: bool) -> None:
    """``out = op(a) @ op(b) (+ out)`` in one call, for row-major matrices of a population.

    cuBLAS reads by columns, so it sees every matrix transposed: ``out^T = op(b)^T op(a)^T`` is the
    product asked for, with the operands exchanged and the flags unchanged.
    """
    if not a.dtype == b.dtype == out.dtype:
        raise TypeError(f"products of {a.dtype} and {b.dtype} to {out.dtype} are not supported")
    members, rows, columns = out.shape
    inner = a.shape[-2 if ta else -1]
    scalar = ctypes.c_float if out.dtype == np.float32 else ctypes.c_double
    one, beta = scalar(1), scalar(1 if accumulate else 0)  # read when called, not when run
    name = f"cublas{'S' if out.dtype == np.float32 else 'D'}gemm"
    handle = _handle()
    first = (_T if tb else _N, _T if ta else _N, columns, rows, inner, ctypes.byref(one))
    if members == 1:
        matrices = [(m.data.ptr, _leading(m)) for m in (b, a, out)]
        handle.call(
            f"{name}_v2", *first, *matrices[0], *matrices[1], ctypes.byref(beta), *matrices[2]
        )
        return
    batches = [(m.data.ptr, _leading(m), _stride(m)) for m in (b, a, out)]
    last = (*batches[2], members)
    handle.call(
        f"{name}StridedBatched", *first, *batches[0], *batches[1], ctypes.byref(beta), *last
    )


def _leading(a: Array) -> int:
    """Elements from row to row."""
    return int(max(a.strides[-2] // a.itemsize, a.shape[-1]))


def _stride(a: Array) -> int:
    """Elements from member to member; 0 shares one matrix among all members."""
    return 0 if a.shape[0] == 1 else int(a.strides[0] // a.itemsize)


class _Handle:
    """A handle of cuBLAS on the current device, with its workspace."""

    def __init__(self) -> None:
        import cupy

        self._library = load()
        self._handle, self._stream = _POINTER(), -1
        with cuda_graph.outside(cupy):
            self._workspace = cupy.cuda.alloc(_WORKSPACE)
        self._check("cublasCreate_v2", ctypes.byref(self._handle))
        if os.environ.get("CUPY_TF32") == "1":
            self._check("cublasSetMathMode", self._handle, _TF32)

    def call(self, name: str, *args: Any) -> None:
        """Call a function on the current stream."""
        from cupy.cuda import get_current_stream

        stream = get_current_stream().ptr
        if stream != self._stream:
            self._check("cublasSetStream_v2", self._handle, stream)
            # a new stream takes the workspace away
            given = self._workspace.ptr, _WORKSPACE
            self._check("cublasSetWorkspace_v2", self._handle, *given)
            self._stream = stream
        self._check(name, self._handle, *args)

    def __del__(self) -> None:
        # where the library or the device is gone already, there is nothing left to give back
        with suppress(Exception):
            self._library.cublasDestroy_v2(self._handle)

    def _check(self, name: str, *args: Any) -> None:
        status = getattr(self._library, name)(*args)
        if status:
            raise CublasError(f"{name} failed with status {status}")


_HANDLES = local()


def _handle() -> _Handle:
    """The handle of this thread on the current device."""
    from cupy.cuda import Device

    handles = vars(_HANDLES).setdefault("by_device", {})
    device = Device().id
    if device not in handles:
        handles[device] = _Handle()
    found: _Handle = handles[device]
    return found


@cache
def load() -> Any:
    """The library that CuPy has loaded, with the signatures of what is used of it.

    On POSIX a symbol is looked for in a library and in those that it depends on, so CuPy's
    extension finds cuBLAS wherever it lies.
    """
    from cupy_backends.cuda.libs import cublas

    path = cublas.__file__
    if os.name == "nt":
        from cuda.pathfinder import load_nvidia_dynamic_lib

        path = load_nvidia_dynamic_lib("cublas").abs_path
    library = ctypes.CDLL(path)
    for name, argtypes in SIGNATURES.items():
        function = getattr(library, name)
        function.argtypes, function.restype = list(argtypes), _INT
    return library
