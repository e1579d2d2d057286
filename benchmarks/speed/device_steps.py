"""Training steps on a device: regan's and torch's, in turns."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from time import perf_counter
from typing import Any, TypeAlias

from cells import TITLES, Cell, Ours, largest_error
from turns import Steps, Taken, environment, length_of, measure, median, ratio

Row: TypeAlias = dict[str, Any]
Sides: TypeAlias = dict[str, Callable[[Cell, bool], Any]]
GRAPHS = "REGAN_CUDA_GRAPHS"


def traced(error: Exception) -> str:
    """Where it comes from, and in the last line what it is."""
    return "".join(traceback.format_exception(error))[-3000:].rstrip()


def _recorded(cell: Cell, penalised: bool, *, at_once: bool = True, graphs: str = "1") -> Ours:
    with environment(**{GRAPHS: graphs}):
        ours = Ours(cell, penalised, at_once, "float32", "cupy")
    ours.steps(3)
    if bool(ours.recordings) != (graphs == "1"):
        raise AssertionError(
            f"{len(ours.recordings)} updates were recorded, with {GRAPHS}={graphs}"
        )
    return ours


def _compiled(cell: Cell, penalised: bool, *, device: str, check: bool) -> Any:
    import step_torch

    found = step_torch.Compiled(cell, penalised, device=device)
    if check:
        found.check()
    return found


def _sides(device: str, compiled: bool, tf32: bool) -> Sides:
    sides: Sides = {"recorded": _recorded}
    if not compiled:
        sides["kernel by kernel"] = partial(_recorded, graphs="0")
        sides["in turn"] = partial(_recorded, at_once=False)
    if find_spec("torch") is None:
        return sides
    try:
        import step_torch
    except Exception as error:  # installed, and broken in its own way
        warnings.warn(f"torch cannot be imported: {error}", stacklevel=1)
        return sides
    step_torch.torch.set_float32_matmul_precision("high" if tf32 else "highest")
    if compiled:
        return {**sides, "compiled": partial(_compiled, device=device, check=not tf32)}
    sides["eager"] = partial(step_torch.Eager, device=device)
    if device == "cuda":
        sides["captured"] = step_torch.Captured
    return sides


def step(
    without: frozenset[str],
    cell: Cell,
    penalised: bool,
    *,
    compiled: bool,
    tf32: bool,
    device: str,
    rounds: int,
    seconds: float,
) -> Row:
    """Microseconds of a training step, and what other sides take of the recorded one."""
    failed: dict[str, str] = {}
    until_it_steps: dict[str, float] = {}
    ready: dict[str, tuple[Steps, int]] = {}
    row: Row = {"cell": str(cell), "penalty": TITLES[penalised]}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gone = compiled and "compiled" in without  # and what is left is known from another part
        sides = {} if gone else _sides(device, compiled, tf32)
        for name in [name for name in sides if name not in without]:
            begin = perf_counter()
            try:
                side = sides[name](cell, penalised)
                ready[name] = side.steps, length_of(side.steps, seconds)
            except Exception as error:  # of CUDA, CuPy or torch, in classes of their own
                failed[name] = traced(error)
            until_it_steps[name] = perf_counter() - begin
        found = list(measure(ready, rounds, pause=0.0))
        if "eager" in ready and not tf32:
            row["gradients differ by"] = _difference(cell, penalised, device)
    row |= {"us": {name: 1e6 * median(found, name) for name in ready}, "failed": failed}
    row |= {"seconds until it steps": until_it_steps, "ratio": _ratios(found, ready)}
    return row | {"told": sorted({str(w.message) for w in told})}


def _difference(cell: Cell, penalised: bool, device: str) -> float | str:
    """Of regan's gradients and torch's."""
    import step_torch

    ours = Ours(cell, penalised, False, "float32", "cupy")
    try:
        return largest_error(ours, step_torch.Eager(cell, penalised, device=device), cell)
    except Exception as error:  # the times are to be kept
        return f"{type(error).__name__}: {error}"[:500]


def _ratios(rounds: list[Taken], ready: Mapping[str, Any]) -> dict[str, float]:
    others = [name for name in ready if name != "recorded"] if "recorded" in ready else []
    return {name: ratio(rounds, name, "recorded") for name in others}
