"""Local frames in estimators: the same model whatever goes around it, and what users see."""

import numpy as np
import pandas as pd
import pytest

import regan
from regan import (
    Checkpoint,
    EarlyStopping,
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedVAE,
    gan_path,
)
from regan.building.framing import learn_coordinates
from regan.building.rules import Facts, autoencoder_rules, game_rules, game_schedule
from regan.data.number_scaler import learn_scaler
from regan.datasets import make_ring
from regan.metrics import mode_report
from regan.penalties import L1

MODELS = (RegularizedGAN, RegularizedVAE)
SMALL = {"hidden_layer_sizes": (8, 8), "latent_dim": 4, "batch_size": 32, "max_iter": 8}
SMALL |= {"random_state": 0}


def ring(n=400, seed=0):
    return make_ring(n, sigma=0.02, random_state=seed)


def fitted(cls=RegularizedGAN, X=None, y=None, **settings):
    X = ring()[0] if X is None else X
    return cls(**{**SMALL, "frames": 8, **settings}).fit(X, y)


@pytest.mark.parametrize("cls", MODELS)
def test_modes_and_their_shares_are_given(cls):
    X, _, centers = ring(2000)
    model = fitted(cls, X, frames="auto", max_iter=1)
    report = mode_report(model.sample(4000), centers, 0.02)
    assert model.frames_.n_components == report.n_modes == 8
    assert report.reverse_kl < 0.01
    np.testing.assert_allclose(model.frames_.weights_, 1 / 8, atol=0.03)


def test_one_word_turns_them_off():
    assert fitted(frames=None).frames_ is None
    assert fitted(frames=False).frames_ is None
    assert fitted(frames="auto", standardize=False).frames_ is None
    assert fitted(frames="auto", X=np.random.default_rng(0).normal(size=(25, 3))).frames_ is None
    with pytest.raises(AttributeError, match="frames_ needs a fitted model"):
        _ = RegularizedGAN().frames_


def test_what_the_rule_asks_of_the_columns():
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(800, 33))
    assert fitted(X=wide, frames="auto").frames_.components_.shape == (33, 33)
    assert fitted(X=wide[:199], frames="auto").frames_ is None
    wide = np.resize(wide, (1600, 33)) + rng.normal(size=(1600, 33))
    wide[:, 5] = 3.0  # a constant is no column that varies
    assert fitted(X=wide, frames="auto").frames_.covariances_.shape == (1, 33, 33)
    table = pd.DataFrame({"a": rng.normal(size=300), "b": rng.choice(["x", "y"], 300)})
    assert fitted(X=table, frames="auto").frames_.n_components == 7  # of 40 rows
    assert fitted(X=table[:79], frames="auto").frames_.n_components == 3  # of 25 rows
    assert fitted(X=table[:49], frames="auto").frames_ is None
    assert fitted(X=table, frames=2).frames_.means_.shape == (2, 1)
    assert set(fitted(X=table, frames=2).sample(50)["b"]) <= {"x", "y"}


@pytest.mark.parametrize("cls", MODELS)
@pytest.mark.parametrize("conditional", [False, True])
def test_a_file_keeps_them(cls, conditional, tmp_path):
    X, y, _ = ring()
    model = fitted(cls, X, y, conditional=conditional)
    model.save(tmp_path / "model")
    other = regan.load(tmp_path / "model")
    np.testing.assert_array_equal(
        other.sample(100, random_state=1), model.sample(100, random_state=1)
    )
    np.testing.assert_array_equal(other.frames_.means_, model.frames_.means_)
    other.partial_fit(X, y)
    model.partial_fit(X, y)
    np.testing.assert_array_equal(other.sample(9, random_state=1), model.sample(9, random_state=1))
    model.save(tmp_path / "model", sampler_only=True)
    regan.load(tmp_path / "model").sample(9)


@pytest.mark.parametrize("going_on", ["partial_fit", "warm_start"])
def test_they_stay_when_training_goes_on(going_on):
    model = fitted(frames=8, warm_start=True)
    before, other = model.frames_, ring(seed=3)[0]
    model.fit(other) if going_on == "warm_start" else model.partial_fit(other)
    assert model.frames_.means_ is before.means_
    assert model.n_iter_ > 8
    with pytest.raises(ValueError, match=r"frames=3 cannot change .* frames of 8 components"):
        model.set_params(frames=3).fit(other)
    with pytest.raises(ValueError, match="frames=None cannot change"):
        model.set_params(frames=None).partial_fit(other)


def test_shares_of_components_belong_to_classes():
    X, y, _ = ring(1200)
    model = fitted(X=X, y=y % 2, conditional=True, max_iter=1)
    rows, labels = model.sample(2000, return_y=True)
    angle = np.rint(np.arctan2(rows[:, 1], rows[:, 0]) / (np.pi / 4)).astype(int) % 8
    assert (angle % 2 == labels).mean() > 0.99
    alone = model.sample(500, y=1)
    assert (np.rint(np.arctan2(alone[:, 1], alone[:, 0]) / (np.pi / 4)) % 2 == 1).mean() > 0.99


def test_a_population_is_its_single_fits():
    X = ring()[0]
    gan = RegularizedGAN(**SMALL, frames="auto")
    for model in gan_path(X, estimator=gan, alphas=[0.0, 1e-2]):
        alone = RegularizedGAN(**SMALL, frames="auto", alpha=model.alpha).fit(X)
        np.testing.assert_array_equal(model.sample(50), alone.sample(50))


def test_folds_have_frames_of_their_own():
    X = ring(300)[0]
    search = RegularizedGANCV(RegularizedGAN(**SMALL), alphas=[0.0, 1e-2], cv=2).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.frames_.n_components > 1


def test_a_checkpoint_goes_on_bit_by_bit(tmp_path):
    class Stop(regan.Callback):
        def on_report(self, run):
            if run.done >= 8:
                raise KeyboardInterrupt

    settings = {"early_stopping": EarlyStopping(n_iter_no_change=99), "max_iter": 16}
    whole = fitted(**settings)
    checkpoint = Checkpoint(tmp_path, every=1, resume=True)
    with pytest.raises(KeyboardInterrupt):
        fitted(callbacks=[checkpoint, Stop()], **settings)
    resumed = fitted(callbacks=[checkpoint], **settings)
    np.testing.assert_array_equal(resumed.sample(50), whole.sample(50))
    assert resumed.best_score_ == whole.best_score_


def test_early_stopping_compares_outside_of_the_frames():
    """A generator that begins as the identity makes the mixture's rows, which are near the data."""
    model = fitted(X=ring(1000)[0], early_stopping=True, learning_rate_init=1e-30)
    assert model.best_score_ > 0.9


def test_pruning_keeps_them():
    gan = fitted(penalty="l1", alpha=0.05, max_iter=60)
    pruned = gan.prune()
    assert pruned.frames_.means_ is gan.frames_.means_
    np.testing.assert_allclose(pruned.sample(20), gan.sample(20), atol=1e-3)
    pruned.partial_fit(ring()[0])


def test_the_mixture_alone():
    X, _, centers = ring(2000)
    frames = fitted(X=X).frames_
    rows = frames.sample(3000, random_state=0)
    assert mode_report(rows, centers, 0.02).high_quality > 0.97
    np.testing.assert_array_equal(frames.sample(10, random_state=0), rows[:10])
    edge = np.linspace(-1.3, 1.3, 400)
    grid = np.stack(np.meshgrid(edge, edge), axis=-1).reshape(-1, 2)
    grid = grid[(abs(grid) <= abs(X).max(axis=0)).all(axis=1)]
    mass = np.exp(frames.score_samples(grid)).sum() * (edge[1] - edge[0]) ** 2
    assert abs(mass - 1) < 0.03
    assert frames.score(X) == pytest.approx(frames.score_samples(X).mean())
    assert "8 components" in repr(frames)


def test_the_mixture_has_no_density_of_a_table():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(size=300), "b": rng.choice(["x", "y"], 300)})
    frames = fitted(X=table, frames=2).frames_
    assert set(frames.sample(30)["b"]) == {"x", "y"}
    with pytest.raises(ValueError, match="fitted to floating-point columns only"):
        frames.score_samples(table)


def test_local_frames_have_no_levels():
    X, which, _ = ring(300)
    frames = fitted(X=np.c_[X, which % 2]).frames_
    with pytest.raises(ValueError, match="numeric columns only"):
        frames.sample(3)


def test_flags_of_an_array_stand_beside_frames():
    X, which, centers = ring(1500)
    gan = fitted(X=np.c_[X, which % 2], frames="auto", max_iter=60)
    rows = gan.sample(2000)
    assert gan.frames_.means_.shape == (8, 2)
    assert set(rows[:, 2]) <= {0.0, 1.0}
    assert mode_report(rows[:, :2], centers, 0.02).high_quality > 0.9
    flags = (np.random.default_rng(0).random((400, 3)) < 0.5).astype(float)
    assert "mixed" in repr(fitted(X=np.c_[flags, X[:400, :1]], frames="auto").frames_)


def test_axes_of_their_own_take_many_rows():
    rng = np.random.default_rng(0)
    kinds = {n: fitted(X=rng.normal(size=(n, 12)), frames="auto").frames_ for n in (199, 599, 600)}
    assert kinds[199] is None
    assert "principal" in repr(kinds[599])
    assert "local" in repr(kinds[600])


def test_a_search_passes_frames_and_calibration_on():
    X = ring(300)[0]
    search = RegularizedGANCV(RegularizedGAN(**SMALL), alphas=[0.0, 1e-2], cv=2).fit(X)
    assert search.frames_.n_components == search.best_estimator_.frames_.n_components
    assert search.calibrate(X).sample(5, method="rejection").shape == (5, 2)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("max_iter", "an integer"),
        ("batch_size", "an integer"),
        ("latent_dim", "an integer"),
        ("gamma", "a real number"),
        ("learning_rate_init", "a real number"),
    ],
)
def test_messages_tell_of_auto(name, kind):
    with pytest.raises(TypeError, match=f"{name} must be {kind} or 'auto', got 'aut'"):
        RegularizedGAN(**{name: "aut"}).fit(ring(50)[0])


# Many columns


def pixels(n=400, seed=0):
    """Images of 7 x 7 grey levels: a bright square of one of two sizes, at one of two places."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 4, (n, 7, 7))
    for image, size, place in zip(
        images, rng.integers(2, 5, n), rng.integers(0, 3, n), strict=True
    ):
        image[place : place + size, place : place + size] += rng.integers(10, 13, (size, size))
    return np.minimum(images, 15).reshape(n, -1).astype(float)


def test_pixels_have_one_scale_and_few_coordinates(tmp_path):
    X = pixels()
    gan = fitted(X=X, frames="auto", conditional=True, y=np.arange(400) % 2, max_iter=30)
    r = len(gan.frames_.components_)
    assert r < 49
    assert gan.generator_.network.n_out == r
    rows = gan.sample(300)
    assert rows.min() >= X.min()
    assert rows.max() <= X.max()
    np.testing.assert_array_equal(rows, np.rint(rows))
    scales = gan.score(X, np.arange(400) % 2)
    gan.save(tmp_path / "model")
    other = regan.load(tmp_path / "model")
    np.testing.assert_array_equal(other.sample(20, random_state=1), gan.sample(20, random_state=1))
    assert other.score(X, np.arange(400) % 2) == scales
    other.partial_fit(X, np.arange(400) % 2)
    alone = gan.frames_.sample(200, random_state=0)
    np.testing.assert_allclose(alone.mean(axis=0), X.mean(axis=0), atol=2.5)
    with pytest.raises(ValueError, match="no density in the columns of the data"):
        gan.frames_.score_samples(X)


def test_many_columns_on_scales_of_their_own_keep_their_shape():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 40)) @ rng.normal(size=(40, 40)) * np.logspace(-3, 3, 40)
    gan = fitted(X=X, frames="auto", latent_dim="auto", max_iter=1)
    rows = gan.sample(3000)
    np.testing.assert_allclose(rows.std(axis=0) / X.std(axis=0), 1, atol=0.15)
    search = RegularizedGANCV(gan, alphas=[0.0, 1e-2], cv=2).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


# Rules


@pytest.mark.parametrize(
    ("n", "updates", "rate"),
    [(10, 20, 1e-5), (150, 150, 1.5e-4), (1000, 1000, 1e-3), (10**6, 3000, 1e-3)],
)
@pytest.mark.parametrize(("kind", "gamma"), [("local", 0.1), ("principal", 0.3)])
def test_rules_in_frames(n, updates, rate, kind, gamma):
    rules = game_rules(Facts(n, kind))
    assert rules.pop("learning_rate_init") == pytest.approx(rate)
    assert rules == {
        "max_iter": updates,
        "batch_size": 256,
        "gamma": gamma,
        "architecture": "noise_skip",
        "latent_dim": 32,
    }
    assert game_rules(Facts(n, kind, n_coordinates=50))["latent_dim"] == 50
    assert game_schedule(Facts(n, kind)) == {"local": "geometric"}.get(kind, "constant")


@pytest.mark.parametrize(
    ("kind", "n", "updates"),
    [
        ("local", 10, 20),
        ("local", 150, 112),
        ("local", 200, 200),
        ("local", 1000, 1000),
        ("principal", 150, 300),
        ("principal", 700, 1000),
        ("principal", 10**6, 3000),
        ("mixed", 60, 20),
        ("mixed", 300, 450),
        ("mixed", 1000, 2000),
        ("mixed", 10**6, 4000),
    ],
)
def test_updates_of_an_autoencoder_in_frames(kind, n, updates):
    assert autoencoder_rules(Facts(n, kind)) == {"max_iter": updates}


@pytest.mark.parametrize(("n", "updates"), [(9, 20), (300, 600), (1797, 3594), (70000, 6000)])
def test_rules_among_principal_components_of_several_clusters(n, updates):
    facts = Facts(n, "principal", labelled=True)
    assert game_rules(facts) == {
        "max_iter": updates,
        "batch_size": 128,
        "learning_rate_init": 3e-3,
        "gamma": 1.0,
        "architecture": None,
        "latent_dim": 32,
    }
    assert game_schedule(facts) == "constant"


def test_rules_without_frames():
    assert game_rules(Facts(10**5)) == {
        "max_iter": 8000,
        "batch_size": 128,
        "learning_rate_init": 3e-3,
        "gamma": 0.3,
        "architecture": None,
        "latent_dim": 32,
    }
    assert game_schedule(Facts(10**5)) == "constant"
    assert autoencoder_rules(Facts(10**5)) == {"max_iter": 8000}


def updates_of(n, d=0):
    facts = Facts(n, n_coordinates=d)
    return game_rules(facts)["max_iter"], autoencoder_rules(facts)["max_iter"]


def test_updates_for_each_row_rise_with_rows_and_columns_without_frames():
    assert [updates_of(n) for n in (2, 500, 1000)] == [(100, 100), (1000, 1750), (2500, 4000)]
    assert [updates_of(500, d)[0] for d in (16, 64, 1000)] == [1250, 2000, 2000]
    # of many rows they are what they were
    assert {updates_of(n, d) for n in (2500, 10**4, 10**6) for d in (1, 50)} == {(8000, 8000)}


@pytest.mark.parametrize("d", [1, 13, 100])
def test_updates_have_no_jumps(d):
    found = np.array([updates_of(n, d) for n in range(1, 3000)])
    steps = np.diff(found, axis=0)
    assert steps.min() >= 0
    assert steps.max() <= 8


def test_a_fit_follows_the_rules():
    gan = RegularizedGAN(random_state=0, hidden_layer_sizes=4).fit(ring(160)[0])
    assert gan.n_iter_ == 160
    first, last = (gan.history_["discriminator_r1"][i] for i in (0, -1))
    assert last < first
    assert gan.generator_.network.n_skip == 2


def test_the_generator_stays_as_it_is_when_training_goes_on():
    """Whatever the rule would choose beside another penalty."""
    X = ring()[0]
    for first, then, n_skip in (("l1", "l2", 0), ("l2", "l1", 2)):
        gan = RegularizedGAN(first, **SMALL, warm_start=True).fit(X)
        assert gan.generator_.network.n_skip == n_skip
        gan.set_params(penalty=then).fit(X)
        assert gan.generator_.network.n_skip == n_skip
        assert gan.set_params(penalty=first).partial_fit(X).generator_.network.n_skip == n_skip


def test_own_values_stay():
    own = {"max_iter": 3, "gamma": 0.5, "architecture": None}
    gan = RegularizedGAN(random_state=0, hidden_layer_sizes=4, **own).fit(ring(160)[0])
    assert gan.n_iter_ == 3
    assert gan.generator_.network.n_skip == 0
    assert gan.get_params()["batch_size"] == "auto"


def test_coordinates_of_a_class_without_rows():
    X = np.random.default_rng(0).normal(size=(100, 2))
    scaler = learn_scaler((0, 1), X)
    coordinates = learn_coordinates(2, scaler, (scaler.forward(X), None), 0)
    assert coordinates.n_labels == coordinates.n_components == 2
    assert learn_coordinates(1, scaler, (scaler.forward(X), None), 0).n_labels == 0


@pytest.mark.parametrize(
    ("penalty", "skips"),
    [("l2", True), (L1(1e-4, method="subgradient"), True), (("group_lasso", "l2"), False)]
    + [((None, "l1"), True), ("l1", False), ("elasticnet", False)],
)
def test_no_residual_generator_beside_a_proximal_step_on_it(penalty, skips):
    """Its hidden layers have no gradient at first, and would lose all weights in one step."""
    X = np.random.default_rng(0).normal(size=(60, 2))
    gan = RegularizedGAN(penalty, hidden_layer_sizes=4, max_iter=1, random_state=0).fit(X)
    assert bool(gan.generator_.network.n_skip) == skips
    assert gan.sparsity_["generator"].zeros < (0.5 if skips else 0.9)
