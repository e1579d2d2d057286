"""Missing cells in what models are scored on, go on with and are chosen by; arrays with NaN."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

import regan
from regan import (
    RegularizedGAN,
    RegularizedGANCV,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.control.early_stopping import EarlyStopping
from regan.data import ColumnsError, Inequality, TableEncoder
from regan.metrics import Scorer

SMALL = {"hidden_layer_sizes": 8, "max_iter": 5, "batch_size": 32, "random_state": 0}
MODELS = {
    "gan": RegularizedGAN(**SMALL),
    "vae": RegularizedVAE(**SMALL),
    "gaussian": RegularizedGaussian(random_state=0),
    "mixture": RegularizedMixture(2, alpha=1.0, covariance_type="diag", random_state=0),
}
every_model = pytest.mark.parametrize("name", MODELS)


def model_of(name, **changes):
    return clone(MODELS[name]).set_params(**changes)


@pytest.fixture(scope="module")
def whole():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(90, 2)), columns=["a", "b"])
    return X.assign(k=rng.choice(["u", "v"], 90))


@pytest.fixture(scope="module")
def lost(whole):
    rng = np.random.default_rng(1)
    return whole.assign(a=whole["a"].mask(rng.random(90) < 0.3), k=whole["k"].mask(whole["b"] > 1))


@every_model
@pytest.mark.filterwarnings("ignore:column .* never generates such cells")
def test_scores_take_missing_cells_where_training_had_none(name, whole, lost):
    model = model_of(name).fit(whole)
    scores = [model.score(X) for X in (whole, lost, lost.assign(k=None))]
    assert np.isfinite(scores).all()
    assert scores[0] > scores[1] > scores[2]
    assert model.score(lost) == model.score(lost)
    learnt = model_of(name).fit(lost)
    assert learnt.score(lost) > learnt.score(whole) + 0.05


@every_model
def test_values_where_training_had_none(name, whole):
    model = model_of(name).fit(whole.assign(b=np.nan))
    assert model.sample(20)["b"].isna().all()
    assert model.score(whole.assign(b=np.nan)) > model.score(whole) + 0.5


@every_model
@pytest.mark.filterwarnings("ignore:column .* never generates such cells")
def test_floats_that_were_all_there(name, whole, lost):
    model = model_of(name).fit(whole[["a", "b"]])
    n = int(lost["a"].isna().sum())
    message = rf"'a', in {n} of 90 rows \(.*\): impute .* with standardize=TableEncoder\(\)"
    with pytest.raises(ColumnsError, match=message):
        model.score(lost[["a", "b"]])
    encoded = model_of(name, standardize=TableEncoder()).fit(whole[["a", "b"]])
    assert np.isfinite(encoded.score(lost[["a", "b"]]))


def test_there_is_no_density(whole, lost):
    model = RegularizedGaussian().fit(lost[["a", "b"]])
    with pytest.raises(ValueError, match="needs a model that was fitted to floating-point columns"):
        model.score_samples(whole[["a", "b"]])


@pytest.mark.parametrize("name", ["gan", "vae"])
def test_training_goes_on_with_what_it_began_with(name, whole, lost):
    model = model_of(name).partial_fit(lost).partial_fit(whole)  # which lacks nothing
    assert model.n_iter_ == 6  # an update for each 32 rows of each part
    model = model_of(name).partial_fit(whole)
    with pytest.raises(ColumnsError, match=r"in columns 'a', 'k', .*or fit on a table in which"):
        model.partial_fit(lost)
    model = model_of(name).partial_fit(whole[["a", "b"]])
    with pytest.raises(ColumnsError, match=r"in which the column .*standardize=TableEncoder\(\)"):
        model.partial_fit(lost[["a", "b"]])
    warm = model_of(name, warm_start=True).fit(lost).fit(whole)
    assert warm.n_iter_ == 10


@pytest.mark.parametrize("name", ["gan", "vae"])
@pytest.mark.parametrize("where", ["held out", "trained on"])
def test_early_stopping_holds_out_rows_that_are_missing_cells(name, where, whole):
    # which rows are held out is drawn; in one of many tables all missing cells are among them
    stopping = EarlyStopping(validation_fraction=0.5, eval_every=2)
    rows = slice(None, 45) if where == "held out" else slice(45, None)
    X = whole.copy()
    X.loc[X.index[rows], "a"] = np.nan
    model = model_of(name, early_stopping=stopping).fit(X)
    assert np.isfinite(model.best_score_)


LOST = ["dep", "delay", "arr", "air", "tail", "crew"]


def flights(n, seed=0):
    """Departures and arrivals; flights that were cancelled, more of EV, lack four cells or six."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {"carrier": rng.choice(["AA", "B6", "EV"], n), "due": rng.integers(300, 1440, n)}
    )
    X["delay"] = np.round(rng.gumbel(0, 20, n))
    X["air"] = np.round(rng.normal(150, 40, n))
    X["dep"] = X["due"] + X["delay"]
    X["arr"] = X["dep"] + X["air"]
    cancelled = rng.random(n) < np.where(X["carrier"] == "EV", 0.2, 0.03)
    X.loc[~cancelled & (rng.random(n) < 0.03), ["arr", "air"]] = np.nan
    X["tail"] = rng.choice(["N1", "N2", "N3"], n, p=[0.6, 0.3, 0.1])
    X["crew"] = pd.Series(rng.integers(2, 5, n), dtype="Int64")
    X.loc[cancelled, LOST[:4]] = np.nan
    X.loc[cancelled & (rng.random(n) < 0.6), LOST[4:]] = None
    return X


@every_model
def test_cells_that_are_missing_together(name, tmp_path):
    X = flights(800, seed=5)
    changes = {} if name in ("gaussian", "mixture") else {"max_iter": 300, "hidden_layer_sizes": 32}
    model = model_of(name, **changes).fit(X)
    made = model.sample(4000)
    lost, real = made[LOST].isna(), X[LOST].isna()
    assert set(map(tuple, lost.to_numpy())) == set(map(tuple, real.to_numpy()))
    assert np.abs(lost.mean() - real.mean()).max() < 0.03
    for column in LOST[4:]:
        shares, known = (table[column].value_counts(normalize=True) for table in (made, X))
        assert (shares - known).abs().max() < 0.03
    by_carrier = lost["dep"].groupby(made["carrier"]).mean()
    assert by_carrier["EV"] > by_carrier["AA"] + 0.01
    model.save(tmp_path / "model")
    again = regan.load(tmp_path / "model").sample(4000)
    pd.testing.assert_frame_equal(again, made)


def test_which_columns_are_missing_together():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(400, 5)), columns=list("abcde"))
    X = X.mask(rng.random(X.shape) < 0.2).assign(k=rng.choice(["u", "v"], 400))
    assert TableEncoder().fit(X).together_ == ()
    X["d"], X["e"] = X["d"].mask(X["a"].isna()), X["e"].where(X["a"].notna(), np.nan)
    X.loc[X["a"].notna(), ["d", "e"]] = 1.5, 2.5
    encoder = TableEncoder(dependencies=False).fit(X)
    assert encoder.together_ == (((0, 3, 4), ((False,) * 3, (True,) * 3)),)
    assert encoder.inverse_transform(encoder.transform(X)).isna().equals(X.isna())
    assert "a_present" in encoder.get_feature_names_out()
    assert "a, d, e_missing" in encoder.get_feature_names_out()
    other = X.assign(d=9.0)
    nearest = encoder.inverse_transform(encoder.transform(other))
    assert nearest["d"].isna().equals(X["a"].isna())
    ruled = TableEncoder(rules=[Inequality("d", "e")]).fit(X)
    assert ruled.together_ == ()


def test_numbers_share_patterns_without_levels_that_make_too_many():
    rng = np.random.default_rng(0)
    lost = rng.random(600) < 0.3
    X = pd.DataFrame(np.where(lost[:, None], np.nan, rng.normal(size=(600, 2))), columns=["a", "b"])
    for name in "stuvwx":
        cells = pd.Series(rng.choice(["p", "q"], 600))
        X[name] = cells.mask(lost ^ (rng.random(600) < 0.1))
    encoder = TableEncoder().fit(X)
    assert encoder.together_ == (((0, 1), ((False, False), (True, True))),)
    assert encoder.levels_ == (2, *[3] * 6)
    few = TableEncoder().fit(X[["a", "b", "s"]])
    assert [len(patterns) for _, patterns in few.together_] == [4]
    assert few.levels_ == (2, 4)
    assert list(few.get_feature_names_out())[2:5] == ["s_p", "s_q", "a_present"]


def test_labels_beside_missing_cells(lost):
    y = np.where(lost["b"] > 0, "yes", "no")
    model = model_of("gan", conditional=True).fit(lost, y)
    assert len(model.sample(10, y="yes")) == 10
    assert np.isfinite(model.score(lost, y))


@pytest.mark.parametrize("columns", [["a", "b"], ["a", "b", "k"]])
@pytest.mark.filterwarnings("ignore:column .* never generates such cells")
def test_folds_without_missing_cells(columns, whole):
    X = whole[columns].copy()
    X.loc[:2, "a"] = np.nan
    folds = [(np.arange(30, 90), np.arange(30)), (np.arange(60), np.arange(60, 90))]
    search = RegularizedGANCV(model_of("gan"), alphas=[0.0, 1e-3], cv=folds).fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert np.isfinite(search.score(X))
    lines = RegularizedGANCV(model_of("vae"), alphas=[0.0, 1e-3], cv=folds, scoring="coverage")
    assert np.isfinite(lines.fit(X).cv_results_["mean_test_score"]).all()
    other = GridSearchCV(
        RegularizedGaussian(standardize=TableEncoder(), random_state=0),
        {"alpha": [0.1, 1.0]},
        cv=KFold(3),
        scoring=Scorer("energy_distance"),
        error_score="raise",
    ).fit(X)
    assert np.isfinite(other.best_score_)


# Arrays

ARRAYS = {
    "float64": lambda X: X[["a", "b"]].to_numpy(),
    "float32": lambda X: X[["a", "b"]].to_numpy(np.float32),
    "object": lambda X: X.to_numpy(dtype=object),
    "<U1": lambda X: X[["k"]].fillna("w").to_numpy(dtype="U1"),
    "int64": lambda X: (X[["b", "b"]] * 99).to_numpy().astype(np.int64),
    "bool": lambda X: X.isna().to_numpy(),
}


@every_model
@pytest.mark.parametrize("dtype", ARRAYS)
def test_arrays_through_an_encoder(name, dtype, lost, tmp_path):
    X = ARRAYS[dtype](lost)
    model = model_of(name, standardize=TableEncoder()).fit(X)
    made = model.sample(50)
    assert isinstance(made, np.ndarray)
    assert (str(made.dtype), made.shape[1]) == (dtype, X.shape[1])
    assert model.n_features_in_ == X.shape[1]
    assert not hasattr(model, "feature_names_in_")
    assert model.score(X) == model.score(X.tolist()) or dtype == "float32"
    assert set(pd.Series(made[:, -1]).dropna()) <= set(X[:, -1]) or dtype[0] in "fi"
    model.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    pd.testing.assert_frame_equal(pd.DataFrame(again.sample(50)), pd.DataFrame(made))
    assert again.score(X) == model.score(X)
    with pytest.raises(ValueError, match=f"expecting {X.shape[1]} features"):
        model.score(X[:, :1] if X.shape[1] > 1 else np.hstack([X, X]))


def test_which_cells_of_an_array_are_missing_is_learnt():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2))
    X[X[:, 0] > 0.5, 1] = np.nan
    made = RegularizedGaussian(standardize=TableEncoder(), random_state=0).fit(X).sample(4000)
    missing = np.isnan(made)
    assert not missing[:, 0].any()
    assert abs(missing[:, 1].mean() - np.isnan(X[:, 1]).mean()) < 0.05
    assert made[missing[:, 1], 0].mean() > made[~missing[:, 1], 0].mean() + 0.5


def test_a_model_of_an_array_takes_frames_by_position(lost):
    X = lost[["a", "b"]]
    model = RegularizedGaussian(standardize=TableEncoder(), random_state=0).fit(X.to_numpy())
    with pytest.warns(UserWarning, match="X has feature names, but RegularizedGaussian"):
        score = model.score(X)
    assert score == model.score(X.to_numpy())
    named = RegularizedGaussian(standardize=TableEncoder(), random_state=0).fit(X)
    with pytest.raises(TypeError, match="X is of the type ndarray: give a DataFrame"):
        named.score(X.to_numpy())


WRONG = {
    "dates": (np.zeros((5, 2), "M8[D]"), TypeError, "array of datetime64.*give a DataFrame"),
    "one dimension": (np.zeros(5), ValueError, "Expected 2D array, got 1D"),
    "complex": (np.zeros((5, 2), complex), ValueError, "Complex data not supported"),
    "one row": (np.zeros((1, 2)), ValueError, "minimum of 2 is required"),
    "lists": (np.array([[1, [2]]] * 5, dtype=object), TypeError, "column 1 holds objects of the"),
    "inf": (np.full((5, 2), np.inf), ValueError, "X contains inf in columns 0, 1"),
    "nothing": (np.full((5, 2), np.nan), ValueError, "X has nothing to learn"),
}


@pytest.mark.parametrize(("X", "error", "message"), WRONG.values(), ids=WRONG)
def test_arrays_that_no_encoder_takes(X, error, message):
    with pytest.raises(error, match=message):
        RegularizedGaussian(standardize=TableEncoder()).fit(X)


@settings(deadline=None, max_examples=15, derandomize=True)
@given(
    st.integers(1, 3).flatmap(
        lambda d: st.lists(
            st.lists(
                st.one_of(st.floats(-9, 9, width=16), st.just(np.nan)), min_size=d, max_size=d
            ),
            min_size=6,
            max_size=6,
        )
    )
)
def test_any_array_of_numbers(rows):
    X = np.array(rows)
    model = RegularizedGaussian(penalty="l2", alpha=1.0, standardize=TableEncoder(), random_state=0)
    if np.isnan(X).all():
        return
    made = model.fit(X).sample(30)
    assert made.dtype == np.float64
    whole, empty = ~np.isnan(X).any(axis=0), np.isnan(X).all(axis=0)
    assert not np.isnan(made[:, whole]).any()
    assert np.isnan(made[:, empty]).all()
    for j in np.flatnonzero(~empty):
        present = made[~np.isnan(made[:, j]), j]
        assert (present >= np.nanmin(X[:, j])).all()
        assert (present <= np.nanmax(X[:, j])).all()
    assert np.isfinite(model.score(X))
