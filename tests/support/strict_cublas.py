"""What cuBLAS does with the arguments that it is given: by columns, and through raw addresses.

The signatures are those of its documentation, written down here once more.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

_HANDLE = 7
_LEVEL_3 = "handle opa opb m n k alpha a lda b ldb beta c ldc"
_STRIDED = "handle opa opb m n k alpha a lda stride_a b ldb stride_b beta c ldc stride_c batch"
_POINTERS = {"handle", "alpha", "a", "b", "beta", "c"}
_LONG = {"stride_a", "stride_b", "stride_c"}


class _Function:
    """A function of the library: it takes what its signature takes, and nothing that overflows."""

    def __init__(self, argtypes: list[Any], work: Callable[..., int]) -> None:
        self.argtypes, self.restype, self._work = argtypes, ctypes.c_int, work

    def __call__(self, *args: Any) -> int:
        assert len(args) == len(self.argtypes)
        return self._work(*map(_passed, args, self.argtypes))


def _passed(value: Any, ctype: Any) -> Any:
    """What arrives on the other side."""
    if hasattr(value, "_obj"):  # byref
        return value._obj
    if isinstance(value, ctypes.c_void_p):
        value = value.value
    assert isinstance(value, int), f"{value!r} is no integer and no address"
    assert ctype(value).value in (value, None), f"{value} does not fit into {ctype.__name__}"
    return value


class Library:
    """The library; `do` does work on the device, `stream` tells the current one and whether it is
    captured.
    """

    def __init__(
        self, do: Callable[[str, Callable[[], Any]], None], stream: Callable[[], tuple[int, bool]]
    ) -> None:
        self._do, self._current = do, stream
        self._stream: int | None = None
        self._workspace: int | None = None
        pointer, number = ctypes.c_void_p, ctypes.c_int
        self.cublasCreate_v2 = _Function([ctypes.POINTER(pointer)], self._create)
        self.cublasDestroy_v2 = _Function([pointer], lambda handle: 0)
        self.cublasSetStream_v2 = _Function([pointer, pointer], self._set_stream)
        given = [pointer, pointer, ctypes.c_size_t]
        self.cublasSetWorkspace_v2 = _Function(given, self._set_workspace)
        self.cublasSetMathMode = _Function([pointer, number], lambda handle, mode: 0)
        for letter, ctype in (("S", ctypes.c_float), ("D", ctypes.c_double)):
            for name, text in (("gemm_v2", _LEVEL_3), ("gemmStridedBatched", _STRIDED)):
                setattr(self, f"cublas{letter}{name}", self._gemm(ctype, text.split()))

    def _create(self, handle: Any) -> int:
        handle.value = _HANDLE
        return 0

    def _set_stream(self, handle: int, stream: int) -> int:
        assert handle == _HANDLE
        self._stream, self._workspace = stream, None  # as the documentation says
        return 0

    def _set_workspace(self, handle: int, address: int, size: int) -> int:
        assert handle == _HANDLE
        assert size >= 4 * 2**20
        self._workspace = address
        return 0

    def _gemm(self, ctype: Any, names: list[str]) -> _Function:
        def types(name: str) -> Any:
            if name in _POINTERS:
                return ctypes.c_void_p
            return ctypes.c_longlong if name in _LONG else ctypes.c_int

        def gemm(*args: Any) -> int:
            given = dict(zip(names, args, strict=True))
            stream, captured = self._current()
            assert given["handle"] == _HANDLE
            assert self._stream == stream, "the handle works on another stream"
            assert self._workspace or not captured, "cuBLAS would allocate in the capture"
            scalars = given.pop("alpha"), given.pop("beta")
            assert all(isinstance(scalar, ctype) for scalar in scalars)
            alpha, beta = (scalar.value for scalar in scalars)  # read now, not when it runs
            del given["handle"]
            self._do("gemm", lambda: _multiply(ctype, alpha, beta, **given))
            return 0

        return _Function([types(name) for name in names], gemm)


def _multiply(
    ctype: Any, alpha: float, beta: float, *, opa: int, opb: int, m: int, n: int, k: int,
    a: int, lda: int, b: int, ldb: int, c: int, ldc: int,
    stride_a: int = 0, stride_b: int = 0, stride_c: int = 0, batch: int = 1,
) -> None:  # fmt: skip
    size = ctypes.sizeof(ctype)

    def matrix(pointer: int, rows: int, columns: int, leading: int) -> np.ndarray:
        assert leading >= rows, "the leading dimension is smaller than a column"
        length = leading * (columns - 1) + rows
        flat = np.ctypeslib.as_array((ctype * length).from_address(pointer))
        strides = (flat.itemsize, leading * flat.itemsize)
        return np.lib.stride_tricks.as_strided(flat, (rows, columns), strides)

    for i in range(batch):
        left = matrix(a + i * stride_a * size, *((k, m) if opa else (m, k)), lda)
        right = matrix(b + i * stride_b * size, *((n, k) if opb else (k, n)), ldb)
        out = matrix(c + i * stride_c * size, m, n, ldc)
        product = (left.T if opa else left) @ (right.T if opb else right)
        out[...] = alpha * product + (beta * out if beta else 0)
