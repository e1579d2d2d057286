"""What the guide says of how columns are encoded."""

import numpy as np
import pandas as pd
import pytest
from mixed_tables import MODELS
from one_column import column_of, of_pandas, wild
from page_sentences import says
from scipy.stats import norm, rankdata
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from regan import RegularizedGaussian
from regan.data import Inequality, TableEncoder

N = 400
RNG = np.random.default_rng(0)
LOST = RNG.random(N) < 0.3
NUMBERS = RNG.lognormal(size=N)
KIND = RNG.choice(["a", "b"], N)
TABLE = pd.DataFrame({"x": NUMBERS, "kind": KIND, "count": RNG.integers(0, 9, N)})


def names_of(X, **settings):
    return TableEncoder(**settings).fit(X).get_feature_names_out().tolist()


@says("TableEncoder converts the table")
def test_between_table_and_matrix():
    model = MODELS["gan"](max_iter=1, frames=None).fit(TABLE)
    matrix = model.table_encoder_.transform(TABLE)
    assert matrix.shape == (N, 1 + 2 + 9)
    assert model.generator_(np.zeros((1, 4))).shape == (1, matrix.shape[1])
    assert model.discriminator_(matrix).shape == (N, 1)


@says("Numbers become normal scores by rank")
def test_normal_scores():
    encoder = TableEncoder().fit(of_pandas(NUMBERS).assign(kind=KIND))
    scores = encoder.transform(of_pandas(NUMBERS).assign(kind=KIND))[:, 0]
    np.testing.assert_allclose(scores, norm.ppf((rankdata(NUMBERS) - 0.5) / N))
    quantiles = np.column_stack([norm.ppf([0.1, 0.5, 0.9]), np.ones(3), np.zeros(3)])
    back = encoder.inverse_transform(quantiles)["x"]
    np.testing.assert_allclose(back, np.quantile(NUMBERS, [0.1, 0.5, 0.9]), rtol=0.02)


@says(
    "Missing cells are one additional level",
    "A numeric column has an additional block",
)
def test_blocks_of_missing_cells():
    X = TABLE.assign(kind=TABLE["kind"].mask(LOST)).mask(np.outer(LOST[::-1], [1, 0, 0]) > 0)
    names = ["x", "x_present", "x_missing", "kind_a", "kind_b", "kind_missing"]
    assert names_of(X[["x", "kind"]]) == names


@pytest.mark.parametrize("n_columns", [4, 5])
@says(
    "There are at most 20 patterns",
    "If there are more, the numeric columns share",
)
def test_at_most_20_patterns(n_columns):
    """Most rows lack all of the columns or none, a few any others."""
    patterns = np.array([[int(bit) for bit in f"{i:05b}"[:n_columns]] for i in range(32)])
    lost = np.concatenate([np.repeat([[0] * n_columns, [1] * n_columns], 500, axis=0), patterns])
    X = pd.DataFrame(RNG.normal(size=lost.shape)).rename(columns=str).mask(lost > 0)
    encoder = TableEncoder().fit(X)
    n_patterns = len(np.unique(lost, axis=0))
    assert [len(found) for _, found in encoder.together_] == [n_patterns] * (n_patterns <= 20)
    assert encoder.levels_ == ((n_patterns,) if n_patterns <= 20 else (2,) * n_columns)


@says(
    "There are at most 20 patterns",
    "If there are more, the numeric columns share",
)
def test_more_than_20_patterns_with_levels():
    """Four numbers have 16 with each other, and 32 with a column of levels."""
    patterns = np.array([[int(bit) for bit in f"{i:05b}"] for i in range(32)])
    lost = np.concatenate([np.repeat([[0] * 5, [1] * 5], 500, axis=0), patterns])
    X = pd.DataFrame(RNG.normal(size=(len(lost), 4))).rename(columns=str)
    X["kind"] = RNG.choice(["a", "b"], len(lost))
    (group,) = TableEncoder().fit(X.mask(lost > 0)).together_
    assert (group[0], len(group[1])) == ((0, 1, 2, 3), 16)


@says(
    "Columns whose cells are missing together share one block",
    "A categorical column then also has",
)
def test_a_shared_block():
    X = pd.DataFrame({"x": NUMBERS, "kind": KIND}).mask(np.column_stack([LOST] * 2))
    names = ["x", "kind_a", "kind_b", "x_present", "x, kind_missing"]
    assert names_of(X) == names


@says("Columns under a rule do not share")
def test_columns_that_stay_by_themselves():
    numbers = pd.DataFrame({"low": NUMBERS, "high": NUMBERS + 1}).mask(np.column_stack([LOST] * 2))
    assert len(TableEncoder(dependencies=False).fit(numbers).together_) == 1
    assert TableEncoder(rules=[Inequality("low", "high")]).fit(numbers).together_ == ()


@says("When training continues, a new pattern counts")
def test_new_patterns():
    X = pd.DataFrame({name: RNG.normal(size=N) for name in "abc"})
    X[LOST] = np.nan
    encoder = TableEncoder().fit(X)
    X.loc[[0, 1], "a"], X.loc[0, "b"] = np.nan, np.nan
    X.loc[[0, 1], "c"], X.loc[1, "b"] = 0.5, 0.5
    missing = encoder.inverse_transform(encoder.transform(X)).isna().loc[[0, 1]]
    assert missing.all(axis=1).tolist() == [True, False]
    assert missing.any(axis=1).tolist() == [True, False]


@says(
    "For a missing number, the model trains",
    "regan draws this row from the five nearest",
)
@says("This keeps the relations between columns")
def test_numbers_in_the_place_of_missing_ones():
    x = RNG.normal(size=1000)
    X = pd.DataFrame({"x": x, "y": x + 0.1 * RNG.normal(size=1000)})
    X["y"] = X["y"].mask(RNG.random(1000) < 0.4)
    encoder, lost = TableEncoder("standard").fit(X), X["y"].isna().to_numpy()
    scaled = encoder.transform(X)[:, :2]
    nearest = np.argsort(np.abs(scaled[lost, :1] - scaled[~lost, 0]), axis=1)[:, :5]
    given = scaled[~lost, 1][nearest]
    assert (scaled[lost, 1:] == given).any(axis=1).mean() > 0.99
    assert np.corrcoef(scaled[lost].T)[0, 1] == pytest.approx(
        np.corrcoef(scaled[~lost].T)[0, 1], abs=0.02
    )


@says("A missing level whose block has no level for")
def test_levels_in_the_place_of_missing_ones():
    large = np.median(NUMBERS) < NUMBERS
    kind = np.where(large, "a", "b")
    X = pd.DataFrame({"x": NUMBERS, "y": NUMBERS, "kind": kind})
    X = X.mask(np.column_stack([np.zeros(N, bool), LOST, LOST]))
    apart = {"dependencies": False}
    matrix = pd.DataFrame(TableEncoder(**apart).fit_transform(X), columns=names_of(X, **apart))
    assert ((matrix["kind_a"] == 1) == large)[LOST].mean() > 0.95
    assert (matrix["kind_a"] + matrix["kind_b"] == 1).all()


@says(
    "For a missing number, the model trains",
    "regan draws this row from the five nearest",
)
def test_among_2000_rows():
    """Half of them have a number to give, of those that have one each gives its own."""
    X = pd.DataFrame(RNG.normal(size=(6000, 2)), columns=["x", "y"])
    lost = np.arange(6000) % 2 == 0
    scaled = TableEncoder("standard").fit_transform(X.assign(y=X["y"].mask(lost)))
    assert len(np.unique(scaled[lost, 1])) < 0.55 * 2000
    assert len(np.unique(scaled[~lost, 1])) == 3000


SPIKED = of_pandas(np.where(LOST, 0, NUMBERS)).assign(kind=KIND)


@says("Tied numbers share an interval of ranks")
def test_ties():
    """The middle of the interval, of which the share of zeros comes back as zeros."""
    encoder = TableEncoder().fit(SPIKED)
    assert encoder.transform(SPIKED)[LOST, 0] == pytest.approx(norm.ppf(LOST.mean() / 2))
    share = LOST.mean()
    ends = norm.ppf([share / 9, share * 0.99, share + 1 / N])
    rows = np.column_stack([ends, np.ones(3), np.zeros(3)])
    assert (encoder.inverse_transform(rows)["x"] == 0).tolist() == [True, True, False]


@pytest.mark.parametrize("make", [MODELS[name] for name in ("gan", "vae", "gaussian")])
@says(
    "The VAE and the Gaussian train on random places within this",
    "These places are always the same",
    "The GAN trains on the middle",
)
def test_where_tied_numbers_are(make):
    scaler = make().fit(SPIKED)._reader.scaler
    numbers = scaler.encoder.read(SPIKED)
    rows = [scaler.forward(numbers).plain[:, 0] for _ in range(2)]
    np.testing.assert_array_equal(*rows)
    if make is MODELS["gan"]:
        assert np.ptp(rows[0][LOST]) == 0
    else:
        scores = norm.ppf((np.arange(N) + 0.5) / N)
        np.testing.assert_allclose(np.sort(rows[0]), scores, atol=0.01)


FEW = {
    "20 values": (np.arange(N) % 20, N, 20),
    "21 values": (np.arange(N) % 21, N, 0),
    "ten rows each": (np.arange(N) % 9, 90, 9),
    "fewer rows": (np.arange(N) % 9, 89, 0),
    "no whole numbers": (np.arange(N) % 9 / 2, N, 0),
}


@pytest.mark.parametrize(("values", "n", "levels"), FEW.values(), ids=FEW)
@says("Whole numbers with few values (flags")
def test_whole_numbers_of_a_few_values(values, n, levels):
    assert column_of(of_pandas(values[:n])).n_levels == levels


@says("Samples contain them as numbers")
def test_levels_that_are_numbers():
    X = of_pandas(np.arange(N) % 9)
    assert wild(X)["x"].dtype == X["x"].dtype
    encoder = TableEncoder().fit(X)
    (places,) = encoder.compare(np.arange(9.0)[:, None]).T
    assert (np.diff(places) > 0).all()


@says(
    "max_integer_levels changes the limit of 20",
    "The Gaussian encodes such columns by rank",
)
def test_max_integer_levels():
    X = of_pandas(np.arange(N) % 25)
    assert column_of(X).n_levels == 0
    assert column_of(X, max_integer_levels=25).n_levels == 25
    assert column_of(TABLE[["count"]], max_integer_levels=0).n_levels == 0
    assert RegularizedGaussian().fit(TABLE).table_encoder_.levels_ == (2,)
    assert MODELS["vae"]().fit(TABLE).table_encoder_.levels_ == (2, 9)


def scales(X):
    return {getattr(column, "scaling", None) for column in TableEncoder().fit(X).columns_}


def pixels(n_columns=16, n_values=17, in_all=1024):
    """Columns from 0 to 1 with so many values each, which are other ones beyond 1,024 in all."""
    values = (np.arange(N)[:, None] + np.arange(n_columns)) % n_values / (n_values - 1)
    powers = 1 + np.arange(n_columns) / 60 * (in_all > 1024)
    names = [f"p{i}" for i in range(n_columns)]
    return pd.DataFrame(values**powers, columns=names).assign(kind=KIND)


@says(
    "Columns on one scale, such as the pixels of an image",
    "Columns count as such if",
)
def test_pixels():
    assert scales(pixels()) == {"standard", None}
    assert scales(pixels(n_columns=60, in_all=960)) == {"standard", None}
    assert scales(pixels(n_columns=15)) == {"quantile", None}
    assert scales(pixels(n_values=16)) == {"quantile", None}
    assert scales(pixels(n_columns=60, n_values=20, in_all=1082)) == {"quantile", None}


@says("The same holds for columns without long tails")
def test_floating_tables():
    X = pd.DataFrame({"x": RNG.normal(size=N), "y": RNG.normal(size=N)})
    assert scales(X) == {"standard"}
    kinds = X.assign(kind=KIND)
    assert scales(kinds) == scales(kinds[:100]) == {"quantile", None}
    assert scales(kinds[:99]) == {"standard", None}
    tails = TableEncoder().fit(X.assign(y=np.exp(2 * X["y"]))).columns_
    assert [column.scaling for column in tails] == ["standard", "quantile"]


@says('numeric="standard" scales numbers')
def test_mean_and_variance():
    scaled = TableEncoder("standard").fit_transform(TABLE)[:, 0]
    np.testing.assert_allclose(scaled, StandardScaler().fit_transform(TABLE[["x"]])[:, 0])


@says(
    "To choose the scaling for all columns",
    "The encoder also sets which whole numbers",
)
def test_choices():
    X = TABLE.assign(code=np.arange(N) % 50, z=NUMBERS[::-1])
    encoder = TableEncoder({"x": "standard"}, categorical=["code"], max_integer_levels=0)
    model = MODELS["vae"](standardize=encoder).fit(X)
    x, _, count, code, z = model.table_encoder_.columns_
    assert (x.scaling, z.scaling) == ("standard", "quantile")
    assert (count.n_levels, code.n_levels) == (0, 50)
    both = MODELS["vae"](standardize=TableEncoder("standard")).fit(X).table_encoder_.columns_
    assert both[0].scaling == both[-1].scaling == "standard"


@says("If you give an encoder, standardize__numeric")
def test_a_parameter_of_a_grid():
    model = RegularizedGaussian(standardize=TableEncoder())
    other = clone(model).set_params(standardize__numeric="standard").fit(TABLE)
    assert other.table_encoder_.columns_[0].scaling == "standard"
