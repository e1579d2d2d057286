"""Masked models compared with plain ones: the cost of completing rows, in quality and time.

Run: ``python benchmarks/studies/masked.py > docs/data/masked.inc`` (``--seeds 1`` for fewer). Each
model is fitted to half of the rows, at most 2,000, with ``masked=False`` and ``True``; the score is
that of whole rows that it makes, for the other half. Set
``OMP_NUM_THREADS=1`` for the seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import Any

import click
import numpy as np
import pandas as pd
from sklearn import datasets
from sklearn.model_selection import train_test_split
from tables_data import fetched

from regan import RegularizedGAN, RegularizedVAE

MOST = 4_000
MODELS: dict[str, Callable[..., Any]] = {"GAN": RegularizedGAN, "VAE": RegularizedVAE}


def toy(load: Callable[..., Any]) -> Callable[[], Any]:
    return lambda: load(return_X_y=True)[0]


TABLES: dict[str, Callable[[], Any]] = {
    "iris": toy(datasets.load_iris),
    "wine": toy(datasets.load_wine),
    "diabetes": toy(datasets.load_diabetes),
    "breast_cancer": toy(datasets.load_breast_cancer),
    "digits": toy(datasets.load_digits),
    "california": lambda: fetched.california().to_numpy(),
    "credit": lambda: fetched.credit(),
}


def halves(name: str, seed: int) -> tuple[Any, Any]:
    """Rows to train on, and others."""
    X = TABLES[name]()
    order = np.random.default_rng(seed).permutation(len(X))[:MOST]
    rows = X.iloc[order] if isinstance(X, pd.DataFrame) else X[order]
    one, other = train_test_split(rows, test_size=0.5, random_state=seed)
    return one, other


def measured(name: str, kind: str, seed: int) -> list[float]:
    """Scores without and with masks, and how much more time the latter took."""
    train, test = halves(name, seed)
    scores, seconds = [], []
    for masked in (False, True):
        start = process_time()
        model = MODELS[kind](masked=masked, random_state=seed).fit(train)
        seconds.append(process_time() - start)
        scores.append(model.score(test))
    return [*scores, seconds[1] / seconds[0]]


def words(values: np.ndarray) -> str:
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{values.mean():.3f} ({error:.3f})"


@click.command()
@click.option("--seeds", type=click.IntRange(min=1), default=5, help="Draws of the halves.")
@click.option("--tables", multiple=True, type=click.Choice([*TABLES]), help="By default all.")
def main(seeds: int, tables: tuple[str, ...]) -> None:
    print(".. csv-table::\n   :class: study")
    print('   :header: "", "GAN", "masked", "times", "VAE", "masked", "times"\n')
    for name in tables or TABLES:
        cells = [name]
        for kind in MODELS:
            found = np.array([measured(name, kind, seed) for seed in range(seeds)])
            cells += [words(found[:, 0]), words(found[:, 1]), f"{np.median(found[:, 2]):.2f}"]
        print("   " + ", ".join(f'"{cell}"' for cell in cells), flush=True)


if __name__ == "__main__":
    main()
