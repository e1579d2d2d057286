"""The parts of `device.py`: what each measures, a row a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np
from cells import GRID, TITLES, Cell, Ours, Training
from device_steps import GRAPHS, Row, step
from path import gan
from turns import environment, length_of, measure, median

from regan import RegularizedGAN
from regan.testing import check_backend


@dataclass(frozen=True)
class Sizes:
    """How large everything is."""

    cells: tuple[Cell, ...] = (GRID[1], GRID[3], GRID[5], GRID[0], GRID[4], GRID[2])
    penalised: tuple[bool, ...] = (False, True)
    rounds: int = 5
    seconds: float = 0.06
    models: tuple[int, ...] = (1, 8, 32)
    widths: tuple[int, ...] = (64, 256)
    fits: tuple[tuple[int, int, int], ...] = ((1800, 64, 2000), (20_000, 50, 2000))
    samples: int = 1_000_000


TINY = Sizes((Cell(2, 2, 4, 8),), (True,), 1, 1e-3, (1, 2), (4,), ((40, 2, 3),), 50)


@dataclass(frozen=True)
class Part:
    """A part: its cases by name, what makes a row of each, and when it has to be over.

    row : called as ``row(without, *case)``; `without` are sides that failed before. It says of
    other sides that fail what they failed with, under "failed".
    until : the share of the whole budget that may be gone then.
    """

    name: str
    until: float
    cases: Mapping[str, tuple[Any, ...]]
    row: Callable[..., Row]
    environment: Mapping[str, str] = field(default_factory=dict)


def parts(sizes: Sizes, *, device: str) -> list[Part]:
    """All but the suite, in order; device: torch's, "cpu" in a rehearsal."""
    checks = {check.__name__: (check,) for check in (contract, recorded_updates)}
    found = [Part("conformance", 0.20, checks, conformance)]
    pairs = {f"{c} ({TITLES[p]})": (c, p) for c in sizes.cells for p in sizes.penalised}
    for tf32, until in ((False, (0.60, 0.72)), (True, (0.80, 0.85))):
        given = {"tf32": tf32, "device": device}
        given |= {"rounds": sizes.rounds, "seconds": sizes.seconds}
        name, variables = "TF32" if tf32 else "float32", {"CUPY_TF32": str(int(tf32))}
        row = partial(step, compiled=False, **given)
        found.append(Part(f"step, {name}", until[0], pairs, row, variables))
        if find_spec("torch"):
            row = partial(step, compiled=True, **given)
            found.append(Part(f"compiled, {name}", until[1], pairs, row, variables))
    grown = {f"width {w}, {k} models": (w, k) for w in sizes.widths for k in sizes.models}
    found.append(Part("population", 0.91, grown, partial(population, sizes=sizes)))
    fits = {f"{s[0]} x {s[1]}, {b}": (*s, b) for b in ("cupy", "numpy") for s in sizes.fits}
    found.append(Part("fit and sample", 0.98, fits, partial(fit_and_sample, sizes=sizes)))
    return found


def conformance(_: frozenset[str], check: Callable[[], float]) -> Row:
    """The largest error that a check finds."""
    return {"case": str(check.__doc__), "error": check()}


def contract() -> float:
    """The backend's contract, beside NumPy."""
    return check_backend("cupy")


def recorded_updates() -> float:
    """20 updates, recorded beside kernel by kernel."""
    thetas = []
    for graphs in "10":
        with environment(**{GRAPHS: graphs}):
            ours = Ours(Cell(5, 3, 16, 32), True, True, "float64", "cupy")
        ours.steps(20)
        if bool(ours.recordings) != (graphs == "1"):
            raise AssertionError(f"{GRAPHS}={graphs}, and {len(ours.recordings)} recordings")
        thetas.append([ours.ops.to_numpy(theta) for theta in ours.state.thetas.values()])
    return max(float(np.abs(a - b).max()) for a, b in zip(*thetas, strict=True))


def population(_: frozenset[str], width: int, k: int, *, sizes: Sizes) -> Row:
    """Microseconds of an update of K models of a width, which is recorded."""
    steps = Training(gan(width, 100, "cupy"), 16, k).steps
    rounds = list(measure({"": (steps, length_of(steps, sizes.seconds))}, sizes.rounds, pause=0.0))
    return {"width": width, "models": k, "us": 1e6 * median(rounds, "")}


def fit_and_sample(
    _: frozenset[str], n: int, columns: int, updates: int, backend: str, *, sizes: Sizes
) -> Row:
    """Seconds of a first short fit, which compiles, and of a fit with default sizes; rows a second
    of a sample.
    """
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, columns)) @ rng.standard_normal((columns, columns))
    model = RegularizedGAN(max_iter=updates, backend=backend, random_state=0)
    short = RegularizedGAN(max_iter=20, backend=backend, random_state=0)
    first, whole = _seconds(lambda: short.fit(X)), _seconds(lambda: model.fit(X))
    model.sample(min(1000, sizes.samples))
    drawn = [_seconds(lambda: model.sample(sizes.samples)) for _ in range(3)]
    row = {"rows": n, "columns": columns, "updates": updates, "backend": backend}
    rate = sizes.samples / float(np.median(drawn))
    return row | {"first, 20 updates, s": first, "fit, s": whole, "rows a second": rate}


def _seconds(call: Callable[[], Any]) -> float:
    begin = perf_counter()
    call()
    return perf_counter() - begin
