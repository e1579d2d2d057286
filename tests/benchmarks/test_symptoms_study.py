"""The study of symptoms, `benchmarks/studies/symptoms.py`: what it measures of known rows."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import symptoms as study  # noqa: E402 - studies are programs beside one another, and no package
import symptoms_damage as damage  # noqa: E402
import symptoms_data as data  # noqa: E402
from symptoms_rows import SYMPTOMS, Fit, of_column, of_shares  # noqa: E402

sys.path.remove(str(FOLDER))


def test_shares_are_those_of_the_nearest_groups():
    parts = data.Parts(None, None, labels=np.repeat([0, 1, 2, 3], [60, 25, 10, 5]))
    found = of_shares(Fit(None, parts, np.repeat(data.GROUPS, [50, 25, 20, 5], axis=0)))
    assert found == {"gap": pytest.approx(10), "smallest": pytest.approx(5)}


def test_zeros_and_the_median_of_a_column():
    parts = data.Parts(pd.DataFrame({"gain": [0, 0, 0, 10, 20]}), None)
    found = of_column(Fit(None, parts, pd.DataFrame({"gain": [0, 30, 30, 30, 0]})))
    assert found == {"zeros": 40, "gap": pytest.approx(20), "median": 2}


@pytest.mark.parametrize("name", damage.DAMAGES)
def test_damaged_rows_are_as_many_as_fresh_ones(name):
    parts = data.groups(0)
    fresh = damage.Fresh(parts.fresh, parts.fresh_labels, np.random.default_rng(0))
    assert damage.DAMAGES[name](fresh).shape == parts.fresh.shape


def test_a_missing_group_does_not_occur():
    parts = data.groups(0)
    fresh = damage.Fresh(parts.fresh, parts.fresh_labels, np.random.default_rng(0))
    made = damage.missing(fresh)
    assert len(made[(made > 1.5).all(axis=1)]) < 0.01 * len(made)


def test_a_fit_that_diverges_has_a_record_and_no_score():
    found = study.record("divergence", "SGD, rate 0.1", 100)
    assert found["diverged"] == 100
    assert "score" not in found


def test_pictures_are_of_rows_that_there_are():
    assert study.PICTURES.keys() <= SYMPTOMS.keys()
