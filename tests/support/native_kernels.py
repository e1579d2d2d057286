"""The compiled kernels of regan as a library for ctypes, and the text that they are compiled from.

``python tests/support/native_kernels.py`` writes the text anew, after a kernel has changed.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from regan.backends import Kernel, native
from regan.backends.native.text import signature, source
from regan.backends.native.ufuncs import UFUNCS
from regan.testing.backends import all_kernels

COMPILER = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
FOLDER = Path(native.__file__).parent
TEXT = FOLDER / "kernels.inc"
COMMAND = f"python {Path(__file__).relative_to(Path(__file__).parents[2]).as_posix()}"
# entries must not depend on where they lie: no product and sum in one, as it suits the compiler
FLAGS = "-std=c++17 -O3 -fno-math-errno -fno-trapping-math -ffp-contract=off".split()
INSTRUCTION_SETS = ("AVX-512", "AVX2", "baseline")
_C_FUNCTIONS = """
#include "kernels.hpp"
extern "C" {
const char* signature_at(int i) { return regan::kernel_signatures[i]; }
const char* choose(const char* name) { return regan::choose_instruction_set(name); }
const char* chosen() { return regan::instruction_set(); }
void run(int i, int dtype, std::int64_t n, char* const* operands) {
    regan::kernel_function(i, dtype)(n, operands);
}
}
"""


def compiled_kernels() -> list[Kernel]:
    """Every kernel that is compiled: all of regan, and those of ufuncs."""
    return list(dict.fromkeys([*all_kernels(), *UFUNCS.values()]))


def run(kernel: Kernel, ins: list[Any], outs: list[np.ndarray]) -> None:
    """Run the compiled `kernel`; `ins` broadcast against `outs`, which may be anywhere."""
    shape, dtype = outs[0].shape, outs[0].dtype
    given = [np.array(np.broadcast_to(a, shape), dtype, order="C") for a in ins]
    results = [np.array(a, order="C") for a in outs]
    call(kernel, given + results)
    for out, result in zip(outs, results, strict=True):
        out[...] = result


def call(kernel: Kernel, operands: list[np.ndarray]) -> None:
    """Run the compiled `kernel` on contiguous operands, in place."""
    dtype = operands[0].dtype
    assert all(a.flags.c_contiguous and a.dtype == dtype for a in operands)
    addresses = (ctypes.c_void_p * len(operands))(*(a.ctypes.data for a in operands))
    index, n = places()[signature(kernel)], ctypes.c_int64(operands[0].size)
    library().run(index, ["float32", "float64"].index(dtype.name), n, addresses)


@cache
def places() -> dict[str, int]:
    """Where each signature is in the table of the library."""
    found: dict[str, int] = {}
    while (text := library().signature_at(len(found))) is not None:
        found[text.decode()] = len(found)
    return found


@cache
def library() -> ctypes.CDLL:
    """The kernels compiled for this machine."""
    assert COMPILER is not None
    with TemporaryDirectory() as folder:
        functions, built = Path(folder) / "functions.cpp", Path(folder) / "kernels.so"
        functions.write_text(_C_FUNCTIONS)
        sources = [functions, FOLDER / "kernels.cpp", "-I", FOLDER, "-o", built]
        warnings = ["-Wall", "-Wextra", "-Werror"]
        command = [COMPILER, *FLAGS, *warnings, "-shared", "-fPIC", *sources]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        loaded = ctypes.CDLL(str(built))
    for function in (loaded.signature_at, loaded.choose, loaded.chosen):
        function.restype = ctypes.c_char_p
    return loaded


if __name__ == "__main__":
    TEXT.write_text(source(compiled_kernels()))
