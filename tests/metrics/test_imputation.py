"""Imputed cells beside hidden ones: values by hand, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from regan.metrics import energy_distance, hide_cells, imputation
from regan.metrics.draws import crps, interval, log_loss, most_frequent, pinball, quantiles

NAN = float("nan")
X = np.array([[0.0, 1.0], [10.0, 3.0], [4.0, 5.0], [6.0, 2.0]])
GAPS = np.array([[0.0, NAN], [10.0, 3.0], [NAN, 5.0], [NAN, 2.0]])
FRAME = pd.DataFrame(
    {"pay": [1.0, 2.0, 3.0, 5.0], "town": ["a", "b", "a", "c"], "old": [True, False, False, True]}
)
LOST = pd.DataFrame(
    {
        "pay": [1.0, NAN, 3.0, 5.0],
        "town": ["a", None, "a", "c"],
        "old": pd.array([None, False, False, True], dtype="boolean"),
    }
)


def filled(first, second, third):
    """A completed `GAPS`."""
    table = X.copy()
    table[0, 1], table[2, 0], table[3, 0] = first, second, third
    return table


def completed(pay, town, old):
    """A completed `LOST`."""
    table = FRAME.copy()
    table.loc[1, ["pay", "town"]] = pay, town
    table.loc[0, "old"] = old
    return table


def found(rows, column=None):
    """Values, floors and ceilings by name."""
    return {r.name: (r.value, r.floor, r.ceiling) for r in rows if r.column == column}


def values(rows, column=None):
    return {name: value for name, (value, *_) in found(rows, column).items()}


# Single measures


def test_crps_by_hand_and_of_a_normal_distribution():
    found = crps(np.array([1.0]), np.array([[0.0], [3.0]]))
    assert found == pytest.approx(1.5 - 3 / 2)
    three = crps(np.array([1.0]), np.array([[3.0], [0.0], [2.0]]))
    assert three == pytest.approx(4 / 3 - (3 + 1 + 2) / (3 * 2))
    assert np.isnan(crps(np.array([1.0]), np.array([[0.0]])))
    rng = np.random.default_rng(0)
    y = 0.7
    exact = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
    few = crps(np.full(100_000, y), rng.normal(size=(3, 100_000)))
    assert few.mean() == pytest.approx(exact, abs=5 * few.std() / 316)


def test_quantiles_are_those_of_one_more_draw():
    draws = np.arange(1.0, 20.0)[:, None]
    assert [quantiles(draws, q).item() for q in (0.05, 0.5, 0.95)] == pytest.approx([1, 10, 19])
    low, high = interval(np.arange(1.0, 40.0)[:, None])
    assert (low.item(), high.item()) == pytest.approx((2, 38))
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(21, 50_000))
    low, high = interval(rows[1:])
    assert ((low <= rows[0]) & (rows[0] <= high)).mean() == pytest.approx(0.9, abs=0.007)


def test_pinball_by_hand():
    draws = np.arange(1.0, 20.0)[:, None]
    for true, level, expected in ((12.0, 0.5, 1.0), (0.0, 0.05, 0.95), (29.0, 0.95, 9.5)):
        assert pinball(np.array([true]), draws, level) == pytest.approx(expected)


def test_levels_by_hand():
    draws = np.array([[0, 1, 2], [0, 1, 1], [1, 0, 0], [2, 0, 2]])
    true = np.array([0, 1, 1])
    np.testing.assert_allclose(most_frequent(true, draws), [1, 0.5, 0])
    sizes = np.array([3, 2, 4])
    np.testing.assert_allclose(log_loss(true, draws, sizes), -np.log([3 / 7, 3 / 6, 2 / 8]))


# All of them


def test_numbers_by_hand():
    draws = [filled(1.0, 5.0, 7.0), filled(3.0, 3.0, 8.0)]
    rows = imputation(X, GAPS, draws)
    # spans are 10 and 4; errors of the mean: 1 / 4, 0, 1.5 / 10
    assert values(rows) == pytest.approx(
        {
            "mae": (0.25 + 0 + 0.15) / 3,
            "rmse": np.sqrt((0.25**2 + 0.15**2) / 3),
            "mae_of_draws": (0 + 0.1 + 0.1 + 0.5 + 0.1 + 0.2) / 6,
            "rmse_of_draws": (np.sqrt(0.02 / 3) + np.sqrt(0.3 / 3)) / 2,
            "mae_best": (0 + 0.1 + 0.1) / 3,
            "crps": ((0.25 - 0.25) + (0.1 - 0.1) + (0.15 - 0.05)) / 3,
            "energy_distance": values(rows)["energy_distance"],
        }
    )
    assert values(rows, 1)["mae"] == pytest.approx(0.25)
    assert values(rows, 0)["mae_best"] == pytest.approx(0.1)
    for column, name, floor in ((1, "mae", (10 / 3 - 1) / 4), (0, "mae", 0.1), (0, "rmse", 0.1)):
        assert found(rows, column)[name][1:] == pytest.approx((floor, 0.0))


def test_the_best_draw_is_that_of_a_row():
    truth = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]])
    mask = np.array([[False, False], [False, False], [True, True]])
    draws = [truth + mask * np.array(each) for each in ([0, 0.4], [0.3, 0.0], [0.1, 0.1])]
    rows = imputation(truth, mask, draws)
    assert values(rows)["mae_best"] == pytest.approx(0.1)
    assert values(rows, 0)["mae_best"] == pytest.approx(0.0)


def test_levels_of_a_frame_and_their_floors():
    draws = [completed(2.0, "b", True), completed(2.0, "a", False), completed(2.0, "b", False)]
    rows = imputation(FRAME, LOST, draws)
    assert values(rows, "pay")["mae"] == 0
    town, old = found(rows, "town"), found(rows, "old")
    assert town["accuracy"] == (1.0, 0.0, 1.0)  # "a" is the most frequent of the visible ones
    assert town["accuracy_of_draws"][0] == pytest.approx(2 / 3)
    assert town["log_loss"][::2] == pytest.approx((-np.log(3 / 6), -np.log(4 / 6)))
    assert old["accuracy"][:2] == (0.0, 0.0)
    assert old["log_loss"][0] == pytest.approx(-np.log(2 / 5))
    assert values(rows)["accuracy"] == pytest.approx(0.5)
    better = {row.name: row.greater_is_better for row in rows}
    assert better["accuracy"] is True
    assert better["log_loss"] is False
    assert {row.column for row in rows} == {None, "pay", "town", "old"}


def test_the_truth_reaches_the_ceiling_and_columns_by_themselves_the_floor():
    rng = np.random.default_rng(0)
    z = rng.normal(size=400)
    table = pd.DataFrame(
        {"v": z, "w": z + 0.1 * rng.normal(size=400), "k": np.where(z > 0, "p", "n")}
    )
    gaps = hide_cells(table, 0.3, random_state=0)
    rows = imputation(table, gaps, [table] * 20)
    for row in rows:
        if row.name != "coverage":
            assert row.value == pytest.approx(row.ceiling), row
            better = row.value > row.floor if row.greater_is_better else row.value < row.floor
            assert better, row

    alone = []
    for _ in range(20):
        draw = gaps.copy()
        for name in draw:
            lost = gaps[name].isna()
            draw.loc[lost, name] = rng.choice(gaps[name].dropna(), lost.sum())
        alone.append(draw)
    for row in imputation(table, gaps, alone):
        if row.column is None and row.name not in ("rmse", "mae", "accuracy"):
            assert row.value == pytest.approx(row.floor, rel=0.15), row
    by_name = found(imputation(table, gaps, alone))
    assert by_name["coverage"][0] == pytest.approx(0.9, abs=0.05)
    assert by_name["rmse"][0] == pytest.approx(by_name["rmse"][1], rel=0.1)


def test_quantiles_need_twenty_draws():
    names = {"coverage", "width", "pinball_05", "pinball_50", "pinball_95"}
    rng = np.random.default_rng(0)
    draws = [filled(*rng.normal(size=3)) for _ in range(20)]
    assert names <= {row.name for row in imputation(X, GAPS, draws)}
    assert not names & {row.name for row in imputation(X, GAPS, draws[:19])}
    assert "crps" not in {row.name for row in imputation(X, GAPS, draws[0])}
    wide = found(imputation(X, GAPS, draws))
    assert wide["coverage"][2] == 0.9


def test_masks_and_tables_with_gaps_say_the_same():
    draw = filled(1.5, 2.0, 3.0)
    expected = imputation(X, GAPS, draw)
    assert imputation(X, np.isnan(GAPS), [draw]) == expected
    assert imputation(X, GAPS, draw[None]) == expected
    assert imputation(X.tolist(), np.isnan(GAPS).tolist(), draw.tolist()) == expected
    frames = [pd.DataFrame(table, columns=["v", "w"]) for table in (X, GAPS, draw)]
    named = imputation(*frames)
    swapped = imputation(frames[0], *(table[["w", "v"]] for table in frames[1:]))
    assert swapped == named == imputation(frames[0], frames[1].isna()[["w", "v"]], draw)
    assert [row.value for row in named] == [row.value for row in expected]


def test_libraries_agree():
    draw = completed(2.5, "c", False)
    expected = imputation(FRAME, LOST, draw)
    for form in (pl.from_pandas, lambda t: pa.Table.from_pandas(t, preserve_index=False)):
        assert imputation(form(FRAME), form(LOST), form(draw)) == expected
        assert imputation(FRAME, form(LOST.isna()), [draw]) == expected


def test_a_table_of_booleans_alone_is_no_mask_where_cells_are_missing():
    truth = pd.DataFrame({"a": [True, False, True], "b": [False, False, True]})
    gaps = hide_cells(truth, 0.3, random_state=0)
    assert set(gaps.dtypes.astype(str)) <= {"bool", "boolean"}
    assert gaps.isna().to_numpy().sum() == 2
    assert values(imputation(truth, gaps, truth))["accuracy"] == 1


def test_whole_numbers_may_be_imputed_by_fractions():
    truth = FRAME.assign(pay=[1, 2, 3, 5])
    draw = completed(2.5, "b", True)
    assert values(imputation(truth, LOST, draw), "pay")["mae"] == pytest.approx(0.5 / 4)


def test_cells_that_the_complete_table_lacks_do_not_count():
    truth = FRAME.assign(pay=[1.0, 2.0, NAN, 5.0])
    gaps = LOST.assign(pay=[1.0, NAN, NAN, 5.0])
    draws = [completed(3.0, "b", True).assign(pay=[1.0, 3.0, 99.0, 5.0])]
    assert values(imputation(truth, gaps, draws), "pay")["mae"] == pytest.approx(0.25)
    with pytest.raises(ValueError, match="hidden hides cells that are missing in X itself, in col"):
        imputation(truth, gaps.isna(), draws)


BAD = [
    ((X, X, X), ValueError, "no cell is hidden"),
    ((X, GAPS, []), ValueError, "draws are no tables"),
    ((X, GAPS, GAPS), ValueError, r"the draw lacks hidden cells: .* in columns? 0.* 2 of 4 rows"),
    ((X, GAPS, [X, GAPS]), ValueError, "draw 1 lacks hidden cells"),
    ((X, GAPS, X + 1), ValueError, r"the draw changes visible cells of X, in column"),
    ((X, GAPS + 1, X), ValueError, "hidden changes visible cells of X"),
    ((X, GAPS, X[:3]), ValueError, "the draw has 3 rows, and X has 4"),
    ((X, GAPS, X[:, :1]), ValueError, "equal numbers of columns"),
    ((X, np.isnan(GAPS)[:3], X), ValueError, r"hidden is a mask of the shape \(3, 2\), and X"),
    ((X, np.ones_like(X, dtype=bool), X), ValueError, "all cells are hidden in columns 0, 1"),
    ((FRAME, LOST, FRAME[["pay", "town"]]), ValueError, "the draw lacks column 'old'"),
    ((FRAME, LOST.rename(columns={"pay": "wage"}), FRAME), ValueError, "hidden lacks column 'pay'"),
    ((FRAME, LOST.isna().drop(columns="old"), FRAME), ValueError, "hidden lacks column 'old'"),
    ((FRAME, LOST, FRAME.assign(town=1.5)), TypeError, "'town' held levels in X, and holds numb"),
    ((FRAME, LOST, FRAME.to_numpy()), TypeError, "the draw is of the type ndarray, and X is a"),
    ((X, GAPS, X.astype(str)), TypeError, "the draw must be a table of real numbers"),
    ((None, GAPS, X), TypeError, "X must be a table"),
    ((X, GAPS, None), TypeError, "the draw must be a table"),
]


@pytest.mark.parametrize(("tables", "error", "message"), BAD, ids=[case[2][:40] for case in BAD])
def test_bad_tables_are_refused(tables, error, message):
    with pytest.raises(error, match=message):
        imputation(*tables)


def test_what_is_hidden_may_come_back_rounded():
    assert values(imputation(X * np.pi, GAPS * np.pi, (X * np.pi).astype(np.float32)))["mae"] < 1e-6


# Hiding


TABLE = pd.DataFrame(
    {
        "v": np.linspace(0, 1, 200, dtype=np.float32),
        "n": np.arange(200) % 7,
        "k": pd.Categorical(["x", "y"] * 100),
        "t": ["s", "u"] * 100,
        "b": [True, False] * 100,
    }
)


@pytest.mark.parametrize("how", ["at random", "by column", "by value"])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_share_of_the_cells_is_hidden_and_no_row_is_empty(how, share):
    gaps = hide_cells(TABLE, share, how, random_state=0)
    lost = gaps.isna()
    assert lost.to_numpy().sum() == round(share * TABLE.size)
    assert not lost.all(axis=1).any()
    assert not lost.all(axis=0).any()
    assert gaps.dtypes.astype(str).to_dict() == {
        "v": "float32",
        "n": "Int64",
        "k": "category",
        "b": "boolean",
        "t": str(TABLE["t"].dtype),
    }
    for name in TABLE:
        here = ~lost[name]
        assert (gaps[name][here].astype(object) == TABLE[name][here].astype(object)).all()
    assert hide_cells(TABLE, share, how, random_state=0).equals(gaps)
    assert not hide_cells(TABLE, share, how, random_state=1).equals(gaps)


def test_where_cells_are_hidden():
    rows = np.random.default_rng(0).normal(size=(4000, 5))
    lost = {
        how: np.isnan(hide_cells(rows, 0.2, how, random_state=0))
        for how in ("at random", "by column", "by value")
    }
    shares = {how: mask.mean(axis=0) for how, mask in lost.items()}
    assert np.ptp(shares["at random"]) < 0.04
    assert np.ptp(shares["by value"]) < 0.04
    assert shares["by column"].max() > 3 * shares["by column"].min()
    gone = {how: rows[mask].mean() for how, mask in lost.items()}
    assert abs(gone["at random"]) < 0.06
    assert abs(gone["by column"]) < 0.06
    assert gone["by value"] > 0.2


def test_rows_may_be_emptied_where_it_is_asked_for():
    one = np.arange(20.0)[:, None]
    assert np.isnan(hide_cells(one, 0.5, empty_rows=True, random_state=0)).sum() == 10
    with pytest.raises(
        ValueError, match=r"would hide 10 of 20 cells, and at most 0 can be hidden: .* each row"
    ):
        hide_cells(one, 0.5)
    with pytest.raises(ValueError, match="would hide 20 of 20 cells, and at most 19 can be"):
        hide_cells(one, 0.99, empty_rows=True)


def test_cells_that_are_missing_already_stay_so():
    gaps = hide_cells(hide_cells(TABLE, 0.2, random_state=0), 0.2, random_state=1)
    assert gaps.isna().to_numpy().sum() == 200 + 160
    assert not gaps.isna().all(axis=1).any()


def test_tables_of_every_library_lose_the_same_cells():
    expected = hide_cells(TABLE, 0.3, random_state=0).isna().to_numpy()
    many = pl.from_pandas(TABLE)
    gaps = hide_cells(many, 0.3, random_state=0)
    assert gaps.schema == many.schema
    np.testing.assert_array_equal(gaps.select(pl.all().is_null()).to_numpy(), expected)
    arrow = pa.Table.from_pandas(TABLE, preserve_index=False)
    gaps = hide_cells(arrow, 0.3, random_state=0)
    assert gaps.schema.equals(arrow.schema, check_metadata=False)
    np.testing.assert_array_equal(gaps.to_pandas().isna().to_numpy(), expected)
    held = TABLE.convert_dtypes(dtype_backend="pyarrow")
    gaps = hide_cells(held, 0.3, random_state=0)
    assert gaps.dtypes.equals(held.dtypes)
    np.testing.assert_array_equal(gaps.isna().to_numpy(), expected)
    whole = TABLE[["v", "n"]].to_numpy(dtype=int)
    gaps = hide_cells(whole, 0.25, random_state=0)
    assert gaps.dtype == np.float64
    assert whole.dtype == int


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"share": 0.0}, ValueError, "share must be a finite number > 0"),
        ({"share": 1.0}, ValueError, "share must be a finite number > 0 and < 1"),
        ({"share": "a"}, TypeError, "share must be a real number"),
        ({"share": 1e-6}, ValueError, "is none: give a larger share"),
        ({"how": "by row"}, ValueError, "how='by row' is not known"),
        ({"empty_rows": 1}, TypeError, "empty_rows"),
    ],
)
def test_bad_arguments_of_hiding_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        hide_cells(TABLE, **options)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.integers(4, 8),
    st.integers(3, 5),
    st.floats(0.1, 0.4),
    st.sampled_from(["at random", "by column", "by value"]),
    st.integers(0, 99),
)
def test_any_table_can_be_hidden_and_compared(n, n_columns, share, how, seed):
    rows = np.random.default_rng(seed).integers(0, 4, (n, n_columns)).astype(float)
    gaps = hide_cells(rows, share, how, random_state=seed)
    rows_found = imputation(rows, gaps, [rows, rows])
    assert all(np.isfinite([row.value, row.floor, row.ceiling]).all() for row in rows_found)
    assert values(rows_found)["mae"] == 0


def test_the_energy_distance_of_rows_by_hand():
    truth = pd.DataFrame({"v": [0.0, 2.0, 4.0, 6.0], "k": ["a", "b", "a", "b"], "w": [1.0] * 4})
    gaps = truth.assign(v=[0.0, NAN, 4.0, 6.0], k=["a", "b", "a", None])
    draw = truth.assign(v=[0.0, 4.0, 4.0, 6.0], k=["a", "b", "a", "a"])
    deviation = np.std(truth["v"])

    def rows(table):
        return np.column_stack([table["v"] / deviation, table["k"] == "a", table["k"] == "b"])

    lost = [1, 3]
    expected = energy_distance(rows(truth)[lost], rows(draw)[lost])
    assert values(imputation(truth, gaps, draw))["energy_distance"] == pytest.approx(expected)
