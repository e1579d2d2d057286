"""Modes: real rows, those of the mixture alone, and those of default fits.

Run: ``python docs/scripts/modes_picture.py`` (a minute); writes ``docs/_static/modes.png``.
"""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from sklearn.datasets import make_moons, make_swiss_roll

from regan import RegularizedGAN
from regan.datasets import make_checkerboard, make_ring

OUTPUT = Path(__file__).parents[1] / "_static" / "modes.png"
COLORS = {"real": "0.25", "mixture alone": "tab:blue", "generated": "tab:red"}
N, SHOWN = 20_000, 2_500
DATA = {
    "eight modes": make_ring(N, sigma=0.02, random_state=0)[0],
    "moons": make_moons(N, noise=0.05, random_state=0)[0],
    "swiss roll": make_swiss_roll(N, noise=0.3, random_state=0)[0][:, [0, 2]],
    "checkerboard": make_checkerboard(N, random_state=0)[0],
}


Samples = dict[str, np.ndarray]


def samples(X: np.ndarray) -> Samples:
    """Real rows, those of the mixture in whose frames a default fit plays, and those of the fit."""
    gan = RegularizedGAN(random_state=0).fit(X)
    return {
        "real": X[:SHOWN],
        "mixture alone": gan.frames_.sample(SHOWN, random_state=1),
        "generated": gan.sample(SHOWN, random_state=1),
    }


def draw(shown: dict[str, Samples]) -> None:
    """A column of panels for each data set, as a PNG of few colours."""
    figure = Figure(figsize=(8.8, 0.2 + 2.25 * len(COLORS)), dpi=100, layout="constrained")
    panels = figure.subplots(len(COLORS), len(shown))
    for down, (name, made) in zip(panels.T, shown.items(), strict=True):
        low, high = made["real"].min(axis=0), made["real"].max(axis=0)
        middle, half = (low + high) / 2, 0.54 * (high - low).max()
        for axes, part in zip(down, COLORS, strict=True):
            axes.scatter(*made[part].T, s=1.6, color=COLORS[part], alpha=0.6, linewidth=0)
            axes.set(xticks=[], yticks=[], aspect="equal")
            axes.set(xlim=middle[0] + [-half, half], ylim=middle[1] + [-half, half])
        down[0].set_title(name, fontsize=11)
    for axes, part in zip(panels[:, 0], COLORS, strict=True):
        axes.set_ylabel(part, fontsize=11)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3])
    pixels.quantize(48, dither=Image.Dither.NONE).save(OUTPUT, optimize=True)
    print(f"{OUTPUT}: {OUTPUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    draw({name: samples(X) for name, X in DATA.items()})
