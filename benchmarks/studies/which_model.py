"""Which model for which data: all four with their defaults, on data of many kinds.

Run: ``python benchmarks/studies/which_model.py run --out which.jsonl`` (eight minutes of one core;
``--data iris --data moons`` for some of the data), then ``table which.jsonl``, as RST. Generated
rows are compared with rows that no model has seen: a quarter of small data, else up to 1,000.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from time import process_time
from typing import Any

import click
import numpy as np
from sklearn import datasets

import regan
from regan.datasets import make_ring
from regan.metrics import classifier_test, closest_records, precision_coverage
from regan.metrics.samples import comparable

sys.path.append(str(Path(__file__).parents[2]))
from examples import tables

MODELS = {
    "Gaussian": regan.RegularizedGaussian,
    "mixture": regan.RegularizedMixture,
    "VAE": regan.RegularizedVAE,
    "GAN": regan.RegularizedGAN,
}
MEASURES = {
    "auc": "C2ST AUC (.5 is best)",
    "score": "score (1 is best)",
    "nearer": "nearer to training (.5 gives nothing away)",
    "seconds": "CPU s",
}
_MOST_HELD = 1000


def drawn(make: Callable[..., Any], n: int, **options: Any) -> Callable[[int], tuple[Any, Any]]:
    """A maker of toy data: so many rows to learn from, others to compare with."""

    def split(seed: int) -> tuple[Any, Any]:
        rows = make(n + _MOST_HELD, random_state=seed, **options)[0]
        order = np.random.default_rng(seed).permutation(len(rows))
        return rows[order[:n]], rows[order[n:]]

    return split


def real(load: Callable[[], Any], n: int | None = None) -> Callable[[int], tuple[Any, Any]]:
    """A maker of real data: so many rows, or three quarters, and of the others up to 1,000."""

    def split(seed: int) -> tuple[Any, Any]:
        rows = load()
        order = np.random.default_rng(seed).permutation(len(rows))
        at = 3 * len(rows) // 4 if n is None else n
        parts = order[:at], order[at : at + _MOST_HELD]
        train, held = (rows.iloc[k] if hasattr(rows, "iloc") else rows[k] for k in parts)
        return train, held

    return split


DATA = {
    "iris": real(lambda: datasets.load_iris().data),
    "wine": real(lambda: datasets.load_wine().data),
    "diabetes": real(lambda: datasets.load_diabetes().data),
    "moons, 60 rows": drawn(datasets.make_moons, 60, noise=0.05),
    "adult, 60 rows": real(tables.adult, 60),
    "credit, 60 rows": real(tables.credit, 60),
    "diamonds, 60 rows": real(tables.diamonds, 60),
    "adult, 200 rows": real(tables.adult, 200),
    "credit, 200 rows": real(tables.credit, 200),
    "diamonds, 200 rows": real(tables.diamonds, 200),
    "breast_cancer": real(lambda: datasets.load_breast_cancer().data),
    "moons": drawn(datasets.make_moons, 1500, noise=0.05),
    "ring": drawn(make_ring, 1500),
    "swiss roll": drawn(datasets.make_swiss_roll, 1500, noise=0.3),
    "digits": real(lambda: datasets.load_digits().data),
}


def record(data: str, model: str, seed: int) -> dict[str, Any]:
    """What one model makes of one draw of the data."""
    train, held = DATA[data](seed)
    start = process_time()
    fitted = MODELS[model](random_state=seed).fit(train)
    seconds = process_time() - start
    score = fitted.score(held)
    train, held, made = comparable(train, held, fitted.sample(2000, random_state=seed + 1))
    same = made[: len(held)]
    return {
        "data": data,
        "model": model,
        "seed": seed,
        "rows": len(train),
        "columns": fitted.n_features_in_,
        "score": score,
        "coverage": precision_coverage(held, same).coverage,
        "precision": precision_coverage(held, same).precision,
        "auc": classifier_test(held, same, p_value=False, random_state=seed).auc,
        "nearer": closest_records(train, made, held).nearer_to_training,
        "seconds": seconds,
    }


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--seeds", type=click.IntRange(min=1), default=2)
@click.option("--first-seed", type=int, default=40)
@click.option("--data", "names", type=click.Choice([*DATA]), multiple=True)
@click.option("--model", "models", type=click.Choice([*MODELS]), multiple=True)
def run(
    out: Path, seeds: int, first_seed: int, names: tuple[str, ...], models: tuple[str, ...]
) -> None:
    """One line of JSON a fit."""
    for data in names or DATA:
        for model in models or MODELS:
            for seed in range(first_seed, first_seed + seeds):
                with out.open("a") as file:
                    file.write(json.dumps(line := record(data, model, seed)) + "\n")
                click.echo(line)


@main.command()
@click.argument("records", type=click.Path(exists=True, path_type=Path))
def table(records: Path) -> None:
    """Means over the seeds, with standard errors, as RST."""
    found = [json.loads(line) for line in records.read_text().splitlines()]
    for measure, title in MEASURES.items():
        click.echo(f".. csv-table:: {title}\n   :class: study")
        click.echo(f"   :header: data, rows, columns, {', '.join(MODELS)}\n")
        for data in DATA:
            if rows := [line for line in found if line["data"] == data]:
                cells = [cell([r[measure] for r in rows if r["model"] == m]) for m in MODELS]
                size = f"{rows[0]['rows']}, {rows[0]['columns']}"
                click.echo(f'   "{data}", {size}, {", ".join(cells)}')
        click.echo("")


def cell(values: list[float]) -> str:
    """A mean with its standard error."""
    if not values:
        return '""'
    error = f" ({stdev(values) / len(values) ** 0.5:.3f})" if len(values) > 1 else ""
    return f'"{mean(values):.3f}{error}"'


if __name__ == "__main__":
    main()
