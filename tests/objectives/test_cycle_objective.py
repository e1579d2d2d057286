"""The objective of a cycle GAN, all four networks, against finite differences."""

import numpy as np
import pytest
from games import network, player
from sklearn.base import clone

from regan import RegularizedCycleGAN
from regan.building import factory
from regan.building.cycle_spec import Columns, CycleSpec
from regan.building.settings import Settings
from regan.layers import BatchNorm, Dropout, FourierFeatures, MinibatchStd
from regan.layers.draws import Draws
from regan.losses import NonSaturating
from regan.losses.matching import MatchFeatures, MatchMoments, MatchRows
from regan.objectives import Batch, CycleObjective, Judging
from regan.penalties import L1, L2, ElasticNet, L1Consistency, L2Activity, L2Consistency
from regan.penalties.gradient import R1, R1R2
from regan.testing import check_objective
from regan.training.results import results
from regan.training.state import Run
from regan.training.trainer import Trainer
from regan.training.unpaired_data import UnpairedData

pytestmark = pytest.mark.filterwarnings("ignore:BatchNorm in the discriminator")

ALIKE = Columns(4, (2,)), Columns(4, (2,))
APART = Columns(2), Columns(5, (2, 1))
NUMBERS = Columns(3), Columns(2)


def read(**settings):
    model = RegularizedCycleGAN(
        **{"hidden_layer_sizes": (6, 6), "activation": "tanh", "penalty": None, **settings}
    )
    return CycleSpec.read(Settings.of(model))


def build(ops, domains=APART, **settings):
    return read(**settings).bind(ops, *domains)


SWITCHES = {
    **{f"loss-{name}": {"loss": name} for name in factory.LOSSES},
    **{f"gradient-{name}": {"gradient_penalty": name} for name in factory.GRADIENT_PENALTIES},
    **{f"penalty-{name}": {"penalty": cls(0.2)} for name, cls in factory.PENALTIES.items()},
    **{f"constraint-{name}": {"constraint": name} for name in factory.CONSTRAINTS},
    **{f"cycle-{n}": {"cycle_consistency": cls(2.0)} for n, cls in factory.CONSISTENCIES.items()},
    **{f"matching-{name}": {"matching": cls(0.3)} for name, cls in factory.MATCHING.items()},
    "pair": {"penalty": (L1(0.1, method="subgradient"), ElasticNet(0.2, 0.0))},
    "activity": {"activity_penalty": L2Activity(0.2, "both")},
    "batch norm": {"normalization": ("batch", None)},
    "batch norm, D": {"normalization": (None, "batch"), "gradient_penalty": None},
    "layer norm": {"normalization": ("layer", "group")},
    "dropout": {"dropout": 0.3},
    "noise": {"noise": "instance"},
    "packing": {"architecture": (None, "packing")},
    "minibatch std": {"architecture": (None, MinibatchStd())},
    "fourier": {"architecture": FourierFeatures((1, 2))},
    "residual": {"architecture": ["residual", "noise_skip"]},
    "no discriminator to share": {"n_discriminator_steps": 2, "matching": MatchFeatures(0.2)},
}


@pytest.mark.parametrize("settings", SWITCHES.values(), ids=SWITCHES)
def test_each_switch_alone(settings, ops64):
    assert check_objective(build(ops64, **settings)) <= 1e-6


@pytest.mark.parametrize("cls", [L1Consistency, L2Consistency])
def test_identity_terms(cls, ops64):
    objective = build(ops64, ALIKE, cycle_consistency=cls(2.0), identity_strength=0.7)
    assert objective.identity is not None
    assert check_objective(objective) <= 1e-6


@pytest.mark.parametrize("seed", range(16))
def test_random_combinations(seed, ops64):
    rng = np.random.default_rng(seed)
    names = rng.choice(list(SWITCHES), size=3, replace=False)
    settings = {}
    for name in names:
        settings |= clone_all(SWITCHES[name])
    if settings.get("normalization") == (None, "batch"):
        settings["gradient_penalty"] = None
    domains = ALIKE if rng.random() < 0.5 else APART
    if domains is ALIKE:
        settings["identity_strength"] = 0.4
    objective = build(ops64, domains, **settings)
    assert check_objective(objective, random_state=seed) <= 1e-6


def clone_all(settings):
    return {name: clone(value, safe=False) for name, value in settings.items()}


def test_strengths_by_member(ops64):
    specs = [
        read(
            cycle_strength=cycle,
            identity_strength=identity,
            gamma=gamma,
            penalty=L2(alpha),
        )
        for cycle, identity, gamma, alpha in ((0.5, 0.2, 0.1, 0.3), (3.0, 1.0, 0.9, 0.01))
    ]
    objective = CycleSpec.with_strengths(specs).bind(ops64, *ALIKE)
    assert check_objective(objective, n_models=2) <= 1e-6


def test_terms_of_some_players(ops64):
    """Those that a player has no part in are not among its terms, and no gradient is lost."""
    objective = build(ops64, ALIKE, identity_strength=0.5)
    rng = np.random.default_rng(0)
    thetas = {n: network.init(rng) for n, network in objective.networks.items()}
    batch = batch_of(ops64, objective)
    terms, alone = {}, {}
    for name in objective.names:
        terms[name], grads = objective.value_and_grad((name,), thetas, batch)
        alone |= grads
    whole, together = objective.value_and_grad(objective.names, thetas, batch)
    assert {*terms["generator"]} == {"generator_loss", "cycle", "inverse_cycle", "identity"}
    assert {*terms["inverse_discriminator"]} == {
        "inverse_discriminator_loss",
        "inverse_discriminator_r1",
        "inverse_discriminator_r2",
    }
    for name in objective.names:
        np.testing.assert_allclose(together[name], alone[name], rtol=1e-12, atol=1e-15)
        for term, value in terms[name].items():
            np.testing.assert_allclose(whole[term], value, rtol=1e-12)


def batch_of(ops, objective, n=8):
    rng = np.random.default_rng(1)
    real = ops.asarray(rng.standard_normal((1, n, objective.n_features)))
    return Batch(real, Draws(ops, ops.rng(0)))


def linear(ops, matrix):
    """A generator ``x W``, with its parameters."""
    made = player(network(ops, len(matrix), [], matrix.shape[1]))
    theta = ops.zeros((1, made.network.layout.size))
    made.network.split(theta)[0]["W"][...] = matrix
    return made, theta


def test_generators_that_are_inverse_lose_nothing(ops64):
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    forth, theta = linear(ops64, turn)
    back, inverse = linear(ops64, turn.T)
    judges = {n: player(network(ops64, 2, [4], 1)) for n in CycleObjective.judges}
    for cls in (L1Consistency, L2Consistency):
        measures = tuple(cls(3.0).bind(ops64, 2) for _ in range(2))
        objective = CycleObjective(
            {"generator": forth, "inverse_generator": back, **judges},
            Judging(NonSaturating()),
            measures,
            measures,
        )
        rng = np.random.default_rng(0)
        thetas = {n: objective.networks[n].init(rng) for n in CycleObjective.judges}
        thetas |= {"generator": theta, "inverse_generator": inverse}
        batch = batch_of(ops64, objective)
        terms, _ = objective.value_and_grad(objective.samplers, thetas, batch)
        assert terms["cycle"][0] < 1e-12
        assert terms["inverse_cycle"][0] < 1e-12
        y = batch.real[0, :, 2:]
        off = y @ turn - y
        d = np.abs(off) if cls is L1Consistency else 0.5 * off**2
        np.testing.assert_allclose(terms["identity"][0], 3 * d.mean(), rtol=1e-12)


def test_a_wrong_level_is_as_far_as_a_number_that_is_one_off(ops64):
    rows = np.array([[[0.0, 1, 0, 0]]])
    wrong, off = np.array([[[0.0, 0, 0, 1]]]), np.array([[[1.0, 1, 0, 0]]])
    l1 = L1Consistency(6.0).bind(ops64, 4, (3,))
    assert l1.value_and_grad(wrong, rows)[0] == l1.value_and_grad(off, rows)[0] == 3.0
    l2 = L2Consistency(6.0).bind(ops64, 4, (3,))
    assert l2.value_and_grad(wrong, rows)[0] == l2.value_and_grad(off, rows)[0] == 1.5


@pytest.mark.parametrize("cls", [L1Consistency, L2Consistency])
@pytest.mark.parametrize("strength", [-1.0, np.nan, "much", []])
def test_bad_strengths(cls, strength, ops64):
    with pytest.raises((ValueError, TypeError), match="strength"):
        cls(strength).bind(ops64, 3)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"n_discriminator_steps": 1, "optimizer": "sgd"},
        {"optimizer": "extra_adam", "constraint": (None, "spectral_norm")},
        {"dropout": 0.2, "gradient_penalty": R1(0.3, interval=2), "matching": MatchMoments(0.1)},
    ],
    ids=str,
)
def test_a_population_is_its_members(settings, ops64):
    """K models that train together are what each of them is alone."""
    strengths = [{"cycle_strength": 0.5, "alpha": 1e-2}, {"cycle_strength": 4.0, "alpha": 1e-4}]
    specs = [
        read(**{"penalty": "l2", "identity_strength": 0.3, **settings, **own}) for own in strengths
    ]
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((40, 3)), rng.standard_normal((30, 3))

    def trained(spec, n):
        domains = Columns(3), Columns(3)
        trainer = Trainer(
            spec.bind(ops64, *domains),
            batch_size=8,
            ema_decay=0.9,
            n_discriminator_steps=spec.run.n_discriminator_steps,
        )
        run = Run(trainer.init(5, n), 12)
        data = UnpairedData(ops64, X, Y)
        trainer.run(run, data)
        return results(trainer.evaluation, run, data)

    together = trained(CycleSpec.with_strengths(specs), 2)
    for spec, member in zip(specs, together, strict=True):
        (alone,) = trained(spec, 1)
        for name, fitted in alone.networks.items():
            np.testing.assert_allclose(
                member.networks[name].theta, fitted.theta, rtol=1e-8, atol=1e-10
            )
        for name, values in alone.history.items():
            np.testing.assert_allclose(member.history[name], values, rtol=1e-7, atol=1e-9)


def test_rows_are_matched_to_those_of_their_own_domain(ops64):
    objective = build(ops64, NUMBERS, matching=MatchRows(0.3), gradient_penalty=R1R2(0.1))
    assert check_objective(objective) <= 1e-6
    assert objective.n_source == 3
    assert objective.n_features == 5
    assert objective.plan(0) == [objective.names]
    assert objective.plan(2) == [objective.judges] * 2 + [objective.samplers]


def test_a_batch_norm_is_calibrated_on_rows_of_its_domain(ops64):
    objective = build(ops64, NUMBERS, normalization=(BatchNorm(), None), dropout=Dropout(0.1))
    rng = np.random.default_rng(0)
    X, Y = rng.normal(5, 1, (200, 3)), rng.normal(-5, 1, (200, 2))
    trainer = Trainer(objective, batch_size=50, ema_decay=0.5)
    run = Run(trainer.init(0), 2)
    data = UnpairedData(ops64, X, Y)
    trainer.run(run, data)
    (result,) = results(trainer.evaluation, run, data)
    for name, rows in (("generator", X), ("inverse_generator", Y)):
        fitted = result.networks[name]
        first = fitted.parameters[0]
        hidden = rows @ first["W"] + first["b"]
        np.testing.assert_allclose(fitted.parameters[1]["mean"], hidden.mean(axis=0), atol=1e-9)
