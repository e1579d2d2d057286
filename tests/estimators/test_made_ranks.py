"""Ranks of made numbers: normal scores, whatever the model makes."""

import json

import numpy as np
import pytest
from scipy.special import ndtr

from regan.data.numbers.ranked import Ranked
from regan.estimators.made_ranks import PROBABILITIES, MadeRanks
from regan.storage.stored import FileError, Stored
from regan.storage.tensors import Tensors


def rows(n, seed=0):
    """A number, its missing cells and another number, neither of them normal."""
    rng = np.random.default_rng(seed)
    missing = rng.random(n) < 0.4
    skewed = np.where(missing, 5.0, rng.exponential(size=n) ** 0.5)
    modes = np.where(rng.random(n) < 0.7, -0.6, 1.0) + 0.05 * rng.normal(size=n)
    return np.column_stack([skewed, modes, missing])


RANKED = [Ranked(0, (2,), False), Ranked(1, (), True)]


def test_scores_are_normal_and_in_order():
    ranks = MadeRanks.learn(rows(16_384), RANKED)
    assert ranks.columns == (0, 1)
    others = rows(50_000, 1)
    made = ranks.applied(others)
    np.testing.assert_array_equal(made[:, 2], others[:, 2])
    there = others[:, 2] == 0
    for j, cells in ((0, there), (1, slice(None))):
        shares = np.histogram(ndtr(made[cells, j]), np.linspace(0, 1, 21))[0] / len(made[cells])
        assert np.abs(np.cumsum(shares) - np.arange(1, 21) / 20).max() < 0.02
        order = np.argsort(others[cells, j], kind="stable")
        assert (np.diff(made[cells, j][order]) >= 0).all()


def test_beyond_its_quantiles_a_score_moves_as_it_did():
    ranks = MadeRanks.learn(rows(16_384), RANKED)
    ends = ranks.quantiles[:, [0, -1]]
    at_ends, beyond = (
        ranks.applied(np.column_stack([x.T, [0, 0]])) for x in (ends, ends + [-2, 3])
    )
    np.testing.assert_allclose((beyond - at_ends)[:, :2], [[-2, -2], [3, 3]])


def test_what_tells_too_little_is_left_as_it_is():
    made = rows(1_000)
    made[:990, 2] = 1  # ten cells are there
    made[0, 1] = np.inf
    ranks = MadeRanks.learn(made, RANKED)
    assert ranks.columns == ()
    assert ranks.applied(made) is made
    assert MadeRanks.learn(np.ones((500, 1)), [Ranked(0, (), False)]).columns == ()


def restored(columns, quantiles):
    stored = Stored.parse(json.dumps({"ranks": columns})).entry("ranks")
    return MadeRanks.restore(stored, Tensors({"quantiles": quantiles}), RANKED)


def test_there_and_back():
    ranks = MadeRanks.learn(rows(500), RANKED)
    arrays, columns = ranks.export()
    again = restored(columns, arrays["quantiles"])
    np.testing.assert_array_equal(again.applied(rows(9)), ranks.applied(rows(9)))
    assert restored([], MadeRanks().export()[0]["quantiles"]).columns == ()


@pytest.mark.parametrize("columns", [[2], [0, 0], [-1], "0"])
def test_columns_that_are_none_are_refused(columns):
    with pytest.raises(FileError):
        restored(columns, np.zeros((len(columns), len(PROBABILITIES))))


@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_quantiles_that_fall_are_refused(value):
    quantiles = np.zeros((1, len(PROBABILITIES)))
    quantiles[0, 5] = value
    with pytest.raises(FileError):
        restored([0], quantiles)


def test_what_is_made_again_and_again_is_in_the_middle_of_its_ranks():
    rows = np.r_[np.full(900, 0.3), np.linspace(1, 2, 100)][:, None]
    ranks = MadeRanks.learn(rows, [Ranked(0, (), True)])
    made = ndtr(ranks.applied(rows)[:, 0])
    assert 0 < made[0] < 0.9
    assert np.ptp(made[:900]) == 0
    np.testing.assert_allclose(np.sort(made[900:]), np.linspace(0.9, 1, 100), atol=0.02)
