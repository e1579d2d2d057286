"""The reference backend: NumPy on the CPU, readable first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from regan.backends.base import Array, Backend, Kernel, Recorded
from regan.backends.blas_threads import OneThreadEach, blas
from regan.backends.recording import WORTH, failed, recorded
from regan.backends.switch import way_here
from regan.backends.tape.watched import plain
from regan.backends.tape.writer import Writer

# On 256 x 128 by 128 x 128, two threads gain a tenth when the machine is idle and cost a factor of
# eight when another process wants a core: up to twice that size a product runs on one.
_SINGLE_THREADED = 2 * 256 * 128 * 128

# Of several models at once, elementwise work wants the arrays in the cache, and calls want to be
# few: in parts that are too small, threads wait for one another's calls.
_MOST_BYTES = 48 * 2**20
_LEAST_BYTES = 24 * 2**20


class Arena:
    """Arrays to use over and over: after a `reset`, the same requests get the same ones.

    Rounds of one kind ask for the same shapes in the same order, so the i-th array of the last such
    round is nearly always the right one.

    Parameters
    ----------
    dtype : dtype
    """

    def __init__(self, dtype: Any) -> None:
        self._dtype = dtype
        self._rounds: dict[Any, list[np.ndarray]] = {}
        self.reset(None)

    def reset(self, kind: Any) -> None:
        """Everything may be used again, in a round of this kind."""
        self._arrays = self._rounds.setdefault(kind, [])
        self._next = 0

    def __call__(self, shape: tuple[int, ...]) -> np.ndarray:
        i = self._next
        self._next = i + 1
        if i < len(self._arrays) and self._arrays[i].shape == shape:
            return self._arrays[i]
        array = np.empty(shape, dtype=self._dtype)
        self._arrays[i : i + 1] = [array]
        return array


class NumpyBackend(Backend):
    """NumPy arrays; what every other backend has to agree with."""

    name = "numpy"
    bitwise = True

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__(dtype)
        self._way = way_here()
        self._arena: Arena | None = None
        self._writer: Writer | None = None

    @property
    def xp(self) -> Any:
        return np

    def asarray(self, a: Any, dtype: Any = None) -> Array:
        dtype = self.dtype if dtype is None else dtype
        if self._writer is not None:
            return self._writer.asarray(a, dtype)
        return np.ascontiguousarray(a, dtype=dtype)

    def to_numpy(self, a: Array) -> np.ndarray:
        return np.array(a)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        if self._writer is not None:
            return self._writer.zeros(shape, self.dtype)
        return np.zeros(shape, dtype=self.dtype)

    def empty(self, shape: tuple[int, ...]) -> Array:
        if self._arena is None or self._writer is not None:
            return self.lasting(shape)
        return self._arena(shape)

    def lasting(self, shape: tuple[int, ...]) -> Array:
        if self._writer is not None:
            return self._writer.empty(shape, self.dtype)
        return np.empty(shape, dtype=self.dtype)

    @contextmanager
    def recycling(self) -> Iterator[None]:
        # fresh arrays of this size are pages from the system, which cost more than the arithmetic
        self._arena = Arena(self.dtype)
        try:
            yield
        finally:
            self._arena = None

    def recycle(self, kind: Any = None) -> None:
        if self._arena is not None:
            self._arena.reset(kind)

    def rng(self, seed: Any) -> np.random.Generator:
        return np.random.default_rng(seed)

    def reseed(self, rng: np.random.Generator, seed: Any) -> None:
        rng.bit_generator.state = self.rng(seed).bit_generator.state

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
        multiply = np.matmul if a.shape[-1] > 1 else np.multiply  # a column times a row
        shape = (max(a.shape[0], b.shape[0]), a.shape[1], b.shape[2])
        if self._writer is not None:
            target = self.empty(shape) if out is None else out
            self._writer.product(multiply, a, b, target, accumulate and out is not None)
            return target if out is None else None
        if out is not None and not accumulate:
            multiply(a, b, out=out)
            return None
        product = multiply(a, b, out=self.empty(shape))
        if out is None:
            return product
        out += product
        return None

    def smallest(self, a: Array, n: int) -> Array:
        return np.argpartition(a, n, axis=1)[:, :n]

    def run(self, kernel: Kernel, *ins: Any, outs: tuple[Array, ...]) -> None:
        if self._writer is not None:
            self._writer.run(kernel, ins, outs)
            return
        scratch = (self.empty(outs[0].shape) for _ in range(kernel.n_scratch))
        kernel.numpy(*ins, *outs, *scratch)

    @property
    def worth_recording(self) -> int | None:
        # another class may do with an array what its writer does not see
        return WORTH if type(self) is NumpyBackend and self._way != "0" else None

    @property
    def recorded_states(self) -> int:
        return 0 if self.worth_recording is None else 2  # before the update, and after it

    def record(self, first: Callable[[], Array], again: Callable[[], Array]) -> Recorded | None:
        if self.worth_recording is None:
            return super().record(first, again)
        # an arena would keep all that these two updates ask for until the end of the window
        arena, self._arena = self._arena, None
        self._writer = writer = Writer()
        failure = None
        try:
            try:
                result = first()
            except Exception as error:  # it may be of what is written down, or its own
                failure = error
            finally:
                self._writer, writer.looks = None, False
            if failure is None:
                return recorded(writer, result, again, self._way)
            failed(writer, failure, again)
            return None
        finally:
            self._arena = arena

    def watched(self, thing: Any) -> Any:
        return thing if self._writer is None else self._writer.watched(thing)

    def numbers(self, values: Sequence[float]) -> list[Any]:
        return [*values] if self._writer is None else [*self._writer.numbers(values)]

    def read(self, places: Sequence[Any]) -> Sequence[Any]:
        values: Sequence[Any] = places if self._writer is not None else plain(places)
        return values

    def renew(self, places: Sequence[Any], values: Sequence[float]) -> None:
        for place, value in zip(places, values, strict=True):
            place.value = value

    @property
    def n_threads(self) -> int:
        # as many as matrix products may use now
        return max((lib["num_threads"] for lib in blas().info()), default=1)

    @property
    def free_memory(self) -> int:
        try:
            return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):  # not every system tells
            return super().free_memory

    def models_at_once(self, n_bytes: int) -> tuple[int, int]:
        least, most = (limit // max(1, n_bytes) for limit in (_LEAST_BYTES, _MOST_BYTES))
        return max(1, least), max(1, most)

    def threads_for(self, multiplications: int, n_models: int = 1) -> AbstractContextManager[Any]:
        compiled = self._way == "native"
        # compiled updates take a thread for each of several members
        if multiplications <= _SINGLE_THREADED or (compiled and n_models > 1):
            return OneThreadEach()
        # they multiply by SciPy's library, and what is between them by NumPy's
        return OneThreadEach(owner="numpy") if compiled else nullcontext()

    def sharing(self, n_threads: int) -> AbstractContextManager[Any]:
        return OneThreadEach(n_threads)

    def synchronize(self) -> None:
        """Nothing to wait for: NumPy returns when the work is done."""
