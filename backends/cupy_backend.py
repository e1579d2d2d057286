"""CUDA through CuPy. Importing this module needs no CuPy; making a `CupyBackend` does.

Nothing here waits for the device except `to_numpy` and `synchronize`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from regan.backends.base import Array, Backend, BackendUnavailableError, Kernel

_INSTALL = "pip install 'regan[cuda13]' (CUDA 13) or pip install 'regan[cuda12]' (CUDA 12)"


class CupyBackend(Backend):
    """CuPy arrays on the current CUDA device."""

    name = "cupy"

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__(dtype)
        reason = self.missing()
        if reason is not None:
            raise BackendUnavailableError(reason)

    @classmethod
    def missing(cls) -> str | None:
        try:
            import cupy
        except Exception as error:  # a broken CUDA installation fails in many ways
            return f"CuPy cannot be imported ({error}); install it with {_INSTALL}"
        if not cupy.cuda.is_available():
            return (
                f"CuPy {cupy.__version__} is installed but finds no CUDA driver or device; install "
                "the NVIDIA driver and see that nvidia-smi lists a GPU, or use backend='numpy'"
            )
        return None

    @property
    def xp(self) -> Any:
        import cupy

        return cupy

    def asarray(self, a: Any, dtype: Any = None) -> Array:
        return self.xp.ascontiguousarray(self.xp.asarray(a, dtype=dtype or self.dtype))

    def to_numpy(self, a: Array) -> np.ndarray:
        return np.array(self.xp.asnumpy(a))

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return self.xp.zeros(shape, dtype=self.dtype)

    def empty(self, shape: tuple[int, ...]) -> Array:
        return self.xp.empty(shape, dtype=self.dtype)

    def rng(self, seed: Any) -> Any:
        # Philox: its device states are cheap to set up, and the trainer re-seeds every window
        random = self.xp.random
        return random.Generator(random.Philox4x3210(seed))

    def matmul(
        self,
        a: Array,
        b: Array,
        *,
        ta: bool = False,
        tb: bool = False,
        out: Array | None = None,
        accumulate: bool = False,
    ) -> Array | None:
        result = None
        if out is None:
            rows, columns = a.shape[-1 if ta else -2], b.shape[-2 if tb else -1]
            out = result = self.empty((max(a.shape[0], b.shape[0]), rows, columns))
        _strided_batched_gemm(
            _row_major(self.xp, a), _row_major(self.xp, b), ta, tb, out, accumulate
        )
        return result

    def run(self, kernel: Kernel, *ins: Any, outs: tuple[Array, ...]) -> None:
        _compile(kernel)(*ins, *outs)

    def synchronize(self) -> None:
        self.xp.cuda.get_current_stream().synchronize()


@cache
def _compile(kernel: Kernel) -> Any:
    import cupy

    return cupy.ElementwiseKernel(kernel.ins, kernel.outs, kernel.cuda, f"regan_{kernel.name}")


def _row_major(xp: Any, a: Array) -> Array:
    """`a` itself if its matrices are stored by contiguous rows, else a copy."""
    fits = _contiguous_rows(a) and a.strides[-2] >= a.shape[-1] * a.itemsize
    return a if fits else xp.ascontiguousarray(a)


def _contiguous_rows(a: Array) -> bool:
    return bool(a.strides[-1] == a.itemsize or a.shape[-1] == 1)


def _strided_batched_gemm(
    a: Array, b: Array, ta: bool, tb: bool, out: Array, accumulate: bool
) -> None:
    """``out = op(a) @ op(b) (+ out)`` in one cuBLAS call, for row-major matrices.

    cuBLAS reads by columns, so it sees every matrix transposed: ``out^T = op(b)^T op(a)^T`` is the
    product asked for, with the operands exchanged and the flags unchanged.
    """
    from cupy.cuda import device
    from cupy_backends.cuda.libs import cublas

    members, rows, columns = out.shape
    inner = a.shape[-2 if ta else -1]
    if out.size == 0:
        return
    if not _contiguous_rows(out):
        raise ValueError("matmul writes to arrays with contiguous rows only")
    gemm = cublas.sgemmStridedBatched if out.dtype == np.float32 else cublas.dgemmStridedBatched
    one = np.array(1, dtype=out.dtype)
    beta = np.array(1 if accumulate else 0, dtype=out.dtype)
    handle = device.get_cublas_handle()
    mode = cublas.getPointerMode(handle)
    cublas.setPointerMode(handle, cublas.CUBLAS_POINTER_MODE_HOST)
    try:
        gemm(
            handle,
            cublas.CUBLAS_OP_T if tb else cublas.CUBLAS_OP_N,
            cublas.CUBLAS_OP_T if ta else cublas.CUBLAS_OP_N,
            columns,
            rows,
            inner,
            one.ctypes.data,
            b.data.ptr,
            *_leading_and_batch_stride(b),
            a.data.ptr,
            *_leading_and_batch_stride(a),
            beta.ctypes.data,
            out.data.ptr,
            *_leading_and_batch_stride(out),
            members,
        )
    finally:
        cublas.setPointerMode(handle, mode)


def _leading_and_batch_stride(a: Array) -> tuple[int, int]:
    """Elements from row to row and from member to member; 0 shares one matrix among all members."""
    leading = max(a.strides[-2] // a.itemsize, a.shape[-1])
    return leading, 0 if a.shape[0] == 1 else a.strides[0] // a.itemsize
