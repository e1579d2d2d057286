"""Identifiers in samples: comparisons leave them out, with a warning."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from regan import RegularizedGaussian
from regan.data import TableEncoder
from regan.metrics import (
    closest_records,
    disclosure,
    energy_distance,
    evaluate,
    membership,
    two_sample_score,
)

LEFT_OUT = "leaves out the columns 'guest_id' .* 'mail'"


def table(first, n=120):
    """Numbers, towns, and identifiers from `first` on."""
    rng = np.random.default_rng(first)
    return pd.DataFrame(
        {
            "guest_id": np.arange(first, first + n),
            "pay": rng.normal(size=n),
            "mail": [f"guest{first + i}@example.org" for i in range(n)],
            "town": rng.choice(["Lima", "Oslo", "Rome"], n),
        }
    )


REAL, FAKE, OTHER = table(1), table(5000), table(9000)


def plain(X):
    return X.drop(columns=["guest_id", "mail"])


def test_an_evaluation_is_that_of_the_other_columns():
    with pytest.warns(UserWarning, match=LEFT_OUT):
        found = evaluate(REAL, FAKE, holdout=OTHER, n_repeats=1)
    assert found == evaluate(plain(REAL), plain(FAKE), holdout=plain(OTHER), n_repeats=1)
    assert found.left_out == ("guest_id", "mail")
    assert {each.name: each.places for each in found.columns} == {"pay": (1,), "town": (3,)}
    assert evaluate(plain(REAL), plain(FAKE), n_repeats=1).left_out == ()


@pytest.mark.parametrize("measure", [energy_distance, two_sample_score])
def test_every_measure_of_two_samples_leaves_them_out(measure):
    with pytest.warns(UserWarning, match=LEFT_OUT):
        found = measure(REAL, FAKE)
    assert found == measure(plain(REAL), plain(FAKE))
    with pytest.warns(UserWarning, match=LEFT_OUT):
        assert measure(pl.from_pandas(REAL), pl.from_pandas(FAKE)) == found


@pytest.mark.parametrize("measure", [closest_records, membership])
def test_privacy_is_that_of_the_other_columns(measure):
    with pytest.warns(UserWarning, match=LEFT_OUT):
        found = measure(REAL, FAKE, OTHER)
    assert found == measure(*map(plain, (REAL, FAKE, OTHER)))


def test_rows_that_are_repeated_under_new_identifiers():
    fake = FAKE.copy()
    fake.loc[:30, ["pay", "town"]] = REAL.loc[:30, ["pay", "town"]]
    found = disclosure(REAL, fake)
    assert (found.rows.n_rare, found.rows.n_repeated) == (120, 31)
    assert "31 of 120 rows" in found.warnings[0]
    fake["mail"] = REAL["mail"]
    mails = disclosure(REAL, fake).columns[2]
    assert (mails.name, mails.n_repeated, mails.is_beyond_chance) == ("mail", 120, True)
    ids = ["guest_id", "mail"]
    assert disclosure(REAL[ids], fake[ids]).rows.n_rare == 120


def test_rows_that_a_model_numbers_anew():
    train, test = table(1, 240), table(5000, 240)
    encoder = TableEncoder(ids="sequence")
    model = RegularizedGaussian(standardize=encoder, random_state=0).fit(train)
    with pytest.warns(UserWarning, match=LEFT_OUT):
        score = two_sample_score(test, model.sample(240))
    assert score == pytest.approx(model.score(test), abs=0.1)


def test_a_categorical_dtype_is_compared():
    ids = [X.assign(guest_id=X["guest_id"].astype("category")) for X in (REAL, FAKE)]
    with pytest.warns(UserWarning, match="leaves out the column 'mail'"):
        found = evaluate(*ids, n_repeats=1)
    assert found.left_out == ("mail",)
    assert found.columns[0].name == "guest_id"


def test_missing_identifiers():
    lost = REAL.assign(mail=REAL["mail"].where(REAL["pay"] > -1))
    with pytest.warns(UserWarning, match=LEFT_OUT):
        found = evaluate(lost, FAKE, n_repeats=1)
    (shares,) = (row for row in found if row.name == "missing_shares")
    assert shares.value > 0


def test_nothing_but_identifiers():
    with pytest.raises(ValueError, match="the first sample has only columns of identifiers"):
        evaluate(REAL[["guest_id", "mail"]], FAKE[["guest_id", "mail"]])
