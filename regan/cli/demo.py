"""The demonstration: digits from fit to picture."""

from __future__ import annotations

import io
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from regan.backends import get_backend
from regan.estimators.gan import RegularizedGAN
from regan.estimators.view import ModelView
from regan.metrics import (
    energy_distance,
    precision_coverage,
    sliced_wasserstein,
    two_sample_score,
)
from regan.storage.atomic import write_atomically

_SHOWN = 8


def run_demo(
    output: Path, *, max_iter: int | None, random_state: int, console: Console
) -> RegularizedGAN:
    """Fit digits, print how near the samples come to held-out rows, draw both to `output`."""
    from matplotlib.backend_bases import FigureCanvasBase

    kind = output.suffix.lstrip(".") or "png"
    if kind not in FigureCanvasBase.get_supported_filetypes():
        raise ValueError(f"{output.name}: regan cannot write a picture as .{kind}; use .png")
    train, test = train_test_split(load_digits().data, test_size=0.25, random_state=random_state)
    gan = RegularizedGAN(random_state=random_state, verbose=1)
    if max_iter is not None:
        gan.set_params(max_iter=max_iter)
    console.print(
        f"Fitting RegularizedGAN(penalty={gan.penalty!r}, alpha={gan.alpha:g}) to {len(train)} "
        f"digits of 8 x 8 pixels on {get_backend().name}"
    )
    start = perf_counter()
    gan.fit(train)
    seconds = perf_counter() - start
    fake = gan.sample(len(test), random_state=random_state)
    view = ModelView(gan)
    console.print(_table(*view.comparable(train, test, fake)))
    told = f"fitted in {seconds:.0f} s, {gan.n_iter_} updates"
    console.print(f"{told}. In the table, the row of real data compares training with test rows")
    console.print(
        "A score of 1 means as near to the test digits as real digits are, up to chance; "
        "0 or less means unlike them. More updates (--max-iter) and longer training raise it"
    )
    picture = io.BytesIO()
    draw(test, fake, gan.history_).savefig(picture, format=kind)
    write_atomically(output, picture.getvalue())
    return gan


def _table(before: np.ndarray, real: np.ndarray, made: np.ndarray) -> Table:
    table = Table("", "score", "precision", "coverage", "energy distance", "sliced W1", box=None)
    for name, other in (("generated", made), ("real", before[: len(real)])):
        shares = precision_coverage(real, other)
        values = (
            two_sample_score(real, other),
            shares.precision,
            shares.coverage,
            energy_distance(real, other, unbiased=True),
            sliced_wasserstein(real, other),
        )
        table.add_row(name, *(f"{value:.3f}" for value in values))
    return table


def draw(real: np.ndarray, fake: np.ndarray, history: dict[str, np.ndarray]) -> Any:
    """A figure: real digits, generated digits, and the course of training."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.4), dpi=110, layout="constrained")
    axes = figure.subplot_mosaic("AB;CD", height_ratios=(2, 1))
    for key, title, rows in (("A", "real digits", real), ("B", "generated digits", fake)):
        axes[key].imshow(_mosaic(rows), cmap="gray_r", vmin=0, vmax=16)
        axes[key].set_title(title)
        axes[key].set_axis_off()
    for player in ("generator", "discriminator"):
        axes["C"].plot(_smooth(history[f"{player}_loss"]), label=player)
    axes["C"].set(title="losses", xlabel="update")
    axes["C"].legend()
    (measured,) = np.isfinite(history["distance"]).nonzero()
    axes["D"].plot(measured + 1, history["distance"][measured])
    axes["D"].set(title="sliced Wasserstein distance to the data", xlabel="update", ylim=(0, None))
    return figure


def _mosaic(rows: np.ndarray) -> np.ndarray:
    """The first 64 rows as one picture of 8 x 8 tiles, with a blank line between tiles."""
    tiles = np.zeros((_SHOWN, _SHOWN, 9, 9))
    images = rows[: _SHOWN * _SHOWN].reshape(-1, 8, 8)
    tiles.reshape(-1, 9, 9)[: len(images), :8, :8] = images
    return tiles.transpose(0, 2, 1, 3).reshape(_SHOWN * 9, _SHOWN * 9)


def _smooth(values: np.ndarray) -> np.ndarray:
    width = min(50, len(values))
    return np.convolve(values, np.ones(width) / width, mode="valid")
