"""The study of modes, `benchmarks/studies/modes.py`: what it measures of real rows."""

import sys
from pathlib import Path

import numpy as np
import pytest

from regan.metrics import energy_distance

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import modes  # noqa: E402 - studies are programs beside one another, and no package
from modes_data import DATA, Data  # noqa: E402 - as above

sys.path.remove(str(FOLDER))


@pytest.mark.parametrize("name", [name for name, data in DATA.items() if name != "digits"])
def test_real_rows(name):
    """Their width is 1, and as many are of high quality as the definitions say."""
    data = DATA[name]
    rows, others = (data.maker(10_000, np.random.RandomState(seed)) for seed in (1, 2))
    assert data.width(rows, others) == pytest.approx(1, abs=0.04) or name == "checkerboard"
    measured = data.modes(rows)
    if type(data) is not Data:
        assert measured["high_quality_10000"] > 0.985
    if data.n_modes:
        assert measured["modes_2500"] == data.n_modes
        assert measured["reverse_kl_10000"] < 0.005


def test_a_missing_mode_and_narrow_ones():
    ring = DATA["ring"]
    rows = ring.maker(10_000, np.random.RandomState(0))
    mode = ring.judge(rows).mode
    narrow = ring.centers[mode] + 0.5 * (rows - ring.centers[mode])
    assert ring.width(narrow, rows) == pytest.approx(0.5, abs=0.02)
    found = ring.modes(rows[mode != 3])
    assert found["modes_10000"] == 7
    assert found["reverse_kl_10000"] == pytest.approx(np.log(8 / 7), abs=0.01)


def test_energy_distance():
    a, b = np.random.default_rng(0).normal(size=(2, 1_300, 2))
    b = b[:1_100] + 0.1
    assert modes.energy(a, b) == pytest.approx(energy_distance(a, b), abs=1e-12)


def test_table():
    """Means and standard errors, energy distances over their floor."""
    found = [
        {"row": "floor", "energy": 0.5},
        {"row": "real", "energy": 1.0, "seconds": float("nan"), "high_quality_2500": 0.25},
        {"row": "real", "energy": 2.0, "seconds": float("nan"), "high_quality_2500": 0.75},
    ]
    line = list(modes.table("ring", found))[2].split(",")
    assert line[0].strip() == '"real"'
    assert ' "50.0 (25.0)"' in line
    assert ' "3.00 (1.00)"' in line
    assert line[-1] == ' ""'
