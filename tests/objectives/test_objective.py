"""The whole objective against finite differences: networks put together by hand.

`test_combinations` has what a user can switch on, through the estimators.
"""

import numpy as np
import pytest
from games import game, network, player

from regan.building import factory
from regan.layers import ACTIVATIONS, Activation, Dense, Layer
from regan.layers.draws import Draws
from regan.layers.network import Network
from regan.losses.matching import MatchFeatures, MatchMoments
from regan.objectives import AdversarialObjective
from regan.objectives.batch import Batch
from regan.penalties import L1, L2, ElasticNet
from regan.penalties.gradient import DRAGAN, R1, R1R2, R2
from regan.testing import check_objective
from regan.testing.__main__ import small_objective

WEIGHT = [
    [],
    [L2(0.2)],
    [L1(0.2, method="subgradient")],
    [ElasticNet(0.3, 0.6, method="subgradient")],
    [L2(0.1), L1(0.1, method="subgradient")],
    [L1(0.2)],  # proximal: no part of the objective
]
GRADIENT = [[], [R1(0.5)], [R2(0.5)], [R1R2(0.5)], [R1(0.2), R1R2(0.3)]]
DEPTHS = [[], [5], [6, 5, 4]]


def build(ops, loss, on_g, on_d, weights_g, weights_d, gradient, depth_g, depth_d):
    return game(
        player(network(ops, 3, depth_g, 2, on_g), penalties=weights_g),
        player(network(ops, 2, depth_d, 1, on_d), penalties=weights_d),
        loss=loss,
        gradient=gradient,
    )


BASE = ("relativistic", "tanh", "tanh", [], [], [], [4], [4])
ALONE = [
    BASE[:i] + (value,) + BASE[i + 1 :]
    for i, values in enumerate(
        (factory.LOSSES, ACTIVATIONS, ACTIVATIONS, WEIGHT, WEIGHT, GRADIENT, DEPTHS, DEPTHS)
    )
    for value in values
]


@pytest.mark.parametrize("settings", ALONE, ids=str)
def test_each_switch_alone(settings, ops64):
    assert check_objective(build(ops64, *settings)) <= 1e-6


@pytest.mark.parametrize("seed", range(100))
def test_random_combinations(seed, ops64):
    rng = np.random.default_rng(seed)

    def any_of(values):
        values = list(values)
        return values[rng.integers(len(values))]

    switches = (factory.LOSSES, ACTIVATIONS, ACTIVATIONS, WEIGHT, WEIGHT, GRADIENT, DEPTHS, DEPTHS)
    objective = build(ops64, *map(any_of, switches))
    assert check_objective(objective, random_state=seed) <= 1e-6


def test_strengths_by_member(ops64):
    penalties = [L2([0.1, 0.7])], [ElasticNet(0.3, [0.2, 0.9], method="subgradient")]
    objective = build(ops64, "hinge", "silu", "elu", *penalties, [R1R2([0.2, 0.9])], [4], [5, 4])
    assert check_objective(objective, n_models=2) <= 1e-6


class _Centred(Layer):
    """y = x - mean over the batch: it couples samples, as a norm does."""

    couples_samples = True

    def bind(self, ops, n_in):
        return n_in

    def forward(self, params, x, cache, *, train=False, draws=None):
        return x - x.mean(axis=1, keepdims=True)

    def backward(self, params, gy, cache, grads):
        return gy - gy.mean(axis=1, keepdims=True)

    def tangent(self, params, dx, cache):
        return self.forward(params, dx, cache)

    def tangent_backward(self, params, dgy, cache, grads):
        return None if dgy is None else self.backward(params, dgy, cache, grads)


def batch(ops, rng, n=6, n_features=2):
    """Rows of `rng`, and draws with a seed of its own."""
    draws = Draws(ops, ops.rng(int(rng.integers(2**31))))
    return Batch(ops.asarray(rng.normal(size=(1, n, n_features))), draws)


def coupled(ops, gradient):
    layers = [Dense(5), Activation("tanh"), _Centred(), Dense(4), Activation("softplus"), Dense(1)]
    players = player(network(ops, 3, [4], 2)), player(Network(layers, 2, ops))
    return game(*players, loss="hinge", gradient=gradient)


def test_layers_that_couple_samples_see_one_block_at_a_time(ops64):
    objective = coupled(ops64, [R1R2(0.5)])
    assert check_objective(objective) <= 1e-6
    # and the blocks really are apart: real scores do not move when the noise does
    rng = np.random.default_rng(0)
    thetas = {name: net.init(rng) for name, net in objective.networks.items()}
    real = ops64.asarray(rng.normal(size=(1, 6, 2)))
    terms = [
        objective.value_and_grad(
            ("discriminator",), thetas, Batch(real, Draws(ops64, ops64.rng(seed)))
        )[0]
        for seed in range(2)
    ]
    one, two = ({k: ops64.to_numpy(v) for k, v in t.items()} for t in terms)
    assert one["discriminator_r1"] == pytest.approx(two["discriminator_r1"])
    assert one["discriminator_r2"] != pytest.approx(two["discriminator_r2"])


def test_both_players_at_once_are_each_by_itself(ops64):
    objective = build(
        ops64, "relativistic", "tanh", "silu", [L2(0.1)], [L2(0.2)], [R1R2(0.3)], [4], [4]
    )
    rng = np.random.default_rng(0)
    thetas = {name: net.init(rng) for name, net in objective.networks.items()}
    given = batch(ops64, rng)
    terms, grads = objective.value_and_grad(objective.names, thetas, given)
    for name in objective.names:
        own, alone = objective.value_and_grad((name,), thetas, given)
        assert set(alone) == {name}
        both = ops64.to_numpy(grads[name]), ops64.to_numpy(alone[name])
        np.testing.assert_allclose(*both, rtol=1e-10, atol=1e-13)  # one pass beside two
        for term, value in own.items():
            assert term.startswith(name)
            values = ops64.to_numpy(terms[term]), ops64.to_numpy(value)
            np.testing.assert_allclose(*values, rtol=1e-10)


def test_two_penalties_of_one_class_keep_their_own_points(ops64):
    """One alone near the data, one alone far away: together they are the sum of the two."""
    rng = np.random.default_rng(0)
    near, far = DRAGAN(0.3, spread=0.1), DRAGAN(0.3, spread=5.0)
    given, results = batch(ops64, rng), []
    for gradient in ([near], [far], [near, far]):
        objective = build(ops64, *BASE[:5], gradient, [4], [4])
        thetas = {n: net.init(np.random.default_rng(1)) for n, net in objective.networks.items()}
        terms, _ = objective.value_and_grad(("discriminator",), thetas, given)
        results.append(ops64.to_numpy(terms["discriminator_dragan"])[0])
    assert results[0] != pytest.approx(results[1])
    assert results[2] == pytest.approx(results[0] + results[1])


def test_a_wrong_objective_is_found(ops64):
    class Wrong(AdversarialObjective):
        def value_and_grad(self, *args):
            terms, grads = super().value_and_grad(*args)
            for grad in grads.values():
                grad[:, 0] *= 1.01
            return terms, grads

    right = small_objective("relativistic", "tanh")
    wrong = Wrong(right.players, right.judging.loss, right.judging.gradient_penalties)
    with pytest.raises(AssertionError, match="the generator's objective: relative error"):
        check_objective(wrong)


class _Undeclared(_Centred):
    couples_samples = False


class _OfTheBatch(MatchMoments):
    couples_samples = False


@pytest.mark.parametrize("what", ["layer", "data term"])
def test_what_looks_at_a_whole_minibatch_has_to_say_so(ops64, what):
    """Ranks that share one would train something else."""
    layers = [Dense(5), _Undeclared(), Activation("tanh"), Dense(1)]
    judge = Network(layers, 2, ops64) if what == "layer" else network(ops64, 2, [4], 1)
    matching = [] if what == "layer" else [_OfTheBatch(0.5)]
    objective = game(player(network(ops64, 3, [4], 2)), player(judge), matching=matching)
    message = "the generator is not the mean of those of the halves of a minibatch, but nothing"
    with pytest.raises(AssertionError, match=message):
        check_objective(objective)


class _NoTangent(Activation):
    has_tangent = False


def test_a_missing_pass_is_named_at_once(ops64):
    layers = [Dense(3), _NoTangent("tanh"), Dense(1)]
    players = player(network(ops64, 3, [4], 2)), player(Network(layers, 2, ops64))
    game(*players, loss="hinge").check()
    with pytest.raises(
        ValueError, match=r"R1 needs a tangent pass; _NoTangent has none: implement"
    ):
        game(*players, loss="hinge", gradient=[R1(0.1)]).check()


def test_matched_features_need_a_hidden_layer(ops64):
    players = player(network(ops64, 3, [4], 2)), player(network(ops64, 2, [], 1))
    game(*players).check()
    with pytest.raises(ValueError, match=r"matching='features' .* has none: set disc"):
        game(*players, matching=[MatchFeatures()]).check()
