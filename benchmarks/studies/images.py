"""Wide tables: what each part of the treatment of images brings, by itself and together.

Run: ``python benchmarks/studies/images.py digits`` or ``mnist`` (``--seeds 5 --first-seed 20``,
``--only components`` for the row of that name, and more of them). Digits are fitted without labels,
two thirds of scikit-learn's 1,797, for 2,000 updates; MNIST, 3,500 of 5,000 images that a package
ships, on condition of the digit, for 4,000. Prints a table in Markdown, means and standard errors
over the seeds; each splits the data anew. The first row has images of the data in place of
generated ones, the next ones settings by rule.

Everything goes through the public API: rows are mapped to ``u = V' (x - mean) / scale`` and back,
with the first R principal components V of the columns, or V = 1; `scale` is that of the column, or
one number for all of them. No principal component is made as wide as another, unless *white* says
so: one divisor brings their mean square to 1. *Clusters* are the components of a Gaussian mixture
with diagonal covariances in u, K of {1, 2, 4, 8, 16} by BIC with a hundred rows each at least;
labels that the GAN is conditioned on, beside the digit where there is one.

The columns: precision and coverage (see `regan.metrics`), for digits among all rows and for MNIST
among those that were held out; accuracy on held-out images of a logistic regression and a random
forest that were trained on generated ones; the share of generated rows that are nearer to a
training row than to as many held-out ones, right at .5, and in the first row that of copies; the
score against held-out rows, on standardised columns; the standard deviation of the columns over the
data's; CPU seconds of the fit.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

import click
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture

from regan import RegularizedGAN
from regan.metrics import closest_records, precision_coverage, two_sample_score
from regan.penalties.gradient import R1R2

sys.path.append(str(Path(__file__).parents[2] / "examples"))
from tables import mnist

MOST_CLUSTERS = 16
N_COMPARED = 1000  # rows of MNIST that distances are measured from


@dataclass(frozen=True)
class Part:
    """One row of the table.

    Attributes
    ----------
    scale : {"column", "one"} or None
        None: regan's own scaling and frames, and nothing else of this program.
    share : float
        Of the variance, that the principal components hold; 1 keeps the columns.
    most : int
        So many principal components at most.
    white : bool
        Whether all principal components are made equally wide.
    clusters : bool
        Whether the model is conditioned on the components of a mixture.
    centred : bool
        Whether the model learns rows less the mean of their cluster.
    settings : mapping
        Of the model.
    """

    scale: str | None = "one"
    share: float = 1.0
    most: int = 64
    white: bool = False
    clusters: bool = False
    centred: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


def parts(updates: int) -> dict[str, Part]:
    """The rows of the table, by name."""
    short = {"max_iter": updates, "gamma": 1.0}
    fall = {"max_iter": updates, "gradient_penalty": R1R2(1.0, "geometric")}
    whole = {"share": 0.95, "clusters": True}
    return {
        "defaults": Part(None),
        "defaults, 8,000 updates": Part(None, settings={"max_iter": 8000}),
        "defaults, width 256": Part(None, settings={"hidden_layer_sizes": (256, 256)}),
        "no frames, 8,000 updates": Part(None, settings={"frames": None}),
        "no frames": Part(None, settings=short | {"frames": None}),
        "one scale": Part(settings=short),
        "columns + clusters": Part("column", clusters=True, settings=short),
        "one scale + clusters": Part(clusters=True, settings=short),
        "components": Part(share=0.95, settings=short),
        "white components + clusters": Part(white=True, settings=short, **whole),
        "components + clusters": Part(settings=short, **whole),
        "... centred": Part(centred=True, settings=short, **whole),
        "... gamma .3": Part(settings=short | {"gamma": 0.3}, **whole),
        "... gamma falling": Part(settings=fall, **whole),
        "... rate 1e-3": Part(settings=short | {"learning_rate_init": 1e-3}, **whole),
        "... width 256": Part(settings=short | {"hidden_layer_sizes": (256, 256)}, **whole),
        "... batch 256": Part(settings=short | {"batch_size": 256}, **whole),
        "... 8,000 updates": Part(settings=short | {"max_iter": 8000}, **whole),
        "... noise_skip": Part(settings=short | {"architecture": "noise_skip"}, **whole),
    }


class Map:
    """Rows `X` (n, D) to coordinates (n, R) and back, within the ranges of the columns."""

    def __init__(self, X: np.ndarray, part: Part) -> None:
        deviations = X.std(axis=0)
        varying = deviations[deviations > 0]
        self.mean, self.low, self.high = X.mean(axis=0), X.min(axis=0), X.max(axis=0)
        self.scale = np.where(deviations > 0, deviations, 1)
        if part.scale == "one":
            self.scale = np.full(len(deviations), np.sqrt((varying**2).mean()))
        self.axes, self.widths = np.eye(len(deviations)), np.ones(len(deviations))
        if part.share < 1:
            values, axes = np.linalg.eigh(np.cov(((X - self.mean) / self.scale).T))
            held = np.cumsum(values[::-1]) / values.sum()
            rank = min(int(np.searchsorted(held, part.share)) + 1, part.most)
            values, self.axes = values[::-1][:rank], axes[:, ::-1][:, :rank]
            self.widths = np.sqrt(values if part.white else np.full(rank, values.mean()))

    def forward(self, X: np.ndarray) -> np.ndarray:
        u: np.ndarray = (X - self.mean) / self.scale @ self.axes / self.widths
        return u

    def inverse(self, u: np.ndarray) -> np.ndarray:
        X = np.round((u * self.widths) @ self.axes.T * self.scale + self.mean)
        return np.clip(X, self.low, self.high)


class Model:
    """A GAN as a `Part` says, fitted to images `X` (n, D) and labels `y` (n,) or None."""

    def __init__(self, part: Part, X: np.ndarray, y: np.ndarray | None, seed: int) -> None:
        self.map = Map(X, part) if part.scale else None
        u = self.map.forward(X) if self.map else X
        self.classes = np.zeros(len(X), dtype=int) if y is None else y
        cluster = clusters_of(u, seed) if part.clusters else np.zeros(len(X), dtype=int)
        self.label = cluster + MOST_CLUSTERS * self.classes
        n_labels = self.label.max() + 1
        self.centre = np.zeros((n_labels, u.shape[1]))
        if part.centred:
            for k in np.unique(self.label):
                self.centre[k] = u[self.label == k].mean(axis=0)
            u = u - self.centre[self.label]
        self.conditional = len(np.unique(self.label)) > 1
        self.gan = RegularizedGAN(
            standardize=self.map is None,
            conditional=self.conditional,
            random_state=seed,
            **part.settings,
        ).fit(u, self.label if self.conditional else None)

    def sample(self, n: int, seed: int, y: np.ndarray | None = None) -> np.ndarray:
        """Images (n, D); of the digits `y` (n,)."""
        rng = np.random.default_rng(seed)
        label = rng.choice(self.label, n)
        for digit in () if y is None else np.unique(y):
            own, wanted = self.label[self.classes == digit], y == digit
            label[wanted] = rng.choice(own, wanted.sum())
        u = self.gan.sample(n, y=label if self.conditional else None, random_state=seed)
        return self.map.inverse(u + self.centre[label]) if self.map else u


def clusters_of(u: np.ndarray, seed: int) -> np.ndarray:
    """Each row's component of the mixture with the lowest BIC, (n,)."""
    numbers = [k for k in (1, 2, 4, 8, 16) if k == 1 or k <= len(u) / 100]
    models = [GaussianMixture(k, covariance_type="diag", random_state=seed).fit(u) for k in numbers]
    return np.asarray(min(models, key=lambda model: model.bic(u)).predict(u))


def measure_digits(part: Part | None, seed: int) -> list[float]:
    X = load_digits().data
    order = np.random.default_rng(seed).permutation(len(X))
    train, unseen = X[order[:1197]], X[order[1197:]]
    start = process_time()
    model = Model(part, train, None, seed) if part else None
    seconds = process_time() - start
    fake = model.sample(len(X), seed) if model else train
    # all of the data would have their own rows for neighbours
    shares = precision_coverage(X, fake) if model else precision_coverage(train, unseen)
    return [shares.precision, shares.coverage, *likeness(train, fake, unseen), seconds]


def measure_mnist(part: Part | None, seed: int) -> list[float]:
    table = mnist()
    X, y = table.drop(columns="digit").to_numpy(dtype=float), table["digit"].to_numpy()
    order = np.random.default_rng(seed).permutation(len(X))
    seen, unseen = order[:3500], order[3500:]
    start = process_time()
    model = Model(part, X[seen], y[seen], seed) if part else None
    seconds = process_time() - start
    fake = model.sample(len(seen), seed, y[seen]) if model else X[seen]
    shares = precision_coverage(X[unseen], fake[: len(unseen)])
    linear = LogisticRegression(C=0.1, max_iter=200).fit(fake / 255, y[seen])
    forest = RandomForestClassifier(random_state=0).fit(fake, y[seen])
    return [
        shares.precision,
        shares.coverage,
        linear.score(X[unseen] / 255, y[unseen]),
        forest.score(X[unseen], y[unseen]),
        *likeness(X[seen], fake[:N_COMPARED], X[unseen]),
        seconds,
    ]


def likeness(train: np.ndarray, fake: np.ndarray, unseen: np.ndarray) -> tuple[float, float, float]:
    """Nearer to training, the score on standardised columns, and deviations over the data's."""
    near = closest_records(train, fake, unseen).nearer_to_training
    deviations = train.std(axis=0)
    scale = np.where(deviations > 0, deviations, 1)
    score = two_sample_score(unseen / scale, fake / scale)
    return near, score, float(fake.std(axis=0).sum() / deviations.sum())


STUDIES = {"digits": (measure_digits, 2000), "mnist": (measure_mnist, 4000)}
COLUMNS = ("nearer to training", "score", "deviations", "CPU s")
SHARES = ("precision", "coverage")
HEADS = {
    "digits": (*SHARES, *COLUMNS),
    "mnist": (*SHARES, "logistic regression", "forest", *COLUMNS),
}


def rows(data: str, seeds: range, only: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Names, and means with standard errors."""
    measure, updates = STUDIES[data]
    todo: dict[str, Part | None] = {"real": None, **parts(updates)}
    for name, part in todo.items():
        if not only or name in only:
            found = np.array([measure(part, seed) for seed in seeds])
            error = found.std(axis=0, ddof=1) / np.sqrt(len(seeds)) if len(seeds) > 1 else None
            yield name, *cells(found.mean(axis=0), error)


def cells(mean: np.ndarray, error: np.ndarray | None) -> list[str]:
    *shares, seconds = (
        [f"{m:.3f}" for m in mean]
        if error is None
        else [f"{m:.3f} ± {e:.3f}" for m, e in zip(mean, error, strict=True)]
    )
    return [*shares, f"{mean[-1]:.0f}"] if seconds else shares


@click.command()
@click.argument("data", type=click.Choice(list(STUDIES)))
@click.option("--seeds", type=click.IntRange(min=1), default=5)
@click.option("--first-seed", type=click.IntRange(min=0), default=0)
@click.option("--only", multiple=True, help="Names of rows.")
def main(data: str, seeds: int, first_seed: int, only: tuple[str, ...]) -> None:
    head = ("", *HEADS[data])
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for row in rows(data, range(first_seed, first_seed + seeds), only):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
