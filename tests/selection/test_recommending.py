"""Which model for which data, by rule."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_digits

import regan
from regan.selection import recommending

GAN, VAE, MIXTURE = regan.RegularizedGAN, regan.RegularizedVAE, regan.RegularizedMixture
DIGITS = load_digits().data[:200]
NUMBERS = np.random.default_rng(0).normal(size=(50, 40))
MIXED = pd.DataFrame({"a": [1.5, None, 2.5], "b": [1, 2, 3], "c": ["x", "y", "x"]})
OF_MIXED = "2 of 3 columns have cells that are not numbers"

FOUND = {
    "numbers": (NUMBERS, MIXTURE, "all columns are numbers and not pixels on one scale"),
    "a list": ([[1, 2], [3, 5]], MIXTURE, "all columns are numbers and not pixels on one scale"),
    "a table": (MIXED, MIXTURE, OF_MIXED),
    "polars": (
        pl.DataFrame(MIXED),
        MIXTURE,
        OF_MIXED,
    ),
    "digits": (DIGITS, GAN, "the 64 columns are on one scale, as pixels are"),
    "a table of digits": (
        pd.DataFrame(DIGITS.astype(int)),
        GAN,
        "the 64 columns are on one scale, as pixels are",
    ),
    "digits beside words": (
        pd.DataFrame(DIGITS).assign(label="seven"),
        MIXTURE,
        "1 of 65 columns has cells that are not numbers",
    ),
    "few pixels": (
        DIGITS[:, 20:50],
        MIXTURE,
        "all columns are numbers and not pixels on one scale",
    ),
}


@pytest.mark.parametrize(("X", "model", "reason"), FOUND.values(), ids=FOUND)
def test_the_rule(X, model, reason):
    found = regan.which_model(X)
    assert (found.model, found.reason) == (model, reason)
    assert {*found.models} == {GAN, VAE, MIXTURE, regan.RegularizedGaussian}
    networks = [cls for cls in found.models if cls in (GAN, VAE)]
    assert networks == ([VAE, GAN] if "not numbers" in reason else [GAN, VAE])
    assert found == regan.which_model(X)


def test_many_rows(monkeypatch):
    monkeypatch.setattr(recommending, "MANY_ROWS", 49)
    found = regan.which_model(NUMBERS)
    assert (found.model, found.reason) == (GAN, "a mixture takes long to fit to 50 rows")
    assert regan.which_model(pd.DataFrame(NUMBERS).assign(word="x")).model is VAE
    monkeypatch.setattr(recommending, "MANY_ROWS", 50)
    assert regan.which_model(NUMBERS).model is MIXTURE


def test_what_is_no_table_is_refused():
    with pytest.raises(ValueError, match="Expected 2D array"):
        regan.which_model([1.0, 2.0])
    with pytest.raises(TypeError, match="X must be a table"):
        regan.which_model("people.csv")


def test_answers_of_a_survey_are_no_image():
    answers = np.random.default_rng(0).integers(1, 6, (500, 40))
    assert regan.which_model(answers).model is MIXTURE


@pytest.mark.parametrize("X", [pd.DataFrame({"a": []}), pd.DataFrame(index=range(3))])
def test_no_cells(X):
    with pytest.raises(ValueError, match="shape"):
        regan.which_model(X)


def test_it_is_shown_by_names():
    assert repr(regan.which_model(MIXED)) == (
        "Recommendation(RegularizedMixture, then RegularizedVAE, RegularizedGAN, "
        "RegularizedGaussian; reason='2 of 3 columns have cells that are not numbers')"
    )


def test_it_is_no_model():
    found = regan.which_model(MIXED)
    with pytest.raises(AttributeError, match=r"no attribute 'fit'. Create .*model\(\).fit\(X\)$"):
        found.fit(MIXED)
    with pytest.raises(AttributeError, match=r"no attribute 'fitt'$"):
        found.fitt(MIXED)
    assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == found
