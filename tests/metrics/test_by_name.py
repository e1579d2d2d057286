"""DataFrames are compared by the names of their columns, whatever library they are of."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regan.displays import CoverageDisplay, SamplesDisplay
from regan.metrics import (
    classifier_test,
    closest_records,
    disclosure,
    energy_distance,
    evaluate,
    membership,
    mmd,
    mode_report,
    prdc,
    precision_coverage,
    sliced_wasserstein,
    two_sample_score,
    wasserstein,
)


def own_membership(real, fake):
    return membership(real, fake, real.assign(age=real["age"] + 1))


MEASURES = [
    *(energy_distance, mmd, wasserstein, sliced_wasserstein, prdc, precision_coverage),
    *(two_sample_score, classifier_test, closest_records, disclosure, own_membership),
]
any_measure = pytest.mark.parametrize("measure", MEASURES, ids=lambda m: m.__name__)
RNG = np.random.default_rng(0)
NUMBERS = pd.DataFrame({"age": RNG.normal(40, 10, 60), "pay": RNG.lognormal(10, 1, 60)})
MIXED = NUMBERS.assign(visits=RNG.poisson(2, 60), town=RNG.choice(["a", "b"], 60))
LEVELS = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1), ("b", 2)], names=["x", "y"])
FORMS = {
    "pandas": lambda X: X,
    "polars": pl.from_pandas,
    "pyarrow": lambda X: pa.Table.from_pandas(X, preserve_index=False),
    "Arrow in pandas": lambda X: X.convert_dtypes(dtype_backend="pyarrow"),
}


def taken(X, names):
    return X[names] if isinstance(X, pd.DataFrame) else X.select(names)


@any_measure
@pytest.mark.parametrize("table", [NUMBERS, MIXED], ids=["numbers", "mixed"])
def test_the_order_of_columns_is_of_no_account(measure, table):
    real, fake = table[:30], table[30:]
    # as text, where NaN stands for what needs a holdout
    assert repr(measure(real, fake[list(table)[::-1]])) == repr(measure(real, fake))


@pytest.mark.parametrize("one", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("other", FORMS.values(), ids=FORMS)
def test_every_library_beside_every_other(one, other):
    for table in (NUMBERS, MIXED):
        names = list(table)[::-1]
        real, fake = one(table[:30]), taken(other(table[30:].reset_index(drop=True)), names)
        expected = closest_records(real, one(table[30:]), one(table[10:]))
        assert closest_records(real, fake, taken(one(table[10:]), names)) == expected


@pytest.mark.parametrize("names", [[3, 1, 2, 0], LEVELS, ["3", "1", "2", "0"]], ids=str)
def test_names_of_every_kind(names):
    for table in (MIXED.set_axis(names, axis=1), MIXED.assign(town=1.5).set_axis(names, axis=1)):
        real, fake = table[:30], table[30:]
        for order in (slice(None, None, -1), [2, 0, 3, 1]):
            assert energy_distance(real, fake.iloc[:, order]) == energy_distance(real, fake)
        assert energy_distance(table, table.iloc[:, ::-1]) == 0
        with pytest.raises(ValueError, match="the second sample lacks column"):
            energy_distance(real, fake.iloc[:, :3])


def test_an_evaluation_and_its_holdout():
    table = MIXED[["age", "visits"]]
    table, rest, fake = table[:40], table[40:], table[::2]
    swapped = [X[["visits", "age"]] for X in (fake, rest)]
    options = {"n_repeats": 1, "max_rows": 20}
    one = evaluate(table, swapped[0], holdout=swapped[1], **options)
    assert one == evaluate(table, fake, holdout=rest, **options)


@any_measure
def test_other_names_are_refused(measure):
    for table in (NUMBERS, MIXED):
        real, fake = table[:30], table[30:]
        for other, message in (
            (
                fake.rename(columns={"age": "years"}),
                "lacks column 'age' and has the additional column 'years'",
            ),
            (fake.drop(columns="pay"), r"the second sample lacks column 'pay': give the same"),
            (fake.assign(more=1.0), r"the second sample has the additional column 'more'"),
            (pd.concat([fake, fake], axis=1), r"the second sample has 2 columns"),
            (pl.from_pandas(fake.drop(columns="pay")), r"the second sample lacks column 'pay'"),
        ):
            with pytest.raises(ValueError, match=message):
                measure(real, other)


def test_a_holdout_with_other_names():
    for call in (closest_records, membership, lambda *X: evaluate(*X[:2], holdout=X[2])):
        with pytest.raises(ValueError, match="the third sample lacks column 'pay'"):
            call(NUMBERS, NUMBERS, NUMBERS[["age"]])


def test_a_frame_beside_an_array_is_compared_by_position():
    real, fake = NUMBERS[:30], NUMBERS[30:]
    expected = energy_distance(real, fake)
    assert energy_distance(real, fake.to_numpy()) == expected
    assert energy_distance(real.to_numpy(), pl.from_pandas(fake)) == expected
    # what frames there are have one order
    swapped = NUMBERS[["pay", "age"]]
    both = closest_records(real.to_numpy(), fake, swapped), closest_records(real, fake, NUMBERS)
    assert both[0] == both[1]
    with pytest.raises(TypeError, match="the second sample is of the type ndarray, and the first"):
        energy_distance(MIXED, MIXED.to_numpy())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"visits": "x"}, TypeError, "column 'visits' held numbers in the first sample, and holds"),
        ({"town": 3.5}, TypeError, "column 'town' held levels in the first sample, and holds numb"),
        ({"town": pd.Timestamp("2026-01-01")}, TypeError, "'town' held levels .* holds dates"),
    ],
)
def test_columns_of_another_kind(changes, error, message):
    with pytest.raises(error, match=message):
        energy_distance(MIXED, MIXED.assign(**changes))


def test_numbers_beside_something_else():
    told = r"second sample: column 'pay' holds 'x' \(str\) in 60 of 60 rows"
    for words in (NUMBERS.assign(pay="x"), pl.from_pandas(NUMBERS.assign(pay="x"))):
        with pytest.raises(TypeError, match=told):
            energy_distance(NUMBERS, words)
    with pytest.raises(ValueError, match=r"sample contains NaN in column 1, .*as DataFrames"):
        energy_distance(NUMBERS, NUMBERS.assign(pay=np.nan).to_numpy())
    whole = NUMBERS.round().astype("Int64")
    assert energy_distance(NUMBERS, whole[["pay", "age"]]) == energy_distance(
        NUMBERS, whole.to_numpy(dtype=float)
    )


def test_modes_are_counted_in_the_units_of_the_data():
    X = pd.DataFrame({"x": [0, 0, 9], "y": [0, 0, 9]})
    centers = [[0, 0], [9, 9]]
    assert mode_report(X, centers, 0.1) == mode_report(X.to_numpy(), centers, 0.1)
    named = pd.DataFrame({"y": [0, 9], "x": [0, 9]})
    assert mode_report(X, named, 0.1) == mode_report(X, centers, 0.1)


def test_displays():
    swapped = MIXED[list(MIXED)[::-1]]
    one = SamplesDisplay.from_samples(MIXED, swapped, columns=["town", "age"])
    other = SamplesDisplay.from_samples(MIXED, MIXED, columns=["town", "age"])
    np.testing.assert_array_equal(one.fake, other.fake)
    assert SamplesDisplay.from_samples(NUMBERS.to_numpy(), NUMBERS).names == ["age", "pay"]
    pair = [CoverageDisplay.from_samples(MIXED, X).measured for X in (MIXED, swapped)]
    assert pair[0] == pair[1]


@st.composite
def frames_and_orders(draw):
    names = draw(
        st.lists(
            st.one_of(st.text(max_size=3), st.integers(-3, 9), st.tuples(st.booleans())),
            min_size=2,
            max_size=4,
            unique_by=str,
        )
    )
    kinds = {
        "float": st.floats(-9, 9, width=16),
        "int": st.integers(0, 5),
        "str": st.sampled_from("ab"),
        "bool": st.booleans(),
    }
    cells = [kinds[draw(st.sampled_from(sorted(kinds)))] for _ in names]
    values = [draw(st.lists(each, min_size=12, max_size=12)) for each in cells]
    frame = pd.concat([pd.Series(v) for v in values], axis=1)
    frame.columns = pd.Index(names, tupleize_cols=False)
    return frame, draw(st.permutations(range(len(names))))


@settings(deadline=None, max_examples=40, derandomize=True)
@given(frames_and_orders())
def test_no_order_changes_a_measure(example):
    frame, order = example
    same_type = len({type(name) for name in frame.columns}) == 1
    if not same_type and any(isinstance(name, str) for name in frame.columns):
        return  # scikit-learn refuses names of which only some are strings
    real, fake = frame[:6], frame[6:]
    moved = fake.iloc[:, list(order)]
    assert energy_distance(real, moved) == energy_distance(real, fake)
    assert closest_records(real, moved, moved) == closest_records(real, fake, fake)
