"""A stand-in for CuPy on a machine without a GPU: NumPy inside, CuPy's manners outside.

It refuses what CuPy refuses (implicit conversion, mixing with NumPy arrays), knows no functions and
methods but those in its lists, counts launches and what would make the host wait, runs the CUDA
text of elementwise kernels (see `native_kernels`) and has cuBLAS do what it would do with the raw
addresses (see `strict_cublas`). A stream can be captured: then nothing is done, what would have
been is written down with its addresses, and a graph does it later. It proves nothing about CUDA
itself.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from itertools import count
from threading import local
from types import ModuleType, SimpleNamespace
from typing import Any

import native_kernels
import numpy as np
import strict_cublas

from regan.backends.native.text import argument_names
from regan.testing.backends import all_kernels

WAITS = SimpleNamespace(count=0)
LAUNCHES = SimpleNamespace(names=[], graphs=0)
POOLS = {"made": 0, "freed": 0}
_KERNELS: dict[str, Any] = {}

# CuPy has all of them, and none waits for the device. Whoever needs another one looks it up in
# CuPy's reference first.
_FUNCTIONS = """
    abs arange argsort ascontiguousarray broadcast_to clip concatenate cos cumsum diagonal empty exp
    eye floor full full_like isfinite log logaddexp maximum minimum multiply ones_like sign sin sort
    sqrt stack tanh where zeros zeros_like
"""
_METHODS = """
    all any astype copy cumsum dtype flags itemsize max mean min ndim nbytes prod ravel repeat
    reshape shape size std strides sum swapaxes T take transpose var
"""
_LINALG = ("cholesky", "eigh", "inv")
FUNCTIONS, METHODS = frozenset(_FUNCTIONS.split()), frozenset(_METHODS.split())
_JOINING = ("stack", "concatenate")  # a launch for each array, or one that reads host memory
_MANY = 8


class _Stream:
    """A stream: an address, and while it is captured, what it was asked to do."""

    _addresses = count(1000)

    def __init__(self, *, non_blocking: bool = False, ptr: int | None = None) -> None:
        self.ptr = next(self._addresses) if ptr is None else ptr
        self.non_blocking = non_blocking
        self.tape: list[Callable[[], Any]] | None = None
        self._before: list[_Stream] = []

    def __enter__(self) -> _Stream:
        self._before.append(_STATE.stream)
        _STATE.stream = self
        return self

    def __exit__(self, *_: Any) -> None:
        _STATE.stream = self._before.pop()

    def record(self) -> Any:
        assert self.tape is None
        return SimpleNamespace(stream=self)

    def wait_event(self, event: Any) -> None:
        assert event.stream is not self

    def begin_capture(self) -> None:
        if self.ptr == 0:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        assert self.non_blocking
        assert _STATE.stream is self
        assert _STATE.private, "what a graph computes in must not be given to anybody else"
        self.tape = []

    def end_capture(self) -> _Graph:
        assert self.tape is not None
        tape, self.tape = self.tape, None
        return _Graph(tape)

    def synchronize(self) -> None:
        wait()


class _Graph:
    def __init__(self, tape: list[Callable[[], Any]]) -> None:
        self._tape = tape

    def launch(self) -> None:
        assert _STATE.stream.tape is None
        LAUNCHES.graphs += 1
        for work in self._tape:
            work()


_NULL = _Stream(ptr=0)
_STATE = SimpleNamespace(stream=_NULL, private=0)


class _UsingAllocator:
    def __init__(self, allocator: Any) -> None:
        self._private = {_private_allocator: 1, _outer_allocator: 0}[allocator]

    def __enter__(self) -> None:
        self._before, _STATE.private = _STATE.private, self._private

    def __exit__(self, *_: Any) -> None:
        _STATE.private = self._before


def _outer_allocator(size: int) -> None:
    """Of whoever calls regan."""


def _private_allocator(size: int) -> None:
    """Of a pool that regan made."""


class _MemoryPool:
    """It keeps what was given back to it, even when it is dropped itself."""

    malloc = staticmethod(_private_allocator)

    def __init__(self) -> None:
        POOLS["made"] += 1

    def free_all_blocks(self) -> None:
        POOLS["freed"] += 1


def wait() -> None:
    """Whatever makes the host wait for the device; impossible while a stream is captured."""
    _refuse_in_capture("synchronous API calls are disallowed")
    WAITS.count += 1


def _refuse_in_capture(why: str) -> None:
    if _STATE.stream.tape is not None:
        raise RuntimeError(f"the current stream is capturing, so {why}")


def do(name: str, work: Callable[[], Any], *, launches: int = 1) -> None:
    """Work that changes arrays in place: done now, or written down."""
    LAUNCHES.names += [name] * launches
    if _STATE.stream.tape is None:
        work()
    else:
        _STATE.stream.tape.append(work)


def made(name: str, work: Callable[[], Any], *sources: Any, launches: int = 1) -> Any:
    """What `work` computes from `sources`: a view of one of them, or a new array."""
    result = work()
    if not isinstance(result, (np.ndarray, np.generic)):
        return result
    result = np.asarray(result)
    if any(isinstance(a, np.ndarray) and np.may_share_memory(a, result) for a in sources):
        return ndarray(result)
    LAUNCHES.names += [name] * (launches if result.size else 0)
    tape = _STATE.stream.tape
    if tape is not None:
        result = _nothing(result.shape, result.dtype)
        tape.append(lambda: np.copyto(result, work()))
    return ndarray(result)


def _nothing(shape: Any, dtype: Any) -> np.ndarray:
    """An array whose content is not there yet."""
    dtype = np.dtype(dtype)
    return np.full(shape, np.nan if dtype.kind == "f" else 0, dtype=dtype)


class ndarray:  # noqa: N801 - CuPy's name
    """A device array: no way to NumPy but `get`."""

    __array_ufunc__ = None  # numpy_array + this -> TypeError
    __hash__ = None  # type: ignore[assignment]  # as arrays have none

    def __init__(self, values: Any) -> None:
        self._host = np.asarray(values)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def get(self) -> np.ndarray:
        wait()
        return self._host.copy()

    def item(self) -> Any:
        wait()
        return self._host.item()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    __index__ = __int__

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if any(getattr(part, "dtype", None) == np.bool_ for part in parts):
            wait()  # how many are true decides the shape
        inside, host = _inside(key), self._host
        # an integer gives a view in CuPy, and a number in NumPy
        view = isinstance(inside, int) and host.ndim == 1
        return made("take", lambda: host[inside, ...] if view else host[inside], host)

    def __setitem__(self, key: Any, value: Any) -> None:
        inside, given = _inside(key), _inside(value)
        do("set", lambda: operator.setitem(self._host, inside, given))

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self._host.ctypes.data)

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:  # no __array_interface__, no buffer protocol
            raise AttributeError(f"cupy.ndarray.{name} is not among the known methods")
        value = getattr(self._host, name)
        if not callable(value):
            return ndarray(value) if isinstance(value, np.ndarray) else value
        return _wrapped(name, value, self._host)


def _binary(name: str, *, reflected: bool = False) -> Any:
    function = getattr(operator, name)

    def operation(self: ndarray, other: Any) -> Any:
        pair = (_inside(other), self._host) if reflected else (self._host, _inside(other))
        return made(name, lambda: function(*pair))

    return operation


def _unary(name: str) -> Any:
    function = getattr(operator, name)
    return lambda self: made(name, lambda: function(self._host))


def _in_place(name: str, ufunc: Any) -> Any:
    def change(self: ndarray, other: Any) -> ndarray:
        given = _inside(other)
        do(f"i{name}", lambda: ufunc(self._host, given, out=self._host))
        return self

    return change


_UFUNCS = {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide}
for _name, _ufunc in {**_UFUNCS, "pow": np.power}.items():
    setattr(ndarray, f"__{_name}__", _binary(_name))
    setattr(ndarray, f"__r{_name}__", _binary(_name, reflected=True))
    setattr(ndarray, f"__i{_name}__", _in_place(_name, _ufunc))
for _name in ("lt", "le", "gt", "ge", "eq", "ne", "and_", "or_"):
    setattr(ndarray, f"__{_name.rstrip('_')}__", _binary(_name))
for _name in ("neg", "abs", "invert"):
    setattr(ndarray, f"__{_name}__", _unary(_name))


def _matmul(self: ndarray, other: Any) -> Any:
    _refuse_in_capture("CuPy's wrappers of cuBLAS are not supported")
    return made("matmul", lambda: self._host @ _inside(other))


ndarray.__matmul__ = _matmul  # type: ignore[attr-defined]


def _inside(value: Any) -> Any:
    if type(value) is np.ndarray:
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, (tuple, list)):
        return type(value)(map(_inside, value))
    return value._host if isinstance(value, ndarray) else value


def _wrapped(name: str, function: Any, *sources: Any) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        given, named = [*map(_inside, args)], {k: _inside(v) for k, v in kwargs.items()}
        launches = 1
        if name in _JOINING:
            launches = len(given[0])
            if launches > _MANY:
                _refuse_in_capture("H2D transfers are disallowed")
                launches = 1
        elif name == "empty":
            launches = 0
        if named.get("out") is not None:
            do(name, lambda: function(*given, **named), launches=launches)
            return kwargs["out"]
        arrays = [*sources, *(a for a in given if isinstance(a, np.ndarray))]
        return made(name, lambda: function(*given, **named), *arrays, launches=launches)

    return call


class _Module(ModuleType):
    """Functions of NumPy on device arrays."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"cupy.{name} is not among the known functions")
        return _wrapped(name, getattr(np, name))


def _linalg() -> ModuleType:
    """Decompositions of stacks of matrices, which cuSOLVER does."""
    module = ModuleType("cupy.linalg")
    for name in _LINALG:

        def decompose(a: ndarray, name: str = name) -> Any:
            _refuse_in_capture("CuPy's wrappers of cuSOLVER are not supported")
            found = getattr(np.linalg, name)(_inside(a))
            LAUNCHES.names.append(name)
            return tuple(map(ndarray, found)) if isinstance(found, tuple) else ndarray(found)

        setattr(module, name, decompose)
    return module


def _asarray(a: Any, dtype: Any = None) -> ndarray:
    if isinstance(a, ndarray):
        host = a._host
        return made("astype", lambda: np.asarray(host, dtype=dtype), host)
    _refuse_in_capture("H2D transfers are disallowed")
    return ndarray(np.array(a, dtype=dtype))


class _Philox:
    """Its state is an array on the device; here its content is that of NumPy's generator."""

    def __init__(self, seed: Any) -> None:
        _refuse_in_capture("synchronous API calls are disallowed")
        self.rng = np.random.default_rng(seed)
        self._state = _State(self)


class _State:
    def __init__(self, owner: _Philox) -> None:
        self._owner = owner

    def __setitem__(self, key: Any, other: _State) -> None:
        assert key is Ellipsis
        state = other._owner.rng.bit_generator.state
        do("set", lambda: setattr(self._owner.rng.bit_generator, "state", state))


class _Generator:
    def __init__(self, bits: _Philox) -> None:
        self.bit_generator = bits

    def _draw(self, name: str, size: Any, dtype: Any, *args: Any) -> ndarray:
        rng = self.bit_generator.rng
        result = _nothing(() if size is None else size, dtype)
        do(name, lambda: np.copyto(result, getattr(rng, name)(*args, size=size, dtype=dtype)))
        return ndarray(result)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64) -> ndarray:
        return self._draw("standard_normal", size, dtype)

    def random(self, size: Any = None, dtype: Any = np.float64) -> ndarray:
        return self._draw("random", size, dtype)

    def integers(self, low: int, high: int | None = None, size: Any = None) -> ndarray:
        LAUNCHES.names.append("add")  # CuPy adds `low` in a kernel of its own
        return self._draw("integers", size, np.int64, low, high)


class _ElementwiseKernel:
    """Runs the C++ text on the host, or the NumPy definition where there is no C++ compiler."""

    def __init__(self, in_params: str, out_params: str, operation: str, name: str) -> None:
        if name not in _KERNELS:  # of a module that was loaded since
            _KERNELS.update({f"regan_{kernel.name}": kernel for kernel in all_kernels()})
        self.kernel = _KERNELS[name]
        given = (self.kernel.ins, self.kernel.outs, self.kernel.cpp)
        assert (in_params, out_params, operation) == given
        self._n_in = len(argument_names(self.kernel.ins))
        self._n_out = len(argument_names(self.kernel.outs))

    def __call__(self, *args: Any) -> None:
        n_in, n_out = self._n_in, self._n_out
        assert len(args) == n_in + n_out, f"{self.kernel.name}: wrong number of arguments"
        assert all(isinstance(a, ndarray) for a in args[n_in:])
        arrays = [a for a in args if isinstance(a, ndarray)]
        if len({a.dtype for a in arrays}) != 1:
            raise TypeError(f"{self.kernel.name}: T cannot be {[a.dtype for a in arrays]} at once")
        ins, outs = [_inside(a) for a in args[:n_in]], [a._host for a in args[n_in:]]
        if len({a.shape for a in outs}) != 1:
            raise ValueError("Out shape is mismatched")
        shapes = {np.shape(a) for a in ins} | {outs[0].shape}
        if len(shapes) > 1 and np.broadcast_shapes(*shapes) != outs[0].shape:
            raise ValueError(f"{self.kernel.name}: the inputs do not broadcast to the output")
        do(self.kernel.name, lambda: self._run(ins, outs))

    def _run(self, ins: list[Any], outs: list[np.ndarray]) -> None:
        if native_kernels.COMPILER is None:
            self.kernel.numpy(*ins, *outs)
        else:
            native_kernels.run(self.kernel, ins, outs)


def _alloc(size: int) -> Any:
    assert not _STATE.private, "what outlives a graph must not be in its pool"
    return SimpleNamespace(ptr=4096)


def modules(*, available: bool = True) -> dict[str, Any]:
    """The entries of `sys.modules` that make ``import cupy`` find the stand-in."""
    cupy = _Module("cupy")
    cupy.__version__ = "14.2.0"
    cupy.ndarray = ndarray
    cupy.asnumpy = lambda a: a.get()
    cupy.asarray = _asarray
    cupy.ElementwiseKernel = _ElementwiseKernel
    cupy.linalg = _linalg()
    cupy.random = ModuleType("cupy.random")
    cupy.random.Generator = _Generator
    cupy.random.Philox4x3210 = _Philox
    cupy.cuda = ModuleType("cupy.cuda")
    cupy.cuda.is_available = lambda: available
    cupy.cuda.get_current_stream = lambda: _STATE.stream
    cupy.cuda.Stream = _Stream
    cupy.cuda.MemoryPool = _MemoryPool
    cupy.cuda.get_allocator = lambda: _outer_allocator
    cupy.cuda.using_allocator = _UsingAllocator
    cupy.cuda.alloc = _alloc
    cupy.cuda.Device = lambda: SimpleNamespace(id=0, mem_info=(2**30, 2**31))
    return {"cupy": cupy, "cupy.random": cupy.random, "cupy.cuda": cupy.cuda}


def install(monkeypatch: Any, *, available: bool = True) -> None:
    """Put the stand-in in CuPy's place for one test."""
    from regan.backends import cublas, cupy_backend

    cupy_backend._compile.cache_clear()
    WAITS.count, LAUNCHES.graphs = 0, 0
    LAUNCHES.names.clear()
    POOLS.update(made=0, freed=0)
    _STATE.stream, _STATE.private = _NULL, 0
    for name, module in modules(available=available).items():
        monkeypatch.setitem(sys.modules, name, module)
    library = strict_cublas.Library(do, lambda: (_STATE.stream.ptr, _STATE.stream.tape is not None))
    monkeypatch.setattr(cublas, "load", lambda: library)
    monkeypatch.setattr(cublas, "_HANDLES", local())
