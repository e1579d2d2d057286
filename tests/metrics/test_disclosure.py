"""Disclosure: which rare values are given out, beside what fresh rows would have."""

import numpy as np
import pandas as pd
import pytest

from regan.metrics import disclosure


def table(seed, n=400):
    """Ages, pay to the cent, names, towns, and when."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.poisson(40, n),
            "pay": rng.lognormal(8, 1, n).round(2),
            "name": [f"name {i}" for i in rng.permutation(10**6)[:n]],
            "town": rng.choice(["Lima", "Oslo", "Rome"], n),
            "when": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.permutation(10**6)[:n], "s"),
        }
    )


TRAIN, FRESH = table(0), table(1)


def beyond(found):
    return [
        each.name for each in (*found.columns, *found.pairs, found.rows) if each.is_beyond_chance
    ]


def test_fresh_rows_disclose_nothing_and_are_foretold():
    found = disclosure(TRAIN, FRESH)
    age = found.columns[0]
    assert age.n_repeated > 0
    assert age.share == pytest.approx(age.expected, abs=0.01)
    assert beyond(found) == []
    assert found.warnings == ()
    assert [each.name for each in found.columns] == list(TRAIN)


@pytest.mark.parametrize("name", ["pay", "name", "when"])
def test_values_that_are_given_out(name):
    fake = FRESH.copy()
    fake[name] = [*TRAIN[name][:40], *FRESH[name][40:]]
    found = disclosure(TRAIN, fake)
    assert beyond(found) == [name]
    (column,) = (each for each in found.columns if each.name == name)
    assert column.n_repeated == pytest.approx(40, abs=2)
    assert column.examples == ()
    (sentence,) = found.warnings
    assert f"values of {name!r} that are unique in the data: " in sentence
    assert str(TRAIN[name][0]) not in repr(found)


def test_rows_and_examples():
    fake = pd.concat([TRAIN[:30], FRESH[30:]], ignore_index=True)
    found = disclosure(TRAIN, fake, examples=2)
    assert (found.rows.name, found.rows.n_rare, found.rows.n_repeated) == (None, 400, 30)
    assert found.rows.expected == 0
    assert len(found.rows.examples) == 2
    without = TRAIN.drop(columns="name").to_numpy()  # of whole rows, identifiers are left out
    assert found.rows.examples[0] in [tuple(map(str, row)) for row in without]
    assert {*found.columns[2].examples} <= {*TRAIN["name"][:30]}


def test_pairs_of_values_none_of_which_is_rare():
    """A copied pair is told, and one that independent columns would have is not."""
    rng = np.random.default_rng(0)
    x = rng.integers(20, size=600)
    train = np.column_stack([x, (x + rng.integers(2, size=600)) % 20, rng.normal(size=600)])
    train[:2, :2] = [[0, 9], [4, 15]]
    fake = np.column_stack([train[rng.permutation(600), :2], rng.normal(size=600)])
    fake[:30, :2] = [4, 15]
    found = disclosure(train, fake)
    (pair,) = found.pairs
    assert pair.name == (0, 1)
    assert (pair.n_rare, pair.n_repeated) == (2, 2)
    assert pair.is_beyond_chance
    assert found.warnings == (
        "Generated rows repeat pairs of values that are unique in the data: column 0 with column 1",
    )
    independent = np.column_stack([rng.permutation(column) for column in train[:, :2].T])
    independent = np.column_stack([independent, rng.normal(size=600)])
    assert not any(each.is_beyond_chance for each in disclosure(train, independent).pairs)
    assert disclosure(train, fake, pairs=False).pairs == ()


def test_counts_are_those_of_loops():
    rng = np.random.default_rng(0)
    for k in (2, 3):
        train, fake = rng.geometric(0.2, (80, 1)), rng.geometric(0.2, (60, 1))
        count = [int((train == x).sum()) for x in range(60)]
        again = [1 < count[x] <= k for x in train[:, 0]]  # each left out
        given = [0 < count[x] < k for x in fake[:, 0]]
        (found,) = disclosure(train, fake, k=k).columns
        assert found.n_rare == sum(0 < c < k for c in count)
        assert (found.share, found.expected) == (np.mean(given), np.mean(again))
        assert found.n_repeated == len(
            {x for x, is_given in zip(fake[:, 0], given, strict=True) if is_given}
        )


def test_missing_cells_are_no_values():
    train, fake = (pd.DataFrame({"a": [1.5, 2.5, None], "b": ["x", "x", "x"]}) for _ in range(2))
    found = disclosure(train, fake)
    assert [each.n_rare for each in found.columns] == [2, 0]
    assert found.rows.n_repeated == 3


def test_text_of_very_many_levels_is_not_pooled():
    names = pd.DataFrame({"name": [f"name {i}" for i in range(900)], "v": 0.5})
    assert disclosure(names, names).columns[0].n_repeated == 900


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"k": 1}, ValueError, "k must be"),
        ({"k": 2.0}, TypeError, "k must be"),
        ({"examples": -1}, ValueError, "examples must be"),
        ({"pairs": 1}, TypeError, "pairs must be"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=message):
        disclosure(TRAIN, FRESH, **options)
