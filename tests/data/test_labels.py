"""Class labels of every library and dtype: integers, booleans and strings stay what they are."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from mixed_tables import MODELS, any_network

import regan
from regan.data.labels import Classes, plain_labels
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors

N = 30
CODES = np.arange(N) % 3
LABELS = {"integers": CODES, "booleans": CODES > 0, "strings": np.array(list("xyz"))[CODES]}
FORMS = {
    "array": lambda y: y,
    "list": lambda y: y.tolist(),
    "objects": lambda y: y.astype(object),
    "Series": lambda y: pd.Series(y, name="kind", index=range(N, 0, -1)),
    "short": lambda y: pd.Series(y.astype("int8") if y.dtype.kind == "i" else y, name=("a", 1)),
    "Series of objects": lambda y: pd.Series(y, dtype=object),
    "nullable": lambda y: pd.Series(y).convert_dtypes(),
    "nullable array": lambda y: pd.Series(y).convert_dtypes().array,
    "Index": lambda y: pd.Index(pd.Series(y).convert_dtypes()),
    "pandas' Arrow": lambda y: pd.Series(y).convert_dtypes(dtype_backend="pyarrow"),
    "categories": lambda y: pd.Series(y).astype("category"),
    "frame": lambda y: pd.Series(y).convert_dtypes().to_frame("y"),
    "polars": lambda y: pl.Series("kind", y),
    "frame of polars": lambda y: pl.DataFrame({"y": y}),
    "Arrow": pa.array,
    "Table": lambda y: pa.table({"y": y}),
    "dictionary": lambda y: pa.array(y).dictionary_encode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_stay_what_they_are(labels, form, tmp_path):
    X, y = np.random.default_rng(0).normal(size=(N, 2)), form(labels)
    model = MODELS["gan"](conditional=True).fit(X, y)
    model.save(tmp_path / "model.regan")
    for each in (model, regan.load(tmp_path / "model.regan"), model.partial_fit(X, y)):
        assert each.classes_.tolist() == sorted(set(labels.tolist()))
        assert each.classes_.dtype.kind in {"i": "i", "b": "b", "U": "UO"}[labels.dtype.kind]
        assert each.sample_labels(9).dtype == each.classes_.dtype
        check_returned(each, y)
    np.testing.assert_array_equal(model.sample(N, 0, y=y), model.sample(N, 0, y=labels))
    assert model.score(X, y) == model.score(X, labels)


def check_returned(model, y):
    """Rows with labels are those without, and labels are what they were at `fit`."""
    rows, labels = model.sample(N, 1, return_y=True)
    np.testing.assert_array_equal(rows, model.sample(N, 1))
    assert plain_labels(labels).tolist() == model.sample_labels(N, 1).tolist()
    np.testing.assert_array_equal(rows, model.sample(N, 1, y=labels))
    if isinstance(y, (list, np.ndarray, pd.Index, pd.api.extensions.ExtensionArray)):
        assert type(labels) is np.ndarray
        assert labels.dtype == model.classes_.dtype
        return
    assert type(labels) is type(y)
    for attribute in ("dtype", "name", "dtypes", "schema", "type"):
        one, other = (getattr(each, attribute, None) for each in (labels, y))
        assert np.all(one == other), attribute
    given = model.sample(3, y=model.classes_[0], return_y=True)[1]
    assert type(given) is type(y)
    assert plain_labels(given).tolist() == model.classes_[:1].tolist() * 3


STRINGS = ["z", "y", "x"] * (N // 3)


@pytest.mark.parametrize(
    "y",
    [
        pl.Series(STRINGS).cast(pl.Enum(["z", "y", "x"])),
        pl.Series(STRINGS).cast(pl.Categorical()),
        pd.array(STRINGS, dtype="string[python]"),
        pd.array(STRINGS, dtype="string[pyarrow]"),
        pd.Categorical(STRINGS, ["z", "y", "x"], ordered=True),
    ],
    ids=lambda y: str(y.dtype),
)
def test_strings_of_every_dtype(y):
    model = MODELS["vae"](conditional=True).fit(np.eye(N), y)
    assert model.classes_.tolist() == ["x", "y", "z"]


@pytest.mark.parametrize("dtype", ["Int8", "UInt32", "int16[pyarrow]"])
def test_integers_of_every_width(dtype):
    model = MODELS["gan"](conditional=True).fit(np.eye(N), pd.array(CODES, dtype=dtype))
    assert model.classes_.dtype.kind in "iu"
    assert model.classes_.tolist() == [0, 1, 2]


REST = [1] * (N - 1)
MISSING = {
    "Int64": pd.array([None, *REST], dtype="Int64"),
    "boolean": pd.array([None, *map(bool, REST)], dtype="boolean"),
    "string": pd.array([None, *map(str, REST)], dtype="string"),
    "category": pd.Categorical([None, *REST]),
    "Arrow in pandas": pd.Series([None, *REST], dtype="int64[pyarrow]"),
    "Arrow": pa.array([None, *REST]),
    "polars": pl.Series([None, *REST]),
    "NaN of polars": pl.Series([np.nan, *map(float, REST)]),
}


@any_network
@pytest.mark.parametrize("y", MISSING.values(), ids=MISSING)
def test_missing_labels_are_refused(make, y):
    model = make(conditional=True)
    with pytest.raises(ValueError, match="every row needs a class label"):
        model.fit(np.eye(N), y)
    model.fit(np.eye(N), CODES)
    for call in (model.score, model.partial_fit):
        with pytest.raises(ValueError, match="every row needs a class label"):
            call(np.eye(N), y)


@pytest.mark.parametrize(
    ("y", "error", "message"),
    [
        ({"a": 1}, TypeError, "y must be one label for each row, .* got a dict"),
        ([{"a": 1}] * N, TypeError, "got a list of dicts"),
        (pl.DataFrame({"a": CODES, "b": CODES}), ValueError, "one column of class labels, got 2"),
        (pl.Series(CODES) + 0.5, ValueError, "conditional=True needs class labels in y"),
        (pl.Series([[1]] * N), ValueError, "conditional=True needs class labels in y"),
        (pl.Series(CODES[:5]), ValueError, "inconsistent numbers of samples"),
    ],
)
def test_what_is_no_label(y, error, message):
    with pytest.raises(error, match=message):
        MODELS["gan"](conditional=True).fit(np.eye(N), y)


def test_many_classes_of_numbers_are_no_long_labels():
    """The width that limits labels in a file is that of text, and not the 64 of an integer."""
    n = 2**18 + 1
    classes = Classes(np.arange(n), np.full(n, 1 / n))
    arrays, stored = classes.export()
    again = Classes.restore(Stored(stored), Tensors(arrays))
    assert again.labels.dtype == classes.labels.dtype
    np.testing.assert_array_equal(again.labels, classes.labels)
