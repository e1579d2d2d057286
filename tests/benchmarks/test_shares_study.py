"""The study of shares, `benchmarks/studies/shares.py`: what it measures of known differences."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import shares  # noqa: E402 - studies are programs beside one another, and no package
from shares_data import tables  # noqa: E402 - as above

sys.path.remove(str(FOLDER))


def frame(zeros, missing, level):
    """100 rows: so many zeros among the other cells, missing cells, and rows of a level."""
    there = 100 - missing
    numbers = [*[0.0] * zeros, *np.arange(1, there - zeros + 1) / 10, *[np.nan] * missing]
    return pd.DataFrame({"v": numbers, "g": ["a"] * level + ["b"] * (100 - level)})


def test_differences_in_points():
    found = shares.gaps(frame(40, 20, 30), frame(45, 10, 33))
    assert found["atoms"] == {"v": pytest.approx(0)}  # 40 of 80, and 45 of 90
    assert found["missing"] == {"v": pytest.approx(10)}
    assert found["levels"] == {"g": pytest.approx(3)}


def test_decimals_and_range():
    real, fake = frame(40, 20, 30)["v"], frame(45, 20, 30)["v"]
    assert shares.exact(real, fake)
    assert not shares.exact(real, fake + 0.01)
    assert not shares.exact(real, fake * 2)
    assert not shares.exact(real, fake.astype("float32"))


def test_tables_have_every_kind_and_repeat():
    train, fresh = tables(0)
    assert 300 <= len(train) <= 5_000
    assert len(fresh) == 2_000
    assert {name.split()[0] for name in train} == {
        *("amount", "real", "count", "atom", "zeros", "levels", "flag")
    }
    assert train.isna().any().any()
    pd.testing.assert_frame_equal(tables(0)[0], train)


def test_the_table_has_a_line_for_each_row_of_records():
    about = {"row": "real", "seed": 0, "n": 100, "exact": [True], "auc": 0.5}
    records = [about | shares.gaps(frame(40, 20, 30), frame(45, 10, 33)) for _ in range(2)]
    *_, line = shares.lines(records)
    assert line.startswith("| real | 2 | 0.00 ± 0.00 | 0.0 | 10.00 ± 0.00 | 10.0 | 3.00 ± 0.00 |")
