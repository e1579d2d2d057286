"""The models of the study of tables (`tables.py`): each learns a table and gives a sampler back.

Those from elsewhere know no missing cells, so of a column of numbers with some they get the median
and a level that says so, and of other columns a level; what they give out is rounded to the
decimals that the column has in training rows.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri
from tables_data import is_number, levels, numbers
from tables_measures import nearest, scaled

Sampler = Callable[[int], pd.DataFrame]
MISSING, WHERE = "(missing)", " (is missing)"
NEIGHBOURS = 5
REGAN = "RegularizedGaussian", "RegularizedMixture", "RegularizedVAE", "RegularizedGAN"


def independent(train: pd.DataFrame, seed: int) -> Sampler:
    """Every column drawn by itself, with replacement."""
    rng = np.random.default_rng(seed)

    def sample(n: int) -> pd.DataFrame:
        rows = {name: rng.integers(len(train), size=n) for name in train}
        return pd.DataFrame({name: train[name].to_numpy()[rows[name]] for name in train})

    return sample


def copula(train: pd.DataFrame, seed: int) -> Sampler:
    """A Gaussian copula: normal scores with ties at random, levels in the order of their shares."""
    rng = np.random.default_rng(seed)
    ordered, scores = {}, []
    for name in train:
        values = train[name].to_numpy()
        place = train[name]
        if not is_number(place):
            place = place.map({level: -i for i, level in enumerate(place.value_counts().index)})
        order = np.lexsort((rng.random(len(values)), place.to_numpy()))
        ranks = np.empty(len(values))
        ranks[order] = np.arange(len(values))
        ordered[name] = values[order]
        scores.append(ndtri((ranks + 0.5) / len(values)))
    root = np.linalg.cholesky(np.corrcoef(scores) + 1e-6 * np.eye(len(scores)))

    def sample(n: int) -> pd.DataFrame:
        U = ndtr(rng.normal(size=(n, len(root))) @ root.T)
        at = np.minimum((U * len(train)).astype(int), len(train) - 1)
        return pd.DataFrame({name: ordered[name][at[:, j]] for j, name in enumerate(ordered)})

    return sample


def interpolation(train: pd.DataFrame, seed: int) -> Sampler:
    """A training row, moved towards one of its 5 neighbours; levels are those of either.

    As SMOTE (Chawla et al., 2002) does, but that each level comes from the neighbour with the
    chance which is the way gone, and not from the majority of all five.
    """
    rng = np.random.default_rng(seed)
    (X,) = scaled(train)
    others = nearest(X, X, NEIGHBOURS + 1)[1][:, 1:]

    def sample(n: int) -> pd.DataFrame:
        one = rng.integers(len(train), size=n)
        two = others[one, rng.integers(NEIGHBOURS, size=n)]
        way = rng.random(n)
        made = {}
        for name in train:
            values = train[name].to_numpy()
            a, b = values[one], values[two]
            between = is_number(train[name])
            made[name] = a + way * (b - a) if between else np.where(rng.random(n) < way, b, a)
        return pd.DataFrame(made)

    return sample


def forest(train: pd.DataFrame, seed: int) -> Sampler:
    """Adversarial random forests (Watson et al., 2023, arXiv:2205.09435) of arfpy, its defaults."""
    from arfpy import arf

    np.random.seed(seed)
    model = arf.arf(train.astype(dict.fromkeys(levels(train), object)), verbose=False)
    model.forde()
    return model.forge


def deep(name: str) -> Callable[[pd.DataFrame, int], Sampler]:
    """CTGAN or TVAE (Xu et al., 2019, arXiv:1907.00503), their authors' package, its defaults."""

    def fit(train: pd.DataFrame, seed: int) -> Sampler:
        model = getattr(import_module("ctgan"), name)(enable_gpu=False)
        model.set_random_state(seed)
        model.fit(train, discrete_columns=levels(train))
        return model.sample

    return fit


def of_regan(name: str) -> Callable[[pd.DataFrame, int], Sampler]:
    def fit(train: pd.DataFrame, seed: int) -> Sampler:
        model = getattr(import_module("regan"), name)(random_state=seed).fit(train)
        return lambda n: model.sample(n, random_state=seed)

    return fit


def decimals(values: pd.Series) -> int:
    """How many decimals numbers have, at most 9."""
    there = values.dropna()
    return next((d for d in range(9) if np.array_equal(there.round(d), there)), 9)


def whole(fit: Callable[[pd.DataFrame, int], Sampler]) -> Callable[[pd.DataFrame, int], Sampler]:
    """A model without missing cells learns what stands for them, and its numbers are rounded."""

    def fitted(train: pd.DataFrame, seed: int) -> Sampler:
        holes = [name for name in train if train[name].isna().any()]
        of_numbers = [name for name in numbers(train) if name in holes]
        filled = train.fillna(
            {n: train[n].median() if is_number(train[n]) else MISSING for n in holes}
        )
        flags = {n + WHERE: train[n].isna().map({True: "yes", False: "no"}) for n in of_numbers}
        sample = fit(filled.assign(**flags), seed)

        def back(n: int) -> pd.DataFrame:
            made = sample(n).reset_index(drop=True)
            for name in numbers(train):
                made[name] = made[name].astype(float).round(decimals(train[name]))
            for name in of_numbers:
                made.loc[(made[name + WHERE] == "yes").to_numpy(), name] = np.nan
            for name in levels(train):
                made[name] = made[name].astype(object).where(made[name] != MISSING, None)
            return made[list(train)]

        return back

    return fitted


ROWS: dict[str, Callable[[pd.DataFrame, int], Sampler]] = {
    "independent columns": independent,
    "Gaussian copula": whole(copula),
    "interpolation": whole(interpolation),
    "ARF": whole(forest),
    "TVAE": whole(deep("TVAE")),
    "CTGAN": whole(deep("CTGAN")),
    **{name: of_regan(name) for name in REGAN},
}
NEEDS = {"ARF": "arfpy", "TVAE": "ctgan", "CTGAN": "ctgan"}


def peak() -> float:
    """The most memory that this process has had, in MB; NaN where Linux's files are not.

    Not that of getrusage, which starts with the memory of the process that made this one.
    """
    status = Path("/proc/self/status")
    text = status.read_text() if status.exists() else ""
    found = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) / 1024 if found else np.nan


def made(row: str, train: pd.DataFrame, n: int, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """n rows of one model; CPU seconds of its fit and of them, and the memory of it all."""
    import_module(NEEDS.get(row, "regan"))
    start = process_time()
    sample = ROWS[row](train, seed)
    fitted = process_time()
    fake = sample(n).reset_index(drop=True)
    seconds = {"seconds": fitted - start, "sampling": process_time() - fitted}
    return fake, seconds | {"mb": peak()}


def made_apart(*args: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The same in a process of its own, whose memory no other fit has touched."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(made, args)
