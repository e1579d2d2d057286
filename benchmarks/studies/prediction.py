"""Prediction: gradient boosting compared with `predict_column` of regan's models, on six tables.

Run: ``python benchmarks/studies/prediction.py run --out prediction.jsonl`` (one record for each
table, method and split is appended, what is there already is left out; ``--tables iris``,
``--methods "gradient boosting"``, ``--splits 2`` for some, and options may be repeated), then
``table prediction.jsonl > docs/data/prediction.inc``. Set ``OMP_NUM_THREADS=1`` for the seconds.

The tables are those of `imputation.py`, of at most 3,000 rows, a fifth of which is kept apart in
each split. All methods learn from the other rows and tell the column *target* of those kept apart:
R^2 of numbers, accuracy of classes. Gradient boosting learns this column alone
(HistGradientBoosting with its defaults); a model of regan is of the whole table, and would tell any
other column as well. *CPU s* is of fitting and predicting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any

import click
import numpy as np
import pandas as pd
from imputation_data import MOST, TABLES, TARGET, Split, split
from records import Record, append, cell, read, table_lines
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import accuracy_score, r2_score

import regan

Predict = Callable[[Split, int], Any]
N_DRAWS = 100
TITLES = {"score": "R2 of numbers, accuracy of classes", "seconds": "CPU seconds"}
DIGITS = {"score": 3, "seconds": 1}


def boosting(parts: Split, seed: int) -> Any:
    """What gradient boosting tells of the rows kept apart."""
    kind = HistGradientBoostingClassifier if parts.classes else HistGradientBoostingRegressor
    model = kind(random_state=seed)
    model.fit(parts.whole.drop(columns=TARGET), parts.whole[TARGET].to_numpy())
    return model.predict(parts.test.drop(columns=TARGET))


def of_regan(make: Callable[..., Any], **settings: Any) -> Predict:
    """What a model of regan tells of them."""

    def predict(parts: Split, seed: int) -> Any:
        model = make(random_state=seed, **settings).fit(parts.whole)
        rows = parts.test.drop(columns=TARGET)
        return model.predict_column(rows, TARGET, n_draws=N_DRAWS, random_state=seed)

    return predict


METHODS: dict[str, Predict] = {
    "gradient boosting": boosting,
    "RegularizedMixture": of_regan(regan.RegularizedMixture),
    "RegularizedGaussian": of_regan(regan.RegularizedGaussian),
    "RegularizedGAN": of_regan(regan.RegularizedGAN, masked=True),
    "RegularizedVAE": of_regan(regan.RegularizedVAE, masked=True),
}


def record(name: str, method: str, seed: int, most: int) -> Record:
    """The measures of one method and split."""
    parts = split(name, seed, 0.05, "at random", most)
    start = process_time()
    found = METHODS[method](parts, seed)
    seconds = process_time() - start
    truth: pd.Series = parts.test[TARGET]
    if parts.classes:
        score = accuracy_score(truth.astype(str), np.asarray(found).astype(str))
    else:
        score = r2_score(truth, found)
    about = {"table": name, "method": method, "split": seed, "n": len(parts.whole)}
    return about | {"score": float(score), "seconds": seconds}


def of_measure(records: list[Record], key: str) -> Iterator[str]:
    """A table for a page: methods by tables."""
    names = [name for name in TABLES if any(r["table"] == name for r in records)]

    def means(method: str) -> list[str]:
        own = [r for r in records if r["method"] == method]
        return [cell([r[key] for r in own if r["table"] == name], DIGITS[key]) for name in names]

    yield from table_lines(TITLES[key], names, ((method, means(method)) for method in METHODS))


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--tables", "names", type=click.Choice([*TABLES]), multiple=True, default=TABLES)
@click.option("--methods", type=click.Choice([*METHODS]), multiple=True, default=tuple(METHODS))
@click.option("--splits", type=click.IntRange(1), default=5, show_default=True)
@click.option("--most", type=click.IntRange(50), default=MOST, show_default=True, help="Rows.")
def run(
    out: Path, names: tuple[str, ...], methods: tuple[str, ...], splits: int, most: int
) -> None:
    """Append the records that `out` does not have yet."""
    done = {(r["table"], r["method"], r["split"]) for r in read(out)}
    each = product(range(splits), names, methods)
    left = ((name, method, seed) for seed, name, method in each if (name, method, seed) not in done)
    append(out, (record(*one, most) for one in left))


@main.command()
@click.argument("records", type=click.Path(exists=True, path_type=Path))
def table(records: Path) -> None:
    """Means over the splits, with standard errors, as RST."""
    found = read(records)
    for key in TITLES:
        click.echo("\n".join(of_measure(found, key)))


if __name__ == "__main__":
    main()
