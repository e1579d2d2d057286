"""Shares: frequent numbers, missing cells and levels come back as often as they were."""

import numpy as np
import pandas as pd
import pytest

import regan
from regan import RegularizedGAN, RegularizedGaussian, RegularizedVAE, gan_path

N = 20_000
SHORT = {"max_iter": 60, "hidden_layer_sizes": 16, "random_state": 0}


def make_table(n=1_500):
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    amount = np.where(x + rng.normal(size=n) < 0.4, 0.0, np.exp(x + rng.normal(size=n)).round(2))
    amount[x + 0.5 * rng.normal(size=n) > 1] = np.nan
    rooms = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1]).astype(float)
    city = np.array(["a", "b", "c", None], dtype=object)[rng.choice(4, n, p=[0.6, 0.2, 0.05, 0.15])]
    flag = rng.random(n) < np.where(x > 1, 0.2, 0.02)
    return pd.DataFrame({"x": x, "amount": amount, "rooms": rooms, "city": city, "flag": flag})


TABLE = make_table()


def shares(X):
    """The shares that are looked at, by name."""
    there = X["amount"].dropna()
    own = {"zero": (there == 0).mean(), "no amount": X["amount"].isna().mean()}
    for name in ("rooms", "city", "flag"):
        counts = X[name].value_counts(normalize=True, dropna=False)
        own |= {f"{name} {value}": share for value, share in counts.items()}
    return pd.Series(own)


def worst(X, model, n=N):
    """The largest difference, in points."""
    made = shares(model.sample(n, random_state=1))
    return 100 * shares(X).sub(made, fill_value=0).abs().max()


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
def test_networks_keep_shares_however_short_they_trained(cls, tmp_path):
    model = cls(**SHORT).fit(TABLE)
    assert worst(TABLE, model) < 3
    path = tmp_path / "model"
    model.save(path)
    pd.testing.assert_frame_equal(regan.load(path).sample(99), model.sample(99))
    model.partial_fit(TABLE)
    assert worst(TABLE, model) < 3
    assert worst(TABLE, model.prune()) < 3
    model.set_params(warm_start=True).fit(TABLE.iloc[:200])
    assert worst(TABLE, model) < 3  # of the first data


def test_the_gaussian_keeps_shares():
    assert worst(TABLE, RegularizedGaussian(random_state=0).fit(TABLE), 100_000) < 1.5


@pytest.mark.parametrize("settings", [{"conditional": True}, {"frames": 2}])
def test_with_classes_and_with_frames(settings):
    y = TABLE["x"] > 1
    model = RegularizedVAE(**SHORT, **settings).fit(TABLE, y)
    assert worst(TABLE, model) < 3


def test_models_of_a_path_are_single_fits():
    for model in gan_path(TABLE, estimator=RegularizedGAN(**SHORT), alphas=[1e-3, 0.1]):
        single = RegularizedGAN(**SHORT, alpha=model.alpha).fit(TABLE)
        pd.testing.assert_frame_equal(model.sample(99), single.sample(99))


def test_order_stays():
    """Numbers are those of the networks but for a map that rises, and levels have their odds."""
    model = RegularizedVAE(**SHORT).fit(TABLE)
    made = model.sample(2_000)["x"].rank()
    model._ranks = type(model._ranks)()
    assert made.corr(model.sample(2_000)["x"].rank()) > 0.999


def test_zeros_with_a_long_tail():
    """Nine zeros in ten, of a GAN; its updates are as many as rows that tell the tail take."""
    rng = np.random.default_rng(0)
    v = np.where(rng.random(4_000) < 0.89, 0, rng.lognormal(-1, 1.5, 4_000)).round(4)
    X = pd.DataFrame({"v": v, "g": rng.choice(["a", "b"], 4_000)})
    gan = RegularizedGAN(**{**SHORT, "max_iter": 400})
    made = gan.fit(X).sample(N, random_state=1)["v"]
    assert (made == 0).mean() == pytest.approx((v == 0).mean(), abs=0.02)
    real, fake = (np.quantile(values[values > 0], [0.5, 0.9, 0.99]) for values in (v, made))
    np.testing.assert_allclose(np.log(fake), np.log(real), atol=0.3)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_rare_and_frequent_flags_of_the_gaussian(share):
    rng = np.random.default_rng(0)
    flag, spike = (rng.random(3_000) < share for _ in range(2))
    gain = np.where(spike, 0.0, rng.lognormal(size=3_000))
    X = pd.DataFrame({"flag": flag.astype(int), "gain": gain, "k": rng.choice(["a", "b"], 3_000)})
    made = RegularizedGaussian(random_state=0).fit(X).sample(N, random_state=1)
    for name, value in (("flag", 1), ("gain", 0)):
        assert (made[name] == value).mean() == pytest.approx((X[name] == value).mean(), abs=0.015)
