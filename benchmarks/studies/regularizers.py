"""What each regularizer buys and costs: every one alone, on four data sets, with several seeds.

Run: ``python benchmarks/studies/regularizers.py run`` (an hour of one core). It writes one record a
fit to ``docs/data/regularizers.json``, after each cell; records that the file has are left out, so
a run that was stopped goes on. ``python benchmarks/studies/regularizers.py table`` writes the
tables of the pages. Every fit has the default budget. A setting here is one change to a base:

- *default*: all defaults of `RegularizedGAN`;
- *no frames*: the defaults with ``frames=None``, where modes can be lost;
- *plain*: the non-saturating loss without any penalty, without frames.

`regularizers_cases.py` has the settings, `regularizers_fits.py` the data and the measures,
`regularizers_tables.py` the tables.
"""

from __future__ import annotations

import json
import platform
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import numpy as np
import scipy
import sklearn
from joblib import Parallel, delayed
from regularizers_cases import BASES, CASES, Case
from regularizers_fits import NAMES, SAMPLED, data, fit, real_rows
from regularizers_tables import write_tables

import regan

OUTPUT = Path(__file__).resolve().parents[2] / "docs" / "data"
FILE = "regularizers.json"


CELLS = (
    ("no frames", "ring"),
    ("plain", "ring"),
    ("default", "digits"),
    ("default", "diabetes"),
    ("no frames", "diabetes"),
    ("default", "ring"),
    ("no frames", "digits"),
    ("default", "grid"),
    ("no frames", "grid"),
)
"""Bases and data in the order of the fits: a part of the study is whole cells."""


def tasks(base: str, name: str, seeds: int) -> list[tuple[Case, str, str, int]]:
    """What is fitted in one cell."""
    own = [case for case in CASES if base in case.bases]
    return [(case, base, name, seed) for seed in range(seeds) for case in own]


def read(output: Path) -> dict[str, Any]:
    """What a file has; nothing if there is none."""
    path = output / FILE
    if not path.exists():
        return {"about": {}, "fits": []}
    study = json.loads(path.read_text())
    pairs = (zip(study["columns"], row, strict=True) for row in study["fits"])
    fits = [{name: value for name, value in each if value is not None} for each in pairs]
    return {"about": study["about"], "fits": fits}


@click.group()
def main() -> None:
    """The study of all regularizers."""


@main.command()
@click.option("--seeds", type=click.IntRange(min=1), default=5)
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="Processes of one thread.")
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT, help="A folder.")
def run(seeds: int, jobs: int, output: Path) -> None:
    """Fit what the file of records does not have yet."""
    known = read(output)
    records, before = known["fits"], known["about"].get("minutes", 0.0)
    done = {(r["name"], r["base"], r["data"], r["seed"]) for r in records}
    start = perf_counter()
    for base, name in CELLS:
        todo = [task for task in tasks(base, name, seeds) if (task[0].name, *task[1:]) not in done]
        for record in Parallel(jobs, return_as="generator")(delayed(fit)(*task) for task in todo):
            records.append(record)
            if "failed" in record:
                click.echo(json.dumps(record))
        minutes = before + (perf_counter() - start) / 60
        write(records, jobs, minutes, output)
        click.echo(f"{base}, {name}: {len(records)} fits, {minutes:.1f} minutes")


def write(records: list[dict[str, Any]], jobs: int, minutes: float, output: Path) -> None:
    """The records, sorted by cell, with what they depend on."""
    order = {case.name: number for number, case in enumerate(CASES)}
    records = sorted(
        records,
        key=lambda r: (
            [*BASES].index(r["base"]),
            NAMES.index(r["data"]),
            r["seed"],
            order[r["name"]],
        ),
    )
    about = {
        "rows": {name: len(data(name).train) for name in NAMES},
        "held": {name: len(data(name).held) for name in NAMES},
        "modes": {name: data(name).n_modes for name in NAMES},
        "sampled": SAMPLED,
        "real": {name: real_rows(name) for name in NAMES},
        "versions": {
            "regan": regan.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "python": platform.python_version(),
        },
        "jobs": jobs,
        "minutes": round(minutes, 1),
    }
    output.mkdir(parents=True, exist_ok=True)
    save(about, records, output / FILE)


def save(about: dict[str, Any], records: list[dict[str, Any]], path: Path) -> None:
    """A row of values for each record, under the names of all: a third of the file by names."""
    columns = list(dict.fromkeys(name for record in records for name in record))
    lines = ",\n".join(json.dumps([r.get(name) for name in columns]) for r in records)
    head = f'"about": {json.dumps(about)},\n"columns": {json.dumps(columns)}'
    path.write_text(f'{{{head},\n"fits": [\n{lines}\n]}}\n')


@main.command()
@click.option("--output", type=click.Path(path_type=Path), default=OUTPUT, help="A folder.")
def table(output: Path) -> None:
    """Write the tables from the records."""
    write_tables(read(output), output)


if __name__ == "__main__":
    main()
