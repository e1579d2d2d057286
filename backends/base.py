"""The backend contract: all that regan asks of an array library.

A backend offers memory, random numbers, one matrix product and one way to run a fused elementwise
operation. It knows nothing of networks or GANs: the mathematics, written as `Kernel` objects and
as array expressions on `Backend.xp`, lives beside the code that uses it.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""An array of whichever library the backend uses: `numpy.ndarray`, `cupy.ndarray`, ..."""


class BackendUnavailableError(RuntimeError):
    """Error if a known backend cannot be used on this machine."""


@dataclass(frozen=True)
class Kernel:
    """Kernel: a fused elementwise operation, in NumPy and as C++ text.

    Parameters
    ----------
    name : str
        A C identifier.
    ins, outs : str
        Typed argument lists such as ``"T z, T slope"`` and ``"T y"``; ``T`` is the backend's dtype.
        An output may also be read: its old value is then an input.
    cpp : str
        The operation on one element: C++ with the names above, within the subset below.
    numpy : callable
        The operation on whole arrays, called as ``numpy(*ins, *outs)``; it writes `outs` in place.
        This is the definition, and the C++ text must agree with it.
    n_scratch : int, default=0
        The number of scratch arrays, shaped like the outputs, that `numpy` takes as further
        arguments for intermediate results. Each may be None.

    Notes
    -----
    The text is compiled for CUDA and by compilers for the CPU, with T as float and as double, so it
    is a sequence of statements of this part of C++ alone:

    ========= ==================================================================================
    statement ``name = value;``, ``name += value;`` or ``name -= value;`` for an output or a
              local variable; ``T name = value;``, which declares the variable
    value     a sum, or ``sum < sum ? value : value`` with ``<``, ``<=``, ``>`` or ``>=``
    sum       of terms by ``+``, ``-``, ``*``, ``/`` and signs
    term      ``name``, ``T(number)``, ``0``, ``(value)`` or ``function(value)``
    function  copysign (of two values), erf, erfc, exp, expm1, fabs, log1p, sqrt, tanh
    ========= ==================================================================================

    No other numbers: 0.5 is a double, and makes one of a float. No loops and no branches. A local
    variable has a name of its own, and none is called T, i or n or as a function is. A comparison
    with NaN is false; that alternative has to keep it where `numpy` does.

    On the CPU `numpy` runs; while compiled code replays a tape, the text does, if it is one that
    regan's extension was built with. A kernel of another package runs through `numpy` there too, at
    its place on the tape.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.backends import Kernel, get_backend
    >>> def halve(x, y):
    ...     np.multiply(x, 0.5, out=y)
    >>> kernel = Kernel("halve", "T x", "T y", "y = T(0.5) * x;", halve)
    >>> ops = get_backend("numpy")
    >>> y = ops.empty((2,))
    >>> ops.run(kernel, ops.asarray([1, 3]), outs=(y,))
    >>> y
    array([0.5, 1.5], dtype=float32)
    """

    name: str
    ins: str
    outs: str
    cpp: str
    numpy: Callable[..., None]
    n_scratch: int = 0


class Recorded(Protocol):
    """Work on the device that was recorded."""

    def repeat(self) -> Array:
        """Do it all, and return its result, in the same array each time."""

    def close(self) -> None:
        """Give back its memory; it cannot be repeated any more."""


MAX_COPIES = 16


@cache
def copies(n: int) -> Kernel:
    """``to_j = from_j`` for `n` arrays at once, at most `MAX_COPIES`."""

    def copy(*arrays: Array) -> None:
        for source, target in zip(arrays[:n], arrays[n:], strict=True):
            target[...] = source

    ins, outs = ([f"{name}_{j}" for j in range(n)] for name in ("from", "to"))
    text = " ".join(f"{target} = {source};" for source, target in zip(ins, outs, strict=True))
    declared = [", ".join(f"T {name}" for name in names) for names in (ins, outs)]
    return Kernel(f"copy_{n}", declared[0], declared[1], text, copy)


def write(ops: Backend, sources: Sequence[Any], targets: Sequence[Array]) -> None:
    """Write each of the `sources`, numbers or arrays, to its target, in few launches.

    The targets have one shape, and the sources broadcast to it.
    """
    for start in range(0, len(targets), MAX_COPIES):
        some = slice(start, start + MAX_COPIES)
        ops.run(copies(len(targets[some])), *sources[some], outs=tuple(targets[some]))


def joined_rows(ops: Backend, parts: Sequence[Array]) -> Array:
    """Concatenate B arrays (K, N, ...) of equal shape along axis 1, to (K, B N, ...)."""
    if len(parts) == 1:
        return parts[0]
    members, n, *rest = parts[0].shape
    whole = ops.empty((members, len(parts) * n, *rest))
    write(ops, parts, [whole[:, i * n : (i + 1) * n] for i in range(len(parts))])
    return whole


def add_row_sums(ops: Backend, a: Array, total: Array) -> None:
    """Add the sum over the rows of `a` (K, N, O) to `total` (K, O), by a product with ones."""
    ops.matmul(ops.ones(a.shape[1]), a, out=total[:, None, :], accumulate=True)


def squared_norm(ops: Backend, a: Array) -> Array:
    """The sum of squares of each row of `a` (K, P), (K,)."""
    product: Array = ops.matmul(a[:, None, :], a[:, None, :], tb=True)
    return product[:, 0, 0]


class Backend(ABC):
    """Base class of backends: an array library with a floating-point dtype.

    All arrays of values have the population axis first: ``(K, N, I)`` activations, ``(K, I, O)``
    weights, ``(K, P)`` parameters.

    Parameters
    ----------
    dtype : {"float32", "float64"}, default="float32"
        The dtype of all floating-point arrays that the backend makes.
    """

    name: ClassVar[str]
    bitwise: ClassVar[bool] = False
    """Products of equal shape give equal bits, however many models run at once."""

    def __init__(self, dtype: Any = "float32") -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        if self.dtype not in (np.dtype("float32"), np.dtype("float64")):
            raise ValueError(f"dtype must be 'float32' or 'float64', got {dtype!r}")
        self._ones: dict[int, Array] = {}

    @classmethod
    def missing(cls) -> str | None:
        """Why the backend cannot be used on this machine, and what would help; None if it can."""
        return None

    @property
    @abstractmethod
    def xp(self) -> Any:
        """The NumPy-like module, for array expressions."""

    @abstractmethod
    def asarray(self, a: Any, dtype: Any = None) -> Array:
        """A C-contiguous array of `dtype` (by default the backend's) on the device."""

    @abstractmethod
    def to_numpy(self, a: Array) -> np.ndarray:
        """A copy of `a` as a NumPy array on the host; the only call that waits for the device."""

    @abstractmethod
    def zeros(self, shape: tuple[int, ...]) -> Array:
        """A new array of zeros."""

    @abstractmethod
    def empty(self, shape: tuple[int, ...]) -> Array:
        """A new array of arbitrary content."""

    def lasting(self, shape: tuple[int, ...]) -> Array:
        """A new array of arbitrary content that `recycle` never reuses."""
        return self.empty(shape)

    def ones(self, n: int) -> Array:
        """A row of ones, (1, 1, n), made once; do not write to it."""
        if n not in self._ones:
            self._ones[n] = self.asarray(np.ones((1, 1, n)))
        return self._ones[n]

    @abstractmethod
    def rng(self, seed: Any) -> Any:
        """A random generator on the device with `standard_normal`, `random` and `integers`.

        `seed` is an int or a `numpy.random.SeedSequence`. Streams of two backends differ.
        """

    @abstractmethod
    def reseed(self, rng: Any, seed: Any) -> None:
        """Set the generator `rng` to the state of ``self.rng(seed)``, in the same memory."""

    @abstractmethod
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
        """The product ``op(a) @ op(b)`` for each member of the population.

        Parameters
        ----------
        a, b : arrays of shape (K, ., .)
            An axis 0 of length 1 is shared by all members.
        ta, tb : bool
            Transpose the last two axes of `a`, of `b`.
        out : array of shape (K, ., .), optional
            The array for the result; the method then returns None. Its rows must be contiguous; it
            may be a view.
        accumulate : bool
            Add to `out` instead of overwriting it.
        """

    def smallest(self, a: Array, n: int) -> Array:
        """Positions of the `n` smallest entries of each row of `a` (K, J), (K, n), in any order."""
        return self.xp.argsort(a, axis=1)[:, :n]

    @abstractmethod
    def run(self, kernel: Kernel, *ins: Any, outs: tuple[Array, ...]) -> None:
        """Run `kernel`; inputs (arrays or Python numbers) broadcast against `outs`."""

    @abstractmethod
    def synchronize(self) -> None:
        """Wait until all work on the device is done."""

    @property
    def recorded_states(self) -> int:
        """Copies of all arrays that work writes, which `record` holds while it records."""
        return 0

    def record(self, first: Callable[[], Array], again: Callable[[], Array]) -> Recorded | None:
        """Do `first`; record the device's part of `again`, and return what does that part at once.

        Both have the same device work, calls of this backend on arrays that stay where they are,
        and return its result. They ask `watched` for what is there already, and `numbers` for what
        changes. `again` is not done yet, and the host's part of it never will be. None if the
        backend has nothing to gain from it or cannot; `first` is done all the same.
        """
        first()
        return None

    @property
    def worth_recording(self) -> int | None:
        """From how many repetitions on `record` pays; None if it is not worth trying."""
        return None

    def watched(self, thing: Any) -> Any:
        """An array or a generator for the work that `record` does: the same, or a view of it."""
        return thing

    def numbers(self, values: Sequence[float]) -> list[Any]:
        """Numbers of the host for work to be recorded, each in a place of its own, (1, 1)."""
        places = [self.empty((1, 1)) for _ in values]
        write(self, values, places)
        return places

    def read(self, places: Sequence[Any]) -> Sequence[Any]:
        """What work calculates with that is given these places of `numbers`."""
        return places

    def renew(self, places: Sequence[Any], values: Sequence[float]) -> None:
        """Give the `numbers` in these places other values, before recorded work is repeated."""
        write(self, values, places)

    @property
    def n_threads(self) -> int:
        """The number of Python threads that are worth using at once."""
        return 1

    @property
    def free_memory(self) -> int:
        """Free memory of the device in bytes; 1 GiB if the backend does not know it."""
        return 2**30

    def models_at_once(self, n_bytes: int) -> tuple[int, int]:
        """How many models, at least and at most, one call should compute to be fast.

        n_bytes : what a step writes for each of them.
        """
        return sys.maxsize, sys.maxsize

    def threads_for(self, multiplications: int, n_models: int = 1) -> AbstractContextManager[Any]:
        """A context in which products of about so many multiplications, for each of so many models,
        run best.
        """
        return nullcontext()

    def sharing(self, n_threads: int) -> AbstractContextManager[Any]:
        """A context for so many threads of ours at once: products take one in each."""
        return nullcontext()

    def recycling(self) -> AbstractContextManager[Any]:
        """A context in which `recycle` may reuse arrays."""
        return nullcontext()

    def recycle(self, kind: Any = None) -> None:  # noqa: B027 - a backend may have nothing to do
        """Let `empty` reuse the arrays that it has returned since the last call, in `recycling`.

        For loops whose rounds need the same arrays and keep none of them. Give rounds that need
        different arrays a different `kind`.
        """

    def __repr__(self) -> str:
        return f"{type(self).__name__}(dtype={self.dtype.name!r})"
