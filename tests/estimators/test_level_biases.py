"""Biases of levels: shares are right, and chances change no more than that takes."""

import numpy as np

from regan.backends import get_backend
from regan.data.lacking import Lacking
from regan.estimators.level_biases import level_biases, with_biases
from regan.layers import Dense, Network, SoftmaxBlocks
from regan.layers.fitted import FittedNetwork


def softmax(logits):
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def test_shares_are_those_asked_for():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4_000, 5)) * 4 + [2, 0, 0, -6, 0]
    chances = np.hstack([softmax(logits[:, :2]), softmax(logits[:, 2:])])
    shares = np.array([0.3, 0.7, 0.5, 0.1, 0.4])
    biases = level_biases((2, 3), chances, shares)
    for block in (slice(0, 2), slice(2, 5)):
        drawn = softmax(logits[:, block] + biases[block])
        np.testing.assert_allclose(drawn.mean(axis=0), shares[block], atol=2e-4)
    assert level_biases((2, 3), chances, chances.mean(axis=0)) @ np.ones(5) == 0


def test_shares_are_those_of_cells_that_are_there():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4_000, 5)) * 2
    logits[:, 4] += logits[:, 0]  # the last pattern goes with the first level
    chances = np.hstack([softmax(logits[:, :2]), softmax(logits[:, 2:])])
    shares = np.array([0.3, 0.7, 0.5, 0.1, 0.4])
    biases = level_biases((2, 3), chances, shares, [Lacking(1, (1, 2)), None])
    drawn, patterns = (softmax(logits[:, b] + biases[b]) for b in (slice(0, 2), slice(2, 5)))
    np.testing.assert_allclose(patterns.mean(axis=0), shares[2:], atol=2e-4)
    there = np.average(drawn, axis=0, weights=patterns[:, 0])
    np.testing.assert_allclose(there, shares[:2], atol=2e-4)
    assert abs(drawn.mean(axis=0)[0] - 0.3) > 0.02


def test_a_level_that_is_nowhere_made_gets_a_bias_of_ten_at_most():
    chances = np.tile([1.0, 0.0, 0.0], (100, 1))
    biases = level_biases((3,), chances, np.array([0.5, 0.5, 0.0]))
    assert np.ptp(biases) <= 20
    assert biases[2] == 0


def test_they_go_to_the_last_affine_map_alone():
    ops = get_backend("numpy", "float32")
    network = Network([Dense(4), SoftmaxBlocks((3,))], 2, ops)
    theta = network.init(np.random.default_rng(0))
    fitted = FittedNetwork(network, theta)
    other = with_biases(fitted, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(other.parameters[0]["W"], fitted.parameters[0]["W"])
    np.testing.assert_allclose(other.parameters[0]["b"], [0, 1, 2, 3])
    assert not fitted.parameters[0]["b"].any()
