"""regan inside imbalanced-learn: its own checks, and what its users do, on a table of loans."""

import pickle
import subprocess
import sys
from collections import Counter
from functools import partial
from unittest import SkipTest

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import tables
from imblearn.pipeline import make_pipeline
from imblearn.utils import estimator_checks
from library_tables import schema
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.preprocessing import StandardScaler

from regan import (
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.data import TableEncoder
from regan.data.frames.dataframes import as_pandas
from regan.plugins.imblearn import GANOverSampler

SMALL = {"hidden_layer_sizes": (8,), "latent_dim": 4, "batch_size": 32, "max_iter": 10}
BY_CLASS = RegularizedGAN(conditional=True, **SMALL)
SAMPLERS = [
    GANOverSampler(model, random_state=0)
    for model in (
        BY_CLASS,
        RegularizedGAN(**SMALL),
        RegularizedVAE(conditional=True, **SMALL),
        RegularizedGaussian(),
    )
]
MIXTURE = RegularizedMixture(3, alpha=1.0, covariance_type="diag", conditional=True)
SEARCH = GANOverSampler(RegularizedGANCV(BY_CLASS, alphas=[0, 1e-3], cv=2), random_state=0)


EXPECTED_FAILURES = {
    "check_samplers_pandas_sparse": "generated rows are dense, so sparse columns are refused"
}


# what parametrize_with_checks does, which gives pytest a generator where it wants a list
@pytest.mark.parametrize(
    ("sampler", "check"),
    [
        pair
        for sampler in SAMPLERS
        for pair in estimator_checks.estimator_checks_generator(
            sampler, expected_failed_checks=EXPECTED_FAILURES, mark="xfail"
        )
    ],
    ids=lambda value: getattr(getattr(value, "func", None), "__name__", None),
)
def test_imbalanced_learn(sampler, check):
    try:
        check(sampler)
    except SkipTest as reason:
        pytest.fail(f"nothing may be skipped: {reason}")


@pytest.mark.parametrize("check", ["param_validation", "dataframe_column_names_consistency"])
def test_checks_that_it_makes_of_its_own_samplers(check):
    getattr(estimator_checks, f"check_{check}")("GANOverSampler", SAMPLERS[0])


@pytest.fixture(scope="module")
def loans():
    """600 rows of the table of loans without missing cells, 14 columns, one in five bad."""
    table = tables.credit().dropna()
    some = pd.concat(
        [table[table["Status"] == s].sample(n, random_state=0) for s, n in COUNTS.items()]
    )
    some = some.astype({"Home": "category"}).assign(Records=some["Records"] == "yes")
    return some.drop(columns="Status"), some["Status"]


COUNTS = {"good": 480, "bad": 120}


@pytest.mark.parametrize("sampler", [*SAMPLERS, SEARCH, GANOverSampler(MIXTURE, random_state=0)])
def test_a_mixed_table(loans, sampler):
    X, y = loans
    X = X.assign(country="here")
    X_more, y_more = clone(sampler).fit_resample(X, y)
    assert Counter(y_more) == {"good": 480, "bad": 480}
    assert (y_more[600:] == "bad").all()
    pd.testing.assert_frame_equal(X_more[:600], X.reset_index(drop=True))
    pd.testing.assert_series_equal(y_more[:600], y.reset_index(drop=True))
    new = X_more[600:]
    for name, column in X.items():
        if pd.api.types.is_numeric_dtype(column) and column.dtype != bool:
            assert new[name].between(column.min(), column.max()).all(), name
        else:
            assert set(new[name]) <= set(column), name
    assert len(new.drop_duplicates()) > 300


def test_every_class_gets_rows_of_its_own():
    """Three classes far apart, with names; each generated row lies with its class."""
    rng = np.random.default_rng(0)
    y = np.repeat(["a", "b", "c"], [300, 60, 40])
    centres = {"a": -40.0, "b": 0.0, "c": 40.0}
    X = rng.normal(size=(400, 2)) + np.array([centres[label] for label in y])[:, None]
    gan = RegularizedGAN(conditional=True, **{**SMALL, "hidden_layer_sizes": 32, "max_iter": 500})
    for model in (gan, clone(gan).set_params(conditional=False)):
        sampler = GANOverSampler(model, sampling_strategy={"b": 200, "c": 100}, random_state=0)
        X_more, y_more = sampler.fit_resample(X, y)
        assert Counter(y_more.tolist()) == {"a": 300, "b": 200, "c": 100}
        assert sampler.sampling_strategy_ == {"b": 140, "c": 60}
        nearest = np.array([abs(X_more.mean(axis=1) - c) for c in centres.values()]).argmin(axis=0)
        assert (np.array(list(centres))[nearest] == y_more).all()


def test_one_model_or_one_for_each_class():
    X, y = load_wine(return_X_y=True)
    one = GANOverSampler(BY_CLASS, random_state=0)
    one.fit_resample(X, y)
    assert one.gan_.classes_.tolist() == [0, 1, 2]
    assert not hasattr(one, "gans_")
    each = clone(one).set_params(gan__conditional=False)
    each.fit_resample(X, y)
    assert list(each.gans_) == [0, 2]
    np.testing.assert_allclose(each.gans_[2]._reader.scaler.mean, X[y == 2].mean(axis=0))
    each.set_params(gan__conditional=True).fit_resample(X, y)
    assert not hasattr(each, "gans_")
    assert not hasattr(BY_CLASS, "generator_")


def test_nothing_is_fitted_where_nothing_is_missing():
    X, y = load_wine(return_X_y=True)
    sampler = GANOverSampler(BY_CLASS, random_state=0)
    sampler.fit_resample(X, y)
    X_more, y_more = sampler.set_params(sampling_strategy={1: 71}).fit_resample(X, y)
    np.testing.assert_array_equal(X_more, X)
    np.testing.assert_array_equal(y_more, y)
    assert not hasattr(sampler, "gan_")


def test_the_default_is_a_gan_with_classes(monkeypatch):
    short = partial(RegularizedGAN, max_iter=5)
    monkeypatch.setattr("regan.plugins.imblearn.RegularizedGAN", short)
    sampler = GANOverSampler(random_state=0)
    sampler.fit_resample(*load_wine(return_X_y=True))
    expected = short(conditional=True, random_state=sampler.gan_.random_state)
    assert sampler.gan_.get_params() == expected.get_params()


def new_rows(sampler, data):
    X, y = data
    return sampler.fit_resample(X, y)[0][len(X) :]


def test_random_states():
    """The sampler's trains a model without one, and draws; a model's own stays its own."""
    wine = load_wine(return_X_y=True)
    first = GANOverSampler(BY_CLASS, random_state=0)
    rows = new_rows(first, wine)
    np.testing.assert_array_equal(new_rows(clone(first), wine), rows)
    other = GANOverSampler(BY_CLASS, random_state=1)
    assert (new_rows(other, wine) != rows).mean() > 0.9
    assert not np.array_equal(other.gan_.generator_.theta, first.gan_.generator_.theta)

    own = clone(BY_CLASS).set_params(random_state=7)
    drawn = [GANOverSampler(own, random_state=s) for s in (0, 1, None, None)]
    made = [new_rows(sampler, wine) for sampler in drawn]
    theta = own.fit(*wine).generator_.theta
    for sampler in drawn:
        np.testing.assert_array_equal(sampler.gan_.generator_.theta, theta)
    assert (made[0] != made[1]).mean() > 0.9
    np.testing.assert_array_equal(made[2], made[3])


def test_no_random_state_at_all():
    """As in all of imbalanced-learn: NumPy's global one."""
    wine, sampler = load_wine(return_X_y=True), GANOverSampler(BY_CLASS)
    states = []
    for seed in (3, 3, 4):
        np.random.seed(seed)
        states.append(new_rows(sampler, wine))
    np.testing.assert_array_equal(states[0], states[1])
    assert (states[0] != states[2]).mean() > 0.9


def test_a_search_inside_gets_the_random_state():
    wine = load_wine(return_X_y=True)
    sampler = clone(SEARCH)
    np.testing.assert_array_equal(new_rows(sampler, wine), new_rows(clone(sampler), wine))
    assert isinstance(sampler.gan_.estimator.random_state, int)
    assert sampler.gan.estimator.random_state is None


@pytest.mark.parametrize(
    ("dtype", "y_dtype"), [("int64", "int8"), ("uint8", "U4"), ("bool", "bool"), ("float16", "O")]
)
def test_dtypes_of_arrays(dtype, y_dtype):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2 if dtype == "bool" else 9, size=(60, 3)).astype(dtype)
    y = np.where(np.arange(60) < 45, *(("a", "b") if y_dtype in ("U4", "O") else (1, 0)))
    y = y.astype(y_dtype)
    X_more, y_more = GANOverSampler(BY_CLASS, random_state=0).fit_resample(X, y)
    assert (X_more.dtype, y_more.dtype) == (X.dtype, y.dtype)
    assert len(X_more) == len(y_more) == 90
    if dtype != "float16":
        assert set(np.unique(X_more)) <= set(np.unique(X))


def test_labels_in_a_categorical_series():
    X, y = load_wine(return_X_y=True, as_frame=True)
    y = y.map({0: "low", 1: "middle", 2: "high"}).astype("category")
    _, y_more = GANOverSampler(BY_CLASS, random_state=0).fit_resample(X, y)
    assert y_more.dtype == y.dtype
    assert Counter(y_more) == {"low": 71, "middle": 71, "high": 71}


def test_in_a_pipeline(loans):
    """Folds are resampled while training only; a search reaches the GAN's settings."""
    X, y = loans
    X = X.select_dtypes("number")
    scaled = make_pipeline(
        GANOverSampler(BY_CLASS, random_state=0), StandardScaler(), LogisticRegression()
    )
    found = cross_validate(scaled, X, y, cv=3, scoring="balanced_accuracy", error_score="raise")
    assert found["test_score"].min() > 0.4
    fitted = scaled.fit(X, y)
    assert fitted[0].gan_.n_iter_ == 10
    assert fitted[1].n_samples_seen_ == 960
    assert fitted.predict(X).shape == (600,)


def test_in_a_grid_search(loans):
    X, y = loans
    X = X.select_dtypes("number")
    sampler = GANOverSampler(clone(BY_CLASS).set_params(penalty="l1"), random_state=0)
    pipeline = make_pipeline(sampler, StandardScaler(), LogisticRegression())
    alphas = {"ganoversampler__gan__alpha": [0.0, 1e-3, 100.0]}
    search = GridSearchCV(pipeline, alphas, cv=2, scoring="roc_auc", error_score="raise")
    scores = search.fit(X, y).cv_results_["mean_test_score"]
    assert len(set(scores)) == 3
    best = search.best_estimator_[0].gan_
    assert best.alpha == search.best_params_["ganoversampler__gan__alpha"]
    strongest = search.best_estimator_.set_params(ganoversampler__gan__alpha=100.0).fit(X, y)
    assert strongest[0].gan_.sparsity_["generator"].zeros == 1


AGAIN = """
import pickle, sys
import numpy as np
from regan import load
gan = load(sys.argv[1])
with open(sys.argv[2], "rb") as file:
    sampler = pickle.load(file)
for model in (gan, sampler.gan_):
    print(model.sample(20, random_state=5, y="bad").to_csv(index=False))
"""


def test_in_another_process(loans, tmp_path):
    """The fitted model in a file, and the sampler in a pickle, make the same rows elsewhere."""
    sampler = GANOverSampler(BY_CLASS, random_state=0)
    sampler.fit_resample(*loans)
    sampler.gan_.save(tmp_path / "gan.regan")
    (tmp_path / "sampler.pkl").write_bytes(pickle.dumps(sampler))
    command = [sys.executable, "-c", AGAIN, tmp_path / "gan.regan", tmp_path / "sampler.pkl"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = sampler.gan_.sample(20, random_state=5, y="bad").to_csv(index=False)
    assert done.stdout == 2 * f"{expected}\n"


MISSING = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [1.0, np.nan, 0.0, 5.0]})


class FromElsewhere(list):
    """A table of another library, which polars and pyarrow let one convert."""

    def to_pandas(self):
        return pd.DataFrame(self)


NUMBERS, LABELS = np.arange(8.0).reshape(4, 2), [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("changes", "X", "y", "error", "message"),
    [
        ({"gan": LogisticRegression()}, NUMBERS, LABELS, ValueError, "The 'gan' parameter of GANO"),
        ({"gan__conditional": "yes"}, NUMBERS, LABELS, TypeError, "conditional must be True or F"),
        ({"gan__alpha": -1}, NUMBERS, LABELS, ValueError, "alpha must be a finite number >= 0"),
        ({"sampling_strategy": {7: 9}}, NUMBERS, LABELS, ValueError, "target class is/are not pre"),
        ({}, NUMBERS, [1, 1, 1, 1], ValueError, "needs to have more than 1 class"),
        ({}, NUMBERS, [0.1, 0.2, 0.3, 0.4], ValueError, "Unknown label type"),
        ({}, NUMBERS, [0, 0, 1], ValueError, "inconsistent numbers of samples"),
        ({"gan__conditional": False}, NUMBERS, [*LABELS, 1], ValueError, "inconsistent numbers"),
        ({}, NUMBERS[0], LABELS, ValueError, "Expected 2D array, got 1D"),
        ({}, MISSING.to_numpy(), LABELS, ValueError, "NaN in column 1"),
        ({}, MISSING.assign(b=[[1]] * 4), LABELS, TypeError, "column 'b' holds objects of the t"),
        ({}, MISSING.assign(b="x").to_numpy(), LABELS, TypeError, "column 1 holds 'x'"),
        ({}, FromElsewhere(NUMBERS), LABELS, TypeError, r"give X\.to_pandas"),
        ({}, MISSING.assign(b=np.inf), LABELS, ValueError, "inf in column 'b'"),
        ({}, np.ma.masked_equal(NUMBERS, 3), LABELS, TypeError, "masked array"),
        ({}, csr_array(NUMBERS), LABELS, TypeError, r"rows are dense: pass X\.toarray"),
        (
            {},
            pd.DataFrame(NUMBERS).astype({1: pd.SparseDtype(float, 0)}),
            LABELS,
            TypeError,
            r"X is sparse in column 1, but generated rows are dense: pass X\.sparse",
        ),
        (
            {"gan__conditional": False},
            NUMBERS,
            LABELS,
            ValueError,
            "class 1 has 1 row, but a model of its own needs at least 2: set conditional=True",
        ),
    ],
)
def test_bad_input(changes, X, y, error, message):
    sampler = clone(GANOverSampler(BY_CLASS)).set_params(**changes)
    with pytest.raises(error, match=message):
        sampler.fit_resample(X, y)


def test_missing_cells_are_generated_too():
    rng = np.random.default_rng(0)
    y = np.repeat(["common", "rare"], [60, 20])
    X = pd.DataFrame({"v": rng.normal(size=80), "s": rng.choice(["a", "b"], 80), "w": 1.0})
    X.loc[rng.random(80) < 0.5, "v"] = np.nan
    X.loc[rng.random(80) < 0.5, "s"] = None
    X.loc[y == "rare", "w"] = np.nan  # which has no value at all in a class of its own
    for table in (X, pl.from_pandas(X), pa.Table.from_pandas(X, preserve_index=False)):
        gan = RegularizedGaussian(random_state=0)
        more, _ = GANOverSampler(gan, random_state=0).fit_resample(table, y)
        assert schema(more) == schema(table)
        made = as_pandas(more)[80:]
        assert made["w"].isna().all()
        assert 0 < made["v"].isna().sum() < 40
        assert 0 < made["s"].isna().sum() < 40
    encoded = RegularizedGaussian(standardize=TableEncoder(), random_state=0)
    array = X[["v"]].to_numpy()
    more, _ = GANOverSampler(encoded, random_state=0).fit_resample(array, y)
    assert 0 < np.isnan(more[80:]).sum() < 40


RARE = np.where(np.arange(40) % 4 == 0, "rare", "common")
TABLE = pd.DataFrame({"v": np.arange(40.0), "k": np.arange(40) % 7, "s": list("ab") * 20})
OTHER_TABLES = {
    "polars": pl.from_pandas(TABLE).with_columns(pl.col("s").cast(pl.Enum(["b", "a"]))),
    "floats of polars": pl.from_pandas(TABLE[["v"]]),
    "pyarrow": pa.Table.from_pandas(TABLE, preserve_index=False),
    "Arrow in pandas": TABLE.convert_dtypes(dtype_backend="pyarrow"),
    "nullable": TABLE.convert_dtypes(),
}
OTHER_LABELS = {
    "polars": pl.Series("class", RARE.tolist()),
    "pyarrow": pa.array(RARE.tolist()),
    "Arrow in pandas": pd.Series(RARE, dtype="string[pyarrow]", name="class"),
    "Int64": pd.Series(RARE == "rare", dtype="Int64", name="class"),
    "boolean": pd.array(RARE == "rare", dtype="boolean"),
    "category": pd.Series(RARE, name="class").astype("category"),
    "frame": pd.DataFrame({"class": pd.array(RARE, dtype="string")}),
    "list": RARE.tolist(),
}


@pytest.mark.parametrize("y", OTHER_LABELS.values(), ids=OTHER_LABELS)
@pytest.mark.parametrize("X", OTHER_TABLES.values(), ids=OTHER_TABLES)
def test_tables_and_labels_of_every_library_come_back(X, y):
    conditional = not isinstance(y, list)
    gan = RegularizedGAN(conditional=conditional, hidden_layer_sizes=8, max_iter=3)
    more, labels = GANOverSampler(gan, random_state=0).fit_resample(X, y)
    assert (type(more), type(labels)) == (type(X), type(y))
    assert len(more) == len(labels) == 60
    assert schema(more) == schema(X)
    assert more[:40].equals(X)
    if hasattr(y, "dtype"):
        assert labels.dtype == y.dtype
    assert getattr(labels, "name", None) == getattr(y, "name", None)
    assert list(labels[:40]) == list(y) or labels[:40].equals(y)
