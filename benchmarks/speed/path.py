"""A population compared with single fits of its models: time, as a ratio within one run.

Run: ``python benchmarks/speed/path.py``; ``--backend cupy`` for CUDA. `gan_path` with K strengths
and K fits, on 2,000 rows of 16 columns, in batches of 128 with R1 + R2 and an L1 penalty. They take
turns; of more than four single fits four are made, and their time is scaled. Prints a table in
Markdown: how many times as long the single fits take as the population, in this process and in as
many as there are cores, medians over the rounds (of the largest population one).
"""

from __future__ import annotations

import platform
from time import perf_counter

import click
import numpy as np
from joblib import cpu_count

from regan import RegularizedGAN, gan_path

ROWS, COLUMNS = 2000, 16
MODELS, WIDTHS = (1, 4, 16, 64), (32, 64, 128, 256)
SINGLES = 4


def gan(width: int, n_updates: int, backend: str | None, alpha: float = 0.0) -> RegularizedGAN:
    """The model of every cell."""
    return RegularizedGAN(
        "l1",
        alpha=alpha,
        hidden_layer_sizes=(width, width),
        max_iter=n_updates,
        backend=backend,
        random_state=0,
    )


def together(X: np.ndarray, alphas: np.ndarray, n_jobs: int | None, *given: object) -> float:
    """Seconds that a path takes."""
    begin = perf_counter()
    gan_path(X, estimator=gan(*given), alphas=alphas, n_jobs=n_jobs)
    return perf_counter() - begin


def one_by_one(X: np.ndarray, alphas: np.ndarray, *given: object) -> float:
    """Seconds that the single fits take."""
    some = alphas[:: max(1, len(alphas) // SINGLES)]
    begin = perf_counter()
    for alpha in some:
        gan(*given, alpha).fit(X)
    return (perf_counter() - begin) * len(alphas) / len(some)


@click.command()
@click.option("--rounds", default=3, show_default=True)
@click.option("--updates", default=300, show_default=True, help="At the least width.")
@click.option("--backend", default=None, help="Default: REGAN_BACKEND, or numpy.")
def main(rounds: int, updates: int, backend: str | None) -> None:
    """Time them, cell by cell."""
    n = cpu_count()
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {n} cores\n")
    print(f"| width | models | n_jobs=None | n_jobs={n} | ms an update of one model |")
    print("|---|---|---|---|---|")
    X = np.random.default_rng(0).standard_normal((ROWS, COLUMNS))
    for width in WIDTHS:
        given = width, max(100, updates * WIDTHS[0] // width), backend
        together(X, np.zeros(n), n, width, 2, backend)  # starts the processes
        for k in MODELS:
            alphas = np.geomspace(1e-5, 1e-3, k)
            taken = np.array(
                [
                    [
                        one_by_one(X, alphas, *given),
                        together(X, alphas, None, *given),
                        together(X, alphas, n, *given),
                    ]
                    for _ in range(rounds if k < MODELS[-1] else 1)
                ]
            )
            here, spread = np.median(taken[:, :1] / taken[:, 1:], axis=0)
            each = 1e3 * np.median(taken[:, 1]) / (k * given[1])
            print(f"| {width} | {k} | {here:.2f} | {spread:.2f} | {each:.2f} |", flush=True)


if __name__ == "__main__":
    main()
