"""Displays on dark pages: their colors are those of the style, so that all is readable."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.spines import Spine
from matplotlib.text import Text

import regan.displays
from regan.displays import CoverageDisplay, PathDisplay, SamplesDisplay, TrainingDisplay

RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(size=(2, 60, 3))
REAL[::5, 1] = np.nan
WALK = np.abs(RNG.normal(size=200).cumsum()) + 1
SEEN = np.where(np.arange(200) % 20 == 19, WALK, np.nan)
HISTORY = {
    "generator_loss": WALK,
    "discriminator_loss": WALK[::-1],
    "generator_l1": WALK / 9,
    "discriminator_r1": WALK / 5,
    "r2": WALK / 7,
    "distance": SEEN,
    "validation_score": SEEN,
}
PATH = {
    "alpha": np.array([0.1, 1.0, 10.0] * 2),
    "gamma": np.repeat([1.0, 2.0], 3),
    "mean_test_score": np.array([0.5, 0.8, np.nan, 0.4, 0.7, 0.3]),
    "std_test_score": np.full(6, 0.1),
    "generator_norm": np.arange(6.0),
    "discriminator_norm": np.arange(6.0)[::-1],
    "n_updates": np.array([9, 9, 9, 9, 3, 9]),
}
DISPLAYS = {
    "training": lambda: TrainingDisplay(history=HISTORY).plot(),
    "samples": lambda: SamplesDisplay(real=REAL[:, :2], fake=FAKE[:, :2]).plot(),
    "one column": lambda: SamplesDisplay(real=REAL[:, :1], fake=FAKE[:, :1]).plot(),
    "images": lambda: SamplesDisplay(real=FAKE[:, :2], fake=FAKE[:, 1:], image_shape=(1, 2)).plot(),
    "coverage": lambda: CoverageDisplay.from_samples(FAKE, FAKE + 0.5),
    "path": lambda: PathDisplay(path=PATH, best={"alpha": 1.0, "gamma": 1.0}).plot(),
}
PAGES = {"default": "white", "dark_background": "black"}
TEXT = 4.5
"""The contrast that WCAG 2.2 asks of texts."""
LINES = 2.4
"""That of the orange in the cycle of matplotlib's default style on white is 2.5."""


@pytest.fixture(autouse=True)
def closing():
    yield
    plt.close("all")


def luminance(rgb):
    """Relative luminance of WCAG 2.2."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(color, page):
    """The contrast of a color without its transparency, which is for many points in one place."""
    light = sorted(luminance(np.array(to_rgba(each)[:3])) for each in (color, page))
    return (light[1] + 0.05) / (light[0] + 0.05)


def test_contrast():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.01)


def artists(figure, kinds):
    """The visible artists of some kinds, of which nothing hides an ancestor."""
    found = []

    def visit(artist):
        if artist.get_visible():
            if isinstance(artist, kinds):
                found.append(artist)
            for child in artist.get_children():
                visit(child)

    visit(figure)
    return found


def colors(artist):
    if isinstance(artist, PathCollection):
        return [artist.get_facecolor()[0]]
    if isinstance(artist, (StepPatch, Spine)):
        return [artist.get_edgecolor()]
    if isinstance(artist, Line2D):
        faces = [artist.get_markeredgecolor()] if artist.get_marker() not in ("", "None") else []
        return [artist.get_color(), *faces]
    return [artist.get_color()]


@pytest.mark.parametrize("name", DISPLAYS)
@pytest.mark.parametrize("style", PAGES)
@pytest.mark.parametrize("faces", ["of the style", "none"])
def test_all_is_readable(name, style, faces):
    clear = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none")
    with plt.style.context(style), plt.rc_context(clear if faces == "none" else {}):
        figure = DISPLAYS[name]().figure_
        figure.canvas.draw()
    texts = [text for text in artists(figure, Text) if text.get_text()]
    marks = artists(figure, (Line2D, PathCollection, StepPatch, Spine))
    assert len(texts) > 1
    for text in texts:
        assert contrast(text.get_color(), PAGES[style]) > TEXT, text.get_text()
    for mark in marks:
        for color in colors(mark):
            assert contrast(color, PAGES[style]) > LINES, mark
    assert figure.get_facecolor()[3] == (faces != "none")


@pytest.mark.parametrize("style", PAGES)
def test_marks_on_bars_have_an_edge(style):
    """A light mark on a light bar has a dark edge, a dark one a light edge."""
    with plt.style.context(style):
        bars = DISPLAYS["coverage"]().axes_.flat[0]
    (marks,) = bars.lines
    edge = marks.get_path_effects()[0]._gc["foreground"]
    assert contrast(edge, marks.get_color()) > 3
    assert contrast(edge, PAGES[style]) == 1  # nothing is seen of it beside the bar


def test_no_color_of_a_page_in_the_code():
    """Nothing is black or white but the edges of marks, one of which is on any bar."""
    folder = Path(regan.displays.__file__).parent
    found = [line for path in folder.glob("*.py") for line in path.read_text().splitlines()]
    found = [line for line in found if re.search(r"""["'](k|w|black|white|#\w{3,8})["']""", line)]
    assert len(found) == 1
    assert "Stroke(" in found[0]
