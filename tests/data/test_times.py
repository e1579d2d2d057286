"""Dates, times of day, timestamps, durations and periods: exact, in every library, and as shown."""

import datetime
import json
import subprocess
import sys
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import regan
from regan import RegularizedGaussian
from regan.data import Inequality, Sum, TableEncoder
from regan.data.faults import ColumnsError
from regan.data.numbers.calendars import CALENDARS
from regan.data.numbers.clocks import NANOSECONDS, Clock
from regan.storage.stored import Stored

N = 60
PARIS = ZoneInfo("Europe/Paris")
START = datetime.datetime(2019, 1, 7)


def some(step, n=N, start=START, most=2000):
    """So many moments, whole steps behind the start."""
    return [start + step * int(k) for k in np.random.default_rng(0).integers(0, most, n)]


SECONDS = some(datetime.timedelta(seconds=1), most=10**8)
DAYS = [moment.date() for moment in some(datetime.timedelta(days=1))]
SPANS = [moment - START for moment in SECONDS]


# Clocks


@pytest.mark.parametrize("calendar", CALENDARS.values(), ids=CALENDARS)
def test_calendars_number_their_days(calendar):
    numbers = np.arange(-300_000, 300_000, 997)
    days = calendar.days(numbers)
    again, between = calendar.numbers(days)
    np.testing.assert_array_equal(again, numbers)
    assert not between.any()
    week = np.arange(-40, 40)
    whole, part = calendar.numbers(week)
    assert (np.diff(whole + part) >= 0).all()
    assert set(week[part == 0]) <= set(calendar.days(whole))


@pytest.mark.parametrize("unit", NANOSECONDS)
def test_ticks_are_of_the_coarsest_unit(unit):
    counts = np.array([0, 5, 12, 100]) * (NANOSECONDS[unit] // NANOSECONDS["ns"])
    clock = Clock.learn(counts, "ns")
    assert clock.unit == unit
    ticks = clock.ticks(counts, "ns")
    np.testing.assert_array_equal(clock.counts(ticks), [0, 5, 12, 100])
    if unit != "ns":
        assert 0 < clock.ticks(counts + 1, "ns")[0] - ticks[0] < 1


def test_nanoseconds_over_many_years_are_rounded():
    low, high = (np.datetime64(year, "ns").view("i8") for year in ("1700", "2200"))
    counts = np.random.default_rng(0).integers(low, high, 50)
    clock = Clock.learn(counts, "ns", dated=True)
    assert (clock.unit, clock.rounds) == ("ms", True)
    ticks = clock.ticks(counts, "ns")
    assert np.abs(ticks).max() < 2**53
    assert np.abs(clock.counts(ticks) - counts / 1e6).max() <= 0.51
    near = Clock.learn(counts % 10**9, "ns")
    assert (near.unit, near.rounds) == ("ns", False)


def test_the_origin_is_no_value_of_the_data():
    counts = np.random.default_rng(0).integers(10**6, 10**6 + 1000, 50)
    assert Clock.learn(counts, "s").origin < counts.min()


# Samples

KEPT = {
    "Mondays": (pd.date_range(START, periods=300, freq="W-MON"), lambda s: s.dt.day_of_week == 0),
    "weekdays": (pd.date_range(START, periods=300, freq="B"), lambda s: s.dt.day_of_week < 5),
    "trading": (
        pd.date_range(START, periods=300, freq="B") + pd.Timedelta("9h30min"),
        lambda s: (s.dt.day_of_week < 5) & (s.dt.strftime("%H:%M") == "09:30"),
    ),
    "month starts": (pd.date_range(START, periods=300, freq="MS"), lambda s: s.dt.is_month_start),
    "month ends": (pd.date_range(START, periods=300, freq="ME"), lambda s: s.dt.is_month_end),
    "quarters of an hour": (
        pd.date_range(START, periods=300, freq="15min"),
        lambda s: (s.dt.minute % 15 == 0) & (s.dt.second == 0),
    ),
    "midnights": (
        pd.date_range(START, periods=300, tz="Europe/Paris"),
        lambda s: s.dt.time == datetime.time(),
    ),
}


def test_what_all_dates_obey_holds_in_samples(tmp_path):
    X = pd.DataFrame({name: dates for name, (dates, _) in KEPT.items()})
    model = RegularizedGaussian(random_state=0).fit(X)
    model.save(tmp_path / "m", sampler_only=True)
    for made in (model.sample(500), regan.load(tmp_path / "m").sample(500)):
        assert (made.dtypes == X.dtypes).all()
        for name, (_, holds) in KEPT.items():
            assert holds(made[name]).all(), name
            assert made[name].nunique() > 50, name
            assert X[name].min() <= made[name].min() <= made[name].max() <= X[name].max()


def test_a_few_dates_are_levels():
    dates = pd.to_datetime(["2026-01-01", "2026-02-03", "2026-04-05"] * 20)
    encoder = TableEncoder().fit(pd.DataFrame({"when": dates}))
    assert list(encoder.get_feature_names_out()) == [
        "when_2026-01-01",
        "when_2026-02-03",
        "when_2026-04-05",
    ]
    with pytest.raises(ValueError, match="column 'when' holds 2026-01-02, which was not in the"):
        encoder.transform(pd.DataFrame({"when": [pd.Timestamp("2026-01-02")]}))
    many = pd.DataFrame({"when": pd.date_range(START, periods=9)})
    assert TableEncoder(categorical=["when"]).fit(many).levels_ == (9,)
    with pytest.raises(ValueError, match="column 'when' has 9 levels in 9 rows, more than max_lev"):
        TableEncoder(categorical=["when"], max_levels=8).fit(many)


# Rules


def test_what_starts_before_it_ends_does_so_in_samples(tmp_path):
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2026-01-05") + pd.to_timedelta(rng.integers(0, 900, 400), unit="D")
    spans = pd.to_timedelta(rng.exponential(9e4, 400).round(), unit="s")
    X = pd.DataFrame(
        {
            "day": start.date,
            "end": pd.Series(start + spans).mask(rng.random(400) < 0.3),
            "midnight": start.tz_localize("Europe/Paris"),
            "late": start.tz_localize("UTC") + spans,
            "weekday": start + pd.offsets.BDay(0),
            "month": start + pd.offsets.BDay(0) + pd.offsets.MonthBegin(1),
            "first": start.to_period("M"),
            "last": (start + 20 * spans).to_period("M"),
            "hours": pd.to_timedelta(rng.integers(0, 100, 400), unit="h"),
            "spans": spans,
            "total": pd.to_timedelta(rng.integers(0, 100, 400), unit="h"),
        }
    )
    X["total"] = X["hours"] + X["spans"]
    rules = [
        Inequality("day", "end"),
        Inequality("midnight", "late"),
        Inequality("weekday", "month", strict=True),
        Inequality("first", "last"),
        Sum(["hours", "spans"], "total"),
    ]
    encoder = TableEncoder(rules=rules).fit(X)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
    RegularizedGaussian(standardize=encoder, random_state=0).fit(X).save(tmp_path / "m")
    made = regan.load(tmp_path / "m").sample(500)
    assert (made.dtypes == X.dtypes).all()
    assert (made["end"].isna() | (pd.to_datetime(made["day"]) <= made["end"])).all()
    assert 0.2 < made["end"].isna().mean() < 0.4
    assert (made["midnight"] <= made["late"]).all()
    assert (made["midnight"].dt.time == datetime.time()).all()
    assert (made["weekday"] < made["month"]).all()
    assert (made["month"].dt.is_month_start & (made["weekday"].dt.day_of_week < 5)).all()
    assert (made["first"] <= made["last"]).all()
    assert (made["hours"] + made["spans"] == made["total"]).all()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            Inequality("day", "zone"),
            "and column 'zone' dates or timestamps with a time zone, which cannot",
        ),
        (Inequality("day", "span"), "and column 'span' durations, which cannot be compared"),
        (Sum(["day", "day"], "day"), "dates or timestamps, which cannot be added|twice"),
        (Inequality("far", "near"), "units too small for their range, so float64 cannot"),
    ],
)
def test_times_that_cannot_be_compared(rule, message):
    near = pd.Series(pd.Timestamp(2000, 1, 1).as_unit("ns") + pd.to_timedelta(np.arange(N), "ns"))
    X = pd.DataFrame(
        {"day": DAYS, "zone": pd.Series(SECONDS).dt.tz_localize("Europe/Paris"), "span": SPANS}
    )
    X = X.assign(far=pd.Series(DAYS) - datetime.timedelta(days=9**5), near=near)
    with pytest.raises((TypeError, ValueError), match=message):
        TableEncoder(rules=[rule]).fit(X)


# Forms

gaps = st.lists(st.booleans(), min_size=N, max_size=N)
HOSTILE = ["a b", "a.b", "$x$", "'", '"', "=1+1", "<b>", "ü", "", " ", "nan", "None", "a,b", "\n"]
COLUMNS = {
    "date": pd.Series(DAYS),
    "datetime": pd.Series(SECONDS, dtype=object),
    "aware": pd.Series([m.replace(tzinfo=datetime.UTC) for m in SECONDS], dtype=object),
    "Timestamp": pd.Series([pd.Timestamp(m, tz=PARIS) for m in SECONDS], dtype=object),
    "time": pd.Series([moment.time() for moment in SECONDS]),
    "timedelta": pd.Series(SPANS, dtype=object),
    "Timedelta": pd.Series([pd.Timedelta(span) for span in SPANS], dtype=object),
    "Period": pd.Series([pd.Period(day, "W") for day in DAYS], dtype=object),
    **{
        dtype: pd.Series(SECONDS).dt.tz_localize("UTC").astype(dtype)
        for dtype in ("datetime64[ns, Europe/Paris]", "datetime64[ms, UTC+05:30]")
    },
    **{f"datetime64[{u}]": pd.Series(SECONDS, dtype=f"datetime64[{u}]") for u in ("s", "us", "ns")},
    **{f"timedelta64[{u}]": pd.Series(SPANS, dtype=f"timedelta64[{u}]") for u in ("s", "ns")},
    **{f"period[{f}]": pd.Series(pd.PeriodIndex(DAYS, freq=f)) for f in ("M", "Q-NOV", "3D", "h")},
    "far": pd.Series([datetime.date.max, datetime.date.min, *DAYS[2:]]),
    "number": pd.Series(np.arange(N) / 4),
    **{t: pd.Series(np.arange(N) % 50).astype(t) for t in ("Int8", "UInt64", "Float32", "float32")},
    **{t: pd.Series(["a", "b"] * (N // 2), dtype=t) for t in ("str", "string", "object")},
    "boolean": pd.Series([True, False] * (N // 2), dtype="boolean"),
    "dates": pd.Series(pd.Categorical(DAYS[:3] * (N // 3))),
    "stamps": pd.Series(pd.Series(SECONDS[:3] * (N // 3)).dt.tz_localize("UTC"), dtype="category"),
    "cut": pd.Series(pd.cut(pd.Series(SECONDS), 3)),
}


def again(encoder):
    """The encoder that a model file gives back."""
    return TableEncoder.restore(Stored.parse(json.dumps(encoder.export(), allow_nan=False)))


@settings(
    deadline=None, max_examples=5, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(data=st.data())
def test_encoding_and_decoding_is_the_identity(data):
    kinds = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=9, max_size=9))
    names = data.draw(st.permutations(HOSTILE))[: len(kinds)]
    rows = [np.array(data.draw(gaps)) for _ in range(3)]
    columns = [COLUMNS[kind].mask(rows[j % 3]) for j, kind in enumerate(kinds)]
    X = pd.concat(columns, axis=1).set_axis(names, axis=1)
    encoder = again(TableEncoder("standard").fit(X))
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)
    assert all(column.words for column in encoder.columns_)


MARKS = [None, np.nan, pd.NA, pd.NaT]


def test_every_form_comes_back_with_what_stood_for_missing_cells():
    marked = {
        f"{kind} {mark}": pd.Series([mark, *column[1:]], dtype=object)
        for mark in MARKS
        for kind, column in COLUMNS.items()
        if column.dtype == object and kind != "object"
    }
    X = pd.DataFrame({**COLUMNS, **marked})
    encoder = TableEncoder("standard").fit(X)
    back = encoder.inverse_transform(encoder.transform(X))
    assert_frame_equal(back, X)
    for name in marked:
        assert type(back[name][0]) is type(X[name][0])
        assert {type(value) for value in back[name][1:]} == {type(value) for value in X[name][1:]}


def with_nulls(values):
    return [None, *values[1:]]


ZONED = [m.replace(tzinfo=datetime.UTC) for m in SECONDS]
FLOATS = (np.arange(N) / 4).tolist()
POLARS = pl.DataFrame(
    {
        "date": DAYS,
        "time": [moment.time() for moment in SECONDS],
        "null": with_nulls(FLOATS),
        "NaN": [float("nan"), *FLOATS[1:]],
        **{u: pl.Series(with_nulls(SECONDS), dtype=pl.Datetime(u)) for u in ("ms", "us", "ns")},
        "zone": pl.Series(with_nulls(ZONED), dtype=pl.Datetime("ms", "Europe/Paris")),
        "span": pl.Series(with_nulls(SPANS), dtype=pl.Duration("ns")),
        "dates": with_nulls(DAYS),
        "times": with_nulls([moment.time() for moment in SECONDS]),
        "empty": pl.Series([None] * N, dtype=pl.Datetime("us", "UTC")),
        "no number": pl.Series([float("nan")] * N),
    }
)
ARROW = pa.table(
    {
        "far": pa.array([datetime.date.max, datetime.date.min, *DAYS[2:]]),
        "date64": pa.array(with_nulls(DAYS), pa.date64()),
        "fixed": pa.array(with_nulls(SECONDS), pa.timestamp("s", tz="+05:30")),
        "time32": pa.array(with_nulls([m.time() for m in SECONDS]), pa.time32("s")),
        **{name: POLARS[name].to_arrow() for name in POLARS.columns},
    }
)
TABLES = {"polars": POLARS, "pyarrow": ARROW, "arrow": ARROW.to_pandas(types_mapper=pd.ArrowDtype)}


@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
def test_tables_of_other_libraries_come_back(X):
    encoder = again(TableEncoder("standard").fit(X))
    back = encoder.inverse_transform(encoder.transform(X))
    if isinstance(X, pa.Table):
        assert back.schema == X.schema
        X, back = (table.to_pandas(types_mapper=pd.ArrowDtype) for table in (X, back))
    if isinstance(X, pl.DataFrame):
        assert back.schema == X.schema
        X = X.with_columns(pl.col(pl.Float64).round(6))
        assert back.with_columns(pl.col(pl.Float64).round(6)).equals(X)
    else:
        assert_frame_equal(back, X)


ELSEWHERE = """
import pickle, sys
import regan
models = [regan.load(name) for name in sys.argv[2:]]
with open(sys.argv[1], "wb") as file:
    pickle.dump([model.sample(30) for model in models], file)
"""


def test_another_process_gives_the_same_dtypes(small_gan, table, tmp_path):
    """And the same rows, of a table of times and of an array."""
    X = pd.DataFrame({kind: column.mask(np.arange(N) % 7 == 0) for kind, column in COLUMNS.items()})
    models = [RegularizedGaussian(random_state=0).fit(X), small_gan().fit(table)]
    names = [tmp_path / name for name in ("rows", "times", "numbers")]
    for model, name in zip(models, names[1:], strict=True):
        model.save(name)
    subprocess.run([sys.executable, "-c", ELSEWHERE, *map(str, names)], check=True)
    made, numbers = pd.read_pickle(names[0])
    assert_frame_equal(made, models[0].sample(30))
    assert (made.dtypes == X.dtypes).all()
    # NumPy may stand in there for the backend here
    np.testing.assert_allclose(numbers, models[1].sample(30), rtol=1e-5)


# What is refused

MIXED = {
    "a string": (
        [DAYS[0], DAYS[1], "soon"],
        r"holds 'soon' \(str\) in 1 of 3 rows \(row 2\), and '.*' \(date\) in row 0",
    ),
    "datetimes": (
        [DAYS[0], SECONDS[0]],
        r"\(datetime\) in .* \(row 1\), and .* \(date\) in row 0",
    ),
    "a zone": (
        [SECONDS[0], ZONED[1]],
        r"\(row 1\), and '.*' with another time zone or none in",
    ),
    "two zones": (
        [ZONED[0], ZONED[1].astimezone(PARIS)],
        r"\(row 1\), and .* with another time zone",
    ),
    "a time with a zone": (
        [datetime.time(3, tzinfo=PARIS)],
        r"a time of day with a time zone, in .* \(row 0\)",
    ),
    "periods": (
        [pd.Period("2020", "Y"), pd.Period("2020", "M")],
        r"a period of M, in 1 of 2 rows \(row 1\), and '2020'",
    ),
    "a long span": (
        [datetime.timedelta(days=10**9 - 1)],
        r"beyond 292,000 years, in 1 of 1 rows",
    ),
    "NumPy's": ([np.datetime64("2020-01-01")], "dates or times of the type datetime64: convert"),
}


@pytest.mark.parametrize(("values", "message"), MIXED.values(), ids=MIXED)
def test_mixed_columns_are_refused(values, message):
    with pytest.raises(ColumnsError, match=rf"column 'when' .*{message}"):
        TableEncoder().fit(pd.DataFrame({"when": pd.Series(values, dtype=object)}))


def test_other_times_than_in_training_are_refused():
    encoder = TableEncoder().fit(pd.DataFrame({"when": pd.Series(SECONDS)}))
    zoned = pd.DataFrame({"when": pd.Series(SECONDS).dt.tz_localize("UTC")})
    with pytest.raises(TypeError, match="held timestamps without a time zone in the training data"):
        encoder.transform(zoned)
    for text in ("2020-02-31", "soon", "2020-02-01 00:00:00+01:00", "now"):
        with pytest.raises(ValueError, match=r"holds '.*', which is not a (valid )?date"):
            encoder.columns_[0].parse([text])


def test_training_goes_on_in_the_same_units_alone():
    weekdays = pd.DataFrame({"when": pd.date_range(START, periods=200, freq="B").as_unit("ns")})
    encoder = TableEncoder().fit(weekdays)
    later = weekdays + pd.Timedelta(days=700)
    encoder.read(later, going_on=True)
    far = weekdays["when"].to_numpy().astype("datetime64[s]") + np.timedelta64(7 * 10**5, "D")
    for rows, message in (
        (weekdays + pd.Timedelta(days=5), "held whole days from Monday to Friday in the training"),
        (pd.DataFrame({"when": far}), "ns.*, cannot hold"),
    ):
        with pytest.raises(ValueError, match=message):
            encoder.read(rows, going_on=True)


# What is shown


@pytest.mark.parametrize(
    ("kind", "words", "named"),
    [
        ("date", "date 2019-01-12..2024-06-23", "2020"),
        ("datetime64[us]", "timestamp 2019-01-13 ", "2020"),
        ("datetime64[ns, Europe/Paris]", "timestamp in Europe/Paris 2019-01-13 ", "2020"),
        ("time", "time of day 00:", "04:00:00"),
        ("timedelta64[s]", "duration 6 days 04:41:04..", "400 days"),
        ("period[M]", "period of M 2019-01..2024-06", "2020"),
        ("number", "number 0..14.75, 2 decimals", None),
        ("Int8", "integer 0..49", None),
        ("str", "2 levels", None),
    ],
)
def test_words_and_axes(kind, words, named):
    encoder = TableEncoder("standard", ids="keep").fit(pd.DataFrame({"x": COLUMNS[kind]}))
    (column,) = encoder.columns_
    assert column.words.startswith(words)
    numbers = encoder.read(pd.DataFrame({"x": COLUMNS[kind]}))[:, 0]
    ticks = column.ticks(numbers.min(), numbers.max())
    if named is not None:
        assert len(ticks.places) <= 6
        assert named in ticks.names
        assert numbers.min() <= min(ticks.places) < max(ticks.places) <= numbers.max()


def test_a_constant_and_missing_cells_in_words():
    X = pd.DataFrame({"x": [START] * 98 + [None] * 2, "y": [5.5] * 100, "z": [None] * 100})
    words = [column.words for column in TableEncoder().fit(X).columns_]
    assert words == ["date, always 2019-01-07, 2 % missing", "number, always 5.5", "all missing"]
