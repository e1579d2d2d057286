"""Instructions of a step, counted by valgrind: a busy machine does not change them.

`step.py --instructions` runs this program under callgrind, which counts while it is told to; it
talks to it through vgdb. What n and 2 n steps differ by is free of what surrounds them. valgrind
knows no AVX-512, so the products are those of a machine with AVX2.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

from cells import TITLES, Cell
from turns import Steps, markdown
from ways import WAYS, MissingWay

N_STEPS = 8
OUTPUT = "REGAN_CALLGRIND"
"""The environment variable that tells the program where callgrind writes."""


class Counter:
    """Counts of callgrind for this process."""

    def __init__(self, output: str) -> None:
        self._output, self._n = output, 0

    def count(self, steps: Steps, n: int) -> int:
        """Instructions of `n` steps, and a few more."""
        self._ask("instrumentation", "on")
        self._ask("zero")
        steps(n)
        self._ask("dump")
        self._ask("instrumentation", "off")
        self._n += 1
        lines = Path(f"{self._output}.{self._n}").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("totals:")).split()[1])

    @staticmethod
    def _ask(*words: str) -> None:
        command = ["vgdb", f"--pid={os.getpid()}", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as asked:
            while asked.poll() is None:  # valgrind answers between instructions of this process
                sleep(0.01)
        if asked.returncode:
            raise RuntimeError(f"vgdb ended with {asked.returncode}")


def counted(names: Sequence[str], cells: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    """Under callgrind: instructions of a step of each side in each cell; None: it is missing."""
    counter, found = Counter(os.environ[OUTPUT]), []
    gc.disable()  # it would collect in one count and not in the other
    for penalised in TITLES:
        for cell in cells:
            for name in names:
                n = _of_a_step(counter, name, Cell(*cell), penalised)
                about = {"cell": cell, "penalised": penalised, "way": name}
                found.append(about | {"instructions": n})
    return found


def _of_a_step(counter: Counter, name: str, cell: Cell, penalised: bool) -> int | None:
    try:
        steps = WAYS[name].ready(cell, penalised).steps
    except MissingWay:
        return None
    steps(N_STEPS)
    one, two = (counter.count(steps, n) for n in (N_STEPS, 2 * N_STEPS))
    return (two - one) // N_STEPS


def under_callgrind(names: Sequence[str], cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """`counted`, in a process that valgrind runs."""
    given = [[c.features, c.latent, c.width, c.batch] for c in cells]
    with TemporaryDirectory() as folder:
        output, result = str(Path(folder) / "callgrind"), Path(folder) / "counts.json"
        variables = {OUTPUT: output, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--vgdb-poll=5000"]
        command += [f"--callgrind-out-file={output}", sys.executable, __file__]
        command += [json.dumps([list(names), given]), str(result)]
        done = subprocess.run(
            command, env=os.environ | variables, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"valgrind ended with {done.returncode}: {done.stderr[-2000:]}")
        found: list[dict[str, Any]] = json.loads(result.read_text())
    return found


def table(names: Sequence[str], cells: Sequence[Cell]) -> str:
    """Millions of instructions of regan's sides, of these `names` if any; or what is missing."""
    if not (shutil.which("valgrind") and shutil.which("vgdb")):
        return "Not counted: valgrind is not installed, or has no vgdb."
    asked = [name for name, way in WAYS.items() if way.of_regan and name in (names or WAYS)]
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for found in under_callgrind(asked, cells):
        n = found["instructions"]
        row = rows.setdefault((TITLES[found["penalised"]], str(Cell(*found["cell"]))), {})
        row[found["way"]] = "" if n is None else f"{n / 1e6:.2f}"
    header = ["penalty", "features, latent, width, batch", *(f"{n}, millions" for n in asked)]
    return markdown(header, [[*about, *row.values()] for about, row in rows.items()])


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(counted(*json.loads(sys.argv[1]))))
