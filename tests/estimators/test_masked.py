"""GAN and VAE that complete rows: what is known stays, and the rest goes with it."""

import numpy as np
import pandas as pd
import pytest

from regan import EarlyStopping, Range, RegularizedGAN, RegularizedVAE, load

MODELS = {"gan": RegularizedGAN, "vae": RegularizedVAE}
SMALL = {"hidden_layer_sizes": (16, 16), "max_iter": 40, "random_state": 0, "masked": True}


def line(n=1500, seed=0):
    """Two numbers with the correlation .9, and a level that says the sign of the first."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = 0.9 * a + np.sqrt(1 - 0.81) * rng.normal(size=n)
    return pd.DataFrame({"a": 10 + 2 * a, "b": b, "sign": np.where(a > 0, "plus", "minus")})


@pytest.fixture(scope="module", params=MODELS)
def model_class(request):
    return MODELS[request.param]


@pytest.fixture(scope="module")
def fitted(model_class):
    return model_class(masked=True, random_state=0).fit(line())


@pytest.fixture(scope="module")
def of_numbers(model_class):
    """In local frames, whose axes are not columns."""
    return model_class(masked=True, random_state=0).fit(line()[["a", "b"]])


@pytest.mark.parametrize("value", [8.0, 11.0])
def test_a_number_given_another(fitted, of_numbers, value):
    for model in (fitted, of_numbers):
        rows = model.sample(2000, conditions={"a": value}, random_state=1)
        assert (rows["a"] == value).all()
        z = (value - 10) / 2
        assert rows["b"].mean() == pytest.approx(0.9 * z, abs=0.15)
        assert rows["b"].std() == pytest.approx(np.sqrt(1 - 0.81), abs=0.12)


def test_a_level_given_a_number_and_the_other_way(fitted):
    rows = fitted.sample(1000, conditions={"a": 13.0}, random_state=1)
    assert (rows["sign"] == "plus").mean() > 0.95
    rows = fitted.sample(1000, conditions={"sign": "minus"}, random_state=1)
    assert (rows["sign"] == "minus").all()
    assert (rows["a"] < 10.2).mean() > 0.95
    assert rows["a"].mean() == pytest.approx(10 - 2 * np.sqrt(2 / np.pi), abs=0.3)


def test_ranges_and_sets_hold(fitted):
    asked = {"a": Range(9, 10), "sign": ["plus", "minus"]}
    rows = fitted.sample(500, conditions=asked, random_state=1)
    assert rows["a"].between(9, 10).all()


@pytest.mark.parametrize("kind", MODELS)
def test_a_set_of_levels_goes_with_the_numbers(kind):
    """Of eight groups, each with a level of its own, two are asked for."""
    rng = np.random.default_rng(0)
    group = rng.integers(8, size=1600)
    at = 5 * np.stack([np.cos(group * np.pi / 4), np.sin(group * np.pi / 4)], axis=1)
    x, y = (at + 0.3 * rng.normal(size=at.shape)).T
    table = pd.DataFrame({"x": x, "y": y, "group": [f"g{i}" for i in group]})
    model = MODELS[kind](masked=True, random_state=0).fit(table)
    rows = model.sample(600, conditions={"group": ["g0", "g4"]}, random_state=0)
    assert set(rows["group"]) == {"g0", "g4"}
    centre = np.where(rows["group"] == "g0", 5, -5)
    assert (np.hypot(rows["x"] - centre, rows["y"]) < 1.5).mean() > 0.85


def test_whole_rows_are_as_good(fitted, of_numbers):
    test = line(seed=1)
    assert fitted.score(test) > 0.93
    assert of_numbers.score(test[["a", "b"]]) > 0.93


def test_imputed_cells_go_with_the_others(fitted):
    whole = line(400, seed=2)
    gaps = whole.copy()
    gaps.loc[::2, "b"] = np.nan
    gaps.loc[1::2, "sign"] = None
    draws = fitted.impute(gaps, n_draws=20, random_state=3)
    b = np.mean([draw.loc[::2, "b"] for draw in draws], axis=0)
    assert np.corrcoef(b, whole.loc[::2, "b"])[0, 1] > 0.85
    right = np.mean([(draw.loc[1::2, "sign"] == whole.loc[1::2, "sign"]).mean() for draw in draws])
    assert right > 0.9
    spread = np.std([draw.loc[::2, "b"] for draw in draws], axis=0).mean()
    assert spread == pytest.approx(np.sqrt(1 - 0.81), rel=0.3)


# Beside everything else


@pytest.mark.parametrize("kind", MODELS)
def test_a_saved_model_completes_the_same_rows(tmp_path, kind):
    model, gaps = MODELS[kind](**SMALL).fit(line(200)), line(20)
    gaps.loc[::3, "b"] = np.nan
    model.save(tmp_path / "model.regan")
    model.save(tmp_path / "sampler.regan", sampler_only=True)
    first = model.impute(gaps, random_state=0)
    again = load(tmp_path / "model.regan").impute(gaps, random_state=0)
    pd.testing.assert_frame_equal(again, first)
    blurred = load(tmp_path / "sampler.regan").impute(gaps, random_state=0)
    assert np.median(np.abs(blurred["b"] - first["b"])) < 0.05  # numbers are means of five
    there = gaps["b"].notna()
    pd.testing.assert_frame_equal(blurred[there], gaps[there])


@pytest.mark.parametrize("kind", MODELS)
def test_classes_beside_known_cells(kind):
    table = line(600)
    X, y = table[["a", "b"]], table["sign"]
    model = MODELS[kind](**SMALL | {"conditional": True, "frames": 4, "max_iter": 300}).fit(X, y)
    rows, labels = model.sample(400, conditions={"b": 1.5}, return_y=True, random_state=0)
    assert (rows["b"] == 1.5).all()
    assert (labels == "plus").mean() > 0.85  # classes go with what is known
    rows = model.sample(400, conditions={"b": 1.5}, y="plus", random_state=0)
    assert (rows["b"] == 1.5).all()


def test_rejection_early_stopping_and_pruning_go_on():
    table = line(400)
    gan = RegularizedGAN(**SMALL | {"early_stopping": EarlyStopping(0.25)}).fit(table)
    assert gan.sample(50, method="rejection").shape == (50, 3)
    pruned = gan.prune()
    pd.testing.assert_frame_equal(
        pruned.sample(5, conditions={"a": 9.0}, random_state=0),
        gan.sample(5, conditions={"a": 9.0}, random_state=0),
    )


@pytest.mark.parametrize("kind", MODELS)
def test_a_fit_goes_on_with_masks(kind):
    model = MODELS[kind](**SMALL).fit(line(200))
    model.partial_fit(line(200))
    assert model.sample(5, conditions={"a": 9.0})["a"].tolist() == [9.0] * 5


def test_without_masks_a_number_is_refused_with_the_way_out():
    gan = RegularizedGAN(**SMALL | {"masked": False}).fit(line(200))
    with pytest.raises(ValueError, match="fit with masked=True, or use RegularizedMixture"):
        gan.sample(5, conditions={"a": 9.0})
    with pytest.raises(ValueError, match="fit with masked=True, or use RegularizedMixture"):
        gan.impute(line(5).assign(b=np.nan))
