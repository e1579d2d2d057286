"""It acts: no argument of an estimator, and none of a regularizer, is accepted and ignored."""

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest.mock import patch

import numpy as np
import pytest
from name_tables import TABLES
from sklearn.exceptions import ConvergenceWarning

import regan.building.run_spec
import regan.estimators.neural
from regan import (
    EarlyStopping,
    RegularizedCycleGAN,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.backends import get_backend
from regan.building import factory
from regan.constraints import L1Ball, L2Ball, MaxNorm, MaxUnits
from regan.constraints.clipping import ClipGlobalNorm, ClipNorm, ClipValue
from regan.layers import GroupNorm

NEURAL = (RegularizedGAN, RegularizedVAE)
NETWORKS = (*NEURAL, RegularizedCycleGAN)
ESTIMATORS = (*NETWORKS, RegularizedGaussian, RegularizedMixture)
SMALL = {
    "hidden_layer_sizes": (8, 8),
    "latent_dim": 4,
    "batch_size": 16,
    "max_iter": 1,
    "ema_decay": 0.5,
    "dtype": "float64",
    "random_state": 0,
}
MIXED = {"n_components": 2, "alpha": 1.0, "covariance_type": "diag", "max_iter": 4}


def data():
    """Forty rows of three correlated columns in different units, and a class for each."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(40, 3)) @ [[1, 0.3, 4], [0.5, 0.1, 0], [0, 0.2, 9]] + [2, -3, 70]
    return X, np.arange(40) % 3


def data_of(cls):
    """What a model is fitted to."""
    X, y = data()
    return (X, X[:30] ** 2) if cls is RegularizedCycleGAN else (X, y)


def fitted(cls, **changes):
    """A model after one update, or as many as `changes` say."""
    X, y = data_of(cls)
    settings = {k: v for k, v in SMALL.items() if k in inspect.signature(cls).parameters}
    if cls is RegularizedGaussian:
        settings = {"random_state": 0}
    if cls is RegularizedMixture:
        settings = {**MIXED, "random_state": 0}
    model = cls(**{**settings, **changes})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # one iteration is too few, and meant
        warnings.filterwarnings("ignore", message="BatchNorm in the discriminator")
        return model.fit(X, y)


def differ(a, b):
    """Whether an entry of two lists of arrays differs, or a shape."""
    pairs = zip(a, b, strict=True)
    return any(x.shape != y.shape or not np.array_equal(x, y) for x, y in pairs)


# What a model may show of a setting


def learnt(model):
    """The parameters that one step has changed, before any averaging."""
    if isinstance(model, RegularizedGaussian):
        return [model.location_, model.covariance_, model.precision_]
    if isinstance(model, RegularizedMixture):
        return [model.weights_, model.means_, model.covariances_]
    return list(model._state.thetas.values())


def averaged(model):
    assert not differ(learnt(model), learnt(fitted(type(model), max_iter=2)))
    return [model._state.average]


def sampled(model):
    return [model.sample(9)]


def dtype(model):
    return [np.array(str(theta.dtype)) for theta in learnt(model)]


def updates_of_two_fits(model):
    return [np.array(model.fit(*data()).n_iter_)]


def backends_asked_for(model):
    mixed = isinstance(model, RegularizedMixture)
    where = "regan.estimators.mixture" if mixed else "regan.building.specs"
    with patch(f"{where}.get_backend", wraps=get_backend) as asked:
        model.fit(*data_of(type(model)))
    return [np.array(str(asked.call_args_list[0].args[0]))]


def bars_shown(model):
    with patch(
        "regan.building.run_spec.ProgressBar", wraps=regan.building.run_spec.ProgressBar
    ) as bar:
        model.fit(*data_of(type(model)))
    return [np.array(bar.call_count)]


CALLED = []


def calls(model):
    CALLED.clear()
    model.fit(*data_of(type(model)))
    return [np.array(len(CALLED))]


# Every argument of every estimator


@dataclass(frozen=True)
class Row:
    """Two values of a setting between which something differs.

    `others` are set beside it, `shows` is what differs, with a `reason` if it is not the learnt
    parameters. Of a pair each network's own parameters have to differ.
    """

    value: object
    another: object
    others: dict = field(default_factory=dict)
    pair: bool = False
    shows: Callable = learnt
    reason: str = ""


def pair(*args, **kwargs):
    return Row(*args, pair=True, **kwargs)


TWO = {"max_iter": 2}  # a schedule starts at 1, and Adam's first step forgets its decays
SHARED = {
    "penalty": pair("l2", "l1", {"alpha": 1e-2}),
    "alpha": pair(1e-3, 1e-2),
    "l1_ratio": pair(0.2, 0.8, {"penalty": "elasticnet", "alpha": 1e-2}),
    "hidden_layer_sizes": Row((8, 8), (8, 9)),
    "activation": pair("leaky_relu", "tanh"),
    "latent_dim": Row(4, 5),
    "optimizer": pair("adam", "rmsprop"),
    "learning_rate_init": pair(1e-3, 2e-3),
    "learning_rate": pair("constant", "linear", TWO),
    "beta_1": pair(0.1, 0.5, TWO),
    "beta_2": pair(0.99, 0.9, TWO),
    "batch_size": Row(16, 17),
    "max_iter": Row(1, 2, {"learning_rate": "constant"}),
    "ema_decay": Row(
        0.0, 0.5, TWO, shows=averaged, reason="the average is apart from what is trained"
    ),
    "constraint": pair(None, "weight_clip"),
    "activity_penalty": pair(None, "l2"),
    "normalization": pair(None, "batch"),
    "dropout": pair(0.2, 0.5),
    "architecture": pair(None, "residual"),
    "clipping": pair(None, ClipValue(1e-3), {"optimizer": "sgd"}),
    "conditional": Row(False, True),
    "frames": Row(None, 2),
    "masked": Row(False, True),
    "standardize": Row(True, False),
    "backend": Row(None, "numpy", shows=backends_asked_for, reason="all backends compute the same"),
    "dtype": Row("float32", "float64", shows=dtype, reason="single precision rounds anyway"),
    "early_stopping": Row(False, EarlyStopping(0.25)),
    "warm_start": Row(
        False, True, shows=updates_of_two_fits, reason="it acts when fit is called again"
    ),
    "callbacks": Row(None, [CALLED.append], shows=calls, reason="they only watch"),
    "random_state": Row(0, 1),
    "verbose": Row(0, 1, shows=bars_shown, reason="it is for the eye"),
}
ADVERSARIAL = {
    "loss": Row("relativistic", "hinge"),
    "discriminator_hidden_layer_sizes": Row(None, 5),
    "gradient_penalty": Row("r1", "r2"),
    "gamma": Row(0.1, 0.2),
    "n_discriminator_steps": Row(0, 1),
    "noise": Row(None, "instance"),
    "matching": Row(None, "moments"),
}
OF_ROWS_FROM_NOISE = {
    "latent_dim",
    "conditional",
    "frames",
    "masked",
    "early_stopping",
    "warm_start",
}
ARGUMENTS = {
    RegularizedGAN: {**SHARED, **ADVERSARIAL},
    RegularizedCycleGAN: {
        **{name: row for name, row in SHARED.items() if name not in OF_ROWS_FROM_NOISE},
        **ADVERSARIAL,
        # at first the generators are the identity, which is consistent
        "cycle_consistency": Row("l1", "l2", TWO),
        "cycle_strength": Row(1.0, 2.0, TWO),
        "identity_strength": Row(0.0, 0.5, TWO),
    },
    RegularizedVAE: {
        **SHARED,
        "beta": Row(1.0, 2.0),
        "decoder_hidden_layer_sizes": Row(None, 5),
    },
    RegularizedGaussian: {
        "penalty": Row("l2", "l1", {"alpha": 0.1}),
        "alpha": Row(0.1, 0.2),
        "l1_ratio": Row(0.2, 0.8, {"penalty": "elasticnet", "alpha": 0.1}),
        "conditional": Row(False, True),
        "pooling": Row(0.2, 0.8, {"conditional": True}),
        "max_iter": Row(1, 100, {"penalty": "l1", "alpha": 0.1, "tol": 1e-12}),
        "tol": Row(1e-6, 10.0, {"penalty": "l1", "alpha": 0.1}),
        "standardize": Row(True, False),
        "random_state": Row(0, 1, shows=sampled, reason="its training draws nothing"),
    },
    RegularizedMixture: {
        "n_components": Row(2, 3),
        "penalty": Row("l1", "l2"),
        "alpha": Row(1.0, 2.0),
        "l1_ratio": Row(0.2, 0.8, {"penalty": "elasticnet"}),
        "covariance_type": Row("diag", "full"),
        "rank": Row(1, 2, {"covariance_type": "low_rank"}),
        "shrinkage": Row(1.0, 2.0),
        "weight_penalty": Row("dirichlet", "entropy"),
        "weight_alpha": Row(1.0, 2.0, {"weight_penalty": "dirichlet"}),
        "batch_size": Row(40, 10),
        "max_iter": Row(1, 2, {"tol": 0.0}),
        "tol": Row(0.0, 10.0),
        "conditional": Row(False, True),
        "standardize": Row(True, False),
        "backend": SHARED["backend"],
        "dtype": Row("float32", "float64"),
        "random_state": Row(0, 1),
    },
}
EACH = [(cls, name) for cls, rows in ARGUMENTS.items() for name in rows]
PAIRS = [
    (cls, name, i)
    for cls in NETWORKS
    for name, row in ARGUMENTS[cls].items()
    if row.pair
    for i in (0, 1)
]


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_no_argument_is_missing(cls):
    assert ARGUMENTS[cls].keys() == cls().get_params().keys()


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_there_are_not_too_many(cls):
    assert len(cls().get_params()) <= 38


@pytest.mark.parametrize(("cls", "name"), EACH)
def test_every_argument_acts(cls, name):
    row = ARGUMENTS[cls][name]
    assert bool(row.reason) == (row.shows is not learnt)
    first, again, second = (
        row.shows(fitted(cls, **row.others, **{name: value}))
        for value in (row.value, row.value, row.another)
    )
    assert not differ(first, again)
    assert differ(first, second)


@pytest.mark.parametrize(("cls", "name", "i"), PAIRS)
def test_each_element_of_a_pair_acts_on_its_network(cls, name, i):
    row = ARGUMENTS[cls][name]
    values = [row.value, row.value]
    values[i] = row.another
    first, second = (
        learnt(fitted(cls, **row.others, **{name: value}))
        for value in ((row.value, row.value), tuple(values))
    )
    assert differ(first[i : i + 1], second[i : i + 1])


# Every name, and every argument of what it stands for

TIGHT = {  # instead of a name whose default these small networks keep to anyway
    ("constraint", "max_norm"): MaxNorm(0.5),
    ("constraint", "l1_ball"): L1Ball(2.0),
    ("constraint", "l2_ball"): L2Ball(1.0),
    ("constraint", "max_units"): MaxUnits(4),
    ("normalization", "group"): GroupNorm(3),
    ("clipping", "value"): ClipValue(1e-3),
    ("clipping", "norm"): ClipNorm(1e-3),
    ("clipping", "global_norm"): ClipGlobalNorm(1e-3),
}
BESIDE = {  # what has to be set for a setting to show
    "penalty": {"alpha": 1e-2},
    "clipping": {"optimizer": "sgd"},
    "normalization": {"hidden_layer_sizes": (9, 9)},  # groups have to divide it
    "learning_rate": {"max_iter": 3},  # half way linear and cosine agree
    "optimizer": {"beta_1": 0.5, "max_iter": 3},
}
NO_NONE = ("loss", "optimizer", "learning_rate", "activation")


def choices(name, player):
    """The values of a setting that one network can have."""
    values = [
        TIGHT.get((name, key), key)
        for key, cls in TABLES[name].items()
        if name != "architecture" or player in cls.networks
    ]
    if name == "optimizer":  # the ones that look ahead do so for both networks
        values = [v for v in values if not factory.OPTIMIZERS[v].extrapolates]
    return values if name in NO_NONE else [None, *values]


NAMES = [
    (cls, name, i)
    for cls in NEURAL
    for name in TABLES
    if name in ARGUMENTS[cls]
    for i in ((0, 1) if ARGUMENTS[cls][name].pair else (None,))
]


@pytest.mark.parametrize(("cls", "name", "i"), NAMES)
def test_all_names_differ(cls, name, i):
    outcomes = []
    for value in choices(name, cls.networks[i or 0]):
        given = value
        if i is not None:
            rest = ARGUMENTS[cls][name].value
            given = (value, rest) if i == 0 else (rest, value)
        outcomes.append(learnt(fitted(cls, **BESIDE.get(name, {}), **{name: given})))
    # what follows the output of the other network moves both, so the own one is looked at
    own = slice(None) if i is None else slice(i, i + 1)
    for j, a in enumerate(outcomes):
        for b in outcomes[:j]:
            assert differ(a[own], b[own])


@pytest.mark.parametrize("cls", NEURAL)
def test_optimizers_that_look_ahead_differ_too(cls):
    """From one another and from those they are built on."""
    names = ("sgd", "extra_sgd", "adam", "extra_adam", "optimistic_adam")
    outcomes = [learnt(fitted(cls, optimizer=name, max_iter=3)) for name in names]
    for j, a in enumerate(outcomes):
        for b in outcomes[:j]:
            assert differ(a[:1], b[:1])
            assert differ(a[1:], b[1:])


GAMMA = (0.1, 0.2)
SCHEDULE, INTERVAL = ("constant", "geometric"), (1, 2)
ADAM = {"beta_1": (0.0, 0.5), "beta_2": (0.99, 0.9), "epsilon": (1e-8, 1e-3)}
OBJECTS = {  # for each class: two values of each argument, and what else the object has
    "Relativistic": {"label_smoothing": (0.0, 0.2)},
    "NonSaturating": {"label_smoothing": (0.0, 0.2)},
    "Minimax": {"label_smoothing": (0.0, 0.2)},
    "Wasserstein": {},
    "Hinge": {},
    "LeastSquares": {"label_smoothing": (0.0, 0.2)},
    "L1": {"alpha": (1e-3, 1e-2), "method": ("prox", "subgradient", {"alpha": 0.1})},
    "L2": {"alpha": (1e-3, 1e-2)},
    "ElasticNet": {
        "alpha": (1e-3, 1e-2),
        "l1_ratio": (0.2, 0.8, {"alpha": 1e-2}),
        "method": ("prox", "subgradient", {"alpha": 0.1}),
    },
    "GroupLasso": {"alpha": (1e-3, 1e-2)},
    "Orthogonal": {"alpha": (1e-3, 1e-2)},
    **{
        name: {"gamma": GAMMA, "schedule": SCHEDULE, "interval": INTERVAL}
        for name in ("R1", "R2", "R1R2", "WGANGP", "ZeroCentredGP", "Roth")
    },
    "DRAGAN": {"gamma": GAMMA, "schedule": SCHEDULE, "interval": INTERVAL, "spread": (0.1, 0.5)},
    "L1Activity": {"strength": (1e-3, 1e-2), "where": ("output", "hidden")},
    "L1Consistency": {"strength": (1.0, 2.0)},
    "L2Consistency": {"strength": (1.0, 2.0)},
    "L2Activity": {"strength": (1e-3, 1e-2), "where": ("output", "both")},
    "SpectralNorm": {"limit": (1.0, 2.0), "n_iterations": (1, 5)},
    "WeightClip": {"limit": (0.1, 0.2)},
    "MaxNorm": {"limit": (0.5, 0.6)},
    "UnitNorm": {},
    "NonNegative": {},
    "L1Ball": {"radius": (2.0, 3.0)},
    "L2Ball": {"radius": (1.0, 1.5)},
    "MaxUnits": {"n_units": (3, 4)},
    "MaxNonZero": {"density": (0.3, 0.5)},
    "BatchNorm": {"epsilon": (1e-5, 1e-2)},
    "LayerNorm": {"epsilon": (1e-5, 1e-2)},
    "GroupNorm": {"n_groups": (1, 3), "epsilon": (1e-5, 1e-2, {"n_groups": 3})},
    "ResidualConnections": {},
    "FourierFeatures": {"frequencies": ((1, 2), (1, 3))},
    "MinibatchStd": {"epsilon": (1e-8, 1e-1)},
    "Packing": {"pac": (2, 4)},
    "NoiseSkip": {},
    "LatentMixture": {"n_components": (5, 6), "spread": (0.1, 0.2)},
    "InstanceNoise": {"sigma": (0.3, 0.4), "schedule": ("constant", "linear")},
    "ClipValue": {"limit": (1e-3, 2e-3)},
    "ClipNorm": {"limit": (1e-3, 2e-3)},
    "ClipGlobalNorm": {"limit": (1e-3, 2e-3)},
    "MatchRows": {"weight": (0.1, 0.2)},
    "MatchMoments": {"weight": (0.1, 0.2), "order": (1, 2)},
    "MatchFeatures": {"weight": (0.1, 0.2)},
    "SGD": {"momentum": (0.0, 0.5)},
    "RMSprop": {"decay": (0.99, 0.9), "momentum": (0.0, 0.5), "epsilon": (1e-8, 1e-3)},
    "Adam": ADAM,
    "AdamW": ADAM,
    "OptimisticAdam": ADAM,
    "ExtraSGD": {"momentum": (0.0, 0.5)},
    "ExtraAdam": ADAM,
    "ConstantSchedule": {},
    "LinearSchedule": {"final": (0.0, 0.5)},
    "GeometricSchedule": {"final": (0.01, 0.5)},
    "CosineSchedule": {"final": (0.0, 0.5)},
    "Dropout": {"rate": (0.2, 0.5)},
}
OWNERS = {  # the setting that each class is for
    **{
        cls: name
        for name, table in TABLES.items()
        if name != "activation"
        for cls in table.values()
    },
    factory.Dropout: "dropout",
}
REFLECTED = [
    (estimator, cls, argument)
    for cls, owner in OWNERS.items()
    for argument in OBJECTS.get(cls.__name__, {})
    for estimator in (NEURAL if owner != "cycle_consistency" else (RegularizedCycleGAN,))
    if owner in ARGUMENTS[estimator]
    and (owner != "architecture" or {*estimator.networks} & {*cls.networks})
]


def test_no_argument_of_an_object_is_missing():
    found = {cls.__name__: {*inspect.signature(cls).parameters} for cls in OWNERS}
    assert {name: {*arguments} for name, arguments in OBJECTS.items()} == found


@pytest.mark.parametrize(("estimator", "cls", "argument"), REFLECTED)
def test_every_argument_of_an_object_acts(estimator, cls, argument):
    """On each network that can have the object."""
    owner = OWNERS[cls]
    value, another, *rest = OBJECTS[cls.__name__][argument]
    beside = BESIDE[owner] if owner in ("clipping", "normalization") else {}
    models = [
        fitted(estimator, max_iter=3, **beside, **{owner: cls(**{argument: v}, **dict(*rest))})
        for v in (value, another)
    ]
    first, second = map(learnt, models)
    for i, player in enumerate(estimator.networks):
        if owner != "architecture" or player in cls.networks:
            assert differ(first[i : i + 1], second[i : i + 1])
