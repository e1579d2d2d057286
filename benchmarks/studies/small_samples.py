"""Whether rows of small fits lie nearer to the training rows than real ones do.

Run: ``python benchmarks/studies/small_samples.py`` (``--seeds 20``, ``--start 0`` for other splits,
``--data moons --data blobs`` for some of the data, ``--rows 150`` for some sizes). Prints a table
in Markdown, one line for each data set, number of training rows n and row:

- *real*: fresh real rows in the place of generated ones;
- *mixture*: samples of the mixture whose frames the fit uses (where it uses frames);
- *defaults*: ``RegularizedGAN()``.

*Nearer* is the share in per cent of 2,000 rows that are nearer to training rows than to as many
held-out ones (`closest_records`), *over real* its excess over the real rows of the same split, both
with the standard error of the mean over the splits; the excess holds if it is within two standard
errors of 3 points. Score, energy distance (without bias), precision and coverage are against fresh
real rows, at most 1,000 of either. All columns are standardised by the training rows. Toy data are
drawn anew for each split; a table is split into three parts, of n rows at most. Seconds are those
of the CPU for a fit.

``--halves`` prints another table: models with defaults (``--model gan`` for some) on half of iris,
wine and breast_cancer, with the classes given to ``fit`` (*classes*) or as a further column of a
DataFrame (*column*). *Attack* is the area under the curve of an attack by the distance to the
nearest generated row, of training rows against held-out ones: of as many generated rows as training
rows, and of five times as many. F1 (macro) is that of logistic regression and a forest, on average,
trained on as many generated rows, on the other half; coverage is of that half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import process_time
from typing import Any

import click
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_wine,
    make_circles,
    make_moons,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from regan import RegularizedGAN, RegularizedGaussian, RegularizedMixture, RegularizedVAE
from regan.datasets import make_ring
from regan.metrics import (
    closest_records,
    energy_distance,
    precision_coverage,
    two_sample_score,
)

GENERATED = 2_000
COMPARED = 1_000
MARGIN = 3.0
MEASURES = "nearer", "score", "energy", "precision", "coverage", "components", "seconds"
HEAD = "data", "n", "row", "nearer", "over real", "holds", *MEASURES[1:]


def moons(n: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(make_moons(n, noise=0.05, random_state=int(rng.integers(2**31)))[0])


def circles(n: int, rng: np.random.Generator) -> np.ndarray:
    seed = int(rng.integers(2**31))
    return np.asarray(make_circles(n, noise=0.05, factor=0.5, random_state=seed)[0])


def ring(n: int, rng: np.random.Generator) -> np.ndarray:
    return make_ring(n, random_state=int(rng.integers(2**31)))[0]


def blobs(n: int, rng: np.random.Generator) -> np.ndarray:
    centers = np.random.default_rng(3).uniform(-10, 10, (5, 2))
    return np.asarray(centers[rng.integers(5, size=n)] + rng.normal(size=(n, 2)))


def gaussian(n: int, rng: np.random.Generator, n_columns: int = 10) -> np.ndarray:
    """Correlated columns."""
    mixing = np.random.default_rng(5).normal(size=(n_columns, n_columns)) / np.sqrt(n_columns)
    return np.asarray(rng.normal(size=(n, n_columns)) @ (mixing + 0.3 * np.eye(n_columns)))


def heavy_tails(n: int, rng: np.random.Generator) -> np.ndarray:
    """Student's t with three degrees of freedom, in five correlated columns."""
    return np.asarray(gaussian(n, rng, 5) / np.sqrt(rng.chisquare(3, size=(n, 1)) / 3))


TOYS = {
    "moons": moons,
    "circles": circles,
    "ring": ring,
    "blobs": blobs,
    "gaussian": gaussian,
    "heavy_tails": heavy_tails,
}
TABLES = {
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "iris": load_iris,
    "wine": load_wine,
}


def split(name: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training rows, as many held-out ones, and others, standardised by the first."""
    rng = np.random.default_rng([seed, n])
    if name in TOYS:
        X = TOYS[name](2 * n + GENERATED, rng)
    else:
        X = TABLES[name]().data
        n = min(n, len(X) // 3)
    X = rng.permutation(X)
    mean, scale = X[:n].mean(axis=0), X[:n].std(axis=0)
    X = (X - mean) / np.where(scale > 0, scale, 1)
    return X[:n], X[n : 2 * n], X[2 * n :]


def measure(
    parts: tuple[np.ndarray, ...], fake: np.ndarray, components: int = 0, seconds: float = 0.0
) -> tuple[float, ...]:
    """What `MEASURES` names."""
    train, holdout, real = parts
    nearer = 100 * closest_records(train, fake, holdout).nearer_to_training
    compared = real[:COMPARED], fake[:COMPARED]
    found = precision_coverage(*compared)
    return (
        nearer,
        two_sample_score(*compared),
        energy_distance(*compared, unbiased=True),
        found.precision,
        found.coverage,
        components,
        seconds,
    )


def measures(name: str, n: int, seed: int) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Each row of one split with its measures."""
    parts = split(name, n, seed)
    yield "real", measure(parts, parts[2])
    start = process_time()
    gan = RegularizedGAN(random_state=seed).fit(parts[0])
    seconds, frames = process_time() - start, gan.frames_
    components = 0 if frames is None else frames.n_components
    if frames is not None:
        yield "mixture", measure(parts, frames.sample(GENERATED), components)
    yield "defaults", measure(parts, gan.sample(GENERATED), components, seconds)


def lines(name: str, n: int, seeds: range) -> Iterator[tuple[str, ...]]:
    """The lines of the table for one data set and size."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in seeds:
        for row, values in measures(name, n, seed):
            found.setdefault(row, []).append(values)
    n_train = n if name in TOYS else len(split(name, n, 0)[0])
    real = np.array(found["real"])[:, 0]
    for row, listed in found.items():
        table = np.array(listed)
        nearer, excess = table[:, 0], table[:, 0] - real
        holds = "" if row == "real" else verdict(excess)
        yield (
            *(name, str(n_train), row),
            *(f"{x.mean():.1f} ± {error(x):.1f}" for x in (nearer, excess)),
            *(holds, f"{table[:, 1].mean():.3f} ± {error(table[:, 1]):.3f}"),
            *(f"{mean:.3f}" for mean in table[:, 2:5].mean(axis=0)),
            *(f"{mean:.1f}" for mean in table[:, 5:].mean(axis=0)),
        )


LABELLED = "iris", "wine", "breast_cancer"
MODELS: dict[str, Any] = {
    "gan": RegularizedGAN,
    "vae": RegularizedVAE,
    "mixture": RegularizedMixture,
    "gaussian": RegularizedGaussian,
}
WAYS = "classes", "column"
HALVES = "data", "model", "way", "attack", "attack, 5 n", "F1", "coverage", "seconds"


def attack(train: np.ndarray, held: np.ndarray, fake: np.ndarray) -> float:
    """The area under the curve of an attack by the distance to the nearest row of `fake`."""
    near = NearestNeighbors(n_neighbors=1).fit(fake)
    distances = [near.kneighbors(X)[0][:, 0] for X in (train, held)]
    truth = np.repeat([1, 0], [len(train), len(held)])
    return float(roc_auc_score(truth, -np.concatenate(distances)))


def utility(fake: np.ndarray, labels: np.ndarray, held: np.ndarray, truth: np.ndarray) -> float:
    """F1 on held-out rows of classifiers trained on generated ones; 0 where they have one class."""
    if len(np.unique(labels)) < 2:
        return 0.0
    classifiers = LogisticRegression(max_iter=300), RandomForestClassifier(30, random_state=0)
    found = [
        make_pipeline(StandardScaler(), clone(each)).fit(fake, labels).predict(held)
        for each in classifiers
    ]
    return float(np.mean([f1_score(truth, guess, average="macro") for guess in found]))


def generated(
    model: str, way: str, rows: np.ndarray, labels: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Five times as many rows as those of training, and their classes."""
    n = 5 * len(rows)
    fresh = MODELS[model](random_state=seed, conditional=way == "classes")
    if way == "classes":
        X, y = fresh.fit(rows, labels).sample(n, return_y=True)
        return np.asarray(X), np.asarray(y)
    frame = pd.DataFrame(rows).add_prefix("x").assign(y=pd.Categorical(labels))
    table = fresh.fit(frame).sample(n)
    return table.drop(columns="y").to_numpy(), table["y"].to_numpy()


def half(name: str, model: str, way: str, seed: int) -> tuple[float, ...]:
    """The measures of one split, as in `HALVES`."""
    X, y = TABLES[name](return_X_y=True)
    rows, held, labels, truth = train_test_split(X, y, test_size=0.5, stratify=y, random_state=seed)
    scaler, n, start = StandardScaler().fit(rows), len(rows), process_time()
    fake, classes = generated(model, way, rows, labels, seed)
    seconds = process_time() - start
    train, test, many = (scaler.transform(part) for part in (rows, held, fake))
    return (
        attack(train, test, many[:n]),
        attack(train, test, many),
        utility(fake[:n], classes[:n], held, truth),
        precision_coverage(test, many[:n]).coverage,
        seconds,
    )


def halves(name: str, seeds: range, models: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The lines of the other table for one data set."""
    for model in models:
        for way in WAYS:
            found = np.array([half(name, model, way, seed) for seed in seeds])
            cells = (f"{x.mean():.3f} ± {error(x):.3f}" for x in found.T[:-1])
            yield (name, model, way, *cells, f"{found[:, -1].mean():.1f}")


def error(values: np.ndarray) -> float:
    """The standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def verdict(excess: np.ndarray) -> str:
    return "yes" if excess.mean() <= MARGIN + 2 * error(excess) else "no"


@click.command()
@click.option("--seeds", type=click.IntRange(min=2), default=20, help="Splits.")
@click.option("--start", type=click.IntRange(min=0), default=0, help="The first seed.")
@click.option("--data", type=click.Choice([*TOYS, *TABLES]), multiple=True, help="All if none.")
@click.option("--rows", type=click.IntRange(min=20), multiple=True, default=(150, 300, 500))
@click.option("--model", "models", type=click.Choice([*MODELS]), multiple=True, help="Of halves.")
@click.option("--halves", "in_halves", is_flag=True, help="The other table.")
def main(
    seeds: int,
    start: int,
    data: tuple[str, ...],
    rows: tuple[int, ...],
    models: tuple[str, ...],
    in_halves: bool,
) -> None:
    if in_halves:
        print("| " + " | ".join(HALVES) + " |\n" + "|---" * len(HALVES) + "|")
        for name in [n for n in data or LABELLED if n in LABELLED]:
            for cells in halves(name, range(start, start + seeds), models or [*MODELS]):
                print("| " + " | ".join(cells) + " |", flush=True)
        return
    print("| " + " | ".join(HEAD) + " |\n" + "|---" * len(HEAD) + "|")
    for name in data or (*TOYS, *TABLES):
        for n in rows if name in TOYS else rows[:1]:
            for cells in lines(name, n, range(start, start + seeds)):
                print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
