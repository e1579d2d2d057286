"""The pictures of the page on symptoms: transparent, in colours for light and dark pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from records import Record
from sklearn.datasets import make_moons
from symptoms_rows import SYMPTOMS, fitted

from regan import RegularizedGAN, RegularizedMixture

TEXT, REAL, WRONG, CURED = "#84898f", "#8c9096", "#e4572e", "#2a8fd0"
SEED, SHOWN = 100, 1_500
PANEL = 2.6
Panels = Any


def figure(n: int, height: float = PANEL, width: float = PANEL) -> tuple[Figure, Panels]:
    """A figure without a background, and its panels in a row."""
    made = Figure(figsize=(n * width, height), dpi=110, layout="constrained")
    made.patch.set_alpha(0)
    panels = made.subplots(1, n, squeeze=False)[0]
    for axes in panels:
        axes.patch.set_alpha(0)
        axes.tick_params(colors=TEXT, labelsize=8)
        for edge in axes.spines.values():
            edge.set_color(TEXT)
    return made, panels


def scatter(axes: Any, title: str, rows: np.ndarray, color: str, like: np.ndarray) -> None:
    """Rows in the window of others."""
    low, high = like.min(axis=0), like.max(axis=0)
    middle, half = (low + high) / 2, 0.56 * (high - low).max()
    axes.scatter(*rows.T, s=3, color=color, alpha=0.6, linewidth=0)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.set(xlim=middle[0] + [-half, half], ylim=middle[1] + [-half, half])
    axes.set_title(title, fontsize=10, color=TEXT)


def beside(symptom: str, wrong: str, cured: str, titles: tuple[str, str]) -> Figure:
    """Real rows, those of a row of the study that shows the symptom, and of one that does not."""
    case = SYMPTOMS[symptom]
    parts = case.parts(SEED)
    real = parts.fresh[:SHOWN]
    made, panels = figure(3)
    scatter(panels[0], "real rows", real, REAL, real)
    shown = zip(panels[1:], (wrong, cured), titles, (WRONG, CURED), strict=True)
    for axes, name, title, color in shown:
        model, _ = fitted(case.rows[name], parts, SEED)
        rows = model.sample(SHOWN, random_state=SEED)
        scatter(axes, title, rows, color, real)
    return made


def repeats() -> Figure:
    """Few rows of training, and rows that cling to them or do not."""
    train, _ = make_moons(40, noise=0.1, random_state=SEED)
    made, panels = figure(3)
    fits = {
        "GAN, 8,000 updates": (RegularizedGAN(frames=None, max_iter=8_000), WRONG),
        "GAN, defaults": (RegularizedGAN(), CURED),
        "mixture": (RegularizedMixture(), CURED),
    }
    for axes, (title, (model, color)) in zip(panels, fits.items(), strict=True):
        rows = model.set_params(random_state=SEED).fit(train).sample(600, random_state=SEED)
        scatter(axes, title, rows, color, train)
        axes.scatter(*train.T, s=40, facecolors="none", edgecolors=TEXT, linewidth=1)
    return made


def divergence() -> Figure:
    """The discriminator's loss, which swings or settles."""
    case = SYMPTOMS["divergence"]
    parts = case.parts(SEED)
    made, (axes,) = figure(1, 2.6, 7.0)
    shown = {
        "Adam, default rate": ("Wasserstein loss, no gradient penalty", WRONG),
        "Adam, default rate, R1 + R2": ("with R1 + R2", CURED),
    }
    for name, (title, color) in shown.items():
        model, _ = fitted(case.rows[name], parts, SEED)
        axes.plot(model.history_["discriminator_loss"], color=color, linewidth=0.8, label=title)
    axes.set_xlabel("update", color=TEXT, fontsize=9)
    axes.set_ylabel("discriminator loss", color=TEXT, fontsize=9)
    axes.legend(labelcolor=TEXT, frameon=False, fontsize=9)
    return made


def column() -> Figure:
    """The column of many zeros: how much of a sample is at most so large."""
    case = SYMPTOMS["column"]
    parts = case.parts(SEED)
    made, (axes,) = figure(1, 2.6, 7.0)
    shown = {"real rows": (parts.train, REAL)}
    for name, color in zip(case.rows, (WRONG, CURED), strict=False):
        model, _ = fitted(case.rows[name], parts, SEED)
        shown[name] = model.sample(5_000, random_state=SEED), color
    for name, (rows, color) in shown.items():
        values = np.sort(rows["gain"].to_numpy())
        axes.plot(values + 1, np.arange(1, len(values) + 1) / len(values), color=color, label=name)
    axes.set(xscale="log", ylim=(0, 1.02))
    axes.set_xlabel("1 + value of the column", color=TEXT, fontsize=9)
    axes.set_ylabel("share of rows up to it", color=TEXT, fontsize=9)
    axes.legend(labelcolor=TEXT, frameon=False, fontsize=9)
    return made


def slow(found: list[Record]) -> Figure:
    """Seconds and scores of the study's records."""
    made, (axes,) = figure(1, 3.0, 7.0)
    names = list(SYMPTOMS["slow"].rows)
    means = [np.mean([r["seconds"] for r in found if r["row"] == name]) for name in names]
    colors = [WRONG, *[CURED] * (len(names) - 1)]
    axes.barh(names, means, color=colors, height=0.6)
    axes.invert_yaxis()
    axes.set_xlabel("CPU seconds of a fit", color=TEXT, fontsize=9)
    for place, mean in enumerate(means):
        axes.text(mean, place, f" {mean:.1f}", va="center", color=TEXT, fontsize=8)
    return made


PICTURES: dict[str, Callable[[list[Record]], Figure]] = {
    "bridges": lambda _: beside(
        "bridges",
        "frames=None",
        'frames="auto" (the default)',
        ("frames=None: bridges", 'frames="auto"'),
    ),
    "modes": lambda _: beside(
        "modes",
        "no gradient penalty",
        "defaults, with frames",
        ("no gradient penalty", "defaults"),
    ),
    "blur": lambda _: beside(
        "blur", "gamma=3", "defaults, with frames", ("gamma=3: blurred", "defaults")
    ),
    "shares": lambda _: beside(
        "shares",
        "no gradient penalty",
        "defaults, with frames",
        ("no gradient penalty", "defaults"),
    ),
    "repeats": lambda _: repeats(),
    "divergence": lambda _: divergence(),
    "column": lambda _: column(),
    "slow": slow,
}


def draw(name: str, found: list[Record], output: Path) -> None:
    """Write a picture, as a PNG of few colours."""
    canvas = FigureCanvasAgg(PICTURES[name](found))
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    pixels.quantize(96, method=Image.Quantize.FASTOCTREE).save(output, optimize=True)
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")
