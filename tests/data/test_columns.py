"""The contract of a kind of column, for every kind: there and back, and what others ask of it."""

import datetime
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

import regan
from regan import Checkpoint, RegularizedGAN, RegularizedGaussian, write_report
from regan.data import TableEncoder
from regan.data.columns import KINDS, Cells, export_column, kind_of, restore_column
from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.decimals import DecimalColumn
from regan.data.columns.durations import DurationColumn
from regan.data.columns.empty import EmptyColumn
from regan.data.columns.formatted import FormattedColumn
from regan.data.columns.large_integers import LargeIntegerColumn
from regan.data.columns.level import LevelColumn
from regan.data.columns.number import NumberColumn
from regan.data.columns.optional import OptionalColumn
from regan.data.columns.periods import PeriodColumn
from regan.data.columns.sequence import SequenceColumn
from regan.data.columns.times_of_day import TimeOfDayColumn
from regan.data.columns.timestamps import TimestampColumn
from regan.data.frames.dataframes import Dtype
from regan.data.numbers.written import Writing
from regan.displays import SamplesDisplay
from regan.files.csv_parts import write_texts
from regan.files.table_files import read_table, table_texts
from regan.storage.stored import Stored

N = 24
PLAIN = ColumnSettings()
SEQUENCE = ColumnSettings(ids="sequence")


DOLLARS = Writing("$", thousands=",", places=2)


def column_of(values, dtype=None):
    """A strategy for columns of `N` such values."""
    return st.lists(values, min_size=N, max_size=N).map(lambda v: pd.Series(v, dtype=dtype))


def spread_out(series):
    """A spread that is lost in rounding is refused."""
    wide = np.ptp(series) > 1e-3 * np.abs(series).max()
    return series if wide else series * 0 + np.abs(series).max()


def declared(series):
    """A column whose values are levels, whatever their types."""
    return series.astype("category")


def categories(values):
    return pd.Series(pd.Categorical(values, list("zyxw"), ordered=True))


def with_gaps(columns):
    """The same columns, of which some cells are missing, but not all."""
    gaps = st.lists(st.booleans(), min_size=N, max_size=N).filter(lambda rows: 0 < sum(rows) < N)
    return st.tuples(columns, gaps).map(lambda pair: pair[0].mask(np.array(pair[1])))


words = st.text(st.characters(exclude_categories=("C", "Z")), max_size=4)
decimals = st.integers(-(10**9), 10**9).map(lambda i: Decimal(i).scaleb(-2))
money = st.integers(-(10**9), 10**9).map(lambda i: DOLLARS.text(i / 100))
per_cent = st.integers(-(10**4), 10**4).map(lambda i: Writing(suffix=" %").text(i))
filled = st.text("abc", min_size=1, max_size=4)
floats = st.integers(-(10**9), 10**9).map(lambda v: v / 1000)
days = st.dates()
recent = st.dates(datetime.date(1000, 1, 1), datetime.date(9998, 1, 1))
spans = st.integers(-(10**12), 10**12).map(lambda ms: datetime.timedelta(milliseconds=ms))
moments = spans.map(lambda span: datetime.datetime(1990, 1, 1) + span)
PARIS = ZoneInfo("Europe/Paris")
DATES = [pd.Timestamp(2026, 1, 1), pd.Timestamp(2026, 2, 1, 12), pd.Timestamp(2026, 3, 1)]


def in_paris(moment):
    return moment.replace(tzinfo=datetime.UTC).astimezone(PARIS)


def midnights(zone):
    """Of a time zone, in which a few of them do not exist, or exist twice."""
    some = st.dates(datetime.date(1950, 1, 1), datetime.date(2100, 1, 1))
    dates = column_of(some, "datetime64[s]")
    return dates.map(lambda s: s.dt.tz_localize(zone, nonexistent="shift_forward", ambiguous=S))


S = np.ones(N, dtype=bool)
# A new kind adds its rows: columns of every dtype that it takes, and settings that change it
CASES = [
    (NumberColumn, column_of(floats).map(spread_out), PLAIN),
    (NumberColumn, column_of(floats).map(spread_out), ColumnSettings("standard")),
    (NumberColumn, column_of(st.integers(-(2**40), 2**40)), PLAIN),
    (NumberColumn, column_of(st.integers(0, 255), "uint8"), ColumnSettings("standard")),
    (NumberColumn, column_of(st.integers(-9, 9), "Int64"), PLAIN),
    (NumberColumn, column_of(st.integers(-9, 9), object), PLAIN),
    (NumberColumn, column_of(st.integers(-99, 99), "float32"), PLAIN),
    (LevelColumn, column_of(words), PLAIN),
    (LevelColumn, column_of(words, "string"), PLAIN),
    (LevelColumn, column_of(st.booleans()), PLAIN),
    (LevelColumn, st.lists(st.sampled_from("xyz"), min_size=N, max_size=N).map(categories), PLAIN),
    (LevelColumn, column_of(st.sampled_from([True, "a", (2, "b")])).map(declared), PLAIN),
    (LevelColumn, column_of(st.integers(0, 9)), ColumnSettings(level=True)),
    (OptionalColumn, with_gaps(column_of(floats).map(spread_out)), PLAIN),
    (OptionalColumn, with_gaps(column_of(st.integers(-9, 9), "Int64")), PLAIN),
    (OptionalColumn, with_gaps(column_of(st.integers(0, 9), "float64")), ColumnSettings(few=True)),
    (OptionalColumn, with_gaps(column_of(st.booleans(), "boolean")), PLAIN),
    (OptionalColumn, with_gaps(column_of(st.booleans(), object)), PLAIN),
    (
        OptionalColumn,
        with_gaps(column_of(floats, object)).map(lambda s: s.where(s.notna(), None)),
        PLAIN,
    ),
    (OptionalColumn, with_gaps(column_of(filled, "str")), PLAIN),
    (OptionalColumn, with_gaps(column_of(filled, "string")), PLAIN),
    (OptionalColumn, with_gaps(column_of(filled, object)), PLAIN),
    (
        OptionalColumn,
        with_gaps(st.lists(st.sampled_from("xyz"), min_size=N, max_size=N).map(categories)),
        PLAIN,
    ),
    (TimestampColumn, column_of(days), PLAIN),
    (TimestampColumn, column_of(moments, "datetime64[us]"), ColumnSettings("standard")),
    (TimestampColumn, column_of(moments, "datetime64[us, Europe/Paris]"), PLAIN),
    (TimestampColumn, midnights("Australia/Lord_Howe"), ColumnSettings(few=True)),
    (TimestampColumn, column_of(moments.map(in_paris), object), ColumnSettings(level=True)),
    (TimeOfDayColumn, column_of(st.times()), PLAIN),
    (DurationColumn, column_of(spans, "timedelta64[ms]"), PLAIN),
    (PeriodColumn, column_of(recent.map(lambda day: pd.Period(day, "M"))), PLAIN),
    (PeriodColumn, column_of(recent.map(lambda day: pd.Period(day, "W")), object), PLAIN),
    (LevelColumn, column_of(st.sampled_from(DATES)).map(lambda s: s.astype("category")), PLAIN),
    (OptionalColumn, with_gaps(column_of(days, object)), PLAIN),
    (OptionalColumn, with_gaps(column_of(moments, "datetime64[us, Europe/Paris]")), PLAIN),
    (EmptyColumn, st.just(pd.Series([pd.NaT] * N, dtype="datetime64[ms, UTC]")), PLAIN),
    (DecimalColumn, column_of(decimals), PLAIN),
    (DecimalColumn, column_of(st.integers(0, 3).map(Decimal)), ColumnSettings(few=True)),
    (OptionalColumn, with_gaps(column_of(decimals, object)), PLAIN),
    (FormattedColumn, column_of(money), PLAIN),
    (FormattedColumn, column_of(per_cent, "string"), ColumnSettings(few=True)),
    (OptionalColumn, with_gaps(column_of(per_cent, object)), PLAIN),
    (LargeIntegerColumn, column_of(st.integers(2**60, 2**60 + 2**40)), PLAIN),
    (LargeIntegerColumn, column_of(st.integers(-(2**22), -(2**20)).map(lambda i: i << 40)), PLAIN),
    (LargeIntegerColumn, column_of(st.integers(2**63, 2**63 + 9), "uint64"), PLAIN),
    (LargeIntegerColumn, column_of(st.integers(10**30, 10**30 + 99), object), PLAIN),
    (OptionalColumn, with_gaps(column_of(st.integers(2**60, 2**60 + 99), "Int64")), PLAIN),
    (EmptyColumn, st.just(pd.Series([None] * N)), PLAIN),
    (EmptyColumn, st.just(pd.Series(np.full(N, np.nan))), PLAIN),
    (EmptyColumn, st.just(pd.Series(pd.Categorical([None] * N, ["a"]))), PLAIN),
    (SequenceColumn, st.just(pd.Series([f"id{i:03d}" for i in range(1, N + 1)])), SEQUENCE),
]
# A table has one of each
EXAMPLES = {
    NumberColumn: lambda rng, n: rng.normal(size=n),
    TimestampColumn: lambda rng, n: pd.Timestamp(2026, 1, 1) + _spans(rng, n),
    TimeOfDayColumn: lambda rng, n: (pd.Timestamp(2026, 1, 1) + _spans(rng, n)).time,
    DurationColumn: lambda rng, n: _spans(rng, n),
    PeriodColumn: lambda rng, n: (pd.Timestamp(2026, 1, 1) + _spans(rng, n)).to_period("h"),
    LevelColumn: lambda rng, n: rng.choice(["red", "green", "blue"], n),
    OptionalColumn: lambda rng, n: np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
    DecimalColumn: lambda rng, n: [Decimal(int(i)).scaleb(-2) for i in rng.integers(999, size=n)],
    FormattedColumn: lambda rng, n: [DOLLARS.text(v) for v in rng.normal(0, 1e5, n)],
    LargeIntegerColumn: lambda rng, n: 2**62 + rng.integers(999, size=n),
    EmptyColumn: lambda rng, n: np.full(n, np.nan),
    SequenceColumn: lambda rng, n: [f"row {i}" for i in range(1, n + 1)],
}


def _spans(rng, n):
    return pd.to_timedelta(rng.integers(0, 10**7, n), unit="s")


CHECKS = []  # of a kind, a column of it and the settings


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0].kind}-{CASES.index(case)}")
@settings(
    deadline=None,
    max_examples=8,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_a_kind_promises(case, data):
    """All checks, on columns of every case."""
    kind, columns, of_column = case
    series = data.draw(columns)
    for check in CHECKS:
        check(kind, series, of_column)


def learnt(kind, series, of_column):
    """A column, its numbers, and the way from numbers back to a column of pandas."""
    cells = Cells("x", series)
    column, dtype = kind.learn(cells, of_column), Dtype.of("x", series)
    return column, column.read(cells, unseen=False), lambda n: dtype.series(column.write(n))


def assert_near(made, series):
    exact = series.dtype == object or series.dtype.kind not in "iuf"
    near = {} if exact else {"check_exact": False, "rtol": 1e-6, "atol": 1e-3}
    assert_series_equal(made, series, check_names=False, **near)


def test_every_kind_has_its_cases_and_an_example():
    assert {kind for kind, *_ in CASES} == set(EXAMPLES) == set(KINDS)
    assert len({kind.kind for kind in KINDS}) == len(KINDS)


@CHECKS.append
def a_column_is_of_its_kind(kind, series, of_column):
    assert kind_of(Cells("x", series), of_column) is kind
    assert kind.learn(Cells("x", series), of_column).takes(kind)


@CHECKS.append
def reading_and_writing(kind, series, of_column):
    _, numbers, write = learnt(kind, series, of_column)
    assert (numbers.shape, numbers.dtype) == (series.shape, np.float64)
    assert_series_equal(write(numbers), series, check_names=False)


@CHECKS.append
def encoding_and_decoding(kind, series, of_column):
    column, numbers, write = learnt(kind, series, of_column)
    encoded = column.encode(numbers)
    assert encoded.shape == (len(series), column.n_numbers + column.n_levels)
    assert len(column.labels) == encoded.shape[1]
    np.testing.assert_array_equal(encoded[:, column.n_numbers :].sum(axis=1), column.n_levels > 0)
    if column.n_levels:
        codes = column.codes(numbers)
        assert codes.dtype.kind == "i"
        np.testing.assert_array_equal(codes, encoded[:, column.n_numbers :].argmax(axis=1))
        np.testing.assert_array_equal(codes, Column.codes(column, numbers))
    assert_near(write(column.decode(encoded)), series)
    assert column.unseen(numbers).dtype == bool
    assert not column.unseen(numbers).any()
    wider = column.widened(numbers)
    assert_near(write(wider.decode(wider.encode(numbers))), series)


@CHECKS.append
def whatever_a_model_makes_is_a_value_of_the_column(kind, series, of_column):
    column, _, write = learnt(kind, series, of_column)
    wild = 100 * np.random.default_rng(0).normal(size=(N, column.n_numbers + column.n_levels))
    for encoded in (wild, wild.astype("float32"), np.full_like(wild, np.inf)):
        decoded = column.decode(encoded)
        assert (decoded.shape, decoded.dtype) == ((N,), np.float64)
        made = write(decoded)
        assert made.dtype == series.dtype
        again = column.read(Cells("x", made), unseen=False)
        np.testing.assert_allclose(again, decoded, rtol=1e-6)


@CHECKS.append
def model_files(kind, series, of_column):
    column, numbers, _ = learnt(kind, series, of_column)
    if any(isinstance(value, tuple) for value in series):
        return  # pickle holds such levels, JSON does not
    other = restore_column(Stored.parse(json.dumps(export_column(column), allow_nan=False)))
    assert type(other) is kind
    assert other.name == "x"
    assert repr(other.identity) == repr(column.identity)
    encoded = column.encode(numbers)
    np.testing.assert_array_equal(other.encode(numbers), encoded)
    np.testing.assert_array_equal(other.decode(encoded), column.decode(encoded))
    assert_series_equal(pd.Series(other.write(numbers)), pd.Series(column.write(numbers)))


@CHECKS.append
def text(kind, series, of_column):
    """What pandas writes to a CSV file means the same numbers."""
    column, numbers, _ = learnt(kind, series, of_column)
    file = io.StringIO(series.to_frame("x").to_csv(index=False))
    values = column.parse(pd.read_csv(file, dtype=str, keep_default_na=False)["x"].tolist())
    exact = values.dtype.kind in "OmM"
    parsed = Dtype.of("x", series).series(values) if exact else pd.Series(values)
    np.testing.assert_array_equal(column.read(Cells("x", parsed), unseen=False), numbers)


@CHECKS.append
def what_notebooks_print(kind, series, of_column):
    column, *_ = learnt(kind, series, of_column)
    assert repr(column) == f"<Column x: {column.words}>"  # and none of the values in between


@CHECKS.append
def reports_and_displays(kind, series, of_column):
    column, numbers, _ = learnt(kind, series, of_column)
    described = column.describe(numbers, numbers[:3])
    assert column.summary is None or len(described) == len(column.summary.header)
    assert column.summary in [each.summary for each in KINDS]
    numbers = numbers[~np.isnan(numbers)]
    ticks = column.ticks(numbers.min(), numbers.max()) if len(numbers) else None
    if ticks is not None:
        assert len(ticks.places) == len(ticks.names)
        assert ticks.jitter >= 0
    if ticks is not None and ticks.edges is not None:
        assert np.histogram(numbers, ticks.edges)[0].sum() == len(numbers)


@CHECKS.append
def constants_stay_constant(kind, series, of_column):
    constant = series.iloc[[0] * N].reset_index(drop=True)
    if kind_of(Cells("x", constant), of_column) is not kind:
        return
    column, numbers, write = learnt(kind, constant, of_column)
    encoded = column.encode(numbers)
    assert (encoded == encoded[0]).all()
    wild = np.random.default_rng(0).normal(size=encoded.shape)
    assert_near(write(column.decode(wild)), constant)


# Who asks them


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame({kind.kind: make(rng, 80) for kind, make in EXAMPLES.items()})


LEARNING = [kind for kind in KINDS if kind not in (EmptyColumn, SequenceColumn)]
ENCODER = TableEncoder(ids="sequence")


def test_a_model_of_all_kinds(table, tmp_path, undrawn):
    model = RegularizedGaussian(standardize=ENCODER, random_state=0).fit(table)
    assert [type(column) for column in model.table_encoder_.columns_] == list(EXAMPLES)
    made, path, file = model.sample(40), tmp_path / "model.regan", tmp_path / "rows.csv"
    assert (made.dtypes == table.dtypes).all()
    assert np.isfinite(model.score(table))
    model.save(path)
    assert_frame_equal(regan.load(path).sample(40), made)
    write_texts(file, table_texts([made]))
    read = read_table(file, model.table_encoder_, path)
    assert_frame_equal(read, made, check_dtype=False, check_exact=False, rtol=1e-12)
    for start in range(0, len(KINDS), 3):  # a picture of all of them has as many panels as pairs
        columns = model.table_encoder_.columns_[start : start + 3]
        names = [column.name for column in columns]
        display = SamplesDisplay.from_estimator(model, table, columns=names)
        for j, column in enumerate(columns):
            values = [*display.real[:, j].tolist(), *display.fake[:, j].tolist()]
            assert display.ticks.get(j) == column.ticks(min(values), max(values))
    write_report(model, table, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    for column in model.table_encoder_.columns_:
        if column.summary is None:
            assert f">{column.name}<" not in text
            continue
        shown = re.search(rf'<table id="{column.summary.id}".*?</table>', text, re.DOTALL).group()
        assert f">{column.name}<" in shown


@pytest.mark.parametrize("kind", LEARNING, ids=lambda kind: kind.kind)
def test_a_checkpoint_of_each_kind(table, kind, tmp_path):
    small = {
        "standardize": ENCODER,
        "hidden_layer_sizes": 4,
        "latent_dim": 2,
        "batch_size": 16,
        "max_iter": 4,
    }
    gan = RegularizedGAN(**small, random_state=0, callbacks=[Checkpoint(tmp_path, every=2)])
    rows = gan.fit(table).sample(5)
    gan.set_params(callbacks=[Checkpoint(tmp_path, every=2, resume=True)])
    assert_frame_equal(gan.fit(table).sample(5), rows)
    other = table.assign(**{kind.kind: table[kind.kind].to_numpy()[::-1]})
    with pytest.raises(ValueError, match=f"other values in column '{kind.kind}'"):
        gan.fit(other)


@pytest.mark.parametrize("kind", LEARNING, ids=lambda kind: kind.kind)
@pytest.mark.parametrize("other", LEARNING, ids=lambda kind: kind.kind)
def test_a_column_of_another_kind_is_refused(table, kind, other):
    encoder = TableEncoder().fit(table[[kind.kind]])
    rows = table[[other.kind]].set_axis([kind.kind], axis=1)
    column = encoder.columns_[0]
    if {kind, other} == {FormattedColumn, LevelColumn}:  # both are text
        with pytest.raises(ValueError, match=r"not written like|has levels that were not"):
            encoder.transform(rows)
        return
    if column.takes(other):
        assert encoder.transform(rows).shape[0] == len(rows)
        return
    if other is OptionalColumn:
        rows, other = rows.dropna(), NumberColumn
    if column.takes(other):
        return
    message = f"held {column.present.holds} in the training data, and holds {other.instead} now"
    with pytest.raises(TypeError, match=re.escape(message)):
        encoder.transform(rows)


@pytest.mark.parametrize("kind", [NumberColumn, LevelColumn], ids=lambda kind: kind.kind)
def test_missing_cells_where_there_were_none_are_refused(table, kind):
    encoder = TableEncoder().fit(table[[kind.kind]])
    rows = table[[kind.kind]].mask(table.index.to_series() % 4 == 0)
    with pytest.raises(ValueError, match=r"NaN in column .*, in 20 of 80 rows \(.*\): impute or"):
        encoder.transform(rows)


def test_missing_cells_may_be_all_or_none(table):
    encoder = TableEncoder().fit(table[["optional"]])
    for rows in (table[["optional"]].dropna(), table[["optional"]] * np.nan):
        rows = rows.reset_index(drop=True)
        assert_frame_equal(encoder.inverse_transform(encoder.transform(rows)), rows)


def test_an_empty_column_stays_empty(table):
    encoder = TableEncoder().fit(table[["empty", "number"]])
    assert encoder.transform(table[["empty", "number"]]).shape == (80, 1)
    with pytest.raises(ValueError, match=r"had no values in the training .* some now in 80 of"):
        encoder.transform(table[["empty", "number"]].assign(empty=1.0))


def test_columns_are_numbered_by_name(tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"who": rng.integers(100, 120, 90), "what": rng.choice(["a", "b"], 90)})
    X = X.assign(code=np.where(rng.random(90) < 0.2, np.nan, X["who"]), v=rng.normal(size=90))
    ids = {"who": "sequence", "what": "sequence", "code": "sequence"}
    model = RegularizedGaussian(standardize=TableEncoder(ids=ids), random_state=0).fit(X)
    model.save(tmp_path / "model.regan")
    for each in (model, regan.load(tmp_path / "model.regan")):
        made = each.sample(200)
        assert made["who"].tolist() == list(range(1, 201))
        assert made["what"].tolist() == [f"what_{i}" for i in range(1, 201)]
        assert (made.dtypes == X.dtypes).all()
        assert not set(made["code"].dropna()) & {0.5}
        assert 0.1 < made["code"].isna().mean() < 0.3
    mail = X.assign(mail=[f"{i}@x.org" for i in range(90)])
    with pytest.raises(ValueError, match="column 'mail' holds identifiers"):
        TableEncoder(ids=ids).fit(mail)
    assert TableEncoder(ids={"mail": "keep"}).fit(mail).columns_[-1].kind == "level"
    with pytest.raises(TypeError, match="column 'who' holds category, which cannot be numbered"):
        TableEncoder(ids=ids).fit(X.astype({"who": "category"}))
    with pytest.raises(ValueError, match=r"ids names columns that X does not have: \['no'\]$"):
        TableEncoder(ids={"no": "keep"}).fit(X)
    lost = r"names columns that X does not have: \['whom'\]; did you mean 'who'\?"
    for wrong in ({"ids": {"whom": "keep"}}, {"categorical": ["whom"]}):
        with pytest.raises(ValueError, match=lost):
            TableEncoder(**wrong).fit(X)
    with pytest.raises(ValueError, match="ids='other' is not known"):
        TableEncoder(ids={"who": "other"}).fit(X)


def test_rows_are_numbered_anew(table, tmp_path):
    ids = {"id": np.arange(1000, 1080), "mail": [f"{i}@x.org" for i in range(80)]}
    X = table[["number", "sequence"]].assign(**ids)
    model = RegularizedGaussian(standardize=ENCODER, random_state=0).fit(X)
    assert model.table_encoder_.width == 1
    made = model.sample(100)
    assert made["id"].tolist() == list(range(1, 101))
    assert made["sequence"].tolist() == [f"row {i}" for i in range(1, 101)]
    assert made["mail"].tolist() == [f"mail_{i}" for i in range(1, 101)]
    assert model.table_encoder_.wrap(np.ones((2, 4)), 50)["id"].tolist() == [51, 52]
    assert np.isfinite(model.score(X))
    assert SamplesDisplay.from_estimator(model, X).names == ["number"]
    named = SamplesDisplay.from_estimator(model, X, columns=["id", "number"])
    assert named.names == ["id", "number"]
    write_report(model, X, tmp_path / "r.html")
    means = (tmp_path / "r.html").read_text().split('id="columns"')[1]
    assert "number" in means
    assert "mail" not in means


def test_nobody_else_knows_a_kind():
    root = Path(regan.__file__).parent
    words = "|".join(f"{kind.__name__}|columns.{kind.__module__.split('.')[-1]}" for kind in KINDS)
    knowing = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(rf"\b({words})\b", path.read_text(encoding="utf-8"))
    }
    assert {str(Path(path).parent) for path in knowing} == {str(Path("data") / "columns")}
