"""Mixed frames: models of tables with levels begin as a mixture."""

import numpy as np
import pandas as pd
import pytest

import regan
from regan import Checkpoint, RegularizedGAN, RegularizedVAE, gan_path
from regan.building.rules import Facts, autoencoder_rules, game_rules
from regan.data import TableEncoder
from regan.metrics import classifier_test

SMALL = {"hidden_layer_sizes": 8, "latent_dim": 4, "batch_size": 32, "max_iter": 8}
SMALL |= {"random_state": 0, "frames": 6, "standardize": TableEncoder(dependencies=False)}


def table(n=240, seed=0):
    """A level that follows from another one, and numbers that depend on it."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(6, n, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    x = kind // 2 + 0.1 * rng.normal(size=n)
    return pd.DataFrame({"x": x, "kind": [*map("abcdef".__getitem__, kind)], "half": kind // 2 > 0})


TABLE = table()


def impossible(X):
    """The share of rows whose levels never occur together."""
    return (X["half"] != ~X["kind"].isin(["a", "b"])).mean()


def same(model, other):
    pd.testing.assert_frame_equal(model.sample(60), other.sample(60))


def test_a_model_begins_as_the_mixture():
    gan = RegularizedGAN(**{**SMALL, "max_iter": 1}, learning_rate_init=1e-9).fit(TABLE)
    plain = RegularizedGAN(**{**SMALL, "max_iter": 1, "frames": None}).fit(TABLE)
    for made in (gan.sample(2000), gan.frames_.sample(2000)):
        assert impossible(made) < 0.05 < 0.3 < impossible(plain.sample(2000))
        assert made.groupby("half")["x"].mean().round(1).tolist() == pytest.approx(
            [0, 1.5], abs=0.2
        )
    vae = RegularizedVAE(**SMALL).fit(TABLE)
    assert impossible(vae.sample(2000)) < 0.1
    assert gan.frames_.level_shares_.shape == (6, 8)


@pytest.mark.parametrize("cls", [RegularizedGAN, RegularizedVAE])
def test_a_file_and_training_that_goes_on(cls, tmp_path):
    y = TABLE["x"] > 1
    model = cls(**SMALL, conditional=True, warm_start=True).fit(TABLE, y)
    model.save(tmp_path / "model")
    other = regan.load(tmp_path / "model")
    same(other, model)
    before = model.frames_.level_shares_
    for each in (model, other):
        each.partial_fit(TABLE, y)
    same(other, model)
    assert model.frames_.level_shares_ is before
    same(model.fit(TABLE, y), other.set_params(warm_start=True).fit(TABLE, y))


def test_models_of_a_path_are_single_fits():
    for model in gan_path(TABLE, estimator=RegularizedGAN(**SMALL), alphas=[1e-3, 0.1]):
        same(model, RegularizedGAN(**SMALL, alpha=model.alpha).fit(TABLE))


def test_a_checkpoint_goes_on_bit_by_bit(tmp_path):
    class Stop(regan.Callback):
        def on_report(self, run):
            if run.done >= 4:
                raise KeyboardInterrupt

    checkpoint = Checkpoint(tmp_path, every=1, resume=True)
    with pytest.raises(KeyboardInterrupt):
        RegularizedGAN(**SMALL, callbacks=[checkpoint, Stop()]).fit(TABLE)
    same(
        RegularizedGAN(**SMALL, callbacks=[checkpoint]).fit(TABLE),
        RegularizedGAN(**SMALL).fit(TABLE),
    )


def test_rules():
    for n, updates in ((90, 40), (500, 1000), (10**5, 4000)):
        rules = game_rules(Facts(n, "mixed", n_numbers=40))
        assert rules["max_iter"] == autoencoder_rules(Facts(n, "mixed"))["max_iter"] == updates
        assert (rules["architecture"], rules["latent_dim"]) == ("noise_skip", 40)
    levels_alone = TABLE[["kind", "half"]]
    assert impossible(RegularizedGAN(**SMALL).fit(levels_alone).sample(500)) < 0.1


def test_training_comes_nearer_than_the_mixture():
    """Within components numbers depend on levels: what the mixture makes is told from rows."""
    rng = np.random.default_rng(0)
    kind = rng.choice(3, 3000, p=[0.5, 0.3, 0.2])
    x = rng.normal(size=3000) + np.where(kind == 1, 1.5, 0)
    X = pd.DataFrame({"x": x, "kind": [*map("abc".__getitem__, kind)], "up": x + kind > 1})
    told = []
    for n in (1, 300):
        gan = RegularizedGAN(frames=2, hidden_layer_sizes=32, max_iter=n, random_state=0)
        made = gan.fit(X[:2000]).sample(700)
        real = gan.table_encoder_.transform(X[2000:])
        told.append(classifier_test(real, gan.table_encoder_.transform(made), p_value=False).auc)
    assert told[1] < 0.6 < 0.64 < told[0]
