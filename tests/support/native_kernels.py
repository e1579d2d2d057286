"""The compiled kernels of regan as a library for ctypes, and the text that they are compiled from.

``python tests/support/native_kernels.py`` writes the text anew, after a kernel has changed.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy import special

from regan.backends import Kernel, native
from regan.backends.native.text import signature, source
from regan.backends.native.ufuncs import KERNELS
from regan.testing.backends import all_kernels

COMPILER = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
FOLDER = Path(native.__file__).parent
TEXT = FOLDER / "kernels.inc"
COMMAND = f"python {Path(__file__).relative_to(Path(__file__).parents[2]).as_posix()}"
# entries must not depend on where they lie: no product and sum in one, as it suits the compiler
FLAGS = ["-std=c++17", "-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
INSTRUCTION_SETS = ("AVX-512", "AVX2", "baseline")
# what no kernel gives bare
FUNCTIONS = [
    Kernel("only_erf", "T a", "T y", "y = erf(a);", lambda a, y: special.erf(a, out=y)),
    Kernel("only_erfc", "T a", "T y", "y = erfc(a);", lambda a, y: special.erfc(a, out=y)),
]
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
    """Every kernel that is compiled: all of regan, and those of replays."""
    return list(dict.fromkeys([*all_kernels(), *KERNELS]))


def run(kernel: Kernel, ins: list[Any], outs: list[np.ndarray]) -> None:
    """Run `kernel`, compiled in little time; `ins` broadcast against `outs`, which lie anywhere."""
    shape, dtype = outs[0].shape, outs[0].dtype
    given = [np.array(np.broadcast_to(a, shape), dtype, order="C") for a in ins]
    results = [np.array(a, order="C") for a in outs]
    quick().call(kernel, given + results)
    for out, result in zip(outs, results, strict=True):
        out[...] = result


class Library:
    """The kernels compiled for this machine: those of `compiled_kernels`, and of `FUNCTIONS`.

    flags : what the compiler is told beside what to compile.
    """

    def __init__(self, flags: list[str]) -> None:
        assert COMPILER is not None
        with TemporaryDirectory() as name:
            folder = Path(name)
            for pattern in ("*.cpp", "*.hpp", "*.inc"):
                for file in FOLDER.glob(pattern):
                    shutil.copy(file, folder)
            (folder / "kernels.inc").write_text(source([*compiled_kernels(), *FUNCTIONS]))
            (folder / "functions.cpp").write_text(_C_FUNCTIONS)
            command = [COMPILER, *flags, "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
            command += ["functions.cpp", "kernels.cpp", "-o", "kernels.so"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            self._c = ctypes.CDLL(str(folder / "kernels.so"))
        for function in (self._c.signature_at, self._c.choose, self._c.chosen):
            function.restype = ctypes.c_char_p
        self.signatures = list(self._read_signatures())
        self._places = {text: i for i, text in enumerate(self.signatures)}

    def _read_signatures(self) -> Iterator[str]:
        for i in count():
            text = self._c.signature_at(i)
            if text is None:
                return
            yield text.decode()

    def choose(self, name: str) -> str | None:
        """Compute with this instruction set from now on; None if there is none of that name."""
        found = self._c.choose(name.encode())
        return None if found is None else found.decode()

    @property
    def chosen(self) -> str:
        """The instruction set that it computes with."""
        return self._c.chosen().decode()

    def call(self, kernel: Kernel, operands: list[np.ndarray]) -> None:
        """Run `kernel` on contiguous operands, in place."""
        dtype = operands[0].dtype
        assert all(a.flags.c_contiguous and a.dtype == dtype for a in operands)
        addresses = (ctypes.c_void_p * len(operands))(*(a.ctypes.data for a in operands))
        index, n = self._places[signature(kernel)], ctypes.c_int64(operands[0].size)
        self._c.run(index, ["float32", "float64"].index(dtype.name), n, addresses)


@cache
def library() -> Library:
    """The kernels as they are compiled for users."""
    return Library(FLAGS)


@cache
def quick() -> Library:
    """The same without the instruction sets that are not on every processor."""
    return Library(["-std=c++17", "-O1", "-ffp-contract=off", "-DREGAN_ONE_SET"])


if __name__ == "__main__":
    TEXT.write_text(source(compiled_kernels()))
