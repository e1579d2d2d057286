"""Held-out rows that a generator has seen are no test of memorization."""

import warnings

import numpy as np
import pandas as pd
import pytest

from regan.metrics import closest_records, evaluate, membership
from regan.metrics.unseen import check_unseen, seen_in_words

CALLS = [
    closest_records,
    membership,
    lambda train, fake, holdout: evaluate(train, fake, holdout=holdout, n_repeats=1),
]
SEEN = "all {} rows of the holdout are also rows of the first table, the training rows"
rng = np.random.default_rng(0)
NUMBERS = pd.DataFrame(rng.normal(size=(180, 3)))
MIXED = NUMBERS.assign(town=rng.choice(list("abc"), 180), pay=rng.lognormal(size=180)).mask(
    rng.random((180, 5)) < 0.1
)
MIXED.columns = list("vwxyz")


@pytest.mark.parametrize("call", CALLS, ids=["closest_records", "membership", "evaluate"])
@pytest.mark.parametrize(
    "table", [NUMBERS.to_numpy(), NUMBERS, MIXED], ids=["array", "frame", "mixed"]
)
def test_rows_held_out_that_are_training_rows_are_refused(call, table):
    train, fake = table[:60], table[60:120]
    for holdout, n in ((train, 60), (train[::-1], 60), (train[10:30], 20)):
        with pytest.raises(ValueError, match=SEEN.format(n)):
            call(train, fake, holdout)
    with pytest.raises(ValueError, match="the holdout has the same rows as the generated rows"):
        call(train, fake, fake[::-1])


def test_a_part_that_the_generator_has_seen_is_a_warning():
    train, fake, other = NUMBERS[:60], NUMBERS[60:120], NUMBERS[120:]
    holdout = pd.concat([other[:40], train[:20]])
    told = "20 of 60 rows of the holdout are also rows of the first table, the training rows, where"
    with pytest.warns(UserWarning, match=told):
        found = evaluate(train, fake, holdout=holdout, n_repeats=1)
    assert found.verdict.privacy.startswith(f"Memorization was not tested. {told} about 1 would")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        few = evaluate(train, fake, holdout=pd.concat([other[:40], train[:3]]), n_repeats=1)
    assert few.verdict.privacy.startswith("No memorization was found")


@pytest.mark.parametrize(("n_levels", "d"), [(1, 1), (2, 1), (2, 3), (3, 4), (6, 2), (6, 3)])
def test_tables_of_few_different_rows_have_rows_in_common(n_levels, d):
    """Fresh rows of 20 seeds are neither refused nor warned of."""
    for seed in range(20):
        draw = np.random.default_rng(seed)
        train, fake, holdout = draw.integers(n_levels, size=(3, 100, d)).astype(float)
        check_unseen(train, fake, holdout)
        assert seen_in_words(train, holdout) == ""


@pytest.mark.parametrize(("n_levels", "d"), [(2, 4), (3, 4), (6, 3)])
def test_equal_tables_of_few_different_rows_are_refused(n_levels, d):
    train, fake = rng.integers(n_levels, size=(2, 200, d)).astype(float)
    with pytest.raises(ValueError, match=r"rows of the first table|same rows as the first table"):
        check_unseen(train, fake, train[::-1])
