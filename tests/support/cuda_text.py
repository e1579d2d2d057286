"""The C++ text of every kernel as CUDA, compiled without a GPU by NVRTC where its package is."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path

from regan.backends import Kernel
from regan.backends.native.text import argument_names

_CTYPES = {"float32": "float", "float64": "double"}


def nvrtc() -> ctypes.CDLL | None:
    """NVIDIA's run-time compiler out of its Python package, or None."""
    spec = find_spec("nvidia")
    for folder in spec.submodule_search_locations or () if spec else ():
        for library in sorted(Path(folder).glob("*/lib/libnvrtc.so.*")):
            return ctypes.CDLL(str(library))
    return None


def cuda_source(kernel: Kernel) -> str:
    """A template with a loop over the elements around the text, and a CUDA kernel a dtype."""
    ins, outs = argument_names(kernel.ins), argument_names(kernel.outs)
    arguments = ", ".join([f"const T* {n}_" for n in ins] + [f"T* {n}_" for n in outs])
    elements = "".join(f"const T {n} = {n}_[i]; " for n in ins)
    elements += "".join(f"T& {n} = {n}_[i]; " for n in outs)
    first, step = "blockIdx.x * blockDim.x + threadIdx.x", "gridDim.x * blockDim.x"
    lines = [
        f"template <typename T> __device__ void {kernel.name}(long n_elements, {arguments})",
        f"{{ for (long i = {first}; i < n_elements; i += {step}) {{ {elements}{kernel.cpp} }} }}",
    ]
    for dtype, c in _CTYPES.items():
        typed, call = arguments.replace("T*", f"{c}*"), ", ".join(f"{n}_" for n in ins + outs)
        head = f'extern "C" __global__ void {kernel.name}_{dtype}(long n, {typed})'
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
