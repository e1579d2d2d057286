"""Where the time of an update goes: products, passes over arrays, draws, and what surrounds them.

Run: ``OMP_NUM_THREADS=1 python benchmarks/speed/where.py``. An update of both networks with R1 + R2
is recorded, and each operation of its compiled tape is played by itself, several times in a row;
its shortest time counts. What whole updates take beyond that is Python, and memory that is no
longer in the cache. Prints a table in Markdown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import click
import numpy as np
from cells import GRID, Cell, Ours
from turns import environment, markdown

from regan.backends.native.loading import extension, missing

PARTS = ("products", "activations, losses", "optimizer, weight penalty", "draws", "the rest")
_OPTIMIZING = ("adam", "average", "add_ridge", "soft_threshold")
_PRODUCT, _ELEMENTWISE = 1, 0


def shortest(call: Callable[[], Any], times: int = 30) -> float:
    """Seconds."""
    found = []
    for _ in range(times):
        begin = perf_counter()
        call()
        found.append(perf_counter() - begin)
    return min(found)


def operations(program: np.ndarray) -> Iterator[np.ndarray]:
    """Those of a program, each as a program (see program.hpp in backends/native)."""
    while len(program):
        n = int(program[1])
        yield program[:n].copy()
        program = program[n:]


def part_of(operation: np.ndarray, names: dict[int, str]) -> str:
    """What an operation is for."""
    if operation[0] == _PRODUCT:
        return "products"
    if operation[0] != _ELEMENTWISE:
        return "the rest"
    name = names[int(operation[2])]
    if name.startswith(_OPTIMIZING):
        return "optimizer, weight penalty"
    return "the rest" if name.startswith("copy") else "activations, losses"


def shares(cell: Cell) -> list[float]:
    """Of an update, by `PARTS`."""
    compiled = extension()
    if compiled is None:
        raise click.ClickException(f"there are no compiled updates here: {missing()}")
    signatures, address = compiled._module.signatures(), compiled._module.function
    names = {address(i, 0): text.split(":")[0] for i, text in enumerate(signatures)}
    with environment(REGAN_TAPE="native"):
        ours = Ours(cell, True, True, "float32")
        ours.steps(3)
    seconds: Counter[str] = Counter()
    empty = shortest(lambda: compiled.play(np.empty(0, np.int64)))
    (recording,) = ours.recordings
    for call in recording._replay._calls:
        if getattr(call, "func", None) != compiled.play:
            seconds["draws"] += shortest(call)
            continue
        for program in call.args:
            for operation in operations(program):
                taken = shortest(lambda o=operation: compiled.play(o)) - empty
                seconds[part_of(operation, names)] += max(taken, 0.0)
    whole = shortest(lambda: ours.steps(10)) / 10
    seconds["the rest"] = whole - sum(seconds[part] for part in PARTS if part != "the rest")
    return [seconds[part] / whole for part in PARTS]


@click.command()
def main() -> None:
    """Measure the cells of `step.py`."""
    rows = [[str(cell), *(f"{share:.0%}" for share in shares(cell))] for cell in GRID]
    print(markdown(["features, latent, width, batch", *PARTS], rows))


if __name__ == "__main__":
    main()
