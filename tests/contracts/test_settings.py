"""What settings mean: pairs element by element, names and objects, nothing ignored silently.

That every setting acts is tested in test_acts.py.
"""

import inspect
import re
from itertools import pairwise

import numpy as np
import pytest

from regan import Callback, RegularizedGAN
from regan.building.architecture import Packing
from regan.constraints import MaxNorm, SpectralNorm
from regan.constraints.clipping import ClipGlobalNorm, ClipValue
from regan.layers import Activation, BatchNorm, Dropout, FourierFeatures
from regan.losses import Hinge
from regan.losses.matching import MatchMoments
from regan.objectives.noise import InstanceNoise
from regan.optimizers import SGD, Adam, ExtraAdam, OptimisticAdam, RMSprop
from regan.penalties import L1, L2, ElasticNet, GroupLasso, Orthogonal
from regan.penalties.activity import L1Activity, L2Activity
from regan.penalties.gradient import R1, R2
from regan.schedules import LinearSchedule, Schedule

SIGNATURE = inspect.signature(RegularizedGAN).parameters


def trained(gan, X):
    """The parameters of both networks, and samples."""
    gan.fit(X)
    return gan.generator_.theta, gan.discriminator_.theta, gan.sample(5, random_state=0)


def same(a, b):
    return [x.shape == y.shape and np.array_equal(x, y) for x, y in zip(a, b, strict=True)]


# Two ways to say the same

OBJECTS = [
    ({"penalty": "l1", "alpha": 1e-2}, {"penalty": L1(1e-2)}),
    ({"penalty": "elasticnet", "alpha": 1e-2, "l1_ratio": 0.3}, {"penalty": ElasticNet(1e-2, 0.3)}),
    ({"penalty": ["l1", "l2"], "alpha": 1e-2}, {"penalty": [L1(1e-2), L2(1e-2)]}),
    ({"penalty": ["l2"], "alpha": 1e-2}, {"penalty": L2(1e-2)}),
    ({"penalty": []}, {"penalty": None}),
    ({"penalty": None}, {"penalty": (None, [])}),
    # the rule of architecture asks for the class of a penalty, so that all of a path are alike
    (
        {"penalty": "l1", "alpha": 0.0, "architecture": None},
        {"penalty": None, "architecture": None},
    ),
    ({"gradient_penalty": "r1", "gamma": 0.3}, {"gradient_penalty": R1(0.3)}),
    ({"gradient_penalty": "r1r2", "gamma": 0.3}, {"gradient_penalty": [R1(0.3), R2(0.3)]}),
    ({"gradient_penalty": ["r1", "r2"]}, {"gradient_penalty": "r1r2"}),
    ({"gradient_penalty": []}, {"gradient_penalty": None}),
    ({"optimizer": "adam", "beta_1": 0.3, "beta_2": 0.9}, {"optimizer": Adam(0.3, 0.9)}),
    ({"optimizer": "sgd", "beta_1": 0.3}, {"optimizer": SGD(momentum=0.3)}),
    ({"optimizer": "rmsprop", "beta_1": 0.3, "beta_2": 0.9}, {"optimizer": RMSprop(0.9, 0.3)}),
    ({"learning_rate": "linear"}, {"learning_rate": LinearSchedule()}),
    ({"loss": "hinge"}, {"loss": Hinge()}),
    ({"activation": "silu"}, {"activation": Activation("silu")}),
    ({"hidden_layer_sizes": 8}, {"hidden_layer_sizes": np.array([8])}),
    ({"hidden_layer_sizes": (8, 8)}, {"discriminator_hidden_layer_sizes": [8, 8]}),
    ({"alpha": 1e-3}, {"alpha": (1e-3, np.float64(1e-3))}),
    ({"max_iter": 10}, {"max_iter": np.int64(10)}),
    ({"learning_rate_init": 1e-3}, {"learning_rate_init": np.float64(1e-3)}),
    ({"penalty": "group_lasso", "alpha": 1e-2}, {"penalty": GroupLasso(1e-2)}),
    ({"penalty": "orthogonal", "alpha": 1e-2}, {"penalty": Orthogonal(1e-2)}),
    ({"optimizer": "extra_adam", "beta_1": 0.3}, {"optimizer": ExtraAdam(0.3, 0.99)}),
    ({"optimizer": "optimistic_adam", "beta_1": 0.3}, {"optimizer": OptimisticAdam(0.3, 0.99)}),
    ({"constraint": "max_norm"}, {"constraint": (MaxNorm(), [MaxNorm()])}),
    ({"constraint": []}, {"constraint": None}),
    ({"activity_penalty": "l2"}, {"activity_penalty": [L2Activity()]}),
    ({"normalization": ("batch", None)}, {"normalization": (BatchNorm(), None)}),
    ({"dropout": 0.2}, {"dropout": Dropout()}),
    ({"dropout": 0.0}, {"dropout": (None, 0)}),
    ({"dropout": np.float32(0.25)}, {"dropout": Dropout(0.25)}),
    ({"architecture": "packing"}, {"architecture": (None, Packing(2))}),
    ({"architecture": None}, {"architecture": Packing(1)}),
    ({"architecture": "fourier"}, {"architecture": [FourierFeatures((1, 2, 4, 8))]}),
    ({"noise": "instance"}, {"noise": InstanceNoise(0.3, "linear")}),
    ({"matching": "moments"}, {"matching": [MatchMoments(0.1, 2)]}),
    ({"matching": None}, {"matching": MatchMoments(0.0)}),
    ({"clipping": "global_norm"}, {"clipping": ClipGlobalNorm(1.0)}),
    ({"conditional": False}, {"conditional": np.False_}),
]


@pytest.mark.parametrize(("a", "b"), OBJECTS, ids=lambda settings: repr(settings))
def test_two_ways_to_say_the_same(small_gan, table, a, b):
    """Up to rounding: sums may be taken in another order."""
    first, second = (trained(small_gan(dtype="float64", **settings), table) for settings in (a, b))
    for x, y in zip(first, second, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("penalty", "player", "ema_decay"),
    [
        (("l1", None), 0, 0.0),
        ((None, "l1"), 1, 0.0),
        (("l1", None), 0, 0.9),
        ((None, "l1"), 1, 0.9),
    ],
)
def test_l1_makes_zeros_where_it_acts(small_gan, table, penalty, player, ema_decay):
    alpha = (0.1, RegularizedGAN().alpha)[:: 1 if player == 0 else -1]
    # a loss of differences gives the discriminator's last bias no gradient
    settings = {"loss": "non_saturating", "ema_decay": ema_decay, "max_iter": 100}
    settings |= {"architecture": None, "learning_rate_init": 3e-3}
    gan = small_gan(penalty=penalty, alpha=alpha, **settings).fit(table)
    networks = (gan.generator_, gan.discriminator_)
    shares = [
        np.mean(np.concatenate([layer["W"].ravel() for layer in network.parameters if layer]) == 0)
        for network in networks
    ]
    assert shares[player] > 0.1
    assert shares[1 - player] == 0
    biases = [layer["b"] for layer in networks[player].parameters if layer]
    assert all((bias != 0).any() for bias in biases)


def test_the_subgradient_makes_no_zeros(small_gan, table):
    theta, _, _ = trained(small_gan(penalty=L1(0.1, method="subgradient"), ema_decay=0), table)
    assert (theta[:, : 4 * 8 + 8 * 8 + 8 * 3] != 0).all()


# A pair: each element acts on its own network

PAIRS = {  # the setting: what else is set, a value, another, after how many updates it shows
    "penalty": ({}, "l2", "l1", 1),
    "alpha": ({}, 1e-3, 0.1, 1),
    "l1_ratio": ({"penalty": "elasticnet", "alpha": 0.1}, 0.1, 0.9, 1),
    "optimizer": ({}, "adam", "sgd", 1),
    "learning_rate_init": ({}, 1e-3, 2e-3, 1),
    "learning_rate": ({}, "constant", "linear", 2),
    "beta_1": ({}, 0.0, 0.9, 2),
    "beta_2": ({}, 0.99, 0.5, 2),
    "activity_penalty": ({}, None, L1Activity(0.1), 1),
    "clipping": ({"optimizer": "sgd"}, None, ClipValue(1e-4), 1),
}
NETWORKS = {  # what changes a network changes what the other one sees at once; see test_acts.py
    "activation", "constraint", "normalization", "dropout", "architecture",
}  # fmt: skip
STILL = 1e-38  # a learning rate that moves nothing


@pytest.mark.parametrize("name", PAIRS)
def test_the_first_element_is_the_generators(small_gan, table, name):
    """The discriminator moves first, so it has not seen what the first difference did."""
    others, value, another, updates = PAIRS[name]
    # from a last layer of zeros, the first step of Adam on a penalty's gradient has one size
    others = {"max_iter": updates, "ema_decay": 0, "architecture": None, **others}
    outcomes = [
        trained(small_gan(**others, **{name: pair}), table)
        for pair in ((value, value), (another, value))
    ]
    assert same(*outcomes) == [False, True, False]


@pytest.mark.parametrize("name", PAIRS)
def test_the_second_element_is_the_discriminators(small_gan, table, name):
    others, value, another, updates = PAIRS[name]
    others = {"max_iter": updates, "ema_decay": 0, **others}
    outcomes = [
        trained(small_gan(**others, **{name: pair}), table)
        for pair in ((value, value), (value, another))
    ]
    assert not same(*outcomes)[1]
    if name == "learning_rate_init":
        return
    # with a discriminator that stands still the generator's steps are the same
    others["learning_rate_init"] = (1e-3, STILL)
    outcomes = [
        trained(small_gan(**others, **{name: pair}), table)
        for pair in ((value, value), (value, another))
    ]
    generator, _, samples = same(*outcomes)
    assert generator
    assert samples


def test_the_rate_of_a_network_that_stands_still(small_gan, table):
    """The second rate moves the discriminator alone, and the first the generator alone."""

    class Start(Callback):
        def on_fit_start(self, run):
            self.sums = [float(abs(theta).sum()) for theta in run.state.thetas.values()]

    for rates, moved in (((STILL, 1e-3), [False, True]), ((1e-3, STILL), [True, False])):
        start = Start()
        outcome = trained(
            small_gan(learning_rate_init=rates, penalty=None, ema_decay=0, callbacks=[start]), table
        )
        sums = [float(np.abs(theta).sum()) for theta in outcome[:2]]
        assert [abs(a - b) > 1e-4 for a, b in zip(sums, start.sums, strict=True)] == moved


def test_a_pair_of_activations(small_gan, table):
    gan = small_gan(activation=("tanh", Activation("gelu"))).fit(table)
    for network, name in ((gan.generator_, "tanh"), (gan.discriminator_, "gelu")):
        used = [layer.function for layer in network.layers if isinstance(layer, Activation)]
        assert used == [name, name]


def test_a_pair_of_widths(small_gan, table):
    gan = small_gan(hidden_layer_sizes=(5, 6), discriminator_hidden_layer_sizes=(7,)).fit(table)
    for network, widths in ((gan.generator_, [4, 5, 6, 3]), (gan.discriminator_, [3, 7, 1])):
        shapes = [layer["W"].shape for layer in network.parameters if layer]
        assert shapes == list(pairwise(widths))


def test_all_pairs_are_tested():
    types = re.findall(
        r"^(\w+) : (.*?)default", inspect.getdoc(RegularizedGAN), re.DOTALL | re.MULTILINE
    )
    assert PAIRS.keys() | NETWORKS == {name for name, kind in types if " pair" in kind}


SINGLE = sorted(SIGNATURE.keys() - PAIRS.keys() - NETWORKS - {
    "hidden_layer_sizes",  # a tuple is a sequence of widths
    "discriminator_hidden_layer_sizes",
    "callbacks",  # a sequence
})  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_what_concerns_both_networks_takes_no_pair(small_gan, table, name):
    value = getattr(small_gan(), name)
    with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
        small_gan(**{name: (value, value)}).fit(table)


# Nothing is ignored silently

REFUSED = [
    (
        {"penalty": L1(1e-3), "alpha": 1e-2},
        r"penalty=L1\(.*has its own strengths, so alpha=0.01",
    ),
    ({"penalty": ElasticNet(), "l1_ratio": 0.1}, r"has its own strengths, so l1_ratio=0.1"),
    (
        {"penalty": ElasticNet(), "l1_ratio": 0.1, "alpha": 1},
        r"alpha=1 and l1_ratio=0.1 would be ignored: set the strength in the object, or choose pen",
    ),
    ({"penalty": ("l2", L1()), "alpha": (1e-3, 1e-2)}, r"penalty=L1\(.*alpha=0.01"),
    ({"penalty": ["l1", L2()], "alpha": 1e-2}, r"penalty=L2\(.*alpha=0.01"),
    ({"optimizer": Adam(), "beta_1": 0.5}, r"optimizer=Adam\(.*beta_1=0.5"),
    ({"optimizer": ("adam", SGD()), "beta_2": (0.9, 0.9)}, r"optimizer=SGD\(.*beta_2=0.9"),
    ({"gradient_penalty": R1(), "gamma": 0.123}, r"gradient_penalty=R1\(.*gamma=0.123"),
    ({"gradient_penalty": ["r1", R2()], "gamma": 0.123}, r"gradient_penalty=R2\(.*gamma=0.123"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED, ids=lambda value: repr(value)[:60])
def test_a_strength_beside_an_object_is_an_error(small_gan, table, settings, message):
    with pytest.raises(ValueError, match=message):
        small_gan(**settings).fit(table)


def test_strengths_of_the_other_network_are_no_conflict(small_gan, table):
    default = RegularizedGAN().alpha
    small_gan(penalty=("l2", L1()), alpha=(1e-2, default)).fit(table)
    small_gan(penalty=(L1(), "elasticnet"), l1_ratio=(0.5, 0.1)).fit(table)


WARNED = [
    (
        {"activation": "tanh", "hidden_layer_sizes": ()},
        r"activation=Activation\(function='tanh'\) has no effect: the networks have no hidden lay",
    ),
    (
        {"activation": ("leaky_relu", "tanh"), "discriminator_hidden_layer_sizes": ()},
        r"activation=Activation\(function='tanh'\) has no effect: the discriminator has no hidden",
    ),
    (
        {"optimizer": "adamw", "penalty": "l1"},
        r"optimizer=AdamW\(.* is plain Adam here: .* and the networks have none. Set penalty and",
    ),
    (
        {"optimizer": ("adamw", "sgd"), "penalty": (None, "l2")},
        r"optimizer=AdamW\(.* is plain Adam here: .* and the generator has none",
    ),
    ({"penalty": None, "alpha": 1e-2}, "alpha=0.01 has no effect: penalty is None"),
    ({"penalty": (None, "l2"), "alpha": (1e-2, 1e-3)}, "alpha=0.01 has no effect: penalty is None"),
    ({"penalty": "l2", "l1_ratio": 0.1}, "l1_ratio=0.1 has no effect: penalty='l2' is not an elas"),
    (
        {"optimizer": "sgd", "beta_2": 0.9},
        "beta_2=0.9 has no effect: optimizer='sgd' has no second",
    ),
    (
        {"gradient_penalty": None, "gamma": 0.123},
        "gamma=0.123 has no effect: gradient_penalty is None",
    ),
    (
        {"dropout": 0.2, "hidden_layer_sizes": ()},
        r"dropout=Dropout\(\) has no effect: the networks have no hidden layers",
    ),
    (
        {"normalization": ("layer", None), "hidden_layer_sizes": ()},
        r"normalization=LayerNorm\(\) has no effect: the generator has no hidden layers",
    ),
    (
        {"architecture": "residual", "hidden_layer_sizes": 8},
        r"architecture=ResidualConnections\(\) has no effect: the networks have one hidden layer",
    ),
    (
        {"penalty": "group_lasso", "hidden_layer_sizes": ()},
        r"penalty=GroupLasso\(\) has no effect: the networks have no hidden layers",
    ),
    (
        {"constraint": (None, "max_units"), "discriminator_hidden_layer_sizes": ()},
        r"constraint=MaxUnits\(\) has no effect: the discriminator has no hidden layers",
    ),
    (
        {"activity_penalty": [L1Activity(where="hidden"), "l2"], "hidden_layer_sizes": ()},
        r"activity_penalty=L1Activity\(where='hidden'\) has no effect: the networks have no hidde",
    ),
]


@pytest.mark.parametrize(("settings", "message"), WARNED, ids=lambda value: repr(value)[:60])
def test_a_strength_without_effect_is_a_warning(small_gan, table, settings, message):
    with pytest.warns(UserWarning, match=message) as caught:
        small_gan(**settings).fit(table)
    assert len(caught) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"penalty": ("l1", None), "alpha": 1e-3},
        {"penalty": ("elasticnet", "l2"), "l1_ratio": 0.3},
        {"optimizer": ("sgd", "adam"), "beta_2": 0.9},
        {"dropout": 0.2, "discriminator_hidden_layer_sizes": ()},
        {"activation": "tanh", "discriminator_hidden_layer_sizes": ()},
        {"activation": ("leaky_relu", "tanh"), "hidden_layer_sizes": ()}
        | {"discriminator_hidden_layer_sizes": 4},
        {"optimizer": "adamw", "penalty": (None, "l2")},
        {"optimizer": "adamw", "penalty": ["l1", "elasticnet"]},
        {"architecture": ["residual", "packing"], "discriminator_hidden_layer_sizes": 8},
        {"activity_penalty": "l1", "hidden_layer_sizes": ()},
    ],
    ids=repr,
)
def test_one_strength_for_both_may_be_used_by_one(small_gan, table, settings):
    """No warning: it has an effect."""
    small_gan(**settings).fit(table)


def test_fit_never_writes_a_setting(small_gan, table):
    settings = {
        "penalty": ([L1(np.float64(1e-3)), ElasticNet(1e-3)], L2(1e-3)),
        "optimizer": (Adam(), SGD(0.5)),
        "learning_rate": (LinearSchedule(), "cosine"),
        "gradient_penalty": [R1(0.1), R2(0.1)],
        "activation": Activation("silu"),
        "loss": Hinge(),
        "hidden_layer_sizes": [8, 8],
        "callbacks": [Callback()],
        "constraint": (SpectralNorm(), [MaxNorm()]),
        "activity_penalty": [L1Activity(), L2Activity()],
        "normalization": (BatchNorm(), None),
        "dropout": Dropout(),
        "architecture": [FourierFeatures([1, 2]), Packing()],
        "noise": InstanceNoise(schedule=LinearSchedule()),
        "matching": [MatchMoments()],
        "clipping": ClipValue(),
    }
    gan = small_gan(**settings, warm_start=True, verbose=1)
    objects = gan.get_params(deep=False)
    before = repr(gan.get_params())
    gan.fit(table).partial_fit(table).fit(table).sample(3)
    assert repr(gan.get_params()) == before
    for name, value in objects.items():
        assert getattr(gan, name) is value
    held = [*settings["penalty"][0], settings["penalty"][1], *settings["optimizer"]]
    held += [*settings["gradient_penalty"], settings["activation"], settings["loss"]]
    held += [settings["constraint"][0], *settings["constraint"][1], settings["dropout"]]
    held += [*settings["activity_penalty"], settings["normalization"][0], settings["clipping"]]
    held += [*settings["architecture"], *settings["matching"], settings["noise"]]
    for thing in held:
        assert vars(thing).keys() == thing.get_params(deep=False).keys()


@pytest.mark.parametrize("conditional", [False, True])
def test_the_latent_mixture_is_the_noise_whatever_the_order(conditional):
    X, y = np.random.default_rng(0).normal(size=(20, 2)), [0, 1] * 10
    one, other = (
        RegularizedGAN(
            architecture=(parts, None), conditional=conditional, max_iter=2, random_state=0
        )
        .fit(X, y)
        .sample(5)
        for parts in (["fourier", "latent_mixture"], ["latent_mixture", "fourier"])
    )
    np.testing.assert_array_equal(one, other)


def test_partial_fit_holds_every_schedule_at_its_start():
    seen = []

    class Recorded(Schedule):
        def factor(self, progress):
            seen.append(progress)
            return 1.0

    X = np.random.default_rng(0).normal(size=(20, 2))
    gan = RegularizedGAN(gradient_penalty=R1(0.1, Recorded()), batch_size=5, max_iter=4)
    gan.fit(X)
    assert seen == [0.0, 0.25, 0.5, 0.75]
    seen.clear()
    gan.partial_fit(X)
    assert seen == [0.0] * 4
