"""The first picture: real rows, and rows that models with default settings generate.

Run: ``python docs/scripts/first_picture.py`` (a minute); writes ``docs/_static/first_light.png``
and ``first_dark.png``, for pages with a light and a dark background.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image
from sklearn.datasets import load_breast_cancer, load_digits, make_moons

from regan import RegularizedGAN, RegularizedMixture
from regan.datasets import make_checkerboard

OUTPUT = Path(__file__).parents[1] / "_static"
INK = {"light": "#22272e", "dark": "#dfe5ec"}  # titles
REAL = {"light": "#4a5560", "dark": "#aab6c2"}
GENERATED = {"light": "#c8321f", "dark": "#ff7a5c"}
LEVELS = {"light": ("#0b66b0", "#b35a00"), "dark": ("#5cb3ff", "#ffad5c")}
N, SIDE = 5_000, 6  # rows of a toy, digits in a row of the picture


def toy(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return X[:2_000], RegularizedGAN(random_state=0).fit(X).sample(2_000)


def digits() -> tuple[np.ndarray, np.ndarray]:
    X = load_digits().data
    made = RegularizedGAN(random_state=0).fit(X).sample(SIDE**2)
    return X[np.random.default_rng(0).choice(len(X), SIDE**2, replace=False)], made


def table() -> tuple[pd.DataFrame, pd.DataFrame]:
    cells = load_breast_cancer(as_frame=True)
    X = cells.data.iloc[:, :10].assign(diagnosis=cells.target_names[cells.target])
    return X, RegularizedMixture(random_state=0).fit(X).sample(len(X))


def draw_points(axes: Axes, rows: np.ndarray, real: np.ndarray, color: str) -> None:
    """A cloud of points, in a square around those of real rows."""
    low, high = real.min(axis=0), real.max(axis=0)
    middle, half = (low + high) / 2, 0.54 * (high - low).max()
    axes.scatter(*rows.T, s=1.8, color=color, alpha=0.7, linewidth=0)
    axes.set(xlim=middle[0] + [-half, half], ylim=middle[1] + [-half, half])


def draw_digits(axes: Axes, rows: np.ndarray, ink: str) -> None:
    """Digits side by side, each with an edge of one pixel; paper is transparent."""
    tiles = np.pad(rows.reshape(SIDE, SIDE, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
    shades = LinearSegmentedColormap.from_list("ink", [f"{ink}00", f"{ink}ff"])
    mosaic = tiles.transpose(0, 2, 1, 3).reshape(SIDE * 10, -1)
    axes.imshow(mosaic, cmap=shades, vmin=0, vmax=16, interpolation="nearest")


def draw_table(axes: Axes, rows: pd.DataFrame, colors: tuple[str, str]) -> None:
    """Two columns of numbers, colored by the column of levels."""
    of_level = rows["diagnosis"].map(dict(zip(("benign", "malignant"), colors, strict=True)))
    x, y = rows["mean concave points"], rows["mean radius"]
    axes.scatter(x, y, s=5, c=of_level, alpha=0.8, linewidth=0)
    axes.set(xlim=(-0.01, 0.21), ylim=(5, 30))
    axes.set_box_aspect(1)


def draw(pairs: dict[str, tuple], theme: str) -> None:
    """Real rows above, generated ones below, as a PNG of few colors without a background."""
    figure = Figure(figsize=(7.2, 3.95), dpi=150, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.03, h_pad=0.03)
    panels = figure.subplots(2, len(pairs))
    for down, (name, pair) in zip(panels.T, pairs.items(), strict=True):
        down[0].set_title(name, fontsize=16, color=INK[theme])
        for axes, rows, color in zip(down, pair, (REAL, GENERATED), strict=True):
            if name == "digits":
                draw_digits(axes, rows, INK[theme])
            elif name == "tumors":
                draw_table(axes, rows, LEVELS[theme])
            else:
                draw_points(axes, rows, pair[0], color[theme])
                axes.set_aspect("equal")
            axes.set(xticks=[], yticks=[])
            axes.patch.set_alpha(0)
            for spine in axes.spines.values():
                spine.set(color=INK[theme], alpha=0.4)
    for axes, name in zip(panels[:, 0], ("real", "generated"), strict=True):
        axes.set_ylabel(name, fontsize=16, color=INK[theme])
    output = OUTPUT / f"first_{theme}.png"
    figure.savefig(output, transparent=True)
    Image.open(output).quantize(64, dither=Image.Dither.NONE).save(output, optimize=True)
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


def main() -> None:
    pairs = {
        "moons": toy(make_moons(N, noise=0.05, random_state=0)[0]),
        "checkerboard": toy(make_checkerboard(N, random_state=0)[0]),
        "digits": digits(),
        "tumors": table(),
    }
    for theme in INK:
        draw(pairs, theme)


if __name__ == "__main__":
    main()
