"""Samples in folders of Parquet parts: the rows of `sample`, whole files, runs that go on."""

import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
from time import sleep

import joblib
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from library_tables import TABLES
from mixed_tables import MODELS as MIXED
from mixed_tables import any_model, mixed
from pandas.testing import assert_frame_equal

import regan
from regan import RegularizedGAN, RegularizedGaussian, RegularizedMixture
from regan.data import TableEncoder
from regan.estimators import sampled_parts
from regan.estimators.arrow_rows import ArrowRows
from regan.estimators.sampling import BLOCK_ROWS
from regan.files import parquet_files
from regan.storage.strays import is_temporary

N = 2 * BLOCK_ROWS + 700
MANY = {"random_state": 3, "rows_per_file": BLOCK_ROWS}
SIZES = {"hidden_layer_sizes": (9, 8), "latent_dim": 3, "batch_size": 16, "max_iter": 10}


@pytest.fixture(autouse=True)
def groups_are_small(monkeypatch):
    monkeypatch.setattr(sampled_parts, "GROUP_CELLS", 1)


def numbers(n=80, dtype=float):
    return np.random.default_rng(0).normal([5, -1, 100], [1, 0.1, 30], size=(n, 3)).astype(dtype)


def gaussian(**settings):
    return RegularizedGaussian(random_state=0, **settings).fit(numbers(), np.arange(80) % 3)


def read(files):
    return pd.concat(map(pd.read_parquet, files), ignore_index=True)


def one_schema(files):
    first, *others = (pq.read_schema(file) for file in files)
    return all(first.equals(other) for other in others)


# The rows


@pytest.mark.parametrize(
    ("dtype", "n_jobs"), [("float64", 1), ("float64", 2), ("float32", 1), ("int16", 1), ("bool", 1)]
)
def test_arrays_come_back_as_they_are(tmp_path, dtype, n_jobs):
    X = numbers(dtype=dtype) > 2 if dtype == "bool" else numbers(dtype=dtype)
    model = RegularizedGaussian(random_state=0).fit(X)
    files = model.sample_to(tmp_path, N, n_jobs=n_jobs, **MANY)
    assert [file.name for file in files] == [f"part-0000{i}.parquet" for i in range(3)]
    rows, expected = read(files), model.sample(N, random_state=3)
    assert list(rows.columns) == ["0", "1", "2"]
    assert {*rows.dtypes.astype(str)} == {dtype}
    np.testing.assert_array_equal(rows.to_numpy(), expected)


@any_model
def test_tables_come_back_as_they_are(tmp_path, make):
    model = make().fit(mixed())
    files = model.sample_to(tmp_path, N, **MANY)
    assert one_schema(files)
    rows, expected = read(files), model.sample(N, random_state=3)
    texts = dict.fromkeys(("color", "either", "one"), object)
    assert_frame_equal(rows.astype(texts), as_written(expected).astype(texts))


def as_written(frame):
    """Parquet has no categories of integers, none of integers beside words, and no objects."""
    whole = {"digit": int, "python": int}
    return frame.assign(either=frame["either"].map(str).astype(object)).astype(whole)


@pytest.mark.parametrize("library", TABLES)
def test_tables_of_other_libraries(tmp_path, library):
    X = TABLES[library]()
    model = MIXED["mixture"]().fit(X)
    files = model.sample_to(tmp_path, N, **MANY)
    assert one_schema(files)
    made = model.sample(N, random_state=3)
    columns = parquet_files.columns_of_frame(made)
    rows = pq.read_table(tmp_path)
    for name, column in zip(rows.column_names, columns, strict=True):
        expected = parquet_files.arrow_column(column)
        assert rows[name].to_pylist() == expected.to_pylist()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_tables_of_floats(tmp_path, dtype):
    X = pd.DataFrame(numbers(), columns=list("abc")).astype({"b": dtype})
    model = RegularizedMixture(2, alpha=1.0, random_state=0).fit(X)
    rows = read(model.sample_to(tmp_path, N, **MANY))
    assert_frame_equal(rows, model.sample(N, random_state=3))


def test_arrays_that_an_encoder_reads(tmp_path):
    X = numbers()
    X[::7, 1] = np.nan
    model = RegularizedMixture(2, alpha=1.0, standardize=TableEncoder(), random_state=0).fit(X)
    rows = read(model.sample_to(tmp_path, N, **MANY)).to_numpy()
    np.testing.assert_array_equal(rows, model.sample(N, random_state=3))


def test_rows_are_numbered_through_all_parts(tmp_path):
    X = pd.DataFrame({"id": range(1, 81), "x": numbers()[:, 0]})
    model = RegularizedGaussian(standardize=TableEncoder(ids="sequence"), random_state=0).fit(X)
    rows = read(model.sample_to(tmp_path, N, **MANY))
    assert rows["id"].tolist() == list(range(1, N + 1))


def test_types_do_not_depend_on_the_cells_that_a_part_has(tmp_path):
    """Rare cells: missing ones, and a level of another type, which make a column text."""
    rare = np.arange(400) % 40 == 0
    X = pd.DataFrame(
        {
            "flag": np.where(rare, None, np.arange(400) % 2 == 0).astype(object),
            "days": pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(400), "D")),
            "either": pd.Categorical(["none" if each else 7 for each in rare]),
            "count": pd.array(np.where(rare, None, 3 + np.arange(400) % 5), dtype="Int64"),
        }
    )
    X.loc[rare, "days"] = pd.NaT
    model = RegularizedMixture(2, alpha=1.0, random_state=0).fit(X)
    files = model.sample_to(tmp_path, N, **MANY)
    assert one_schema(files)
    schema = pq.read_schema(files[0])
    assert str(schema.field("flag").type) == "bool"
    assert str(schema.field("either").type).startswith("dictionary<values=string")
    form, numbers_ = ArrowRows(model._reader), model._sample_rows(500, 1)
    whole = numbers_[~np.isnan(numbers_).any(axis=1)][:3]
    lost = np.full_like(whole, np.nan)
    lost[:, 2] = 0  # a column that has no missing cells
    for rows in (whole, lost):
        assert form.table(rows).schema.equals(form.schema)


@pytest.mark.parametrize("y", [None, 2, np.arange(N) % 3], ids=["drawn", "one", "given"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_classes(tmp_path, y, n_jobs):
    model = gaussian(conditional=True)
    given = {} if y is None else {"y": y}
    files = model.sample_to(tmp_path, N, return_y=True, n_jobs=n_jobs, **given, **MANY)
    rows, labels = model.sample(N, random_state=3, return_y=True, **given)
    found = read(files)
    assert list(found.columns) == ["0", "1", "2", "y"]
    np.testing.assert_array_equal(found[["0", "1", "2"]].to_numpy(), rows)
    np.testing.assert_array_equal(found["y"].to_numpy(), labels)


def test_labels_have_their_name_and_type(tmp_path):
    y = pd.Series(["low", "high"] * 40, name="grade", dtype="category")
    model = RegularizedGaussian(conditional=True, random_state=0).fit(numbers(), y)
    files = model.sample_to(tmp_path, N, return_y=True, **MANY)
    assert one_schema(files)
    found = read(files)["grade"]
    assert found.tolist() == model.sample(N, random_state=3, return_y=True)[1].tolist()
    assert str(pq.read_schema(files[0]).field("grade").type).startswith("dictionary")


def test_rejection(tmp_path):
    model = RegularizedGAN(**SIZES, random_state=0).fit(numbers()).calibrate(numbers(40))
    files = model.sample_to(tmp_path, N, method="rejection", n_jobs=2, **MANY)
    expected = model.sample(N, random_state=3, method="rejection")
    np.testing.assert_array_equal(read(files).to_numpy(), expected)


def test_what_training_needs_does_not_travel(tmp_path):
    model = RegularizedGAN(**SIZES, callbacks=[Stays()], random_state=0).fit(numbers())
    files = model.sample_to(tmp_path, N, n_jobs=2, **MANY)
    np.testing.assert_array_equal(read(files).to_numpy(), model.sample(N, random_state=3))
    assert model.callbacks
    assert model.history_
    model.partial_fit(numbers())


class Stays(regan.Callback):
    """A callback that cannot leave its process."""

    def __reduce__(self):
        raise TypeError("it stays")


def test_groups_of_rows_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(sampled_parts, "GROUP_CELLS", 2 * 3 * BLOCK_ROWS)
    [file] = gaussian().sample_to(tmp_path, 5 * BLOCK_ROWS, random_state=0)
    metadata = pq.read_metadata(file)
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sizes == [2 * BLOCK_ROWS, 2 * BLOCK_ROWS, BLOCK_ROWS]


def test_rows_in_a_file_are_whole_blocks(tmp_path):
    files = gaussian().sample_to(tmp_path, 3 * BLOCK_ROWS, rows_per_file=BLOCK_ROWS + 1)
    assert [pq.read_metadata(file).num_rows for file in files] == [2 * BLOCK_ROWS, BLOCK_ROWS]


# Going on


def stamps(files):
    return [file.stat().st_mtime_ns for file in files]


def test_parts_that_are_there_are_kept(tmp_path):
    model = gaussian()
    files = model.sample_to(tmp_path, N, **MANY)
    whole, before = read(files), stamps(files)
    files[1].unlink()
    again = model.sample_to(tmp_path, N, n_jobs=2, **MANY)
    assert again == files
    assert [a == b for a, b in zip(stamps(files), before, strict=True)] == [True, False, True]
    assert_frame_equal(read(files), whole)


@any_model
def test_a_loaded_model_goes_on(tmp_path, make):
    model, folder = make().fit(mixed()), tmp_path / "parts"
    model.save(tmp_path / "model")
    files = model.sample_to(folder, N, **MANY)
    whole = read(files)
    files[0].unlink()
    regan.load(tmp_path / "model").sample_to(folder, N, **MANY)
    assert_frame_equal(read(files), whole)


def test_a_seed_that_was_drawn_is_read_back(tmp_path):
    model = RegularizedGaussian().fit(numbers())
    files = model.sample_to(tmp_path, N, rows_per_file=BLOCK_ROWS)
    whole = read(files)
    files[0].unlink()
    model.sample_to(tmp_path, N, rows_per_file=BLOCK_ROWS)
    assert_frame_equal(read(files), whole)
    other = model.sample_to(tmp_path / "other", N, rows_per_file=BLOCK_ROWS)
    assert not read(other).equals(whole)


OTHERS = {
    "n_samples": ({"n_samples": N + 1}, rf"n_samples={N}, but this call has n_samples={N + 1};"),
    "rows": ({"rows_per_file": 8192}, "rows_per_file=4096, but this call has rows_per_file=8192"),
    "seed": ({"random_state": 4}, "they were drawn with another random_state;"),
    "y": ({"y": 1}, "they were drawn for other classes y;"),
    "return_y": ({"return_y": True}, "they have return_y=False, but this call has return_y=True;"),
}


@pytest.mark.parametrize(("changes", "words"), OTHERS.values(), ids=OTHERS)
def test_parts_of_another_run_are_refused(tmp_path, changes, words):
    model = gaussian(conditional=True)
    files = model.sample_to(tmp_path, N, **MANY)
    before = stamps(files)
    with pytest.raises(ValueError, match=rf"part-00000\.parquet has other rows .*: .*{words}"):
        model.sample_to(tmp_path, **{"n_samples": N, **MANY, **changes})
    assert stamps(files) == before


def test_parts_of_another_model_are_refused(tmp_path):
    gaussian().sample_to(tmp_path, N, **MANY)
    other = RegularizedGaussian(random_state=0).fit(numbers() + 1)
    with pytest.raises(ValueError, match=r"00000\.parquet has other rows .*: they are from anothe"):
        other.sample_to(tmp_path, N, **MANY)


def test_other_files_are_refused(tmp_path):
    model, other = gaussian(), tmp_path / "other.parquet"
    (tmp_path / "notes.txt").write_text("kept")
    pd.DataFrame({"x": [1]}).to_parquet(other)
    with pytest.raises(ValueError, match=r"other\.parquet was not written by sample_to"):
        model.sample_to(tmp_path, N)
    other.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"other\.parquet is damaged or is not a Parquet file"):
        model.sample_to(tmp_path, N)
    other.unlink()
    first, *_ = model.sample_to(tmp_path, N, **MANY)
    first.rename(other)
    with pytest.raises(ValueError, match=r"other\.parquet was renamed or changed after"):
        model.sample_to(tmp_path, N, **MANY)


# What goes wrong


BAD = {
    "n_samples": ({"n_samples": 0}, "n_samples must be an integer >= 1, got 0"),
    "n_jobs": ({"n_jobs": 0}, "n_jobs must be None or an integer other than 0, got 0"),
    "rows": ({"rows_per_file": 0}, "rows_per_file must be an integer >= 1, got 0"),
    "files": ({"n_samples": 10**13}, "would need 2441406250 files, but at most 1000000"),
    "y": ({"y": 0}, "y needs a model trained with conditional=True"),
    "return_y": ({"return_y": True}, "return_y needs a model trained with conditional=True"),
}


@pytest.mark.parametrize(("changes", "words"), BAD.values(), ids=BAD)
def test_bad_arguments(tmp_path, changes, words):
    with pytest.raises(ValueError, match=words):
        gaussian().sample_to(tmp_path / "parts", **{"n_samples": N, **MANY, **changes})
    assert not (tmp_path / "parts").exists()


def test_a_name_that_is_taken(tmp_path):
    X = pd.DataFrame(numbers(), columns=["a", "b", "y"])
    model = RegularizedGaussian(conditional=True, random_state=0).fit(X, np.arange(80) % 2)
    with pytest.raises(ValueError, match="adds a column 'y' of class labels, but the rows already"):
        model.sample_to(tmp_path, N, return_y=True)


def test_folders_that_cannot_be_made(tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    with pytest.raises(NotADirectoryError, match="it is a file; name a folder") as caught:
        gaussian().sample_to(file, N)
    assert caught.value.filename == str(file)
    assert file.read_text() == "kept"
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none to write parts to"):
        gaussian().sample_to(tmp_path / "none" / "parts", N)


def test_folders_that_may_not_be_written_to(tmp_path, monkeypatch):
    """It is told before the first row is made. Root may write anywhere, so a stand-in refuses."""

    def refuse(path, *_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("regan.storage.atomic.open_temporary", refuse)
    monkeypatch.setattr(sampled_parts.SampledParts, "write", refuse)
    with pytest.raises(PermissionError) as caught:
        gaussian().sample_to(tmp_path, N)
    assert caught.value.filename == str(tmp_path / "part-00000.parquet")


def test_a_disk_that_is_too_small_is_told_of_before_it_is_full(tmp_path):
    with pytest.raises(OSError, match=r"it would take about .*, but .* free") as caught:
        gaussian().sample_to(tmp_path, 10**12)
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "part-000000.parquet")
    assert not os.listdir(tmp_path)


def test_a_disk_that_gets_full(tmp_path, monkeypatch):
    model, synced = gaussian(), os.fsync

    def full(descriptor):
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if is_file and list(tmp_path.glob("*.parquet")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        synced(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        model.sample_to(tmp_path, N, **MANY)
    assert caught.value.filename == str(tmp_path / "part-00001.parquet")
    assert os.listdir(tmp_path) == ["part-00000.parquet"]
    monkeypatch.undo()
    files = model.sample_to(tmp_path, N, **MANY)
    np.testing.assert_array_equal(read(files).to_numpy(), model.sample(N, random_state=3))


def program(text, *arguments, **options):
    """A program of its own, begun."""
    head = "import sys, numpy as np, regan\nfrom pathlib import Path\nfolder = Path(sys.argv[1])\n"
    command = [sys.executable, "-c", head + textwrap.dedent(text), *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


MODEL = """
X = np.random.default_rng(0).normal([5, -1, 100], [1, 0.1, 30], size=(80, 3))
model = regan.RegularizedGaussian(random_state=0).fit(X)
"""


def test_a_limit_on_files_that_is_met_while_writing(tmp_path):
    """Writing fails in the middle of a part, in another process."""
    pytest.importorskip("resource")
    text = """
        import resource
        from regan.estimators import sampled_parts
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        try:
            model.sample_to(folder, 5 * 4096 * 8, n_jobs=int(sys.argv[2]), rows_per_file=4096 * 8)
        except OSError as error:
            print(error.errno, Path(error.filename).name)
    """
    for n_jobs in (1, 2):
        out, err = program(MODEL + textwrap.dedent(text), tmp_path, n_jobs).communicate()
        assert out.split()[:1] == [str(errno.EFBIG)], err
        assert out.split()[1].startswith("part-0000")
        assert not os.listdir(tmp_path)


def test_a_process_that_dies(tmp_path):
    text = """
        import os, signal
        from regan.files.parquet_parts import ParquetParts
        class Dies(ParquetParts):
            def write(self, part, tables, n_tables):
                if part == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                super().write(part, tables, n_tables)
        parts = model._sampled_parts(folder, 5 * 4096, 1, 4096)
        object.__setattr__(parts.parts, "__class__", Dies)
        try:
            parts.write_all(2)
        except RuntimeError as error:
            print(error)
    """
    out, err = program(MODEL + textwrap.dedent(text), tmp_path).communicate()
    assert f"a process that wrote to {tmp_path} was killed" in out, err
    assert not [name for name in os.listdir(tmp_path) if is_temporary(name)]
    assert not (tmp_path / "part-00002.parquet").exists()
    model = gaussian()
    files = model.sample_to(tmp_path, 5 * BLOCK_ROWS, random_state=1, rows_per_file=BLOCK_ROWS)
    np.testing.assert_array_equal(read(files).to_numpy(), model.sample(5 * BLOCK_ROWS, 1))


SLOW = """
import time
from regan.estimators.arrow_rows import ArrowRows
class Slow(ArrowRows):
    def table(self, *args):
        if args[2]:  # not of the first part
            (folder / "begun").touch()
            time.sleep(60)
        return super().table(*args)
parts = model._sampled_parts(folder, 5 * 4096, 1, 4096)
parts.form.__class__ = Slow
parts.write_all(int(sys.argv[2]))
"""


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill"])
def test_interruptions_leave_whole_files(tmp_path, n_jobs, number):
    """A signal to the process alone: its workers end too."""
    with program(MODEL + SLOW, tmp_path, n_jobs, start_new_session=True) as running:
        begun = tmp_path / "begun", tmp_path / "part-00000.parquet"
        wait_for(lambda: all(path.exists() for path in begun))
        running.send_signal(number)
    wait_for(lambda: not is_anyone_left(running.pid))
    assert list(tmp_path.glob("*.parquet")) == [tmp_path / "part-00000.parquet"]
    model = gaussian()
    files = model.sample_to(tmp_path, 5 * BLOCK_ROWS, random_state=1, rows_per_file=BLOCK_ROWS)
    np.testing.assert_array_equal(read(files).to_numpy(), model.sample(5 * BLOCK_ROWS, 1))
    assert not [name for name in os.listdir(tmp_path) if is_temporary(name)]


def wait_for(happened):
    while not happened():
        sleep(0.05)


def is_anyone_left(session):
    """Whether a process of a session lives."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return False
    return True


def test_without_pyarrow(tmp_path, monkeypatch):
    model = gaussian()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"pip install pyarrow"):
        model.sample_to(tmp_path, N)


def test_what_joblib_is_told(tmp_path):
    model = gaussian()
    with joblib.parallel_config("threading", n_jobs=2):
        files = model.sample_to(tmp_path, N, n_jobs=None, **MANY)
    np.testing.assert_array_equal(read(files).to_numpy(), model.sample(N, random_state=3))


def test_a_folder_that_was_made_in_vain_is_removed(tmp_path):
    with pytest.raises(OSError, match="it would take about"):
        gaussian().sample_to(tmp_path / "parts", 10**12)
    assert not (tmp_path / "parts").exists()


def test_programs_that_write_to_one_folder_keep_their_parts(tmp_path, monkeypatch):
    """Another program writes its parts while this one draws the rows of its first."""
    model, table = gaussian(), sampled_parts._Task._table
    files = []

    def other(task, group):
        if not files:
            files.append(tmp_path / "part-00000.parquet")
            model.sample_to(tmp_path, N, random_state=4, rows_per_file=BLOCK_ROWS)
        return table(task, group)

    monkeypatch.setattr(sampled_parts._Task, "_table", other)
    with pytest.raises(ValueError, match=r"has other rows .*: they were drawn with another random"):
        model.sample_to(tmp_path, N, **MANY)
    monkeypatch.undo()
    expected = model.sample(N, random_state=4)
    np.testing.assert_array_equal(read(files).to_numpy(), expected[:BLOCK_ROWS])
    assert not any(is_temporary(name) for name in os.listdir(tmp_path))
