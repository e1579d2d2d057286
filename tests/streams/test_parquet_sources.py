"""Tables in Parquet that are read by groups of rows: files, folders, datasets of pyarrow."""

import decimal
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from regan import OutOfCore, RegularizedGaussian
from regan.files.parquet_files import read_parquet
from regan.files.sources import TableFile
from regan.streams.parquet_source import ParquetSource
from regan.streams.passing import survey_source
from regan.streams.source import ChangedError


def table(n=2500):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "amount": rng.lognormal(3, 2, n),
            "single": rng.normal(size=n).astype("float32"),
            "count": rng.poisson(4, n),
            "small": rng.integers(0, 100, n).astype("uint8"),
            "word": rng.choice(["a", "b", "c"], n),
            "yes": rng.random(n) < 0.3,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "zoned": pd.date_range("2020-01-01", periods=n, freq="h", tz="Europe/Berlin"),
            "kind": pd.Categorical(rng.choice(["x", "y"], n), categories=["y", "x", "z"]),
            "gap": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "whole gap": pd.array(np.where(np.arange(n) % 7, rng.integers(0, 9, n), -1)).astype(
                "Int64"
            ),
            "yes gap": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "hole": pd.Series(rng.choice(["p", "q"], n)).where(np.arange(n) > 5, None),
        }
    )


def with_late_gaps(frame):
    """Cells are missing in the last rows alone, where a group of rows has none before."""
    frame = frame.copy()
    frame.loc[2400:, "whole gap"] = pd.NA
    frame.loc[2450:, "yes gap"] = pd.NA
    return frame


def written(frame, path, rows=600, **options):
    frame.to_parquet(path, row_group_size=rows, index=False, **options)
    return path


def in_memory(path):
    return read_parquet(TableFile.of(path))[0]


def settled(source):
    survey_source(source, 1000, 0)
    return source


def whole(source):
    return pd.concat([source.read(i) for i in range(len(source.lengths))], ignore_index=True)


def test_blocks_are_the_table_with_its_dtypes(tmp_path):
    path = written(with_late_gaps(table()), tmp_path / "t.parquet")
    source = settled(ParquetSource(path))
    expected = in_memory(path)
    assert source.lengths.tolist() == [600, 600, 600, 600, 100]
    pd.testing.assert_frame_equal(whole(source), expected)
    for block in (0, 4):
        assert list(source.read(block).dtypes) == list(expected.dtypes)


def test_some_rows_of_a_block_come_in_the_order_asked_for(tmp_path):
    frame = table()
    source = settled(ParquetSource(written(frame, tmp_path / "t.parquet")))
    asked = np.array([500, 3, 3, 0, 599])
    got = source.read(1, asked).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        got, whole(source).iloc[600 + asked].reset_index(drop=True), check_dtype=True
    )
    assert len(source.read(1, np.empty(0, dtype=int))) == 0


ODD = {
    "dates": pa.array([18000 + i for i in range(40)], pa.date32()),
    "times": pa.array([i * 1_000_000 for i in range(40)], pa.time64("us")),
    "spans": pa.array(range(40), pa.duration("s")),
    "decimals": pa.array([decimal.Decimal(i) / 100 for i in range(40)], pa.decimal128(9, 2)),
    "long decimals": pa.array(
        [decimal.Decimal(10) ** 20 + i for i in range(40)], pa.decimal128(30, 0)
    ),
    "nothing": pa.nulls(40),
    "short floats": pa.array(np.arange(40, dtype="float16")),
    "long text": pa.array([f"t{i % 3}" for i in range(40)], pa.large_string()),
    "late decimals": pa.array(
        [decimal.Decimal(i if i < 39 else 10**18) for i in range(40)], pa.decimal128(25, 0)
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_columns_of_types_that_pandas_has_not_are_as_in_memory(name, tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({name: ODD[name], "x": np.arange(40.0)}), path, row_group_size=15)
    source = settled(ParquetSource(path))
    pd.testing.assert_frame_equal(whole(source), in_memory(path))


def test_a_folder_is_one_table_in_the_order_of_names(tmp_path):
    frame = table()
    for i, part in enumerate((frame[:1000], frame[1000:1500], frame[1500:])):
        written(part, tmp_path / f"part-{i}.parquet")
    source = settled(ParquetSource(tmp_path))
    pd.testing.assert_frame_equal(whole(source), in_memory(written(frame, tmp_path / "all.pq")))
    assert source.n_rows == len(frame)
    assert source.place(1) == f"{tmp_path}/part-0.parquet, row group 1"
    assert source.row_place(1001) == f"{tmp_path}/part-1.parquet, row group 0"


def test_names_of_folders_are_columns(tmp_path):
    frame = table()
    pq.write_to_dataset(
        pa.Table.from_pandas(frame[["amount", "word"]], preserve_index=False),
        tmp_path / "d",
        partition_cols=["word"],
    )
    for given in (tmp_path / "d", ds.dataset(tmp_path / "d", partitioning="hive")):
        source = settled(ParquetSource(given))
        assert source.names == ("amount", "word")
        got = whole(source).sort_values("amount", ignore_index=True)
        expected = frame[["amount", "word"]].sort_values("amount", ignore_index=True)
        np.testing.assert_array_equal(got["amount"], expected["amount"])
        assert got["word"].tolist() == expected["word"].tolist()


def test_columns_that_are_asked_for_are_read(tmp_path):
    path = written(table(), tmp_path / "t.parquet")
    source = settled(ParquetSource(path, columns=["word", "amount"]))
    assert list(source.read(0).columns) == ["word", "amount"]
    model = RegularizedGaussian(random_state=0)
    model.fit(OutOfCore(path, columns=["amount", "count"]))
    assert list(model.feature_names_in_) == ["amount", "count"]
    with pytest.raises(ValueError, match=r"the data do not have \['lost'\]"):
        ParquetSource(path, columns=["lost"])


def test_an_index_without_a_name_is_no_column(tmp_path):
    frame = table()[["amount"]].sample(frac=1, random_state=0)
    frame.to_parquet(tmp_path / "t.parquet")
    assert ParquetSource(tmp_path / "t.parquet").names == ("amount",)


@pytest.mark.parametrize("when", ["before a block", "touched"])
def test_a_file_that_changes_is_refused_with_file_and_group(when, tmp_path):
    path = written(table(), tmp_path / "t.parquet")
    source = settled(ParquetSource(path))
    if when == "touched":
        os.utime(path, ns=(1, 1))
    else:
        written(table(1000), path)
    with pytest.raises(ChangedError, match=r"t.parquet, row group 3: the file has changed since"):
        source.read(3)


def test_a_damaged_group_is_told(tmp_path):
    path = written(table(), tmp_path / "t.parquet")
    data = bytearray(path.read_bytes())
    data[200:9000] = bytes(8800)
    path.write_bytes(bytes(data))
    with pytest.raises(ValueError, match=r"t.parquet, row group 0 cannot be read"):
        settled(ParquetSource(path))


def test_parts_of_other_columns_are_refused_with_the_file(tmp_path):
    frame = table()
    written(frame, tmp_path / "part-0.parquet")
    written(frame.drop(columns="word"), tmp_path / "part-1.parquet")
    with pytest.raises(ValueError, match=r"part-1.parquet lacks \['word'\]: all files of a folder"):
        ParquetSource(tmp_path)
    written(frame.assign(new=1), tmp_path / "part-1.parquet")
    with pytest.raises(ValueError, match=r"part-1.parquet also has \['new'\]"):
        ParquetSource(tmp_path)
    written(frame.assign(word=1), tmp_path / "part-1.parquet")
    with pytest.raises(
        ValueError, match=r"part-1.parquet: column 'word' is of the type int64, and in the files"
    ):
        ParquetSource(tmp_path)


def test_parts_without_cells_in_a_column_are_taken(tmp_path):
    frame = table()[["amount", "hole"]]
    written(frame, tmp_path / "part-0.parquet")
    written(frame.assign(hole=None), tmp_path / "part-1.parquet")
    source = settled(ParquetSource(tmp_path))
    assert whole(source)["hole"].isna().sum() == 6 + len(frame)


@pytest.mark.parametrize("name", [*table().columns])
def test_a_type_is_that_of_the_first_file_with_cells(tmp_path, name):
    frame = table()[[name]].assign(x=1.0)
    empty = frame.assign(**{name: None})
    for i, part in enumerate((empty, frame, empty)):
        written(part, tmp_path / f"part-{i}.parquet")
    source = settled(ParquetSource(tmp_path))
    (tmp_path / "other").mkdir()
    for i, part in enumerate((frame, empty, empty)):
        written(part, tmp_path / "other" / f"part-{i}.parquet")
    other = settled(ParquetSource(tmp_path / "other"))
    n = len(frame)
    got, expected = whole(source)[name], whole(other)[name]
    pd.testing.assert_series_equal(got[n : 2 * n].reset_index(drop=True), expected[:n])
    assert got[:n].isna().all()


TYPES = {
    "in that file": ("float64", "int64", "cast it to float64 in that file"),
    "in the others": ("int64", "float64", "cast it to float64 in the others"),
    "other widths": ("int64", "int32", "cast it to int64 in that file"),
}


@pytest.mark.parametrize(("first", "second", "words"), TYPES.values(), ids=TYPES)
def test_other_types_are_refused_with_advice(tmp_path, first, second, words):
    for i, dtype in enumerate((first, second)):
        frame = pd.DataFrame({"x": np.arange(40), "y": np.arange(40.0)}).astype({"x": dtype})
        written(frame, tmp_path / f"part-{i}.parquet")
    with pytest.raises(ValueError, match=f"part-1.parquet: column 'x' .* same types, so {words}"):
        RegularizedGaussian().fit(tmp_path)


@pytest.mark.parametrize("empty", [0, 1])
def test_a_file_of_no_bytes_is_told(tmp_path, empty):
    for i in range(2):
        written(table(), tmp_path / f"part-{i}.parquet")
    (tmp_path / f"part-{empty}.parquet").write_bytes(b"")
    with pytest.raises(
        ValueError, match=f"is not a Parquet file.*part-{empty}|part-{empty}.* is not a "
    ):
        RegularizedGaussian().fit(tmp_path)


def test_a_file_that_was_removed_is_told(tmp_path):
    path = written(table(), tmp_path / "t.parquet")
    source = settled(ParquetSource(path))
    path.unlink()
    with pytest.raises(ChangedError, match=r"t.parquet, .*: the file does not exist any more"):
        source.read(0)


@pytest.mark.parametrize("given", ["nofolder/", "lost.csv", "lost", "no/folder/lost.parquet"])
@pytest.mark.parametrize("kind", [str, Path, OutOfCore])
def test_paths_of_nothing_are_told(tmp_path, given, kind):
    path = kind(os.path.join(tmp_path, given))
    words = f"there is no file or folder .*{given.rstrip('/')}/?$"
    model = RegularizedGaussian()
    with pytest.raises(FileNotFoundError, match=words):
        model.fit(path)
    with pytest.raises(FileNotFoundError, match=words):
        model.fit(table()[["amount", "gap"]]).score(path)


def test_several_files_are_a_dataset_of_pyarrow(tmp_path):
    paths = [str(written(table(), tmp_path / f"part-{i}.parquet")) for i in range(2)]
    with pytest.raises(TypeError, match=r"got a list of 2: give pyarrow.dataset.dataset\(\[\.\.\."):
        RegularizedGaussian().fit(OutOfCore(paths))
    for given in (f"{tmp_path}/*.parquet", OutOfCore(tmp_path / "*.parquet")):
        with pytest.raises(FileNotFoundError, match=r"give pyarrow.dataset.dataset\(glob.glob"):
            RegularizedGaussian().fit(given)
    assert OutOfCore(ds.dataset(paths)).open().n_rows == 5000


def test_what_is_no_parquet_is_told(tmp_path):
    (tmp_path / "t.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"t.parquet is not a Parquet file"):
        RegularizedGaussian().fit(tmp_path / "t.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty is a folder without Parquet files"):
        RegularizedGaussian().fit(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match=r"there is no file or folder .*lost.parquet"):
        RegularizedGaussian().fit(str(tmp_path / "lost.parquet"))
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TypeError, match="read the file first"):
        RegularizedGaussian().fit(tmp_path / "t.csv")


def test_a_table_without_rows_or_with_one_is_refused(tmp_path):
    for n in (0, 1):
        path = written(table()[:n], tmp_path / "t.parquet")
        with pytest.raises(ValueError, match=rf"t.parquet: Found array with {n} sample"):
            RegularizedGaussian().fit(OutOfCore(path))


def test_columns_of_lists_and_bytes_are_refused(tmp_path):
    for column in (pa.array([[1], [2]]), pa.array([b"a", b"b"])):
        pq.write_table(pa.table({"a": column, "x": [1.0, 2.0]}), tmp_path / "t.parquet")
        with pytest.raises(ValueError, match=r"column 'a' is of the type .* models do not learn"):
            ParquetSource(tmp_path / "t.parquet")
        assert ParquetSource(tmp_path / "t.parquet", columns=["x"]).n_rows == 2


def test_datasets_of_other_files_and_with_filters_are_refused(tmp_path):
    path = written(table(), tmp_path / "t.parquet")
    with pytest.raises(ValueError, match="the dataset has a filter"):
        ParquetSource(ds.dataset(path).filter(ds.field("count") > 3))
    with pytest.raises(ValueError, match="the dataset is not a dataset of Parquet files"):
        ParquetSource(ds.dataset(pa.table({"a": [1, 2]})))


def test_infinite_and_missing_numbers_are_told_with_column_row_and_group(tmp_path):
    frame = table()[["amount", "gap"]]
    frame.loc[1900, "amount"] = np.inf
    path = written(frame, tmp_path / "t.parquet")
    place = "row 1900, in .*t.parquet, row group 3"
    with pytest.raises(ValueError, match=f"column 'amount' contains inf in {place}"):
        RegularizedGaussian().fit(OutOfCore(path))


@pytest.mark.parametrize("second", ["other categories", "texts", "categories first"])
def test_categories_of_several_files_are_one_set(second, tmp_path):
    one = pd.DataFrame({"kind": pd.Categorical(["x", "y"] * 50, categories=["y", "x"])})
    other = pd.DataFrame({"kind": pd.Categorical(["z", "y"] * 50, categories=["z", "y", "w"])})
    if second != "other categories":
        other["kind"] = other["kind"].astype(str)
    if second == "categories first":
        one, other = other, one
    written(one, tmp_path / "0.parquet")
    written(other, tmp_path / "1.parquet")
    source = settled(ParquetSource(tmp_path))
    got, expected = whole(source)["kind"], one["kind"].tolist() + other["kind"].tolist()
    assert got.tolist() == expected
    if second == "other categories":
        assert got.cat.categories.tolist() == ["y", "x", "z", "w"]
