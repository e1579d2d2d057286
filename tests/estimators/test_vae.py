"""RegularizedVAE: its objective, what it learns, every setting, and the estimator's contract."""

import native_kernels
import numpy as np
import pandas as pd
import pytest
import strict_cupy
from sklearn.base import clone
from sklearn.datasets import load_digits

import regan
from regan import RegularizedGaussian, RegularizedVAE
from regan.backends import cupy_backend, get_backend
from regan.building.specs import Shape, read
from regan.datasets import make_ring
from regan.layers import ColumnScale
from regan.layers.draws import Draws
from regan.objectives.batch import Batch
from regan.objectives.variational import VARIANCE_FLOOR
from regan.testing import check_layer, check_objective

SMALL = {
    "hidden_layer_sizes": (8, 8),
    "latent_dim": 3,
    "batch_size": 16,
    "max_iter": 12,
    "random_state": 0,
}


def small(**changes):
    """A VAE that trains in milliseconds."""
    return RegularizedVAE(**{**SMALL, **changes})


def parameters(vae):
    return np.concatenate([vae.encoder_.theta, vae.decoder_.theta], axis=1)


def deviations(vae):
    """The columns' standard deviations given z, on the scale of training."""
    y = vae.decoder_(np.zeros((1, vae.decoder_.network.n_in)))[0]
    return np.sqrt(np.exp(2 * y[len(y) // 2 :]) + VARIANCE_FLOOR)


# The objective


@pytest.mark.parametrize("beta", [0.0, 1.0, 3.5])
@pytest.mark.parametrize("n_labels", [0, 3])
def test_the_bound_is_the_textbooks(beta, n_labels):
    ops = get_backend("numpy", "float64")
    objective = read(small(beta=beta, penalty=None)).bind(ops, Shape(4, n_labels))
    rng = np.random.default_rng(0)
    thetas = {name: player.network.init(rng, 2) + 0.1 for name, player in objective.players.items()}
    x = rng.normal(size=(7, 4))
    labels = np.eye(3)[rng.integers(3, size=7)] if n_labels else np.empty((7, 0))
    batch = Batch(x[None], Draws(ops, ops.rng(0)), labels[None] if n_labels else None)
    terms, _ = objective.value_and_grad(objective.names, thetas, batch)
    epsilon = batch.draws.normal("latent", (1, 7, 3))[0]
    for k in range(2):

        def run(name, *columns, k=k):
            network = objective.networks[name]
            y, _ = network.forward(network.split(thetas[name][k : k + 1]), np.hstack(columns)[None])
            return np.hsplit(y[0], 2)

        mean, logit = run("encoder", x, labels)
        squared = 1 / (1 + np.exp(-logit))
        fit, log_scale = run("decoder", mean + np.sqrt(squared) * epsilon, labels)
        variance = np.exp(2 * log_scale) + VARIANCE_FLOOR
        log_density = -((x - fit) ** 2) / (2 * variance) - np.log(2 * np.pi * variance) / 2
        divergence = (mean**2 + squared - 1 - np.log(squared)) / 2
        np.testing.assert_allclose(terms["reconstruction"][k], -log_density.sum(axis=1).mean())
        np.testing.assert_allclose(terms["kl"][k], beta * divergence.sum(axis=1).mean(), atol=1e-15)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"beta": 0.0},
        {"beta": 4.0, "alpha": 0.3},
        {"activity_penalty": "l2"},
        {"normalization": "layer"},
        {"normalization": "batch"},
        {"dropout": 0.3},
        {"architecture": "residual"},
        {"architecture": "fourier"},
        {"constraint": "spectral_norm"},
        {"n_labels": 3, "normalization": "layer", "activity_penalty": "l2", "dropout": 0.2},
    ],
    ids=str,
)
def test_gradients(settings):
    settings = {"activation": "tanh", **settings}
    n_labels = settings.pop("n_labels", 0)
    ops = get_backend(dtype="float64")
    objective = read(small(**settings)).bind(ops, Shape(4, n_labels))
    assert check_objective(objective, n_models=2) <= 1e-6


@pytest.mark.parametrize("settings", [{}, {"activity_penalty": "l2", "dropout": 0.2}], ids=str)
def test_models_at_once_are_single_ones(settings):
    ops = get_backend("numpy", "float64")
    objective = read(small(**settings)).bind(ops, Shape(4))
    rng = np.random.default_rng(0)
    thetas = {name: p.network.init(rng, 3) for name, p in objective.players.items()}
    batch = Batch(rng.normal(size=(1, 7, 4)), Draws(ops, ops.rng(0)))
    terms, grads = objective.value_and_grad(objective.names, thetas, batch)
    for k in range(3):
        one = {name: theta[k : k + 1] for name, theta in thetas.items()}
        alone, grad = objective.value_and_grad(objective.names, one, batch)
        for name in terms:
            np.testing.assert_array_equal(terms[name][k], alone[name][0])
        for name in grads:
            np.testing.assert_array_equal(grads[name][k], grad[name][0])


def test_the_scale_layers_passes():
    assert check_layer(ColumnScale(start=-1.0, speed=3.0)) <= 1e-6
    for bad in ({"speed": 0.0}, {"start": np.inf}):
        with pytest.raises(ValueError, match=f"{next(iter(bad))} must be a finite number"):
            ColumnScale(**bad).bind(get_backend("numpy"), 3)


def test_an_unbounded_encoder_does_not_overflow():
    """Columns that are nearly always the same have rows forty deviations away."""
    X = load_digits().data
    vae = RegularizedVAE(learning_rate_init=0.02, max_iter=700, random_state=0).fit(X)
    assert np.isfinite(vae.history_["kl"]).all()


@pytest.mark.skipif(native_kernels.COMPILER is None, reason="running C++ text needs a compiler")
def test_it_trains_with_what_cupy_has(monkeypatch, table):
    strict_cupy.install(monkeypatch)
    settings = {"activity_penalty": "l1", "normalization": "batch", "dropout": 0.1}
    one, two = (small(backend=b, **settings).fit(table) for b in ("numpy", "cupy"))
    assert two.sample(20).shape == (20, 3)
    assert one.history_.keys() == two.history_.keys()
    cupy_backend._compile.cache_clear()


# What it learns


def test_the_learnt_variance_is_that_of_the_noise():
    """A noisy linear map of two latent numbers, with other noise in each column."""
    rng = np.random.default_rng(0)
    noise = np.linspace(0.3, 1, 12)
    loadings = rng.normal(size=(2, 12))
    X = rng.normal(size=(4000, 2)) @ (loadings / np.linalg.norm(loadings, axis=0))
    X += noise * rng.normal(size=X.shape)
    settings = {"latent_dim": 2, "hidden_layer_sizes": 32, "frames": None}
    vae = RegularizedVAE(max_iter=1200, random_state=0, **settings).fit(X)
    np.testing.assert_allclose(deviations(vae) * X.std(axis=0), noise, rtol=0.1)


def test_samples_have_the_mean_and_covariance():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2000, 3)) @ [[1, 0, 40], [0.5, 0.1, 0], [0, 0, 9]] + [2, -30, 700]
    vae = RegularizedVAE(hidden_layer_sizes=32, max_iter=1000, random_state=0).fit(X)
    sample = vae.sample(20_000)
    deviation = X.std(axis=0)
    np.testing.assert_allclose((sample.mean(axis=0) - X.mean(axis=0)) / deviation, 0, atol=0.1)
    off = (np.cov(sample.T) - np.cov(X.T)) / np.outer(deviation, deviation)
    np.testing.assert_allclose(off, 0, atol=0.15)
    assert vae.score(X) > 0.85


@pytest.fixture(scope="module")
def ring():
    return make_ring(4000, random_state=0)[0]


@pytest.mark.filterwarnings("ignore:generated rows differ much")
def test_it_learns_the_ring(ring):
    """The latent numbers are used, and samples lie near the circle, all around it."""
    vae = RegularizedVAE(frames=None, max_iter=2500, random_state=0).fit(ring)
    assert vae.history_["kl"][-100:].mean() > 2  # it was 0 when the variance started at 1
    sample = vae.sample(4000)
    radius = np.hypot(*sample.T)
    assert np.mean(np.abs(radius - 1) < 0.15) > 0.75
    octants = np.floor(np.arctan2(sample[:, 1], sample[:, 0]) / (np.pi / 4)).astype(int) + 4
    assert np.bincount(octants % 8, minlength=8).min() > 4000 / 8 / 3
    normal = RegularizedGaussian(standardize="standard", random_state=0).fit(ring)
    assert vae.score(ring) > normal.score(ring) + 0.2


@pytest.mark.filterwarnings("ignore:generated rows differ much")
def test_it_beats_the_gaussian_on_digits():
    X = load_digits().data
    vae = RegularizedVAE(max_iter=700, random_state=0).fit(X)
    assert vae.score(X) > RegularizedGaussian(random_state=0).fit(X).score(X) + 0.05


def test_beta_0_gives_up_the_prior(ring):
    """Nothing holds the codes: they take any shape, and rows come back almost exactly."""
    settings = {"max_iter": 300, "hidden_layer_sizes": 32, "latent_dim": 2, "random_state": 0}
    free, bound = (RegularizedVAE(beta=b, **settings).fit(ring) for b in (0.0, 1.0))
    assert not free.history_["kl"].any()
    ends = [v.history_["reconstruction"][-100:].mean() for v in (free, bound)]
    assert ends[0] < ends[1] - 1


@pytest.mark.filterwarnings("ignore:generated rows differ much")
def test_a_large_beta_empties_the_codes():
    """The decoder then ignores z: samples are a Gaussian with independent columns."""
    rng = np.random.default_rng(0)
    X = rng.multivariate_normal([1, 2], [[1, 0.9], [0.9, 1]], size=2000)
    settings = {"hidden_layer_sizes": 32, "frames": None}
    vae = RegularizedVAE(beta=100, max_iter=800, random_state=0, **settings).fit(X)
    assert vae.history_["kl"][-100:].mean() / 100 < 0.01
    sample = vae.sample(20_000)
    np.testing.assert_allclose(np.cov(sample.T), np.diag(X.var(axis=0)), atol=0.1)
    np.testing.assert_allclose(sample.mean(axis=0), [1, 2], atol=0.1)


# Settings


SETTINGS = [
    ("penalty", "l1"),
    ("penalty", ["l2", "orthogonal"]),
    ("penalty", (None, "group_lasso")),
    ("alpha", 0.3),
    ("alpha", (0.0, 0.3)),
    ("beta", 2.0),
    ("activation", "tanh"),
    ("activation", ("tanh", "softplus")),
    ("latent_dim", 5),
    ("optimizer", "rmsprop"),
    ("optimizer", "adamw"),
    ("optimizer", ("sgd", "adam")),
    ("optimizer", "extra_adam"),
    ("learning_rate_init", 1e-4),
    ("learning_rate", "constant"),
    ("beta_1", 0.0),
    ("beta_2", 0.9),
    ("batch_size", 10),
    ("ema_decay", 0.0),
    ("decoder_hidden_layer_sizes", 6),
    ("constraint", "spectral_norm"),
    ("constraint", ("max_norm", "unit_norm")),
    ("constraint", "l1_ball"),
    ("activity_penalty", "l1"),
    ("activity_penalty", (None, "l2")),
    ("normalization", "batch"),
    ("normalization", ("layer", None)),
    ("dropout", 0.5),
    ("dropout", (None, 0.2)),
    ("architecture", "residual"),
    ("architecture", "fourier"),
    ("architecture", (["residual", "fourier"], None)),
    ("clipping", "value"),
    ("clipping", "global_norm"),
    ("standardize", False),
    ("dtype", "float64"),
]


@pytest.mark.parametrize(("name", "value"), SETTINGS, ids=str)
def test_every_setting_acts(name, value, table):
    table = (table - [2, -30, 700]) / [1, 0.1, 40]  # for standardize=False
    before, after = small().fit(table), small(**{name: value}).fit(table)
    assert np.isfinite(after.sample(50)).all()
    assert not np.array_equal(before.sample(50), after.sample(50))
    alike = before.encoder_.theta.shape == after.encoder_.theta.shape
    if name == "ema_decay":
        assert alike
    elif alike:
        assert not np.array_equal(before.encoder_.theta, after.encoder_.theta)


def test_l1_makes_zeros(table):
    vae = small(penalty="l1", alpha=3.0, max_iter=400).fit(table)
    assert vae.sparsity_["encoder"].zeros > 0.3
    assert vae.sparsity_["decoder"].zeros > 0.3
    pruned = vae.prune()
    np.testing.assert_allclose(
        pruned.sample(20, random_state=1), vae.sample(20, random_state=1), rtol=1e-4
    )


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"beta": -1}, ValueError, r"beta must be .*>= 0"),
        ({"beta": "1"}, TypeError, "beta must be a real number"),
        ({"latent_dim": 0}, ValueError, r"latent_dim must be an integer >= 1"),
        ({"alpha": np.nan}, ValueError, "alpha must be a finite"),
        ({"penalty": "l3"}, ValueError, r"penalty='l3' is not known.*l1, l2"),
        (
            {"architecture": "packing"},
            ValueError,
            r"architecture='packing': Packing\(\) is for neither network",
        ),
        ({"architecture": "latent_mixture"}, ValueError, r"architecture='latent_mixture'"),
        ({"alpha": (1, 2, 3)}, ValueError, r"must be a pair \(encoder, decoder\)"),
        ({"decoder_hidden_layer_sizes": 0}, ValueError, "decoder_hidden_layer_sizes must"),
    ],
    ids=str,
)
def test_bad_settings(settings, error, message, table):
    with pytest.raises(error, match=message):
        small(**settings).fit(table)


# The contract


def test_fitted_attributes(table):
    vae = small().fit(table)
    assert vae.n_iter_ == 12
    assert vae.n_features_in_ == 3
    assert set(vae.history_) == {
        "reconstruction",
        "kl",
        "encoder_l2",
        "decoder_l2",
        "encoder_grad_norm",
        "decoder_grad_norm",
        "distance",
    }
    assert all(len(vae.history_[name]) == 12 for name in ("reconstruction", "kl"))
    assert vae.encoder_(np.zeros((5, 3))).shape == (5, 6)
    assert vae.decoder_(np.zeros((5, 3))).shape == (5, 6)


def test_it_is_reproducible(table):
    vae, again = small().fit(table), small().fit(table)
    np.testing.assert_array_equal(parameters(vae), parameters(again))
    np.testing.assert_array_equal(vae.sample(5), again.sample(5))
    np.testing.assert_array_equal(vae.sample(700)[:5], vae.sample(5))
    assert not np.array_equal(vae.sample(5), vae.sample(5, random_state=1))
    assert not np.array_equal(parameters(vae), parameters(small(random_state=1).fit(table)))
    assert vae.score(table) == again.score(table)


def test_training_goes_on(table):
    vae = small(warm_start=True).fit(table)
    before = parameters(vae)
    vae.fit(table)
    assert vae.n_iter_ == 24
    assert len(vae.history_["kl"]) == 24
    assert not np.array_equal(parameters(vae), before)
    with pytest.raises(ValueError, match="training cannot continue from the last fit: its encoder"):
        vae.set_params(latent_dim=4).fit(table)


def test_partial_fit(table):
    vae = small().partial_fit(table)
    assert vae.n_iter_ == 4  # 60 rows in batches of 15
    assert vae.partial_fit(table[:20]).n_iter_ == 6
    fresh = clone(vae).partial_fit(table).partial_fit(table[:20])
    np.testing.assert_array_equal(parameters(vae), parameters(fresh))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_samples_come_in_the_container_and_units(dtype, table):
    frame = pd.DataFrame(table.astype(dtype), columns=["a", "b", "c"])
    vae = small(max_iter=200).fit(frame)
    sample = vae.sample(400)
    assert list(sample.columns) == ["a", "b", "c"]
    assert (sample.dtypes == dtype).all()
    off = (sample.mean() - frame.mean()) / frame.std()
    assert np.abs(off).max() < 0.5


@pytest.mark.parametrize("standardize", [True, False])
def test_constant_columns_come_back(standardize):
    X = np.random.default_rng(0).normal(size=(50, 3))
    X[:, 1] = 0.1
    vae = small(standardize=standardize).fit(X)
    assert (vae.sample(30)[:, 1] == 0.1).all()


def test_conditional():
    rng = np.random.default_rng(0)
    y = np.repeat(["low", "high"], [300, 100])
    X = rng.normal(size=(400, 2)) * 0.2 + np.where(y == "low", -3, 3)[:, None]
    vae = RegularizedVAE(
        conditional=True, hidden_layer_sizes=16, latent_dim=2, max_iter=600, random_state=0
    ).fit(X, y)
    assert list(vae.classes_) == ["high", "low"]
    assert np.mean(vae.sample(500, y="low") < 0) > 0.97
    assert np.mean(vae.sample(500, y="high") > 0) > 0.97
    labels = vae.sample_labels(1000)
    assert np.mean((labels == "low") == (vae.sample(1000)[:, 0] < 0)) > 0.97
    assert abs(np.mean(labels == "low") - 0.75) < 0.05
    assert vae.score(X, y) > vae.score(X, np.where(y == "low", "high", "low")) + 0.2
    with pytest.raises(ValueError, match="labels that were not in the training data: 'middle'"):
        vae.sample(1, y="middle")
    with pytest.raises(ValueError, match="requires y"):
        clone(vae).fit(X)


@pytest.mark.parametrize("conditional", [False, True])
def test_save_and_load(conditional, table, tmp_path):
    y = np.arange(60) % 3
    vae = small(
        conditional=conditional,
        warm_start=True,
        normalization="batch",
        dropout=0.1,
        architecture="residual",
        constraint=("spectral_norm", "max_norm"),
    ).fit(table, y)
    vae.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    np.testing.assert_array_equal(vae.sample(9), again.sample(9))
    assert vae.score(table, y) == again.score(table, y)
    for model in (vae, again):
        model.fit(table, y)
    np.testing.assert_array_equal(parameters(vae), parameters(again))
