"""Classes of a user's own, and subclasses of regan's, are what regan's own classes are."""

import copy
import pickle
import warnings

import numpy as np
import pytest

from regan import Checkpoint, RegularizedGAN, RegularizedVAE
from regan.building.architecture import ArchitecturePart, Packing, ResidualConnections
from regan.building.factory import known_classes
from regan.building.specs import Shape, read
from regan.constraints import MaxUnits
from regan.files.values import Codec
from regan.layers import (
    Activation,
    Beside,
    Dense,
    Dropout,
    FourierFeatures,
    LatentMixture,
    Layer,
    LayerNorm,
    MinibatchStd,
    Residual,
)
from regan.layers.group_norm import GroupNorm
from regan.penalties import L1, GroupLasso, L1Activity
from regan.testing import check_layer, check_objective

MODELS = {"GAN": RegularizedGAN, "VAE": RegularizedVAE}


class Pairwise(GroupNorm):
    """Norms of two neighbouring columns: widths have to be even."""

    def __init__(self, epsilon=1e-5):
        super().__init__(2, epsilon)

    def bind(self, ops, n_in):
        self.n_groups = n_in // 2
        return super().bind(ops, n_in)

    n_groups = 1


class Scaled(Layer):
    """Rows times a number, as a part in front."""

    piecewise_linear = True
    position = "first"
    free = ("factor",)

    def __init__(self, factor=2.0):
        self.factor = factor

    def bind(self, ops, n_in):
        self.ops = ops
        return n_in

    def forward(self, params, x, cache, *, train=False, draws=None):
        return self.factor * x

    def backward(self, params, gy, cache, grads):
        return self.factor * gy

    def tangent(self, params, dx, cache):
        return self.factor * dx

    def tangent_backward(self, params, dgy, cache, grads):
        return None if dgy is None else self.factor * dgy


class ScaledBehind(Scaled):
    position = "last"
    networks = ("discriminator", "encoder")
    free = ()


class ScaledNoise(Scaled):
    position = "noise"
    networks = ("generator",)


class Twice(ArchitecturePart):
    """Every hidden block stands twice."""

    min_hidden_layers = 1

    def wrap(self, block, number):
        return [*block, Residual(block)]


class Waves(FourierFeatures):
    pass


class Packs(Packing):
    pass


class Ways(ResidualConnections):
    pass


class Spread(MinibatchStd):
    pass


class Clusters(LatentMixture):
    pass


PARTS = {
    "GAN": [
        Waves((1,)),
        Packs(2),
        Ways(),
        Spread(),
        Clusters(3),
        Scaled(),
        ScaledBehind(),
        Twice(),
    ],
    "VAE": [Waves((1,)), Ways(), Scaled(), ScaledBehind(), Twice()],
}
CASES = [(kind, part) for kind, parts in PARTS.items() for part in parts]


def small(kind, **settings):
    common = {"hidden_layer_sizes": (6, 6), "latent_dim": 3, "batch_size": 16, "max_iter": 4}
    return MODELS[kind](**{**common, "activation": "tanh", "random_state": 0, **settings})


@pytest.mark.parametrize("layer", [Scaled(), ScaledBehind(), ScaledNoise(0.5)])
def test_the_layers_of_this_file_are_right(layer):
    assert check_layer(layer) <= 1e-6


@pytest.mark.parametrize(("kind", "part"), CASES)
def test_parts_of_an_architecture(kind, part, table, ops64):
    """They act, their gradients are right, and training goes on with them."""
    model = small(kind, architecture=part, warm_start=True).fit(table)
    plain = small(kind).fit(table)
    theta, other = (m.history_ for m in (model, plain))
    assert any(not np.array_equal(theta[k], other[k]) for k in other)
    assert check_objective(read(model).bind(ops64, Shape(3, 2)), n_models=2) <= 1e-6
    assert model.fit(table).n_iter_ == 8


@pytest.mark.parametrize("kind", MODELS)
def test_a_list_of_them(kind, table):
    model = small(kind, architecture=PARTS[kind][:-1]).fit(table)
    assert np.isfinite(model.sample(20)).all()


def test_a_part_that_takes_noise_alone_leaves_labels(table):
    y = np.arange(len(table)) % 2
    gan = small("GAN", architecture=ScaledNoise(), conditional=True).fit(table, y)
    assert isinstance(gan.generator_.layers[0], Beside)


def test_a_part_where_it_does_not_belong_is_refused(table):
    with pytest.raises(ValueError, match=r"ScaledNoise.* is for the generator, not the "):
        small("GAN", architecture=(None, ScaledNoise())).fit(table)
    with pytest.raises(ValueError, match=r"ScaledNoise\(\) is for neither network"):
        small("VAE", architecture=ScaledNoise()).fit(table)


class Bottleneck(ArchitecturePart):
    """An affine map of its own before every hidden layer."""

    def wrap(self, block, number):
        return [Dense(5), *block]


@pytest.mark.parametrize("constraint", [None, "spectral_norm"])
def test_affine_maps_that_no_setting_tells_of_stay_in_a_pruned_model(constraint, table):
    settings = {"penalty": "group_lasso", "alpha": 1.0, "constraint": constraint, "max_iter": 100}
    settings["learning_rate_init"] = 3e-3
    model = small("GAN", architecture=(Bottleneck(), None), **settings).fit(table)
    assert any(model.sparsity_["discriminator"].dead_units)
    pruned = model.prune()
    assert pruned.hidden_layer_sizes == (6, 6)
    assert sum(pruned.discriminator_hidden_layer_sizes) < 12
    np.testing.assert_allclose(pruned.sample(5), model.sample(5), atol=1e-4)
    assert pruned.partial_fit(table).n_iter_ > model.n_iter_


def test_packing_that_nobody_judges_is_refused(table):
    part = type("Both", (ArchitecturePart,), {"n_packed": 2})()
    with pytest.raises(ValueError, match=r"architecture=Both\(\) packs rows, which needs a discri"):
        small("VAE", architecture=part).fit(table)


# Normalizations


def test_a_normalization_over_the_batch_under_a_gradient_penalty_warns(table):
    own = type("OfBatches", (LayerNorm,), {"couples_samples": True})()
    with pytest.warns(UserWarning, match="OfBatches in the .* be combined with gradient_penalty"):
        small("GAN", normalization=own).fit(table)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(
    ("normalization", "widths"), [(GroupNorm(2), (12, 12)), ("group", (8, 4)), (Pairwise(), (4, 6))]
)
def test_a_normalization_that_asks_for_certain_widths(kind, normalization, widths, table, ops64):
    model = small(kind, normalization=normalization, hidden_layer_sizes=widths).fit(table)
    assert check_objective(read(model).bind(ops64, Shape(3)), n_models=2) <= 1e-6
    assert np.isfinite(model.sample(20)).all()


@pytest.mark.parametrize("kind", MODELS)
def test_widths_that_do_not_fit_are_refused(kind, table):
    model = small(kind, normalization=GroupNorm(4), hidden_layer_sizes=(12, 10))
    words = r"normalization=GroupNorm\(n_groups=4\) cannot be used in .* of 10 units: .*"
    with pytest.raises(ValueError, match=words):
        model.fit(table)


# Settings without effect

NO_EFFECT = [
    ("penalty", type("OwnLasso", (GroupLasso,), {})(), ()),
    ("constraint", type("OwnCap", (MaxUnits,), {})(), ()),
    ("normalization", type("OwnNorm", (LayerNorm,), {})(), ()),
    ("normalization", Scaled(), ()),
    ("activation", type("OwnActivation", (Activation,), {})("tanh"), ()),
    ("dropout", type("OwnDropout", (Dropout,), {})(), ()),
    ("activity_penalty", type("OwnL1", (L1Activity,), {})(1e-3, "hidden"), ()),
    ("architecture", Ways(), (6,)),
    ("architecture", Twice(), ()),
]


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(("setting", "value", "widths"), NO_EFFECT)
def test_settings_without_effect_warn_for_any_class(kind, setting, value, widths, table):
    settings = {"activation": "leaky_relu", setting: value}
    model = small(kind, **settings, hidden_layer_sizes=widths)
    few = "one hidden layer" if widths else "no hidden layers"
    with pytest.warns(UserWarning, match=f"{setting}=.* has no effect: the networks have {few}"):
        model.fit(table)
    deeper = small(kind, **settings, hidden_layer_sizes=(*widths, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        deeper.fit(table)


# Going on


def test_what_is_free_may_change(table):
    model = small("GAN", architecture=Scaled(2.0), warm_start=True).fit(table)
    assert model.set_params(architecture=Scaled(3.0)).fit(table).n_iter_ == 8
    fixed = small("GAN", architecture=(None, ScaledBehind(2.0)), warm_start=True).fit(table)
    with pytest.raises(
        ValueError, match="cannot continue from the last fit: its discriminator was"
    ):
        fixed.set_params(architecture=(None, ScaledBehind(3.0))).fit(table)


# Penalties


def test_the_order_of_penalties_is_their_own():
    first = type("First", (GroupLasso,), {"order": -1})()
    spec = read(RegularizedGAN(penalty=["l1", "group_lasso", first]))
    assert [p.name for p in spec.networks[0].penalties] == ["group_lasso", "l1", "group_lasso"]
    assert spec.networks[0].penalties[0] is first


# Estimators


class Narrow(RegularizedGAN):
    """One that keeps nothing of its argument."""

    def __init__(self, width=6):
        super().__init__(hidden_layer_sizes=(width, width), max_iter=3, random_state=0)


class Tempered(RegularizedGAN):
    """One with an argument more."""

    def __init__(self, temperature=1.0, *, max_iter=3, random_state=0, callbacks=None):
        super().__init__(max_iter=max_iter, random_state=random_state, callbacks=callbacks)
        self.temperature = temperature


def test_an_estimator_that_does_not_keep_its_arguments(table):
    assert np.isfinite(Narrow().fit(table).prune().sample(5)).all()


def test_a_checkpoint_compares_the_arguments_of_a_subclass(table, tmp_path):
    Tempered(callbacks=[Checkpoint(tmp_path)]).fit(table)
    on = [Checkpoint(tmp_path, resume=True)]
    assert Tempered(callbacks=on).fit(table).n_iter_ == 3
    with pytest.raises(
        ValueError, match=r"temperature=1\.0, and the model now has temperature=2\.0"
    ):
        Tempered(2.0, callbacks=on).fit(table)


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_specification_is_copied_and_sent(kind, again):
    codec = Codec(known_classes())
    spec = read(small(kind, penalty=("l1", L1(0.1))))
    assert again(spec).describe(codec) == spec.describe(codec)


def test_an_argument_of_a_subclass_hides_nothing_of_the_specification():
    class Running(RegularizedGAN):
        def __init__(self, run=1, *, max_iter=3):
            super().__init__(max_iter=max_iter)
            self.run = run

    described = [
        read(model).describe(Codec(known_classes()))
        for model in (Running(), Running(max_iter=4), Running(2))
    ]
    assert described[0]["run"] != described[1]["run"]
    assert [each["extra"] for each in described] == [{"run": 1}, {"run": 1}, {"run": 2}]
