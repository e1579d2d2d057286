"""What the guide says of dates and times."""

import datetime
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from one_column import column_of, of_arrow, of_pandas, there_and_back, values_of, wild
from page_sentences import says

from regan.data import TableEncoder

N = 300
RNG = np.random.default_rng(0)
START = pd.Timestamp("2026-01-01")
TICKS = RNG.integers(0, 10**5, N)

EXACT = {
    "dates": [datetime.date(1970, 1, 1) + datetime.timedelta(days=int(k)) for k in TICKS],
    "timestamps": START + pd.to_timedelta(TICKS, "us"),
    "times of day": [(START + pd.Timedelta(int(k) ** 2, "us")).time() for k in TICKS],
    "durations": pd.to_timedelta(TICKS, "ms"),
    "periods": pd.PeriodIndex.from_ordinals(TICKS % 5000, freq="W"),
}


@says("pandas.read_csv leaves dates as text")
def test_dates_of_csv_files():
    cells = "seen\n" + "2026-01-01\n2026-02-03\n" * 50
    text = pd.read_csv(StringIO(cells))
    dates = pd.read_csv(StringIO(cells), parse_dates=["seen"])
    assert pd.api.types.is_string_dtype(text["seen"])
    assert there_and_back(dates)["seen"].equals(dates["seen"])


@pytest.mark.parametrize("values", EXACT.values(), ids=EXACT)
@says("regan encodes dates, timestamps, times of day")
def test_times_come_back(values):
    X = of_pandas(values)
    assert there_and_back(X).equals(X)


UNITS = {"D": "D", "h": "h", "min": "m", "s": "s", "ms": "ms", "us": "us", "ns": "ns"}


@pytest.mark.parametrize("unit", UNITS)
@says(
    "To the model, they are whole multiples",
    "So dates stay dates",
)
def test_ticks(unit):
    X = of_pandas(START.as_unit("ns") + pd.to_timedelta(TICKS % 1000 * 7, unit))
    assert column_of(X).clock.unit == UNITS[unit]
    made = wild(X)["x"] - START
    assert (made % pd.Timedelta(1, unit) == pd.Timedelta(0)).all()


@says(
    "To the model, they are whole multiples",
    "So dates stay dates",
)
def test_quarters_of_an_hour():
    made = wild(of_pandas(START + pd.to_timedelta(15 * (TICKS % 3000), "min")))["x"]
    assert (made == made.dt.floor("15min")).all()
    assert made.nunique() > 100


KEPT = {
    "working days": ({"freq": "B"}, lambda s: s.dt.day_of_week < 5),
    "first days": ({"freq": "MS"}, lambda s: s.dt.is_month_start),
    "last days": ({"freq": "ME"}, lambda s: s.dt.is_month_end),
    "midnights": ({"tz": "Europe/Paris"}, lambda s: s == s.dt.normalize()),
}


@pytest.mark.parametrize(("days", "holds"), KEPT.values(), ids=KEPT)
@says(
    "If all dates are working days",
    "Midnights of a time zone stay",
)
def test_days_that_are_kept(days, holds):
    made = wild(of_pandas(pd.date_range(START, periods=N, **days)))["x"]
    assert holds(made).all()
    assert made.nunique() > 100


@says("regan counts in coordinated universal time")
def test_the_hour_that_clocks_show_twice():
    night = pd.Timestamp("2026-10-25", tz="Europe/Paris")
    X = of_pandas(night + pd.to_timedelta(10 * RNG.integers(0, 40, N), "min"))
    shown = X["x"].dt.tz_localize(None)
    assert X["x"].nunique() > shown.nunique()
    assert there_and_back(X).equals(X)


@pytest.mark.parametrize(("bits", "off"), [(48, 0), (53, 9)])
@says("Beyond 2**48 units, the last digit")
def test_many_ticks(bits, off):
    counts = RNG.integers(0, 2**bits, 2000) | 1
    back = there_and_back(of_pandas(pd.Series(counts).astype("timedelta64[us]")))["x"]
    assert np.abs(back.astype("int64") - counts).max() <= off


LENGTHS = {
    "nanoseconds over 14 weeks": ("ns", 14 * 7, "ns"),
    "nanoseconds over 15 weeks": ("ns", 15 * 7, "us"),
    "microseconds over 285 years": ("us", 285 * 365.25, "us"),
    "microseconds over 286 years": ("us", 286 * 365.25, "ms"),
}


@pytest.mark.parametrize(("unit", "days", "own"), LENGTHS.values(), ids=LENGTHS)
@says("Beyond 2**53 units, regan rounds")
def test_long_columns(unit, days, own):
    length = pd.Timedelta(days, "D").as_unit(unit)
    counts = np.append(RNG.integers(0, length._value, N) | 1, [1, length._value | 1])
    X = of_pandas(pd.Series(counts).astype(f"timedelta64[{unit}]"))
    clock = column_of(X).clock
    assert (clock.unit, clock.rounds) == (own, own != unit)
    assert (np.ptp(counts) <= 2**53) == (own == unit)
    encoder = TableEncoder().fit(X)
    back = encoder.wrap(encoder.read(X))["x"]
    assert back.equals(X["x"]) == (own == unit)
    assert np.abs(back.astype("int64") - counts).max() <= 500 * (own != unit)


@says("Times of day have a resolution")
def test_times_of_day():
    X = of_arrow((TICKS * 1001).tolist(), "time64[ns]")
    back = there_and_back(X)["x"].cast("int64").to_numpy()
    assert (back % 1000 == 0).all()
    assert np.abs(back - TICKS * 1001).max() < 1000
    micro = of_pandas(EXACT["times of day"])
    assert values_of(there_and_back(micro)) == values_of(micro)
