"""What is learnt of rows that are not in memory, beside what is learnt of the whole table."""

import h5py
import numpy as np
import pandas as pd
import pytest
import zarr

from regan import (
    OutOfCore,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.data import ColumnsError, Inequality, Positive, TableEncoder
from regan.streams.source import ChangedError
from regan.streams.stream import Stream


def mixed(n=6000, seed=0):
    rng = np.random.default_rng(seed)
    word = rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    return pd.DataFrame(
        {
            "amount": np.round(rng.lognormal(3, 1, n), 2),
            "count": rng.integers(0, 5, n),
            "word": word,
            "yes": rng.random(n) < 0.3,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "gap": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "kind": pd.Categorical(rng.choice(["x", "y"], n), categories=["y", "x", "z"]),
        }
    )


def numbers(n=5000, d=3, dtype="float32"):
    return (np.random.default_rng(0).normal(size=(n, d)) * 3 + 10).astype(dtype)


def written(frame, path, rows=700):
    frame.to_parquet(path, row_group_size=rows, index=False)
    return path


def learnt(data, y=None, kind=RegularizedGAN, **settings):
    model = kind(random_state=0, **settings)
    return model, model._learn(data, y)[0]


def same_columns(one, other):
    one, other = one._reader.encoder, other._reader.encoder
    assert one.names == other.names
    assert one.dtypes_ == other.dtypes_
    for a, b in zip(one.columns_, other.columns_, strict=True):
        assert type(a) is type(b), a.name
        assert type(a.present) is type(b.present), a.name
        assert a.words.partition(",")[0] == b.words.partition(",")[0], a.name
        np.testing.assert_array_equal(a.extremes, b.extremes)
    assert one.labels == other.labels


# Columns and scales


@pytest.mark.parametrize("sample_rows", [300, 2**17])
def test_a_table_has_the_columns_that_it_has_in_memory(sample_rows, tmp_path):
    frame = mixed()
    frame.loc[4321, "word"] = "rare"
    frame.loc[123, "count"] = 5
    path = written(frame, tmp_path / "t.parquet")
    whole, _ = learnt(frame)
    model, stream = learnt(OutOfCore(path, sample_rows=sample_rows))
    assert isinstance(stream, Stream)
    same_columns(model, whole)
    np.testing.assert_allclose(
        model._reader.scaler.shares, whole._reader.scaler.shares, rtol=0, atol=1e-12
    )


def test_numbers_have_the_moments_of_all_rows():
    X = numbers(50_000)
    whole, _ = learnt(X)
    model, _ = learnt(OutOfCore(X, sample_rows=500))
    for name in ("mean", "scale", "low", "high"):
        np.testing.assert_allclose(
            getattr(model._reader.scaler, name), getattr(whole._reader.scaler, name), rtol=1e-12
        )
    assert model._reader.container.dtypes == ("float32",) * 3
    assert model._reader.wrap(np.ones((1, 3), "float32")).dtype == np.float32


def test_a_column_that_is_constant_but_for_one_row_varies():
    X = numbers(20_000)
    X[:, 1] = 4.5
    X[15_000, 1] = 7.25
    whole, _ = learnt(X)
    model, _ = learnt(OutOfCore(X, sample_rows=200))
    assert not model._reader.scaler.constant.any()
    np.testing.assert_allclose(model._reader.scaler.scale, whole._reader.scaler.scale, rtol=1e-12)


def test_an_array_of_integers_stays_one():
    X = np.random.default_rng(0).integers(0, 1000, size=(5000, 2))
    model = RegularizedGaussian(random_state=0).fit(OutOfCore(X, sample_rows=500))
    assert model.sample(3).dtype == X.dtype


def far_out(n):
    """A table whose ends are far from all else, and none of the first rows."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"size": rng.normal(size=n), "count": rng.integers(0, 40, n)})
    X["gap"] = X["size"].where(rng.random(n) < 0.9)
    X["late"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    X.loc[n - 5, ["size", "gap"]] = 1000.0
    X.loc[n - 9, "count"] = 10**6
    X.loc[n - 7, "late"] = pd.Timestamp("2060-01-01")
    return X


@pytest.mark.parametrize("kind", ["array", "table", "rule"])
def test_ends_of_ranges_count_as_the_one_row_that_they_are(kind, tmp_path):
    n = 20_000
    X, rules = far_out(n), None
    if kind == "rule":
        X["more"] = X["size"] + np.abs(X["size"]) + 0.5
        rules = [Inequality("size", "more")]
    X.to_parquet(tmp_path / "x.parquet")
    data = X[["size", "count"]].to_numpy() if kind == "array" else tmp_path / "x.parquet"
    encoder = TableEncoder(rules=rules) if kind == "rule" else True
    model = RegularizedGaussian(standardize=encoder, random_state=0)
    model.fit(OutOfCore(data, sample_rows=1000))
    rows = model.sample(100_000, random_state=0)
    if kind == "array":
        rows = pd.DataFrame(rows, columns=["size", "count"])
    assert (rows["size"] > 10).sum() <= 20  # of a hundred where a row of the sample is that far
    assert (rows["count"] > 100).sum() <= 20
    assert rows["size"].std() < 1.2
    if kind != "array":
        assert (rows["late"] > "2030").sum() <= 20
        assert (rows["gap"] > 10).sum() <= 20
        whole = model.table_encoder_.columns_[1]
        assert whole.range == (0, 10**6)
    if kind == "rule":
        assert (rows["more"] - rows["size"] > 20).sum() <= 20


def test_levels_of_an_array_have_the_shares_of_all_rows():
    X = numbers(20_000, dtype="float64")
    X[:, 2] = np.random.default_rng(1).choice([0, 1, 2], 20_000, p=[0.7, 0.2, 0.1])
    X[777, 2] = 3
    whole, _ = learnt(X)
    model, _ = learnt(OutOfCore(X, sample_rows=500))
    assert len(whole._reader.scaler.shares) == 4
    np.testing.assert_allclose(model._reader.scaler.shares, whole._reader.scaler.shares)


def test_missing_cells_of_an_array_need_an_encoder():
    X = numbers(3000)
    X[2222, 1] = np.nan
    with pytest.raises(ColumnsError, match=r"NaN in column 1, .*\(row 2222, in .*, rows 2048 to"):
        learnt(OutOfCore(X, sample_rows=100))
    model, _ = learnt(OutOfCore(X, sample_rows=100), standardize=TableEncoder())
    assert model._reader.encoder.columns_[1].takes_missing


def test_large_numbers_are_told_with_row_and_block():
    X = numbers(3000)
    X[1500, 0] = 1e30
    with pytest.raises(ColumnsError, match=r"overflow.* 0, .*\(row 1500, in .*, rows 1280 to"):
        learnt(OutOfCore(X, sample_rows=100))


# What a second pass finds


def test_a_column_that_follows_from_another_in_the_sample_alone_is_learnt(tmp_path):
    frame = mixed()
    frame["follows"] = frame["word"].map({"a": "A", "b": "B", "c": "C"})
    path = written(frame, tmp_path / "t.parquet")
    whole, _ = learnt(frame)
    model, _ = learnt(OutOfCore(path, sample_rows=300))
    assert [c.text for c in model._reader.encoder.codings_] == [
        c.text for c in whole._reader.encoder.codings_
    ]
    rows = frame.index[frame["word"] == "a"][1000:2000]
    frame.loc[rows, "follows"] = "D"
    assert len(learnt(OutOfCore(written(frame, path), sample_rows=300))[0].table_encoder_.labels)
    frame["follows"] = frame["word"].map({"a": "A", "b": "B", "c": "C"})
    frame.loc[5555, "follows"] = "B" if frame.loc[5555, "word"] != "b" else "A"
    whole, _ = learnt(frame)
    model, stream = learnt(OutOfCore(written(frame, path), sample_rows=300))
    assert not model._reader.scaler.impossible(stream.numbers(7, np.arange(700))).any()
    np.testing.assert_allclose(
        model._reader.scaler.shares, whole._reader.scaler.shares, rtol=0, atol=1e-12
    )


def test_texts_of_numbers_have_the_range_of_all_rows(tmp_path):
    frame = mixed()
    frame["price"] = [f"${value:,.2f}" for value in frame["amount"]]
    frame.loc[3210, "price"] = "$9,999,999.99"
    model, _ = learnt(OutOfCore(written(frame, tmp_path / "t.parquet"), sample_rows=300))
    same_columns(model, learnt(frame)[0])


def test_a_broken_rule_is_refused_with_group_and_row(tmp_path):
    frame = mixed()
    frame["more"] = frame["amount"] + 1
    encoder = TableEncoder(rules=[Inequality("amount", "more")])
    path = written(frame, tmp_path / "t.parquet")
    learnt(OutOfCore(path, sample_rows=300), standardize=encoder)
    frame.loc[5000, "more"] = 0
    with pytest.raises(
        ValueError, match=r"rule .*more.* \(row 5000, in .*t.parquet, row group 7\)"
    ):
        learnt(OutOfCore(written(frame, path), sample_rows=300), standardize=encoder)


def test_a_broken_rule_that_codes_nothing_is_refused_too(tmp_path):
    frame = mixed()
    frame.loc[5000, "amount"] = -1
    encoder = TableEncoder(rules=[Positive(["count"])])
    frame["count"] += 1
    learnt(OutOfCore(written(frame, tmp_path / "t.parquet"), sample_rows=300), standardize=encoder)
    frame.loc[[100, 200, 300, 4000], "count"] = 0
    with pytest.raises(ValueError, match=r"t.parquet, row group 0\)"):
        learnt(
            OutOfCore(written(frame, tmp_path / "t.parquet"), sample_rows=300),
            standardize=encoder,
        )


def test_dates_obey_the_clock_of_all_rows(tmp_path):
    frame = mixed()
    frame["day"] = pd.Series(pd.date_range("2001-01-01", periods=6000, freq="B"))
    frame.loc[4000, "day"] = pd.Timestamp("2010-01-02")
    frame.loc[4001, "day"] = pd.Timestamp("2010-01-04 06:00")
    model, _ = learnt(OutOfCore(written(frame, tmp_path / "t.parquet"), sample_rows=200))
    whole, _ = learnt(frame)
    own, theirs = (m._reader.encoder.columns_[4].clock for m in (model, whole))
    assert own.identity == theirs.identity


def test_many_levels_are_all_known_or_refused(tmp_path):
    frame = mixed()
    frame["town"] = [f"town {i % 1500}" for i in range(len(frame))]
    path = written(frame, tmp_path / "t.parquet")
    with pytest.raises(ColumnsError, match=r"column 'town' has .* levels in .* max_levels=500"):
        learnt(OutOfCore(path, sample_rows=200))
    model, _ = learnt(
        OutOfCore(path, sample_rows=200),
        standardize=TableEncoder(max_levels=2000, dependencies=False),
    )
    assert len(model.table_encoder_.columns_[-1].levels) == 1500
    pooled = TableEncoder(pool="other", dependencies=False)
    model, stream = learnt(OutOfCore(path, sample_rows=200), standardize=pooled)
    assert len(stream.numbers(3, np.arange(700))) == 700


TOWNS = {
    "1500 of 6000": (
        "town",
        1500,
        "has at least 1.* levels in 6000 rows, more than max_levels=500",
    ),
    "800 of 6000": ("town", 800, "has 800 levels in 6000 rows, more than max_levels=500"),
    "800 ids": ("id", 800, r"\(800 different values in 6000 rows, named like an identifier\)"),
    "all": ("town", 6000, r"\(400 different values in 400 rows that were drawn\)"),
}


@pytest.mark.parametrize(("name", "n", "words"), TOWNS.values(), ids=TOWNS)
def test_rows_that_were_sought_out_make_no_identifiers(tmp_path, name, n, words):
    """What is said of levels is true of all rows, and as in memory where they are counted."""
    frame = mixed()
    frame[name] = [f"town {i % n}" for i in range(len(frame))]
    path = written(frame, tmp_path / "t.parquet")
    with pytest.raises(ColumnsError, match=words):
        learnt(OutOfCore(path, sample_rows=400))


def test_integers_that_few_rows_share_are_no_identifiers(tmp_path):
    frame = mixed()
    frame["customer_id"] = np.random.default_rng(3).integers(0, 2000, len(frame))
    frame["few_id"] = np.random.default_rng(4).permutation(np.repeat(np.arange(900), 7)[:6000])
    model, _ = learnt(OutOfCore(written(frame, tmp_path / "t.parquet"), sample_rows=300))
    same_columns(model, learnt(frame)[0])
    frame["key"] = np.random.default_rng(5).permutation(len(frame)) * 10
    words = (
        r"'key' .*\(300 different integers in 300 rows that were drawn, named like an identifier\)"
    )
    with pytest.raises(ColumnsError, match=words):
        learnt(OutOfCore(written(frame, tmp_path / "t.parquet"), sample_rows=300))


def test_row_numbers_are_refused_as_in_memory(tmp_path):
    frame = mixed()
    frame["place"] = np.random.default_rng(5).permutation(len(frame)) + 1000
    frame["cents"] = np.random.default_rng(6).integers(1000, 7000, len(frame))
    path = written(frame, tmp_path / "t.parquet")
    for data in (frame, OutOfCore(path, sample_rows=300)):
        with pytest.raises(ColumnsError, match="column 'place' holds identifiers") as caught:
            learnt(data)
        assert list(caught.value.columns) == ["place"]
    for ids in ("keep", {"place": "keep"}, {"place": "sequence"}):
        learnt(OutOfCore(path, sample_rows=300), standardize=TableEncoder(ids=ids))
    learnt(OutOfCore(written(frame.drop(columns="place"), path), sample_rows=300))


# Streams


def test_a_stream_gives_numbers_as_a_reader_does(tmp_path):
    frame = mixed()
    path = written(frame, tmp_path / "t.parquet")
    model, stream = learnt(OutOfCore(path, sample_rows=500), "word", conditional=True)
    rest = frame.drop(columns="word")
    expected = model._reader.read(model, rest)
    assert len(stream) == len(frame)
    assert stream.lengths.sum() == len(frame)
    for block, first in enumerate(stream.source.starts):
        some = np.array([5, 1, 300])
        np.testing.assert_array_equal(stream.numbers(block, some), expected[first + some])
        labels = model.classes_[stream.codes(block, some)]
        assert labels.tolist() == frame["word"].iloc[first + some].tolist()
    np.testing.assert_array_equal(
        stream.encoded(expected[:50]).codes, model._reader.scaler.forward(expected[:50]).codes
    )
    positions = stream.sample_positions
    assert (np.diff(positions) > 0).all()
    np.testing.assert_array_equal(
        stream.sample.codes, model._reader.scaler.encoder.encode_rows(expected[positions]).codes
    )
    words = frame["word"].iloc[positions].tolist()
    assert model.classes_[stream.sample_codes].tolist() == words
    assert stream.shape == (len(frame), model._reader.scaler.n_columns)


def test_a_stream_of_an_array_gives_its_numbers():
    X = numbers()
    y = np.arange(len(X)) % 3
    model, stream = learnt(OutOfCore(X, sample_rows=500, buffer_rows=64), y, conditional=True)
    some = np.array([9, 0, 255])
    np.testing.assert_array_equal(stream.numbers(3, some), X[768 + some].astype(np.float64))
    assert stream.codes(3, some).tolist() == y[768 + some].tolist()
    assert stream.buffer_rows == 64
    np.testing.assert_allclose(
        stream.sample.scaled(), model._reader.scaler.forward(X[stream.sample_positions])
    )


def test_the_same_seed_draws_the_same_sample():
    X = numbers()
    first, second = (learnt(OutOfCore(X, sample_rows=500))[1] for _ in range(2))
    assert first.fingerprint() == second.fingerprint()
    X[4000, 1] = 0
    assert learnt(OutOfCore(X, sample_rows=500))[1].fingerprint() != first.fingerprint()


class Changing:
    """Rows that are others when they are read again."""

    def __init__(self, X):
        self._X, self.shape, self.dtype = X, X.shape, X.dtype

    def __getitem__(self, part):
        return self._X[part]


def test_numbers_that_were_not_surveyed_are_refused_with_the_block():
    X = numbers()
    _, stream = learnt(OutOfCore(Changing(X), sample_rows=500))
    X[900, 2] = 1e6
    stream.numbers(2, np.arange(256))
    with pytest.raises(
        ChangedError, match=r"Changing, rows 768 to 1023: column 2 holds a number outside"
    ):
        stream.numbers(3, np.arange(256))


def test_a_level_that_was_not_surveyed_is_refused_with_file_and_group(tmp_path, monkeypatch):
    frame = mixed()
    path = written(frame, tmp_path / "t.parquet")
    _, stream = learnt(OutOfCore(path, sample_rows=500))
    frame.loc[2000, "word"] = "new"
    written(frame, path)
    for part in stream.source._parts:
        part.found = part._now()
    with pytest.raises(ChangedError, match=r"t.parquet, row group 2 has changed since.*'new'"):
        stream.numbers(2, np.arange(700))


# Models


KINDS = {
    "zarr": lambda X, path: zarr.create_array(path / "z", data=X, chunks=(70, 2)),
    "h5py": lambda X, path: h5py.File(path / "x.h5", "w").create_dataset("x", data=X),
    "slices": lambda X, path: Changing(X),
}


def test_small_data_are_read_and_give_the_model_of_the_table(tmp_path):
    frame = mixed(400)
    path = written(frame, tmp_path / "t.parquet", rows=150)
    for make in (
        lambda: RegularizedGAN(max_iter=30, random_state=0),
        lambda: RegularizedVAE(max_iter=30, random_state=0),
        lambda: RegularizedGaussian(random_state=0),
    ):
        expected = make().fit(pd.read_parquet(path)).sample(50)
        for given in (path, str(path), tmp_path):
            pd.testing.assert_frame_equal(make().fit(given).sample(50), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_small_arrays_are_read_and_give_the_model_of_the_array(kind, tmp_path):
    X = numbers(300)
    y = np.arange(300) % 2
    for make in (
        lambda: RegularizedGAN(max_iter=30, conditional=True, random_state=0),
        lambda: RegularizedGaussian(conditional=True, random_state=0),
    ):
        expected = make().fit(X, y).sample(50)
        (folder := tmp_path / make().__class__.__name__).mkdir()
        given = KINDS[kind](X, folder)
        np.testing.assert_array_equal(make().fit(given, y).sample(50), expected)


def test_labels_are_a_column_of_the_file(tmp_path):
    frame = mixed(400)
    path = written(frame, tmp_path / "t.parquet", rows=150)
    model = RegularizedGaussian(conditional=True, random_state=0)
    expected = model.fit(frame.drop(columns="word"), frame["word"]).sample(30, return_y=True)
    got = model.fit(path, "word").sample(30, return_y=True)
    pd.testing.assert_frame_equal(got[0], expected[0])
    pd.testing.assert_series_equal(got[1], expected[1])
    with pytest.raises(ValueError, match="has no column 'lost' for y"):
        model.fit(path, "lost")


@pytest.mark.parametrize("kind", [RegularizedGaussian, RegularizedMixture])
def test_gaussian_and_mixture_are_fitted_to_the_sample(kind, tmp_path):
    frame = mixed(3000)
    path = written(frame, tmp_path / "t.parquet")
    model = kind(random_state=0).fit(OutOfCore(path, sample_rows=1000))
    made = model.sample(200)
    assert list(made.dtypes) == list(frame.dtypes)
    assert model.score(OutOfCore(path)) > 0.8
    whole = kind(random_state=0).fit(frame)
    assert abs(model.score(frame) - whole.score(frame)) < 0.05


def test_a_sample_of_all_rows_gives_the_model_of_the_table(tmp_path):
    frame = mixed(600)
    path = written(frame, tmp_path / "t.parquet", rows=100)
    expected = RegularizedGaussian(random_state=0).fit(frame).sample(50)
    got = RegularizedGaussian(random_state=0).fit(OutOfCore(path)).sample(50)
    pd.testing.assert_frame_equal(got, expected)


def test_classes_have_the_shares_of_all_rows(tmp_path):
    frame = mixed(4000)
    frame.loc[3333, "word"] = "rare"
    path = written(frame, tmp_path / "t.parquet")
    model = RegularizedGaussian(conditional=True, random_state=0)
    model.fit(OutOfCore(path, sample_rows=300), "word")
    assert model.classes_.tolist() == ["a", "b", "c", "rare"]
    expected = frame["word"].value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(model._classes.shares, expected)
    assert model.sample(1, y="rare").shape == (1, 6)
    assert model.score(OutOfCore(path), "word") > 0.8


def test_a_fit_that_fails_leaves_the_model_as_it_was(tmp_path):
    X = numbers()
    model = RegularizedGaussian(random_state=0).fit(X)
    before = model.sample(5)
    X[10, 1] = np.inf
    with pytest.raises(ColumnsError, match="column 1 contains inf in row 10"):
        model.fit(OutOfCore(X))
    np.testing.assert_array_equal(model.sample(5), before)


def test_large_memory_maps_are_read_by_blocks_and_small_ones_as_ever(tmp_path, monkeypatch):
    X = numbers(2000)
    X.tofile(tmp_path / "rows")
    mapped = np.memmap(tmp_path / "rows", "float32", "r", shape=X.shape)
    assert not isinstance(learnt(mapped)[1], Stream)
    monkeypatch.setattr("regan.streams.recognition.IN_MEMORY_BYTES", 2000 * 3 * 8 - 1)
    assert isinstance(learnt(mapped)[1], Stream)
    assert not isinstance(learnt(X)[1], Stream)
    assert not isinstance(learnt(np.asarray(mapped))[1], Stream)
