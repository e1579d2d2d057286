"""Residual generators, ``u = z + f(z)``: their start, and all that a model does with them."""

import numpy as np
import pytest

import regan
from regan import RegularizedGAN, gan_path
from regan.building import factory
from regan.building.specs import Shape, read
from regan.constraints import MaxNonZero, MaxUnits
from regan.layers import LatentMixture
from regan.objectives.base import joined
from regan.penalties import GroupLasso
from tests.support.mixed_tables import mixed

AROUND = {"architecture": ("noise_skip", None)}


def start(settings, shape, ops64, n=6):
    """The network as it starts, its inputs for `n` rows, the noise in them, the outputs."""
    spec = read(RegularizedGAN(**{"hidden_layer_sizes": (5, 5), **AROUND, **settings}))
    network = spec.bind(ops64, shape).networks["generator"]
    rng = np.random.default_rng(0)
    z = rng.normal(size=(1, n, network.n_in - shape.n_labels))
    labels = ops64.asarray(np.eye(shape.n_labels)[None, [0] * n]) if shape.n_labels else None
    x = joined(ops64.xp, ops64.asarray(z), labels)
    y, _ = network.forward(network.split(network.init(rng, 2)), x)
    return network, z, ops64.to_numpy(y)


@pytest.mark.parametrize("n_labels", [0, 3])
@pytest.mark.parametrize("latent_dim", [2, 4, 7])
def test_the_start_is_the_identity(latent_dim, n_labels, ops64):
    network, z, y = start({"latent_dim": latent_dim}, Shape(4, n_labels), ops64)
    n = min(latent_dim, 4)
    assert (network.n_skip, network.skip_from) == (n, 0)
    np.testing.assert_array_equal(y[..., :n], np.repeat(z[..., :n], 2, axis=0))
    assert not y[..., n:].any()


@pytest.mark.parametrize("widths", [(), (6,), (6, 5)])
def test_whatever_the_depth(widths, ops64):
    _, z, y = start({"hidden_layer_sizes": widths, "latent_dim": 3}, Shape(3), ops64)
    np.testing.assert_array_equal(y, np.repeat(z, 2, axis=0))


def test_levels_start_alike(ops64):
    network, z, y = start({"latent_dim": 6}, Shape(7, 0, (2, 3)), ops64)
    assert network.n_skip == 2
    np.testing.assert_array_equal(y[0, :, :2], z[0, :, :2])
    np.testing.assert_allclose(y[0, :, 2:], [[1 / 2] * 2 + [1 / 3] * 3] * 6)


def test_a_table_of_levels_alone_has_nothing_to_add_to(ops64):
    network, _, y = start({}, Shape(5, 0, (2, 3)), ops64)
    assert (network.n_skip, network.skip_from) == (0, 0)
    assert np.ptp(y, axis=1).all()  # it starts like any other


@pytest.mark.parametrize("n_labels", [0, 2])
def test_beside_a_mixture_the_numbers_that_spread_go_around(n_labels, ops64):
    parts = (["noise_skip", LatentMixture(3)], None)
    network, z, y = start({"latent_dim": 4, "architecture": parts}, Shape(3, n_labels), ops64)
    assert (z.shape[-1], network.n_skip, network.skip_from) == (5, 3, 1)
    np.testing.assert_array_equal(y[1], z[0, :, 1:4])


def test_white_rows_are_there_from_the_first_update(small_gan):
    X = np.random.default_rng(0).normal(size=(500, 3))
    settings = {"max_iter": 1, "learning_rate_init": 1e-6, "standardize": False}
    one = small_gan(**settings, **AROUND).fit(X).sample(5000, random_state=1)
    np.testing.assert_allclose(np.cov(one.T), np.eye(3), atol=0.06)


@pytest.mark.parametrize("latent_dim", [2, 3, 6])
def test_it_is_learnt_saved_and_gone_on_with(latent_dim, small_gan, table, tmp_path):
    settings = {"latent_dim": latent_dim, "warm_start": True, "max_iter": 30, **AROUND}
    gan = small_gan(**settings).fit(table)
    weights = gan.generator_.parameters[-1]["W"]
    assert (weights != 0).all()  # what starts at 0 is not taken for pruned
    assert not gan.sparsity_["generator"].zeros
    gan.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    np.testing.assert_array_equal(again.sample(9, random_state=3), gan.sample(9, random_state=3))
    assert again.generator_.network.n_skip == min(latent_dim, 3)
    both = [model.partial_fit(table).sample(9, random_state=3) for model in (gan, again)]
    np.testing.assert_array_equal(*both)
    assert gan.fit(table).n_iter_ > 60


def test_training_does_not_go_on_with_another_way_around(small_gan, table):
    gan = small_gan(warm_start=True, architecture=None).fit(table)
    with pytest.raises(ValueError, match=r"give 4 inputs, .*, Dense 3, plus inputs 0 to 2"):
        gan.set_params(architecture="noise_skip").fit(table)
    gan = small_gan(warm_start=True, architecture="noise_skip").fit(table)
    with pytest.raises(
        ValueError, match=r"its generator was 4 inputs, .*, plus inputs 0 to 2, but"
    ):
        gan.set_params(architecture=None).fit(table)


@pytest.mark.parametrize("conditional", [False, True])
def test_a_table_by_class(conditional, tmp_path, small_gan):
    X, y = mixed(), np.arange(len(mixed())) % 2
    gan = small_gan(conditional=conditional, **AROUND).fit(X, y if conditional else None)
    gan.save(tmp_path / "model")
    drawn = gan.sample(20, random_state=0)
    assert drawn.equals(regan.load(tmp_path / "model").sample(20, random_state=0))
    assert list(drawn.columns) == list(X.columns)


@pytest.mark.parametrize(
    "settings",
    [{"constraint": MaxUnits(4)}, {"penalty": GroupLasso(0.05), "max_iter": 60}],
    ids=repr,
)
def test_pruned(settings, small_gan, table):
    gan = small_gan(**{**AROUND, "learning_rate_init": 1e-2, **settings}).fit(table)
    pruned = gan.prune()
    assert sum(pruned.hidden_layer_sizes) < 16
    assert pruned.generator_.network.n_skip == 3
    np.testing.assert_allclose(pruned.sample(50), gan.sample(50), rtol=1e-4, atol=1e-4)
    assert pruned.partial_fit(table).n_iter_ > gan.n_iter_


def test_models_side_by_side_are_those_trained_alone(table):
    small = {"hidden_layer_sizes": (8, 8), "latent_dim": 2, "max_iter": 5, "random_state": 0}
    gammas = [0.1, 1.0]
    path = gan_path(table, estimator=RegularizedGAN(**small, **AROUND), alphas=None, gammas=gammas)
    for gamma, model in zip(gammas, path, strict=True):
        alone = RegularizedGAN(**small, **AROUND, gamma=gamma).fit(table)
        one, other = (m.sample(9, random_state=1) for m in (model, alone))
        np.testing.assert_array_equal(one, other)


REGULARIZERS = {
    **{f"constraint {name}": {"constraint": (name, None)} for name in factory.CONSTRAINTS},
    **{f"penalty {name}": {"penalty": (name, None)} for name in factory.PENALTIES},
    **{
        f"activity {name}": {"activity_penalty": (cls(0.1, "both"), None)}
        for name, cls in factory.ACTIVITY_PENALTIES.items()
    },
    **{f"norm {name}": {"normalization": (name, None)} for name in factory.NORMALIZATIONS},
    **{f"clipping {name}": {"clipping": (name, None)} for name in factory.CLIPPING},
    **{
        f"optimizer {name}": {"optimizer": (name, "extra_sgd" if "extra" in name else "adam")}
        for name in factory.OPTIMIZERS
    },
    "few weights": {"constraint": (MaxNonZero(0.3), None)},
    "residual blocks": {"architecture": (["residual", "noise_skip", "fourier"], None)},
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # of AdamW without a decay
@pytest.mark.parametrize("settings", REGULARIZERS.values(), ids=REGULARIZERS)
def test_a_last_map_of_zeros_is_left_by_training(settings, small_gan, table):
    """Beside everything that looks at weights: all stays finite, and the map moves."""
    gan = small_gan(**{**AROUND, "max_iter": 15, **settings}).fit(table)
    assert np.isfinite(gan.sample(50)).all()
    before = gan.generator_.parameters[-1]["W"].copy()
    assert np.isfinite(before).all()
    assert before.any()
    assert not np.array_equal(gan.partial_fit(table).generator_.parameters[-1]["W"], before)
