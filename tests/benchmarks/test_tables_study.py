"""The study of tables, `benchmarks/studies/tables.py`: what its measures say of known samples."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "studies"
sys.path.insert(0, str(FOLDER))
import tables_measures as measuring  # noqa: E402 - studies are programs beside one another
import tables_rows as models  # noqa: E402 - as above

# by its place: the tables of the examples are a module of this name
_SPEC = spec_from_file_location("tables_study", FOLDER / "tables.py")
study = module_from_spec(_SPEC)
_SPEC.loader.exec_module(study)
sys.path.remove(str(FOLDER))


def drawn(n, seed):
    """Two groups: a number and a level that follow them, a rare level, missing cells."""
    rng = np.random.default_rng(seed)
    group = rng.integers(2, size=n)
    table = pd.DataFrame(
        {
            "v": np.round(4 * group + rng.normal(size=n), 2),
            "w": rng.normal(size=n),
            "g": np.where(group, "b", "a"),
            "r": np.where(np.arange(n) < n // 200, "seldom", "often"),
        }
    )
    table.loc[table.index[::7], "w"] = np.nan
    return table


@pytest.fixture(scope="module")
def rows():
    return drawn(800, 0), drawn(200, 1), drawn(200, 2)


@pytest.fixture(scope="module")
def found(rows):
    """Measures of fresh rows, and of columns drawn by themselves."""
    train, held, fresh = rows
    independent = models.ROWS["independent columns"](train, 0)(800)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measuring, "BOOSTED", 15)
        patch.setattr(measuring, "FOREST", 3)
        real = measuring.measures(train, held, fresh, "g", train)
        return real, measuring.measures(train, held, independent, "g")


def test_columns_drawn_by_themselves_are_told_by_every_measure_of_pairs(found):
    real, independent = found
    assert independent["shapes"] == pytest.approx(real["shapes"], abs=0.05)
    assert real["pairs"] > independent["pairs"] + 0.05
    assert real["c2st"] < 0.6 < 0.65 < independent["c2st"]
    assert real["utility"] > 0.95 > 0.7 > independent["utility"]
    assert real["columns"] > independent["columns"] + 0.3
    assert real["coverage"] > independent["coverage"] + 0.05


def test_training_rows_are_told_from_held_out_ones_by_copies_alone(rows, found):
    train, held, _ = rows
    assert found[0]["membership"] == pytest.approx(0.5, abs=0.08)
    assert measuring.membership(train, held, train) > 0.95
    made = models.ROWS["interpolation"](train, 0)(800)
    assert measuring.membership(train, held, made) > 0.6
    assert list(made) == list(train)
    assert made["w"].isna().mean() == pytest.approx(1 / 7, abs=0.04)


def test_pairs_that_no_training_row_has_are_impossible():
    train = pd.DataFrame({"a": ["x", "y"] * 300, "b": ["p", "q"] * 300, "n": [1, 2] * 300})
    fake = pd.DataFrame({"a": ["x"] * 4, "b": ["p", "p", "q", "p"], "n": [1.0, 1.0, 1.0, 2.0]})
    assert measuring.impossible(train, fake) == 50.0
    assert measuring.impossible(train, train) == 0.0


def test_rare_levels_are_counted(rows):
    train = rows[0]
    assert measuring.rare(train, train) == 1.0
    assert measuring.rare(train, train[train["r"] == "often"]) == 0.0


def test_a_gaussian_copula_keeps_columns_and_their_dependence(rows):
    made = models.ROWS["Gaussian copula"](rows[0], 0)(800)
    assert measuring.shapes(rows[0], made) > 0.95
    assert made.loc[made["g"] == "b", "v"].mean() > made.loc[made["g"] == "a", "v"].mean() + 2


def test_alpha_and_beta_of_the_same_rows_are_one():
    X = np.random.default_rng(0).normal(size=(300, 3))
    assert measuring.alpha_beta(X, X) == pytest.approx((1.0, 1.0), abs=0.02)


def test_the_tables_have_a_line_for_each_row_and_say_what_is_best(found):
    about = {"table": "adult", "n": 800, "trained": 500}
    rows = dict(zip(("real", "independent columns"), found, strict=True))
    rows["RegularizedVAE"] = found[0] | {"membership": 0.6}
    records = [
        about | {"row": row, "seed": seed, "ours": measured}
        for row, measured in rows.items()
        for seed in (0, 1)
    ]
    text = "\n".join(study.table("adult", "ours", study.OURS, records))
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == ".. csv-table:: adult, our protocol"
    of_row = {line.split('"')[1]: line for line in lines if line.startswith('"')}
    assert list(of_row) == list(rows)
    assert of_row["real"].startswith('"real", "2; 500 rows", "0.9')
    assert "**" not in of_row["real"]
    assert f'"**{found[0]["c2st"]:.3f}** (0.000)"' in of_row["RegularizedVAE"]
    assert f'"**{found[1]["membership"]:.3f}** (0.000)"' in of_row["independent columns"]
    *_, line, _ = study.standing(records)
    assert line.startswith(f'   "adult", "RegularizedVAE **{found[0]["c2st"]:.3f}')
    assert list(study.table("adult", "tabdiff", study.THEIRS, records)) == []


def test_published_rows_stand_above_those_measured_here():
    protocol = {"shape": 0.99, "trend": 0.98, "c2st": 0.8, "mle": 0.9, "alpha": 0.99, "beta": 0.5}
    record = {
        "table": "magic",
        "row": "ARF",
        "seed": 0,
        "n": 9,
        "seconds": 3.0,
        "tabdiff": protocol,
    }
    lines = [line.strip() for line in study.table("magic", "tabdiff", study.THEIRS, [record])]
    assert lines[3] == (
        '"CTGAN, published", "", "0.944", "0.945", "0.103", "0.882", "0.904", "0.159", "1797.0"'
    )
    bold = ", ".join(f'"**{value:.3f}**"' for value in protocol.values())
    assert lines[-2] == f'"ARF", "1", {bold}, "3.0"'
