"""CUDA through CuPy. Importing this module needs no CuPy; making a `CupyBackend` does.

Nothing here waits for the device except `to_numpy` and `synchronize`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from regan.backends import cuda_graph
from regan.backends.base import Array, Backend, BackendUnavailableError, Kernel, Recorded
from regan.backends.cublas import gemm

_INSTALL = "pip install cupy-cuda13x (CUDA 13) or pip install cupy-cuda12x (CUDA 12)"


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

    @property
    def free_memory(self) -> int:
        return int(self.xp.cuda.Device().mem_info[0])

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return self.xp.zeros(shape, dtype=self.dtype)

    def empty(self, shape: tuple[int, ...]) -> Array:
        return self.xp.empty(shape, dtype=self.dtype)

    def rng(self, seed: Any) -> Any:
        # Philox: its device states are cheap to set up, and the trainer re-seeds every window
        random = self.xp.random
        return random.Generator(random.Philox4x3210(seed))

    def reseed(self, rng: Any, seed: Any) -> None:
        rng.bit_generator._state[...] = self.rng(seed).bit_generator._state

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
        if out.size == 0:
            return result
        if not _contiguous_rows(out):
            raise ValueError("matmul writes to arrays with contiguous rows only")
        gemm(_row_major(self.xp, a), _row_major(self.xp, b), ta, tb, out, accumulate)
        return result

    def run(self, kernel: Kernel, *ins: Any, outs: tuple[Array, ...]) -> None:
        _compile(kernel)(*ins, *outs)

    @property
    def worth_recording(self) -> int | None:
        return cuda_graph.WORTH if cuda_graph.wanted() else None

    def record(self, first: Callable[[], Array], again: Callable[[], Array]) -> Recorded | None:
        return cuda_graph.record(self.xp, first, again)

    def ones(self, n: int) -> Array:
        with cuda_graph.outside(self.xp):
            return super().ones(n)

    def synchronize(self) -> None:
        self.xp.cuda.get_current_stream().synchronize()


@cache
def _compile(kernel: Kernel) -> Any:
    import cupy

    return cupy.ElementwiseKernel(kernel.ins, kernel.outs, kernel.cpp, f"regan_{kernel.name}")


def _row_major(xp: Any, a: Array) -> Array:
    """`a` itself if its matrices are stored by contiguous rows, else a copy."""
    apart = a.shape[-2] == 1 or a.strides[-2] >= a.shape[-1] * a.itemsize
    fits = _contiguous_rows(a) and apart
    return a if fits else xp.ascontiguousarray(a)


def _contiguous_rows(a: Array) -> bool:
    return bool(a.strides[-1] == a.itemsize or a.shape[-1] == 1)
