"""The reference backend: NumPy on the CPU, readable first."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from regan.backends.base import Array, Backend, Kernel

# On 256 x 128 by 128 x 128, two threads gain a tenth when the machine is idle and cost a factor of
# eight when another process wants a core: up to twice that size a product runs on one.
_SINGLE_THREADED = 2 * 256 * 128 * 128


class NumpyBackend(Backend):
    """NumPy arrays; what every other backend has to agree with."""

    name = "numpy"
    bitwise = True

    @property
    def xp(self) -> Any:
        return np

    def asarray(self, a: Any, dtype: Any = None) -> Array:
        return np.ascontiguousarray(a, dtype=self.dtype if dtype is None else dtype)

    def to_numpy(self, a: Array) -> np.ndarray:
        return np.array(a)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape, dtype=self.dtype)

    def empty(self, shape: tuple[int, ...]) -> Array:
        return np.empty(shape, dtype=self.dtype)

    def rng(self, seed: Any) -> np.random.Generator:
        return np.random.default_rng(seed)

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
        a = a.swapaxes(-1, -2) if ta else a
        b = b.swapaxes(-1, -2) if tb else b
        if out is None:
            return np.matmul(a, b)
        if accumulate:
            out += np.matmul(a, b)
        else:
            np.matmul(a, b, out=out)
        return None

    def run(self, kernel: Kernel, *ins: Any, outs: tuple[Array, ...]) -> None:
        kernel.numpy(*ins, *outs)

    def threads_for(self, multiplications: int) -> AbstractContextManager[Any]:
        if multiplications > _SINGLE_THREADED:
            return nullcontext()
        limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="blas")
        return limits

    def synchronize(self) -> None:
        """Nothing to wait for: NumPy returns when the work is done."""
