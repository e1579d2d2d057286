"""What the adapters share and needs no host."""

import numpy as np
import pandas as pd
import pytest

import regan
from regan import RegularizedGaussian
from regan.data import TableEncoder
from regan.plugins.metadata import with_levels


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "code": rng.choice([10, 20, 70], 200),
            "rate": rng.choice([0.5, 2.5], 200),
            "yes": rng.random(200) < 0.3,
            "word": rng.choice(["u", "v"], 200),
            "size": rng.normal(size=200),
        }
    )


def test_numbers_that_are_levels_come_back_as_these_numbers(frame):
    encoder = with_levels(True, frame, ["code", "rate", "yes", "word", "elsewhere"])
    assert encoder.categorical == ["code", "rate"]
    model = RegularizedGaussian(standardize=encoder, random_state=0).fit(frame)
    rows = model.sample(500)
    assert (rows.dtypes == frame.dtypes).all()
    assert set(rows["code"]) == {10, 20, 70}
    assert set(rows["rate"]) == {0.5, 2.5}


def test_the_encoder_given_stays_as_it_is(frame):
    given = TableEncoder(numeric="quantile", categorical=["rate"])
    made = with_levels(given, frame, ["code", "rate"])
    assert made.get_params() == given.get_params() | {"categorical": ["rate", "code"]}
    assert given.categorical == ["rate"]
    assert with_levels(given, frame, ["rate", "word"]) is given
    assert with_levels(True, frame, ["word"]) is True


def test_such_a_model_is_saved_with_its_encoder(frame, tmp_path):
    encoder = with_levels(True, frame, ["code"])
    model = RegularizedGaussian(standardize=encoder, random_state=0).fit(frame)
    model.save(tmp_path / "model")
    again = regan.load(tmp_path / "model")
    assert again.standardize.get_params() == encoder.get_params()
    pd.testing.assert_frame_equal(again.sample(20), model.sample(20))
