"""The study of values that few rows have, `benchmarks/studies/few_rows.py`: what it measures."""

import sys
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import few_rows as study  # noqa: E402 - studies are programs beside one another, and no package

sys.path.remove(str(FOLDER))


def test_amounts_of_one_row_count_and_others_do_not():
    train, made = pd.Series([1.5, 2.5, 2.5, 4.0]), pd.Series([1.5, 2.5, 3.0, 4.0, 4.0])
    assert study.repeated(train, made) == pytest.approx(3 / 5)


def test_the_value_of_the_rare_category_is_near_50():
    table = study.levels(0.03, seed=0)
    rare = table["kind"] == "rare"
    assert 0.02 < rare.mean() < 0.04
    assert table["value"][rare].min() > 40 > 10 > table["value"][~rare].max()


def test_a_mixture_by_class_generates_the_rare_category():
    assert study.wrong_rows("conditional", 0.03, seed=0) < 5


def test_means_have_their_standard_errors():
    assert study.in_words([1.0, 2.0, 3.0], 2) == "2.00 (0.58)"
