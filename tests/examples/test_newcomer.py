"""The first lines that somebody writes work on tables as they come."""

import pytest
import tables

from regan import RegularizedGaussian
from regan.data import ColumnsError, TableEncoder

AS_THEY_COME = ["adult", "credit", "lending_club", "diamonds"]
REFUSED = {
    "nass_cds": ("caseid", lambda made, real: made.iloc[-1] == "caseid_1000"),
    "flights": ("tailnum", lambda made, real: set(made.dropna()) <= {*real, "other"}),
}


def some(name):
    return getattr(tables, name)().sample(3000, random_state=0)


def of_one_kind(made, X):
    """Whether rows have the columns, the dtypes and the ranges of a table."""
    numbers = X.select_dtypes("number").columns
    assert made.dtypes.equals(X.dtypes)
    assert (made[numbers].min() >= X[numbers].min()).all()
    assert (made[numbers].max() <= X[numbers].max()).all()
    return True


@pytest.mark.parametrize("name", AS_THEY_COME)
def test_without_a_word(name):
    X = some(name)
    assert of_one_kind(RegularizedGaussian(random_state=0).fit(X).sample(1000), X)


@pytest.mark.parametrize("name", REFUSED)
def test_with_what_the_error_says(name):
    column, holds = REFUSED[name]
    X = some(name)
    with pytest.raises(ColumnsError, match=column) as refused:
        RegularizedGaussian().fit(X)
    assert list(refused.value.columns) == [column]
    encoder = TableEncoder(ids="sequence", pool="other", max_levels=120)
    made = RegularizedGaussian(standardize=encoder, random_state=0).fit(X).sample(1000)
    assert of_one_kind(made, X)
    assert holds(made[column], X[column])
