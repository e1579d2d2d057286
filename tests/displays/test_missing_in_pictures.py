"""Missing cells in pictures and reports: rows without a value are shown beside the others."""

import re

import numpy as np
import pandas as pd
import pytest

import regan
from regan import RegularizedGaussian
from regan.displays import CoverageDisplay, SamplesDisplay
from regan.displays.strips import MISSING

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"age": rng.normal(40, 9, 90), "pay": rng.normal(size=90)})
    X["home"] = rng.choice(["own", "rent"], 90)
    X.loc[rng.random(90) < 0.3, "pay"] = np.nan
    X.loc[rng.random(90) < 0.4, "home"] = None
    return X.assign(empty=np.nan)


@pytest.fixture(scope="module")
def gaussian(table):
    return RegularizedGaussian(random_state=0).fit(table)


def words(axis):
    ticks = axis.get_ticklabels(minor=True)
    return [tick.get_text() for tick in ticks if tick.get_text()]


def test_every_row_is_drawn(gaussian, table):
    display = SamplesDisplay.from_estimator(gaussian, table)
    assert display.names == ["age", "pay", "home"]  # as it does not vary
    assert np.isnan(display.real).sum() == table.isna().sum()[:3].sum()
    display.figure_.draw_without_rendering()
    for (i, j), panel in np.ndenumerate(display.axes_):
        if i == j:
            continue
        (dots,) = panel.collections
        places = np.asarray(dots.get_offsets())
        assert places.shape == (90, 2)
        low, high = panel.get_xlim(), panel.get_ylim()
        assert ((low[0] < places[:, 0]) & (places[:, 0] < low[1])).all()
        assert ((high[0] < places[:, 1]) & (places[:, 1] < high[1])).all()
        rows = display.real if i > j else display.fake
        missing = np.isnan(rows[:, j])
        if missing.any():
            assert places[missing, 0].min() > places[~missing, 0].max()
        assert words(panel.xaxis) == [MISSING] * (j > 0 and i == 2)
        assert words(panel.yaxis) == [MISSING] * (i > 0 and j == 0)
        ticks = panel.xaxis.get_ticklocs()
        assert not missing.any() or (ticks < places[missing, 0].min()).all()


def test_marginals_are_shares_of_all_rows(gaussian, table):
    display = SamplesDisplay.from_estimator(gaussian, table, columns=["pay", "home"])
    for j, name in enumerate(["pay", "home"]):
        shares = [sum(patch.get_data().values) for patch in display.axes_[j, j].patches[:4]]
        lost = [np.isnan(rows[:, j]).mean() for rows in (display.real, display.fake)]
        expected = [1 - lost[0], lost[0], 1 - lost[1], lost[1]]
        np.testing.assert_allclose(shares, expected)
        assert lost[0] == table[name].isna().mean()


def test_columns_without_values(table):
    full = table.assign(empty=1.5)
    for real, fake in ((table, full), (full, table)):
        display = SamplesDisplay.from_samples(real, fake, columns=["empty", "age"])
        lost = [np.isnan(rows[:, 0]).mean() for rows in (display.real, display.fake)]
        assert sorted(lost) == [0, 1]
        assert words(display.axes_[1, 0].xaxis) == [MISSING]
    both = SamplesDisplay.from_samples(table, table, columns=["empty"])
    assert words(both.axes_[0, 0].xaxis) == [MISSING]
    assert np.isnan(both.real).all()


def test_arrays_and_images_with_missing_cells():
    rows = np.random.default_rng(0).normal(size=(9, 4))
    rows[::2, 1] = np.nan
    display = SamplesDisplay(real=rows, fake=rows[::-1])
    assert display.plot().axes_.shape == (4, 4)
    images = SamplesDisplay(real=rows, fake=rows, image_shape=(2, 2)).plot()
    assert images.axes_[0, 0].images[0].get_clim() == (np.nanmin(rows), np.nanmax(rows))


def test_coverage(gaussian, table):
    whole = table.assign(pay=0.0, home="own")
    for display in (
        CoverageDisplay.from_estimator(gaussian, table),
        CoverageDisplay.from_samples(table, gaussian.sample(90)),
    ):
        assert len(display.points) == 45
        assert display.measured.coverage > 0.5
    assert CoverageDisplay.from_estimator(gaussian, whole).measured.coverage < 0.5


# rows that lack a column are unlike those of training
@pytest.mark.filterwarnings("ignore:.* rows are nearly repeated")
@pytest.mark.filterwarnings("ignore:The d.* identifies training rows")
def test_a_report_says_how_many(gaussian, table, tmp_path, no_pictures):
    path = tmp_path / "report.html"
    regan.write_report(gaussian, table, path, holdout=table.assign(age=np.nan))
    page = path.read_text(encoding="utf-8")
    summary = re.search(r'<p id="summary">(.*?)</p>', page)[1]
    assert "Cells are missing in 3 of the columns" in summary
    assert f"{table.isna().mean(axis=None):.1%} of all real" in summary
    rows = re.search(r'<table id="missing".*?</table>', page, re.DOTALL)[0]
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in rows.split("<tr>")[2:]]
    shares = {name: tuple(rest) for name, *rest in cells}  # the largest difference comes first
    assert {name: real for name, (real, *_) in shares.items()} == {
        name: f"{table[name].isna().mean():.1%}" for name in ("pay", "home", "empty")
    }
    assert shares["empty"][1:] == ("100.0%", "+0.0 points")
    assert "nan" not in page.lower()
    whole = table[["age"]].assign(pay=1.0)
    model = RegularizedGaussian(random_state=0).fit(whole)
    regan.write_report(model, whole, path)
    page = path.read_text(encoding="utf-8")
    assert 'id="missing"' not in page
    assert "missing in" not in page
