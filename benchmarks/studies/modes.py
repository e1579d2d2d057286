"""Modes and sharpness: models on ten kinds of data, compared with real rows and a mixture.

Run: ``python benchmarks/studies/modes.py run --out modes.jsonl`` (some hours for 10 seeds of all;
one record for each data set, row and seed is appended to the file, what is there already is left
out, so pieces may run apart), then ``python benchmarks/studies/modes.py table modes.jsonl >
docs/data/modes.inc``. Data and measures are in `modes_data.py`. The final model is measured, on
10,000 rows (digits: 400). Rows of the tables:

- *real*: fresh rows; *training rows*: drawn again with replacement (their energy distance says how
  much of it comes from having so few rows to learn from); *mixture alone*: samples of the mixture
  whose frames a default fit uses;
- *kernel density*: Gaussian, of the standardised columns; the bandwidth has the best likelihood of
  three folds on 2,000 rows, times (2,000 / n)^(1 / (D + 4)) for n rows;
- *plain GAN*: non-saturating loss, no penalty on weights or gradients, no averaging, no frames;
- *one frame*: what the defaults were before frames; with R1 + R2 *falling* to a hundredth;
- *no skip*: the defaults with a plain generator; *defaults*; the same with *rejection*.

Energy distance, precision and coverage (5 neighbours, 2,500 rows) and nearness are those of
standardised columns. The *floor* is the mean energy distance of 20 pairs of samples of real rows.
Seconds are those of the CPU for a fit, and for the samples as well with rejection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import process_time
from typing import Any
from warnings import catch_warnings, simplefilter

import click
import numpy as np
from modes_data import DATA, NAN, Data
from scipy.spatial.distance import cdist
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.utils import resample

from regan import DivergenceError, RegularizedGAN
from regan.metrics import closest_records, precision_coverage
from regan.penalties import R1R2

ONE_FRAME = {
    "frames": None,
    "max_iter": 8000,
    "batch_size": 128,
    "gamma": 0.3,
    "learning_rate_init": 3e-3,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain GAN": ONE_FRAME
    | {"loss": "non_saturating", "penalty": None, "gradient_penalty": None, "ema_decay": 0.0},
    "one frame": ONE_FRAME,
    "one frame, falling": ONE_FRAME | {"gradient_penalty": R1R2(0.3, "geometric")},
    "no skip": {"architecture": None},
}
ROWS = (
    "real",
    "training rows",
    "mixture alone",
    "kernel density",
    *SETTINGS,
    "defaults",
    "rejection",
)
COLUMNS = {
    "modes": "modes_2500",
    "HQ, 2,500": "high_quality_2500",
    "HQ, 10,000": "high_quality_10000",
    "reverse KL": "reverse_kl_10000",
    "width": "width",
    "energy / floor": "energy",
    "precision": "precision",
    "coverage": "coverage",
    "nearer to training": "nearer",
    "CPU s": "seconds",
}
PUBLISHED = {  # Lin et al., 2018 (arXiv:1712.04086): ring, then grid; modes, HQ in %, reverse KL
    "GAN": (6.3, 98.2, 0.45, 17.3, 94.8, 0.70),
    "ALI": (6.6, 97.6, 0.36, 24.1, 95.7, 0.14),
    "PacGAN2": (7.9, 95.6, 0.07, 23.8, 91.3, 0.13),
    "PacGAN3": (7.8, 97.7, 0.10, 24.6, 94.2, 0.06),
    "PacGAN4": (7.8, 95.9, 0.07, 24.8, 93.6, 0.04),
}
DIGITS = {
    "modes_2500": 1,
    "reverse_kl_10000": 4,
    "reverse_kl_2500": 4,
    "energy": 2,
    "percent": 1,
    "seconds": 1,
}
Samples = dict[str, tuple[np.ndarray, float]]  # generated rows, and CPU seconds


def gan(settings: dict[str, Any], part: dict[str, np.ndarray], n: int, seed: int) -> Samples:
    start = process_time()
    model = RegularizedGAN(**settings, random_state=seed).fit(part["train"])
    seconds = process_time() - start
    made = {"": (model.sample(n, random_state=seed), seconds)}
    if not settings:
        model.calibrate(part["calibration"])
        start = process_time()
        rows = model.sample(n, random_state=seed, method="rejection")
        made["rejection"] = rows, seconds + process_time() - start
    return made


def mixture(part: dict[str, np.ndarray], n: int, seed: int) -> Samples:
    """What a default fit plays in, without the game; none where it has no frames."""
    start = process_time()
    model = RegularizedGAN(max_iter=1, random_state=seed).fit(part["train"])
    seconds = process_time() - start
    if model.frames_ is None:
        return {}
    return {"": (model.frames_.sample(n, random_state=seed), seconds)}


def kernel_density(part: dict[str, np.ndarray], n: int, seed: int) -> Samples:
    start = process_time()
    X = part["train"]
    mean, scale = X.mean(axis=0), X.std(axis=0)
    scale[scale == 0] = 1
    Z = (X - mean) / scale
    few = Z[:2_000]
    search = GridSearchCV(KernelDensity(), {"bandwidth": np.geomspace(0.003, 1, 16)}, cv=3)
    bandwidth = search.fit(few).best_params_["bandwidth"]
    bandwidth *= (len(few) / len(Z)) ** (1 / (Z.shape[1] + 4))
    model = KernelDensity(bandwidth=bandwidth).fit(Z)
    return {"": (mean + scale * model.sample(n, random_state=seed), process_time() - start)}


def made_by(row: str, part: dict[str, np.ndarray], n: int, seed: int) -> Samples:
    """Samples by row of the table: those of one fit."""
    makers: dict[str, Callable[..., Samples]] = {
        "real": lambda: {"": (part["real"], NAN)},
        "training rows": lambda: {
            "": (resample(part["train"], n_samples=n, random_state=seed), NAN)
        },
        "mixture alone": lambda: mixture(part, n, seed),
        "kernel density": lambda: kernel_density(part, n, seed),
    }
    made = makers.get(row, lambda: gan(SETTINGS.get(row, {}), part, n, seed))()
    return {name or row: samples for name, samples in made.items()}


def total_distance(a: np.ndarray, b: np.ndarray | None = None) -> float:
    """The sum of |a - b| over all pairs, or over those within a, a thousand rows at a time."""
    total = 0.0
    for i in range(0, len(a), 1_000):
        rows = a[i : i + 1_000]
        if b is None:
            total += cdist(rows, rows).sum() + 2 * cdist(rows, a[i + 1_000 :]).sum()
        else:
            total += cdist(rows, b).sum()
    return float(total)


def energy(a: np.ndarray, b: np.ndarray) -> float:
    """Energy distance, a V-statistic: `regan.metrics.energy_distance` in less memory."""
    n, m = len(a), len(b)
    between = 2 * total_distance(a, b) / (n * m)
    return between - total_distance(a) / n**2 - total_distance(b) / m**2


def floor(data: Data) -> float:
    """Mean energy distance of 20 pairs of real samples."""
    pairs = [data.parts(5_000 + i) for i in range(20)]
    return float(np.mean([energy(*standardised(part, "test", "real")) for part in pairs]))


def standardised(part: dict[str, np.ndarray], *names: str) -> list[np.ndarray]:
    """Parts, on the scale of the rows of training."""
    mean, scale = part["train"].mean(axis=0), part["train"].std(axis=0)
    scale[scale == 0] = 1
    return [(part[name] - mean) / scale for name in names]


def measure(data: Data, part: dict[str, np.ndarray], X: np.ndarray) -> dict[str, float]:
    """Everything of one sample but the time it took; the energy distance is not divided yet."""
    train, test, holdout, fake = standardised(
        part | {"fake": X}, "train", "test", "holdout", "fake"
    )
    near = precision_coverage(test[:2_500], fake[:2_500])
    return data.modes(X) | {
        "width": data.width(X, part["test"]),
        "energy": energy(test, fake),
        "precision": near.precision,
        "coverage": near.coverage,
        "nearer": closest_records(train, fake, holdout).nearer_to_training,
    }


def records(name: str, rows: Iterable[str], seed: int) -> Iterator[dict[str, Any]]:
    """One for each of `rows` on one draw of the data; of a fit that diverges it says so."""
    data = DATA[name]
    part = data.parts(seed)
    for row in rows:
        about = {"data": name, "seed": seed}
        try:
            made = made_by(row, part, data.n_test, seed)
        except DivergenceError as error:
            yield about | {"row": row, "diverged": str(error)}
            continue
        for which, (X, seconds) in made.items():
            yield about | {"row": which, "seconds": seconds} | measure(data, part, X)


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def beside_published(found: list[dict[str, Any]]) -> Iterator[str]:
    """Ring and grid at 2,500 rows, compared with published results: a table for a page."""
    names = ("modes", "HQ, %", "reverse KL")
    yield ".. csv-table:: Ring and grid, 2,500 rows"
    yield "   :header: model, " + ", ".join(f'"{d}: {n}"' for d in ("ring", "grid") for n in names)
    yield ""
    for model, values in PUBLISHED.items():
        yield f'   "{model}, published", ' + ", ".join(map(str, values))
    for row in ROWS:
        cells = []
        for name in ("ring", "grid"):
            of_row = [r for r in found if (r["data"], r["row"]) == (name, row)]
            cells += [
                cell(key, np.array([r.get(key, NAN) for r in of_row]))
                for key in ("modes_2500", "high_quality_2500", "reverse_kl_2500")
            ]
        if all(cells):
            yield "   " + ", ".join(f'"{text}"' for text in (row, *cells))
    yield ""


def table(name: str, found: list[dict[str, Any]]) -> Iterator[str]:
    """A table for a page: means, with standard errors in brackets."""
    low = next((r["energy"] for r in found if r["row"] == "floor"), NAN)
    yield (
        f".. csv-table:: {name[0].upper() + name[1:]}\n   :class: study\n   :header: row, seeds, "
        + ", ".join(f'"{title}"' for title in COLUMNS)
    )
    yield ""
    for row in ROWS:
        of_row = [r for r in found if r["row"] == row]
        if not of_row:
            continue
        cells = [row, str(len(of_row))]
        for key in COLUMNS.values():
            values = np.array([r.get(key, NAN) for r in of_row])
            cells.append(cell(key, values / low if key == "energy" else values))
        yield "   " + ", ".join(f'"{text}"' for text in cells)
    yield ""


def cell(key: str, values: np.ndarray) -> str:
    """A mean, and its standard error in brackets."""
    if np.isnan(values).any() or not len(values):
        return "" if np.isnan(values).all() else "diverged"
    if key.startswith("high_quality") or key == "nearer":
        key, values = "percent", 100 * values
    digits = DIGITS.get(key, 3)
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    error = values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():.{digits}f} ({error:.{digits}f})"


@click.group()
def main() -> None:
    pass


@main.command()
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--data", type=click.Choice(tuple(DATA)), multiple=True, default=tuple(DATA))
@click.option("--row", type=click.Choice(ROWS), multiple=True, default=ROWS)
@click.option("--seeds", type=(int, int), default=(100, 109), help="The first and the last.")
def run(out: Path, data: tuple[str, ...], row: tuple[str, ...], seeds: tuple[int, int]) -> None:
    """Append the records that `out` does not have yet."""
    with out.open("a") as file:
        for seed in range(seeds[0], seeds[1] + 1):
            for name in data:
                done = {(r["data"], r["row"], r["seed"]) for r in read(out)}
                if (name, "floor", -1) not in done:
                    low = {"data": name, "row": "floor", "seed": -1, "energy": floor(DATA[name])}
                    print(json.dumps(low), file=file, flush=True)
                wanted = {"defaults" if r == "rejection" else r: r for r in row}  # of one fit
                todo = [fit for fit, r in wanted.items() if (name, r, seed) not in done]
                with catch_warnings():
                    simplefilter("ignore")
                    for record in records(name, todo, seed):
                        if (name, record["row"], seed) in done:
                            continue
                        print(json.dumps(record), file=file, flush=True)
                        print(*(f"{k}={v}" for k, v in record.items()), flush=True)


@main.command(name="table")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--data", type=click.Choice(tuple(DATA)), multiple=True, default=tuple(DATA))
def show(path: Path, data: tuple[str, ...]) -> None:
    """The tables of the records in `path`."""
    found = read(path)
    print("\n".join(beside_published(found)))
    for name in data:
        print("\n".join(table(name, [r for r in found if r["data"] == name])))


if __name__ == "__main__":
    main()
