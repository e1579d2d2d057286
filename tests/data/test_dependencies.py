"""Columns that follow from others, and levels that are bound to each other."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from regan import RegularizedGAN, RegularizedGaussian
from regan.data import FixedCombinations, Inequality, TableEncoder
from regan.storage.stored import Stored

N = 600
RNG = np.random.default_rng(0)
TOWN = RNG.integers(0, 6, N)
TOWNS = np.array(["Bonn", "Rome", "Nice", "Pisa", "Kiel", "Lyon"])[TOWN]
LANDS = np.array(["de", "it", "fr", "it", "de", "fr"])[TOWN]
AMOUNT = RNG.lognormal(3, 1, N).round(2)
GAPS = RNG.random(N) < 0.2
DAYS = pd.Timestamp("2026-01-01") + pd.to_timedelta(RNG.integers(0, 365, N), "D")


def frame(**columns):
    return pd.DataFrame(columns)


CASES = {
    "levels": (frame(town=TOWNS, land=LANDS), ["land follows from town"]),
    "one to one": (
        frame(code=10 * TOWN, town=TOWNS),
        ["town follows from code, and the other way round"],
    ),
    "a number of a level": (
        frame(pay=np.array([10.5, 7.25, 3.0, 8.5, 2.5, 1.0])[TOWN], town=TOWNS),
        ["pay follows from town, and the other way round"],
    ),
    "chain": (
        frame(north=LANDS == "de", land=LANDS, town=TOWNS),
        ["land follows from town", "north follows from land"],
    ),
    "copy": (frame(a=AMOUNT, b=AMOUNT), ["b follows from a, and the other way round"]),
    "line": (
        frame(a=AMOUNT, b=(100 - 2 * AMOUNT).round(2)),
        ["b follows from a, and the other way round"],
    ),
    "intervals": (
        frame(band=np.digitize(AMOUNT, [10, 50]), amount=AMOUNT),
        ["band follows from amount"],
    ),
    "steps": (
        frame(age=np.arange(N) % 70 + 10, due=(np.arange(N) % 70 // 2 + 3) ** 2),
        ["due follows from age"],
    ),
    "months of days": (frame(day=DAYS, month=DAYS.month), ["month follows from day"]),
    "a date of a level": (
        frame(town=TOWNS, founded=pd.to_datetime("2000-01-01") + pd.to_timedelta(TOWN // 2, "D")),
        ["founded follows from town"],
    ),
    "missing as well": (
        frame(town=pd.Series(TOWNS).mask(TOWN == 0), land=pd.Series(LANDS).mask(TOWN == 1)),
        ["land follows from town"],
    ),
    "missing by themselves": (
        frame(town=TOWNS, land=pd.Series(LANDS).mask(GAPS)),
        ["land follows from town"],
    ),
    "a line with gaps": (
        frame(a=AMOUNT, b=pd.Series(3 * AMOUNT).mask(GAPS & (AMOUNT > 5) & (AMOUNT < 50))),
        ["b follows from a"],
    ),
}


def wild(encoder, n=500):
    """What decodes from anything."""
    matrix = np.random.default_rng(1).normal(size=(n, encoder.width)) * 3
    return encoder.inverse_transform(matrix)


def restored(encoder):
    return TableEncoder.restore(Stored.parse(json.dumps(encoder.export())))


@pytest.mark.parametrize(("X", "found"), CASES.values(), ids=CASES)
def test_functions_are_found_and_computed(X, found):
    encoder = TableEncoder().fit(X)
    assert [*map(str, encoder.dependencies_)] == found
    assert encoder.width < TableEncoder(dependencies=False).fit(X).width + X.isna().any().sum()
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
    made = wild(encoder)
    assert_frame_equal(wild(restored(encoder)), made)
    if found[0].startswith(("land", "town", "pay", "north")):
        known = set(X.astype(str).itertuples(index=False))
        free = made.isna().any(axis=1) & ("gaps" in found)
        assert set(made[~free].astype(str).itertuples(index=False)) <= known
    else:
        assert TableEncoder().fit(made).dependencies_


def test_a_few_numbers_come_first_where_they_are_numbers():
    X = CASES["one to one"][0]
    few, numbers = (TableEncoder(max_integer_levels=most).fit(X) for most in (20, 0))
    assert [d.source for d in (*few.dependencies_, *numbers.dependencies_)] == ["code", "code"]
    assert (few.levels_, numbers.levels_, numbers.n_numbers_) == ((6,), (), 1)
    assert TableEncoder(max_integer_levels=0).fit(CASES["intervals"][0]).dependencies_
    swapped = TableEncoder(max_integer_levels=0).fit(X[["town", "code"]])
    assert [d.source for d in swapped.dependencies_] == ["code"]


def test_what_is_missing_by_itself_is_learnt():
    X = CASES["missing by themselves"][0]
    made = RegularizedGaussian(random_state=0).fit(X).sample(2000)
    assert abs(made["land"].isna().mean() - GAPS.mean()) < 0.05
    there = made.dropna()
    assert set(there.itertuples(index=False)) == set(X.dropna().itertuples(index=False))


@pytest.mark.parametrize("seed", range(12))
def test_chance_makes_no_function(seed):
    """Few rows, rare levels, many levels, and a function that one row in a hundred breaks."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 400))
    towns = rng.integers(0, n // 2, n)
    X = frame(
        name=[f"n{i}" for i in rng.integers(0, n, n)],
        town=[f"t{i}" for i in towns],
        land=np.where(rng.random(n) < 0.02, "x", np.where(towns % 2, "a", "b")),
        rare=rng.random(n) < 3 / n,
        amount=rng.normal(size=n),
        near=rng.normal(size=n).round(1),
    )
    X["high"] = X["amount"] + rng.normal(size=n) > 0
    X["land"] = X["land"].where(X.index != 0, "x")
    encoder = TableEncoder(ids="keep").fit(X)
    assert not encoder.dependencies_
    assert not encoder.codings_


def test_training_goes_on_with_what_follows():
    numbers, levels = (TableEncoder().fit(CASES[name][0]) for name in ("intervals", "levels"))
    more = frame(band=[0, 2, 0], amount=[5.001, 5000.0, 0.001])
    wider = numbers.widened(numbers.read(more, going_on=True))
    assert wider.wrap(wider.decode(wider.encode(wider.read(more))))["band"].tolist() == [0, 2, 0]
    with pytest.raises(
        ValueError,
        match=r"column 'band': the value is not the one that 'amount' determined.* in 1 of 3 rows",
    ):
        numbers.read(more.assign(band=[1, 2, 0]), going_on=True)
    with pytest.raises(
        ValueError, match=r"'land': .*dependencies=False.* in 1 of 2 rows \(row 1\)"
    ):
        levels.read(frame(town=["Bonn", "Rome"], land=["de", "fr"]), going_on=True)
    assert levels.read(frame(town=["Rome"], land=["fr"])).shape == (1, 2)  # to be compared


def test_users_know_better():
    X = CASES["chain"][0].assign(low=TOWN, high=TOWN + 1, **pd.get_dummies(TOWNS, dtype=bool))
    rules = [FixedCombinations(["town", "land"]), Inequality("low", "high")]
    encoder = TableEncoder(rules=rules).fit(X)
    assert [d.target for d in encoder.dependencies_] == ["north"]
    assert len(encoder.dummies_) == 1
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
    made = wild(restored(encoder))
    assert set(made["north"] == (made["land"] == "de")) == {True}
    assert TableEncoder(dependencies=False).fit(X).codings_ == ()
    with pytest.raises(TypeError, match="dependencies must be True or False"):
        TableEncoder(dependencies="some").fit(X)


def test_no_single_number_is_left_where_none_should_be():
    X = CASES["intervals"][0]
    encoder = TableEncoder().fit(X)
    blurred = encoder.blurred(5)
    (coding,) = blurred.codings_
    assert not np.isin(coding.keys, AMOUNT).all()
    np.testing.assert_array_equal(coding.computed(AMOUNT), X["band"])


# Columns that nearly follow from others


def mistyped(codes, X):
    """Towns with codes, of which a few are those of another town, or missing."""
    X = X.assign(code=codes)
    X.loc[:4, "code"] = X["code"].iloc[::-1].to_numpy()[:5]
    return X.assign(code=X["code"].mask(X.index == 5), amount=AMOUNT)


NEARLY = {
    "levels": mistyped(np.array(list("uvwxyz"))[TOWN], frame(town=TOWNS)),
    "numbers": mistyped(np.array([10.5, 7.25, 3.0, 8.5, 2.5, 1.0])[TOWN], frame(town=TOWNS)),
    "missing": mistyped(1000 * TOWN, frame(town=pd.Series(TOWNS).mask(TOWN == 0))),
    "dates": mistyped(
        pd.to_datetime("2000-01-01") + pd.to_timedelta(3 * TOWN, "D"), frame(town=TOWNS)
    ),
}


@pytest.mark.parametrize("X", NEARLY.values(), ids=NEARLY)
def test_exceptions_are_learnt(X):
    encoder = TableEncoder().fit(X)
    (dependency,) = encoder.dependencies_
    assert dependency.share == pytest.approx(1 - 6 / N, abs=3 / N)
    assert "% of the rows" in str(dependency)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
    made = wild(encoder)
    assert_frame_equal(wild(restored(encoder)), made)
    known = set(X[["town", "code"]].astype(str).itertuples(index=False))
    assert set(made[["town", "code"]].astype(str).itertuples(index=False)) <= known


def test_exceptions_are_as_frequent_in_samples():
    X = NEARLY["levels"]
    usual = X.groupby("town")["code"].agg(lambda part: part.mode()[0])
    made = RegularizedGaussian(random_state=0).fit(X).sample(20_000)
    odd = (made["code"] != made["town"].map(usual)).mean()
    assert odd == pytest.approx((X["code"] != X["town"].map(usual)).mean(), abs=0.003)


def test_what_follows_from_an_exception_is_computed():
    X = NEARLY["levels"].assign(upper=lambda X: X["code"].str.upper(), town=TOWNS)
    names = [(d.source, d.target, d.share < 1) for d in TableEncoder().fit(X).dependencies_]
    assert len(names) == 2
    assert [near for *_, near in names].count(True) == 1
    made = wild(TableEncoder().fit(X)).dropna()
    assert (made["upper"] == made["code"].str.upper()).all()


def test_training_goes_on_with_further_exceptions():
    encoder = TableEncoder().fit(NEARLY["levels"])
    new = frame(town=["Bonn"], code=["w"], amount=[1.0])
    read = encoder.read(new, going_on=True)
    assert encoder.encode_rows(read).codes.min() >= 0


def test_no_single_number_is_a_key():
    ages = frame(age=np.arange(N) % 30 + 20.5, band=np.arange(N) % 30 // 7 % 2 > 0)
    ages.loc[0, "band"] = ~ages.loc[0, "band"]
    encoder = TableEncoder(max_integer_levels=0).fit(ages)
    (coding,) = encoder.codings_
    (blurred,) = encoder.blurred(5).codings_
    numbers = encoder.read(ages)
    assert not np.isin(blurred.keys, coding.keys).any()
    for column, codes in coding.encode(numbers).items():
        np.testing.assert_array_equal(blurred.encode(numbers)[column], codes)


PAYS = 1000.0 + 100 * (np.arange(N) % 25)


@pytest.mark.parametrize("rare", [0, 12], ids=["in all rows", "in most rows"])
def test_no_number_of_one_row_is_left_beside_a_level(rare):
    """A file without single numbers: neither an exception nor what a level of two rows has."""
    X = frame(code=[f"c{i % 50}" for i in range(N)], pay=PAYS, other=AMOUNT)
    X.loc[:1, ["code", "pay"]] = ["new", 1234.5]
    X.loc[30 : 29 + rare, "pay"] = 2000.25 + np.arange(rare)
    encoder = TableEncoder().fit(X)
    (coding,) = encoder.codings_
    single = {1234.5, *(2000.25 + np.arange(rare))}
    assert (coding.dependency.share < 1) == (rare > 0)
    blurred = encoder.blurred(5)
    assert single <= set(wild(encoder, 20_000)["pay"])
    assert set(wild(blurred, 20_000)["pay"].round(6)) == set(PAYS)
    assert not any(str(value) in json.dumps(blurred.export()["found"]) for value in single)
    assert_frame_equal(wild(restored(blurred)), wild(blurred))


def test_other_exceptions_stand_in_where_a_value_has_fewer():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 60, 6000)
    towns = np.where(rng.random(6000) < 0.04, rng.integers(0, 40, 6000), codes % 40)
    X = frame(code=codes.astype(str), town=[f"t{i}" for i in towns], size=rng.normal(size=6000))
    X["code"] = "c" + X["code"]
    usual = X.groupby("code")["town"].agg(lambda part: part.mode()[0])
    made = RegularizedGaussian(random_state=0).fit(X).sample(20_000)
    odd, was = ((T["town"] != T["code"].map(usual)).mean() for T in (made, X))
    assert odd == pytest.approx(was, abs=0.01)


def test_cases_of_one_number_are_kept():
    rng = np.random.default_rng(6)
    price = rng.choice(np.arange(12) * 7.25, 1500)
    level = np.array(list("abc"))[np.searchsorted([27, 55], price)]
    level[:30] = level[30:60]
    kind = np.where(level == "a", "low", rng.choice(["mid", "high"], 1500))
    kind[(price == price.max()) & (level == "c")] = "top"
    encoder = TableEncoder(max_integer_levels=20).fit(frame(price=price, level=level, kind=kind))
    (coding,) = encoder.codings_
    assert coding.given == (2,)
    assert 1 in np.bincount(coding.case_of)
    blurred = encoder.blurred(5)
    assert_frame_equal(wild(restored(blurred)), wild(blurred))


def test_exceptions_that_the_other_columns_of_the_block_explain():
    """Nothing is left to learn of the column then, and a file holds that."""
    X = rated(RATES["in order"]).assign(rate=lambda X: X["rate"].to_numpy())
    X.loc[:29, "rate"] = np.array(RATES["in order"])[X["kind"][:30].map("abcd".index), 0]
    X.loc[X.index % 40 == 0, ["kind", "job"]] = ["e", "v"]
    encoder = TableEncoder().fit(X)
    (coding,) = encoder.codings_
    assert (coding.given, coding.choices.most) == ((1,), 1)
    assert encoder.levels_ == (5, 2)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X, rtol=1e-9)
    assert_frame_equal(wild(restored(encoder)), wild(encoder))


def derived(seed):
    """Columns that come of one another: renamed, merged, shifted by chance, with exceptions."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(300, 1500))
    columns = [rng.integers(0, int(rng.integers(3, 40)), n)]
    for _ in range(int(rng.integers(1, 5))):
        other = columns[rng.integers(len(columns))]
        size = int(other.max()) + 1
        ways = (
            (rng.permutation(size) // 2)[other],
            other // int(rng.integers(1, 5)),
            (other + rng.integers(0, 2, n)) % size,
            rng.integers(0, 4, n),
        )
        own = ways[rng.integers(len(ways))]
        wrong = rng.random(n) < rng.choice([0.0, 0.005, 0.02, 0.04])
        columns.append(np.where(wrong, rng.integers(0, own.max() + 1, n), own))
    forms = (lambda v: [f"n{x}" for x in v], lambda v: v * 1.25 + 0.5, lambda v: v)
    names = rng.permutation(len(columns))
    X = pd.DataFrame({f"c{j}": forms[rng.integers(3)](columns[j]) for j in names})
    return X.mask(rng.random(X.shape) < rng.choice([0.0, 0.01]))


@pytest.mark.parametrize("most", [20, 0])
@pytest.mark.parametrize("seed", range(20))
def test_whatever_follows_from_whatever_comes_back_and_can_be_kept(seed, most):
    X = derived(seed)
    encoder = TableEncoder(ids="keep", max_levels=2000, max_integer_levels=most).fit(X)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X, rtol=1e-6)
    for each in (encoder, encoder.blurred(5)):
        assert_frame_equal(wild(restored(each), 100), wild(each, 100))


def test_what_nearly_follows_is_in_no_block_as_well():
    """A column that two others nearly decide, one of which is itself nearly decided."""
    rng = np.random.default_rng(3)
    c = rng.integers(0, 12, 4000)
    size = np.where(rng.random(4000) < 0.03, rng.integers(0, 6, 4000), c % 6) + 0.5
    kind = np.where(rng.random(4000) < 0.02, 0, rng.permutation(6)[(size - 0.5).astype(int)] // 2)
    job = (kind + rng.integers(0, 2, 4000)) % 3
    X = frame(c=c * 1.5, size=size, kind=[f"k{x}" for x in kind], job=[f"j{x}" for x in job])
    encoder = TableEncoder(max_integer_levels=0).fit(X)
    assert sum(len(coding.writes) for coding in encoder.codings_) == len(
        frozenset().union(*(coding.writes for coding in encoder.codings_))
    )
    assert_frame_equal(wild(restored(encoder)), wild(encoder))
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X, rtol=1e-9)


FORGED_CHOICES = {
    "itself": {"source": 0, "target": 0},
    "falling keys": {"keys": [5, 4, 3, 2, 1, 0]},
    "too few keys": {"keys": [0, 1]},
    "no choice": {"choices": [[]] * 6},
    "one choice each": {"choices": [[0]] * 6},
    "values of no level": {"choices": [[0, 99]] * 6},
    "more than all": {"share": 1.5},
    "given itself": {"given": [0]},
    "no case": {"cases": []},
    "a case beyond": {"case_of": [0, 0, 0, 0, 0, 1]},
}


@pytest.mark.parametrize("fields", FORGED_CHOICES.values(), ids=FORGED_CHOICES)
def test_forged_choices(fields):
    stored = json.loads(json.dumps(TableEncoder().fit(NEARLY["levels"]).export()))
    stored["found"]["implied"][0][1].update(fields)
    with pytest.raises(ValueError, match="found"):
        TableEncoder.restore(Stored.parse(json.dumps(stored)))


# Levels that are bound to each other


def bound(n=1000):
    """Jobs that only some kinds of people have, and a column beside them."""
    rng = np.random.default_rng(2)
    kind = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    job = (kind + rng.integers(0, 2, n)) % 4
    return frame(
        kind=np.array(list("abcd"))[kind],
        job=np.array(list("wxyz"))[job],
        size=rng.normal(size=n) + kind,
        other=rng.choice(["p", "q"], n),
    )


def impossible(X, made):
    return (~pd.MultiIndex.from_frame(made).isin(pd.MultiIndex.from_frame(X))).mean()


def test_no_row_has_a_pair_that_never_occurs():
    X, pair = bound(), ["kind", "job"]
    for make in (RegularizedGAN(max_iter=5, random_state=0), RegularizedGaussian(random_state=0)):
        assert impossible(X[pair], make.fit(X).sample(1000)[pair]) == 0
    apart = TableEncoder(dependencies=False)
    made = RegularizedGaussian(standardize=apart, random_state=0).fit(X).sample(1000)
    assert impossible(X[pair], made[pair]) > 0.1


def test_bound_levels_share_a_block():
    X = bound()
    X.loc[X["kind"] == "d", "job"] = None
    encoder = TableEncoder().fit(X)
    (coding,) = encoder.codings_
    assert coding.places == (0, 1)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X, rtol=1e-9)
    assert_frame_equal(wild(restored(encoder)), wild(encoder))
    most = TableEncoder(max_levels=len(coding.combinations) - 1).fit(X)
    assert most.codings_ == ()
    new = X.iloc[:2].assign(kind=["a", "d"], job=["y", "w"])
    rows = encoder.encode_rows(
        encoder.widened(encoder.read(new, going_on=True)).decode(encoder.encode(encoder.read(new)))
    )
    assert (rows.codes >= 0).all()


RATES = {
    "in order": [[2.5, 2.75], [4.0, 4.25], [5.75, 6.0], [7.5, 7.75]],
    "mixed": [[2.5, 5.75], [4.0, 7.75], [2.75, 6.0], [4.25, 7.5]],
}


def rated(rates, n=3000):
    """Kinds and jobs that are bound, and rates that nearly say the kind."""
    rng, X = np.random.default_rng(4), bound(n)
    X["rate"] = np.array(rates)[X["kind"].map("abcd".index), rng.integers(0, 2, n)]
    X.loc[:29, "rate"] = X.loc[30:59, "rate"].to_numpy()
    return X


def test_a_number_with_intervals_of_a_bound_level_stays_a_number():
    X = rated(RATES["in order"])
    X.loc[X.index % 50 == 7, "rate"] = np.nan
    encoder = TableEncoder().fit(X)
    assert [str(d)[:20] for d in encoder.dependencies_] == ["kind follows from rate"[:20]]
    (coding,) = encoder.codings_
    assert (coding.target, coding.source, coding.given) == (0, 4, (1,))
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X, rtol=1e-9)
    made = wild(encoder)
    assert impossible(X[["kind", "job"]], made[["kind", "job"]]) == 0
    assert_frame_equal(wild(restored(encoder)), made)
    (blurred,) = encoder.blurred(5).codings_
    numbers = encoder.read(X)
    np.testing.assert_array_equal(blurred.encode(numbers)[0], coding.encode(numbers)[0])


def test_a_number_that_nearly_says_a_bound_level_is_bound_as_well():
    X = rated(RATES["mixed"])
    encoder = TableEncoder(max_integer_levels=0).fit(X)
    assert encoder.dependencies_ == ()
    (coding,) = encoder.codings_
    assert [encoder.columns_[j].name for j in coding.places] == ["kind", "job", "rate"]
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X, rtol=1e-9)
    made, names = wild(encoder), ["kind", "job", "rate"]
    assert impossible(X[names], made[names]) == 0
    assert_frame_equal(wild(restored(encoder)), made)
    few = TableEncoder(max_levels=len(coding.combinations) - 1).fit(X)
    assert [each.places for each in few.codings_] == [(0, 1)]
    assert few.dependencies_ == ()


def test_no_rare_number_is_left_in_what_is_bound():
    X = rated(RATES["mixed"])
    X.loc[:2, "rate"] = [2.51, 2.52, 2.53]
    encoder = TableEncoder().fit(X)
    (coding,) = encoder.blurred(5).codings_
    rates = coding.combinations[:, 2]
    assert set(rates.round(9)) == set(X["rate"]) - {2.51, 2.52, 2.53}
    assert set(encoder.codings_[0].combinations[:, 2]) == set(X["rate"])
    assert_frame_equal(wild(restored(encoder.blurred(5))), wild(encoder.blurred(5)))


def broken(part, **fields):
    return lambda stored: fields_of(stored["found"][part][0]).update(fields)


def fields_of(stored):
    return stored[1] if isinstance(stored, list) else stored


FORGED = {
    "the other column": broken("implied", source=1, target=1),
    "a column beyond": broken("implied", source=9),
    "keys that fall": broken("implied", keys=[5, 4, 3, 2, 1, 0]),
    "values of no level": broken("implied", values=[0, 1, 2, 1, 0, 9]),
    "too few values": broken("implied", values=[0]),
    "a line of levels": broken("implied", line=[1, 0], keys=[], values=[]),
    "free where none is missing": broken("implied", free=True),
    "one column": broken("bound", places=[2]),
    "a determined column": broken("bound", places=[1, 2]),
    "no combination": broken("bound", combinations=[]),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_forged_files(forge):
    X = CASES["levels"][0].assign(**{name: list(bound(N)[name]) for name in ("kind", "job")})
    stored = json.loads(json.dumps(TableEncoder().fit(X).export()))
    assert TableEncoder.restore(Stored.parse(json.dumps(stored))).codings_
    forge(stored)
    with pytest.raises(ValueError, match="found"):
        TableEncoder.restore(Stored.parse(json.dumps(stored)))
