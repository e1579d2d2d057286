"""The first picture: real rows, and what default fits make of them.

Run: ``python docs/scripts/first_picture.py`` (a minute); writes ``docs/_static/first.png``.
"""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from sklearn.datasets import make_moons, make_swiss_roll

from regan import RegularizedGAN
from regan.datasets import make_checkerboard, make_ring

OUTPUT = Path(__file__).parents[1] / "_static" / "first.png"
N, SHOWN = 20_000, 2_500
DATA = {
    "eight modes": make_ring(N, sigma=0.02, random_state=0)[0],
    "moons": make_moons(N, noise=0.05, random_state=0)[0],
    "swiss roll": make_swiss_roll(N, noise=0.3, random_state=0)[0][:, [0, 2]],
    "checkerboard": make_checkerboard(N, random_state=0)[0],
}


def draw(pairs: dict[str, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Real rows above generated ones, a column of panels for each data set, in RGB."""
    figure = Figure(figsize=(8.8, 4.7), dpi=100, layout="constrained")
    panels = figure.subplots(2, len(pairs))
    for down, (name, pair) in zip(panels.T, pairs.items(), strict=True):
        low, high = pair[0].min(axis=0), pair[0].max(axis=0)
        middle, half = (low + high) / 2, 0.54 * (high - low).max()
        for axes, rows, color in zip(down, pair, ("0.25", "tab:red"), strict=True):
            axes.scatter(*rows[:SHOWN].T, s=1.6, color=color, alpha=0.6, linewidth=0)
            axes.set(xticks=[], yticks=[], aspect="equal")
            axes.set(xlim=middle[0] + [-half, half], ylim=middle[1] + [-half, half])
        down[0].set_title(name, fontsize=11)
    for axes, which in zip(panels[:, 0], ("real", "generated"), strict=True):
        axes.set_ylabel(which, fontsize=11)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3]


def main() -> None:
    pairs = {
        name: (X, RegularizedGAN(random_state=0).fit(X).sample(SHOWN, random_state=1))
        for name, X in DATA.items()
    }
    picture = Image.fromarray(draw(pairs)).quantize(48, dither=Image.Dither.NONE)
    picture.save(OUTPUT, optimize=True)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
