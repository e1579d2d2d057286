"""What goes wrong with generative models, how it shows, and what the cures bring.

Run: ``python benchmarks/studies/symptoms.py run --out symptoms.jsonl`` (about ten minutes of one
core; records that the file has are left out, ``--symptom bridges`` is for some of them), then
``table symptoms.jsonl`` writes the tables of ``docs/data/symptoms/``, and ``picture
symptoms.jsonl`` the pictures ``docs/_static/symptoms_*.png`` (a minute; fits of seed 100).

The data are small and drawn anew for each seed (`symptoms_data.py`), but those of wine, which are
split anew; `symptoms_rows.py` has the settings and measures of each symptom, `symptoms_damage.py`
rows that are damaged on purpose, which say what each metric sees. Scores are those of models on
fresh rows. Tables have means over the seeds, with standard errors in brackets; of a fit that
diverges there is nothing but that it did. Seconds are those of the CPU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import symptoms_damage as damage
from records import Record, append, cell, read, table_lines
from symptoms_pictures import PICTURES, draw
from symptoms_rows import SYMPTOMS, Fit, fitted

from regan import DivergenceError
from regan.metrics import two_sample_score
from regan.metrics.samples import comparable

DOCS = Path(__file__).parents[2] / "docs"
NAMES = (*SYMPTOMS, "damage")
TITLES = {
    "bridges": "A ring of eight narrow clusters, 2,000 rows",
    "modes": "A grid of 25 clusters, 2,000 rows",
    "blur": "Two moons, 1,500 rows",
    "shares": "Four groups of 60, 25, 10 and 5 %, 2,000 rows",
    "repeats": "Wine, 89 rows of 13 columns; 2,000 generated rows",
    "divergence": "Two moons, 1,500 rows, 1,500 updates without frames",
    "slow": "A mixed table of four columns, 1,000 rows",
    "condition": "A class of 3 % in 1,000 rows",
    "column": "A column of 60 % zeros with a long tail, 1,500 rows",
    "damage": "1,000 rows, damaged on purpose",
}
CODE = re.compile(r'\w+=(?:"\w+"|[\w.]+)|Regularized\w+(?:\(\))?')


def record(symptom: str, name: str, seed: int) -> Record:
    """All measures of one fit."""
    case, about = SYMPTOMS[symptom], {"symptom": symptom, "row": name, "seed": seed}
    row, parts = case.rows[name], case.parts(seed)
    try:
        model, seconds = fitted(row, parts, seed)
    except DivergenceError:
        return about | {"diverged": 100.0}
    made = model.sample(2_000, random_state=seed, **row.sampling)
    labels = parts.fresh_labels if row.settings.get("conditional") else None
    found = case.measure(Fit(model, parts, made))
    part = slice(0, 1_000)
    score = model.score(parts.fresh[part], None if labels is None else labels[part])
    if row.sampling:
        score = two_sample_score(*comparable(parts.fresh[part], made[part]))
    return about | found | {"score": score, "seconds": seconds}


def lines(symptom: str, found: list[Record]) -> Iterator[str]:
    """The table of a symptom: a row for each setting."""
    columns = SYMPTOMS[symptom].columns
    rows = [(name, [r for r in found if r["row"] == name]) for name in SYMPTOMS[symptom].rows]
    cells = [
        (
            marked(name),
            [cell((r.get(key, float("nan")) for r in own), d) for key, (_, d) in columns.items()],
        )
        for name, own in rows
    ]
    yield from table_lines(TITLES[symptom], [title for title, _ in columns.values()], cells)


def marked(name: str) -> str:
    """A name as a cell of a table, with its settings marked as code."""
    return CODE.sub(r"``\g<0>``", name).replace('"', '""')


def damage_lines(found: list[Record]) -> Iterator[str]:
    """What each metric says of each damage: a row for each metric."""
    names = [*damage.DAMAGES, "copies"]
    keys = [key for key in found[0] if key not in ("symptom", "row", "seed")]
    cells = [
        (f"``{key}``", [cell((r[key] for r in found if r["row"] == name), 2) for name in names])
        for key in keys
    ]
    yield from table_lines(TITLES["damage"], names, cells, first="metric")


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--symptom", type=click.Choice(NAMES), multiple=True, default=NAMES)
@click.option("--seeds", type=(int, int), default=(100, 102), help="The first and the last.")
def run(out: Path, symptom: tuple[str, ...], seeds: tuple[int, int]) -> None:
    """Append the records that `out` does not have yet."""
    done = {(r["symptom"], r["row"], r["seed"]) for r in read(out)}
    for seed in range(seeds[0], seeds[1] + 1):
        for name in symptom:
            if name == "damage":
                known = ("damage", "copies", seed) in done
                append(out, () if known else damage.records(seed))
                continue
            todo = [row for row in SYMPTOMS[name].rows if (name, row, seed) not in done]
            append(out, (record(name, row, seed) for row in todo))


@main.command(name="table")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--folder", type=click.Path(path_type=Path), default=DOCS / "data" / "symptoms")
def show(path: Path, folder: Path) -> None:
    """Write the tables of the records in `path`."""
    folder.mkdir(exist_ok=True)
    for name in NAMES:
        own = [r for r in read(path) if r["symptom"] == name]
        if own:
            made = damage_lines(own) if name == "damage" else lines(name, own)
            (folder / f"{name}.inc").write_text("\n".join(made))


@main.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--symptom", type=click.Choice(tuple(PICTURES)), multiple=True, default=PICTURES)
def picture(path: Path, symptom: tuple[str, ...]) -> None:
    """Draw the pictures; those of seconds are of the records in `path`."""
    for name in symptom:
        own = [r for r in read(path) if r["symptom"] == name]
        draw(name, own, DOCS / "_static" / f"symptoms_{name}.png")


if __name__ == "__main__":
    main()
