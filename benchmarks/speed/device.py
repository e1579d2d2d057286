"""All that is to be known of regan on a CUDA device, within seven minutes.

    python benchmarks/speed/device.py --out results     # or: tox -e bench-gpu

From the root of the repository, where CuPy and a device are; torch takes part where it is
installed, and nothing is fetched. In this order: conformance of the backend; the tests that concern
a device; a training step recorded in a CUDA graph and kernel by kernel, in the cells of `step.py`,
beside torch's eager, captured and compiled one, in float32 and with TF32; populations; whole fits
and samples. Each part runs in processes of its own, which are ended at its deadline: what was
measured until then stays, and the page says what was left out. A side that fails is left out of the
cases that follow, in a new process, as CUDA may be of no more use in the old one.

Writes ``device.json`` and ``device.md`` after every part, and the log of the tests.
``--dry-run`` does the same with tiny sizes on the tests' stand-in for CuPy, in one process.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import device_suite
from device_parts import TINY, Part, Sizes, parts
from device_steps import Row, traced
from device_table import page
from device_versions import versions
from turns import environment

BUDGET = 420.0
SUITE_UNTIL = 0.40
MAX_PROCESSES = 6
REHEARSED = ("schedules/test_schedules.py",)
Message = tuple[str, Row | None, str]
"""Of a case: its name, its row, or why there is none."""


def rows(part: Part, cases: list[str], without: frozenset[str]) -> Iterator[Message]:
    """Until a side or a case fails."""
    for name in cases:
        try:
            row = part.row(without, *part.cases[name])
        except Exception as error:  # of CUDA, CuPy or torch, in classes of their own
            yield name, None, traced(error)
            return
        yield name, row, ""
        if row.get("failed"):
            return


def _work(connection: Any, name: str, cases: list[str], without: frozenset[str]) -> None:
    """In a process of its own."""
    for message in rows(_named(name), cases, without):
        connection.send(message)
    connection.close()


def _named(name: str) -> Part:
    return next(part for part in parts(Sizes(), device="cuda") if part.name == name)


def from_process(
    part: Part, cases: list[str], without: frozenset[str], deadline: float
) -> Iterator[Message]:
    """`rows` of a process that ends by itself, or at the deadline."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    with environment(**part.environment):  # read by libraries when they first multiply
        process = context.Process(target=_work, args=(there, part.name, cases, without))
        process.start()
    there.close()
    try:
        with suppress(EOFError):  # it is done, or dead
            while here.poll(max(0.0, deadline - perf_counter())):
                yield here.recv()
    finally:
        process.kill()
        process.join()


def done(part: Part, deadline: float, *, here: bool) -> dict[str, Any]:
    """A part: its rows, what failed, and what was left out."""
    begin, left, without = perf_counter(), list(part.cases), frozenset[str]()
    found: dict[str, Any] = {"name": part.name, "rows": [], "failed": {}}
    for _ in range(MAX_PROCESSES):
        if not left or perf_counter() >= deadline:
            break
        source = (
            rows(part, list(left), without)
            if here
            else from_process(part, list(left), without, deadline)
        )
        before = len(left)
        for name, row, why in source:
            left.remove(name)
            if row is None:
                found["failed"][name] = why
            else:
                found["rows"].append(row)
                without |= set(row.get("failed", ()))
        if len(left) == before and perf_counter() < deadline:
            found["failed"][left.pop(0)] = "the process ended"
    return {**found, "left out": left, "seconds": perf_counter() - begin}


def tested(tests: Sequence[str], deadline: float, log: Path, *, stand_in: bool) -> dict[str, Any]:
    """The tests, as a part of one row."""
    begin = perf_counter()
    found: dict[str, Any] = {"name": "suite", "rows": [], "failed": {}, "left out": []}
    try:
        seconds = max(1.0, deadline - begin)
        found["rows"].append(device_suite.run(tests, seconds, log, stand_in))
    except Exception as error:  # whatever it is, the other parts are to run
        found["failed"]["suite"] = traced(error)
    return {**found, "seconds": perf_counter() - begin}


def measured(
    sizes: Sizes, out: Path, tests: Sequence[str], budget: float, *, stand_in: bool
) -> dict[str, Any]:
    """All parts, written down after each."""
    begin, out = perf_counter(), out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"stand-in": stand_in, "versions": versions(), "parts": []}

    def keep(part: dict[str, Any]) -> None:
        results["parts"].append(part)
        (out / "device.json").write_text(json.dumps(results, indent=1))
        (out / "device.md").write_text(_page(results))
        print(f"{perf_counter() - begin:.0f} s: {part['name']}", flush=True)

    for part in parts(sizes, device="cpu" if stand_in else "cuda"):
        keep(done(part, begin + part.until * budget, here=stand_in))
        if part.name == "conformance" and tests:
            until = begin + SUITE_UNTIL * budget
            keep(tested(tests, until, out / "suite.log", stand_in=stand_in))
    return results


def _page(results: dict[str, Any]) -> str:
    try:
        return page(results)
    except Exception as error:  # the results are written down, and more parts are to come
        return traced(error)


def rehearse(out: Path, tests: Sequence[str], budget: float) -> dict[str, Any]:
    """All parts with tiny sizes, on the stand-in for CuPy."""
    patch = device_suite.stand_in()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return measured(TINY, out, tests, budget, stand_in=True)
    finally:
        patch.undo()


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=lambda: os.environ.get("OUT") or "device-results",
    show_default="$OUT, else device-results",
)
@click.option("--budget", default=BUDGET, show_default=True, help="Seconds, for everything.")
@click.option("--dry-run", is_flag=True, help="Rehearse on the stand-in for CuPy.")
@click.option("--test", "tests", multiple=True, help="Below tests/, in place of the fast half.")
def main(out: Path, budget: float, dry_run: bool, tests: tuple[str, ...]) -> None:
    """Run all parts; print the page."""
    if dry_run:
        rehearse(out, tests or REHEARSED, budget)
    else:
        measured(Sizes(), out, tests or device_suite.FAST, budget, stand_in=False)
    print((out / "device.md").read_text())


if __name__ == "__main__":
    main()
