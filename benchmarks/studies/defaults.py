"""Default fits on the five data sets that they promise to work on: time, score, modes.

Run: ``python benchmarks/studies/defaults.py`` (``--seeds 5`` for five seeds of the ring). Prints a
table in Markdown, with a real-against-real row for each data set: two halves of the data, compared
as the score does.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import click
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from regan import RegularizedGAN
from regan.datasets import make_ring
from regan.metrics import mode_report, two_sample_score
from regan.metrics.samples import comparable

RING, _, CENTERS = make_ring(20_000, random_state=0)
DATA = {
    "ring": RING,
    "digits": load_digits().data,
    "iris": load_iris().data,
    "wine": load_wine().data,
    "breast_cancer": load_breast_cancer().data,
}


def rows(seeds: int) -> Iterator[tuple[str, ...]]:
    """One row a fit, and one for real data."""
    for name, X in DATA.items():
        yield name, "real halves", "", f"{real_against_real(X):.3f}", ""
        for seed in range(seeds if name == "ring" else 1):
            start = perf_counter()
            gan = RegularizedGAN(random_state=seed).fit(X)
            seconds = perf_counter() - start
            modes = ""
            if name == "ring":
                report = mode_report(gan.sample(10_000, random_state=seed), CENTERS, 0.01)
                modes = f"{report.n_modes}/8, {100 * report.high_quality:.0f} % within 3 sigma"
            yield name, str(seed), f"{seconds:.0f}", f"{gan.score(X):.3f}", modes


def real_against_real(X: np.ndarray) -> float:
    """The score of one half of the data for the other."""
    order = np.random.default_rng(0).permutation(len(X))[:4000]
    (rows,), half = comparable(X), len(order) // 2
    return two_sample_score(rows[order[:half]], rows[order[half : 2 * half]])


@click.command()
@click.option("--seeds", type=click.IntRange(min=1), default=5, help="Seeds on the ring.")
def main(seeds: int) -> None:
    print("| data | seed | seconds | score | modes |\n|---|---|---|---|---|")
    for row in rows(seeds):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
