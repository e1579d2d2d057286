"""A population beside the single fits of its models: time, as a ratio within one run.

Run: ``python benchmarks/path.py``; ``--backend cupy`` for CUDA. `gan_path` with K strengths and K
fits, on 2,000 rows of 16 columns, in batches of 128 with R1 + R2 and an L1 penalty. The two take
turns. Of more than eight single fits eight are made, and their time is scaled. Prints a table in
Markdown: how many times as long the single fits take, the median over the rounds.
"""

from __future__ import annotations

import platform
from time import perf_counter

import click
import numpy as np

from regan import RegularizedGAN, gan_path

ROWS, COLUMNS = 2000, 16
MODELS, WIDTHS = (1, 4, 16, 64), (32, 64, 128, 256)
SINGLES = 8


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


def together(X: np.ndarray, alphas: np.ndarray, *given: object) -> float:
    """Seconds that a path takes."""
    begin = perf_counter()
    gan_path(X, estimator=gan(*given), alphas=alphas)
    return perf_counter() - begin


def one_by_one(X: np.ndarray, alphas: np.ndarray, *given: object) -> float:
    """Seconds that the single fits take."""
    some = alphas[:: max(1, len(alphas) // SINGLES)]
    begin = perf_counter()
    for alpha in some:
        gan(*given, alpha).fit(X)
    return (perf_counter() - begin) * len(alphas) / len(some)


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--updates", default=200, show_default=True)
@click.option("--backend", default=None, help="Default: REGAN_BACKEND, or numpy.")
def main(rounds: int, updates: int, backend: str | None) -> None:
    """Time both, cell by cell."""
    print(f"Python {platform.python_version()}, NumPy {np.__version__}\n")
    print("| width | models | single fits over population | ms an update of one model |")
    print("|---|---|---|---|")
    X = np.random.default_rng(0).standard_normal((ROWS, COLUMNS))
    for width in WIDTHS:
        given = width, updates, backend
        one_by_one(X, np.zeros(1), *given)  # a warm start for both
        for k in MODELS:
            alphas = np.geomspace(1e-5, 1e-3, k)
            taken = [
                (one_by_one(X, alphas, *given), together(X, alphas, *given)) for _ in range(rounds)
            ]
            ratio = np.median([single / path for single, path in taken])
            each = np.median([path for _, path in taken]) / (k * updates)
            print(f"| {width} | {k} | {ratio:.2f} | {1e3 * each:.2f} |", flush=True)


if __name__ == "__main__":
    main()
