"""Rejection sampling, and the calibration that it takes."""

import numpy as np
import pytest
from scipy.stats import norm

import regan
from regan import RegularizedGAN, RegularizedVAE
from regan.datasets import make_ring
from regan.estimators import rejection
from regan.estimators.rejection import STEEPEST, Calibration, calibrate

SMALL = {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 32, "max_iter": 8}
SMALL |= {"random_state": 0}


def rows(n=400, seed=0):
    return make_ring(n, sigma=0.02, random_state=seed)


@pytest.fixture(scope="module")
def gan():
    X, y, _ = rows()
    return RegularizedGAN(**SMALL, conditional=True).fit(X, y % 2).calibrate(X[:100], y[:100] % 2)


class _Known:
    """A judge whose score is the logarithm of a known ratio of densities, flattened by a half."""

    def scores(self, rows, labels):
        x = np.asarray(rows)[:, 0]
        return 0.5 * (norm.logpdf(x) - norm.logpdf(x, scale=2.0))

    def places(self, labels, n):
        return np.zeros(n, dtype=np.int64)


class _OneLabel:
    n_classes = n_components = n_labels = 0

    def labels(self, classes, components):
        return None


def test_the_slope_undoes_what_flattens_the_scores():
    rng = np.random.default_rng(0)

    def generate(labels, n):
        return 2 * rng.normal(size=(n, 1))

    found = calibrate(_Known(), (rng.normal(size=(5000, 1)), None), _OneLabel(), generate, 0)
    assert found.slope == pytest.approx(2, abs=0.3)
    made = generate(None, 20000)
    scores, at = _Known().scores(made, None), np.zeros(20000, dtype=np.int64)
    kept = made[np.log(rng.random(20000)) < found.log_odds(scores, at)]
    assert kept.std() == pytest.approx(1, abs=0.08)


def test_scores_that_know_nothing_reject_nothing():
    rng = np.random.default_rng(0)
    judge = _Known()
    judge.scores = lambda rows, labels: np.ones(len(rows))

    def generate(labels, n):
        return rng.normal(size=(n, 1))

    found = calibrate(judge, (rng.normal(size=(50, 1)), None), _OneLabel(), generate, 0)
    assert found.slope == 0
    assert (found.log_odds(np.ones(3), np.zeros(3, dtype=np.int64)) == 0).all()
    assert 0 <= found.slope <= STEEPEST


@pytest.mark.parametrize("n", [1, 5, 1024, 1500])
def test_rows_do_not_depend_on_how_many_there_are(gan, n):
    whole = gan.sample(3000, random_state=3, method="rejection")
    np.testing.assert_array_equal(gan.sample(n, random_state=3, method="rejection"), whole[:n])


def test_shares_of_classes_and_frames_stay(gan):
    _, labels = gan.sample(2000, random_state=1, return_y=True)
    kept, same = gan.sample(2000, random_state=1, return_y=True, method="rejection")
    np.testing.assert_array_equal(same, labels)
    assert kept.shape == (2000, 2)


def test_early_stopping_calibrates():
    model = RegularizedGAN(**SMALL, early_stopping=True).fit(rows()[0])
    assert model.sample(10, method="rejection").shape == (10, 2)
    model.set_params(early_stopping=False).fit(rows()[0])  # another fit has other scores
    with pytest.raises(ValueError, match="needs discriminator scores that were calibrated"):
        model.sample(10, method="rejection")


def test_a_file_keeps_the_calibration_or_leaves_it_out(gan, tmp_path):
    gan.save(tmp_path / "whole")
    gan.save(tmp_path / "sampler", sampler_only=True)
    other = regan.load(tmp_path / "whole")
    given = {"random_state": 2, "method": "rejection"}
    np.testing.assert_array_equal(other.sample(20, **given), gan.sample(20, **given))
    with pytest.raises(ValueError, match="saved with sampler_only=True"):
        regan.load(tmp_path / "sampler").sample(3, method="rejection")


def test_what_cannot_reject_says_so():
    X = rows()[0]
    with pytest.raises(ValueError, match="a RegularizedVAE has none"):
        RegularizedVAE(**SMALL).fit(X).sample(3, method="rejection")
    packed = RegularizedGAN(**SMALL, architecture="packing").fit(X)
    with pytest.raises(ValueError, match="this one judges packs of 2 rows"):
        packed.calibrate(X)
    with pytest.raises(ValueError, match="method='langevin' is not known"):
        packed.sample(3, method="langevin")


def test_very_many_labels_have_one_ceiling(monkeypatch):
    monkeypatch.setattr(rejection, "_PAIRS", 3)
    X, which, _ = rows(800)
    gan = RegularizedGAN(**SMALL, conditional=True).fit(X, which).calibrate(X, which)
    assert gan._calibration.ceilings.shape == (8, gan.frames_.n_components)
    assert np.ptp(gan._calibration.ceilings) == 0
    assert gan.sample(20, method="rejection").shape == (20, 2)


def test_what_never_keeps_a_row_is_an_error(gan):
    other = RegularizedGAN(**SMALL).fit(rows()[0]).calibrate(rows()[0])
    other._calibration = Calibration(10.0, other._calibration.ceilings + 1e3)
    with pytest.raises(RuntimeError, match="rejected all 200 candidates"):
        other.sample(3, method="rejection")


def test_a_pruned_copy_keeps_the_calibration():
    X, *_ = rows()
    settings = SMALL | {"max_iter": 60, "penalty": "group_lasso", "alpha": 0.05}
    settings |= {"learning_rate_init": 1e-2}
    gan = RegularizedGAN(**settings).fit(X).calibrate(X[:100])
    pruned = gan.prune()
    assert pruned.hidden_layer_sizes != gan.hidden_layer_sizes
    np.testing.assert_allclose(
        pruned.sample(50, method="rejection"), gan.sample(50, method="rejection"), rtol=1e-3
    )
