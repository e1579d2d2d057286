"""The C++ text of every kernel, compiled without a GPU: for the CPU, and as CUDA by NVRTC.

An elementwise kernel's body is plain C++ in the names of its arguments, so any C++ compiler can
tell whether it parses and whether it computes what the NumPy definition does, by running it on the
host. NVIDIA's compiler, where its package is installed, tells whether it is CUDA.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from regan.backends import Kernel
from regan.testing.backends import all_kernels

COMPILER = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
_CTYPES = {"float32": "float", "float64": "double"}


def run(kernel: Kernel, ins: list[np.ndarray], outs: list[np.ndarray]) -> None:
    """Run the C++ text of `kernel` on the host; `ins` broadcast against `outs`."""
    shape, dtype = outs[0].shape, outs[0].dtype
    given = [_spread(a, shape, dtype) for a in ins]
    results = [np.array(a, order="C") for a in outs]
    addresses = [ctypes.c_void_p(a.ctypes.data) for a in given + results]
    _function(kernel.name, dtype)(ctypes.c_long(outs[0].size), *addresses)
    for out, result in zip(outs, results, strict=True):
        out[...] = result


def _spread(a: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray:
    if np.shape(a) == shape:
        return np.ascontiguousarray(a, dtype=dtype)
    spread = np.empty(shape, dtype)
    spread[...] = a
    return spread


@cache
def _function(name: str, dtype: np.dtype[Any]) -> Any:
    return getattr(_library(), f"{name}_{dtype.name}")


def names(declared: str) -> list[str]:
    """The argument names of ``"T a, T b"``."""
    return [item.split()[1] for item in declared.split(",")]


def nvrtc() -> ctypes.CDLL | None:
    """NVIDIA's run-time compiler out of its Python package, or None."""
    spec = find_spec("nvidia")
    for folder in spec.submodule_search_locations or () if spec else ():
        for library in sorted(Path(folder).glob("*/lib/libnvrtc.so.*")):
            return ctypes.CDLL(str(library))
    return None


def cuda_source(kernel: Kernel) -> str:
    """A CUDA kernel a dtype, with a loop over the elements around the text."""
    first, step = "blockIdx.x * blockDim.x + threadIdx.x", "gridDim.x * blockDim.x"
    return wrapped(kernel, "__device__ ", "__global__ ", f"long i = {first}", f"i += {step}")


def wrapped(kernel: Kernel, inner: str, outer: str, start: str, advance: str) -> str:
    """A template with a loop around the text of `kernel`, and a C function for each dtype."""
    ins, outs = names(kernel.ins), names(kernel.outs)
    arguments = ", ".join([f"const T* {n}_" for n in ins] + [f"T* {n}_" for n in outs])
    elements = "".join(f"const T {n} = {n}_[i]; " for n in ins)
    elements += "".join(f"T& {n} = {n}_[i]; " for n in outs)
    lines = [
        f"template <typename T> {inner}void {kernel.name}(long n_elements, {arguments})",
        f"{{ for ({start}; i < n_elements; {advance}) {{ {elements}{kernel.cpp} }} }}",
    ]
    for dtype, c in _CTYPES.items():
        typed, call = arguments.replace("T*", f"{c}*"), ", ".join(f"{n}_" for n in ins + outs)
        head = f'extern "C" {outer}void {kernel.name}_{dtype}(long n, {typed})'
        lines.append(f"{head} {{ {kernel.name}<{c}>(n, {call}); }}")
    return "\n".join(lines)


def compile_cuda(library: ctypes.CDLL, text: str) -> tuple[int, str]:
    """NVRTC's result, 0 if all is well, and what it says."""
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    given = text.encode(), b"kernel.cu", 0, None, None
    assert library.nvrtcCreateProgram(ctypes.byref(program), *given) == 0
    options = (ctypes.c_char_p * 2)(b"--gpu-architecture=compute_90", b"-Werror=all-warnings")
    result = library.nvrtcCompileProgram(program, len(options), options)
    library.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    library.nvrtcGetProgramLog(program, log)
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return result, log.value.decode()


def source(kernels: list[Kernel]) -> str:
    """One C++ file with a loop around each kernel's text, for both dtypes."""
    loops = [wrapped(kernel, "", "", "long i = 0", "++i") for kernel in kernels]
    return "\n".join(["#include <cmath>", "using namespace std;", *loops])


@cache
def _library() -> ctypes.CDLL:
    assert COMPILER is not None
    with TemporaryDirectory() as folder:
        text, library = Path(folder) / "kernels.cpp", Path(folder) / "kernels.so"
        text.write_text(source(all_kernels()))
        command = [COMPILER, "-O1", "-Wall", "-Werror", "-shared", "-fPIC", text, "-o", library]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return ctypes.CDLL(str(library))
