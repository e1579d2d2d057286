"""Displays: what they hold, where they draw, and what they refuse."""

import sys
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression

from regan import (
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedVAE,
    write_report,
)
from regan.displays import (
    CoverageDisplay,
    PathDisplay,
    SamplesDisplay,
    TrainingDisplay,
)
from regan.displays.samples import mosaic
from regan.displays.training import extremes, running_mean
from regan.metrics import prdc


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def frame():
    rows = np.random.default_rng(0).normal(size=(60, 6)) * [1, 5, 0.1, 1, 1, 1]
    rows[:, 3] = 7.0
    return pd.DataFrame(rows, columns=["a", "b", "cost $x_{", "same", "d", "e"])


@pytest.fixture(scope="module")
def gaussian(frame):
    return RegularizedGaussian(random_state=0).fit(frame)


@pytest.fixture(scope="module")
def gan(frame, small_gan):
    return small_gan(max_iter=60, penalty=("l1", None)).fit(frame)


def titles(display):
    return [axes.get_title() for axes in display.axes_.flat if axes.axison]


def labels(axes):
    return axes.get_legend_handles_labels()[1]


def drawn(display):
    """Draw for good, with warnings as errors: of layouts, of fonts, of scales."""
    display.figure_.canvas.draw()
    return display


# Where displays draw

MAKERS = {
    "training": lambda gan, X, **ax: TrainingDisplay.from_estimator(gan, **ax),
    "samples": lambda gan, X, **ax: SamplesDisplay.from_estimator(gan, X, columns=["a", 1], **ax),
    "coverage": lambda gan, X, **ax: CoverageDisplay.from_estimator(gan, X, **ax),
    "path": lambda gan, X, **ax: PathDisplay.from_estimator(search(), **ax),
}
PANELS = {"training": 4, "samples": 4, "coverage": 2, "path": 3}


@pytest.mark.parametrize("name", MAKERS)
def test_they_draw_where_they_are_told(name, gan, frame):
    own = MAKERS[name](gan, frame)
    assert own.figure_ is plt.gcf()
    assert own.axes_.shape == own._shape

    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    inside = drawn(MAKERS[name](gan, frame, ax=left))
    assert inside.figure_ is figure
    assert inside.axes_.size == PANELS[name]
    assert not left.axison
    assert all(axes.get_position().x1 <= right.get_position().x0 for axes in inside.axes_.flat)

    many = Figure().subplots(1, PANELS[name])
    again = own.plot(many)
    assert again is own
    assert list(own.axes_.flat) == list(np.ravel(many))
    with pytest.raises(ValueError, match=f"has {PANELS[name]} panels, but ax has 7 axes"):
        own.plot(Figure().subplots(7))
    with pytest.raises(ValueError, match="only axes in a grid of subplots can be divided"):
        own.plot(Figure().add_axes((0, 0, 1, 1)))


def test_without_matplotlib(monkeypatch, gan):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="TrainingDisplay needs matplotlib, which is not install"):
        TrainingDisplay.from_estimator(gan)


@pytest.mark.parametrize("display", [SamplesDisplay, CoverageDisplay, TrainingDisplay])
def test_what_is_no_fitted_model(display, frame):
    arguments = () if display is TrainingDisplay else (frame,)
    message = f"{display.__name__} needs a model of regan, got a LinearRegression"
    with pytest.raises(TypeError, match=message):
        display.from_estimator(LinearRegression(), *arguments)
    with pytest.raises(NotFittedError):
        display.from_estimator(RegularizedGAN(), *arguments)


# Training


def test_the_training_of_a_gan(gan):
    display = drawn(TrainingDisplay.from_estimator(gan, window=5))
    assert display.history is gan.history_
    assert display.panels == {
        "losses": ["discriminator_loss", "generator_loss"],
        "penalties": ["discriminator_r1", "discriminator_r2", "generator_l1"],
        "gradient norms": ["generator_grad_norm", "discriminator_grad_norm"],
        "distance to the data": ["distance"],
    }
    assert titles(display) == list(display.panels)
    losses, penalties, _, distance = display.axes_.flat
    assert labels(losses) == ["discriminator", "generator"]
    assert labels(penalties) == ["discriminator r1", "discriminator r2", "generator l1"]
    thin, mean = losses.lines[:2]
    assert thin.get_linewidth() < mean.get_linewidth()
    loss = gan.history_["discriminator_loss"].astype(float)
    np.testing.assert_array_equal(thin.get_xydata(), np.transpose([np.arange(1, 61), loss]))
    np.testing.assert_allclose(mean.get_ydata()[10], loss[8:13].mean())
    (line,) = distance.lines
    np.testing.assert_array_equal(line.get_xydata()[:, 0], np.arange(1, 61))
    np.testing.assert_array_equal(line.get_ydata(), gan.history_["distance"])
    colors = {
        name: line.get_color()
        for panel in display.axes_.flat[:3]
        for name, line in zip(labels(panel), panel.lines[1::2], strict=True)
    }
    assert {colors[name] for name in colors if name.startswith("generator")} == {"C1"}
    assert {colors[name] for name in colors if name.startswith("discriminator")} == {"C0"}
    styles = [line.get_linestyle() for line in penalties.lines[1::2]]
    assert styles == ["-", "--", "-"]  # two of the discriminator


def test_the_training_of_a_vae_that_was_validated():
    vae = RegularizedVAE(None, hidden_layer_sizes=4, max_iter=6, random_state=0)
    vae.fit(np.random.default_rng(0).normal(size=(30, 2)))
    scores = {"validation_score": np.array([np.nan, np.nan, 0.1, np.nan, np.nan, 0.4])}
    display = drawn(TrainingDisplay(history={**vae.history_, **scores}).plot())
    assert display.panels == {
        "losses": ["reconstruction", "kl"],
        "gradient norms": ["encoder_grad_norm", "decoder_grad_norm"],
        "distance to the data": ["distance"],
        "validation score": ["validation_score"],
    }
    (line,) = display.axes_[1, 1].lines
    np.testing.assert_array_equal(line.get_xydata(), [[3, 0.1], [6, 0.4]])


def test_training_that_was_taken_up_again_with_other_terms(gan):
    history = {"generator_loss": np.r_[1.0, np.nan, 3.0], "generator_l1": np.full(3, np.nan)}
    display = drawn(TrainingDisplay(history=history).plot(window=2))
    mean = display.axes_[0, 0].lines[1].get_ydata()
    np.testing.assert_array_equal(mean, [1, 1, 3])
    assert np.isnan(display.axes_[0, 1].lines[1].get_ydata()).all()


def test_scales_of_training():
    rng = np.random.default_rng(0)
    steady = rng.normal(size=2000)
    history = {
        "generator_loss": np.where(np.arange(2000) == 500, 1e6, steady),
        "generator_l1": np.geomspace(1, 1e-4, 2000),
    }
    losses, penalties = drawn(TrainingDisplay(history=history).plot(window=1)).axes_.flat
    assert penalties.get_yscale() == "log"
    assert losses.get_yscale() == "linear"
    top = drawn(TrainingDisplay(history={"generator_loss": steady}).plot()).axes_[0, 0].get_ylim()
    assert top[1] < 4


def test_long_histories_are_drawn_by_few_points():
    values = np.random.default_rng(0).normal(size=100_000)
    values[31_234], values[77_777], values[5] = 50, -50, np.nan
    kept = extremes(values)
    assert len(kept) <= 2000
    assert {31_234, 77_777} <= set(kept)
    np.testing.assert_array_equal(extremes(values[:2000]), np.arange(2000))
    values[:500] = np.nan  # a stretch without any
    assert len(extremes(values)) <= 2000


def test_running_mean():
    values = np.array([1.0, 2.0, np.nan, np.inf, 5.0, 6.0])
    np.testing.assert_allclose(running_mean(values, 3), [1.5, 1.5, 2, 5, 5.5, 5.5])
    np.testing.assert_allclose(running_mean(values, 100), np.full(6, 3.5))
    np.testing.assert_allclose(running_mean(values, 1), [1, 2, np.nan, np.nan, 5, 6])


def test_bad_training(gaussian, gan):
    with pytest.raises(TypeError, match="a RegularizedGaussian has no history of training"):
        TrainingDisplay.from_estimator(gaussian)
    with pytest.raises(ValueError, match="history has no terms: fit the model first"):
        TrainingDisplay(history={})
    with pytest.raises(ValueError, match="history has no terms: fit the model first"):
        TrainingDisplay(history={"generator_loss": np.array([])})
    with pytest.raises(ValueError, match="window must be an integer >= 1, got 0"):
        TrainingDisplay.from_estimator(gan, window=0)


# Paths

ALPHAS = [1e-3, 0.1, 1e-2]


def path_of(alpha=ALPHAS, gamma=0.3, l1_ratio=0.5, networks=("generator", "discriminator")):
    """A path whose score is the candidate's number."""
    n = len(alpha)
    measured = {
        f"{net}_{w}": np.linspace(0, 1, n) for net in networks for w in ("sparsity", "norm")
    }
    settings = {"alpha": alpha, "gamma": gamma, "l1_ratio": l1_ratio}
    arrays = {k: np.full(n, v) if np.isscalar(v) else objects(v) for k, v in settings.items()}
    scores = {"mean_test_score": np.arange(n, dtype=float), "std_test_score": np.full(n, 0.25)}
    return {**arrays, **scores, **measured}


def objects(values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array if isinstance(values[0], tuple) else array.astype(float)


def search(**changes):
    return SimpleNamespace(path_=path_of(**changes), alpha_=0.1, gamma_=0.3, l1_ratio_=0.5)


def test_a_path():
    display = drawn(PathDisplay.from_estimator(search()))
    assert (display.strength, display.chosen) == ("alpha", 1)
    assert display.best == {"alpha": 0.1, "gamma": 0.3, "l1_ratio": 0.5}
    np.testing.assert_array_equal(display.lines[""], [0, 2, 1])
    assert titles(display) == ["score", "sparsity", "norm"]
    score, sparsity, _ = display.axes_.flat
    assert [axes.get_xscale() for axes in display.axes_.flat] == ["log"] * 3
    line, star = score.lines
    np.testing.assert_array_equal(line.get_xydata(), [[1e-3, 0], [1e-2, 2], [0.1, 1]])
    np.testing.assert_array_equal(star.get_xydata(), [[0.1, 1]])
    (band,) = score.collections
    np.testing.assert_allclose(np.ptp(band.get_paths()[0].vertices[:, 1]), 2.5)
    assert labels(score) == ["chosen"]
    assert labels(sparsity) == ["generator", "discriminator"]
    assert [line.get_linestyle() for line in sparsity.lines[::2]] == ["-", "--"]


def test_a_path_has_a_line_for_each_combination():
    path = path_of(ALPHAS * 4, gamma=np.repeat([0.1, 1, 0.1, 1], 3), l1_ratio=np.repeat([0, 1], 6))
    display = PathDisplay(path=path).plot()
    assert list(display.lines) == [
        "gamma 0.1, l1_ratio 0",
        "gamma 0.1, l1_ratio 1",
        "gamma 1, l1_ratio 0",
        "gamma 1, l1_ratio 1",
    ]
    np.testing.assert_array_equal(display.lines["gamma 1, l1_ratio 0"], [3, 5, 4])
    assert labels(display.axes_[0, 0]) == list(display.lines)
    assert display.chosen is None


STRENGTHS = {
    "alpha": ({}, "alpha", "log"),
    "a strength of 0": ({"alpha": [0.0, 0.1, 1.0]}, "alpha", "symlog"),
    "gamma": ({"alpha": [0.1] * 3, "gamma": [0.3, 1, 3]}, "gamma", "log"),
    "l1_ratio": ({"alpha": [0.1] * 3, "l1_ratio": [0, 0.5, 1]}, "l1_ratio", "linear"),
    "nothing varies": ({"alpha": [0.0] * 2}, "alpha", "linear"),
    "one candidate": ({"alpha": [0.1]}, "alpha", "log"),
    "equal pairs": ({"alpha": [(1e-3, 1e-3), (0.1, 0.1)]}, "alpha", "log"),
    "one of a pair": ({"alpha": [(0.3, 1e-3), (0.3, 0.1)]}, "discriminator alpha", "log"),
    "pairs that go together": ({"alpha": [(1, 10), (2, 20)]}, "generator alpha", "log"),
    "a vae's pairs": (
        {"alpha": [(1, 0), (2, 0)], "networks": ("encoder", "decoder")},
        "encoder alpha",
        "log",
    ),
}


@pytest.mark.parametrize(("changes", "strength", "scale"), STRENGTHS.values(), ids=STRENGTHS)
def test_what_a_path_is_drawn_against(changes, strength, scale):
    path = path_of(**{"alpha": ALPHAS, **changes})
    display = PathDisplay(path=path).plot()
    if scale == "symlog":
        drawn(display)
    assert display.strength == strength
    assert display.axes_[0, 0].get_xscale() == scale
    assert display.axes_[0, 0].get_xlabel() == strength
    assert list(display.lines) == [""]


def test_all_pairs_of_strengths():
    pairs = [(g, d) for d in (0.0, 1.0) for g in (0.1, 0.2)]
    display = PathDisplay(path=path_of(pairs), best={"alpha": (0.2, 1.0)}).plot()
    assert display.strength == "generator alpha"
    assert list(display.lines) == ["discriminator alpha 0", "discriminator alpha 1"]
    assert display.chosen == 3


def test_candidates_without_a_score():
    path = path_of([0.1, 0.2, 0.3, 0.2])
    path["mean_test_score"][[1, 2]] = path["generator_norm"][1] = np.nan
    display = drawn(PathDisplay(path=path, best={"alpha": 0.2}).plot())
    assert display.chosen == 3  # the one of both that has a score
    score, _, norm = display.axes_.flat
    line, lost, _ = score.lines
    np.testing.assert_array_equal(line.get_xdata(), [0.1, 0.2])
    np.testing.assert_array_equal(lost.get_xdata(), [0.2, 0.3])
    assert labels(score) == ["no score", "chosen"]
    np.testing.assert_array_equal(norm.lines[0].get_xdata(), [0.1, 0.2, 0.3])


def test_a_path_of_scores_alone():
    path = {k: v for k, v in path_of().items() if k in ("gamma", "alpha") or "score" in k}
    display = drawn(PathDisplay(path=path).plot())
    assert titles(display) == ["score"]
    axes = Figure().add_axes((0, 0, 1, 1))
    assert PathDisplay(path=path).plot(axes).axes_[0, 0] is axes


BAD_PATHS = {
    "no scores": ({"alpha": [1.0]}, None, "path lacks mean_test_score and std_test_score"),
    "no settings": (
        {"mean_test_score": [1.0], "std_test_score": [1.0]},
        None,
        "path needs one of alpha, gamma, l1_ratio; it has mean_test_score, std_test_score",
    ),
    "another length": ({**path_of(), "alpha": [1.0]}, None, "arrays of one length, at least 1, go"),
    "empty": ({k: v[:0] for k, v in path_of().items()}, None, "arrays of one length, at least 1"),
    "another best": (path_of(), {"alpha": 7}, r"no candidate of path has the settings best=\{'a"),
    "another setting": (path_of(), {"beta": 7}, "best has 'beta', but path has only alpha, gamma"),
}


@pytest.mark.parametrize(("path", "best", "message"), BAD_PATHS.values(), ids=BAD_PATHS)
def test_bad_paths(path, best, message):
    with pytest.raises(ValueError, match=message):
        PathDisplay(path=path, best=best)


def test_what_has_no_path(gan):
    with pytest.raises(TypeError, match=r"needs a search with a path_, .* a RegularizedGAN has no"):
        PathDisplay.from_estimator(gan)

    class Search(BaseEstimator):
        def fit(self, X):
            return self

    with pytest.raises(NotFittedError):
        PathDisplay.from_estimator(Search())


# Samples


def test_samples_of_a_frame(gan, frame):
    display = drawn(SamplesDisplay.from_estimator(gan, frame, n_samples=40))
    assert display.names == ["a", "b", "cost $x_{", "d"]  # the first that vary
    rows = set(map(tuple, frame[["a", "b", "cost $x_{", "d"]].to_numpy()))
    assert len(display.real) == len(display.fake) == 40
    assert set(map(tuple, display.real)) <= rows
    assert not set(map(tuple, display.fake)) & rows
    axes = display.axes_
    assert axes.shape == (4, 4)
    assert [a.get_xlabel() for a in axes[-1]] == [a.get_ylabel() for a in axes[:, 0]]
    assert [a.get_xlabel() for a in axes[-1]] == display.names
    # real rows below, generated ones above
    np.testing.assert_array_equal(axes[2, 1].collections[0].get_offsets(), display.real[:, [1, 2]])
    np.testing.assert_array_equal(axes[1, 2].collections[0].get_offsets(), display.fake[:, [2, 1]])
    both = np.vstack([display.real, display.fake])
    for j, panel in enumerate(axes[1]):
        assert panel.get_xlim()[0] < both[:, j].min() < both[:, j].max() < panel.get_xlim()[1]
    shares = [patch.get_data().values for patch in axes[1, 1].patches]
    np.testing.assert_allclose([s.sum() for s in shares], 1)
    assert np.abs(shares[0] - shares[1]).sum() > 0


def test_samples_repeat_with_an_int(gaussian, frame):
    few = {"n_samples": 5, "columns": [0, 1]}
    one, same = (SamplesDisplay.from_estimator(gaussian, frame, **few) for _ in range(2))
    other = SamplesDisplay.from_estimator(gaussian, frame, **few, random_state=1)
    np.testing.assert_array_equal(one.fake, same.fake)
    np.testing.assert_array_equal(one.real, same.real)
    assert (one.fake != other.fake).all()
    assert (one.real != other.real).any()


COLUMNS = {
    "names": (["e", "a"], ["e", "a"]),
    "positions": ([5, 0], ["e", "a"]),
    "both": (["e", 0], ["e", "a"]),
    "a constant one": (["same", "b"], ["same", "b"]),
    "one": ([1], ["b"]),
}


@pytest.mark.parametrize(("columns", "names"), COLUMNS.values(), ids=COLUMNS)
def test_columns_of_samples(gaussian, frame, columns, names):
    display = drawn(SamplesDisplay.from_estimator(gaussian, frame, columns=columns))
    assert display.names == names
    np.testing.assert_array_equal(np.sort(display.real[:, 0]), np.sort(frame[names[0]]))


def test_names_of_columns():
    rows = np.random.default_rng(0).normal(size=(30, 2))
    unnamed = RegularizedGaussian(random_state=0).fit(rows)
    assert SamplesDisplay.from_estimator(unnamed, rows).names == ["column 0", "column 1"]
    levels = pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", 1)]))
    assert SamplesDisplay.from_samples(levels, rows).names == ["a x", "a 1"]
    odd = pd.DataFrame(rows, columns=pd.Index(["a\nb " * 20, "\ud800"], dtype=object))
    names = drawn(SamplesDisplay.from_samples(odd, rows)).names
    assert names == ["a b a b a b a b a b a b…", r"\ud800"]


def test_a_constant_table():
    rows = np.tile([0.0, 1e20, -3.0], (30, 1))
    gaussian = RegularizedGaussian(random_state=0).fit(rows)
    display = drawn(SamplesDisplay.from_estimator(gaussian, rows))
    assert display.real.shape == (30, 3)
    for j in range(3):
        heights = [p.get_data().values.max() for p in display.axes_[j, j].patches]
        assert heights == [1, 1]


def test_samples_of_classes():
    rng = np.random.default_rng(0)
    y = np.array(["x", "y"])[np.arange(60) % 2]
    X = np.where(y == "x", -50, 50)[:, None] + rng.normal(size=(60, 4))
    gan = RegularizedGAN(hidden_layer_sizes=8, max_iter=60, conditional=True, random_state=0)
    gan.fit(X, y)
    display = SamplesDisplay.from_estimator(gan, X, y, image_shape=(2, 2), n_samples=20)
    classes = display.real[:, 0] > 0
    assert (np.diff(classes.astype(int)) >= 0).all()  # in order
    assert 0 < classes.sum() < 20
    seed = np.random.RandomState(0)
    seed.permutation(60)
    asked = np.where(classes, "y", "x")
    expected = gan.sample(20, seed.randint(2**31 - 1), y=asked)
    np.testing.assert_array_equal(display.fake, expected)
    assert SamplesDisplay.from_estimator(gan, X).fake.shape == (60, 4)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        SamplesDisplay.from_estimator(gan, X, y[:-1])


def test_images(gaussian, frame):
    display = drawn(SamplesDisplay.from_estimator(gaussian, frame, image_shape=(3, 2), n_samples=5))
    assert titles(display) == []  # no frames
    assert [a.get_title() for a in display.axes_.flat] == ["real", "generated"]
    for axes, rows in zip(display.axes_.flat, (display.real, display.fake), strict=True):
        (image,) = axes.images
        assert image.get_array().shape == (2 * 4 - 1, 3 * 3 - 1)
        np.testing.assert_array_equal(image.get_array()[:3, :2], rows[0].reshape(3, 2))
        assert image.get_clim() == (display.real.min(), display.real.max())
        assert image.get_cmap().name == "gray_r"
    assert display.plot(cmap="viridis").axes_[0, 0].images[0].get_cmap().name == "viridis"


def test_images_in_colour():
    rows = np.random.default_rng(0).uniform(0, 255, size=(7, 12))
    display = drawn(SamplesDisplay.from_samples(rows, 2 * rows, image_shape=(2, 2, 3)))
    shown = display.axes_[0, 1].images[0].get_array()
    assert shown.shape == (3 * 3 - 1, 3 * 3 - 1, 4)
    low, high = rows.min(), rows.max()
    first = ((display.fake[0].reshape(2, 2, 3) - low) / (high - low)).clip(0, 1)
    np.testing.assert_allclose(shown[:2, :2, :3], first)
    assert (shown[2, :, 3] == 0).all()


@pytest.mark.parametrize(("n", "shape"), [(1, (2, 3)), (2, (2, 7)), (5, (5, 11)), (9, (8, 11))])
def test_mosaic(n, shape):
    images = np.arange(n * 6.0).reshape(n, 2, 3)
    whole = mosaic(images)
    assert whole.shape == shape
    np.testing.assert_array_equal(np.sort(whole[np.isfinite(whole)]), images.ravel())
    side = (shape[1] + 1) // 4
    for k, image in enumerate(images):
        i, j = divmod(k, side)
        np.testing.assert_array_equal(whole[3 * i : 3 * i + 2, 4 * j : 4 * j + 3], image)


def test_samples_of_different_length():
    rng = np.random.default_rng(0)
    display = SamplesDisplay.from_samples(rng.normal(size=(30, 2)), rng.normal(size=(20, 2)))
    assert display.real.shape == display.fake.shape == (20, 2)


BAD_SAMPLES = {
    "an unknown name": ({"columns": ["z"]}, "'z' is not among the columns 'a', 'b', 'cost .* and "),
    "an unknown position": ({"columns": [6]}, "6 is not among the columns 'a'"),
    "no columns": ({"columns": []}, r"columns must be a list of column names or positions, got "),
    "one name": ({"columns": "a"}, "columns must be a list of column names or positions, got 'a'"),
    "a number of columns": ({"columns": 3}, "columns must be a list of column names or positions,"),
    "columns of images": (
        {"columns": ["a"], "image_shape": (3, 2)},
        "columns is for tables, and image_shape says that rows are images",
    ),
    "too many pixels": ({"image_shape": (3, 3)}, "9 pixels, but rows have 6 columns"),
    "one side": ({"image_shape": (6,)}, r"image_shape must be \(height, width\), or"),
    "two colours": ({"image_shape": (3, 1, 2)}, r"image_shape must be \(height, width\), or"),
    "no height": ({"image_shape": (0, 6)}, "image_shape must be an integer >= 1, got 0"),
    "no rows": ({"n_samples": 0}, "n_samples must be an integer >= 1, got 0"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD_SAMPLES.values(), ids=BAD_SAMPLES)
def test_bad_samples(gaussian, frame, arguments, message):
    with pytest.raises(ValueError, match=message):
        SamplesDisplay.from_estimator(gaussian, frame, **arguments)


def test_lists_are_no_columns(gaussian, frame):
    with pytest.raises(TypeError, match=r"columns must hold column names or positions, got \['a'"):
        SamplesDisplay.from_estimator(gaussian, frame, columns=[["a"]])


def test_samples_of_other_data(gaussian, frame):
    with pytest.raises(ValueError, match="X lacks column 'a' and has the additional column 'z'"):
        SamplesDisplay.from_estimator(gaussian, frame.rename(columns={"a": "z"}))
    with pytest.raises(ValueError, match="X contains NaN in column 'b'"):
        SamplesDisplay.from_estimator(gaussian, frame.assign(b=np.nan))
    with pytest.raises(ValueError, match="the second sample lacks columns"):
        SamplesDisplay.from_samples(frame, frame[["a", "b"]])
    with pytest.raises(ValueError, match="one name for each of the 6 columns"):
        SamplesDisplay(real=frame, fake=frame, names=["a"])


# Coverage


def test_coverage_is_what_it_says():
    real, fake = np.random.default_rng(0).normal(size=(2, 300, 3)) * [1, 100, 1e-3]
    display = drawn(CoverageDisplay.from_samples(real, fake[fake[:, 0] > 0], n_neighbors=3))
    assert len(display.points) == len(display.covered) == min(150, (fake[:, 0] > 0).sum())
    assert display.measured.coverage == display.covered.mean()
    assert display.measured.coverage < 0.7 < display.floor.coverage
    assert 0 < display.shares[1] <= display.shares[0] < 1
    bars, plane = display.axes_.flat
    widths = [patch.get_width() for patch in bars.patches]
    np.testing.assert_array_equal(widths, list(vars(display.measured).values()))
    np.testing.assert_array_equal(bars.lines[0].get_xdata(), list(vars(display.floor).values()))
    n = display.covered.sum()
    assert labels(plane) == [f"covered ({n})", f"not covered ({len(display.covered) - n})"]
    covered, missed = (c.get_offsets() for c in plane.collections)
    np.testing.assert_array_equal(covered, display.points[display.covered])
    np.testing.assert_array_equal(missed, display.points[~display.covered])


def test_coverage_compares_equally_many_rows():
    """The parts are `prdc` of the halves, whatever the order of rows."""
    real = np.repeat(np.arange(40.0), 2)[:, None]
    display = CoverageDisplay.from_samples(real, real, random_state=3)
    rng = np.random.RandomState(3)
    scaled = (real - real.mean()) / real.std()
    order, some = rng.permutation(scaled), rng.permutation(scaled)[:40]
    assert display.measured == prdc(order[:40], some)
    assert display.floor == prdc(order[:40], order[40:])
    np.testing.assert_allclose(
        np.abs(display.points[:, 0]), np.abs(order[:40, 0] - order[:40].mean())
    )
    assert (display.points[:, 1] == 0).all()


def test_coverage_of_a_model(gaussian, frame):
    display = CoverageDisplay.from_estimator(gaussian, frame, max_rows=20)
    assert len(display.points) == 20
    again = CoverageDisplay.from_estimator(gaussian, frame, max_rows=20)
    np.testing.assert_array_equal(display.covered, again.covered)
    assert display.measured == again.measured
    assert display.measured.precision > 0.3


def test_coverage_of_constant_rows():
    rows = np.ones((40, 3))
    display = drawn(CoverageDisplay.from_samples(rows, rows))
    assert display.covered.all()
    assert display.shares == (0, 0)


def test_bad_coverage(gaussian, frame):
    with pytest.raises(ValueError, match="20 real and 10 generated rows, got 60 and 9"):
        CoverageDisplay.from_samples(frame, frame[:9])
    with pytest.raises(ValueError, match="20 real and 10 generated rows, got 19 and 19"):
        CoverageDisplay.from_estimator(gaussian, frame[:19])
    with pytest.raises(ValueError, match="max_rows must be an integer >= 10, got 9"):
        CoverageDisplay.from_estimator(gaussian, frame, max_rows=9)
    with pytest.raises(ValueError, match="n_neighbors must be an integer >= 1, got 0"):
        CoverageDisplay.from_estimator(gaussian, frame, n_neighbors=0)


def test_a_search_of_the_library(tmp_path, no_pictures):
    """Its path, with who was dropped; elsewhere it is the model that it has chosen."""
    X = np.random.default_rng(0).normal(size=(40, 2))
    gan = RegularizedGAN("l1", hidden_layer_sizes=4, max_iter=20, random_state=0)
    search = RegularizedGANCV(gan, alphas=[0.0, 0.01, 0.1, 1.0], cv=2, halving=2).fit(X)
    display = PathDisplay.from_estimator(search)
    assert display.dropped.sum() == 2
    assert display.chosen == search.best_index_
    score = display.axes_[0, 0]
    (line,) = [one for one in score.lines if one.get_linestyle() == "-"]
    assert len(line.get_xdata()) == 2
    (hollow,) = [one for one in score.lines if one.get_label() == "dropped early"]
    np.testing.assert_array_equal(hollow.get_xdata(), search.path_["alpha"][display.dropped])
    SamplesDisplay.from_estimator(search, X)
    CoverageDisplay.from_estimator(search, X)
    TrainingDisplay.from_estimator(search)
    write_report(search, X, tmp_path / "report.html")
    assert "RegularizedGAN" in (tmp_path / "report.html").read_text()


# Names of levels


@pytest.mark.parametrize("n", [3, 12, 40, 100])
def test_levels_keep_their_names(n):
    """All where they fit: the panels grow with them; of very many every second one, and so on."""
    rng, names = np.random.default_rng(0), [f"level {i}" for i in range(n)]
    X = pd.DataFrame({"x": rng.normal(size=3 * n), "kind": pd.Categorical(names * 3, names)})
    display = drawn(SamplesDisplay.from_samples(X, X.sample(frac=1, random_state=0), columns=None))
    for axis in (display.axes_[1, 0].yaxis, display.axes_[1, 1].xaxis):
        shown = [text.get_text() for text in axis.get_ticklabels()]
        step = names.index(shown[1])
        assert shown == names[::step]
        assert (step == 1) == (n <= 40)
        boxes = [text.get_window_extent() for text in axis.get_ticklabels()]
        ends = [(b.y0, b.y1) if axis.axis_name == "y" else (b.x0, b.x1) for b in boxes]
        assert all(low <= high for (_, low), (high, _) in pairwise(ends))
    assert max(display._size) < 10


def test_names_of_levels_in_axes_of_ones_own_do_not_overlap():
    names = [f"level {chr(97 + i)}" for i in range(12)]
    X = pd.DataFrame({"kind": names * 3})
    figure = Figure(figsize=(2, 2))
    display = SamplesDisplay.from_samples(X, X, ax=figure.add_subplot())
    shown = [text.get_text() for text in display.axes_[0, 0].get_xticklabels()]
    assert shown == names[:: names.index(shown[1])]
