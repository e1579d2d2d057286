"""A stand-in for CuPy on a machine without a GPU: NumPy inside, CuPy's manners outside.

It refuses what CuPy refuses (implicit conversion, mixing with NumPy arrays), knows no functions and
methods but those in its lists, counts what would make the host wait,
checks cuBLAS arguments by doing what cuBLAS would do with the raw addresses, and
runs the CUDA text of elementwise kernels (see `cuda_text`). It proves nothing about CUDA itself.
"""

from __future__ import annotations

import ctypes
import operator
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import cuda_text
import numpy as np

from regan.testing.backends import all_kernels

WAITS = SimpleNamespace(count=0)

# CuPy has all of them, and none waits for the device. Whoever needs another one looks it up in
# CuPy's reference first.
_FUNCTIONS = """
    abs arange argpartition ascontiguousarray broadcast_to clip concatenate cos cumsum empty exp eye
    floor full full_like isfinite log logaddexp maximum minimum multiply ones_like sign sin sort
    sqrt stack tanh where zeros zeros_like
"""
_METHODS = """
    all any astype copy cumsum dtype flags itemsize max mean min ndim nbytes prod ravel repeat
    reshape shape size std strides sum swapaxes T take transpose var
"""
FUNCTIONS, METHODS = frozenset(_FUNCTIONS.split()), frozenset(_METHODS.split())


class ndarray:  # noqa: N801 - CuPy's name
    """A device array: no way to NumPy but `get`."""

    __array_ufunc__ = None  # numpy_array + this -> TypeError
    __hash__ = None  # type: ignore[assignment]  # as arrays have none

    def __init__(self, values: Any) -> None:
        self._host = np.asarray(values)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def get(self) -> np.ndarray:
        WAITS.count += 1
        return self._host.copy()

    def item(self) -> Any:
        WAITS.count += 1
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

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if any(getattr(part, "dtype", None) == np.bool_ for part in parts):
            WAITS.count += 1  # how many are true decides the shape
        return ndarray(self._host[_inside(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._host[_inside(key)] = _inside(value)

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self._host.ctypes.data)

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:  # no __array_interface__, no buffer protocol
            raise AttributeError(f"cupy.ndarray.{name} is not among the known methods")
        value = getattr(self._host, name)
        return _wrapped(value) if callable(value) else _outside(value)


def _binary(name: str) -> Any:
    function = getattr(operator, name)
    return lambda self, other: _outside(function(_inside(self), _inside(other)))


def _unary(name: str) -> Any:
    function = getattr(operator, name)
    return lambda self: ndarray(function(self._host))


def _reflected(name: str) -> Any:
    function = getattr(operator, name)
    return lambda self, other: _outside(function(_inside(other), _inside(self)))


def _in_place(name: str) -> Any:
    function = getattr(operator, name)

    def change(self: ndarray, other: Any) -> ndarray:
        self._host = function(self._host, _inside(other))
        return self

    return change


for _name in ("add", "sub", "mul", "truediv", "matmul", "pow"):
    setattr(ndarray, f"__{_name}__", _binary(_name))
    setattr(ndarray, f"__r{_name}__", _reflected(_name))
    setattr(ndarray, f"__i{_name}__", _in_place(f"i{_name}"))
for _name in ("lt", "le", "gt", "ge", "eq", "ne", "and_", "or_"):
    setattr(ndarray, f"__{_name.rstrip('_')}__", _binary(_name))
for _name in ("neg", "abs", "invert"):
    setattr(ndarray, f"__{_name}__", _unary(_name))


def _inside(value: Any) -> Any:
    if type(value) is np.ndarray:
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, (tuple, list)):
        return type(value)(map(_inside, value))
    return value._host if isinstance(value, ndarray) else value


def _outside(value: Any) -> Any:
    return ndarray(value) if isinstance(value, (np.ndarray, np.generic)) else value


def _wrapped(function: Any) -> Any:
    return lambda *args, **kwargs: _outside(
        function(*map(_inside, args), **{k: _inside(v) for k, v in kwargs.items()})
    )


class _Module(ModuleType):
    """Functions of NumPy on device arrays."""

    def __getattr__(self, name: str) -> Any:
        if name not in FUNCTIONS:
            raise AttributeError(f"cupy.{name} is not among the known functions")
        return _wrapped(getattr(np, name))


class _Generator:
    def __init__(self, bits: Any) -> None:
        self._rng = np.random.default_rng(bits.seed)

    def standard_normal(self, size: Any = None, dtype: Any = np.float64) -> ndarray:
        return ndarray(self._rng.standard_normal(size, dtype))

    def random(self, size: Any = None, dtype: Any = np.float64) -> ndarray:
        return ndarray(self._rng.random(size, dtype))

    def integers(self, low: int, high: int | None = None, size: Any = None) -> ndarray:
        return ndarray(self._rng.integers(low, high, size))


class _ElementwiseKernel:
    """Runs the CUDA text on the host, or the NumPy definition where there is no C++ compiler."""

    def __init__(self, in_params: str, out_params: str, operation: str, name: str) -> None:
        found = {f"regan_{kernel.name}": kernel for kernel in all_kernels()}
        self.kernel = found[name]
        given = (self.kernel.ins, self.kernel.outs, self.kernel.cuda)
        assert (in_params, out_params, operation) == given

    def __call__(self, *args: Any) -> None:
        n_in = len(cuda_text.names(self.kernel.ins))
        n_out = len(cuda_text.names(self.kernel.outs))
        assert len(args) == n_in + n_out, f"{self.kernel.name}: wrong number of arguments"
        assert all(isinstance(a, ndarray) for a in args[n_in:])
        arrays = [a for a in args if isinstance(a, ndarray)]
        if len({a.dtype for a in arrays}) != 1:
            raise TypeError(f"{self.kernel.name}: T cannot be {[a.dtype for a in arrays]} at once")
        ins, outs = [_inside(a) for a in args[:n_in]], [a._host for a in args[n_in:]]
        if np.broadcast_shapes(*(np.shape(a) for a in ins), outs[0].shape) != outs[0].shape:
            raise ValueError(f"{self.kernel.name}: the inputs do not broadcast to the output")
        if cuda_text.COMPILER is None:
            self.kernel.numpy(*ins, *outs)
        else:
            cuda_text.run(self.kernel, ins, outs)


def _gemm(ctype: Any) -> Any:
    """What cublas<t>gemmStridedBatched does, by columns and through raw addresses."""

    def matrix(pointer: int, rows: int, columns: int, leading: int) -> np.ndarray:
        assert leading >= rows, "the leading dimension is smaller than a column"
        size = leading * (columns - 1) + rows
        flat = np.ctypeslib.as_array((ctype * size).from_address(pointer))
        strides = (flat.itemsize, leading * flat.itemsize)
        return np.lib.stride_tricks.as_strided(flat, (rows, columns), strides)

    def gemm(
        handle: int, opa: int, opb: int, m: int, n: int, k: int, alpha: int,
        a: int, lda: int, stride_a: int, b: int, ldb: int, stride_b: int, beta: int,
        c: int, ldc: int, stride_c: int, batch: int,
    ) -> None:  # fmt: skip
        assert handle == 7
        assert _CUBLAS.mode == _CUBLAS.CUBLAS_POINTER_MODE_HOST
        alpha, beta = ctype.from_address(alpha).value, ctype.from_address(beta).value
        size = ctypes.sizeof(ctype)
        for i in range(batch):
            left = matrix(a + i * stride_a * size, *((k, m) if opa else (m, k)), lda)
            right = matrix(b + i * stride_b * size, *((n, k) if opb else (k, n)), ldb)
            out = matrix(c + i * stride_c * size, m, n, ldc)
            product = (left.T if opa else left) @ (right.T if opb else right)
            out[...] = alpha * product + (beta * out if beta else 0)

    return gemm


def _set_mode(handle: int, mode: int) -> None:
    _CUBLAS.mode = mode


_CUBLAS = SimpleNamespace(
    CUBLAS_OP_N=0,
    CUBLAS_OP_T=1,
    CUBLAS_POINTER_MODE_HOST=0,
    CUBLAS_POINTER_MODE_DEVICE=1,
    mode=1,
    getPointerMode=lambda handle: _CUBLAS.mode,
    setPointerMode=_set_mode,
    sgemmStridedBatched=_gemm(ctypes.c_float),
    dgemmStridedBatched=_gemm(ctypes.c_double),
)


def modules(*, available: bool = True) -> dict[str, Any]:
    """The entries of `sys.modules` that make ``import cupy`` find the stand-in."""
    cupy = _Module("cupy")
    cupy.__version__ = "14.2.0"
    cupy.ndarray = ndarray
    cupy.asnumpy = lambda a: a.get()
    cupy.asarray = lambda a, dtype=None: ndarray(
        np.array(a._host if isinstance(a, ndarray) else a, dtype=dtype)
    )
    cupy.ElementwiseKernel = _ElementwiseKernel
    cupy.random = ModuleType("cupy.random")
    cupy.random.Generator = _Generator
    cupy.random.Philox4x3210 = lambda seed: SimpleNamespace(seed=seed)
    cupy.cuda = ModuleType("cupy.cuda")
    cupy.cuda.is_available = lambda: available
    cupy.cuda.get_current_stream = lambda: SimpleNamespace(synchronize=_wait)
    cupy.cuda.device = SimpleNamespace(get_cublas_handle=lambda: 7)
    libraries = ModuleType("cupy_backends.cuda.libs")
    libraries.cublas = _CUBLAS
    return {
        "cupy": cupy,
        "cupy.random": cupy.random,
        "cupy.cuda": cupy.cuda,
        "cupy_backends": ModuleType("cupy_backends"),
        "cupy_backends.cuda": ModuleType("cupy_backends.cuda"),
        "cupy_backends.cuda.libs": libraries,
    }


def _wait() -> None:
    WAITS.count += 1


def install(monkeypatch: Any, *, available: bool = True) -> None:
    """Put the stand-in in CuPy's place for one test."""
    from regan.backends import cupy_backend

    cupy_backend._compile.cache_clear()
    WAITS.count = 0
    for name, module in modules(available=available).items():
        monkeypatch.setitem(sys.modules, name, module)
