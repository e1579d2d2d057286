"""What the guide says of rules between columns."""

import numpy as np
import pandas as pd
import pytest
from one_column import wild
from page_sentences import says

from regan.data import (
    FixedCombinations,
    Increasing,
    Inequality,
    Positive,
    Sum,
    TableEncoder,
)

N = 200
RNG = np.random.default_rng(0)
LOW = RNG.integers(0, 50, N)
STEP = RNG.integers(1, 50, N)
DAY = pd.Timestamp("2026-01-01") + pd.to_timedelta(LOW, "D")
CODES = RNG.integers(0, 3, N)
GRADES = pd.CategoricalDtype(["low", "mid", "high"], ordered=True)

ORDERED = pd.DataFrame({"low": LOW, "high": LOW + STEP, "top": LOW + STEP + STEP[::-1]})
SUMMED = pd.DataFrame({"a": LOW / 4, "b": STEP / 4, "c": (LOW + STEP) / 4})
TWO = RNG.dirichlet([0.5] * 3, N)[:, :2].round(3)
SHARES = pd.DataFrame({"a": TWO[:, 0], "b": TWO[:, 1], "c": (1 - TWO.sum(axis=1)).round(3)})
PLACES = pd.DataFrame(
    {"town": np.array(["Rome", "Nice", "Bonn"])[CODES], "code": np.array([39, 33, 49])[CODES]}
)


def sums_up(made):
    return np.allclose(made["a"] + made["b"], made["c"], rtol=0, atol=1e-9)


RULES = {
    "inequality": (
        Inequality("low", "high"),
        ORDERED.assign(high=LOW + STEP - 1),
        lambda made: (made["low"] <= made["high"]).all() and (made["low"] == made["high"]).any(),
    ),
    "strict": (
        Inequality("low", "high", strict=True),
        ORDERED,
        lambda made: (made["low"] < made["high"]).all(),
    ),
    "increasing": (
        Increasing(["low", "high", "top"]),
        ORDERED,
        lambda made: (made.diff(axis=1)[["high", "top"]] >= 0).all(axis=None),
    ),
    "sum": (Sum(["a", "b"], "c"), SUMMED, sums_up),
    "constant": (
        Sum(["a", "b", "c"], constant=1),
        SHARES,
        lambda made: np.allclose(made.sum(axis=1), 1, rtol=0, atol=1e-9),
    ),
    "combinations": (
        FixedCombinations(["town", "code"]),
        PLACES,
        lambda made: set(made.itertuples(index=False)) <= set(PLACES.itertuples(index=False)),
    ),
    "positive": (
        Positive(["high"]),
        ORDERED,
        lambda made: (made["high"] > 0).all(),
    ),
}


@pytest.mark.parametrize(("rule", "X", "holds"), RULES.values(), ids=RULES)
@says(
    "If you know a rule between columns",
    "The rule then holds in every row",
    "Inequality(low, high): the column",
    "Increasing(columns): each",
    "Sum(parts, total): the parts add up",
    "FixedCombinations(columns): only",
    "Positive(columns): numbers",
)
def test_every_row_obeys(rule, X, holds):
    assert holds(X)
    assert holds(wild(X, n=1000, rules=[rule]))
    if not isinstance(rule, Positive):
        assert not holds(wild(X, n=1000, dependencies=False))


BROKEN = {
    "inequality": (Inequality("high", "low"), ORDERED, "'low' is below 'high' in 200 of 200 rows"),
    "one row": (
        Increasing(["low", "high", "top"]),
        ORDERED.assign(top=ORDERED["top"].where(ORDERED.index != 7, -1)),
        r"'top' is below 'low' or 'high' in 1 of 200 rows \(row 7\)",
    ),
    "sum": (Sum(["a", "b"], "c"), SUMMED.assign(c=-1.5), "do not add up .* in 200 of 200 rows"),
    "positive": (Positive(["low"]), ORDERED, f"in {(LOW == 0).sum()} of 200 rows"),
}


@pytest.mark.parametrize(("rule", "X", "message"), BROKEN.values(), ids=BROKEN)
@says(
    "regan first checks each rule",
    "If some rows break the rule",
)
def test_rules_that_the_data_break(rule, X, message):
    with pytest.raises(ValueError, match=message):
        TableEncoder(rules=[rule]).fit(X)


@says("A rule does not apply to a row")
def test_rows_with_missing_cells():
    X = SUMMED.assign(a=SUMMED["a"].mask(CODES == 0), c=SUMMED["c"].where(CODES > 0, 99.25))
    made = wild(X, rules=[Sum(["a", "b"], "c")])
    free = made["a"].isna()
    assert sums_up(made[~free])
    assert made.loc[free, "c"].notna().any()


CELLS = {
    "numbers": (LOW, LOW + STEP / 2),
    "dates beside timestamps": (DAY.date, DAY + pd.to_timedelta(STEP, "min")),
    "times": tuple((DAY + pd.to_timedelta(part, "min")).time for part in (LOW, LOW + STEP)),
    "durations": (pd.to_timedelta(LOW, "h"), pd.to_timedelta(60 * LOW + STEP, "min")),
    "booleans": (CODES > 1, CODES > 0),
    "ordered categories": tuple(
        pd.Categorical.from_codes(codes, dtype=GRADES) for codes in (CODES // 2, CODES)
    ),
}


@pytest.mark.parametrize(("low", "high"), CELLS.values(), ids=CELLS)
@says(
    "Cells may be numbers (integers up to 2**48), dates",
    "They may also be ordered categories",
)
def test_cells_of_rules(low, high):
    X = pd.DataFrame({"low": low, "high": high})
    made = wild(X, rules=[Inequality("low", "high")])
    first, second = (
        made[name].cat.codes if made[name].dtype == GRADES else made[name] for name in X
    )
    if "dat" in type(first[0]).__name__.lower():
        first, second = pd.to_datetime(first), pd.to_datetime(second)
    assert (first <= second).all()


@says(
    "Cells may be numbers (integers up to 2**48), dates",
    "They may also be ordered categories",
)
def test_categories_that_differ():
    X = pd.DataFrame({"low": CELLS["ordered categories"][0], "high": LOW})
    other = X["low"].cat.set_categories(["low", "mid", "top"], ordered=True)
    large = pd.Series(2**48 + 1 + np.arange(len(X)) ** 2)
    for high in (other, X["low"].cat.as_unordered(), X["high"], large):
        with pytest.raises(TypeError, match=r"cannot be compared|no order"):
            TableEncoder(rules=[Inequality("low", "high")]).fit(X.assign(high=high))


@says(
    "A column may be the lower column of any number",
    "A sum and fixed combinations",
    "Such a column cannot be in another sum",
)
def test_rules_together():
    X = ORDERED.assign(a=LOW * 1.5, b=STEP * 1.0, c=LOW * 1.5 + STEP, d=LOW % 5 > 2)
    many = [Inequality("low", "high"), Inequality("low", "top"), Positive(["low"], strict=False)]
    made = wild(X, rules=many)
    assert (made["low"] <= made[["high", "top"]].min(axis=1)).all()
    made = wild(X, rules=[Inequality("low", "top"), Inequality("high", "top")])
    assert (made[["low", "high"]].max(axis=1) <= made["top"]).all()
    total, both = Sum(["a", "b"], "c"), FixedCombinations(["low", "d"])
    for other in (Sum(["c", "a"], "top"), Inequality("a", "c"), FixedCombinations(["a", "d"])):
        with pytest.raises(ValueError, match=r"both determine|do not add"):
            TableEncoder(rules=[total, other]).fit(X)
    with pytest.raises(ValueError, match="both determine column 'low'"):
        TableEncoder(rules=[both, FixedCombinations(["low", "high"])]).fit(X)


@says("If parts add up to a constant")
def test_parts_are_scaled():
    """Whatever their sum was, the proportions of the parts stay."""
    (coding,) = TableEncoder(rules=[Sum(["a", "b", "c"], constant=1)]).fit(SHARES).codings_
    parts = np.array([[0.05, 0.1, 0.25], [0.2, 0.1, 0.4]])
    numbers = parts.copy()
    coding.decode(numbers)
    np.testing.assert_allclose(numbers, parts / parts.sum(axis=1, keepdims=True), atol=0.01)


@says(
    "If low is larger than every value",
    "This happens if the data have such rows",
)
def test_larger_than_the_upper_one_ever_was():
    X = pd.DataFrame({"low": LOW, "high": (LOW + STEP) * 1.0})
    X.loc[X["low"] > 40, "high"] = np.nan
    X["high"] = X["high"].clip(upper=X["low"].where(X["low"] <= 40).max())
    made = wild(X, n=1000, rules=[Inequality("low", "high")])
    beyond = made["low"] > X["high"].max()
    assert 0 < beyond.sum() < 1000
    assert made.loc[beyond, "high"].isna().all()
    assert made.loc[~beyond, "high"].notna().any()
