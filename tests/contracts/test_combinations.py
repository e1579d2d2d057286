"""Everything that can be switched on, alone and together, against finite differences.

The objectives are those that the estimators build from their arguments. What acts after the
gradient (proximal steps, projections, clipping) is no part of an objective; `test_it_acts` and the
trainings below have it.
"""

from dataclasses import replace
from itertools import cycle

import numpy as np
import pytest
from sklearn.base import clone

from regan import RegularizedGAN, RegularizedVAE
from regan.building import factory
from regan.building.architecture import Packing
from regan.building.specs import Shape, read
from regan.constraints import MaxNonZero, MaxNorm, MaxUnits, NonNegative, SpectralNorm, WeightClip
from regan.constraints.clipping import ClipGlobalNorm, ClipNorm, ClipValue
from regan.layers import (
    BatchNorm,
    Dropout,
    FourierFeatures,
    GroupNorm,
    LatentMixture,
    LayerNorm,
    MinibatchStd,
)
from regan.layers.draws import Draws
from regan.losses.matching import MatchMoments
from regan.objectives import AdversarialObjective, VariationalObjective
from regan.objectives.batch import Batch
from regan.objectives.noise import InstanceNoise
from regan.penalties import L1, L2, ElasticNet
from regan.penalties.activity import L2Activity
from regan.schedules import CosineSchedule, GeometricSchedule, LinearSchedule
from regan.schedules.clock import Clock
from regan.testing import check_objective
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.training_data import TrainingData

# batch norm in the discriminator beside a gradient penalty is allowed, and warns
pytestmark = pytest.mark.filterwarnings("ignore:BatchNorm in the discriminator")

SMOOTH = ("tanh", "softplus", "silu")
SMALL = {"hidden_layer_sizes": (9, 6, 6), "latent_dim": 3, "penalty": None}
ESTIMATORS = {"gan": RegularizedGAN, "vae": RegularizedVAE}
N, D, N_MODELS = 6, 2, 2


def build(kind, ops, *, labels=0, **settings):
    """The objective that an estimator would train."""
    plain = {"gradient_penalty": None} if kind == "gan" else {}
    model = ESTIMATORS[kind](**{**SMALL, **plain, **settings})
    objective = read(model).bind(ops, Shape(D, labels))
    objective.check()
    return objective


def halves(values):
    """Each thing on the first network, and on the second."""
    for label, value in values.items():
        yield f"{label}-first", (value, None)
        yield f"{label}-second", (None, value)


def named(argument, rows):
    return {f"{argument}-{label}": {argument: value} for label, value in rows}


def objects(table, **settings):
    return {name: cls(**settings) for name, cls in table.items()}


WEIGHTS = {name: cls(0.2) for name, cls in factory.PENALTIES.items()} | {
    "l1_subgradient": L1(0.2, method="subgradient"),
    "elasticnet_subgradient": ElasticNet(0.2, 0.3, method="subgradient"),
    "several": [L2(0.1), ElasticNet(0.2, 0.0), factory.PENALTIES["orthogonal"](0.1)],
}
ACTIVITY = {
    f"{name}_{where}": cls(0.2, where)
    for name, cls in factory.ACTIVITY_PENALTIES.items()
    for where in ("output", "hidden", "both")
}
NORMS = {name: cls() for name, cls in factory.NORMALIZATIONS.items()} | {
    "batch_0.1": BatchNorm(0.1),
    "layer_0.1": LayerNorm(0.1),
    "group": GroupNorm(3, 0.1),  # with a smaller epsilon little but a sign is left of two units
}
BOTH = {  # what both estimators have
    **named("penalty", halves(WEIGHTS)),
    **named("activity_penalty", halves(ACTIVITY)),
    **named("constraint", objects(factory.CONSTRAINTS).items()),
    **named("constraint", halves({"spectral_norm_3": SpectralNorm(0.5, 3)})),
    **named("normalization", halves(NORMS)),
    **named("dropout", halves({"0.3": 0.3, "object": Dropout(0.6)})),
    **named("architecture", halves({"residual": "residual", "fourier": FourierFeatures((1, 2))})),
    "conditional": {"labels": 3},
}
SCHEDULES = (LinearSchedule(0.2), GeometricSchedule(0.1), CosineSchedule())
SCHEDULED = {
    f"{name}-{type(schedule).__name__}": cls(0.3, schedule=schedule)
    for (name, cls), schedule in zip(
        factory.GRADIENT_PENALTIES.items(), cycle(SCHEDULES), strict=False
    )
}
ADVERSARIAL = {
    **named("loss", ((name, name) for name in factory.LOSSES)),
    **named(
        "loss",
        (
            (f"{name}_smoothed", cls(label_smoothing=0.2))
            for name, cls in factory.LOSSES.items()
            if "label_smoothing" in cls().get_params()
        ),
    ),
    **named("gradient_penalty", objects(factory.GRADIENT_PENALTIES).items()),
    **named("gradient_penalty", SCHEDULED.items()),
    **named(
        "gradient_penalty",
        ((f"{n}_lazy", cls(0.3, interval=4)) for n, cls in factory.GRADIENT_PENALTIES.items()),
    ),
    **named("noise", objects(factory.NOISE).items()),
    **named("noise", [("constant", InstanceNoise(0.5, "constant")), ("twice", ["instance"] * 2)]),
    **named("matching", objects(factory.MATCHING, weight=0.5).items()),
    **named("matching", [("means", MatchMoments(0.5, order=1)), ("all", list(factory.MATCHING))]),
    **named(
        "architecture",
        [
            ("minibatch_std", (None, MinibatchStd())),
            ("latent_mixture", (LatentMixture(4, 0.3), None)),
            ("latent_mixture_50", ("latent_mixture", None)),
            ("noise_skip", ("noise_skip", None)),
            *((f"packing_{pac}", (None, Packing(pac))) for pac in (2, 3)),
        ],
    ),
}
VARIATIONAL = {f"beta-{beta}": {"beta": beta} for beta in (0.0, 0.5, 4.0)}
ALONE = {
    **{f"gan-{label}": ("gan", row) for label, row in {**BOTH, **ADVERSARIAL}.items()},
    **{f"vae-{label}": ("vae", row) for label, row in {**BOTH, **VARIATIONAL}.items()},
}


@pytest.mark.parametrize("activation", SMOOTH)
@pytest.mark.parametrize("name", factory.GRADIENT_PENALTIES)
def test_each_gradient_penalty_with_each_activation(name, activation, ops64):
    objective = build("gan", ops64, gradient_penalty=name, activation=activation)
    assert check_objective(objective) <= 1e-6


@pytest.mark.parametrize(
    ("label", "activation"),
    [(label, SMOOTH[i % len(SMOOTH)]) for i, label in enumerate(ALONE)],
)
def test_each_alone(label, activation, ops64):
    kind, row = ALONE[label]
    assert check_objective(build(kind, ops64, activation=activation, **row)) <= 1e-6


@pytest.mark.parametrize(
    ("argument", "table"),
    [
        ("penalty", factory.PENALTIES),
        ("loss", factory.LOSSES),
        ("gradient_penalty", factory.GRADIENT_PENALTIES),
        ("activity_penalty", factory.ACTIVITY_PENALTIES),
        ("constraint", factory.CONSTRAINTS),
        ("normalization", factory.NORMALIZATIONS),
        ("architecture", factory.ARCHITECTURE),
        ("noise", factory.NOISE),
        ("matching", factory.MATCHING),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_name_is_in_the_table(argument, table):
    """A name that is added to the factory needs a row above."""
    rows = [label.removeprefix("gan-") for label in ALONE if label.startswith("gan-")]
    used = " ".join(label for label in rows if label.startswith(f"{argument}-"))
    assert [name for name in table if name not in used] == []


# Random combinations


def pick(rng, values, share=0.5):
    """One of `values`, or with probability 1 - `share` None."""
    values = list(values)
    return values[rng.integers(len(values))] if rng.random() < share else None


def pick_list(rng, values, share=0.5):
    """None, one of `values` or two."""
    found = pick(rng, values, share), pick(rng, values, share / 2)
    singles = [v for v in found if v is not None and not isinstance(v, list)]
    return singles or None


def shared_settings(rng):
    activations = (*SMOOTH, "leaky_relu")
    return {
        "activation": (pick(rng, activations, 1), pick(rng, activations, 1)),
        "penalty": (pick_list(rng, WEIGHTS.values()), pick_list(rng, WEIGHTS.values())),
        "activity_penalty": (pick(rng, ACTIVITY.values()), pick_list(rng, ACTIVITY.values())),
        "constraint": (pick(rng, ["spectral_norm"], 0.3), pick(rng, [SpectralNorm(0.7)], 0.3)),
        "normalization": (pick(rng, NORMS.values()), pick(rng, NORMS.values())),
        "dropout": (pick(rng, [0.3]), pick(rng, [0.2])),
        "labels": pick(rng, [2, 3], 0.3) or 0,
    }


def parts(rng, values):
    return [part for part in values if rng.random() < 0.3]


def adversarial_settings(rng):
    losses = [row["loss"] for row in ADVERSARIAL.values() if "loss" in row]
    gradient = [*factory.GRADIENT_PENALTIES, *SCHEDULED.values()]
    gradient = [
        g if not isinstance(g, str) else factory.GRADIENT_PENALTIES[g](0.4) for g in gradient
    ]
    matching = [cls(0.5) for cls in factory.MATCHING.values()]
    fourier = FourierFeatures((1, 2))
    return {
        "loss": pick(rng, losses, 1),
        "gradient_penalty": pick_list(rng, gradient, 0.8),
        "matching": pick_list(rng, matching),
        "noise": pick(rng, [InstanceNoise(0.5)], 0.4),
        "architecture": (
            parts(rng, ["residual", LatentMixture(4, 0.3), fourier, "noise_skip"]),
            parts(rng, ["residual", fourier, "minibatch_std", Packing(pick(rng, [2, 3], 1))]),
        ),
    }


def variational_settings(rng):
    each = ["residual", FourierFeatures((1, 2))]
    return {
        "beta": float(rng.uniform(0, 2)),
        "architecture": (parts(rng, each), parts(rng, each)),
    }


def combination(kind, seed):
    rng = np.random.default_rng([seed, len(kind)])
    own = adversarial_settings if kind == "gan" else variational_settings
    return {**shared_settings(rng), **own(rng)}


def seeds(n, n_slow):
    """Of so many seeds the last ones for `tox -e slow`."""
    quick = n - n_slow
    return [*range(quick), *(pytest.param(i, marks=pytest.mark.slow) for i in range(quick, n))]


@pytest.mark.parametrize("seed", seeds(220, 120))
def test_random_combinations_of_a_gan(seed, ops64):
    objective = build("gan", ops64, **combination("gan", seed))
    assert check_objective(objective, random_state=seed) <= 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_random_combinations_of_a_vae(seed, ops64):
    objective = build("vae", ops64, **combination("vae", seed))
    assert check_objective(objective, random_state=seed) <= 1e-6


def test_the_combinations_use_everything():
    """Each entry of each list above is drawn somewhere."""
    drawn = " ".join(
        repr(combination(kind, seed))
        for kind, n in (("gan", 100), ("vae", 40))
        for seed in range(n)
    )
    tables = (factory.PENALTIES, factory.ACTIVITY_PENALTIES, factory.NORMALIZATIONS)
    tables += (factory.GRADIENT_PENALTIES, factory.MATCHING, factory.NOISE)
    for table in tables:
        assert [cls.__name__ for cls in table.values() if cls.__name__ not in drawn] == []
    for name in (
        *factory.LOSSES,
        "residual",
        "Fourier",
        "minibatch_std",
        "Packing",
        "Mixture",
        "noise_skip",
    ):
        assert name in drawn


# Populations

STRENGTHS = ("alpha", "gamma", "strength", "weight")


def strengthened(objective, factors):
    """The same objective for ``len(factors)`` models, with strengths times the factor of each."""
    ops = objective.ops

    def spread(thing):
        name = next(n for n in STRENGTHS if n in thing.get_params())
        return clone(thing).set_params(**{name: np.multiply(getattr(thing, name), factors)})

    players = {}
    for name, player in objective.players.items():
        layout, decoupled = player.network.layout, player.optimizer.decoupled
        players[name] = replace(
            player,
            penalties=[spread(p).bind(ops, layout, decoupled=decoupled) for p in player.penalties],
            activity_penalties=[spread(p).bind(ops) for p in player.activity_penalties],
        )
    if isinstance(objective, VariationalObjective):
        return VariationalObjective(players, objective.beta, objective.n_labels)
    judging = objective.judging
    return AdversarialObjective(
        players,
        judging.loss,
        [spread(p).bind(ops) for p in judging.gradient_penalties],
        [spread(m).bind(ops) for m in judging.matching],
        judging.instance_noise,
        objective.pac,
        objective.n_labels,
    )


def close(ops, a, b, name=""):
    if ops.bitwise:
        np.testing.assert_array_equal(a, b, err_msg=name)
    else:
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-11, err_msg=name)


def evaluate(objective, which):
    """Terms and gradients at random parameters: those of the models `which` of `N_MODELS`."""
    ops, rng = objective.ops, np.random.default_rng(0)
    thetas, memories = {}, {}
    for name, player in objective.players.items():
        theta = ops.to_numpy(player.network.init(rng, N_MODELS))
        n = player.network.layout.n_trained
        theta[:, :n] += 0.1 * rng.standard_normal((N_MODELS, n))
        thetas[name] = ops.asarray(theta[which])
        memories[name] = player.constraints.init(thetas[name], np.random.default_rng(1))
    real = rng.standard_normal((1, N, D))
    n_labels = objective.n_labels
    labels = np.eye(n_labels)[rng.integers(n_labels, size=N)][None] if n_labels else None
    batch = Batch(
        ops.asarray(real),
        Draws(ops, ops.rng(2)),
        None if labels is None else ops.asarray(labels),
        Clock(0.3),
    )
    terms, grads = objective.value_and_grad(objective.names, thetas, batch, memories)
    return {k: ops.to_numpy(v) for k, v in {**terms, **grads}.items()}


@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize("seed", range(14))
def test_a_population_is_its_models(kind, seed, ops64):
    objective = build(kind, ops64, **combination(kind, 1000 + seed))
    factors = np.array([0.7, 1.9])
    together = evaluate(strengthened(objective, factors), slice(0, 2))
    for k in range(N_MODELS):
        alone = evaluate(strengthened(objective, factors[[k]]), slice(k, k + 1))
        assert alone.keys() == together.keys()
        for name, value in together.items():
            assert value.shape[0] == N_MODELS, name
            close(ops64, value[k], alone[name][0], name)


# Trainings with everything on

EVERYTHING = {
    "penalty": (["l1", L2(0.01)], [ElasticNet(0.01, 0.5), "group_lasso"]),
    "activity_penalty": L2Activity(0.01, "both"),
    "constraint": ([MaxNorm(2.0), MaxNonZero(0.8)], [SpectralNorm(), NonNegative()]),
    "normalization": ("batch", "layer"),
    "dropout": 0.2,
    "clipping": ([ClipValue(0.5), ClipNorm(1.0)], ClipGlobalNorm(1.0)),
    "optimizer": ("adam", "adamw"),
    "labels": 2,
}
EVERYTHING_ADVERSARIAL = {
    "gradient_penalty": [cls(0.1, "cosine", 2) for cls in factory.GRADIENT_PENALTIES.values()],
    "matching": list(factory.MATCHING),
    "noise": "instance",
    "loss": factory.LOSSES["relativistic"](label_smoothing=0.1),
    "architecture": (
        ["residual", LatentMixture(4), "noise_skip"],
        ["residual", FourierFeatures((1,)), "minibatch_std", Packing(2)],
    ),
}
TRAININGS = {
    "gan": ("gan", {**EVERYTHING, **EVERYTHING_ADVERSARIAL}),
    "gan-extragradient": (
        "gan",
        {**EVERYTHING, **EVERYTHING_ADVERSARIAL, "optimizer": "extra_adam"},
    ),
    "gan-projections": (
        "gan",
        {
            "penalty": "orthogonal",
            "constraint": ([MaxUnits(3), WeightClip(0.5)], [factory.CONSTRAINTS["l1_ball"](3.0)]),
            "normalization": GroupNorm(3, 0.1),
            "optimizer": ("optimistic_adam", "rmsprop"),
        },
    ),
    "vae": ("vae", {**EVERYTHING, "architecture": ["residual", FourierFeatures((1,))]}),
    "vae-extragradient": ("vae", {**EVERYTHING, "optimizer": "extra_sgd"}),
}


def train(objective, n_models, n_updates=6):
    ops, rng = objective.ops, np.random.default_rng(5)
    X = rng.standard_normal((40, D))
    n_labels = objective.n_labels
    labels = np.eye(n_labels)[rng.integers(n_labels, size=40)] if n_labels else None
    data = TrainingData(ops, X, labels)
    trainer = Trainer(objective, batch_size=8, ema_decay=0.999, n_discriminator_steps=2)
    run = Run(trainer.init(0, n_models), n_updates)
    trainer.run(run, data)
    state = run.state.map(ops.to_numpy)
    probe = trainer.evaluation.probe(run.state, data, 40)
    thetas = trainer.evaluation.thetas(run.state, probe)
    seen = {f"seen {k}": ops.to_numpy(v) for k, v in thetas.items()}
    arrays = {**state.thetas, "average": state.average, **seen}
    return arrays, {k: np.array(v) for k, v in run.history.items()}


@pytest.mark.parametrize("label", TRAININGS)
def test_a_training_of_several_models_is_theirs(label, ops64):
    kind, settings = TRAININGS[label]
    objective = build(kind, ops64, **settings)
    factors = np.array([0.5, 1.0, 3.0])
    together, history = train(strengthened(objective, factors), 3)
    names = list(objective.names)
    assert all(not np.array_equal(together[n][0], together[n][2]) for n in names)
    for k in range(3):
        alone, single = train(strengthened(objective, factors[[k]]), 1)
        for name, value in together.items():
            close(ops64, value[k], alone[name][0], name)
        assert history.keys() == single.keys()
        for name, rows in history.items():
            assert np.isfinite(rows).all(), name
            close(ops64, rows[:, k], single[name][:, 0], name)
