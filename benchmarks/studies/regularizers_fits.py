"""The study of all regularizers: the data, a fit, and what is measured of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from time import process_time
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import pandas as pd
from regularizers_cases import Case, Place
from scipy.spatial.distance import cdist
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LogisticRegression

from regan import DivergenceError, RegularizedGAN
from regan.building.rules import Facts
from regan.datasets import make_grid, make_ring
from regan.metrics import mode_report, two_sample_score
from regan.metrics.samples import comparable

SAMPLED = 5_000
"""Generated rows in which modes are counted."""

Rows = np.ndarray | pd.DataFrame
NETWORKS = ("generator", "discriminator")


@dataclass(frozen=True, kw_only=True)
class Data:
    """Rows to train on and rows that are held out, with modes or without.

    Attributes
    ----------
    frames : str
        The kind of frames that ``frames="auto"`` chooses, of several components.
    train, held : array or DataFrame
    n_modes : int
        0 if there are none that one could count.
    """

    frames: str
    train: Rows
    held: Rows
    n_modes: int = 0

    def place(self, base: str) -> Place:
        """What the rules for ``"auto"`` know of the training rows."""
        kind = self.frames if base == "default" else None
        return Place(base, Facts(len(self.train), kind, labelled=kind is not None))

    def modes(self, rows: Rows) -> dict[str, float]:
        """How many modes `rows` cover, and how well."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Mixture(Data):
    """Equal round clusters, whose centers and standard deviation are known."""

    centers: np.ndarray
    sigma: float

    def modes(self, rows: Rows) -> dict[str, float]:
        near = (cdist(rows, self.centers) <= 3 * self.sigma).mean(axis=0)
        report = mode_report(rows, self.centers, self.sigma)
        return {
            "covered": covered(near),
            "high_quality": report.high_quality,
            "reverse_kl": report.reverse_kl,
            "relative_std": report.relative_std,
        }


@dataclass(frozen=True, kw_only=True)
class Digits(Data):
    """Pictures of ten classes, which a classifier recognizes."""

    classifier: Any

    def modes(self, rows: Rows) -> dict[str, float]:
        found = np.bincount(self.classifier.predict(rows), minlength=10)
        return {"covered": covered(found / len(rows))}


def covered(shares: np.ndarray) -> int:
    """The modes that have a quarter of their due share of rows or more.

    One row of 5,000 near a mode says little about a blurred sample.
    """
    return int((shares >= 0.25 / len(shares)).sum())


def _mixture(make: Any, n: int, sigma: float) -> Mixture:
    train, _, centers = make(n, sigma=sigma, random_state=0)
    return Mixture(
        frames="local",
        train=train,
        held=make(1_000, sigma=sigma, random_state=1)[0],
        n_modes=len(centers),
        centers=centers,
        sigma=sigma,
    )


def _parts(rows: Any, first: int) -> tuple[Any, Any]:
    order = np.random.default_rng(0).permutation(len(rows))
    taken = rows.iloc if isinstance(rows, pd.DataFrame) else rows
    return taken[order[:first]], taken[order[first:]]


@cache
def data(name: str) -> Data:
    """The data of the study by name."""
    if name == "ring":
        return _mixture(make_ring, 1_000, 0.02)
    if name == "grid":
        return _mixture(make_grid, 800, 0.1)
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        classifier = LogisticRegression(C=0.01, max_iter=1_000).fit(X, y)
        train, held = _parts(X, 600)
        return Digits(
            frames="principal",
            train=train,
            held=held,
            n_modes=10,
            classifier=classifier,
        )
    table = load_diabetes(as_frame=True, scaled=False).data
    table = table.assign(sex=np.where(table["sex"] == 1, "a", "b"))
    train, held = _parts(table, 300)
    return Data(frames="mixed", train=train, held=held)


NAMES = ("ring", "grid", "digits", "diabetes")


def fit(case: Case, base: str, name: str, seed: int) -> dict[str, Any]:
    """One record: what was fitted, and everything measured; if the fit fails, that it did."""
    about = {"base": base, "data": name, "family": case.family, "name": case.name, "seed": seed}
    own = data(name)
    gan = RegularizedGAN(**case.settings(own.place(base)), random_state=seed)
    found: dict[str, Any] = {"diverged": 0}
    with catch_warnings(), np.errstate(all="ignore"):
        simplefilter("ignore")  # batch norm under a gradient penalty, which is part of the study
        try:
            start = process_time()
            with diverging(found):  # the last finite parameters count
                gan.fit(own.train)
            found |= {"seconds": process_time() - start, "updates": gan.n_iter_}
            found |= measured(gan, own, base, seed)
        except Exception as error:  # one fit does not stop the study
            found["failed"] = f"{type(error).__name__}: {error}"
    return about | {key: _rounded(value) for key, value in found.items()}


@contextmanager
def diverging(found: dict[str, Any]) -> Iterator[None]:
    """Note a fit that diverges."""
    try:
        yield
    except DivergenceError:
        found["diverged"] = 1


def measured(gan: RegularizedGAN, own: Data, base: str, seed: int) -> dict[str, float]:
    """Everything that is measured of a fitted model."""
    rows = gan.sample(SAMPLED, random_state=seed)
    found = own.modes(rows) | {"score": gan.score(own.held)}
    for name in NETWORKS:
        fitted = getattr(gan, f"{name}_")
        weights = fitted.theta[:, : fitted.network.layout.n_weights]
        found[f"{name}_zeros"] = gan.sparsity_[name].zeros
        found[f"{name}_norm"] = float(np.linalg.norm(weights))
        norms = gan.history_[f"{name}_grad_norm"]
        median = np.nanmedian(norms)
        if median > 0:
            found[f"{name}_largest"] = float(np.nanmax(norms) / median)
            found[f"{name}_smallest"] = float(np.nanmin(norms) / median)
    if isinstance(own, Mixture) and base != "default":
        X = own.train
        found["slope"] = slope(gan.discriminator_, (X - X.mean(axis=0)) / X.std(axis=0))
    return found


def slope(discriminator: Any, rows: np.ndarray) -> float:
    """The mean of |grad_x D| over `rows` (n, D), which are grouped where D takes packs."""
    network, theta = discriminator.network, discriminator.theta
    x = network.ops.asarray(rows.reshape(1, -1, network.n_in))
    params = network.split(theta)
    y, caches = network.forward(params, x)
    g = network.backward(params, np.ones_like(y), caches).reshape(rows.shape)
    return float(np.linalg.norm(g, axis=1).mean())


def real_rows(name: str) -> dict[str, float]:
    """What other real rows reach, of those that were held out."""
    own = data(name)
    if isinstance(own, Mixture):
        make = make_ring if name == "ring" else make_grid
        others = make(1_000, sigma=own.sigma, random_state=2)[0]
        half = own.held
    else:
        half, others = _parts(own.held, len(own.held) // 2)
    pair = comparable(half, others)
    found = own.modes(others) | {"score": two_sample_score(*pair)}
    return {key: float(f"{value:.4g}") for key, value in found.items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return float(f"{value:.4g}") if np.isfinite(value) else None
