"""Class labels of rows that are not in memory, in all forms in which they come."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import zarr

from regan import OutOfCore, RegularizedGAN, RegularizedGaussian
from regan.streams.array_source import ArraySource
from regan.streams.class_source import ClassSource
from regan.streams.parquet_source import ParquetSource
from regan.streams.source import ChangedError

N = 3000
WORDS = np.random.default_rng(0).choice(["a", "b", "c"], N, p=[0.7, 0.2, 0.1])


def rows():
    return np.random.default_rng(1).normal(size=(N, 2))


FORMS = {
    "array": WORDS,
    "objects": WORDS.astype(object),
    "list": WORDS.tolist(),
    "Series": pd.Series(WORDS, index=np.arange(N) * 2),
    "categories": pd.Series(pd.Categorical(WORDS)),
    "DataFrame": pd.DataFrame({"y": WORDS}),
    "polars": pl.Series("y", WORDS),
    "pyarrow": pa.array(WORDS),
    "zarr": "zarr",
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_of_all_forms_are_those_that_a_model_in_memory_has(form, tmp_path):
    y = FORMS[form]
    if form == "zarr":
        y = zarr.create_array(tmp_path / "y", data=np.unique(WORDS, return_inverse=True)[1])
    X = rows()
    source = ArraySource(X)
    classes, where = ClassSource(source, y).survey()
    whole = RegularizedGaussian(conditional=True, random_state=0).fit(
        X, y if form != "zarr" else y[:]
    )
    assert classes.labels.tolist() == whole.classes_.tolist()
    assert classes.labels.dtype == whole.classes_.dtype
    assert classes.form == whole._classes.form
    np.testing.assert_allclose(classes.shares, whole._classes.shares, rtol=1e-12)
    plain = np.asarray(classes.labels)[np.unique(WORDS, return_inverse=True)[1]]
    assert plain[where].tolist() == classes.labels.tolist()
    labels = ClassSource(source, y).known(classes)
    some = np.array([200, 0, 17])
    for block, first in enumerate(source.starts):
        own = some[some < source.lengths[block]]
        assert classes.labels[labels.codes(block, own)].tolist() == plain[first + own].tolist()
    at = np.array([3, 1999, 2500])
    assert labels.labels_at(at).tolist() == plain[at].tolist()


@pytest.mark.parametrize("kind", ["word", "number", "yes", "category", "day"])
def test_labels_of_a_column_are_those_of_a_series(kind, tmp_path):
    codes = np.unique(WORDS, return_inverse=True)[1]
    column = {
        "word": WORDS,
        "number": codes,
        "yes": codes > 0,
        "category": pd.Categorical(WORDS, categories=["c", "a", "b"]),
        "day": np.datetime64("2020-01-01") + codes,
    }[kind]
    frame = pd.DataFrame({"x": rows()[:, 0], "z": rows()[:, 1], "y": column})
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=700)
    frame = pd.read_parquet(tmp_path / "t.parquet")
    source = ParquetSource(tmp_path / "t.parquet", without="y")
    assert source.names == ("x", "z")
    classes, _ = ClassSource(source, "y").survey()
    labels = ClassSource(source, "y").known(classes)
    some = np.array([650, 3, 3])
    expected = frame["y"].iloc[1400 + some].tolist()
    got = classes.wrap(labels.codes(2, some))
    assert got.dtype == frame["y"].dtype
    assert got.tolist() == expected


def test_what_is_no_label_is_refused_with_the_rows(tmp_path):
    X = rows()
    y = np.full(N, 1.0)
    y[1234] = np.nan
    with pytest.raises(ValueError, match=r"labels of rows 0 to 2999: .*NaN.*row 1234"):
        ClassSource(ArraySource(X), y).survey()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ClassSource(ArraySource(X), y[:-1])
    with pytest.raises(ValueError, match=r"Unknown label type|needs class labels"):
        ClassSource(ArraySource(X), X[:, 0]).survey()
    with pytest.raises(ValueError, match="requires y to be passed"):
        RegularizedGaussian(conditional=True).fit(OutOfCore(X))
    with pytest.raises(TypeError, match="y='y' can be the name of a column"):
        RegularizedGaussian(conditional=True).fit(OutOfCore(X), "y")
    frame = pd.DataFrame({"x": X[:, 0], "y": pd.Series(WORDS).where(np.arange(N) != 2000, None)})
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"NaN, infinity or None in 1 of 3000 rows"):
        RegularizedGaussian(conditional=True).fit(OutOfCore(tmp_path / "t.parquet"), "y")


def test_a_label_that_was_not_surveyed_is_refused_with_the_block():
    y = WORDS.astype(object)
    source = ArraySource(rows())
    labels = ClassSource(source, y)
    labels.known(labels.survey()[0])
    y[300] = "new"
    with pytest.raises(ChangedError, match=r"rows 256 to 511: .*not in the training data.*'new'"):
        labels.codes(1, np.arange(256))


# Going on


def test_a_fit_goes_on_with_rows_that_are_not_in_memory(tmp_path):
    X = rows()
    gan = RegularizedGAN(max_iter=5, conditional=True, random_state=0).fit(X, WORDS)
    more = np.concatenate([X, X + 5])
    stream, _ = gan._learn(OutOfCore(more, sample_rows=400), np.tile(WORDS, 2), resume=True)
    scaler, first = gan._reader.scaler, RegularizedGAN()._learn(X, None)[0].scaler
    np.testing.assert_array_equal(scaler.mean, first.mean)
    np.testing.assert_array_equal(scaler.scale, first.scale)
    np.testing.assert_array_equal(scaler.high, more.max(axis=0))
    np.testing.assert_allclose(gan._classes.shares, np.unique(WORDS, return_counts=True)[1] / N)
    np.testing.assert_array_equal(stream.numbers(20, np.arange(5)), more[5120:5125])
    with pytest.raises(ValueError, match="labels that were not in the training data: 'new'"):
        gan._learn(OutOfCore(X), np.where(np.arange(N) == 7, "new", WORDS), resume=True)
    with pytest.raises(ValueError, match="conditional=False cannot change"):
        gan.set_params(conditional=False)._learn(OutOfCore(X), None, resume=True)


def test_levels_that_training_has_not_seen_are_refused_when_it_goes_on(tmp_path):
    frame = pd.DataFrame({"x": rows()[:, 0], "word": WORDS})
    gan = RegularizedGAN(max_iter=5, random_state=0).fit(frame)
    frame.loc[2222, "word"] = "new"
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=500)
    with pytest.raises(
        ValueError, match=r"levels that were not in the training data: 'new'.*\(row 2222, in .*4\)"
    ):
        gan._learn(OutOfCore(tmp_path / "t.parquet", sample_rows=100), None, resume=True)


def test_the_names_of_folders_may_be_the_classes(tmp_path):
    frame = pd.DataFrame({"x": rows()[:, 0], "z": rows()[:, 1], "word": WORDS})
    frame.to_parquet(tmp_path / "d", partition_cols=["word"], index=False)
    model = RegularizedGaussian(conditional=True, random_state=0)
    model.fit(OutOfCore(tmp_path / "d", sample_rows=500), "word")
    assert model.classes_.tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(model._classes.shares, np.unique(WORDS, return_counts=True)[1] / N)
