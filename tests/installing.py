"""Installing from source, with a C++ compiler and without; run by ``tox -e install``.

The first argument is a folder to work in; what an earlier run left there is removed. Where there is
no compiler, what needs one is left out. Not on Windows, whose compiler does not ask ``CXX``.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = ("LICENSE", "MANIFEST.in", "README.md", "backends", "pyproject.toml", "regan", "setup.py")
EXTENSION = "regan.backends.native._extension"

MISSING = {"CC": "no-such-compiler", "CXX": "no-such-compiler"}
FAILING = {"CC": "false", "CXX": "false"}
CALM = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COMPILE": "1"}


@dataclass(frozen=True)
class Wheel:
    """What `pip wheel` makes of the sources: the end of the file's name, None for an error."""

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    ends: str | None = "-py3-none-any.whl"


WHEELS = (
    Wheel("a compiler that is not there", MISSING),
    Wheel("a compiler that fails", FAILING),
    Wheel("no extension wanted", {"REGAN_EXTENSION": "0"}),
    Wheel("an extension insisted on, and none", {**FAILING, "REGAN_EXTENSION": "1"}, None),
    Wheel("no such choice", {"REGAN_EXTENSION": "perhaps"}, None),
)


@dataclass(frozen=True)
class Environment:
    """What `pip install .` makes of a fresh environment, and what ``regan backends`` says there."""

    name: str
    variables: dict[str, str]
    extension: bool
    says: str


ENVIRONMENTS = (
    Environment("with a compiler", {}, True, "replayed by compiled code (the default; for "),
    Environment("without a compiler", MISSING, False, "there is no compiled extension"),
)


def run(*command: str | Path, cwd: Path, check: bool = True, **variables: str) -> tuple[int, str]:
    """The exit status and what was printed; unless `check` is False, a failure ends the program."""
    outer = {k: v for k, v in os.environ.items() if not k.startswith(("REGAN_", "PYTHON"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**outer, **CALM, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    if check and done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.returncode, done.stdout


def fresh_sources(folder: Path) -> Path:
    """A copy of what a build reads, without what earlier builds left in it."""
    folder.mkdir(parents=True)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            left = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd")
            shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=left)
        else:
            shutil.copy(ROOT / name, folder)
    return folder


def check_wheel(case: Wheel, sources: Path, out: Path) -> None:
    command = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", out, ".")
    status, text = run(*command, cwd=sources, check=False, **case.variables)
    names = [path.name for path in out.glob("*.whl")]
    if case.ends is None:
        assert status, f"{names} in spite of {case.variables}"
    else:
        assert not status, text
        assert len(names) == 1, names
        assert names[0].endswith(case.ends), names


def check_environment(case: Environment, folder: Path) -> None:
    venv.create(folder / "env", with_pip=True)
    scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    python, regan = scripts / "python", scripts / "regan"
    sources = fresh_sources(folder / "sources")
    run(python, "-m", "pip", "install", ".", cwd=sources, **case.variables)
    status, text = run(python, "-c", f"import {EXTENSION}", cwd=folder, check=False)
    assert (status == 0) == case.extension, text or "there is an extension"
    run(python, ROOT / "tests" / "smoke.py", cwd=folder)
    _, text = run(regan, "backends", cwd=folder)
    assert case.says in " ".join(text.split()), text
    if case.extension:
        check_leftovers(python, sources)


def check_leftovers(python: Path, sources: Path) -> None:
    """A build that fails leaves no extension of an earlier one where it would have put its own."""
    in_place = (python, "-m", "pip", "install", "--no-deps", "--editable", ".")
    native = sources / "backends" / "native"
    run(*in_place, cwd=sources)
    assert list(native.glob("*.so")), "an editable install builds the extension in place"
    assert list(sources.glob("build/lib*/regan/backends/native/*.so")), "pip install . left it"
    for path in native.glob("*.cpp"):
        path.touch()
    check_wheel(Wheel("a compiler that fails", FAILING), sources, sources / "out")
    assert list(native.glob("*.so")), "what an editable install uses is not a wheel's to remove"
    run(*in_place, cwd=sources, **FAILING)
    assert not list(native.glob("*.so"))


def has_compiler() -> bool:
    """Whether an extension can be built here: the compiler and Python's own headers."""
    compiler = os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "c++"
    header = Path(sysconfig.get_path("include"), "Python.h")
    return shutil.which(compiler.split()[0]) is not None and header.is_file()


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for i, wheel in enumerate(WHEELS):
        sources = fresh_sources(folder / f"wheel{i}")
        check_wheel(wheel, sources, sources / "out")
        print(f"wheel, {wheel.name}: as it should be", flush=True)
    for i, environment in enumerate(ENVIRONMENTS):
        if environment.extension and not has_compiler():
            print(f"environment, {environment.name}: there is none here", flush=True)
            continue
        check_environment(environment, folder / f"environment{i}")
        print(f"environment, {environment.name}: as it should be", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
