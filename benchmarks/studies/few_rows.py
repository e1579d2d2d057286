"""Values that few rows have: amounts given out verbatim, and what a rare category means.

Run: ``python benchmarks/studies/few_rows.py amounts`` prints the figures of the table in
``docs/guide/privacy.rst``, ``rare`` those on rare categories in ``docs/guide/troubleshooting.rst``:
means over three tables, with standard errors in brackets.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import click
import numpy as np
import pandas as pd

from regan import RegularizedGaussian, RegularizedMixture, RegularizedVAE
from regan.data import TableEncoder

SEEDS = 3
MODELS = {
    "Gaussian": RegularizedGaussian,
    "mixture": RegularizedMixture,
    "VAE": RegularizedVAE,
}
Change = Callable[[pd.Series, np.random.Generator], pd.Series]


def orders(rng: np.random.Generator, n: int = 600) -> pd.DataFrame:
    """A city, an age and a lognormal amount with cents, twice as high in one city."""
    city = rng.choice(["a", "b", "c"], n)
    amount = rng.lognormal(4, 1, n) * np.where(city == "a", 2, 1)
    return pd.DataFrame({"city": city, "age": rng.poisson(40, n), "amount": amount.round(2)})


CHANGES: dict[str, Change] = {
    "as it is": lambda amount, _: amount,
    "tens": lambda amount, _: amount.round(-1),
    "noise": lambda amount, rng: (amount * rng.normal(1, 0.01, len(amount))).round(2),
}
WAYS: dict[str, tuple[str, bool, str]] = {  # before the fit, logarithms, scaling
    "defaults": ("as it is", False, "auto"),
    "logarithm, standard": ("as it is", True, "standard"),
    "noise of 1 %": ("noise", False, "auto"),
    "rounded to tens": ("tens", False, "auto"),
    "standard": ("as it is", False, "standard"),
    "logarithm": ("as it is", True, "auto"),
}


def repeated(train: pd.Series, made: pd.Series) -> float:
    """The share of generated amounts that equal one which occurs once in training."""
    return float(made.isin(train[~train.duplicated(keep=False)]).mean())


def share_of_amounts(model: Any, way: str, seed: int) -> float:
    """`repeated` for a model that is fitted in one of the `WAYS`."""
    change, logarithm, numeric = WAYS[way]
    rng = np.random.default_rng(seed)
    train = orders(rng)
    given = train.assign(amount=CHANGES[change](train["amount"], rng))
    compared = given["amount"] if change == "tens" else train["amount"]
    if logarithm:
        given["amount"] = np.log(given["amount"])
    encoder = {} if numeric == "auto" else {"standardize": TableEncoder(numeric=numeric)}
    made = model(random_state=seed, **encoder).fit(given).sample(len(train))["amount"]
    return repeated(compared, np.exp(made).round(2) if logarithm else made)


def levels(share: float, seed: int, n: int = 3000) -> pd.DataFrame:
    """A category of a `share` of the rows, for which a column is near 50, and near 0 elsewhere."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["x", "y", "rare"], n, p=[0.6, 0.4 - share, share])
    value = rng.normal(0, 1, n) + np.where(kind == "rare", 50, 0)
    return pd.DataFrame({"kind": kind, "value": value, "other": rng.normal(size=n)})


SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "standard": {"standardize": "standard"},
    "conditional": {"conditional": True},
}


def wrong_rows(setting: str, share: float, seed: int) -> float:
    """Of rows that a mixture generates for the rare category, those of another one, in %."""
    table, model = levels(share, seed), RegularizedMixture(random_state=seed, **SETTINGS[setting])
    if setting == "conditional":
        made = model.fit(table.drop(columns="kind"), table["kind"]).sample(300, y="rare")
    else:
        made = model.fit(table).sample(300, conditions={"kind": "rare"})
    return float(100 * (made["value"] < 25).mean())


def in_words(values: list[float], digits: int) -> str:
    """The mean, and the standard error in brackets."""
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{np.mean(values):.{digits}f} ({error:.{digits}f})"


@click.group()
def main() -> None:
    """Values that few rows have."""
    warnings.simplefilter("ignore")


@main.command()
@click.option("--seeds", default=SEEDS)
def amounts(seeds: int) -> None:
    """Shares of amounts that are given out verbatim."""
    fresh = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        fresh.append(repeated(orders(rng)["amount"], orders(rng)["amount"]))
    click.echo(f"fresh rows: {in_words(fresh, 2)}")
    for way in WAYS:
        found = {
            name: in_words([share_of_amounts(model, way, seed) for seed in range(seeds)], 2)
            for name, model in MODELS.items()
        }
        click.echo(f"{way}: " + ", ".join(f"{name} {words}" for name, words in found.items()))


@main.command()
@click.option("--seeds", default=SEEDS)
def rare(seeds: int) -> None:
    """Rows of a rare category whose other columns are wrong."""
    for setting in SETTINGS:
        found = [
            in_words([wrong_rows(setting, share, seed) for seed in range(seeds)], 1)
            for share in (0.01, 0.03)
        ]
        click.echo(f"{setting}: 1 % {found[0]}, 3 % {found[1]}")


if __name__ == "__main__":
    main()
