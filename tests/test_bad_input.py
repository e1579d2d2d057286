"""Bad input: the right error, naming the parameter or the column and what is allowed."""

import copy
import datetime
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError

from regan import Callback, DivergenceError, RegularizedGAN
from regan.layers import Activation
from regan.optimizers import SGD, Adam, RMSprop
from regan.penalties import L1, L2, ElasticNet
from regan.schedules import CosineSchedule, LinearSchedule


def spoilt(value, dtype="float64"):
    """Ten good rows of three columns but for `value` in the middle one."""
    X = np.random.default_rng(0).normal(size=(10, 3)).astype(dtype)
    X[4, 1] = value
    return X


def framed(column):
    """A data frame whose column `b` is the given one."""
    values = np.random.default_rng(0).normal(size=len(column))
    return pd.DataFrame({"a": values, "b": column, "c": -values})


DAYS = pd.date_range("2026-01-01", periods=10)

# Data: what is given, the error, its message
DATA = {
    "NaN": (spoilt(np.nan), ValueError, r"X contains NaN in column 1 \(1 of 10 rows\): impute or"),
    "inf": (spoilt(np.inf), ValueError, r"X contains inf in column 1 \(1 of 10 rows\)"),
    "minus inf": (spoilt(-np.inf), ValueError, r"X contains inf in column 1"),
    "half inf": (spoilt(np.inf, "float16"), ValueError, r"X contains inf in column 1"),
    "NaN in a frame": (framed(spoilt(np.nan)[:, 1]), ValueError, r"X contains NaN in column 'b'"),
    "NA in a frame": (
        framed(pd.array([1, None] * 5, dtype="Int64")),
        ValueError,
        r"X contains NaN in column 'b' \(5 of 10 rows\)",
    ),
    "None": (framed([1.0, None] * 5), ValueError, r"X contains NaN in column 'b'"),
    "None among objects": (spoilt(None, object), ValueError, r"X contains NaN in column 1"),
    "many columns": (
        np.full((3, 8), np.nan),
        ValueError,
        r"X contains NaN in columns 0, 1, 2, 3, 4 and 3 more \(3 of 3 rows\)",
    ),
    "squares overflow single": (
        spoilt(2e19, "float32"),
        ValueError,
        r"squares overflow the dtype in column 1: the largest allowed is 1.84e\+19. Rescale",
    ),
    "squares overflow double": (
        spoilt(1e200),
        ValueError,
        r"squares overflow the dtype in column 1: the largest allowed is 1.34e\+154. Rescale",
    ),
    "squares overflow in a frame": (
        framed(np.array([1.0, -1e200] * 5)),
        ValueError,
        r"squares overflow the dtype in column 'b'",
    ),
    "one column of a mixed frame overflows": (
        framed(np.array([1, 2e19] * 5, dtype="float32")),
        ValueError,
        r"squares overflow the dtype in column 'b'",
    ),
    "variance overflows": (
        np.array([[1.3e154, 1], [-1.3e154, 2]] * 40),
        ValueError,
        r"the variance of column 0 overflows or underflows: rescale the column",
    ),
    "variance underflows": (
        spoilt(0.5) * [1, 1e-170, 1],
        ValueError,
        r"the variance of column 1 overflows or underflows: rescale the column",
    ),
    "complex": (
        spoilt(1j, complex),
        ValueError,
        r"Complex data not supported: column 0 .*complex128",
    ),
    "complex in a frame": (framed(np.arange(10) * 1j), ValueError, r"Complex .*column 'b'"),
    "complex objects": (
        spoilt(1j, object),
        TypeError,
        r"column 1 holds 1j \(complex\): the argument",
    ),
    "sparse": (scipy.sparse.csr_array(np.eye(4)), TypeError, r"Sparse data was passed for X"),
    "sparse matrix": (scipy.sparse.coo_matrix(np.eye(4)), TypeError, r"Sparse data was passed"),
    "strings": (
        np.array([["a", "b"], ["c", "d"]]),
        TypeError,
        r"column 0 holds .*'a'.*real numbers",
    ),
    "numbers as strings": (np.array([["1", "2"]] * 3), TypeError, r"column 0 holds .*'1'.*string"),
    "bytes": (np.array([[b"a", b"b"]] * 3), TypeError, r"column 0 holds .*b'a'"),
    "a list with a string": ([[1, 2], [3, "x"]], TypeError, r"column 1 holds 'x' \(str\)"),
    "a string column": (framed(list("abcdefghij")), TypeError, r"column 'b' holds 'a' \(str\)"),
    "categories": (framed(pd.Categorical(list("ab") * 5)), TypeError, r"column 'b' holds 'a'"),
    "objects": (spoilt({}, object), TypeError, r"column 1 holds {} \(dict\): the argument must be"),
    "an object column": (framed([1.0, [2]] * 5), TypeError, r"column 'b' holds \[2\] \(list\)"),
    "dates": (
        DAYS.to_numpy().reshape(5, 2),
        TypeError,
        r"column 0 holds dates or times \(datetime64",
    ),
    "times": (np.zeros((4, 2), "timedelta64[s]"), TypeError, r"column 0 holds dates or times"),
    "a date column": (framed(DAYS), TypeError, r"column 'b' holds dates or times \(datetime64"),
    "time zones": (framed(DAYS.tz_localize("CET")), TypeError, r"column 'b' holds dates or times"),
    "a time column": (
        framed(DAYS - DAYS[0]),
        TypeError,
        r"column 'b' holds dates .*convert it to num",
    ),
    "periods": (framed(DAYS.to_period("D")), TypeError, r"column 'b' holds Period\('2026-01-01'"),
    "date objects": (framed([datetime.date(2026, 1, 1)] * 10), TypeError, r"column 'b' .*\(date\)"),
    "stamps among objects": (framed([1.0, DAYS[0]] * 5), TypeError, r"column 'b' .*\(Timestamp\)"),
    "NumPy dates among objects": (
        spoilt(np.datetime64("2026-01-01"), object),
        TypeError,
        r"column 1 holds .*\(datetime64\)",
    ),
    "masked": (
        np.ma.masked_invalid(spoilt(np.nan)),
        TypeError,
        r"X is a masked array, and masked cells are missing values: fill them",
    ),
    "nothing masked": (np.ma.MaskedArray(np.eye(3)), TypeError, r"X is a masked array"),
    "records": (
        np.zeros(4, dtype=[("a", float), ("b", float)]),
        TypeError,
        r"X must be a table of numbers, a 2-d array or a DataFrame, got records",
    ),
    "no rows": (np.empty((0, 3)), ValueError, r"0 sample\(s\) \(shape=\(0, 3\)\)"),
    "no columns": (np.empty((3, 0)), ValueError, r"0 feature\(s\)"),
    "an empty frame": (pd.DataFrame(), ValueError, r"X has no columns"),
    "an empty list": ([], ValueError, r"(1D|2D) array"),
    "one row": (
        np.ones((1, 3)),
        ValueError,
        r"1 sample.* minimum of 2 is required by RegularizedGAN",
    ),
    "one dimension": (np.ones(5), ValueError, r"Expected 2D array, got 1D array"),
    "three dimensions": (np.ones((4, 3, 2)), ValueError, r"Found array with dim 3"),
    "a number": (5.0, TypeError, r"X must be a table of numbers, .*got a float"),
    "nothing": (None, TypeError, r"X must be a table of numbers, .*got a NoneType"),
    "text": ("abc", TypeError, r"X must be a table of numbers, .*got a str"),
    "a dict": ({"a": [1, 2]}, TypeError, r"X must be a table of numbers, .*got a dict"),
    "ragged": ([[1.0, 2.0], [3.0]], ValueError, r"inhomogeneous"),
    "columns of one name": (
        pd.DataFrame(np.eye(4), columns=["a", "b", "c", "b"]),
        ValueError,
        r"X has 2 columns 'b': column names must differ",
    ),
}


@pytest.mark.parametrize(("X", "error", "message"), DATA.values(), ids=DATA)
def test_bad_data(small_gan, X, error, message):
    for method in ("fit", "partial_fit"):
        gan = small_gan()
        with pytest.raises(error, match=message):
            getattr(gan, method)(X)
        assert vars(gan) == vars(small_gan())


GOOD = {
    "numeric objects": np.array([[1, 2.5], [Decimal(3), True]] * 5, dtype=object),
    "fractions": np.array([[Fraction(1, 3), np.float32(2)], [3, 4]] * 5, dtype=object),
    "numeric categories": framed(pd.Categorical([1, 2] * 5)),
    "Booleans": framed([True, False] * 5),
    "large but fine": spoilt(1e150),
    "large single": spoilt(1e19, "float32"),
}


@pytest.mark.parametrize("X", GOOD.values(), ids=GOOD)
def test_unusual_but_good_data(small_gan, X):
    assert np.isfinite(np.asarray(small_gan().fit(X).sample(9), dtype=float)).all()


def test_the_largest_value_depends_on_what_trains(small_gan):
    """Unscaled columns are squared in the dtype of training."""
    X = spoilt(1e30)
    small_gan().fit(X)
    with pytest.raises(
        ValueError, match=r"overflow the dtype in column 1: the largest .*1.84e\+19"
    ):
        small_gan(standardize=False).fit(X)


# Hyper-parameters: the settings, the error, its message

FLAT = {
    # strengths
    "negative alpha": (
        {"alpha": -1e-3},
        ValueError,
        r"alpha must be a finite number >= 0, got -0.001",
    ),
    "NaN alpha": ({"alpha": np.nan}, ValueError, r"alpha must be a finite number >= 0, got nan"),
    "infinite alpha": ({"alpha": np.inf}, ValueError, r"alpha must be a finite number"),
    "True as alpha": ({"alpha": True}, TypeError, r"alpha must be a real number, got True"),
    "text as alpha": ({"alpha": "0.1"}, TypeError, r"alpha must be a real number, got '0.1'"),
    "no alpha": ({"alpha": None}, TypeError, r"alpha must be a real number, got None"),
    "complex alpha": ({"alpha": 1j}, TypeError, r"alpha must be a real number, got 1j"),
    "alpha of three networks": (
        {"alpha": (1, 1, 1)},
        ValueError,
        r"alpha as a tuple must be a pair \(generator, discriminator\), got \(1, 1, 1\); several",
    ),
    "alpha, second of a pair": ({"alpha": (1e-3, -2.0)}, ValueError, r"alpha must be .*got -2.0"),
    "l1_ratio above 1": (
        {"penalty": "elasticnet", "l1_ratio": 1.5},
        ValueError,
        r"l1_ratio must be a finite number >= 0 and <= 1, got 1.5",
    ),
    "l1_ratio of one network": (
        {"penalty": "elasticnet", "l1_ratio": (0.5,)},
        ValueError,
        r"l1_ratio as a tuple must be a pair",
    ),
    "negative gamma": ({"gamma": -1}, ValueError, r"gamma must be a finite number >= 0, got -1"),
    "text as gamma": ({"gamma": "strong"}, TypeError, r"gamma must be a real number, got 'strong'"),
    # names
    "unknown penalty": (
        {"penalty": "l0"},
        ValueError,
        r"penalty='l0' is not known; choose one of: l1, l2, elasticnet, None, or an object",
    ),
    "penalty as a number": (
        {"penalty": 2},
        TypeError,
        r"penalty=2 is not known; choose one of: l1",
    ),
    "penalty as a class": (
        {"penalty": L1},
        TypeError,
        r"penalty=<class .*L1'> is not known; choose",
    ),
    "penalty of three networks": (
        {"penalty": ("l1",) * 3},
        ValueError,
        r"penalty .*must be a pair",
    ),
    "penalty in a list": ({"penalty": ["l2", "l0"]}, ValueError, r"penalty='l0' is not known"),
    "penalty for one network": (
        {"penalty": ("l2", "l0")},
        ValueError,
        r"penalty='l0' is not known",
    ),
    "unknown loss": (
        {"loss": "cross_entropy"},
        ValueError,
        r"loss='cross_entropy' is not known; choose one of: relativistic, non_saturating, minimax, "
        r"wasserstein, hinge, least_squares, or an object of Loss",
    ),
    "no loss": ({"loss": None}, TypeError, r"loss=None is not known; choose one of: relativistic"),
    "unknown activation": (
        {"activation": "swish"},
        ValueError,
        r"activation='swish' is not known; choose one of: leaky_relu, relu, tanh, sigmoid, "
        r"softplus, elu, silu, gelu, or an object of Layer",
    ),
    "no activation": ({"activation": None}, TypeError, r"activation=None is not known; choose one"),
    "activations of three": ({"activation": ("relu",) * 3}, ValueError, r"activation .*be a pair"),
    "unknown optimizer": (
        {"optimizer": "lion"},
        ValueError,
        r"optimizer='lion' is not known; choose one of: sgd, rmsprop, adam, adamw, or an ob",
    ),
    "no optimizer": (
        {"optimizer": ("adam", None)},
        TypeError,
        r"optimizer=None is not known; choose one of: sgd",
    ),
    "unknown gradient_penalty": (
        {"gradient_penalty": "wgan_gp"},
        ValueError,
        r"gradient_penalty='wgan_gp' is not known; choose one of: r1, r2, r1r2, None, or an",
    ),
    "unknown schedule": (
        {"learning_rate": "adaptive"},
        ValueError,
        r"learning_rate='adaptive' is not known; choose one of: constant, linear, cosine, or",
    ),
    "a number as learning_rate": (
        {"learning_rate": 0.1},
        ValueError,
        r"learning_rate=0.1 must name a schedule \(constant, linear, cosine\); the rate itself is "
        r"learning_rate_init",
    ),
    "numbers as learning_rate": (
        {"learning_rate": (1e-3, 1e-4)},
        ValueError,
        r"learning_rate=0.001 .*the rate itself is learning_rate_init",
    ),
    "a NumPy number as learning_rate": (
        {"learning_rate": np.float32(0.1)},
        ValueError,
        r"the rate itself is learning_rate_init",
    ),
    # rates
    "learning_rate_init of zero": (
        {"learning_rate_init": 0},
        ValueError,
        r"learning_rate_init must be a finite number > 0, got 0",
    ),
    "text as learning_rate_init": (
        {"learning_rate_init": "constant"},
        TypeError,
        r"learning_rate_init must be a real number, got 'constant'",
    ),
    "a list as learning_rate_init": (
        {"learning_rate_init": [1e-3, 1e-3]},
        TypeError,
        r"learning_rate_init must be a real number, got \[",
    ),
    "three learning_rate_init": (
        {"learning_rate_init": (1e-3,) * 3},
        ValueError,
        r"learning_rate_init as a tuple must be a pair",
    ),
    "beta_1 of 1": (
        {"beta_1": 1.0},
        ValueError,
        r"beta_1 must be a finite number >= 0 and < 1, got 1",
    ),
    "beta_2 of 1": (
        {"beta_2": (0.9, 1)},
        ValueError,
        r"beta_2 must be a finite number >= 0 and < 1",
    ),
    "beta_1 as momentum": (
        {"beta_1": -1, "optimizer": "sgd"},
        ValueError,
        r"beta_1 must be",
    ),
    "beta_2 as decay": (
        {"beta_2": 2, "optimizer": "rmsprop"},
        ValueError,
        r"beta_2 must be",
    ),
    "ema_decay of 1": (
        {"ema_decay": 1},
        ValueError,
        r"ema_decay must be a finite number >= 0 and < 1, got 1",
    ),
    "no ema_decay": ({"ema_decay": None}, TypeError, r"ema_decay must be a real number, got None"),
    # counts and widths
    "batch_size of 0": (
        {"batch_size": 0},
        ValueError,
        r"batch_size must be an integer >= 1, got 0",
    ),
    "batch_size as a float": (
        {"batch_size": 32.0},
        TypeError,
        r"batch_size must be an integer, got 32",
    ),
    "True as batch_size": (
        {"batch_size": True},
        TypeError,
        r"batch_size must be an integer, got True",
    ),
    "max_iter of 0": ({"max_iter": 0}, ValueError, r"max_iter must be an integer >= 1, got 0"),
    "text as max_iter": (
        {"max_iter": "many"},
        TypeError,
        r"max_iter must be an integer, got 'many'",
    ),
    "latent_dim of 0": (
        {"latent_dim": 0},
        ValueError,
        r"latent_dim must be an integer >= 1, got 0",
    ),
    "no discriminator step": (
        {"n_discriminator_steps": 0},
        ValueError,
        r"n_discriminator_steps must be an integer >= 1, got 0",
    ),
    "a width of 0": (
        {"hidden_layer_sizes": (8, 0)},
        ValueError,
        r"hidden_layer_sizes must be an integer >= 1, got 0",
    ),
    "a width as a float": (
        {"hidden_layer_sizes": 8.0},
        TypeError,
        r"hidden_layer_sizes must be an integer, got 8.0",
    ),
    "no widths": (
        {"hidden_layer_sizes": None},
        TypeError,
        r"hidden_layer_sizes must be an integer",
    ),
    "text as widths": (
        {"hidden_layer_sizes": "8"},
        TypeError,
        r"hidden_layer_sizes must be an int",
    ),
    "the discriminator's width": (
        {"discriminator_hidden_layer_sizes": (-1,)},
        ValueError,
        r"discriminator_hidden_layer_sizes must be an integer >= 1, got -1",
    ),
    # switches and the rest
    "standardize as a number": (
        {"standardize": 1},
        TypeError,
        r"standardize must be True or False",
    ),
    "warm_start as text": (
        {"warm_start": "no"},
        TypeError,
        r"warm_start must be True or False, got 'no'",
    ),
    "half precision": (
        {"dtype": "float16"},
        ValueError,
        r"dtype='float16' is not known; choose one of: float32, float64",
    ),
    "dtype as a type": (
        {"dtype": np.float64, "standardize": False},
        ValueError,
        r"dtype=<class .*> is not known; choose one of: float32, float64",
    ),
    "unknown backend": (
        {"backend": "torch"},
        ValueError,
        r"backend='torch' names no backend; choose one of: numpy, cupy, .*auto",
    ),
    "backend as a number": (
        {"backend": 0},
        TypeError,
        r"backend must be a name or None, got 0",
    ),
    "unused negative alpha": (
        {"penalty": None, "alpha": -1},
        ValueError,
        r"alpha must be a finite number >= 0, got -1",
    ),
    "unused l1_ratio": (
        {"l1_ratio": 3},
        ValueError,
        r"l1_ratio must be a finite number >= 0 and <= 1, got 3",
    ),
    "unused gamma": (
        {"gradient_penalty": None, "gamma": -1},
        ValueError,
        r"gamma must be a finite number >= 0, got -1",
    ),
    "a pair of gammas": ({"gamma": (0.1, 0.2)}, ValueError, r"gamma must be one number, got"),
    "a pair of widths": (
        {"hidden_layer_sizes": ((8,), (4,))},
        TypeError,
        r"hidden_layer_sizes .* are set by discriminator_hidden_layer_sizes",
    ),
    "a class as callback": (
        {"callbacks": [Callback]},
        TypeError,
        r"callbacks must hold Callbacks or callables, got <class",
    ),
    "a list of backends": (
        {"backend": ["numpy"]},
        TypeError,
        r"backend must be a name or None, got \['numpy'\]",
    ),
    "text as random_state": (
        {"random_state": "seed"},
        ValueError,
        r"random_state must be None, an integer from 0 to 2\*\*32 - 1 or a RandomState, got 'seed'",
    ),
    "negative random_state": (
        {"random_state": -1},
        ValueError,
        r"random_state must be None, an int",
    ),
    "Generator as random_state": (
        {"random_state": np.random.default_rng(0)},
        ValueError,
        r"random_state must be None, an integer .* or a RandomState, got Generator",
    ),
    "verbose as text": ({"verbose": "yes"}, TypeError, r"verbose must be an integer, got 'yes'"),
    "negative verbose": ({"verbose": -1}, ValueError, r"verbose must be an integer >= 0, got -1"),
    "callbacks with a number": (
        {"callbacks": [5]},
        TypeError,
        r"callbacks must hold Callbacks or callables, got 5",
    ),
    "one callback": (
        {"callbacks": print},
        TypeError,
        r"callbacks must",
    ),
    "many alphas": (
        {"alpha": [1e-3, 1e-2]},
        (TypeError, ValueError),
        r"\balpha\b",
    ),
}

OBJECTS = {
    "penalty": ({"penalty": L1(-1)}, ValueError, r"alpha must be a finite number >= 0, got -1"),
    "penalty of a pair": ({"penalty": (None, L2(np.nan))}, ValueError, r"alpha must be .*got nan"),
    "mixture": ({"penalty": ElasticNet(1e-3, 2)}, ValueError, r"l1_ratio must be .*<= 1, got 2"),
    "method": (
        {"penalty": L1(1e-3, method="newton")},
        ValueError,
        r"method='newton' is not known; choose one of: prox, subgradient",
    ),
    "momentum": ({"optimizer": SGD(1.0)}, ValueError, r"momentum must be a finite .* < 1, got 1.0"),
    "epsilon": ({"optimizer": Adam(epsilon=0)}, ValueError, r"epsilon must be a finite number > 0"),
    "decay": (
        {"optimizer": (RMSprop(decay="a"), "adam")},
        TypeError,
        r"decay must be a real number",
    ),
    "final": ({"learning_rate": LinearSchedule(2)}, ValueError, r"final must be .*<= 1, got 2"),
    "final of cosine": (
        {"learning_rate": CosineSchedule(None)},
        TypeError,
        r"final must be a real",
    ),
    "function": (
        {"activation": Activation("swish")},
        ValueError,
        r"activation='swish' is not known; choose one of: leaky_relu, relu",
    ),
}


def rows(table):
    """Parametrize's rows, with the key of the table as their id."""
    for name, row in table.items():
        yield pytest.param(*row, id=name)


@pytest.mark.parametrize(("settings", "error", "message"), list(rows({**FLAT, **OBJECTS})))
def test_bad_settings(small_gan, table, settings, error, message):
    gan = small_gan(**settings)
    before = vars(gan).copy()
    with pytest.raises(error, match=message):
        gan.fit(table)
    assert vars(gan) == before


def test_every_setting_has_a_bad_value():
    covered = {name for row in FLAT.values() for name in getattr(row, "values", row)[0]}
    assert covered == RegularizedGAN().get_params().keys()


# After fit

CALLS = {
    "no samples": (
        lambda gan: gan.sample(0),
        ValueError,
        r"n_samples must be an integer >= 1, got 0",
    ),
    "negative": (
        lambda gan: gan.sample(-5),
        ValueError,
        r"n_samples must be an integer >= 1, got -5",
    ),
    "a float": (lambda gan: gan.sample(2.0), TypeError, r"n_samples must be an integer, got 2.0"),
    "a truth value": (lambda gan: gan.sample(True), TypeError, r"n_samples must be an integer"),
    "a shape": (
        lambda gan: gan.sample((3, 2)),
        TypeError,
        r"n_samples must be an integer, got \(3, 2\)",
    ),
    "a table": (lambda gan: gan.sample(np.eye(3)), TypeError, r"n_samples must be an integer"),
    "nothing": (lambda gan: gan.sample(None), TypeError, r"n_samples must be an integer, got None"),
    "a bad seed": (
        lambda gan: gan.sample(2, random_state="x"),
        ValueError,
        r"random_state must be None, an integer .*got 'x'",
    ),
    "fewer columns": (
        lambda gan: gan.score(np.eye(2)),
        ValueError,
        r"X has 2 features, but RegularizedGAN is expecting 3 features",
    ),
    "more columns": (lambda gan: gan.score(np.eye(4)), ValueError, r"X has 4 features"),
    "score of one row": (lambda gan: gan.score(np.ones((1, 3))), ValueError, r"minimum of 2"),
    "score of a row": (lambda gan: gan.score(np.ones(3)), ValueError, r"Expected 2D array"),
    "score of NaN": (lambda gan: gan.score(spoilt(np.nan)), ValueError, r"NaN in column 1"),
    "score of strings": (
        lambda gan: gan.score(spoilt("x", object)),
        TypeError,
        r"column 1 holds 'x'",
    ),
    "partial_fit": (lambda gan: gan.partial_fit(np.eye(2)), ValueError, r"X has 2 features"),
}


@pytest.mark.parametrize(("call", "error", "message"), CALLS.values(), ids=CALLS)
def test_bad_calls(small_gan, table, call, error, message):
    with pytest.raises(error, match=message):
        call(small_gan().fit(table))


@pytest.mark.parametrize(
    "call",
    [lambda gan: gan.sample(), lambda gan: gan.score(np.eye(3)), lambda gan: gan.save("nowhere")],
    ids=["sample", "score", "save"],
)
def test_before_fit(small_gan, call):
    with pytest.raises(NotFittedError, match="RegularizedGAN instance is not fitted yet"):
        call(small_gan())


def test_other_names_at_score(small_gan, table):
    gan = small_gan().fit(pd.DataFrame(table, columns=["a", "b", "c"]))
    with pytest.raises(ValueError, match="feature names should match"):
        gan.score(pd.DataFrame(table, columns=["a", "b", "d"]))


# A failed refit changes nothing


def fitted_state(gan):
    """Every attribute as bytes: all that a pickle would hold."""
    return {name: pickle.dumps(value) for name, value in vars(gan).items()}


class Fail(Callback):
    def on_step(self, run):
        if run.done == 3:
            raise KeyError("in the middle")


REFITS = [
    pytest.param({}, lambda X: X[:, :2] * np.nan, ValueError, id="NaN"),
    pytest.param({}, lambda X: X[:1, :2], ValueError, id="one row"),
    pytest.param({}, lambda X: X.astype(str), TypeError, id="strings"),
    pytest.param({"alpha": -1}, lambda X: X[:, :2], ValueError, id="alpha"),
    pytest.param({"loss": "x"}, lambda X: X[:, :2], ValueError, id="loss"),
    pytest.param({"latent_dim": 0}, lambda X: X[:, :2], ValueError, id="latent_dim"),
    pytest.param({"backend": "x"}, lambda X: X[:, :2], ValueError, id="backend"),
    pytest.param({"dtype": "x"}, lambda X: X[:, :2], ValueError, id="dtype"),
    pytest.param({"callbacks": [Fail()]}, lambda X: X[:, :2], KeyError, id="callback"),
    pytest.param({"warm_start": True}, lambda X: X[:, :2], ValueError, id="warm columns"),
    pytest.param(
        {"warm_start": True, "latent_dim": 9}, lambda X: X, ValueError, id="warm latent_dim"
    ),
    pytest.param({"warm_start": True, "alpha": -1}, lambda X: 2 * X, ValueError, id="warm alpha"),
    pytest.param(
        {"warm_start": True, "callbacks": [Fail()]},
        lambda X: 2 * X,
        KeyError,
        id="warm callback",
    ),
]


@pytest.mark.parametrize(("settings", "make", "error"), REFITS)
def test_a_failed_refit_changes_nothing(small_gan, table, settings, make, error):
    X = np.c_[table[:, :2], np.ones(60)]  # a constant column, which a refit would see vary
    gan = small_gan().fit(pd.DataFrame(X, columns=["a", "b", "c"]))
    rows = gan.sample(5)
    gan.set_params(**settings)
    before, other = fitted_state(gan), make(X)
    names = ["a", "b", "c"] if gan.warm_start else ["x", "y", "z"]
    with pytest.raises(error):
        gan.fit(pd.DataFrame(other, columns=names[: other.shape[1]]))
    assert fitted_state(gan) == before
    assert list(gan.feature_names_in_) == ["a", "b", "c"]
    assert gan.n_features_in_ == 3
    assert gan.set_params(backend=None).sample(5).equals(rows)


def test_a_failed_partial_fit_changes_nothing(small_gan, table):
    gan = small_gan().partial_fit(table)
    before = fitted_state(gan)
    with pytest.raises(ValueError, match="NaN"):
        gan.partial_fit(table * np.nan)
    assert fitted_state(gan) == before


# Divergence

EXPLODES = {
    "adam": {"learning_rate_init": 1e30},
    "sgd": {"learning_rate_init": 1e12, "optimizer": "sgd"},
    "wasserstein": {"loss": "wasserstein", "learning_rate_init": 1e10, "gradient_penalty": None},
    "least squares": {"loss": "least_squares", "learning_rate_init": 1e15},
    "double": {"learning_rate_init": 1e200, "dtype": "float64"},
    "gradient penalty": {"learning_rate_init": (1e-3, 1e25), "gamma": 1e5},
}


@pytest.mark.parametrize("settings", EXPLODES.values(), ids=EXPLODES)
def test_divergence_is_an_error(small_gan, table, settings):
    gan = small_gan(max_iter=200, **settings)
    with pytest.raises(DivergenceError, match="training diverged: ") as caught:
        gan.fit(table)
    error = caught.value
    assert f"{error.term} was not finite at update {error.step}" in str(error)
    assert "learning_rate_init" in str(error)
    assert 1 <= error.step <= 200
    players, rest = ("generator_", "discriminator_"), ("parameters", "generated rows")
    assert error.term.startswith(players) or error.term in rest
    for network in (gan.generator_, gan.discriminator_):
        assert np.isfinite(network.theta).all()
    assert np.isfinite(gan.sample(50)).all()
    assert gan.n_iter_ < error.step
    assert all(np.isfinite(values).all() for values in gan.history_.values())


def test_divergence_keeps_the_last_finite_parameters(small_gan, table):
    """Those at the end of the last window before the explosion."""

    class Explode(Callback):
        def on_step(self, run):
            if run.done == 7:
                run.state.thetas.generator[...] = np.inf

    gan = small_gan(callbacks=[Explode()], learning_rate="constant")
    with pytest.raises(DivergenceError, match="was not finite at update 7") as caught:
        gan.fit(table)
    assert caught.value.step == 7
    expected = small_gan(max_iter=6, learning_rate="constant").fit(table)
    assert gan.n_iter_ == 6
    np.testing.assert_array_equal(gan.generator_.theta, expected.generator_.theta)
    np.testing.assert_array_equal(gan.sample(5), expected.sample(5))
    assert len(gan.history_["generator_loss"]) == 6
    gan.set_params(callbacks=None, warm_start=True, max_iter=4).fit(table)  # and it can go on
    assert gan.n_iter_ == 10


def test_divergence_names_the_first_bad_term(small_gan, table):
    class Spoil(Callback):
        def on_step(self, run):
            if run.done == 3:
                run.state.thetas.discriminator[...] = np.nan

    gan = small_gan(max_iter=100, callbacks=[Spoil()])  # windows of two updates
    with pytest.raises(DivergenceError) as caught:
        gan.fit(table)
    assert caught.value.step == 4
    assert caught.value.term == "discriminator_loss"
    assert gan.n_iter_ == 3  # the window of two was played again up to its first


def test_a_divergence_when_going_on_keeps_the_history(small_gan, table):
    gan = small_gan(warm_start=True).fit(table)
    gan.set_params(learning_rate_init=1e30)
    with pytest.raises(DivergenceError) as caught:
        gan.fit(table)
    assert caught.value.step > 10
    assert len(gan.history_["generator_loss"]) == gan.n_iter_ == 10


@pytest.mark.parametrize("duplicate", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy])
def test_the_error_pickles(duplicate):
    error = DivergenceError(5, "generator_loss")
    twin = duplicate(error)
    assert (type(twin), str(twin), twin.step, twin.term) == (
        DivergenceError,
        str(error),
        5,
        "generator_loss",
    )
    assert isinstance(error, RuntimeError)
