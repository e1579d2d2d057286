"""The cycle GAN as an estimator: what comes in, what comes out, files, checkpoints, bad input."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from click.testing import CliRunner
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import regan
from regan import Checkpoint, DivergenceError, FileError, RegularizedCycleGAN
from regan.cli.commands import main
from regan.data import ColumnsError, TableEncoder
from regan.displays import SamplesDisplay, TrainingDisplay
from regan.penalties import L2Consistency
from regan.storage.tensor_file import MODEL
from tests.support.opened_files import forge


def small(**settings):
    return RegularizedCycleGAN(
        **{"max_iter": 30, "hidden_layer_sizes": (16,), "random_state": 0, **settings}
    )


@pytest.fixture(scope="module")
def numbers():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)) @ [[1, 0.5, 0], [0, 1, 0.2], [0, 0, 1]]
    return X, 5 + [2, 0.1, 30] * rng.normal(size=(150, 3))


@pytest.fixture(scope="module")
def fitted(numbers):
    return small().fit(*numbers)


def mixed(n, seed, *, site):
    rng = np.random.default_rng(seed)
    kind = rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1])
    size = np.round(10 * rng.random(n), 1) + 5 * (kind == "b")
    size[::11] = np.nan
    table = pd.DataFrame({"size": size, "count": rng.poisson(40, n), "kind": kind})
    if site == "other":
        table = table.rename(columns={"kind": "class"})
        table["class"] = table["class"].map({"a": "A", "b": "B", "c": "C"}).astype("category")
        table["dose"] = table["size"].fillna(4) * 2.54 + rng.normal(0, 0.01, n)
        return table[["dose", "class"]]
    return table


@pytest.fixture(scope="module")
def tables():
    return mixed(120, 0, site="one"), mixed(90, 1, site="other")


# What comes out


def test_each_column_goes_to_itself_at_first(numbers):
    """Where both domains have the same columns, training begins with the means and deviations."""
    X, Y = numbers
    model = small(max_iter=1, learning_rate_init=1e-9).fit(X, Y)
    expected = (X - X.mean(axis=0)) / X.std(axis=0) * Y.std(axis=0) + Y.mean(axis=0)
    inside = np.clip(expected, Y.min(axis=0), Y.max(axis=0))
    np.testing.assert_allclose(model.transform(X), inside, atol=1e-3 * Y.std(axis=0).max())


def test_a_turn_is_learnt():
    rng = np.random.default_rng(0)
    angle = np.pi / 9
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    spread = rng.standard_normal((2, 600, 2))
    centers = np.array([[-2.0, 0], [2, 1], [0, 3]])
    X, Y = centers[rng.integers(3, size=(2, 600))] + 0.1 * spread
    model = RegularizedCycleGAN(max_iter=400, hidden_layer_sizes=(64, 64), random_state=0)
    model.fit(X, Y @ turn.T)
    forth, back = model.transform(X), model.inverse_transform(Y @ turn.T)
    assert np.median(np.linalg.norm(forth - X @ turn.T, axis=1)) < 0.25
    assert np.median(np.linalg.norm(back - Y, axis=1)) < 0.25
    assert np.median(np.linalg.norm(model.inverse_transform(forth) - X, axis=1)) < 0.1
    assert model.score(X, Y @ turn.T) > 0.8 > model.score(X, 3 + Y @ turn.T)


def test_each_row_is_mapped_by_itself(fitted, numbers):
    X = numbers[0]
    whole = fitted.transform(X)
    assert whole.dtype == np.float64
    np.testing.assert_array_equal(fitted.transform(X[17:18]), whole[17:18])
    np.testing.assert_array_equal(fitted.transform(X[::-1]), whole[::-1])
    many = np.tile(X, (12, 1))
    np.testing.assert_array_equal(fitted.transform(many)[-200:], whole)


def test_the_same_seed_gives_the_same_model(fitted, numbers):
    again = clone(fitted).fit(*numbers)
    np.testing.assert_array_equal(again.transform(numbers[0]), fitted.transform(numbers[0]))
    other = clone(fitted).set_params(random_state=1).fit(*numbers)
    assert (other.transform(numbers[0]) != fitted.transform(numbers[0])).any()


def test_mapped_rows_stay_in_the_range_of_their_column(fitted, numbers):
    Y = numbers[1]
    made = fitted.transform(1e6 * numbers[0])
    assert (made >= Y.min(axis=0)).all()
    assert (made <= Y.max(axis=0)).all()


def test_mixed_tables_of_other_columns(tables):
    X, Y = tables
    X = X.set_axis(np.arange(500, 620))
    model = small().fit(X, Y)
    there = model.transform(X)
    assert list(there.columns) == ["dose", "class"]
    assert (there.dtypes == Y.dtypes).all()
    assert there.index.equals(X.index)
    assert {*there["class"]} <= {"A", "B", "C"}
    here = model.inverse_transform(Y)
    assert list(here.columns) == list(X.columns)
    assert (here.dtypes == X.dtypes).all()
    assert here["count"].dtype == np.int64
    assert model.n_features_in_ == 3
    assert model.n_features_out_ == 2
    assert list(model.feature_names_in_) == list(X.columns)
    assert list(model.get_feature_names_out()) == ["dose", "class"]
    assert -1 < model.score(X, Y) <= 1


def test_unknown_cells_are_mapped(tables):
    """A missing number is the mean, a new level none; neither depends on other rows."""
    X, Y = tables
    model = small().fit(X, Y)
    odd = X.iloc[[0, 1]].copy()
    odd.loc[odd.index[0], ["size", "kind"]] = np.nan, "new"
    whole = model.transform(pd.concat([X, odd]))
    pd.testing.assert_frame_equal(model.transform(odd), whole.iloc[-2:])


def test_levels_keep_to_each_other_where_columns_are_alike():
    rng = np.random.default_rng(0)

    def site(n, shift):
        sort = rng.choice(["p", "q"], n, p=[0.7, 0.3])
        return pd.DataFrame({"v": rng.normal(4 * (sort == "q"), 0.3) * shift + shift, "sort": sort})

    X, Y = site(300, 1.0), site(300, 2.5)
    model = small(max_iter=400, hidden_layer_sizes=(32, 32)).fit(X, Y)
    there = model.transform(X)
    assert (there["sort"] == X["sort"]).mean() > 0.95
    assert (there["v"] - (X["v"] - 1) * 2.5 - 2.5).abs().median() < 0.6


def start_of(X, Y):
    """What rows of X are mapped to before any training, in deviations of the column."""
    model = small(max_iter=1, learning_rate_init=1e-9, penalty=None).fit(X, Y)
    return model, model.transform(X)


def scaled(rows):
    return (rows - rows.mean()) / rows.std()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda Y: Y[["c", "b", "a"]], "the columns of Y are in another order"),
        (lambda Y: Y.assign(c=Y["c"].where(Y.index != 7)), "column 'c' .* missing cells in one"),
        (lambda Y: Y.assign(d=Y["a"] ** 2), "Y has column 'd', and X has not"),
        (lambda Y: Y.rename(columns={"c": "d"}), "X has column 'c', and Y has not"),
    ],
    ids=["order", "missing", "more", "renamed"],
)
def test_columns_that_both_have_start_as_the_identity(change, match, numbers):
    X, Y = (pd.DataFrame(rows, columns=list("abc")) for rows in numbers)
    Y = change(Y)
    with pytest.warns(UserWarning, match=match):
        model, made = start_of(X, Y)
    assert model.generator_.network.n_skip == len({*X.columns} & {*Y.columns})
    for name in ("a", "b"):
        inside = Y[name].between(Y[name].quantile(0.05), Y[name].quantile(0.95))
        expected = scaled(X[name]) * Y[name].std() + Y[name].mean()
        near = np.abs(scaled(X[name])) < 1
        assert inside.any()
        np.testing.assert_allclose(made[name][near], expected[near], atol=0.1 * Y[name].std())
    back = model.inverse_transform(Y)
    assert list(back.columns) == list("abc")
    assert np.corrcoef(back["a"], Y["a"])[0, 1] > 0.99


def test_columns_of_an_array_belong_together_by_position(numbers):
    X, Y = numbers
    table = pd.DataFrame(Y, columns=list("abc"))
    for first in (X, pd.DataFrame(X, columns=list("uvw"))):
        model = small(max_iter=2).fit(first, Y if first is not X else table)
        assert model.generator_.network.n_skip == 3
    with pytest.warns(UserWarning, match="X has columns 'u', 'v', 'w', and Y has not"):
        model = small(max_iter=2).fit(pd.DataFrame(X, columns=list("uvw")), table)
    assert model.generator_.network.n_skip == 0


def test_files_keep_the_order_of_columns(numbers, tmp_path):
    X, Y = (pd.DataFrame(rows, columns=list("abc")) for rows in numbers)
    with pytest.warns(UserWarning, match="another order"):
        model = small(max_iter=3).fit(X, Y[["c", "a", "b"]])
    model.save(tmp_path / "m.regan")
    again = regan.load(tmp_path / "m.regan")
    pd.testing.assert_frame_equal(again.transform(X), model.transform(X))

    def twice(contents, tensors):
        contents["fitted"]["target"]["order"] = [0, 0, 1]

    forge(tmp_path / "m.regan", MODEL, twice)
    with pytest.raises(FileError, match="order"):
        regan.load(tmp_path / "m.regan")


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_containers(frame, numbers, fitted):
    X, Y = (frame(dict(zip("abc", rows.T, strict=True))) for rows in numbers)
    model = small().fit(X, Y)
    there = model.transform(X)
    assert type(there) is frame
    np.testing.assert_array_equal(np.asarray(there), fitted.transform(numbers[0]))
    arrays = small().fit(X, numbers[1]).transform(X)
    assert type(arrays) is np.ndarray


def test_integers_stay_integers(numbers):
    X, Y = (np.rint(1000 * rows).astype(int) for rows in numbers)
    assert small().fit(X, Y).transform(X).dtype == Y.dtype


def test_in_a_pipeline(numbers):
    X, Y = numbers
    steps = make_pipeline(StandardScaler(), small(), FunctionTransformer(np.abs))
    made = steps.fit_transform(X, Y)
    assert made.shape == X.shape
    assert (made >= 0).all()
    frame = small().set_output(transform="pandas").fit(X, Y).transform(X)
    assert list(frame.columns) == ["y0", "y1", "y2"]


def test_domains_are_scaled_by_themselves(numbers):
    X, Y = numbers
    model = small(standardize=(False, "quantile")).fit(X, Y)
    assert model.transform(X).shape == X.shape
    with pytest.raises(ValueError, match="pair"):
        small(standardize=(True, True, True)).fit(X, Y)


# What is learnt, and how


def test_history_and_sparsity(fitted, numbers):
    for prefix in ("", "inverse_"):
        for term in ("cycle", "generator_loss", "discriminator_r1", "generator_grad_norm"):
            assert np.isfinite(fitted.history_[prefix + term]).all()
    assert len(fitted.history_["cycle"]) == fitted.n_iter_ == 30
    assert {*fitted.sparsity_} == {
        "generator",
        "discriminator",
        "inverse_generator",
        "inverse_discriminator",
    }
    assert {"losses", "penalties"} <= {*TrainingDisplay.from_estimator(fitted).panels}
    with pytest.raises(TypeError, match="got a RegularizedCycleGAN, which maps rows and generates"):
        SamplesDisplay.from_estimator(fitted, numbers[0])


def test_l1_makes_zeros(numbers):
    model = small(penalty="l1", alpha=0.3, max_iter=90).fit(*numbers)
    assert model.sparsity_["generator"].zeros > 0.2
    assert model.generator_.network.n_skip == 0  # or a proximal step takes all of the last map


def test_what_begins_as_the_identity(numbers, tables):
    assert small().fit(*numbers).generator_.network.n_skip == 3
    assert small().fit(*tables).generator_.network.n_skip == 0
    assert small(architecture=None).fit(*numbers).generator_.network.n_skip == 0


def test_a_ban_on_updates_is_kept_apart_from_a_divergence(numbers):
    model = small(max_iter=60, learning_rate_init=1e30, optimizer="sgd", penalty=None)
    with pytest.raises(DivergenceError):
        model.fit(*numbers)
    assert np.isfinite(model.transform(numbers[0])).all()


def test_summary_in_notebooks(fitted):
    shown = fitted._repr_mimebundle_()["text/html"]
    assert "X 200, Y 150" in shown
    assert "Inverse generator" in shown


# Files and checkpoints


def test_files(fitted, numbers, tmp_path):
    fitted.save(tmp_path / "m.regan")
    again = regan.load(tmp_path / "m.regan")
    assert type(again) is RegularizedCycleGAN
    np.testing.assert_array_equal(again.transform(numbers[0]), fitted.transform(numbers[0]))
    np.testing.assert_array_equal(
        again.inverse_transform(numbers[1]), fitted.inverse_transform(numbers[1])
    )
    assert again.score(*numbers) == fitted.score(*numbers)
    np.testing.assert_array_equal(again.history_["cycle"], fitted.history_["cycle"])
    assert again.get_params()["cycle_consistency"] == "l2"


def test_files_without_training(fitted, numbers, tmp_path):
    fitted.save(tmp_path / "m.regan", sampler_only=True)
    again = regan.load(tmp_path / "m.regan")
    np.testing.assert_array_equal(again.transform(numbers[0]), fitted.transform(numbers[0]))
    assert not hasattr(again, "discriminator_")
    assert again.history_ == {}
    assert {*again.sparsity_} == {"generator", "inverse_generator"}
    again.save(tmp_path / "again.regan")
    assert regan.load(tmp_path / "again.regan").score(*numbers) == fitted.score(*numbers)


def test_files_of_mixed_tables(tables, tmp_path):
    X, Y = tables
    model = small(
        cycle_consistency=L2Consistency(2.0), standardize=(TableEncoder(), True), penalty="l1"
    ).fit(X, Y)
    model.save(tmp_path / "m.regan")
    again = regan.load(tmp_path / "m.regan")
    pd.testing.assert_frame_equal(again.transform(X), model.transform(X))
    pd.testing.assert_frame_equal(again.inverse_transform(Y), model.inverse_transform(Y))
    assert repr(again.cycle_consistency) == "L2Consistency(strength=2.0)"
    assert list(again.feature_names_in_) == list(X.columns)
    with pytest.raises(ValueError, match="Y"):
        again.inverse_transform(Y[["class", "dose"]])


def test_pickle(fitted, numbers):
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.transform(numbers[0]), fitted.transform(numbers[0]))


def _lose_an_average(contents, tensors):
    del tensors["state.average.1"]


def _exchange_domains(contents, tensors):
    fitted = contents["fitted"]
    fitted["source"], fitted["target"] = fitted["target"], fitted["source"]


def _lose_a_column(contents, tensors):
    contents["fitted"]["networks"]["generator"]["n_in"] = 2


def _say_other_rows(contents, tensors):
    contents["fitted"]["n_rows"] = [200]


@pytest.mark.parametrize(
    "change", [_lose_an_average, _exchange_domains, _lose_a_column, _say_other_rows]
)
def test_a_forged_file_is_refused(change, tables, tmp_path):
    small(max_iter=3).fit(*tables).save(tmp_path / "m.regan")
    forge(tmp_path / "m.regan", MODEL, change)
    with pytest.raises(FileError):
        regan.load(tmp_path / "m.regan")


def test_the_class_of_a_file(fitted, tmp_path):
    fitted.save(tmp_path / "m.regan")
    assert type(regan.load(tmp_path / "m.regan", kind=RegularizedCycleGAN)) is RegularizedCycleGAN
    with pytest.raises(FileError, match="is a RegularizedCycleGAN, and not a RegularizedGAN"):
        regan.load(tmp_path / "m.regan", kind=regan.RegularizedGAN)
    with pytest.raises(TypeError, match="kind must be a class"):
        regan.load(tmp_path / "m.regan", kind="RegularizedCycleGAN")
    done = CliRunner().invoke(
        main, ["sample", str(tmp_path / "m.regan"), "-o", str(tmp_path / "s.csv")]
    )
    assert done.exit_code
    assert "generates none: load it in Python" in " ".join(done.output.split())


class Stop(regan.Callback):
    def on_report(self, run):
        if run.done >= 12:
            raise RuntimeError("the power is gone")


@pytest.mark.parametrize("settings", [{}, {"optimizer": "extra_adam", "dropout": 0.2}], ids=str)
def test_a_fit_goes_on_from_a_checkpoint(settings, numbers, tmp_path):
    whole = small(**settings).fit(*numbers)
    checkpoint = Checkpoint(tmp_path, every=4, resume=True)
    with pytest.raises(RuntimeError, match="power"):
        small(**settings, callbacks=[checkpoint, Stop()]).fit(*numbers)
    again = small(**settings, callbacks=[checkpoint]).fit(*numbers)
    for name, fitted in whole._fitted().items():
        np.testing.assert_array_equal(again._fitted()[name].theta, fitted.theta)
    np.testing.assert_array_equal(again.history_["cycle"], whole.history_["cycle"])


def test_a_checkpoint_of_other_rows_is_refused(numbers, tmp_path):
    X, Y = numbers
    checkpoint = Checkpoint(tmp_path, resume=True)
    small(callbacks=[checkpoint]).fit(X, Y)
    other = Y.copy()
    other[3, 1] += 1
    with pytest.raises(FileError, match=r"other values in .*1 of Y"):
        small(callbacks=[checkpoint]).fit(X, other)
    with pytest.raises(FileError, match=r"other values in .*0 of X"):
        small(callbacks=[checkpoint]).fit(X + 1, Y)
    with pytest.raises(FileError, match="rows of 6 columns"):
        small(callbacks=[checkpoint]).fit(X, Y[:-1])
    with pytest.raises(FileError, match="written with cycle_strength="):
        small(callbacks=[checkpoint], cycle_strength=2.0).fit(X, Y)


# Bad input


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"cycle_strength": -1.0}, "cycle_strength must be a finite number >= 0"),
        ({"cycle_strength": "strong"}, "cycle_strength must be a real number"),
        ({"identity_strength": -0.5}, "identity_strength must be a finite number >= 0"),
        ({"identity_strength": "always"}, "identity_strength must be a real number or 'auto'"),
        ({"cycle_consistency": "l3"}, "choose one of: l1, l2"),
        ({"cycle_consistency": None}, "choose one of: l1, l2"),
        ({"cycle_consistency": L2Consistency}, "call its class"),
        (
            {"cycle_consistency": L2Consistency(), "cycle_strength": 5.0},
            "cycle_strength=5.0 would be ignored",
        ),
        ({"cycle_consistency": L2Consistency([1.0, 2.0])}, "strengths for several models"),
        ({"architecture": "latent_mixture"}, "takes noise"),
        ({"optimizer": "extra_adam", "n_discriminator_steps": 1}, "n_discriminator_steps"),
        ({"penalty": ("l1", "l2", "l1")}, r"pair \(generator, discriminator\)"),
        ({"backend": "abacus"}, "abacus"),
        ({"dtype": "float16"}, "float16"),
        ({"max_iter": 0}, "max_iter"),
    ],
    ids=str,
)
def test_bad_settings(settings, match, numbers):
    with pytest.raises((ValueError, TypeError), match=match):
        small(**settings).fit(*numbers)


def test_identity_terms_need_the_same_columns(numbers, tables):
    X, Y = numbers
    with pytest.raises(ValueError, match="X has 3 columns, and Y has 2 columns: set"):
        small(identity_strength=1.0).fit(X, Y[:, :2])
    with pytest.raises(ValueError, match="X has columns 'size', 'count', 'kind', and Y has not"):
        small(identity_strength=1.0).fit(*tables)


def test_bad_rows_say_of_which_domain(numbers, fitted):
    X, Y = numbers
    gaps = Y.copy()
    gaps[0, 0] = np.nan
    for bad, match in (
        (gaps, r"^Y.*NaN"),
        (Y[:1], "^Y|^Found array with 1"),
        (Y[:, 0], "^Y: Expected 2D"),
        ([["a", "b"]] * 5, "^Y"),
        (None, "y to be passed"),
    ):
        with pytest.raises((ValueError, TypeError), match=match):
            small().fit(X, bad)
    with pytest.raises(ValueError, match="X has 2 features"):
        fitted.transform(X[:, :2])
    with pytest.raises(ValueError, match="Y has 2 features, but RegularizedCycleGAN"):
        fitted.inverse_transform(Y[:, :2])
    table = pd.DataFrame({"a": [1, 2], "b": [{}, {}]})
    with pytest.raises(ColumnsError, match=r"^(Y\b|.*Y:)") as raised:
        small().fit(X, table)
    assert list(raised.value.columns) == ["b"]


def test_an_error_leaves_the_model_as_it_was(numbers):
    model = small().fit(*numbers)
    before = model.transform(numbers[0])
    with pytest.raises(ValueError, match="Y"):
        model.fit(numbers[0][:, :2], None)
    np.testing.assert_array_equal(model.transform(numbers[0]), before)
    assert model.n_features_in_ == 3


def test_before_a_fit(numbers):
    for method in ("transform", "inverse_transform"):
        with pytest.raises(NotFittedError):
            getattr(small(), method)(numbers[0])
    with pytest.raises(NotFittedError):
        small().score(*numbers)
    with pytest.raises(AttributeError, match="fitted"):
        _ = small().n_features_out_


def test_a_search_says_what_it_takes(numbers):
    with pytest.raises((TypeError, ValueError), match="RegularizedCycleGAN"):
        regan.RegularizedGANCV(small()).fit(numbers[0])
