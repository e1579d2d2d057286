"""Imputation: regan's models compared with scikit-learn's imputers, on six tables.

Run: ``python benchmarks/studies/imputation.py run --out imputation.jsonl`` (one record for each
table, method and split is appended, what is there already is left out; ``--tables iris``,
``--methods KNN``, ``--splits 2`` for some, and options may be repeated), then ``wins
imputation.jsonl`` for where regan is ahead and behind, and ``table imputation.jsonl >
docs/data/imputation.inc``. Set ``OMP_NUM_THREADS=1`` for the seconds.

Of each table a fifth of the rows is kept apart, complete. Of the cells of the others 20 % are
hidden at random (``--share``, ``--how``), classes too, which are the column *target*; a method
learns from these rows with their gaps, and fills them. Tables of more rows than 3,000 are so many
rows of them, others for each split (california).

- *mae*: mean absolute error of hidden numbers, on the range of their column, of the mean of 20
  draws; *mae, best of 5*: of the best of 5 draws for each row, the mean over rows; *mae, a draw*:
  of single draws;
- *log loss*: of hidden classes by the frequencies of 20 draws, with one of each class added;
- *utility*: macro F1 on the rows kept apart, or R^2 of numbers, of a forest and of logistic or
  linear regression, on average, that learnt the target from rows as 3 draws complete them;
- *coverage*: of central 90 % intervals of 20 draws, by methods whose numbers differ between draws;
- *CPU s*: of fitting and 20 draws.

Methods: the mean; KNN, ridge (Bayesian, 5 rounds) and forest (50 extremely randomized trees, 3
rounds) are KNNImputer and IterativeImputer on standardised columns, classes as indicators, whose
imputed values are taken for chances of levels; *ridge, drawn* draws from the posterior, as MICE
does. *complete* are the rows
before cells were hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from time import process_time

import click
import numpy as np
import pandas as pd
from imputation_data import MOST, TABLES, TARGET, Split, split
from imputation_methods import METHODS, REGAN
from records import Record, append, cell, read, table_lines
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from regan.metrics import imputation

NAN = float("nan")
N_DRAWS, BEST_OF, LEARNT = 20, 5, 3
TREES = 100  # of the forests that learn from imputed rows
COMPLETE = "complete"
ALL = COMPLETE, *METHODS
TITLES = {
    "mae": "Mean absolute error of the mean of draws",
    "mae_best": "Mean absolute error of the best of 5 draws",
    "mae_of_draws": "Mean absolute error of single draws",
    "crps": "Continuous ranked probability score",
    "log_loss": "Log loss of classes",
    "utility": "F1 or R2 of models that learn from imputed rows",
    "coverage": "Coverage of 90 % intervals",
    "seconds": "CPU seconds",
}
BETTER = {"mae": -1, "mae_best": -1, "mae_of_draws": -1, "log_loss": -1, "utility": 1}
DIGITS = {"seconds": 1}


def record(name: str, method: str, seed: int, share: float, how: str, most: int) -> Record:
    """All measures of one method and split."""
    parts = split(name, seed, share, how, most)
    about = {"table": name, "method": method, "split": seed, "n": len(parts.whole)}
    if method == COMPLETE:
        return about | {"utility": utility(parts.whole, parts)}
    start = process_time()
    imputer = METHODS[method](seed)
    tables = imputer.complete(parts.gaps, N_DRAWS)
    seconds = process_time() - start
    found = measured(parts, tables)
    if not imputer.draws:
        found["coverage"] = NAN
    learnt = [utility(table, parts) for table in tables[:LEARNT]]
    return about | found | {"utility": float(np.mean(learnt)), "seconds": seconds}


def measured(parts: Split, tables: list[pd.DataFrame]) -> dict[str, float]:
    """What `regan.metrics.imputation` says of all columns."""
    rows = imputation(parts.whole, parts.gaps, tables)
    found = {row.name: row.value for row in rows if row.column is None}
    few = imputation(parts.whole, parts.gaps, tables[:BEST_OF])
    best = {row.name: row.value for row in few if row.column is None}
    return found | {"mae_best": best["mae_best"]}


def utility(table: pd.DataFrame, parts: Split) -> float:
    """How well the target of the rows kept apart is told after learning from `table`."""
    X, y = table.drop(columns=TARGET), table[TARGET]
    Z, truth = parts.test.drop(columns=TARGET), parts.test[TARGET]
    if parts.classes:
        linear = LogisticRegression(max_iter=1000)
        models = [RandomForestClassifier(TREES, random_state=0), linear]
    else:
        models = [RandomForestRegressor(TREES, random_state=0), LinearRegression()]
    found = []
    for model in models:
        told = make_pipeline(StandardScaler(), model).fit(X, y).predict(Z)
        found.append(
            f1_score(truth, told, average="macro") if parts.classes else r2_score(truth, told)
        )
    return float(np.mean(found))


def values(records: list[Record], table: str, method: str, key: str) -> dict[int, float]:
    """A measure by split; none where it could not be made."""
    found = {
        r["split"]: float(r.get(key, NAN))
        for r in records
        if (r["table"], r["method"]) == (table, method)
    }
    return {split: value for split, value in found.items() if not np.isnan(value)}


def of_measure(records: list[Record], key: str) -> Iterator[str]:
    """A table for a page: methods by tables."""
    names, digits = [n for n in TABLES if any(r["table"] == n for r in records)], DIGITS.get(key, 3)
    found = {m: [values(records, n, m, key).values() for n in names] for m in ALL}
    rows = ((method, [cell(each, digits) for each in own]) for method, own in found.items())
    yield from table_lines(TITLES[key], names, rows)


def beside(records: list[Record], key: str, method: str, other: str) -> Iterator[str]:
    """On which tables a method is ahead of another one, and how far, over the splits of both."""
    for name in TABLES:
        one, two = (values(records, name, each, key) for each in (method, other))
        pairs = np.array([(one[s], two[s]) for s in one.keys() & two.keys()])
        if not len(pairs):
            continue
        gain = BETTER[key] * (pairs[:, 0] - pairs[:, 1])
        error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else NAN
        if abs(gain.mean()) <= 2 * error:
            word = "level"
        else:
            word = "ahead" if gain.mean() > 0 else "behind"
        ratio = pairs[:, 0].mean() / pairs[:, 1].mean()
        yield f"{name}: {word}, {gain.mean():+.4f} ({error:.4f}), {ratio:.2f} of it"


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--tables", "names", type=click.Choice([*TABLES]), multiple=True, default=TABLES)
@click.option("--methods", type=click.Choice(ALL), multiple=True, default=ALL)
@click.option("--splits", type=click.IntRange(1), default=10, show_default=True)
@click.option("--first", type=click.IntRange(0), default=0, help="The first split.")
@click.option("--share", type=click.FloatRange(0.05, 0.5), default=0.2, show_default=True)
@click.option("--how", default="at random", show_default=True, help="As `hide_cells` takes it.")
@click.option("--most", type=click.IntRange(50), default=MOST, show_default=True, help="Rows.")
def run(
    out: Path,
    names: tuple[str, ...],
    methods: tuple[str, ...],
    splits: int,
    first: int,
    share: float,
    how: str,
    most: int,
) -> None:
    """Append the records that `out` does not have yet."""
    done = {(r["table"], r["method"], r["split"]) for r in read(out)}
    each = product(range(first, first + splits), names, methods)
    left = ((name, method, seed) for seed, name, method in each if (name, method, seed) not in done)
    append(out, (record(*one, share, how, most) for one in left))


@main.command()
@click.argument("records", type=click.Path(exists=True, path_type=Path))
def table(records: Path) -> None:
    """Means over the splits, with standard errors, as RST."""
    found = read(records)
    for key in TITLES:
        click.echo("\n".join(of_measure(found, key)))


@main.command()
@click.argument("records", type=click.Path(exists=True, path_type=Path))
@click.option("--methods", type=click.Choice(ALL), multiple=True, default=tuple(REGAN))
@click.option("--others", type=click.Choice(ALL), multiple=True, default=("KNN", "forest"))
@click.option("--measures", type=click.Choice([*BETTER]), multiple=True, default=tuple(BETTER))
def wins(
    records: Path, methods: tuple[str, ...], others: tuple[str, ...], measures: tuple[str, ...]
) -> None:
    """Where methods are ahead of others, and where behind, by two standard errors."""
    found = read(records)
    for key in measures:
        for method in methods:
            for other in others:
                if lines := [*beside(found, key, method, other)]:
                    click.echo(f"{key}, {method} compared with {other}:")
                    click.echo("\n".join(f"  {line}" for line in lines))


if __name__ == "__main__":
    main()
