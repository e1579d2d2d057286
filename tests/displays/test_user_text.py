"""Texts of users in pictures: they stand there as they are."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.text import Text

from regan import RegularizedGaussian
from regan.displays import PathDisplay, SamplesDisplay, TrainingDisplay
from regan.displays.base import label
from regan.validation import shown
from tests.support.user_text import HOSTILE, WORDS, controls, table

pytestmark = [
    pytest.mark.filterwarnings("ignore:Glyph .* missing from"),
    pytest.mark.filterwarnings("ignore:Matplotlib currently does not support"),
]


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def texts_of(display, kind=None):
    """The texts of a picture, drawn in a file of some kind."""
    if kind is not None:
        display.figure_.savefig(io.BytesIO(), format=kind)
    return {text.get_text() for text in display.figure_.findobj(Text)}


@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    names=st.lists(WORDS, min_size=3, max_size=3, unique=True),
    levels=st.lists(WORDS, min_size=1, max_size=4, unique=True),
    kind=st.sampled_from(["svg", "png", "pdf"]),
)
def test_pictures_of_any_names_and_levels(names, levels, kind):
    X = table(names, levels)
    model = RegularizedGaussian(random_state=0).fit(X)
    users = {label(text) for text in [*names, *levels]}
    texts = texts_of(SamplesDisplay.from_estimator(model, X, columns=names), kind)
    assert users <= texts
    assert not any(map(controls, texts))
    assert users <= texts_of(SamplesDisplay.from_samples(X, X, columns=names))


@settings(max_examples=2, deadline=None, derandomize=True, phases=[Phase.generate])
@given(names=st.lists(WORDS, min_size=2, max_size=2, unique=True))
def test_curves_and_paths_of_any_names(names):
    one, other = names
    steps, values = np.arange(1, 5), np.array([1.0, 3.0, 2.0, 500.0])
    history = {f"x {one}_loss": values, f"x {other}_loss": values}
    history |= {f"at {one}_iter": steps, f"at {one}": values}
    display = TrainingDisplay(history=history).plot()
    drawn = {f"x {one}", f"x {other}", f"at {one}"}
    texts = texts_of(display, "svg")
    assert {shown(name.replace("_", " ")) for name in drawn} <= texts
    assert not any(map(controls, texts))
    assert any("mathdefault" in text for text in texts)  # numbers on a logarithmic axis are read
    path = {"alpha": [0.1, 0.01], "mean_test_score": values[:2], "std_test_score": values[:2]}
    path |= {f"{one}_norm": values[:2], f"{other}_norm": values[:2]}
    display = PathDisplay(path=path, best={"alpha": 0.1}).plot()
    assert {shown(one), shown(other)} - {""} <= texts_of(display, "png")


def test_settings_of_matplotlib_do_not_matter():
    X = table(HOSTILE[:3], HOSTILE[1:5])
    model = RegularizedGaussian(random_state=0).fit(X)
    with mpl.rc_context({"text.usetex": True}):
        display = SamplesDisplay.from_estimator(model, X)
    users = {label(text) for text in [*X.columns, *HOSTILE[1:5]]}
    drawn = [text for text in display.figure_.findobj(Text) if text.get_text() in users]
    assert len(drawn) > len(users)
    assert not any(text.get_usetex() or text.get_parse_math() for text in drawn)
