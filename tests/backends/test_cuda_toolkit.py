"""What regan takes from CuPy and cuBLAS is there, as far as that can be seen without a device."""

import ctypes

import pytest
import strict_cupy

from regan.backends import cublas

cupy = pytest.importorskip("cupy", reason="CuPy is not installed; tox -e cuda-text installs it")


def test_cupy_has_what_the_stand_in_has():
    for name in strict_cupy.FUNCTIONS | {"asarray", "asnumpy", "ElementwiseKernel"}:
        assert callable(getattr(cupy, name))
    for name in strict_cupy.METHODS:
        assert hasattr(cupy.ndarray, name)
    for name in ("Stream", "MemoryPool", "using_allocator", "get_current_stream", "alloc"):
        assert callable(getattr(cupy.cuda, name))
    for name in ("begin_capture", "end_capture", "record", "wait_event", "__enter__"):
        assert callable(getattr(cupy.cuda.Stream, name))
    assert callable(cupy.cuda.Graph.launch)
    for name in ("standard_normal", "random", "integers"):
        assert callable(getattr(cupy.random.Generator, name))


def test_cublas_is_found_through_cupy():
    cublas.load.cache_clear()
    library = cublas.load()
    for name, argtypes in cublas.SIGNATURES.items():
        assert getattr(library, name).argtypes == list(argtypes)
    handle = ctypes.c_void_p()
    status = library.cublasCreate_v2(ctypes.byref(handle))
    # 1: the library was not initialized, where there is no driver
    assert status == (0 if cupy.cuda.is_available() else 1)
