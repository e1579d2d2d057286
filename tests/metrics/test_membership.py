"""Membership inference: what it finds, its controls, and how many rows are nearly repeated."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score

from regan.metrics import evaluate, membership
from regan.metrics.detection import detected, true_positives
from regan.metrics.evaluation import membership_within
from regan.metrics.nearest import nearest


def draw(seed, n=60, m=60, h=40, d=4):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(size, d)) for size in (n, m, h))


def attacks(found):
    return found.distance, found.density


def test_the_attack_by_distance_is_its_definition():
    train, fake, holdout = draw(0)
    scores = np.concatenate([-cdist(rows, fake).min(axis=1) for rows in (train, holdout)])
    found = membership(train, fake, holdout).distance
    assert found.auc == pytest.approx(roc_auc_score(np.repeat([1, 0], [60, 40]), scores))


@pytest.mark.parametrize("whole", [False, True], ids=["numbers", "discrete"])
def test_fresh_rows_are_not_told(whole):
    """Means over draws are .5 and .01, to 3 errors, at uneven numbers of rows and with ties; and
    the standard errors are those of the draws.
    """
    found, errors = [], []
    for seed in range(50):
        samples = draw(seed, 50, 80, 30, 2)
        result = membership(*(np.rint(X) if whole else X for X in samples), random_state=seed)
        every = [*attacks(result), *(each.fresh for each in attacks(result))]
        found.append([[each.auc - 0.5, each.true_positives - 0.01] for each in every])
        errors.append([each.std_error for each in every])
        assert not result.warnings
    spread = np.std(found, axis=0)
    assert (np.abs(np.mean(found, axis=0)) < 3 * spread / np.sqrt(50)).all()
    np.testing.assert_allclose(spread[:, 0], np.mean(errors, axis=0), rtol=0.3)


def test_copies_are_told_and_what_is_between_is_between():
    train, fresh, holdout = draw(1)
    found = []
    for n_copies in (0, 20, 40, 60):
        fake = np.concatenate([train[:n_copies], fresh[n_copies:]])
        result = membership(train, fake, holdout)
        assert result.n_repeated == pytest.approx(n_copies, abs=3)
        assert bool(result.warnings) == (n_copies > 0)
        found.append([each.auc for each in attacks(result)])
    assert (np.diff(found, axis=0) > 0.05).all()
    assert min(found[-1]) == 1
    for each in attacks(result):
        assert each.copies.auc == 1
        assert each.copies.true_positives == pytest.approx(each.true_positives)


def test_copies_among_levels_are_told_as_far_as_they_can_be():
    rng = np.random.default_rng(0)
    train, holdout = rng.integers(2, size=(2, 80, 3)).astype(float)
    found = membership(train, train, holdout)
    assert found.distance.auc == found.distance.copies.auc == pytest.approx(0.5, abs=0.02)
    assert found.n_repeated == 0  # for no row is alone


def test_nearly_repeated_rows():
    train, fake, holdout = draw(2, d=8)
    fake[:12] = train[:12] + 0.01
    found = membership(train, fake, holdout)
    assert (found.n_repeated, found.n_expected) == (12, 0)
    assert found.n_train == 60
    assert found.warnings[0].startswith("12 of 60 training rows are nearly repeated: ")
    twice = np.concatenate([train, train[:12]])
    assert membership(twice, fake, holdout).n_repeated == 0
    assert membership(train, fake, np.concatenate([holdout, train[:12]])).n_repeated == 0


def test_no_order_of_rows_matters():
    train, fake, holdout = draw(3)
    found = membership(train, fake, holdout, max_rows=30)
    rng = np.random.default_rng(0)
    assert membership(*map(rng.permutation, (train, fake, holdout)), max_rows=30) == found
    assert (found.n_train, found.n_holdout) == (30, 30)


def test_mixed_tables():
    rng = np.random.default_rng(0)
    numbers = rng.lognormal(size=(3, 60))
    train, fake, holdout = (
        pd.DataFrame({"pay": each, "town": rng.choice(["a", "b", None], 60)}) for each in numbers
    )
    found = membership(train, fake[["town", "pay"]], holdout)
    assert 0.3 < found.distance.auc < 0.7
    assert membership(train, train, holdout).distance.auc > 0.95


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((1, 60, 40), {}, ValueError, "at least 2 training rows and 8 held-out rows, got 1 and 40"),
        ((60, 60, 7), {}, ValueError, "at least 2 training rows and 8 held-out rows, got 60 and 7"),
        ((60, 60, None), {}, TypeError, "not fitted on, got holdout=None"),
        ((60, 60, 40), {"n_neighbors": 0}, ValueError, "n_neighbors must be"),
        ((60, 60, 40), {"max_rows": 7}, ValueError, "max_rows must be"),
        ((60, 60, 40), {"random_state": "a"}, ValueError, "seed"),
    ],
)
def test_bad_arguments(arguments, options, error, message):
    samples = [
        None if n is None else np.random.default_rng(n).normal(size=(n, 2)) for n in arguments
    ]
    with pytest.raises(error, match=message):
        membership(*samples, **options)


def test_bad_rows():
    train, fake, holdout = draw(0)
    with pytest.raises(ValueError, match="the third sample contains NaN"):
        membership(train, fake, holdout * np.nan)
    with pytest.raises(ValueError, match="equal numbers of columns, got 4 and 3"):
        membership(train, fake, holdout[:, :3])


# In an evaluation


def test_an_evaluation_tells_it():
    train, fake, holdout = draw(0)
    rows = {row.name: row for row in evaluate(train, fake, holdout=holdout, n_repeats=1)}
    floors = {"membership_distance": 0.5, "true_positives_density": 0.01, "nearly_repeated": 0}
    assert {name: rows[name].floor for name in floors} == pytest.approx(floors, abs=0.1)
    assert abs(rows["membership_distance"].value - 0.5) < 0.2
    with pytest.warns(UserWarning, match="rows are nearly repeated|training rows") as told:
        copied = evaluate(train, train, holdout=holdout, n_repeats=1)
    assert copied[-1].value > 0.9
    assert [str(each.message).partition(":")[0] for each in told] == [
        "60 of 60 training rows are nearly repeated",
        "The distance to generated rows identifies training rows",
        "The density of generated rows identifies training rows",
    ]
    assert membership_within(train, fake, holdout[:7], 100, None) is None


# What it is made of


@pytest.mark.parametrize("d", [2, 30])
def test_nearest_rows_in_blocks(monkeypatch, d):
    rows, others, _ = draw(0, 30, 50, d=d)
    others[:5] = rows[:5]
    monkeypatch.setattr("regan.metrics.squares.BLOCK", 200)
    expected = np.sort(cdist(rows, others), axis=1)
    np.testing.assert_allclose(nearest(rows, others, 3), expected[:, :3], rtol=1e-9)
    assert (nearest(rows, others)[:5] == 0).all()
    own = np.sort(cdist(others, others), axis=1)[:, 1:3]
    found = nearest(others, others, 2, itself=np.arange(50))
    np.testing.assert_allclose(found, own, rtol=1e-9)
    np.testing.assert_allclose(
        nearest(rows, others[:2], 3)[:, 1], nearest(rows, others[:2], 3)[:, 2]
    )


def test_nearest_rows_beside_one_out_of_all_proportion():
    rows, others, _ = draw(0)
    others[0] = 1e9
    np.testing.assert_allclose(nearest(rows, others)[:, 0], cdist(rows, others).min(axis=1))


def test_true_positives_by_chance_are_as_many_as_false_ones():
    """Over all orders of two positives and three negatives, of which some are equal."""
    for scores in ([1, 2, 3, 4, 5], [1, 2, 2, 2, 5], [1, 1, 1, 1, 1]):
        scores = np.array(scores, dtype=float)
        pairs = [(i, j) for i in range(5) for j in range(i)]
        for at in (0.01, 0.3):
            found = [true_positives(scores[list(p)], np.delete(scores, p), at) for p in pairs]
            assert np.mean(found) == pytest.approx(at)
    assert true_positives(np.ones(5), np.zeros(99)) == pytest.approx(1)
    assert true_positives(np.ones(5), np.zeros(49)) == pytest.approx(0.5)


def test_a_detection_is_a_mean_over_folds():
    rng = np.random.default_rng(0)
    positives = [rng.normal(1, 1, 30) for _ in range(2)]
    negatives = [rng.normal(0, 1, size) for size in (10, 20)]
    auc = [
        roc_auc_score(np.repeat([1, 0], [30, len(no)]), np.concatenate([yes, no]))
        for yes, no in zip(positives, negatives, strict=True)
    ]
    found = detected(positives, negatives, same_rows=False)
    assert found.auc == pytest.approx((auc[0] + 2 * auc[1]) / 3)
