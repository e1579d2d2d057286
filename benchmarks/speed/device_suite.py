"""The tests that concern a device, run by pytest in a process of its own until a deadline.

This module is a plugin of that process, too: it writes a line of JSON for each test as it ends, so
that what was found before the deadline stays. It may put the stand-in for CuPy in CuPy's place.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OUTCOMES, STAND_IN = "REGAN_SUITE_OUTCOMES", "REGAN_SUITE_STAND_IN"
"""Environment variables: where outcomes go; whether the stand-in is wanted."""

# what computes on the backend under test, and fast; whole fits last
FAST = (
    *("backends", "layers", "losses", "penalties", "constraints", "optimizers", "objectives"),
    *("schedules", "training", "contracts/test_combinations.py", "contracts/test_acts.py"),
    *("population", "mixtures", "estimators/test_estimator.py", "estimators/test_vae.py"),
    *("estimators/test_sampling.py", "estimators/test_conditional.py"),
    *("estimators/test_frames.py", "estimators/test_tables.py", "files/test_persistence.py"),
)
WITHOUT_DEVICE = ("backends/test_cupy_stand_in.py", "backends/test_cuda_text.py")


def run(tests: Sequence[str], seconds: float, log: Path, stand_in: bool) -> dict[str, Any]:
    """Counts and the names of failures; what has not ended after so many seconds is cut off."""
    outcomes = log.with_suffix(".jsonl")
    outcomes.write_text("")
    paths = (str(Path(__file__).parent), str(ROOT), os.environ.get("PYTHONPATH", ""))
    variables = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "REGAN_BACKEND": "cupy"}
    variables |= {"SCIPY_ARRAY_API": "1", "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    variables["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # those of a strange machine may warn
    variables |= {OUTCOMES: str(outcomes), STAND_IN: str(int(stand_in))}
    with log.open("w") as file:
        process = subprocess.Popen(
            _command(tests, parallel=not stand_in),
            cwd=ROOT,
            env=os.environ | variables,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            _end(process)
    return {**summary(outcomes), "code": code, "cut off": code is None}


def _command(tests: Sequence[str], *, parallel: bool) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "device_suite", "--tb=short", "--continue-on-collection-errors"]
    if parallel and find_spec("xdist"):
        command += ["-p", "xdist", "--numprocesses", str(min(8, os.cpu_count() or 1))]
    for name in WITHOUT_DEVICE:
        command += ["--ignore", f"tests/{name}"]
    return [*command, *(f"tests/{name}" for name in tests)]


def _end(process: subprocess.Popen[bytes]) -> None:
    """With whatever it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def summary(outcomes: Path) -> dict[str, Any]:
    """Of the lines that are whole."""
    found = []
    for line in outcomes.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:  # the last one, cut off
            break
    counts = Counter(outcome for outcome, _, _ in found)
    failures = {name: why for outcome, name, why in found if outcome in ("failed", "error")}
    return {"counts": dict(counts), "failures": failures}


class _Reporter:
    """The hooks of the plugin."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("a")  # noqa: SIM115 - as long as the process

    def _write(self, outcome: str, report: Any) -> None:
        crash = getattr(report.longrepr, "reprcrash", None)
        why = crash.message[:300] if crash else str(report.longrepr or "")[-300:]
        json.dump([outcome, report.nodeid, why], self._file)
        self._file.write("\n")
        self._file.flush()

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome == "skipped":
            outcome = "xfailed" if hasattr(report, "wasxfail") else report.outcome
            self._write(outcome, report)
        elif report.failed:
            self._write("error", report)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._write("error", report)


def pytest_configure(config: Any) -> None:
    """Of the process that collects outcomes, and of those that have them."""
    if os.environ.get(OUTCOMES) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reporter(os.environ[OUTCOMES]))
    if os.environ.get(STAND_IN) == "1":
        stand_in()


def stand_in() -> Any:
    """Put the stand-in in CuPy's place; what is returned can `undo` it."""
    import pytest

    sys.path.append(str(ROOT / "tests" / "support"))
    import native_kernels
    import strict_cupy

    patch = pytest.MonkeyPatch()
    patch.setattr(
        native_kernels, "COMPILER", None
    )  # kernels by their definitions: no time to compile
    strict_cupy.install(patch)
    return patch
