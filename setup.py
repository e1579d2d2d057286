"""What pyproject.toml cannot say: the extension of compiled updates, built where that is possible.

Everything else stands in pyproject.toml. The environment variable ``REGAN_EXTENSION`` decides:
``0`` builds none, ``1`` makes a failure an error, and without it regan is installed either way.
"""

import os
import sysconfig
from glob import glob
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import SetupError

WANTED = os.environ.get("REGAN_EXTENSION", "")
if WANTED not in ("", "0", "1"):
    raise SystemExit(f"REGAN_EXTENSION={WANTED}: 0 builds no extension, 1 insists on it")

# free-threaded builds of Python have no limited API: there a wheel is for one version
LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")

NATIVE = Extension(
    "regan.backends.native._extension",
    sources=sorted(glob("backends/native/*.cpp")),
    depends=sorted(glob("backends/native/*.hpp") + glob("backends/native/*.inc")),
    define_macros=[("Py_LIMITED_API", "0x030B0000")] if LIMITED else [],
    py_limited_api=LIMITED,
    language="c++",
)
# no -march: kernels choose their instructions when they run. No -ffast-math: it reorders sums.
# No product and sum in one as it suits the compiler: entries would depend on where they lie
GCC = ["-std=c++17", "-O3", "-g0", "-pthread", "-fvisibility=hidden"]
GCC += ["-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
MSVC = ["/std:c++17", "/O2", "/fp:precise", "/EHsc"]


class BuildExtension(build_ext):
    """Builds the extension, or says why there is none and leaves none of an earlier build."""

    def run(self) -> None:
        in_place = self.inplace  # which a run that fails does not put back
        try:
            if WANTED == "0":
                raise SetupError("REGAN_EXTENSION=0")
            super().run()
        except Exception as error:  # of a compiler, of what looks for one, of what is not there
            if WANTED == "1":
                raise
            self.warn(f"regan is installed without its extension, and works: {error}")
            self._forget(in_place)

    def build_extensions(self) -> None:
        for extension in self.extensions:
            extension.extra_compile_args = MSVC if self.compiler.compiler_type == "msvc" else GCC
        super().build_extensions()

    def _forget(self, in_place: bool) -> None:
        built = Path(self.build_lib, self.get_ext_filename(NATIVE.name))
        built.unlink(missing_ok=True)
        if in_place:
            Path("backends/native", built.name).unlink(missing_ok=True)
        self.distribution.ext_modules = []  # a wheel without it is for every platform


class Wheel(bdist_wheel):
    """A wheel whose name says what is in it, which only building tells."""

    def run(self) -> None:
        self.run_command("build")
        self.root_is_pure = not self.distribution.has_ext_modules()
        super().run()


setup(
    ext_modules=[NATIVE],
    cmdclass={"build_ext": BuildExtension, "bdist_wheel": Wheel},
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},
)
