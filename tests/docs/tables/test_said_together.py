"""What the guide says of columns that belong together."""

import numpy as np
import pandas as pd
import pytest
from one_column import there_and_back, wild
from page_sentences import says

from regan.data import Positive, TableEncoder

N = 1000
RNG = np.random.default_rng(0)
CODES = RNG.integers(0, 4, N)
TOWNS = np.array(["Bonn", "Pisa", "Rome", "Kiel"])[CODES]
LANDS = np.array(["de", "it", "it", "de"])[CODES]
RENT = RNG.lognormal(6, 0.4, N).round(2)
HOMES = pd.DataFrame({"town": TOWNS, "land": LANDS})


def found(X, **settings):
    return [(d.source, d.target) for d in TableEncoder(**settings).fit(X).dependencies_]


@says(
    "If a column is a function of another column",
    "So every row of a sample has the right",
    "table_encoder_.dependencies_ lists",
)
def test_every_row_has_it_right():
    assert found(HOMES) == [("town", "land")]
    assert set(wild(HOMES).itertuples(index=False)) == set(HOMES.itertuples(index=False))


@says(
    "regan accepts a function only if",
    "So each level of the other column must",
)
def test_what_is_believed():
    broken = HOMES.assign(land=HOMES["land"].where(HOMES.index % 10 != 0, "it"))
    assert (broken["land"] != HOMES["land"]).mean() > 0.04
    assert not found(broken)
    names = pd.Series(RNG.integers(0, N, N)).map("n{}".format)
    once = pd.DataFrame({"name": names, "land": names.map(lambda name: int(name[1:]) % 2 == 0)})
    assert not found(once[:100], ids="keep")
    assert found(pd.concat([once] * 3), ids="keep", max_levels=N) == [("name", "land")]


NUMBERS = {
    "line": 12 * RENT,
    "steps": -(np.floor(RENT.round(-1) / 50) ** 3),
    "levels": np.where(RENT < 300, "cheap", np.where(RENT < 500, "fair", "dear")),
}


@pytest.mark.parametrize("other", NUMBERS.values(), ids=NUMBERS)
@says("Numbers can determine a column that is linear")
def test_numbers(other):
    rent = RENT.round(-1) if other is NUMBERS["steps"] else RENT
    assert found(pd.DataFrame({"other": other, "rent": rent})[::-1]) in (
        [("rent", "other")],
        [("other", "rent")],
    )
    assert not found(pd.DataFrame({"other": np.sin(RENT), "rent": RENT}))


@says("Numbers that occur in ten rows each")
def test_numbers_that_come_again():
    for places, again in ((-1, True), (0, False)):
        rent = RENT.round(places)
        assert (10 * len(np.unique(rent)) <= N) == again
        X = pd.DataFrame({"other": np.sin(rent), "rent": rent})
        assert bool(found(X)) == again


@says("If the other column does not determine which cells")
def test_missing_cells():
    X = HOMES.assign(land=HOMES["land"].mask(RNG.random(N) < 0.3))
    assert found(X) == [("town", "land")]
    assert there_and_back(X).equals(X)
    assert 0.2 < wild(X)["land"].isna().mean() < 0.8


@says("regan never computes columns under a rule")
def test_what_stays():
    X = pd.DataFrame({"a": RENT, "b": 2 * RENT})
    assert found(X) == [("a", "b")]
    assert not found(X, rules=[Positive(["a", "b"])])
    X = pd.get_dummies(HOMES["town"]).assign(town=HOMES["town"])
    assert TableEncoder().fit(X).dummies_ == ((0, 1, 2, 3),)
    assert not found(X)


@says("When training continues, regan refuses rows")
def test_rows_that_break_it():
    encoder = TableEncoder().fit(HOMES)
    with pytest.raises(
        ValueError,
        match=r"column 'land': the value is not the one that 'town' determined.* \(row 1\)",
    ):
        encoder.read(HOMES[:2].assign(town="Bonn", land=["de", "it"]), going_on=True)


def mistyped(share, land=LANDS):
    """Towns and their lands, of which a share is another one, that of Pisa alone."""
    wrong = np.flatnonzero(TOWNS == "Pisa")[: round(share * N)]
    return HOMES.assign(land=np.where(np.isin(np.arange(N), wrong), "??", land))


@says(
    "A column may also follow from another column",
    "A town follows from a postal code",
    "The model then learns which rows are exceptions",
    "An exception always has a value",
)
def test_what_nearly_follows():
    X = mistyped(0.03)
    (dependency,) = TableEncoder().fit(X).dependencies_
    assert str(dependency) == "land follows from town in 97.0 % of the rows"
    assert there_and_back(X).equals(X)
    made = wild(X)
    assert set(made.itertuples(index=False)) == set(X.itertuples(index=False))
    assert {tuple(row) for row in made[made["land"] == "??"].to_numpy()} == {("Pisa", "??")}


@says(
    "At most 5 % of the rows may be exceptions",
    "Their number must also not exceed",
    "regan looks for exceptions only if",
)
def test_how_many_exceptions():
    assert found(mistyped(0.05)) == [("town", "land")]
    assert not found(mistyped(0.051))
    rare = np.where(np.arange(N) % 50 == 0, "it", "de")
    wrong = np.flatnonzero(rare == "it")
    follows = pd.DataFrame({"town": np.where(rare == "it", "Oslo", TOWNS), "land": rare})
    for some, believed in ((1, True), (2, False)):
        land = np.where(np.isin(np.arange(N), wrong[:some]), "de", rare)
        assert found(follows.assign(land=land)) == [("town", "land")] * believed
    streets = pd.DataFrame({"street": np.arange(N) // 10, "land": LANDS[np.arange(N) // 10]})
    streets.loc[0, "land"] = "??"
    named = streets.assign(street=streets["street"].map("street {}".format))
    assert found(named) == [("street", "land")]
    named.loc[1, "street"] = "another"
    assert not found(named)


def pairs(met, n=5000):
    """Two columns of two levels, of which ``q`` and ``y`` are expected together in 100 rows, and
    meet in `met`.
    """
    expected, each = 100, 707
    first = np.repeat(["p", "q"], [n - each, each])
    second = np.full(n, "x")
    second[: each - met] = "y"
    second[n - met :] = "y"
    assert round(each * each / n) == expected
    return pd.DataFrame({"first": first, "second": second})


def bound(X):
    return [c.places for c in TableEncoder().fit(X).codings_]


@says(
    "Two columns may have levels that never",
    "regan then joins these columns",
    "Samples have no other combinations",
)
def test_bound_columns_share_a_block():
    X = pairs(0)
    assert TableEncoder().fit(X).levels_ == (3,)
    assert ("q", "y") not in set(wild(X).itertuples(index=False))


@says(
    "regan joins two columns if such pairs",
    "A pair counts if at least ten rows",
)
def test_what_is_bound():
    """100 in 5,000 are 2 %; what is below 1 %, or 10 rows, is let be."""
    assert bound(pairs(0)) == [(0, 1)]
    assert bound(pairs(2)) == []  # 2 of 100 are more than one
    few = pd.concat([pairs(0), pd.DataFrame({"first": "p", "second": "x"}, index=range(50_000))])
    assert 707**2 / len(few) < 10
    assert bound(few) == []
    many = pd.concat([pairs(0), pd.DataFrame({"first": "p", "second": "x"}, index=range(2_500))])
    assert 10 < 707**2 / len(many) < 1 / 100 * len(many)
    assert bound(many) == []


@says("A block has at most 400 combinations, with ten rows each")
def test_blocks_of_more_columns():
    most = 400
    first = RNG.integers(0, 20, 20_000)
    X = pd.DataFrame({"a": first, "b": (first + RNG.integers(0, 4, 20_000)) % 20}).astype(str)
    X["c"] = np.where(first < 10, "low", "high")
    assert bound(X[["a", "b"]]) == [(0, 1)]
    other = (first + RNG.integers(0, 6, 20_000)) % 20
    assert len(bound(X.assign(c=other.astype(str)))) == 1
    assert bound(X.assign(c=other.astype(str)))[0] != (0, 1, 2)
    other = (first + RNG.integers(0, 5, 20_000)) % 20
    assert bound(X.assign(c=other.astype(str))) == [(0, 1, 2)]
    assert len(X.assign(c=other).drop_duplicates()) == most
    rows = np.arange(2000)
    X = pd.DataFrame(
        {"first": "q", "second": np.where(rows % 2 * (rows < 1300), "y", "x")}, index=rows
    )
    for each, found_there in ((9, []), (16, [(0, 1)])):
        X.loc[:1300, "first"] = [f"p{row // each}" for row in rows[:1301]]
        assert (10 * len(X.drop_duplicates()) <= len(X)) == bool(found_there)
        assert bound(X) == found_there


@says("When training continues, regan replaces a new")
def test_a_new_combination():
    encoder = TableEncoder().fit(pairs(0))
    new = encoder.read(pd.DataFrame({"first": ["q"], "second": ["y"]}), going_on=True)
    back = encoder.wrap(encoder.decode(encoder.encode(new))).iloc[0].tolist()
    assert back in (["q", "x"], ["p", "y"])


def graded(grades):
    """Kinds and jobs that are bound, and a rate that nearly says the kind."""
    kinds, jobs = np.array(list("abcd"))[CODES], np.array(list("wxyz"))[(CODES + (RENT < 350)) % 4]
    rate = np.asarray(grades)[CODES, np.arange(N) % 7 // 3]
    X = pd.DataFrame({"kind": kinds, "job": jobs, "rate": rate})
    X.loc[:4, "rate"] = X.loc[10:14, "rate"].to_numpy()
    return X


IN_ORDER = [[1.5, 2, 2.5], [3, 3.5, 4], [5, 5.5, 6], [7, 7.5, 8]]
MIXED = [[1.5, 5, 2.5], [3, 7, 4], [2, 5.5, 8], [3.5, 7.5, 6]]


@says("If a value of the other column has no exceptions")
def test_no_new_exceptions():
    made = wild(mistyped(0.03))
    for town in ("Bonn", "Rome", "Kiel"):
        assert made.loc[made["town"] == town, "land"].nunique() == 1


@says(
    "A number may almost determine",
    "If each level is an interval of the number",
    "A sampled row then has the grade",
    "It may also have an exception",
)
def test_a_number_with_intervals():
    X = graded(IN_ORDER)
    assert found(X) == [("rate", "kind")]
    assert TableEncoder().fit(X).n_numbers_ == 1
    assert there_and_back(X).equals(X)
    made = wild(X)
    pairs_of = [set(part[["kind", "job"]].itertuples(index=False)) for part in (made, X)]
    assert pairs_of[0] <= pairs_of[1]


@says(
    "In other cases, such as a distance",
    "For the Gaussian, such a number joins",
)
def test_a_number_of_bound_levels():
    for room in (80, 8):
        encoder = TableEncoder(max_levels=room, max_integer_levels=0).fit(graded(MIXED))
        assert encoder.dependencies_ == ()
        assert [coding.places for coding in encoder.codings_] == [(0, 1, 2) if room > 8 else (0, 1)]


@says("TableEncoder(dependencies=False) turns")
def test_nothing_is_sought():
    assert not found(HOMES, dependencies=False)
    X = pd.concat([HOMES, *(HOMES["town"].rename(f"town {i}") for i in range(199))], axis=1)
    assert len(found(X.iloc[:, :200])) == 199
    assert not found(X)
