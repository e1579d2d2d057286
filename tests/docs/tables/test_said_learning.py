"""What the guide says of how models learn tables."""

from unittest.mock import PropertyMock, patch

import numpy as np
import pandas as pd
import pytest
from mixed_tables import MODELS, any_network
from page_sentences import says
from sklearn.metrics import euclidean_distances as distances

from regan import RegularizedGaussian, RegularizedMixture, write_report
from regan.backends.numpy_backend import NumpyBackend
from regan.building.rules import Facts, autoencoder_rules, game_rules
from regan.control.early_stopping import EarlyStopping
from regan.data import ColumnsError, TableEncoder
from regan.data.encoding import Encoding
from regan.layers import Draws
from regan.mixtures.mixed_frames import MOST_COMPONENTS
from regan.training.memory import is_much

N = 200
RNG = np.random.default_rng(0)
KIND = RNG.choice(["a", "b", "c"], N, p=[0.6, 0.3, 0.1])
TABLE = pd.DataFrame({"x": RNG.normal(size=N), "kind": KIND})
NUMBERS = pd.DataFrame({"x": TABLE["x"], "count": RNG.permutation(N) % 50 * 3})
FEW = NUMBERS.assign(few=np.arange(N) % 4)


@any_network
@says(
    "GANs and VAEs train on tables with levels",
    "These frames come from a mixture",
    "The mixture has at most 100 components",
    "The number of the component is a label",
)
@says("A number, such as frames=5")
@says("Tables of numbers alone have the same frames")
def test_frames(make):
    kept = {
        name: make(max_iter=1).fit(X).frames_
        for name, X in {"levels": TABLE, "numbers": NUMBERS, "few": FEW}.items()
    }
    assert ["mixed" in repr(frames) for frames in kept.values()] == [True, False, True]
    assert (kept["levels"].n_components, MOST_COMPONENTS) == (N // 40, 100)
    assert make(max_iter=1).fit(TABLE[["kind"]]).frames_ is None
    assert make(max_iter=1).fit(TABLE[:49]).frames_ is None
    asked = make(frames=5, max_iter=1).fit(FEW)
    assert asked.frames_.means_.shape == (5, 2)
    assert set(asked.sample(50)["few"]) <= set(range(4))


@says("At the start of training, a GAN generates")
def test_the_beginning_of_a_gan():
    gan = MODELS["gan"](frames=3, max_iter=1, learning_rate_init=1e-9).fit(TABLE)
    shares = gan.frames_.level_shares_
    for k, label in enumerate(np.eye(3)):
        made = gan.generator_(np.r_[np.zeros(gan.generator_.network.n_in - 3), label][None])
        np.testing.assert_allclose(made[0, 1:], shares[k], atol=0.1)


@says(
    "In mixed frames, a GAN and a VAE make",
    "Below 400 rows they make",
)
@says(
    "With frames=None, a GAN and a VAE",
    "They then make at most 4 n updates",
)
def test_updates():
    for n, most in ((30, 120), (500, 2000), (3000, 8000)):
        for rules in (game_rules, autoencoder_rules):
            assert rules(Facts(n))["max_iter"] <= most
        assert game_rules(Facts(n))["batch_size"] == 128
    assert autoencoder_rules(Facts(3000)) == {"max_iter": 8000}
    for n, updates in ((50, 20), (200, 200), (400, 800), (3000, 4000)):
        for rules in (game_rules, autoencoder_rules):
            assert rules(Facts(n, "mixed"))["max_iter"] == updates
    assert game_rules(Facts(500, "mixed"))["batch_size"] == 128
    gan = MODELS["gan"](max_iter="auto", hidden_layer_sizes=2, latent_dim=1).fit(TABLE[:45])
    assert gan.n_iter_ == 100


@says("The last layer of the generator is a softmax over the levels")
@says("For a generated row, the discriminator receives")
def test_levels_of_a_generator():
    gan = MODELS["gan"]().fit(FEW.assign(kind=KIND))
    network, params = gan.generator_.network, gan.generator_.network.split(gan.generator_.theta)
    noise = RNG.normal(size=(1, 50, network.n_in)).astype(np.float32)
    sure = []
    for draws in (None, Draws(network.ops, network.ops.rng(0))):
        made = network.forward(params, noise, train=True, draws=draws)[0][0]
        for block in (made[:, -7:-3], made[:, -3:]):
            np.testing.assert_allclose(block.sum(axis=1), 1, rtol=1e-5)
        sure.append(np.median(made[:, -7:-3].max(axis=1)))
    assert sure[0] < 0.8 < 0.9 < sure[1]
    assert set(gan.sample(50)["kind"]) <= set(KIND)


@says("The decoder of the VAE returns")
def test_levels_of_a_decoder():
    """Of four levels, as frequent as each other, the first loss is about their entropy."""
    vae = MODELS["vae"](hidden_layer_sizes=4).fit(FEW[["few"]].assign(kind="same"))
    assert vae.history_["reconstruction"][0] == pytest.approx(np.log(4), abs=0.3)


@says(
    "The Gaussian treats one-hot columns",
    "The sampled level is the one",
)
def test_levels_of_a_gaussian():
    model = RegularizedGaussian(random_state=0).fit(TABLE)
    shares = [np.mean(kind == KIND) for kind in "abc"]
    np.testing.assert_allclose(model.location_[1:], shares)
    made = model.sample(10_000)["kind"].value_counts(normalize=True)
    np.testing.assert_allclose(made[["a", "b", "c"]], shares, atol=0.02)


@says(
    "The mixture has probabilities of the levels",
    "The mixture integrates missing cells",
)
def test_cells_of_a_mixture():
    """The mean of a column is that of the known numbers, though similar rows have larger ones."""
    kind = pd.Series(KIND)
    one = {"n_components": 1, "penalty": None, "shrinkage": 0.0, "covariance_type": "diag"}
    X = TABLE.assign(x=TABLE["x"].mask(kind == "a"), z=TABLE["x"] + 9 * (kind == "a"))
    encoder = TableEncoder(dependencies=False)
    model = RegularizedMixture(**one, standardize=encoder, random_state=0).fit(X)
    assert model.means_[0] == pytest.approx([0, 0], abs=1e-3)
    made = model.sample(10_000)["kind"].value_counts(normalize=True)
    shares = [np.mean(kind == each) for each in "abc"]
    np.testing.assert_allclose(made[["a", "b", "c"]], shares, atol=0.02)


@says("score, early stopping and the reports compare levels as one-hot columns")
def test_what_compares_levels(monkeypatch, tmp_path, no_pictures):
    pytest.importorskip("matplotlib")
    compared, compare = [], Encoding.compare
    monkeypatch.setattr(
        Encoding, "compare", lambda own, X: compared.append(compare(own, X)) or compared[-1]
    )
    stopping = EarlyStopping(validation_fraction=0.5, eval_every=1)
    model = MODELS["gan"](max_iter=1, early_stopping=stopping).fit(TABLE)
    after = [len(compared)]
    for call in (model.score, lambda X: write_report(model, X, tmp_path / "r.html")):
        call(TABLE)
        after.append(len(compared))
    assert 0 < after[0] < after[1] < after[2]
    for rows in compared:
        assert set(np.unique(rows[:, 1:4])) == {0.0, 1.0}
        np.testing.assert_array_equal(rows[:, 1:].sum(axis=1), 1)


@says("Two different levels are as far apart as two independent numbers")
@says("A level that was not in the training data")
def test_distances_of_levels():
    X = pd.DataFrame({"x": RNG.normal(size=2000), "kind": list("abcd") * 500})
    encoder = TableEncoder().fit(X)
    numbers = encoder.read(X.assign(kind=["a", "b", "c", "new"] * 500), unseen=True)
    rows = encoder.compare(numbers)
    apart = distances(rows[:4, 1:]) ** 2
    np.testing.assert_allclose(apart, 2 * (1 - np.eye(4)), atol=1e-9)
    assert ((rows[::2, 0] - rows[1::2, 0]) ** 2).mean() == pytest.approx(2, abs=0.2)


@any_network
@says(
    "When training continues, numbers may",
    "New levels are not allowed",
)
def test_going_on(make):
    wider, new = TABLE.assign(x=3 * TABLE["x"]), TABLE.assign(kind="d")
    model = make(max_iter=1, warm_start=True).partial_fit(TABLE)
    for go_on in (model.partial_fit, model.fit):
        go_on(wider)
        assert model.table_encoder_.columns_[0].high == wider["x"].max()
        with pytest.raises(ColumnsError, match="levels that were not in the training data: 'd'"):
            go_on(new)


@says(
    "If you train on a table in parts",
    "This includes the levels that a categorical",
    "If later parts contain new whole numbers",
)
def test_parts():
    part = FEW[["x", "few"]].assign(kind=pd.Categorical(KIND, ["a", "b", "c", "d"]))
    others = {
        "few": part.assign(few=part["few"] + 1),
        "kind": part.assign(kind=part["kind"].cat.set_categories(["a", "b", "c", "d"])),
    }
    others["kind"].loc[0, "kind"] = "d"
    for name, other in others.items():
        with pytest.raises(ColumnsError, match=f"column '{name}' h"):
            MODELS["vae"](max_iter=1).partial_fit(part).partial_fit(other)
    plain = TableEncoder(max_integer_levels=0)
    model = MODELS["vae"](max_iter=1, standardize=plain).partial_fit(part)
    model.partial_fit(others["few"])


@says(
    "A column of many levels makes the outer layers",
    "Rows store only the code",
)
def test_many_levels():
    X = pd.DataFrame({"level": [f"t{i % 300}" for i in range(900)]})
    gan = MODELS["gan"](max_iter=1).fit(X)
    assert gan.generator_.network.n_out == gan.discriminator_.network.n_in == 300
    encoder = gan.table_encoder_
    rows = encoder.encode_rows(encoder.read(X))
    assert rows.nbytes == 2 * 900
    assert [len(piece) for piece in rows[:9].pieces()] == [9]


@says(
    "If a fit needs more than 2 GiB",
    "The warning gives the estimate",
)
def test_much_memory():
    gib, mib = 2**30, 2**20
    asked = [(2 * gib, 99 * gib), (0.5 * gib, gib), (256 * mib, 0)]  # and what is free
    assert not any(is_much(much, free) for much, free in asked)
    assert all(is_much(much + 1, free) for much, free in asked)
    nothing = patch.object(
        NumpyBackend, "free_memory", new_callable=PropertyMock, return_value=2**20
    )
    started = []
    gan = MODELS["gan"](hidden_layer_sizes=300, max_iter=1, callbacks=[started.append])
    told = pytest.raises(UserWarning, match=r"about .* MiB of memory .* a smaller batch_size")
    with nothing, patch("regan.training.memory._SMALL", 2**16), told:
        gan.fit(TABLE)
    assert started == []
