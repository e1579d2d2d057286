"""Types in Parquet: samples have those of the training file, and are read again."""

import datetime
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from regan import RegularizedGAN, load
from regan.cli import main
from regan.cli.reading import Reading
from regan.data import TableEncoder
from regan.data.frames.dataframes import take_rows
from regan.files.forms import Options
from regan.files.frames import read_frame
from regan.files.parquet_files import arrow_tables, write_parquet
from regan.files.schema import read_schema
from regan.files.sources import TableFile
from regan.files.table_files import read_table

N = 30
CODES = [7 * i % 9 for i in range(N)]
MOMENTS = [datetime.datetime(2020, 1, 1) + datetime.timedelta(days=i, hours=i) for i in CODES]
WORDS = ["xyz"[code % 3] for code in CODES]
UNITS = ("s", "ms", "us", "ns")
CUT = pd.IntervalIndex(pd.cut(CODES, [-1.0, 3, 9]))


def typed(values, *types):
    return {str(each): pa.array(values, each) for each in types}


COLUMNS = {
    **typed(CODES, *(getattr(pa, f"{u}int{b}")() for u in ("", "u") for b in (8, 16, 32, 64))),
    **typed(np.array(CODES) / 4, pa.float32(), pa.float64()),
    **typed([code > 4 for code in CODES], pa.bool_()),
    **typed([Decimal(code) / 4 for code in CODES], pa.decimal128(9, 2), pa.decimal256(40, 3)),
    **typed(WORDS, pa.string(), pa.large_string()),
    **typed([moment.date() for moment in MOMENTS], pa.date32(), pa.date64()),
    **typed([moment.time() for moment in MOMENTS], pa.time32("s"), pa.time64("us")),
    **typed([moment.time() for moment in MOMENTS], pa.time32("ms"), pa.time64("ns")),
    **typed(MOMENTS, *map(pa.timestamp, UNITS)),
    **typed(MOMENTS, pa.timestamp("us", "Europe/Paris"), pa.timestamp("ms", "+02:00")),
    **typed([moment - MOMENTS[0] for moment in MOMENTS], *map(pa.duration, UNITS)),
    **{
        str(of): pa.array(WORDS).dictionary_encode().cast(of)
        for of in (
            pa.dictionary(pa.int8(), pa.string()),
            pa.dictionary(pa.int32(), pa.string()),
            pa.dictionary(pa.int16(), pa.large_string()),
        )
    },
    "ordered": pa.DictionaryArray.from_arrays([c % 2 for c in CODES], ["z", "a"], ordered=True),
    "null": pa.nulls(N),
    "intervals": pa.array(CUT.array),
    "periods": pa.array(pd.PeriodIndex(MOMENTS, freq="D").array),
    "months": pa.array(pd.PeriodIndex(MOMENTS, freq="M").array),
}


def types_of(path):
    return [(field.name, field.type) for field in pq.read_schema(path)]


@pytest.mark.parametrize("names", [[*COLUMNS][i::4] for i in range(4)])
def test_types_are_kept(tmp_path, names):
    first, again = tmp_path / "t.parquet", tmp_path / "s.parquet"
    columns = {name: COLUMNS[name] for name in names}
    some = pa.array([None if i % 4 == 0 else i for i in range(N)])
    gaps = {f"{name} with gaps": column.take(some) for name, column in columns.items()}
    pq.write_table(pa.table(columns | gaps), first)
    frame = read_frame(TableFile.of(first)).frame
    encoder = TableEncoder(ids="keep").fit(frame)
    made = encoder.wrap(encoder.read(frame))
    write_parquet(again, arrow_tables([made, made[:3]], list(made)))
    assert types_of(again) == types_of(first)
    read = read_table(again, encoder, first)
    np.testing.assert_array_equal(encoder.read(read)[:N], encoder.read(frame))
    assert pq.read_table(again).to_pylist()[:N] == pq.read_table(first).to_pylist()


def test_from_the_command_line(tmp_path):
    data, model, made = (tmp_path / name for name in ("t.parquet", "m", "s.parquet"))
    names = ("date32[day]", "decimal128(9, 2)", "timestamp[ns]", "string", "intervals", "months")
    pq.write_table(pa.table({name: COLUMNS[name] for name in names}), data)
    small = ["--max-iter", 3, "--set", "hidden_layer_sizes=(8,)"]
    for words in (
        ["fit", data, "-o", model, *small],
        ["sample", model, "-n", 30, "-o", made],
    ):
        result = CliRunner().invoke(main, list(map(str, words)))
        assert result.exit_code == 0, result.output
    assert types_of(made) == types_of(data)
    texts = tmp_path / "s.csv"
    main(["sample", str(model), "-o", str(texts)], standalone_mode=False)
    assert [len(rows) for rows in Reading().tables(data, made, None)[0]] == [N, 30]
    real, fake = Reading().tables(data, texts, None)[0]
    TableEncoder(ids="keep").fit(real).transform(fake)
    texts.write_text(texts.read_text().replace("2020-01\n", "2020-13\n"))
    with pytest.raises(ValueError, match="column 'months' holds '2020-13', which is no period"):
        Reading().tables(data, texts, None)
    gan = load(model)
    assert np.isfinite(gan.score(Reading().like_model(gan, model, made)[1]))  # as reports do


def test_text_in_the_place_of_categories_is_read(tmp_path):
    """Parquet has no type for categories of intervals and periods."""
    path = tmp_path / "s.parquet"
    X = pd.DataFrame({"cut": CUT, "month": pd.PeriodIndex(MOMENTS, freq="M"), "x": CODES})
    X = X.astype({"cut": "category", "month": "category"}).mask(X["x"] == 3)
    encoder = TableEncoder().fit(X)
    write_parquet(path, arrow_tables([X], list(X)))
    read = read_table(path, encoder, path)
    np.testing.assert_array_equal(encoder.read(read), encoder.read(X))
    pq.write_table(pa.table({"cut": ["no"], "month": ["2020-01"], "x": [1.0]}), path)
    with pytest.raises(ValueError, match="column 'cut' holds 'no', a level that the model"):
        read_table(path, encoder, path)


def test_nanoseconds_and_views_of_text(tmp_path):
    """Python's times have microseconds, and Arrow takes no rows of views."""
    path = tmp_path / "t.parquet"
    times = pa.array([29403640953832, None, 86399999999999], pa.time64("ns"))
    words = pa.array(["a", None, "b"]).cast(pa.string_view())
    table = pa.table({"t": times, "w": words, "x": [1.5, 2.5, 3.5]})
    pq.write_table(table, path)
    (real, fake), _ = Reading().tables(path, path, None)
    encoder = TableEncoder().fit(real)
    np.testing.assert_array_equal(encoder.read(fake), TableEncoder().fit_read(table))
    made = tmp_path / "s.parquet"
    write_parquet(made, arrow_tables([encoder.wrap(encoder.read(real))], list(real)))
    assert types_of(made) == types_of(path)
    assert pq.read_table(made)["t"].cast("int64").to_pylist() == [
        29403640953000,
        None,
        86399999999000,
    ]
    chosen = take_rows(table, np.array([2, 0]))
    assert chosen.schema == table.schema
    assert chosen["w"].to_pylist() == ["b", "a"]
    kinds = {"t": {"kind": "time"}, "w": {"kind": "ordered", "levels": ["a", "b"]}}
    schema = tmp_path / "s.json"
    columns = kinds | {"x": {"kind": "number"}}
    schema.write_text(json.dumps({"regan_schema": 1, "columns": columns}))
    assert read_frame(TableFile.of(path), schema=read_schema(schema)).frame["w"].cat.ordered


def test_a_view_without_text_among_numbers_names_its_column():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(9, 2)), columns=["v", "x"])
    gan = RegularizedGAN(max_iter=1, hidden_layer_sizes=(2,)).fit(X)
    X["v"] = pd.Series([None] * 9, dtype=pd.ArrowDtype(pa.string_view()))
    with pytest.raises(ValueError, match="NaN in column 'v'"):
        gan.score(X)


def test_pandas_reads_the_dtypes_that_it_wrote(tmp_path):
    i = np.arange(N)
    X = pd.DataFrame(
        {
            "integers": pd.array(i, "Int64"),
            "gaps": pd.array([None if k % 5 == 0 else k for k in i], "UInt8"),
            "yes": pd.array(i % 2 == 0, "boolean"),
            "numbers": pd.array(i / 4, "Float64"),
            "string": pd.array(WORDS, "string"),
            "words": WORDS,
            "plain": i,
            "category": pd.Categorical(WORDS),
            "ordered": pd.Categorical(WORDS, ["z", "x", "y", "w"], ordered=True),
            "zoned": pd.date_range("2020", periods=N, tz="Europe/Paris"),
        }
    )
    first, again = tmp_path / "t.parquet", tmp_path / "s.parquet"
    X.to_parquet(first)
    frame = read_frame(TableFile.of(first)).frame
    encoder = TableEncoder(ids="keep").fit(frame)
    made = encoder.wrap(encoder.read(frame))
    write_parquet(again, arrow_tables([made, made[:3]], list(made)))
    pd.testing.assert_frame_equal(pd.read_parquet(again)[:N], pd.read_parquet(first))
    assert types_of(again) == types_of(first)


def test_words_for_missing_cells_in_columns_of_a_type(tmp_path):
    path, schema = tmp_path / "t.parquet", tmp_path / "s.json"
    names = ("int8", "double", "date32[day]", "timestamp[us]", "string", "decimal128(9, 2)")
    pq.write_table(pa.table({name: COLUMNS[name] for name in names}), path)
    words = {"na": ["0", "2020-01-01", "x"]}
    frame = read_frame(TableFile.of(path), options=Options(**words)).frame
    columns = {name: {"kind": kind.kind} | words for name, kind in read_kinds(path).items()}
    schema.write_text(json.dumps({"regan_schema": 1, "columns": columns}))
    again = read_frame(TableFile.of(path), schema=read_schema(schema)).frame
    pd.testing.assert_frame_equal(again, frame)
    for name in names:
        lost = [code % 3 == 0 if name == "string" else code == 0 for code in CODES]
        assert frame[name].isna().tolist() == (lost if "decimal" not in name else [False] * N), name
    made = tmp_path / "made.parquet"
    write_parquet(made, arrow_tables([frame], list(frame)))
    assert types_of(made) == types_of(path)
    rows = read_table(path, TableEncoder().fit(frame), path, options=Options(**words))
    pd.testing.assert_frame_equal(rows, frame, check_column_type=False)


def read_kinds(path):
    return read_frame(TableFile.of(path)).kinds
