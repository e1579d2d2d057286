"""prune(): the same samples from smaller networks, and training goes on from there."""

import copy
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import regan
from regan import RegularizedGAN, RegularizedVAE
from regan.constraints import MaxNonZero, MaxUnits
from regan.layers import Dense, GroupNorm
from regan.penalties import L1, GroupLasso

NEURAL = (RegularizedGAN, RegularizedVAE)


@pytest.fixture(scope="module", params=NEURAL)
def make(request):
    """A maker of small models of one class of estimators, in double precision."""

    def make(**changes):
        small = {
            "hidden_layer_sizes": (12, 10),
            "latent_dim": 4,
            "batch_size": 16,
            "max_iter": 25,
            "learning_rate_init": 1e-2,
            "learning_rate": "constant",
            "beta_1": 0.0,
            "beta_2": 0.99,
            "ema_decay": 0.9,
            "dtype": "float64",
            "random_state": 0,
        }
        return request.param(**{**small, **changes})

    return make


def widths(fitted):
    return [layer.n_units for layer in fitted.network.layers if isinstance(layer, Dense)][:-1]


def dead(model):
    return [n for sparsity in model.sparsity_.values() for n in sparsity.dead_units]


def assert_same_outputs(a, b, X):
    """Up to rounding: sums have fewer terms."""
    rows = a.sample(300, random_state=1)
    np.testing.assert_allclose(b.sample(300, random_state=1), rows, rtol=1e-8, atol=1e-8)
    assert b.score(X) == pytest.approx(a.score(X), abs=1e-8)
    rng = np.random.default_rng(0)
    for name, fitted in a._fitted().items():
        x = rng.normal(size=(20, fitted.network.n_in))
        np.testing.assert_allclose(b._fitted()[name](x), fitted(x), rtol=1e-8, atol=1e-10)


STRONG = {
    "group lasso": {"penalty": GroupLasso(1.0), "max_iter": 50},
    "strong L1": {"penalty": L1(1.0), "max_iter": 50},
    "a cap on units": {"constraint": MaxUnits(4)},
    "a cap under spectral norm": {"constraint": ["spectral_norm", MaxUnits(4)]},
    "zeros under spectral norm": {"constraint": ["spectral_norm", MaxNonZero(0.1)]},
    "batch norm": {"normalization": ("batch", "layer"), "constraint": (MaxUnits(4), None)},
    "dropout": {"dropout": 0.2, "constraint": MaxUnits(4)},
    "Fourier features": {"architecture": "fourier", "constraint": MaxUnits(4)},
    "another activation": {"activation": ("softplus", "sigmoid"), "constraint": MaxUnits(4)},
    "two kinds": {"penalty": [GroupLasso(0.3), L1(0.3)], "optimizer": ("adam", "rmsprop")},
    "looking ahead": {"optimizer": "extra_adam", "constraint": MaxUnits(4)},
    "one network": {"constraint": (MaxUnits(3), None)},
    "the other network": {"constraint": (None, MaxUnits(3))},
}


@pytest.fixture(scope="module", params=STRONG)
def strong(request, make, table):
    """A fitted model with dead units, not to be changed, and what is left of it."""
    model = make(warm_start=True, **STRONG[request.param]).fit(table)
    return model, model.prune()


def test_the_same_from_smaller_networks(strong, table):
    model, pruned = strong
    assert sum(dead(model)) > 0
    before = [widths(fitted) for fitted in model._fitted().values()]
    after = [widths(fitted) for fitted in pruned._fitted().values()]
    assert sum(map(sum, after)) < sum(map(sum, before))
    assert_same_outputs(model, pruned, table)


def test_the_widths_are_the_hyper_parameters(strong, table):
    _, pruned = strong
    settings = pruned.spec_class.width_settings
    for setting, fitted in zip(settings, pruned._fitted().values(), strict=True):
        assert getattr(pruned, setting) == tuple(widths(fitted))
    fresh = clone(pruned).fit(table)
    assert [widths(f) for f in fresh._fitted().values()] == [
        widths(f) for f in pruned._fitted().values()
    ]


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_training_goes_on(strong, table, method):
    pruned = copy.deepcopy(strong[1])
    rows = pruned.sample(5)
    done = pruned.n_iter_
    getattr(pruned, method)(table)
    assert pruned.n_iter_ > done
    assert (pruned.sample(5) != rows).any()
    assert np.isfinite(pruned.score(table))


def test_training_goes_on_as_it_would_have(make, table):
    """Units that nothing reads do not matter, so both take the same step."""
    model = make(constraint=MaxUnits(4), warm_start=True).fit(table)
    pruned = model.prune()
    for one in (model, pruned):
        one.set_params(max_iter=1).fit(table)
    for name, fitted in model._fitted().items():
        x = np.random.default_rng(0).normal(size=(20, fitted.network.n_in))
        np.testing.assert_allclose(pruned._fitted()[name](x), fitted(x), rtol=1e-6, atol=1e-6)


def test_the_original_is_left_alone(make, table):
    model = make(**STRONG["a cap on units"]).fit(table)
    params, rows, sparsity = repr(model.get_params()), model.sample(9), model.sparsity_
    pruned = model.prune()
    pruned.partial_fit(table)
    assert repr(model.get_params()) == params
    np.testing.assert_array_equal(model.sample(9), rows)
    assert model.sparsity_ == sparsity
    model.partial_fit(table)  # and can go on as well


def test_sparsity_is_that_of_what_is_left(make, table):
    model = make(penalty=L1(1e-2), constraint=MaxUnits(4), architecture=None).fit(table)
    pruned = model.prune()
    assert sum(dead(model))
    assert not sum(dead(pruned))
    for name, before in model.sparsity_.items():
        after = pruned.sparsity_[name]
        weights = [p["W"] for p in pruned._fitted()[name].parameters if "W" in p]
        assert after.layers == tuple(np.mean(W == 0) for W in weights)
        assert after.zeros == np.mean(np.concatenate([W.ravel() for W in weights]) == 0)
        assert after.zeros <= before.zeros
        whole = [p["W"] for p in model._fitted()[name].parameters if "W" in p]
        assert sum((W != 0).sum() for W in weights) <= sum((W != 0).sum() for W in whole)


def test_pruning_twice_is_pruning_once(make, table):
    pruned = make(**STRONG["a cap on units"]).fit(table).prune()
    again = pruned.prune()
    np.testing.assert_array_equal(again.sample(9), pruned.sample(9))
    assert [widths(f) for f in again._fitted().values()] == [
        widths(f) for f in pruned._fitted().values()
    ]


def test_a_pruned_model_is_saved(make, table, tmp_path):
    pruned = make(**STRONG["a cap on units"]).fit(table).prune()
    pruned.save(tmp_path / "small")
    again = regan.load(tmp_path / "small")
    np.testing.assert_array_equal(again.sample(9), pruned.sample(9))
    np.testing.assert_array_equal(
        again.partial_fit(table).sample(9), pruned.partial_fit(table).sample(9)
    )


def test_a_conditional_model(make, table):
    y = np.array(["a", "b"])[np.arange(60) % 2]
    model = make(conditional=True, constraint=MaxUnits(4)).fit(table, y)
    pruned = model.prune()
    for label in ("a", "b"):
        np.testing.assert_allclose(
            pruned.sample(50, y=label), model.sample(50, y=label), rtol=1e-8, atol=1e-8
        )
    np.testing.assert_array_equal(pruned.sample_labels(50), model.sample_labels(50))
    assert pruned.partial_fit(table, y).score(table, y) <= 1.1


KEPT = {  # units whose absence others would notice
    "nothing to prune": ({"penalty": None}, [0, 0]),
    "layer norm": ({"normalization": "layer", "constraint": MaxUnits(4)}, []),
    "group norm": (
        {"normalization": GroupNorm(3), "hidden_layer_sizes": (12, 9), "constraint": MaxUnits(4)},
        [],
    ),
    "residual connections": ({"architecture": "residual", "constraint": MaxUnits(4)}, []),
}


@pytest.mark.parametrize(("settings", "counted"), KEPT.values(), ids=KEPT)
def test_what_stays(make, table, settings, counted):
    model = make(**settings).fit(table)
    for sparsity in model.sparsity_.values():
        assert list(sparsity.dead_units) == counted
    pruned = model.prune()
    assert pruned is not model
    for name, fitted in model._fitted().items():
        np.testing.assert_array_equal(pruned._fitted()[name].theta, fitted.theta)
    np.testing.assert_array_equal(pruned.sample(9), model.sample(9))
    np.testing.assert_array_equal(
        pruned.partial_fit(table).sample(9), model.partial_fit(table).sample(9)
    )


def test_units_before_minibatch_statistics_stay(small_gan, table):
    gan = small_gan(architecture="minibatch_std", constraint=MaxUnits(4)).fit(table)
    kept = gan.sparsity_["discriminator"].dead_units
    pruned = gan.prune()
    assert len(kept) == 1  # the second hidden layer feeds the statistics
    assert widths(pruned.discriminator_)[1] == widths(gan.discriminator_)[1]


def test_a_packed_gan(small_gan, table):
    gan = small_gan(architecture=["packing", "latent_mixture"], constraint=MaxUnits(4)).fit(table)
    pruned = gan.prune()
    np.testing.assert_allclose(pruned.sample(50), gan.sample(50), rtol=1e-4)
    assert sum(widths(pruned.discriminator_)) < 16
    pruned.partial_fit(table)


def test_a_whole_layer_may_die(make, table):
    """One unit of it stays: a network has no layers without units."""
    model = make(penalty=GroupLasso(100.0), max_iter=60, ema_decay=0.0).fit(table)
    pruned = model.prune()
    assert [widths(f) for f in pruned._fitted().values()] == [[1, 1], [1, 1]]
    assert_same_outputs(model, pruned, table)


@pytest.mark.parametrize("cls", NEURAL)
def test_before_fit(cls):
    with pytest.raises(NotFittedError, match=f"{cls.__name__} instance is not fitted yet"):
        cls().prune()
    assert not hasattr(cls(), "sparsity_")


@pytest.mark.parametrize("name", ["group lasso", "strong L1", "a cap on units", "two kinds"])
def test_training_goes_on_from_the_same_functions(make, table, name):
    """What trains, beside what samples: the constants of cut units are in its biases, too."""
    model = make(**STRONG[name], activation="softplus").fit(table)
    pruned = model.prune()
    for key, fitted in model._fitted().items():
        x = np.random.default_rng(0).normal(size=(1, 20, fitted.network.n_in))
        y = [
            net.forward(net.split(theta), x)[0]
            for net, theta in (
                (fitted.network, model._state.thetas[key]),
                (pruned._fitted()[key].network, pruned._state.thetas[key]),
            )
        ]
        np.testing.assert_allclose(y[1], y[0], rtol=1e-8, atol=1e-10)


def test_a_mixed_table(make):
    """Its networks are wider than the table: a category takes a column for each level."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"number": rng.normal(size=60), "letter": rng.choice(list("abcd"), size=60)})
    model = make(penalty=GroupLasso(1.0), max_iter=60).fit(X)
    smaller = model.prune()
    assert min(dead(model)) > 0
    assert dead(smaller) < dead(model)
    pd.testing.assert_frame_equal(
        smaller.sample(50, random_state=1), model.sample(50, random_state=1)
    )
    assert smaller.partial_fit(X).n_iter_ > model.n_iter_


@pytest.mark.parametrize("seed", range(6))
def test_units_that_die_in_several_rounds_beside_spectral_normalization(seed):
    """Those that only dead ones read: what the normalization keeps has the new widths by then."""
    X = np.random.default_rng(0).normal(size=(64, 3))
    constraint = "spectral_norm", MaxNonZero(0.2)
    gan = RegularizedGAN(
        constraint=constraint,
        hidden_layer_sizes=(16, 6),
        architecture=None,
        max_iter=30,
        random_state=seed,
    ).fit(X)
    pruned = gan.prune()
    np.testing.assert_allclose(pruned.sample(99, random_state=1), gan.sample(99, random_state=1))
    for name, array in gan._state.arrays().items():  # the other network is left as it is
        if name.startswith("generator"):
            np.testing.assert_array_equal(pruned._state.arrays()[name], array)
    constraint = [constraint, constraint]  # both in each network
    gan = clone(gan).set_params(constraint=tuple(map(list, constraint))).fit(X)
    pruned = gan.prune()
    np.testing.assert_allclose(
        pruned.sample(99, random_state=1), gan.sample(99, random_state=1), rtol=1e-4, atol=1e-5
    )
    pruned.partial_fit(X).prune()


def networks(first, further):
    """What differs from one network to the other: hypothesis draws one of each."""
    return st.tuples(st.sampled_from(first), st.sampled_from(further))


LIMITS = [
    None,
    ["spectral_norm", MaxNonZero(0.05)],
    ["spectral_norm", MaxNonZero(0.2), "non_negative"],
    ["spectral_norm", MaxUnits(2), MaxNonZero(0.3)],
    ["max_norm", "l1_ball", MaxNonZero(0.1)],
    ["unit_norm", "non_negative"],
]
SETTINGS = {
    "constraint": networks(LIMITS, LIMITS),
    "penalty": st.sampled_from([None, L1(0.5), [GroupLasso(0.5), "orthogonal"]]),
    "normalization": networks([None, "batch", "layer"], [None, "batch", "group"]),
    "hidden_layer_sizes": st.sampled_from([(12, 4), (8, 12, 4)]),
    "activation": st.sampled_from(["relu", "leaky_relu", "softplus"]),
    "optimizer": st.sampled_from(["sgd", "rmsprop", "optimistic_adam"]),
    "dropout": st.sampled_from([0.0, 0.2]),
    "random_state": st.integers(0, 9),
}
PARTS = {
    RegularizedGAN: networks(
        [None, "residual", "latent_mixture", "noise_skip"],
        [None, "fourier", "minibatch_std", "packing"],
    ),
    RegularizedVAE: networks([None, "residual", "fourier"], [None, "residual"]),
}


@pytest.mark.parametrize("cls", NEURAL)
@settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.generate])
@pytest.mark.filterwarnings("ignore::UserWarning")  # of what has no effect on these networks
@given(data=st.data())
def test_whatever_stands_beside_it(cls, table, data):
    """Pruned, pruned again, saved and gone on with: whatever a network keeps fits its units."""
    drawn = data.draw(st.fixed_dictionaries({**SETTINGS, "architecture": PARTS[cls]}))
    model = cls(
        max_iter=8, batch_size=16, latent_dim=3, dtype="float64", learning_rate_init=1e-2, **drawn
    ).fit(table)
    state = {name: a.copy() for name, a in model._state.arrays().items()}
    pruned = model.prune()
    assert_same_outputs(model, pruned, table)
    for name, array in model._state.arrays().items():
        np.testing.assert_array_equal(array, state[name])
    np.testing.assert_array_equal(pruned.prune().sample(9), pruned.sample(9))
    with TemporaryDirectory() as folder:
        pruned.save(f"{folder}/model")
        again = regan.load(f"{folder}/model")
    rows = pruned.partial_fit(table).sample(9)
    np.testing.assert_array_equal(again.partial_fit(table).sample(9), rows)
    further = pruned.prune()
    np.testing.assert_allclose(further.sample(9), rows, rtol=1e-8, atol=1e-8)
    assert np.isfinite(further.partial_fit(table).sample(9)).all()
