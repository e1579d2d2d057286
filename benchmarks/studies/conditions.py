"""Rows under conditions: whether they are told from the real rows that fulfil them.

Run: ``python benchmarks/studies/conditions.py run --out conditions.jsonl`` (one record for each
condition, model and seed; ``--tables ring --models RegularizedGaussian`` for some), then ``table
conditions.jsonl``, as RST. Tables and conditions are in `conditions_data.py`: adult, and mixtures
whose component is a level.

A model learns from 10,000 rows. The AUC is that of boosting (`classifier_test`) that tells as many
rows of either side, 500 to 2,000: held-out rows that fulfil the condition beside

- *real*: rows of training that do: the floor;
- *asked*: rows of ``sample(n, conditions=...)``;
- *rejection*: the rows of the same model, sampled without conditions, that fulfil it: what the
  model holds of it, without the mechanism; none where fewer than 500 of 300,000 do.

*held* is the share of the asked rows that fulfil the condition. ``--without asked`` leaves one out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any

import click
import pandas as pd
from conditions_data import CONDITIONS, TABLES, Conditions, holds
from records import Record, append, cell, read, table_lines

import regan
from regan.metrics import classifier_test

FEWEST, MOST, SAMPLED = 500, 2_000, 300_000
REAL, WAYS = "real", ("asked", "rejection")
MODELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "RegularizedGaussian": (regan.RegularizedGaussian, {}),
    "RegularizedMixture": (regan.RegularizedMixture, {}),
    "RegularizedGAN": (regan.RegularizedGAN, {"masked": True}),
    "RegularizedVAE": (regan.RegularizedVAE, {"masked": True}),
}


def auc(real: pd.DataFrame, rows: pd.DataFrame, seed: int) -> float | None:
    """How well rows are told from real ones; None of fewer than 500 on either side."""
    n = min(len(real), len(rows), MOST)
    if n < FEWEST:
        return None
    sides = (
        part.sample(n, random_state=seed).astype(real.dtypes).reset_index(drop=True)
        for part in (real, rows)
    )
    return classifier_test(*sides, p_value=False, random_state=seed).auc


def floors(name: str, seed: int) -> Iterator[Record]:
    """Rows of training beside held-out ones."""
    train, held = TABLES[name](seed)
    for label, conditions in CONDITIONS[name].items():
        real, others = (part[holds(part, conditions)] for part in (held, train))
        yield about(name, REAL, "", label, seed) | {"auc": auc(real, others, seed)}


def about(name: str, model: str, way: str, label: str, seed: int) -> Record:
    return {"table": name, "model": model, "way": way, "condition": label, "seed": seed}


def records(name: str, model: str, seed: int, ways: tuple[str, ...]) -> Iterator[Record]:
    """All conditions on one table, by one model."""
    train, held = TABLES[name](seed)
    make, settings = MODELS[model]
    fitted = make(random_state=seed, **settings).fit(train)
    free = fitted.sample(SAMPLED, random_state=seed + 1) if "rejection" in ways else train[:0]
    for label, conditions in CONDITIONS[name].items():
        real = held[holds(held, conditions)]
        if "asked" in ways:
            start = process_time()
            rows = asked(fitted, min(len(real), MOST), conditions, seed)
            seconds = process_time() - start
            found = {"auc": auc(real, rows, seed), "seconds": seconds}
            found["held"] = float(holds(rows, conditions).mean())
            yield about(name, model, "asked", label, seed) | found
        if "rejection" in ways:
            rows = free[holds(free, conditions)]
            found = {"auc": auc(real, rows, seed), "share": len(rows) / SAMPLED}
            yield about(name, model, "rejection", label, seed) | found


def asked(fitted: Any, n: int, conditions: Conditions, seed: int) -> pd.DataFrame:
    """Rows under conditions."""
    rows: pd.DataFrame = fitted.sample(n, conditions=conditions, random_state=seed + 1)
    return rows


def lines(found: list[Record], name: str) -> Iterator[str]:
    """A table for a page: conditions by models, the AUC of both ways, and what was held."""
    rows = [r for r in found if r["table"] == name]
    columns = list(dict.fromkeys((r["model"], r["way"]) for r in rows))
    columns.sort(key=lambda pair: (pair[0] != REAL, pair))
    heads = [f"{model.removeprefix('Regularized')} {way}".strip() for model, way in columns]

    def means(label: str) -> list[str]:
        own = [r for r in rows if r["condition"] == label]
        held = [r["held"] for r in own if r["way"] == "asked"]
        aucs = {
            column: [
                r["auc"] for r in own if (r["model"], r["way"]) == column and r["auc"] is not None
            ]
            for column in columns
        }
        return [*map(cell, aucs.values()), f"{100 * min(held):.1f}" if held else ""]

    pairs = ((label, means(label)) for label in CONDITIONS[name])
    yield from table_lines(name, [*heads, "held, %"], pairs, "condition")


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--tables", "names", type=click.Choice([*TABLES]), multiple=True, default=TABLES)
@click.option("--models", type=click.Choice([*MODELS]), multiple=True, default=MODELS)
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--without", type=click.Choice(WAYS), multiple=True)
def run(
    out: Path,
    names: tuple[str, ...],
    models: tuple[str, ...],
    seeds: int,
    without: tuple[str, ...],
) -> None:
    """Append the records that `out` does not have yet."""
    ways = tuple(way for way in WAYS if way not in without)
    done = {(r["table"], r["model"], r["way"], r["seed"]) for r in read(out)}
    for seed, name in product(range(seeds), names):
        if (name, REAL, "", seed) not in done:
            append(out, floors(name, seed))
        for model in models:
            if left := tuple(w for w in ways if (name, model, w, seed) not in done):
                append(out, records(name, model, seed, left))


@main.command()
@click.argument("records", type=click.Path(exists=True, path_type=Path))
def table(records: Path) -> None:
    """Means over the seeds, with standard errors, as RST; of what was held the least."""
    found = read(records)
    for name in dict.fromkeys(r["table"] for r in found):
        click.echo("\n".join(lines(found, name)))


if __name__ == "__main__":
    main()
