"""Conditions: what users ask for, as numbers, and what that says of encoded rows."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from regan import Range, RegularizedGaussian
from regan.data import FixedCombinations, Increasing, Inequality, Sum, TableEncoder
from regan.data.conditions import Evidence
from regan.data.conditions.given import read_conditions
from regan.data.conditions.preimages import preimage
from regan.data.conditions.translation import translate
from regan.data.reader import Reader

N = 400


def table(seed=0):
    rng = np.random.default_rng(seed)
    lost = rng.random(N) < 0.2
    return pd.DataFrame(
        {
            "city": rng.choice(["Bonn", "Lyon", "Nice"], N),
            "age": rng.integers(18, 91, N),
            "paid": np.where(rng.random(N) < 0.2, np.nan, rng.gamma(2.0, 10.0, N)),
            "member": rng.random(N) < 0.3,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1000, N), "D"),
            "grade": pd.Categorical(
                rng.choice(["low", "mid", "high"], N), ["low", "mid", "high", "top"], ordered=True
            ),
            "rooms": rng.integers(1, 6, N),
            "left": np.where(lost, np.nan, rng.normal(size=N)),
            "right": np.where(lost, None, rng.choice(["k", "l"], N)),
        }
    )


def reader_of(X, standardize=True):
    return Reader.learn(RegularizedGaussian(), X, standardize)[0]


def told_by(reader, conditions, **options):
    return translate(read_conditions(reader, conditions), reader.scaler, **options)


@pytest.fixture(scope="module")
def reader():
    return reader_of(table(), TableEncoder(max_integer_levels=10))


def allowed(reader, **conditions):
    """The levels that are left of each block by their names, of the blocks that lack some."""
    told = told_by(reader, conditions)
    evidence, labels = told.evidence, reader.encoder.labels[reader.encoder.n_numbers_ :]
    found, start = [], 0
    for size in evidence.sizes:
        own = evidence.allowed[0, start : start + size]
        if not own.all():
            found.append([labels[start + i] for i in np.flatnonzero(own)])
        start += size
    return found


# What is allowed


LEVELS = {
    "a level": ({"city": "Lyon"}, [["city_Lyon"]]),
    "several": ({"city": ["Lyon", "Bonn"]}, [["city_Bonn", "city_Lyon"]]),
    "a set": ({"city": {"Nice"}}, [["city_Nice"]]),
    "an array": ({"city": np.array(["Nice", "Bonn"])}, [["city_Bonn", "city_Nice"]]),
    "a column of pandas": ({"city": pd.Series(["Nice"])}, [["city_Nice"]]),
    "a column of polars": ({"city": pl.Series(["Nice"])}, [["city_Nice"]]),
    "a truth value": ({"member": True}, [["member_True"]]),
    "one of NumPy": ({"member": np.bool_(False)}, [["member_False"]]),
    "a category": ({"grade": "mid"}, [["grade_mid"]]),
    "from a category on": ({"grade": Range("mid")}, [["grade_mid", "grade_high"]]),
    "up to one": ({"grade": Range(None, "mid")}, [["grade_low", "grade_mid"]]),
    "up to one that never was": ({"grade": Range("high", "top")}, [["grade_high"]]),
    "whole numbers as levels": ({"rooms": 3}, [["rooms_3"]]),
    "a float that is whole": ({"rooms": 3.0}, [["rooms_3"]]),
    "a range of them": ({"rooms": Range(2, 3.5)}, [["rooms_2", "rooms_3"]]),
    "a missing number": ({"paid": None}, [["paid_missing"]]),
    "NaN": ({"paid": np.nan}, [["paid_missing"]]),
    "NA": ({"paid": pd.NA}, [["paid_missing"]]),
    "a number": ({"paid": 3.5}, [["paid_present"]]),
    "any value": ({"paid": Range()}, [["paid_present"]]),
    "missing together": ({"left": None}, [["left, right_missing"]]),
    "there together": ({"right": "k"}, [["right_k"], ["left_present"]]),
}


@pytest.mark.parametrize("name", LEVELS)
def test_levels_are_left_out_that_are_not_asked_for(reader, name):
    conditions, expected = LEVELS[name]
    assert allowed(reader, **conditions) == expected


def test_a_missing_cell_among_several_values_is_one_of_them(reader):
    (asked,) = read_conditions(reader, {"right": ["k", None]}).asked
    assert asked.allows(np.array([0.0, 1.0, np.nan])).tolist() == [True, False, True]


DATES = [
    "2021-06-01",
    "2021-06-01 00:00:00",
    pd.Timestamp("2021-06-01"),
    datetime.date(2021, 6, 1),
    datetime.datetime(2021, 6, 1),
    np.datetime64("2021-06-01"),
    np.datetime64("2021-06-01", "ns"),
]


@pytest.mark.parametrize("value", DATES, ids=repr)
def test_dates_are_read_in_any_form(reader, value):
    numbers = reader.encoder.read(table().assign(since=pd.Timestamp("2021-06-01")))
    (asked,) = read_conditions(reader, {"since": value}).asked
    assert asked.low[0] == asked.high[0] == numbers[0, 4]
    (ranged,) = read_conditions(reader, {"since": Range(value, None)}).asked
    assert (ranged.low[0], ranged.high[0]) == (numbers[0, 4], np.inf)


@pytest.mark.parametrize("value", [60, 60.0, np.int8(60), np.float32(60), np.array(60)], ids=repr)
def test_numbers_are_read_in_any_form(reader, value):
    (asked,) = read_conditions(reader, {"age": value}).asked
    assert asked.known.all()
    assert asked.low[0] == 60


def test_known_numbers_are_known_to_models_as_they_are_encoded(reader):
    X = table()
    rows = reader.encoder.encode_rows(reader.encoder.read(X), filled=False)
    told = told_by(reader, {"age": int(X.age[0])})
    place = reader.encoder.labels.index("age")
    assert told.evidence.numbers[0, place] == rows.plain[0, place]
    assert np.isnan(np.delete(told.evidence.numbers[0], place)).all()


def test_a_range_is_what_decodes_to_it(reader):
    """Exactly: the numbers at both ends too, as many of their ties as there are."""
    told = told_by(reader, {"age": Range(40, 50)})
    place = reader.encoder.labels.index("age")
    low, high = told.evidence.low[0, place], told.evidence.high[0, place]
    column = reader.encoder.columns_[1]
    inside = column.decode(np.linspace(low, high, 500)[:, None])
    assert (inside.min(), inside.max()) == (40, 50)
    assert column.decode(np.array([[low - 1e-9], [high + 1e-9]])).tolist() == [39, 51]


def test_a_preimage_has_no_end_where_all_numbers_are_of_the_range():
    low, high = preimage(lambda z: np.clip(z, 0, 1), np.array([0.0, 0.5]), np.array([0.5, np.inf]))
    assert low.tolist() == [-np.inf, 0.5]
    assert high.tolist() == [0.5, np.inf]


# Tables


def frames():
    X = table().astype({"member": object})
    some = X[["grade", "since", "age", "member", "right"]].iloc[:3].copy()
    some["age"] = [40.0, np.nan, np.nan]
    some["since"] = [pd.NaT, pd.Timestamp("2021-06-01"), pd.NaT]
    some["member"] = [None, None, True]
    some["right"] = [None, None, None]
    some["grade"] = pd.Categorical(["mid", None, None], X.grade.cat.categories, ordered=True)
    plain = some.astype({"member": "boolean"}).drop(columns="right")
    return {
        "pandas": some,
        "polars": pl.from_pandas(plain),
        "pyarrow": pa.Table.from_pandas(plain),
    }


@pytest.mark.parametrize("name", frames())
def test_the_missing_cells_of_a_table_are_free(reader, name):
    conditions = read_conditions(reader, frames()[name])
    assert conditions.of_table
    assert conditions.n_rows == 3
    known = {asked.name: asked.known.tolist() for asked in conditions.asked}
    assert known == {
        "age": [True, False, False],
        "since": [False, True, False],
        "member": [False, False, True],
        "grade": [True, False, False],
    }


def test_an_array_is_a_table_with_all_columns():
    X = np.random.default_rng(0).normal(size=(50, 3))
    reader = reader_of(X)
    asked = read_conditions(reader, np.array([[np.nan, 0.5, np.nan], [0.1, np.nan, np.nan]])).asked
    assert [a.place for a in asked] == [0, 1]
    assert [a.known.tolist() for a in asked] == [[False, True], [True, False]]


def test_columns_of_an_array_are_positions_and_of_a_frame_names():
    X = np.random.default_rng(0).normal(size=(50, 3))
    for name in (1, np.int64(1)):
        assert read_conditions(reader_of(X), {name: 0.5}).asked[0].place == 1
    named = reader_of(pd.DataFrame(X, columns=["a", "b", "c"]))
    assert read_conditions(named, {"b": 0.5}).asked[0].place == 1
    assert read_conditions(named, pd.DataFrame({"c": [0.5]})).asked[0].place == 2


def test_an_array_of_few_values_has_levels_too():
    rng = np.random.default_rng(0)
    X = np.c_[rng.normal(size=200), rng.integers(0, 3, 200)]
    reader = reader_of(X)
    told = told_by(reader, {1: [0, 2]})
    assert told.evidence.allowed.tolist() == [[True, False, True]]


def test_a_range_beyond_the_data_is_one_without_standardizing():
    X = np.random.default_rng(0).normal(size=(50, 2))
    told = translate(
        read_conditions(reader_of(X, False), {0: Range(8)}), reader_of(X, False).scaler
    )
    assert told.evidence.low[0].tolist() == [8, -np.inf]


# Rules and dependencies


def ruled(seed=0):
    rng = np.random.default_rng(seed)
    which, a, b = rng.choice(4, N), rng.gamma(2, 10, N).round(2), rng.gamma(3, 10, N).round(2)
    start = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 600, N), "D")
    X = pd.DataFrame(
        {
            "start": start,
            "end": start + pd.to_timedelta(rng.integers(0, 60, N), "D"),
            "a": a,
            "b": b,
            "total": (a + b).round(2),
            "town": np.array(["Lyon", "Nice", "Bonn", "Rome"])[which],
            "land": np.array(["F", "F", "D", "I"])[which],
            "x": rng.normal(size=N),
        }
    )
    X["y"] = 1 - 3 * X.x
    return X


@pytest.fixture(scope="module")
def under_rules():
    rules = [Inequality("start", "end"), Sum(["a", "b"], "total")]
    return reader_of(ruled(), TableEncoder(rules=rules))


def test_what_implies_a_condition_is_known_of_its_source(under_rules):
    told = told_by(under_rules, {"land": "F"})
    assert told.evidence.allowed.sum() == 2
    both = translate(
        read_conditions(under_rules, {"land": "F", "town": "Nice"}), under_rules.scaler
    )
    assert both.evidence.allowed.sum() == 1


def test_a_number_that_follows_from_another_one_tells_it(under_rules):
    told = told_by(under_rules, {"y": -2.0})
    place = under_rules.encoder.labels.index("x")
    x = under_rules.encoder.columns_[7]
    assert x.decode(told.evidence.numbers[:, [place]]) == pytest.approx(1.0, rel=1e-8)
    told = told_by(under_rules, {"y": Range(-2, 1)})
    ends = np.r_[told.evidence.low[:, place], told.evidence.high[:, place]]
    assert x.decode(ends[:, None]) == pytest.approx([0.0, 1.0], abs=1e-6)


def test_a_difference_is_known_with_both_dates(under_rules):
    dates = {"start": "2021-06-01", "end": "2021-06-11"}
    told = told_by(under_rules, dates)
    assert np.isfinite(told.evidence.numbers[0, :2]).all()
    assert told.known[0, 1] == 10
    alone = told_by(under_rules, {"end": "2021-06-11"})
    assert np.isneginf(alone.evidence.low).all()
    assert np.isposinf(alone.evidence.high).all()


BROKEN = {
    "a dependency": ({"town": "Bonn", "land": "F"}, "'town' = Bonn and 'land' = F cannot occur"),
    "a line": ({"x": 0.5, "y": 2.0}, "'x' = 0.5 and 'y' = 2 cannot occur together"),
    "an inequality": (
        {"start": "2021-06-01", "end": "2021-05-01"},
        r"'start' = 2021-06-01 and 'end' = 2021-05-01 .*rule Inequality\('start', 'end'\)",
    ),
    "a sum": ({"a": 20.0, "b": 30.0, "total": 51}, r"'total' = 51 .*rule Sum"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_conditions_against_what_columns_are_to_each_other(under_rules, name):
    conditions, message = BROKEN[name]
    with pytest.raises(ValueError, match=message):
        read_conditions(under_rules, conditions)
    table = pd.DataFrame({key: [None, value] for key, value in conditions.items()})
    table = table.infer_objects()
    for key in {"start", "end"} & {*table}:
        table[key] = pd.to_datetime(table[key])
    with pytest.raises(ValueError, match="in row 1 cannot occur together"):
        read_conditions(under_rules, table)


def test_combinations_that_never_were():
    X = ruled()[["town", "land", "a"]]
    rules = [FixedCombinations(["town", "land"]), Increasing(["a", "b"])]
    reader = reader_of(X.assign(b=X.a + 1), TableEncoder(rules=rules))
    with pytest.raises(ValueError, match=r"'town' = Lyon and 'land' = D .*FixedCombinations"):
        read_conditions(reader, {"town": "Lyon", "land": "D"})
    told = translate(
        read_conditions(reader, {"town": ["Lyon", "Bonn"], "land": "F"}), reader.scaler
    )
    assert told.evidence.allowed.tolist() == [[False, True, False, False]]


def test_conditions_that_contradict_each_other(reader):
    with pytest.raises(ValueError, match="'left' is missing and 'right' is 'k'; leave out one"):
        told_by(reader, {"left": None, "right": "k"})
    X = pd.get_dummies(pd.DataFrame({"d": list("ABC") * 20, "e": range(60)}), columns=["d"])
    dummies = reader_of(X)
    both = read_conditions(dummies, {"d_A": True, "d_B": True})
    with pytest.raises(ValueError, match="'d_A' is True and 'd_B' is True; leave out one"):
        translate(both, dummies.scaler)
    free = translate(both, dummies.scaler, strict=False).evidence
    assert free.allowed.all()
    assert translate(
        read_conditions(dummies, {"d_A": False}), dummies.scaler
    ).evidence.allowed.tolist() == [[False, True, True]]


# Bad input


BAD = {
    "an unknown column": ({"citty": "Lyon"}, ValueError, "no column 'citty': did you mean 'city'?"),
    "a position of a frame": (
        {0: "Lyon"},
        ValueError,
        "no column 0. The columns are 'city', 'age'",
    ),
    "an unknown level": (
        {"city": "Metz"},
        ValueError,
        "column 'city' cannot be 'Metz', a level that was not in the training data: the known "
        "levels are 'Bonn', 'Lyon', 'Nice'",
    ),
    "a level of another type": ({"city": 3}, ValueError, "'city' cannot be 3, a level"),
    "what has no hash": ({"city": {"a": 1}}, ValueError, "'city' cannot be {'a': 1}, a level"),
    "an unknown level among others": ({"city": ["Lyon", "Metz"]}, ValueError, "cannot be 'Metz'"),
    "a number below": (
        {"age": 10},
        ValueError,
        "column 'age' cannot be 10: the training data range from 18 to 90",
    ),
    "a number above": (
        {"paid": 1e6},
        ValueError,
        "column 'paid' cannot be 1000000.0: the training data range",
    ),
    "a range above": ({"age": Range(95, None)}, ValueError, r"'age' cannot be in Range\(low=95"),
    "a range below": ({"age": Range(None, 3)}, ValueError, "the training data range from 18 to 90"),
    "a part of a whole number": (
        {"age": 60.5},
        ValueError,
        "column 'age' cannot be 60.5: it holds whole numbers",
    ),
    "a number that is no level": (
        {"rooms": 2.5},
        ValueError,
        "cannot be 2.5: it holds one of 1, 2",
    ),
    "a range without a level": (
        {"rooms": Range(2.2, 2.8)},
        ValueError,
        "no row of the training data fulfills",
    ),
    "a time of day in dates": (
        {"since": "2021-06-01 12:00"},
        ValueError,
        "'since' cannot be '2021",
    ),
    "a date before all": (
        {"since": "2001-01-01"},
        ValueError,
        "the training data range from 2020-01-08 to",
    ),
    "no date": ({"since": "soon"}, TypeError, "'since' cannot be 'soon': it holds dates"),
    "a date that may be two": (
        {"since": "05/01/2021"},
        TypeError,
        "'since' cannot be '05/01/2021': it holds dates .*write text in the form '2020-01-08'$",
    ),
    "a date with its day first": ({"since": "25/01/2021"}, TypeError, "in the form '2020-01-08'$"),
    "one of a range": ({"since": Range("01/06/2021")}, TypeError, "in the form '2020-01-08'$"),
    "a year": ({"since": "2021"}, TypeError, "in the form '2020-01-08'$"),
    "a pair": (
        {"age": (30, 40)},
        TypeError,
        r"'age' cannot be the tuple \(30, 40\): a range is regan.Range\(30, 40\), and several "
        r"values are a list, \[30, 40\]$",
    ),
    "a tuple of levels": (
        {"city": ("Lyon", "Nice")},
        TypeError,
        r"the tuple \('Lyon', 'Nice'\): several values are a list, \['Lyon', 'Nice'\]$",
    ),
    "a slice": ({"age": slice(30, 40)}, TypeError, r"For a range, give regan.Range\(low, high\)"),
    "a sign": ({"age": ">60"}, TypeError, r"'>60' .*For a range, give regan.Range\(low, high\)"),
    "a sign before a date": ({"since": ">2021"}, TypeError, "For a range, give regan.Range"),
    "a dash": ({"paid": "30-40"}, TypeError, "For a range, give regan.Range"),
    "an interval": ({"paid": pd.Interval(3, 4)}, TypeError, "For a range, give regan.Range"),
    "a number as a date": ({"since": 3.5}, TypeError, "'since' cannot be 3.5: it holds dates"),
    "text as a number": ({"age": "60"}, TypeError, r"'age' cannot be '60' \(str\): it holds whole"),
    "a truth value as a number": ({"age": True}, TypeError, r"'age' cannot be True \(bool\)"),
    "a missing cell": ({"age": None}, ValueError, "'age' had no missing cells in the training"),
    "one among others": ({"city": ["Lyon", None]}, ValueError, "'city' had no missing cells"),
    "an empty list": ({"city": []}, ValueError, "'city' has an empty list of values"),
    "a range in a list": ({"age": [Range(3, 4)]}, TypeError, "'age' has a Range in a list"),
    "a range the wrong way": ({"age": Range(60, 50)}, ValueError, "low end is above its high end"),
    "a range of no numbers": ({"age": Range("a", None)}, TypeError, r"'age' cannot be 'a' \(str\)"),
    "a range of NaN": ({"age": Range(np.nan)}, ValueError, "'age' has a Range with the end nan"),
    "a range of levels": (
        {"city": Range("Bonn", "Lyon")},
        TypeError,
        r"column 'city' has no order, .* give a list of values; it holds one of Bonn, Lyon",
    ),
    "an unknown end": ({"grade": Range("best")}, ValueError, "'grade' has no level 'best'"),
    "grades the wrong way": ({"grade": Range("high", "low")}, ValueError, "above its high end"),
    "text": ("city", TypeError, "conditions must be a mapping such as"),
    "a number alone": (3, TypeError, "conditions must be a mapping such as"),
    "an array of other columns": (
        np.ones((3, 2)),
        ValueError,
        r"array must have 9 columns, .* \(3, 2\)",
    ),
    "a vector": (np.ones(9), ValueError, r"array must have 9 columns, .* got the shape \(9,\)"),
    "no rows": (table().iloc[:0], ValueError, "the table has no rows"),
    "another column": (pd.DataFrame({"town": ["Lyon"]}), ValueError, "no column 'town'"),
    "another dtype": (pd.DataFrame({"age": ["60"]}), TypeError, "column 'age' held numbers in"),
    "numbers as dates": (pd.DataFrame({"since": [3.5]}), TypeError, "'since' held dates or"),
    "a new level": (pd.DataFrame({"city": ["Lyon", "Metz"]}), ValueError, "'city' has levels"),
    "an old man": (
        pd.DataFrame({"age": [40, 140]}),
        ValueError,
        "cannot be 140 in row 1: the training data range",
    ),
    "half a year": (pd.DataFrame({"age": [None, 40.5]}), ValueError, "be 40.5 in row 1: it holds"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_no_row_can_be_is_refused_by_name(reader, name):
    conditions, error, message = BAD[name]
    with pytest.raises(error, match=message):
        told_by(reader, conditions)


def test_text_of_a_number_is_no_range(reader):
    with pytest.raises(TypeError, match=r"'60' .*: it holds whole numbers$"):
        read_conditions(reader, {"age": "60"})


def test_levels_that_are_tuples_are_values():
    pairs = [("x", 1), ("y", 2)]
    X = pd.DataFrame({"pair": [pairs[i % 2] for i in range(N)], "v": np.arange(N) / 7})
    reader = reader_of(X)
    assert read_conditions(reader, {"pair": ("y", 2)}).asked[0].low.tolist() == [1]
    assert read_conditions(reader, {"pair": pairs}).asked[0].among.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"'pair' cannot be \('x', 2\), a level that was not"):
        read_conditions(reader, {"pair": ("x", 2)})


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
def test_text_of_a_time_is_read_in_one_way(zone):
    days = pd.date_range("2023-01-01", periods=600, tz=zone)
    X = pd.DataFrame({"day": days, "period": days.tz_localize(None).to_period("D")})
    reader = reader_of(X.assign(v=np.arange(600) / 7))
    for name in X:
        expected = read_conditions(reader, {name: X[name][124]}).asked[0].low
        assert read_conditions(reader, {name: "2023-05-05"}).asked[0].low == expected
        for text in ("05/01/2023", "25/01/2023", "May 5, 2023"):
            with pytest.raises(TypeError, match="write text in the form '2023-01-01"):
                read_conditions(reader, {name: text})


def test_identifiers_that_are_numbered_anew_are_no_condition():
    X = table()[["city", "age"]].assign(key=[f"K{i:04d}" for i in range(N)])
    reader = reader_of(X, TableEncoder(ids="sequence"))
    for conditions in ({"key": "K0003"}, pd.DataFrame({"key": ["K0003"]})):
        with pytest.raises(ValueError, match="column 'key' numbers the rows anew"):
            read_conditions(reader, conditions)


def test_levels_that_were_pooled_are_no_condition():
    X = table().assign(name=[f"n{i % 40}" for i in range(N)])
    reader = reader_of(X, TableEncoder(max_levels=10, pool="other"))
    assert read_conditions(reader, {"name": "other"}).asked[0].known.all()
    lost = next(f"n{i}" for i in range(40) if f"n{i}" not in reader.encoder.columns_[-1].levels)
    with pytest.raises(ValueError, match=f"cannot be '{lost}'"):
        read_conditions(reader, {"name": lost})


def test_bad_conditions_on_arrays():
    reader = reader_of(np.random.default_rng(0).normal(size=(50, 2)))
    for conditions, error, message in (
        ({2: 0.0}, ValueError, "no column 2. The columns are 0, 1"),
        ({True: 0.0}, ValueError, "no column True"),
        ({"a": 0.0}, ValueError, "no column 'a'"),
        ({0: None}, ValueError, "column 0 had no missing cells"),
        ({0: "x"}, TypeError, r"column 0 cannot be 'x' \(str\): it holds numbers"),
        ({0: 99.0}, ValueError, "column 0 cannot be 99.0: the training data range"),
        (np.array([["x", "y"]]), TypeError, "column 0 cannot be 'x'"),
    ):
        with pytest.raises(error, match=message):
            read_conditions(reader, conditions)


def test_nothing_asked_for_is_no_evidence(reader):
    assert told_by(reader, {"grade": ["low", "mid", "high"]}).evidence.allowed.all()
    none = told_by(reader, {}).evidence
    assert isinstance(none, Evidence)
    assert np.isneginf(none.low).all()
    assert np.isposinf(none.high).all()
    assert none.allowed.all()
