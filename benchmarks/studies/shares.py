"""Whether shares come back: frequent numbers, missing cells and levels, of all three models.

Run: ``python benchmarks/studies/shares.py run --out shares.jsonl`` (about 15 minutes for 20 tables;
one record for each table and model is appended to the file, what is there already is left out),
then ``python benchmarks/studies/shares.py table shares.jsonl``. The tables are in `shares_data.py`;
models have their defaults, and *real* are 2,000 fresh rows of the same distribution. 100,000 rows
are sampled, and for each column there are, in points (per cent of the rows):

- *atoms*: the largest difference of share, from that in the training rows, of a number that 5 % of
  the cells have, among the cells that are there;
- *missing*: the difference of the share of missing cells;
- *levels*: the largest difference of the share of a level, among the cells that are there.

Means are those over all columns of all tables, *worst* the largest. *Exact* is the share of columns
of numbers whose samples have the dtype, no more decimals and no other range than the training rows;
*score* is the model's own, of 2,000 fresh rows, *AUC* that of boosting which tells as many
generated rows from them (2 folds; .5 is best). Seconds are those of the CPU for a fit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any
from warnings import catch_warnings, simplefilter

import click
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype
from shares_data import FRESH, tables
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score

from regan import RegularizedGAN, RegularizedGaussian, RegularizedVAE

MODELS = {"gaussian": RegularizedGaussian, "vae": RegularizedVAE, "gan": RegularizedGAN}
ROWS = "real", *MODELS
KINDS = "atoms", "missing", "levels"
SAMPLED = 100_000
FREQUENT = 0.05


def is_number(column: pd.Series) -> bool:
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def gap(real: pd.Series, fake: pd.Series, least: float = 0.0) -> float:
    """The largest difference of the share of a value, in points; NaN if there is no such value.

    least : the share in `real` that a value has to have.
    """
    shares = real.dropna().value_counts(normalize=True)
    there = fake.dropna().value_counts(normalize=True)
    frequent = shares[shares >= least]
    others = there.reindex(frequent.index, fill_value=0.0)
    return 100 * float((frequent - others).abs().max()) if len(frequent) else np.nan


def gaps(real: pd.DataFrame, fake: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The differences of shares by kind and column."""
    found: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    for name in real:
        one, other = real[name], fake[name]
        if one.isna().any():
            found["missing"][name] = 100 * abs(float(one.isna().mean() - other.isna().mean()))
        kind, least = ("atoms", FREQUENT) if is_number(one) else ("levels", 0.0)
        if not np.isnan(largest := gap(one, other, least)):
            found[kind][name] = largest
    return found


def decimals(values: np.ndarray) -> int:
    """How many decimals `values` have, at most 9."""
    return next((d for d in range(9) if np.array_equal(values.round(d), values)), 9)


def exact(real: pd.Series, fake: pd.Series) -> bool:
    """Whether dtype, decimals and range of numbers are those of the training rows."""
    one, other = (c.dropna().to_numpy(dtype=np.float64) for c in (real, fake))
    within = one.min() <= other.min() and other.max() <= one.max()
    whole = is_integer_dtype(real) or decimals(other) <= decimals(one)
    return bool(within and whole and real.dtype == fake.dtype)


def distinguished(real: pd.DataFrame, fake: pd.DataFrame) -> float:
    """The AUC of boosting that tells fake from real rows."""
    both = pd.concat([real, fake], ignore_index=True)
    numbers = both[[name for name in both if is_number(real[name])]].astype("float64")
    others = both.drop(columns=list(numbers))
    codes = others.apply(lambda column: pd.factorize(column)[0].astype(float))
    X = pd.concat([numbers, codes.where(codes >= 0)], axis=1).to_numpy(dtype=np.float64)
    y = np.repeat([0, 1], [len(real), len(fake)])
    model = HistGradientBoostingClassifier(max_iter=60, random_state=0)
    return float(cross_val_score(model, X, y, cv=2, scoring="roc_auc").mean())


def measure(train: pd.DataFrame, fake: pd.DataFrame, fresh: pd.DataFrame) -> dict[str, Any]:
    numbers = [name for name in train if is_number(train[name])]
    return {
        **gaps(train, fake),
        "exact": [exact(train[name], fake[name]) for name in numbers],
        "auc": distinguished(fresh, fake[:FRESH]),
    }


def record(row: str, seed: int) -> dict[str, Any]:
    """All measures of one table and model."""
    train, fresh = tables(seed)
    about = {"row": row, "seed": seed, "n": len(train)}
    if row == "real":
        other = tables(seed)[1].sample(frac=1.0, random_state=seed)
        half = FRESH // 2
        return (
            about
            | measure(train, fresh, fresh)
            | {"auc": distinguished(other[:half], other[half:])}
        )
    start = process_time()
    model = MODELS[row](random_state=seed).fit(train)
    seconds = process_time() - start
    found = measure(train, model.sample(SAMPLED, random_state=seed), fresh)
    return about | found | {"score": model.score(fresh), "seconds": seconds}


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def lines(found: list[dict[str, Any]]) -> Iterator[str]:
    """The table in Markdown: means, standard errors over tables behind them, and the worst."""
    each = [head for kind in KINDS for head in (kind, "worst")]
    yield "| " + " | ".join(["row", "tables", *each, "exact", "score", "AUC", "CPU s"]) + " |"
    yield "|---" * (len(each) + 6) + "|"
    for row in ROWS:
        of_row = [r for r in found if r["row"] == row]
        if not of_row:
            continue
        cells = [row, str(len(of_row))]
        for kind in KINDS:
            values = np.array([v for r in of_row for v in r[kind].values()])
            means = [np.mean([*r[kind].values()]) for r in of_row if r[kind]]
            cells += [f"{values.mean():.2f} ± {error(np.array(means)):.2f}", f"{values.max():.1f}"]
        cells.append(f"{np.mean([v for r in of_row for v in r['exact']]):.3f}")
        for key, digits in (("score", 3), ("auc", 3), ("seconds", 1)):
            values = np.array([r.get(key, np.nan) for r in of_row])
            known = not np.isnan(values).any()
            text = f"{values.mean():.{digits}f} ± {error(values):.{digits}f}"
            cells.append(text if known else "")
        yield "| " + " | ".join(cells) + " |"


def error(values: np.ndarray) -> float:
    """The standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else np.nan


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--row", type=click.Choice(ROWS), multiple=True, default=ROWS)
@click.option("--seeds", type=(int, int), default=(100, 119), help="The first and the last.")
def run(out: Path, row: tuple[str, ...], seeds: tuple[int, int]) -> None:
    """Append the records that `out` does not have yet."""
    done = {(r["row"], r["seed"]) for r in read(out)}
    with out.open("a") as file, catch_warnings():
        simplefilter("ignore")
        for name in row:
            for seed in range(seeds[0], seeds[1] + 1):
                if (name, seed) not in done:
                    print(json.dumps(record(name, seed)), file=file, flush=True)


@main.command(name="table")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
def show(path: Path) -> None:
    """The table of the records in `path`."""
    print("\n".join(lines(read(path))))


if __name__ == "__main__":
    main()
