"""The honest table: models of seven tables, compared with real rows and rows without learning.

Run: ``tox -e bench-tables -- run --out tables.jsonl`` (hours; one record for each table, row and
seed is appended to the file, what is there already is left out, so pieces may run apart), then
``python benchmarks/studies/tables.py table tables.jsonl > docs/data/tables.inc``, and the same
with ``summary`` for ``docs/data/tables_summary.inc``. The tables are in `tables_data.py`, models
in `tables_rows.py`; all have their defaults.

*TabDiff's protocol* (`tables_tabdiff.py`) on adult and magic, with the rows and splits that others
publish by it: column shapes and pair trends by sdmetrics 0.24.0 against the training rows; *C2ST*,
here a score of 2 (1 - AUC) by XGBoost, 1 is best; *MLE*, the AUC on test rows of XGBoost that
learnt on generated ones; alpha-precision and beta-recall.

*Ours* (`tables_measures.py`), against as many held-out rows that no model has seen:

- *shapes*: 1 - Kolmogorov-Smirnov's statistic of numbers, 1 - total variation of levels;
- *pairs*: 1 - total variation of pairs of columns, numbers cut at tenths;
- *C2ST AUC*: boosting that tells generated from held-out rows, .5 is best;
- *utility*: AUC of boosting that learns the target on generated rows, on held-out ones (flights:
  R^2 of the delay); *columns*: mean R^2 of every column predicted from the others in that way;
- *coverage*: share of held-out rows with a generated one within the reach of their 5 neighbours;
  *beta*: beta-recall;
- *rare*: of levels that .2 to 1 % of the training rows have, those that are kept, among as many
  rows; *impossible*: rows, in %, with a pair of levels that no training row has although at least
  100 were expected;
- *membership*: AUC of telling training rows from held-out ones by their nearest generated row;
- CPU seconds of a fit by one thread, and the MB of its process at most, libraries included.

*real* are fresh rows: as many as are held out; what learns, learns on training rows. Half of the
test rows are held out, the other half is fresh.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import click
import numpy as np
from tables_data import TABLES, Parts
from tables_measures import measures, rare
from tables_rows import REGAN, ROWS, made_apart
from tables_tabdiff import PUBLISHED, protocol, protocol_of_real

NAN = float("nan")
REAL, COPIES = "real", "interpolation"
ALL = REAL, *ROWS
MOST = {"ARF": 33_000, "TVAE": 33_000, "CTGAN": 10_000}  # training rows
THEIRS = {
    "shape": "shape",
    "trend": "trend",
    "c2st": "C2ST score",
    "mle": "MLE AUC",
    "alpha": "alpha",
    "beta": "beta",
    "seconds": "s",
}
OURS = {
    "shapes": "shapes",
    "pairs": "pairs",
    "c2st": "C2ST AUC",
    "utility": "utility",
    "columns": "columns",
    "coverage": "coverage",
    "beta": "beta",
    "rare": "rare",
    "impossible": "impossible, %",
    "membership": "membership",
    "seconds": "CPU s",
    "mb": "MB",
}
HALF = ("ours", "c2st"), ("ours", "membership")  # .5 is best
LOWER = (("ours", "impossible"),)  # is better; of the others, higher
PLAIN = "seconds", "mb"  # nobody is best
DIGITS = {"seconds": 1, "mb": 0, "impossible": 2}
Record = dict[str, Any]


def record(name: str, row: str, seed: int, most: int | None = None) -> Record:
    """All measures of one table and model."""
    parts = TABLES[name].parts(seed)
    about = {"table": name, "row": row, "seed": seed, "n": len(parts.train)}
    if row == REAL:
        return about | measured_real(parts, seed)
    train = parts.train[: most or MOST.get(row)]
    fake, costs = made_apart(row, train, len(parts.train), seed)
    found = {"ours": measures(train, parts.held, fake, parts.target)}
    if parts.protocol:
        found["tabdiff"] = protocol(parts, fake, seed)
    return about | {"trained": len(train)} | costs | found


def measured_real(parts: Parts, seed: int) -> Record:
    found = {"ours": measures(parts.train, parts.held, parts.fresh, parts.target, parts.train)}
    again = parts.train.sample(frac=1.0, replace=True, random_state=seed)
    found["ours"]["rare"] = rare(parts.train, again)
    if parts.protocol:
        found["tabdiff"] = protocol_of_real(parts, seed)
    return found


def read(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def value(record: Record, which: str, key: str) -> float:
    """A measure of a protocol; NaN where it could not be made."""
    found = record.get(which, {}).get(key, record.get(key, NAN))
    return NAN if found is None else float(found)


def means(found: list[Record], which: str, keys: Any) -> dict[str, dict[str, np.ndarray]]:
    """Values of all seeds by row and measure."""
    rows = {row: [r for r in found if r["row"] == row and which in r] for row in ALL}
    return {
        row: {key: np.array([value(r, which, key) for r in of_row]) for key in keys}
        for row, of_row in rows.items()
        if of_row
    }


def cell(key: str, values: np.ndarray, best: bool = False) -> str:
    """A mean, and its standard error in brackets; the best is bold."""
    if np.isnan(values).any():
        return ""
    digits = DIGITS.get(key, 3)
    mean = f"{values.mean():.{digits}f}"
    mean = f"**{mean}**" if best else mean
    if len(values) == 1:
        return mean
    return f"{mean} ({values.std(ddof=1) / np.sqrt(len(values)):.{digits}f})"


def merit(which: str, key: str, values: np.ndarray) -> float:
    """The mean of a measure, as it is written, with the sign that makes more of it better."""
    mean = round(float(values.mean()), DIGITS.get(key, 3))
    if (which, key) in HALF:
        return -abs(mean - 0.5)
    return -mean if (which, key) in LOWER else mean


def best_rows(
    values: dict[str, dict[str, np.ndarray]], which: str, keys: Any
) -> dict[str, list[str]]:
    """The best rows of each measure, real rows and copies apart."""
    best = {}
    for key in set(keys) - set(PLAIN):
        known = {
            row: merit(which, key, found[key])
            for row, found in values.items()
            if row not in (REAL, COPIES) and not np.isnan(found[key]).any()
        }
        best[key] = [row for row in known if known[row] == max(known.values())]
    return best


def notes(found: list[Record], row: str) -> str:
    """How many seeds, and of fewer rows than there are the number."""
    of_row = [r for r in found if r["row"] == row]
    trained = {r["trained"] for r in of_row if r.get("trained", r["n"]) < r["n"]}
    return str(len(of_row)) + "".join(f"; {n:,} rows" for n in sorted(trained))


def table(name: str, which: str, titles: dict[str, str], found: list[Record]) -> Iterator[str]:
    """A table for a page."""
    values = means(found, which, titles)
    if not values:
        return
    best = best_rows(values, which, titles)
    kind = "TabDiff's protocol" if which == "tabdiff" else "our protocol"
    yield f".. csv-table:: {name}, {kind}\n   :class: study"
    yield "   :header: row, seeds, " + ", ".join(f'"{title}"' for title in titles.values())
    yield ""
    if which == "tabdiff":
        for model, published in PUBLISHED[name].items():
            numbers = zip(titles, published, strict=True)
            cells = [f"{model}, published", "", *(cell(key, np.array([v])) for key, v in numbers)]
            yield "   " + ", ".join(f'"{text}"' for text in cells)
    for row, of_row in values.items():
        cells = [cell(key, v, row in best.get(key, ())) for key, v in of_row.items()]
        yield "   " + ", ".join(f'"{text}"' for text in (row, notes(found, row), *cells))
    yield ""


def standing(found: list[Record]) -> Iterator[str]:
    """The best of regan compared with the best of others, table by table: where it loses."""
    caption = "The best of regan compared with the best of others, ours"
    yield f".. csv-table:: {caption}\n   :class: study"
    heads = [
        f"{title}: {side}" for title in ("C2ST AUC", "utility") for side in ("regan", "others")
    ]
    yield "   :header: table, " + ", ".join(f'"{head}"' for head in heads)
    yield ""
    for name in TABLES:
        values = means([r for r in found if r["table"] == name], "ours", ("c2st", "utility"))
        cells = [name]
        for key in ("c2st", "utility"):
            for side in (True, False):
                some = {row: v for row, v in values.items() if (row in REGAN) == side}
                row = next(iter(best_rows(some, "ours", (key,))[key]), None)
                cells.append(f"{row} {cell(key, some[row][key], True)}" if row else "")
        if any(cells[1:]):
            yield "   " + ", ".join(f'"{text}"' for text in cells)
    yield ""


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--table", "names", type=click.Choice(tuple(TABLES)), multiple=True, default=TABLES)
@click.option("--row", "rows", type=click.Choice(ALL), multiple=True, default=ALL)
@click.option("--seeds", type=(int, int), default=(100, 102), help="The first and the last.")
@click.option("--most", type=click.IntRange(100), help="So many training rows at most.")
def run(
    out: Path,
    names: tuple[str, ...],
    rows: tuple[str, ...],
    seeds: tuple[int, int],
    most: int | None,
) -> None:
    """Append the records that `out` does not have yet."""
    done = {(r["table"], r["row"], r["seed"]) for r in read(out)}
    with out.open("a") as file, catch_warnings():
        simplefilter("ignore")
        for seed in range(seeds[0], seeds[1] + 1):
            for name in names:
                for row in rows:
                    if (name, row, seed) not in done:
                        found = json.dumps(record(name, row, seed, most))
                        print(found, file=file, flush=True)
                        print(found, flush=True)


OVERALL = {"c2st": "C2ST AUC", "utility": "Utility", "seconds": "CPU seconds of a fit"}


def overall(found: list[Record], key: str) -> Iterator[str]:
    """One measure of regan's models on all tables."""
    by_table = {
        name: means([r for r in found if r["table"] == name], "ours", (key,)) for name in TABLES
    }
    names = [name for name in TABLES if set(REGAN) <= set(by_table[name])]
    best = {
        name: best_rows({r: by_table[name][r] for r in REGAN}, "ours", (key,)) for name in names
    }
    yield f".. csv-table:: {OVERALL[key]}\n   :class: study"
    yield '   :header: "", ' + ", ".join(names)
    yield ""
    for row in REGAN if key in PLAIN else (REAL, *REGAN):
        cells = (cell(key, by_table[n][row][key], row in best[n].get(key, ())) for n in names)
        yield "   " + ", ".join(f'"{text}"' for text in (row, *cells))
    yield ""


@main.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
def summary(path: Path) -> None:
    """What the page on which model is for which data has of the records in `path`."""
    found = read(path)
    for key in OVERALL:
        print("\n".join(overall(found, key)))


@main.command(name="table")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
def show(path: Path) -> None:
    """The tables of the records in `path`."""
    found = read(path)
    for name in TABLES:
        of_table = [r for r in found if r["table"] == name]
        for which, titles in (("tabdiff", THEIRS), ("ours", OURS)):
            for line in table(name, which, titles, of_table):
                print(line)
    print("\n".join(standing(found)))


if __name__ == "__main__":
    main()
