"""Literals: values of tables come back equal, of their types, or are refused."""

import datetime
import enum
import ipaddress
import json
import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_index_equal

import regan
from regan.building.factory import known_classes
from regan.data import TableEncoder
from regan.data.literals import foreign, steady
from regan.files.values import Codec
from regan.storage.stored import Stored
from tests.support.mixed_tables import MODELS

CODEC = Codec(known_classes())


class Grade(enum.Enum):
    """Somebody's own class."""

    LOW = 1
    HIGH = 2


# One strategy for each type

ZONES = st.sampled_from(
    [None, datetime.UTC, datetime.timezone(datetime.timedelta(hours=-3, minutes=-30), "here")]
    + [ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns")]
)
DATES = st.dates()
DATETIMES = st.datetimes(timezones=ZONES)
SPANS = st.timedeltas()
UNITS = st.sampled_from(["s", "ms", "us", "ns"])
TICKS = st.integers(-(10**9), 10**9)
TIMEDELTAS = st.builds(lambda n, u: pd.Timedelta(np.timedelta64(n, u)), TICKS, UNITS)


@st.composite
def timestamps(draw):
    stamp = pd.Timestamp(np.datetime64(draw(TICKS), draw(UNITS)))
    zone = draw(st.sampled_from([None, "UTC", "Europe/Berlin", "UTC+01:00"]))
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(zone)


@st.composite
def intervals(draw):
    kind = draw(st.sampled_from([TICKS, st.floats(-1e6, 1e6), timestamps(), TIMEDELTAS]))
    one = draw(kind)
    other = (
        one + pd.Timedelta(draw(st.integers(0, 10**6)), "s")
        if isinstance(one, pd.Timestamp)
        else draw(kind)
    )
    closed = draw(st.sampled_from(["left", "right", "both", "neither"]))
    return pd.Interval(min(one, other), max(one, other), closed)


TIMES = {
    "dates": DATES,
    "datetimes": DATETIMES,
    "times": st.times(),
    "spans": SPANS,
    "timestamps": timestamps(),
    "timedeltas": TIMEDELTAS,
    "periods": st.builds(
        lambda n, unit: pd.Period(ordinal=n, freq=unit),
        st.integers(-500, 500),
        st.sampled_from(["D", "M", "Q-MAR", "h", "W-SUN"]),
    ),
    "NumPy's dates": st.builds(np.datetime64, TICKS, st.sampled_from(["Y", "M", "D", "s", "ns"])),
    "NumPy's spans": st.builds(np.timedelta64, TICKS, st.sampled_from(["D", "s", "us"])),
}
OTHERS = {
    "text": st.text(),
    "bytes": st.binary(),
    "intervals": intervals(),
    "complex": st.complex_numbers(allow_nan=False, allow_infinity=False),
    "decimals": st.decimals(allow_nan=False),
    "fractions": st.fractions(),
    "identifiers": st.uuids(),
    "addresses": st.ip_addresses(),
    "networks": st.builds(
        lambda a, n: ipaddress.ip_network((a, n), strict=False),
        st.ip_addresses(v=4),
        st.integers(0, 32),
    ),
    "sets": st.frozensets(st.text(max_size=2) | st.integers(), max_size=3),
}
NESTED = {
    "pairs": st.tuples(DATES | intervals(), st.none() | st.binary()),
    "pairs of pairs": st.tuples(st.tuples(st.text(), st.decimals(allow_nan=False)), st.booleans()),
}
ALL = {**TIMES, **OTHERS, **NESTED}


def again(value):
    """What comes back from a file."""
    return CODEC.decode(Stored.parse(json.dumps(CODEC.encode(value, "value"))))


@settings(max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.one_of(*ALL.values()))
def test_values_come_back(value):
    back = again(value)
    assert type(back) is type(value)
    assert back == value
    assert repr(steady(back)) == repr(steady(value))
    assert foreign([value, (1, value), {"a": value}]) == []


@pytest.mark.parametrize(
    "value",
    [
        pd.NaT,
        pd.NA,
        float("nan"),
        Decimal("NaN"),
        Decimal("-0"),
        -0.0,
        datetime.datetime(2020, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
        pd.Timestamp("2020-10-25 02:30").tz_localize("Europe/Berlin", ambiguous=False),
        datetime.timezone.utc,  # noqa: UP017 - the same object
        Fraction(10**40, 3),
        np.datetime64("NaT", "ns"),
    ],
    ids=repr,
)
def test_values_at_the_edge_come_back(value):
    assert repr(again(value)) == repr(value)
    assert type(again(value)) is type(value)


def test_tables_of_settings_come_back():
    stamp = pd.Timestamp("2020")
    settings_ = {stamp: "standard", ("a", 1): "quantile", 3: {datetime.date(2020, 1, 1)}}
    assert again(settings_) == settings_
    assert again(pd.Index([stamp])) == [stamp]
    for array in (np.array(["a", "bc"]), np.array([b"a"]), np.array([stamp, (1, 2)], dtype=object)):
        np.testing.assert_array_equal(again(array), array)
        assert again(array).dtype == array.dtype


@pytest.mark.parametrize("value", [Grade.LOW, int, len, range(3), slice(1)], ids=repr)
def test_what_is_not_in_the_list_is_found(value):
    assert foreign([1, ("a", {"b": value})]) == [value]
    with pytest.raises(TypeError, match=r"it=.* cannot be saved to a model file"):
        CODEC.encode([value], "it")


def test_time_zones_without_a_name_are_not_held():
    class Mine(datetime.tzinfo):
        def utcoffset(self, _):
            return datetime.timedelta(0)

    assert foreign(datetime.datetime(2020, 1, 1, tzinfo=Mine())) != []


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ({"literal": "Popen", "parts": ["ls"]}, "must be a value that regan holds, and is .*Popen"),
        ({"literal": "date", "parts": [2020, 13, 1]}, "month must be in"),
    ],
)
def test_files_name_no_other_types(stored, message):
    with pytest.raises(ValueError, match=message):
        CODEC.decode(Stored(stored))


# Tables


def as_objects(values):
    return np.fromiter(values, dtype=object, count=len(values))


def comes_back(X, tmp_path, **changes):
    """Whether a model of `X` and the one that is loaded give the same rows, of its dtypes."""
    model = MODELS["gaussian"](**changes).fit(X)
    model.save(tmp_path / "model.regan")
    loaded = regan.load(tmp_path / "model.regan")
    rows, others = (m.sample(9, random_state=1) for m in (model, loaded))
    assert_index_equal(others.columns, rows.columns)
    assert others.columns.tolist() == X.columns.tolist()
    assert others.columns.names == X.columns.names
    assert list(others.dtypes) == list(X.dtypes)
    for j, dtype in enumerate(X.dtypes):
        ours, theirs, before = (frame.iloc[:, j].tolist() for frame in (rows, others, X))
        assert theirs == ours
        assert list(map(type, theirs)) == list(map(type, ours))
        assert set(theirs) <= set(before) or pd.api.types.is_numeric_dtype(dtype)
    assert loaded.score(X) == model.score(X)


@settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.data())
def test_levels_of_all_types_come_back(tmp_path_factory, data):
    kind = data.draw(st.sampled_from([k for k in ALL if not k.startswith("NumPy")]))
    levels = data.draw(st.lists(ALL[kind], min_size=1, max_size=4, unique_by=(hash, repr)))
    codes = data.draw(st.lists(st.integers(0, len(levels) - 1), min_size=9, max_size=9))
    categories = pd.Index(as_objects(levels), dtype=object, tupleize_cols=False)
    column = pd.Series(pd.Categorical.from_codes(codes, categories))
    if kind not in {*TIMES, "decimals", "fractions"}:  # plain objects of these are refused
        column = column.astype(object) if data.draw(st.booleans()) else column
    X = pd.DataFrame({"size": np.arange(9.0) ** 2, "level": column})
    comes_back(X, tmp_path_factory.mktemp("levels"))


@settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.data())
def test_names_of_all_types_come_back(tmp_path_factory, data):
    kind = data.draw(st.sampled_from([*ALL, "integers"]))
    one = {**ALL, "integers": st.integers(-(2**60), 2**60)}[kind]
    names = data.draw(st.lists(one, min_size=3, max_size=3, unique_by=(hash, repr)))
    table = {0: np.arange(9.0) ** 2, 1: np.arange(9.0) % 4, 2: np.arange(9.0) % 3}
    X = pd.DataFrame(table)
    if data.draw(st.booleans()):
        X = X.astype({1: "int64", 2: "category"})
    X.columns = pd.Index(as_objects(names), name=data.draw(one), tupleize_cols=False)
    comes_back(X, tmp_path_factory.mktemp("names"))


def test_several_levels_of_names_and_lists_of_columns(tmp_path):
    X = pd.DataFrame({0: np.arange(9.0) ** 2, 1: np.arange(9) % 4, 2: list("abcabcabc")})
    X.columns = pd.MultiIndex.from_arrays(
        [["a", "a", "b"], pd.to_datetime(["2020", "2021", "2022"])],
        names=[datetime.date(2020, 1, 1), b"x"],
    )
    encoder = TableEncoder({X.columns[0]: "standard"}, categorical=X.columns[1:2])
    comes_back(X, tmp_path, standardize=encoder)


@pytest.mark.parametrize("right", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        np.arange(40.0) ** 2,
        np.arange(40),
        pd.Series(pd.date_range("2020", periods=40)),
        pd.Series(pd.date_range("2020", periods=40, tz="Europe/Berlin")),
        pd.Series(pd.timedelta_range("1h", periods=40)),
    ],
    ids=["floats", "integers", "dates", "dates of a zone", "spans"],
)
def test_cut_columns(tmp_path, values, right):
    X = pd.DataFrame({"size": np.arange(40.0), "band": pd.cut(values, 4, right=right)})
    X["interval"] = pd.arrays.IntervalArray(X["band"])
    X["object"] = X["band"].astype(object)
    comes_back(X, tmp_path)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_what_no_file_can_hold_is_refused_before_training(make):
    X = pd.DataFrame({"size": np.arange(8.0), "grade": [Grade.LOW, Grade.HIGH] * 4})
    message = r"column 'grade' holds <Grade.LOW: 1>, of the type Grade, which a model file cannot"
    for column in (X["grade"], X["grade"].astype("category")):
        with pytest.raises(TypeError, match=message):
            make().fit(X.assign(grade=column))
    rows = pd.DataFrame(np.arange(16.0).reshape(8, 2))
    for columns, message in (
        ([Grade.LOW, Grade.HIGH], "X has the column name <Grade.LOW: 1>, of the type Grade"),
        (pd.Index(["a", "b"], name=Grade.LOW), "the column index of X has the name <Grade.LOW"),
        (pd.MultiIndex.from_tuples([("a", Grade.LOW), ("b", 1)]), "X has the column name"),
    ):
        with pytest.raises(TypeError, match=message):
            make().fit(rows.set_axis(columns, axis=1))


@pytest.mark.parametrize("unit", ["D", "s", "ns"])
def test_class_labels_that_are_dates(tmp_path, unit):
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = np.array(["2020-01-01", "2021-01-01"], dtype=f"datetime64[{unit}]")[np.arange(20) % 2]
    gan = MODELS["gan"](conditional=True, max_iter=2).fit(X, y)
    gan.save(tmp_path / "model.regan")
    loaded = regan.load(tmp_path / "model.regan")
    assert loaded.classes_.dtype == y.dtype
    for model in (gan, loaded):
        np.testing.assert_array_equal(model.classes_, np.unique(y))
    np.testing.assert_array_equal(loaded.sample(4, y=y[:4]), gan.sample(4, y=y[:4]))


TAGS = 'tags = [frozenset("abcdefgh"), frozenset("ijklm")] * 10'
SETS = f"""
import numpy as np, pandas as pd
from regan import Checkpoint, RegularizedGAN
{TAGS}
X = pd.DataFrame({{"size": np.arange(20.0), "tags": tags}})
X["again"] = X["tags"].astype("category")
checkpoint = Checkpoint(folder, every=1, resume=True)
RegularizedGAN(hidden_layer_sizes=4, max_iter=2, callbacks=[checkpoint], random_state=0).fit(X)
"""


def test_a_run_on_levels_that_are_sets_goes_on_in_another_process(tmp_path):
    """In this one, from one where the elements of sets have another order."""

    def elsewhere(seed, code):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, check=True, env=environment, timeout=100, capture_output=True
        )
        return done.stdout.decode().strip()

    exec(TAGS, here := {})
    orders = f"{TAGS}; print(*map(list, tags))"
    lists = " ".join(str(list(tag)) for tag in here["tags"])
    seed = next(seed for seed in range(9) if elsewhere(seed, orders) != lists)
    elsewhere(seed, f"folder = {str(tmp_path)!r}\n{SETS}")
    exec(SETS, {"folder": str(tmp_path)})
