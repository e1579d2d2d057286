"""What the guide says of missing cells."""

import datetime

import numpy as np
import pandas as pd
import pytest
from mixed_tables import any_network
from one_column import of_arrow, of_both, of_pandas, of_polars, there_and_back, values_of
from page_sentences import says
from sklearn.metrics import euclidean_distances as distances

from regan import RegularizedGaussian, write_report
from regan.data import ColumnsError, TableEncoder
from regan.displays import SamplesDisplay
from regan.metrics import energy_distance

N = 200
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=N)
LOST = RNG.random(N) < 0.3
DAYS = [
    datetime.date(2026, 1, 1) + datetime.timedelta(days=int(k)) for k in RNG.integers(90, size=N)
]
WORDS = RNG.choice(["red", "green"], N).tolist()


def gaps(values, mark=None):
    return [mark if lost else value for value, lost in zip(values, LOST, strict=True)]


MISSING = {
    "NaN": of_pandas(gaps(NUMBERS, np.nan)),
    "None": of_pandas(gaps(WORDS), object),
    "None among tuples": of_pandas(gaps([("a", word) for word in WORDS])),
    "NaT": of_pandas(gaps(pd.to_datetime(DAYS), pd.NaT)),
    "NA": of_pandas(gaps(range(N), pd.NA), "Int64"),
    "NA of booleans": of_pandas(gaps(NUMBERS > 0, pd.NA), "boolean"),
    "null of polars": of_polars(gaps(WORDS)),
    "days of polars": of_polars(gaps(DAYS)),
    "null of Arrow": of_arrow(gaps(NUMBERS)),
    "days of Arrow": of_both(gaps(DAYS)),
}


def marks(X):
    """What stands in each cell that is missing."""
    return [repr(value) for value, lost in zip(values_of(X), LOST, strict=True) if lost]


@pytest.mark.parametrize("X", MISSING.values(), ids=MISSING)
@says("Any column may have missing cells", "Integers with missing cells stay integers")
def test_missing_cells_come_back(X):
    back = there_and_back(X, ids="keep")
    assert marks(back) == marks(X)
    assert [type(value) for value in values_of(back)] == [type(value) for value in values_of(X)]
    if isinstance(X, pd.DataFrame):
        assert back["x"].dtype == X["x"].dtype


@says("Which cells are missing may depend on the other columns")
def test_which_cells_are_missing():
    X = pd.DataFrame({"kind": WORDS * 5, "x": RNG.normal(size=5 * N)})
    often = X["kind"] == "red"
    X["x"] = X["x"].mask(RNG.random(5 * N) < np.where(often, 0.5, 0.1))
    made = RegularizedGaussian(random_state=0).fit(X).sample(4000)
    for table in (X, made):
        shares = table["x"].isna().groupby(table["kind"]).mean()
        assert shares["red"] > shares["green"] + 0.15


@says("A column in which all cells are missing is the same")
def test_a_column_without_values():
    X = pd.DataFrame({"x": [None] * N, "y": np.nan, "z": NUMBERS})
    made = RegularizedGaussian(random_state=0).fit(X).sample(9)
    assert made[["x", "y"]].isna().all(axis=None)
    assert (made.dtypes == X.dtypes).all()


TOGETHER = {
    "levels": lambda: WORDS,
    "numbers": lambda: NUMBERS[::-1],
    "dates": lambda: pd.to_datetime(DAYS),
    "times": lambda: pd.to_timedelta(RNG.integers(10**6, size=N), "s"),
}


@pytest.mark.parametrize("other", TOGETHER.values(), ids=TOGETHER)
@says("Cells that are missing together in the data")
def test_cells_that_are_missing_together(other):
    X = pd.DataFrame({"x": NUMBERS, "y": other()})
    X = X.mask(np.column_stack([LOST, LOST]))
    made = RegularizedGaussian(random_state=0).fit(X).sample(400)
    assert made["x"].isna().equals(made["y"].isna())
    assert 0.1 < made["x"].isna().mean() < 0.5


@pytest.mark.parametrize("share", [0.4, 0.6])
@says("If the missing cells of several columns have a correlation")
def test_patterns(share):
    """Of two columns with as many missing cells, this share of them in the same rows."""
    n, lost = 1000, np.arange(1000) < 200
    own = np.roll(lost, round(200 * (1 - 0.8 * share - 0.2)))
    assert np.corrcoef(lost, own)[0, 1] == pytest.approx(share)
    X = pd.DataFrame({"x": np.arange(n) / 7, "y": np.arange(n) / 9, "z": WORDS * 5})
    X["x"], X["y"] = X["x"].mask(lost), X["y"].mask(own)
    together = TableEncoder().fit(X).together_
    patterns = {tuple(row) for row in X[["x", "y"]].isna().to_numpy().tolist()}
    assert [set(found) for _, found in together] == [patterns] * (share >= 0.5)


@says("score, the metrics, reports and displays compare missing cells too")
def test_what_compares(no_pictures, tmp_path):
    pytest.importorskip("matplotlib")
    X = of_pandas(gaps(NUMBERS)).assign(kind=WORDS)
    model = RegularizedGaussian(random_state=0).fit(X)
    assert model.score(X) > model.score(X.assign(x=NUMBERS)) + 0.05
    assert energy_distance(X, X.assign(x=NUMBERS)) > energy_distance(X, X[::-1]) + 0.05
    assert len(SamplesDisplay.from_estimator(model, X).real) == N
    write_report(model, X, tmp_path / "r.html")
    assert f"{LOST.mean():.1%}" in (tmp_path / "r.html").read_text()


@says("The distance between a missing and a present cell")
def test_distances_of_missing_cells():
    X = pd.DataFrame({"x": [np.nan, 0.5, 9.5], "kind": ["red", "green", None]})
    encoder = TableEncoder().fit(pd.concat([X, of_pandas(NUMBERS).assign(kind=WORDS)]))
    numbers, levels = (
        encoder.compare(encoder.read(X.assign(**{name: X[name][0]}))) for name in ("kind", "x")
    )
    levels = distances(levels)
    assert levels[0, 1] == levels[0, 2] == levels[1, 2] == pytest.approx(np.sqrt(2))
    assert distances(numbers)[0, 1] >= levels[0, 1]
    assert distances(numbers)[0, 2] >= levels[0, 1]


@any_network
@says("When training continues (partial_fit, warm_start), regan refuses")
def test_training_that_goes_on(make):
    X = pd.DataFrame({"x": NUMBERS, "kind": WORDS})
    model = make(max_iter=2).partial_fit(X)
    with pytest.raises(ColumnsError, match="X contains NaN in column 'x'"):
        model.partial_fit(X.assign(x=gaps(NUMBERS)))


@says(
    "regan refuses an array with NaN unless",
    "With an encoder, samples are arrays",
)
def test_arrays():
    X = np.column_stack([NUMBERS, gaps(NUMBERS, np.nan)])
    with pytest.raises(
        ColumnsError, match=r"NaN in column 1, .* give standardize=TableEncoder\(\)"
    ):
        RegularizedGaussian().fit(X)
    made = RegularizedGaussian(standardize=TableEncoder(), random_state=0).fit(X).sample(9)
    assert isinstance(made, np.ndarray)
