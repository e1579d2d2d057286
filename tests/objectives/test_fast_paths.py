"""What is done in fewer passes, or in memory used again, beside the general way."""

from contextlib import nullcontext

import numpy as np
import pytest

from regan import RegularizedGAN
from regan.backends.numpy_backend import Arena, NumpyBackend
from regan.building.specs import Shape, read
from regan.layers import Activation, Dense, FourierFeatures, Layer, Residual
from regan.layers.draws import Draws
from regan.layers.network import Network
from regan.objectives import AdversarialObjective
from regan.objectives.batch import Batch
from regan.penalties.activity import L2Activity

SMALL = {"hidden_layer_sizes": (7, 6, 6), "latent_dim": 3, "alpha": 0.1}
CASES = {
    "R1 + R2": {},
    "no gradient penalty": {"gradient_penalty": None},
    "R1 alone": {"gradient_penalty": "r1"},
    "its own points": {"gradient_penalty": ["wgan_gp", "dragan"]},
    "weighted by scores": {"gradient_penalty": "roth"},
    "spectral norm": {"constraint": "spectral_norm"},
    "relu": {"activation": "relu"},
    "residual": {"architecture": "residual"},
    "residual of other widths": {"architecture": "residual", "hidden_layer_sizes": (7, 6, 5)},
    "Fourier features": {"architecture": (None, FourierFeatures((1, 2)))},
    "packs": {"architecture": (None, "packing")},
    "noise around": {"architecture": "noise_skip"},
    "another loss": {"loss": "hinge", "matching": "moments"},
    "penalties on outputs": {"activity_penalty": "l2"},
    "a smooth generator": {"activation": ("silu", "leaky_relu"), "normalization": ("batch", None)},
}


def results(settings, players, n_labels=0):
    """Terms and gradients of some players, in double precision, with the same draws."""
    ops = NumpyBackend("float64")
    gan = RegularizedGAN(**{**SMALL, **settings})
    objective = read(gan).bind(ops, Shape(2, n_labels))
    rng = np.random.default_rng(0)
    thetas = {n: net.init(rng, 2) for n, net in objective.networks.items()}
    memories = {n: p.constraints.init(thetas[n], rng) for n, p in objective.players.items()}
    labels = np.eye(n_labels)[[np.arange(6) % n_labels]] if n_labels else None
    batch = Batch(rng.standard_normal((1, 6, 2)), Draws(ops, ops.rng(1)), labels)
    return objective, objective.value_and_grad(players, thetas, batch, memories)


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        assert a.keys() == b.keys()
        for name, value in a.items():
            np.testing.assert_allclose(value, b[name], rtol=1e-10, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("n_labels", [0, 3])
@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_one_product_a_layer_is_the_general_second_order(settings, n_labels, monkeypatch):
    settings = {"dropout": (None, 0.3), **settings}
    players = ("generator", "discriminator")
    objective, fast = results(settings, players, n_labels)
    assert objective.networks["discriminator"].has_scaled_backward
    monkeypatch.setattr(Network, "has_scaled_backward", False)
    assert_equal(fast, results(settings, players, n_labels)[1])


@pytest.mark.parametrize("n_labels", [0, 3])
@pytest.mark.parametrize("activation", ["leaky_relu", "tanh"])
@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_one_pass_for_both_players_is_a_pass_for_each(settings, activation, n_labels, monkeypatch):
    settings = {"activation": activation, **settings}
    players = ("generator", "discriminator")
    objective, fast = results(settings, players, n_labels)
    assert objective.shares_passes
    monkeypatch.setattr(AdversarialObjective, "shares_passes", False)
    assert_equal(fast, results(settings, players, n_labels)[1])


@pytest.mark.parametrize(
    ("settings", "has_scaled_backward", "shares"),
    [
        ({}, True, True),
        ({"activation": "tanh"}, False, True),
        ({"normalization": (None, "layer")}, False, True),
        ({"normalization": (None, "batch"), "gradient_penalty": None}, False, False),
        ({"architecture": (None, "minibatch_std")}, False, False),
        ({"matching": "features"}, True, False),
        ({"activity_penalty": L2Activity(0.1, "hidden")}, True, True),
    ],
    ids=str,
)
def test_which_networks_qualify(settings, has_scaled_backward, shares):
    objective, _ = results(settings, ("discriminator",))
    assert objective.networks["discriminator"].has_scaled_backward == has_scaled_backward
    assert objective.shares_passes == shares


@pytest.mark.parametrize("n_discriminator_steps", [0, 1, 2])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"activation": "tanh", "normalization": ("batch", "layer"), "dropout": 0.2},
        {
            "penalty": ["l1", "orthogonal", "group_lasso"],
            "constraint": "spectral_norm",
            "clipping": "global_norm",
            "architecture": ["residual", "packing", "latent_mixture", "noise_skip"],
            "matching": ["features", "moments"],
            "noise": "instance",
            "conditional": True,
        },
    ],
    ids=["defaults", "norms", "much at once"],
)
def test_memory_used_again_changes_nothing(settings, n_discriminator_steps, monkeypatch):
    X, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 3

    def fitted():
        gan = RegularizedGAN(
            hidden_layer_sizes=(9, 8),
            latent_dim=4,
            batch_size=16,
            max_iter=30,
            n_discriminator_steps=n_discriminator_steps,
            random_state=0,
            **settings,
        )
        return gan.fit(X, y)

    one = fitted()
    monkeypatch.setattr(NumpyBackend, "recycling", lambda self: nullcontext())
    other = fitted()
    np.testing.assert_array_equal(one.sample(5), other.sample(5))
    for name, values in one.history_.items():
        np.testing.assert_array_equal(values, other.history_[name], err_msg=name)


def test_an_arena_gives_the_same_arrays_in_the_same_order():
    arena = Arena("float32")
    first = [arena(shape) for shape in ((2, 3), (2, 3), (4,))]
    assert len({id(a) for a in first}) == 3
    arena.reset("other")
    assert arena((2, 3)) is not first[0]
    arena.reset(None)
    again = [arena(shape) for shape in ((2, 3), (2, 3), (5,))]
    assert [a is b for a, b in zip(again, first, strict=True)] == [True, True, False]
    assert again[2].shape == (5,)


class _Plain(Dense):
    """Piecewise linear, with parameters, and no pass for scaled seeds."""

    scaled_backward = Layer.scaled_backward


def test_a_layer_without_scaled_backward_is_taken_the_general_way():
    ops = NumpyBackend("float64")
    assert Network([Dense(3), Activation("relu"), Dense(1)], 2, ops).has_scaled_backward
    assert not Network([Dense(3), Activation("relu"), _Plain(1)], 2, ops).has_scaled_backward
    assert not Network([Dense(3), Residual([_Plain(3)]), Dense(1)], 2, ops).has_scaled_backward
