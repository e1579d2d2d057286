"""Data terms for the generator: values, gradients, where they act."""

import numpy as np
import pytest
from games import game, network, player

from regan.building.factory import MATCHING
from regan.layers.draws import Draws
from regan.losses.matching import MatchFeatures, MatchMoments, MatchRows
from regan.objectives.batch import Batch
from regan.testing import check_objective
from regan.testing.arguments import Arguments
from regan.testing.differences import check_gradient
from regan.testing.models import check_apart

CASES = [MatchRows, MatchMoments, lambda weight: MatchMoments(weight, order=1), MatchFeatures]
NAMES = ["rows", "moments", "means", "features"]
each = pytest.mark.parametrize("make", CASES, ids=NAMES)
SHAPE = (2, 5, 3)


def act(matching, ops, real, fake):
    arguments = Arguments(ops, repr(matching))
    value, g = matching.bind(ops).value_and_grad(arguments.put(real), arguments.put(fake))
    arguments.check("value_and_grad")
    assert value.dtype == g.dtype == ops.dtype
    return ops.to_numpy(value), ops.to_numpy(g)


@pytest.mark.parametrize("weight", [0.3, [0.3, 0.0], [0.2, 0.9]], ids=repr)
@each
def test_the_gradient_is_that_of_the_value(make, weight, ops64):
    matching, real = make(weight), np.random.default_rng(1).standard_normal(SHAPE)
    error = check_gradient(
        lambda rng: [rng.standard_normal(SHAPE)],
        lambda point: float(act(matching, ops64, real, point[0])[0].sum()),
        lambda point: [act(matching, ops64, real, point[0])[1]],
        rng=np.random.default_rng(0),
        what=repr(matching),
    )
    assert error <= 1e-6


@each
def test_models_are_apart(make, ops64):
    real, fake = np.random.default_rng(0).standard_normal((2, *SHAPE))
    matching = make([0.2, 0.9])
    check_apart(
        ops64, lambda point: list(act(matching, ops64, *point)), [real, fake], repr(matching)
    )
    for k, weight in enumerate(matching.weight):
        one = slice(k, k + 1)
        together, alone = (
            act(matching, ops64, real, fake),
            act(make(weight), ops64, real[one], fake[one]),
        )
        for a, b in zip(together, alone, strict=True):
            if ops64.bitwise:
                np.testing.assert_array_equal(a[k], b[0])
            else:
                np.testing.assert_allclose(a[k], b[0], rtol=1e-12)


REAL = np.array([[[0.0, 0.0], [2.0, 4.0]]])
FAKE = np.array([[[1.0, 0.0], [3.0, 2.0]]])  # means (2, 1) and (1, 2)
SECOND_REAL, SECOND_FAKE = np.array([[2.0, 4], [4, 8]]), np.array([[5.0, 3], [3, 2]])


@pytest.mark.parametrize(
    ("matching", "expected"),
    [
        (MatchRows(1.0), (1 + (1 + 4)) / 2 / 2),
        (MatchMoments(1.0, order=1), (1 + 1) / 2),
        (MatchMoments(1.0), (1 + 1) / 2 + ((SECOND_FAKE - SECOND_REAL) ** 2).sum() / 2),
        (MatchFeatures(1.0), (1 + 1) / 2),
        (MatchFeatures(0.0), 0),
        (MatchRows(3.0), 3 * 6 / 4),
    ],
    ids=repr,
)
def test_values_by_hand(matching, expected, ops64):
    assert act(matching, ops64, REAL, FAKE)[0] == pytest.approx(expected)


@pytest.mark.parametrize("make", CASES[1:], ids=NAMES[1:])
def test_moments_do_not_care_for_the_order_of_rows(make, ops64):
    real, fake = np.random.default_rng(0).standard_normal((2, *SHAPE))
    one, two = (act(make(1.0), ops64, r, fake)[0] for r in (real, real[:, ::-1]))
    np.testing.assert_allclose(one, two, rtol=1e-12)
    np.testing.assert_allclose(act(make(1.0), ops64, real, real[:, ::-1])[0], 0, atol=1e-25)


def build(ops, *matching, pac=1, labels=0, loss="hinge"):
    networks = network(ops, 3 + labels, [5, 4], 2), network(ops, pac * (2 + labels), [6, 5], 1)
    return game(*map(player, networks), loss=loss, matching=matching, pac=pac, n_labels=labels)


def update(ops, objective, name, labels=0):
    """Terms and gradient of one update; the same parameters, rows and draws for all objectives."""
    rng = np.random.default_rng(3)
    thetas = {n: net.init(np.random.default_rng(0)) for n, net in objective.networks.items()}
    real = rng.standard_normal((1, 6, 2))
    codes = ops.asarray(np.eye(labels)[rng.integers(labels, size=6)][None]) if labels else None
    batch = Batch(ops.asarray(real), Draws(ops, ops.rng(1)), codes)
    terms, grads = objective.value_and_grad((name,), thetas, batch)
    fake = objective.networks["generator"].forward(
        objective.networks["generator"].split(thetas["generator"]),
        ops.asarray(np.concatenate(_inputs(ops, batch), axis=-1)),
    )[0]
    host = {key: ops.to_numpy(value)[0] for key, value in terms.items()}
    return host, ops.to_numpy(grads[name]), thetas, real, ops.to_numpy(fake)


def _inputs(ops, batch):
    noise = [ops.to_numpy(batch.draws.normal("noise", (1, 6, 3)))]
    return noise if batch.labels is None else [*noise, ops.to_numpy(batch.labels)]


@pytest.mark.parametrize("matching", [cls(0.7) for cls in MATCHING.values()], ids=repr)
@pytest.mark.parametrize("settings", [{}, {"pac": 2}, {"labels": 3}, {"pac": 3, "labels": 2}])
@pytest.mark.parametrize("loss", ["hinge", "relativistic"])
def test_the_generator_alone_minimises_it(matching, settings, loss, ops64):
    with_, without = (
        build(ops64, matching, loss=loss, **settings),
        build(ops64, loss=loss, **settings),
    )
    assert check_objective(with_) <= 1e-6
    labels = settings.get("labels", 0)
    for name in ("generator", "discriminator"):
        terms, grad, *_ = update(ops64, with_, name, labels)
        plain, plain_grad, *_ = update(ops64, without, name, labels)
        added = terms.keys() - plain.keys()
        assert added == ({f"generator_{matching.name}"} if name == "generator" else set())
        assert np.array_equal(grad, plain_grad) == (name == "discriminator")
        assert all(terms[key] == value for key, value in plain.items())


@pytest.mark.parametrize("cls", MATCHING.values())
def test_two_of_one_kind_add_up(cls, ops64):
    one, two = (build(ops64, *[cls(0.7)] * n) for n in (1, 2))
    name = f"generator_{cls.name}"
    single, double = (update(ops64, objective, "generator")[0] for objective in (one, two))
    assert double[name] == pytest.approx(2 * single[name])
    assert check_objective(two) <= 1e-6


def test_rows_and_moments_are_those_of_the_data(ops64):
    terms, _, _, real, fake = update(
        ops64, build(ops64, MatchRows(1.0), MatchMoments(1.0)), "generator"
    )
    assert terms["generator_matching_rows"] == pytest.approx(((fake - real) ** 2).sum() / 12)
    moments = [[a[0].mean(axis=0), a[0].T @ a[0] / 6] for a in (real, fake)]
    gaps = [((a - b) ** 2).sum() for a, b in zip(*moments, strict=True)]
    assert terms["generator_matching_moments"] == pytest.approx(sum(gaps) / 2)


def test_features_are_the_last_hidden_activations(ops64):
    objective = build(ops64, MatchFeatures(1.0))
    terms, _, thetas, real, fake = update(ops64, objective, "generator")
    net = objective.networks["discriminator"]
    params = net.split(thetas["discriminator"])
    means = []
    for rows in (real, fake):
        a = rows[0]
        for layer in (0, 2):  # affine maps, each with tanh behind
            W, b = (ops64.to_numpy(params[layer][key])[0] for key in "Wb")
            a = np.tanh(a @ W + b)
        means.append(a.mean(axis=0))
    expected = ((means[0] - means[1]) ** 2).sum() / 2
    assert terms["generator_matching_features"] == pytest.approx(expected)


@pytest.mark.parametrize("bad", [-0.1, float("nan"), "1", True, None])
@each
def test_bad_weights_are_refused(make, bad, ops64):
    with pytest.raises((ValueError, TypeError), match="weight must be"):
        make(bad).bind(ops64)


@pytest.mark.parametrize("bad", [0, 3, 1.5, "2"])
def test_bad_orders_are_refused(bad, ops64):
    with pytest.raises((ValueError, TypeError), match="order must be"):
        MatchMoments(order=bad).bind(ops64)
