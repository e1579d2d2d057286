"""The chart of the page on models: the rule of `regan.which_model`, as questions and answers.

Run: ``python docs/scripts/which_model_chart.py``; writes ``docs/_static/which_model_light.png`` and
``which_model_dark.png``, for pages with a light and a dark background.
"""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from PIL import Image

OUTPUT = Path(__file__).parents[1] / "_static"
INK = {"light": "#22272e", "dark": "#dfe5ec"}
QUESTION = {"light": "#eef1f4", "dark": "#262c35"}
ANSWER = {"light": "#d7ebdc", "dark": "#1f4a30"}
LEFT, RIGHT = 1.25, 4.3  # the middle of each column of boxes
QUESTIONS = (
    (4.6, "More than 32 columns\non one scale,\nsuch as pixels?"),
    (3.0, "More than\n200,000 rows?"),
)
ANSWERS = (
    (RIGHT, 4.6, "RegularizedGAN"),
    (RIGHT, 3.0, "Numbers only:\nRegularizedGAN\nOther tables:\nRegularizedVAE"),
    (LEFT, 1.55, "RegularizedMixture"),
)
BASELINE = "Compare with\nRegularizedGaussian,\nthe baseline"


def box(axes: Axes, x: float, y: float, text: str, fill: str, ink: str) -> None:
    """A box with some lines of text, around a point."""
    width, height = 2.24, 0.4 + 0.2 * text.count("\n")
    corner = x - width / 2, y - height / 2
    style = "round,pad=0.08,rounding_size=0.12"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, fc=fill, ec=ink, lw=0.8))
    axes.text(x, y, text, ha="center", va="center", color=ink, fontsize=12, linespacing=1.25)


def arrow(axes: Axes, start: tuple, end: tuple, ink: str) -> None:
    """An arrow to the right, which says yes, or downwards, which says no."""
    style = {"arrowstyle": "-|>", "color": ink, "lw": 1.1, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    x, y, says = (x, y + 0.1, "yes") if start[1] == end[1] else (x + 0.24, y - 0.06, "no")
    axes.text(x, y, says, ha="center", color=ink, fontsize=12)


def draw(theme: str) -> None:
    """The chart in the colors of a theme, as a PNG of few colors without a background."""
    ink = INK[theme]
    figure = Figure(figsize=(5.55, 4.1), dpi=200)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 5.55), ylim=(1.05, 5.15))
    axes.set_axis_off()
    for y, text in QUESTIONS:
        box(axes, LEFT, y, text, QUESTION[theme], ink)
    for x, y, text in ANSWERS:
        box(axes, x, y, text, ANSWER[theme], ink)
    box(axes, RIGHT, 1.55, BASELINE, QUESTION[theme], ink)
    side = LEFT + 1.2, RIGHT - 1.2  # the edges of boxes between the columns
    for y, _ in QUESTIONS:
        arrow(axes, (side[0], y), (side[1], y), ink)
    arrow(axes, (LEFT, 4.12), (LEFT, 3.38), ink)
    arrow(axes, (LEFT, 2.62), (LEFT, 1.83), ink)
    axes.plot(side, (1.55, 1.55), ls=":", lw=1.1, color=ink)
    output = OUTPUT / f"which_model_{theme}.png"
    figure.savefig(output, transparent=True)
    Image.open(output).quantize(32, dither=Image.Dither.NONE).save(output, optimize=True)


if __name__ == "__main__":
    for name in INK:
        draw(name)
