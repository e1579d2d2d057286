"""Bad input: the right error, naming the parameter or the column and what is allowed."""

import copy
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from name_tables import TABLES
from sklearn.exceptions import NotFittedError

from regan import (
    Callback,
    DivergenceError,
    RegularizedGAN,
    RegularizedGaussian,
    RegularizedMixture,
    RegularizedVAE,
)
from regan.building.architecture import NoiseSkip, Packing
from regan.constraints import (
    L1Ball,
    L2Ball,
    MaxNonZero,
    MaxNorm,
    MaxUnits,
    SpectralNorm,
    UnitNorm,
    WeightClip,
)
from regan.constraints.clipping import ClipNorm, ClipValue
from regan.data import TableEncoder
from regan.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    FourierFeatures,
    GroupNorm,
    LatentMixture,
    LayerNorm,
    MinibatchStd,
)
from regan.losses import Hinge, NonSaturating
from regan.losses.matching import MatchFeatures, MatchMoments, MatchRows
from regan.objectives.noise import InstanceNoise
from regan.optimizers import SGD, Adam, ExtraAdam, RMSprop
from regan.penalties import L1, L2, ElasticNet, GroupLasso, Orthogonal
from regan.penalties.activity import L1Activity, L2Activity
from regan.penalties.gradient import DRAGAN, R1, WGANGP
from regan.schedules import CosineSchedule, GeometricSchedule, LinearSchedule


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
    "NaN": (
        spoilt(np.nan),
        ValueError,
        r"NaN in column 1, in 1 of 10 rows \(row 4\): impute .*standardize=TableEncoder\(",
    ),
    "inf": (spoilt(np.inf), ValueError, r"X contains inf in column 1, in 1 of 10 rows \(row 4\)"),
    "minus inf": (spoilt(-np.inf), ValueError, r"X contains inf in column 1"),
    "half inf": (spoilt(np.inf, "float16"), ValueError, r"X contains inf in column 1"),
    "nothing in a frame": (
        pd.DataFrame({"a": [np.nan] * 4, "b": [None] * 4}),
        ValueError,
        r"X has nothing to learn: each column has no values",
    ),
    "None among objects": (spoilt(None, object), ValueError, r"X contains NaN in column 1"),
    "many columns": (
        np.full((3, 8), np.nan),
        ValueError,
        r"X contains NaN in columns 0, 1, 2, 3, 4 and 3 more, in 3 of 3 rows \(rows 0, 1 and 2\)",
    ),
    "squares overflow single": (
        spoilt(2e19, "float32"),
        ValueError,
        r"the dtype in column 1, in 1 of 10 rows \(row 4\): the largest .* 1.84e\+19. Resc",
    ),
    "squares overflow double": (
        spoilt(1e200),
        ValueError,
        r"the dtype in column 1, in 1 of 10 rows \(row 4\): the largest .* 1.34e\+154. Resc",
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
        r"column 0 has a variance that overflows or underflows: rescale it",
    ),
    "variance underflows": (
        spoilt(0.5) * [1, 1e-170, 1],
        ValueError,
        r"column 1 has a variance that overflows or underflows: rescale it",
    ),
    "complex": (
        spoilt(1j, complex),
        ValueError,
        r"columns 0, 1, 2: each holds complex128: Complex data not supported",
    ),
    "complex in a frame": (
        framed(np.arange(10) * 1j),
        ValueError,
        r"column 'b' holds complex128: Complex data not supported",
    ),
    "complex objects": (
        spoilt(1j, object),
        TypeError,
        r"column 1 holds 1j \(complex\) in 1 of 10 rows \(row 4\): the argument",
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
    "objects": (
        spoilt({}, object),
        TypeError,
        r"column 1 holds {} \(dict\) in 1 of 10 rows \(row 4\): the argument",
    ),
    "an object column": (
        framed([1.0, [2]] * 5),
        TypeError,
        r"'b' holds .* type list in 5 of 10 rows \(the first are rows 1, 3 and 5\): convert",
    ),
    "dates": (
        DAYS.to_numpy().reshape(5, 2),
        TypeError,
        r"columns 0, 1: each holds dates or times \(datetime64",
    ),
    "times": (
        np.zeros((4, 2), "timedelta64[s]"),
        TypeError,
        r"columns 0, 1: each holds dates or times",
    ),
    "dates and datetimes": (
        framed([DAYS[0].date(), DAYS[0].to_pydatetime()] * 5),
        TypeError,
        r"rows 1, 3 and 5\), and .* \(date\) in row 0: convert",
    ),
    "stamps among objects": (framed([1.0, DAYS[0]] * 5), TypeError, r"column 'b' .*\(Timestamp\)"),
    "NumPy dates among objects": (
        spoilt(np.datetime64("2026-01-01"), object),
        TypeError,
        r"column 1 holds .*\(datetime64\)",
    ),
    "masked": (
        np.ma.masked_invalid(spoilt(np.nan)),
        TypeError,
        r"X is a masked array, .*: impute .*, or give pandas.DataFrame\(X.filled\(numpy.nan\)\)",
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
        r"1 sample.* minimum of 2 is required by Regularized",
    ),
    "one dimension": (np.ones(5), ValueError, r"Expected 2D array, got 1D array"),
    "three dimensions": (np.ones((4, 3, 2)), ValueError, r"Found array with dim 3"),
    "a number": (5.0, TypeError, r"X must be a table of numbers, .*got a float"),
    "nothing": (None, TypeError, r"X must be a table of numbers, .*got a NoneType"),
    "text": ("abc", FileNotFoundError, "there is no file or folder abc"),
    "a dict": ({"a": [1, 2]}, TypeError, r"X must be a table of numbers, .*got a dict"),
    "ragged": ([[1.0, 2.0], [3.0]], ValueError, r"row 1 has the length 1, and row 0"),
    "columns of one name": (
        pd.DataFrame(np.eye(4), columns=["a", "b", "c", "b"]),
        ValueError,
        r"X has 2 columns 'b': column names must differ",
    ),
}


@pytest.mark.parametrize(
    "cls", [RegularizedGAN, RegularizedVAE, RegularizedGaussian, RegularizedMixture]
)
@pytest.mark.parametrize(("X", "error", "message"), DATA.values(), ids=DATA)
def test_bad_data(cls, X, error, message):
    for method in ("fit", "partial_fit"):
        if hasattr(cls(), method):
            model = cls()
            with pytest.raises(error, match=message):
                getattr(model, method)(X)
            assert vars(model) == vars(cls())


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
        ValueError,
        match=r"overflow the dtype in column 1, in 1 of 10 rows \(row 4\): the largest .*1.84e\+19",
    ):
        small_gan(standardize=False).fit(X)


# Hyper-parameters: the settings, the error, its message


class NoTangent(LayerNorm):
    """A layer of somebody who needed no gradient penalty."""

    has_tangent = False


def names(setting):
    """The names that a setting takes, as messages list them."""
    return ", ".join(TABLES[setting])


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
        r"alpha as a tuple must be a pair \(generator, discriminator\), got \(1, 1, 1\); to give several",
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
    "frames by another name": (
        {"frames": "yes"},
        ValueError,
        r"frames='yes' is not known; choose 'auto', a number of components, or None",
    ),
    "masked by a word": (
        {"masked": "yes"},
        TypeError,
        r"masked must be True or False, got 'yes'",
    ),
    "no component": ({"frames": 0}, ValueError, r"frames must be an integer >= 1, got 0"),
    "True as frames": (
        {"frames": True},
        TypeError,
        r"frames must be 'auto', a number of components or None, got True",
    ),
    "more components than rows": (
        {"frames": 50},
        ValueError,
        r"frames=50 is more components than 60 rows of 3 columns support, because each component n",
    ),
    "frames of unscaled columns": (
        {"frames": 2, "standardize": False},
        ValueError,
        r"frames=2 needs standardized columns, and standardize=False does not scale them",
    ),
    "text as gamma": (
        {"gamma": "strong"},
        TypeError,
        r"gamma must be a real number or 'auto', got 'strong'",
    ),
    # names
    "unknown penalty": (
        {"penalty": "l0"},
        ValueError,
        rf"penalty='l0' is not known; choose one of: {names('penalty')}, "
        r"None, or an object of Penalty",
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
        rf"loss='cross_entropy' is not known; choose one of: {names('loss')}, or an object of Loss",
    ),
    "no loss": ({"loss": None}, TypeError, r"loss=None is not known; choose one of: relativistic"),
    "unknown activation": (
        {"activation": "swish"},
        ValueError,
        rf"activation='swish' is not known; choose one of: {names('activation')}, "
        r"or an object of Layer",
    ),
    "no activation": ({"activation": None}, TypeError, r"activation=None is not known; choose one"),
    "a number as activation": (
        {"activation": 0.2},
        TypeError,
        r"activation=0.2 is not known; choose one of: leaky_relu, .* or an object of Layer$",
    ),
    "activations of three": ({"activation": ("relu",) * 3}, ValueError, r"activation .*be a pair"),
    "unknown optimizer": (
        {"optimizer": "lion"},
        ValueError,
        rf"optimizer='lion' is not known; choose one of: {names('optimizer')}, "
        r"or an object of Optimizer",
    ),
    "no optimizer": (
        {"optimizer": ("adam", None)},
        TypeError,
        r"optimizer=None is not known; choose one of: sgd",
    ),
    "unknown gradient_penalty": (
        {"gradient_penalty": "wgan"},
        ValueError,
        rf"gradient_penalty='wgan' is not known; choose one of: {names('gradient_penalty')}, "
        r"None, or an object of GradientPenalty",
    ),
    "unknown schedule": (
        {"learning_rate": "adaptive"},
        ValueError,
        r"learning_rate='adaptive' is not known; choose one of: constant, linear, geometric, cos",
    ),
    "a number as learning_rate": (
        {"learning_rate": 0.1},
        ValueError,
        r"learning_rate=0.1 must be the name of a schedule \(constant, linear, geometric, cosine\) "
        r"or a Schedule; set the rate itself with learning_rate_init",
    ),
    "numbers as learning_rate": (
        {"learning_rate": (1e-3, 1e-4)},
        ValueError,
        r"learning_rate=0.001 .*set the rate itself with learning_rate_init",
    ),
    "a NumPy number as learning_rate": (
        {"learning_rate": np.float32(0.1)},
        ValueError,
        r"set the rate itself with learning_rate_init",
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
        r"learning_rate_init must be a real number( or 'auto')?, got 'constant'",
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
        r"max_iter must be an integer or 'auto', got 'many'",
    ),
    "latent_dim of 0": (
        {"latent_dim": 0},
        ValueError,
        r"latent_dim must be an integer >= 1, got 0",
    ),
    "less than no discriminator step": (
        {"n_discriminator_steps": -1},
        ValueError,
        r"n_discriminator_steps must be an integer >= 0, got -1",
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
        {"hidden_layer_sizes": "64"},
        TypeError,
        r"hidden_layer_sizes must be an integer or a sequence of integers, got '64'",
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
    "the class of an encoder": (
        {"standardize": TableEncoder},
        TypeError,
        r"standardize must be True or False, a TableEncoder or one of .*, got <class",
    ),
    "warm_start as text": (
        {"warm_start": "no"},
        TypeError,
        r"warm_start must be True or False, got 'no'",
    ),
    "early_stopping as a number": (
        {"early_stopping": 10},
        TypeError,
        r"early_stopping must be True, False or an EarlyStopping object, got 10",
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
        r"hidden_layer_sizes must be .*; discriminator_hidden_layer_sizes sets the widths",
    ),
    "a class as callback": (
        {"callbacks": [Callback]},
        TypeError,
        r"callbacks must hold Callback objects or callables, got <class",
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
        r"callbacks must hold Callback objects or callables, got 5",
    ),
    "one callback": (
        {"callbacks": print},
        TypeError,
        r"callbacks must",
    ),
    "many alphas": (
        {"alpha": [1e-3, 1e-2]},
        ValueError,
        r"alpha must be one number or a pair \(generator, discriminator\), got \[0.001, 0.01\]",
    ),
    # a number where a name is due
    "a number as penalty": (
        {"penalty": 0.1},
        TypeError,
        r"penalty=0.1 is not known; .*to set a strength, pass an object: penalty=L1\(alpha=",
    ),
    "a number as gradient_penalty": (
        {"gradient_penalty": 10.0},
        TypeError,
        r"gradient_penalty=10.0 is not known; .* object: gradient_penalty=R1\(gamma=0.1\)",
    ),
    "a number as clipping": (
        {"clipping": 1.0},
        TypeError,
        r"clipping=1.0 is not known; .* object: clipping=ClipValue\(limit=0.1\)",
    ),
    "a number as noise": (
        {"noise": 0.1},
        TypeError,
        r"noise=0.1 is not known; .* object: noise=InstanceNoise\(sigma=0.1\)",
    ),
    "a number as matching": (
        {"matching": 0.1},
        TypeError,
        r"matching=0.1 is not known; .* object: matching=MatchRows\(weight=0.1\)",
    ),
    "a number as constraint": (
        {"constraint": 1.0},
        TypeError,
        r"constraint=1.0 is not known; .* object: constraint=SpectralNorm\(limit=0.1\)",
    ),
    "a number as activity_penalty": (
        {"activity_penalty": 1e-3},
        TypeError,
        r"activity_penalty=0.001 is not known; .* object: activity_penalty=L1Activity",
    ),
    # True where a name is due
    "True as matching": (
        {"matching": True},
        TypeError,
        rf"matching=True is not known; choose one of: {names('matching')}, None, or an object",
    ),
    "True as noise": ({"noise": True}, TypeError, r"noise=True is not known; choose one of: inst"),
    "True as normalization": (
        {"normalization": True},
        TypeError,
        rf"normalization=True is not known; choose one of: {names('normalization')}, "
        r"None, or an ob",
    ),
    "True as architecture": ({"architecture": True}, TypeError, r"architecture=True is not known"),
    "True as dropout": (
        {"dropout": True},
        TypeError,
        r"dropout must be a rate in \[0, 1\), .*True",
    ),
    # names of other libraries
    "spectral": (
        {"constraint": "spectral"},
        ValueError,
        rf"constraint='spectral' is not known; choose one of: {names('constraint')}, "
        r"None, or an object of",
    ),
    "batchnorm": (
        {"normalization": "batchnorm"},
        ValueError,
        rf"normalization='batchnorm' is not known; choose one of: {names('normalization')}, "
        r"None, or an",
    ),
    "resnet": (
        {"architecture": "resnet"},
        ValueError,
        rf"architecture='resnet' is not known; choose one of: {names('architecture')}, "
        r"None, or an object of ArchitecturePart or Layer",
    ),
    "gaussian": (
        {"noise": "gaussian"},
        ValueError,
        r"noise='gaussian' is not known; choose one of: instance, None, or an object of InstanceN",
    ),
    "mse": (
        {"matching": "mse"},
        ValueError,
        rf"matching='mse' is not known; choose one of: {names('matching')}, None, or an object",
    ),
    "global": (
        {"clipping": "global"},
        ValueError,
        rf"clipping='global' is not known; choose one of: {names('clipping')}, None, or an ob",
    ),
    "l3": (
        {"activity_penalty": ("l2", "l3")},
        ValueError,
        rf"activity_penalty='l3' is not known; choose one of: {names('activity_penalty')}, "
        r"None, or an object of Activit",
    ),
    # classes and tuples
    "a class as constraint": (
        {"constraint": MaxNorm},
        TypeError,
        r"constraint=<class .* to create an object, call its class: constraint=MaxNorm\(\)",
    ),
    "a class as dropout": ({"dropout": Dropout}, TypeError, r"dropout must be a rate in \[0, 1\)"),
    "a class as loss": ({"loss": Hinge}, TypeError, r"loss=<class .* its class: loss=Hinge\(\)"),
    "a pair of noises": (
        {"noise": ("instance", None)},
        TypeError,
        r"noise=\('instance', None\) .*noise does not take a pair \(a tuple\), and several values",
    ),
    "a pair of matchings": ({"matching": ("rows", None)}, TypeError, r"matching does not take a p"),
    "a pair of gradient penalties": (
        {"gradient_penalty": ("r1", "r2")},
        TypeError,
        r"gradient_penalty does not take a pair \(a tuple\), and several values are a list",
    ),
    "a pair in a pair": ({"penalty": (("l1", "l2"), None)}, TypeError, r"several values are a"),
    "constraints of three": (
        {"constraint": ("unit_norm",) * 3},
        ValueError,
        r"constraint as a tuple must be a pair \(generator, discriminator\), got .*use a list",
    ),
    "clipping of one": ({"clipping": (None,)}, ValueError, r"clipping as a tuple must be a pair"),
    "activity penalties of three": (
        {"activity_penalty": ("l1",) * 3},
        ValueError,
        r"activity_penalty as a tuple must be a pair",
    ),
    "normalizations of three": (
        {"normalization": ("batch",) * 3},
        ValueError,
        r"normalization as a tuple must be a pair",
    ),
    "dropouts of three": ({"dropout": (0.1,) * 3}, ValueError, r"dropout as a tuple must be a pa"),
    "architecture of three": (
        {"architecture": ("residual",) * 3},
        ValueError,
        r"architecture as a tuple must be a pair",
    ),
    # rates
    "dropout of 1": (
        {"dropout": 1.0},
        ValueError,
        r"dropout must be a finite number >= 0 and < 1, got 1.0",
    ),
    "dropout below 0": ({"dropout": (0.1, -0.1)}, ValueError, r"dropout must be .*got -0.1"),
    "NaN as dropout": ({"dropout": np.nan}, ValueError, r"dropout must be a finite .*got nan"),
    "text as dropout": (
        {"dropout": "0.2"},
        TypeError,
        r"dropout must be a rate in \[0, 1\), None or a Dropout object, got '0.2'",
    ),
    "a list as dropout": (
        {"dropout": [0.1, 0.2]},
        TypeError,
        r"dropout must be a rate in \[0, 1\), None or a Dropout object, got \[0.1, 0.2\]",
    ),
    "text as conditional": (
        {"conditional": "yes"},
        TypeError,
        r"conditional must be True or False or 'balanced', got 'yes'",
    ),
    "a number as conditional": (
        {"conditional": 1},
        TypeError,
        r"conditional must be True or False or 'balanced', got 1",
    ),
    "classes weighted by hand": (
        {"conditional": {"a": 0.5, "b": 0.5}},
        TypeError,
        r"conditional must be True or False or 'balanced', got {'a': 0.5",
    ),
    "balanced without y": (
        {"conditional": "balanced"},
        ValueError,
        r"requires y to be passed, but the target y is None",
    ),
    "conditional without y": (
        {"conditional": True},
        ValueError,
        r"requires y to be passed, but the target y is None: conditional=True trains on class",
    ),
    # what does not fit together
    "unit norm with weight clipping": (
        {"constraint": ["unit_norm", "weight_clip"]},
        ValueError,
        r"UnitNorm\(\) and WeightClip\(\) exclude each other: a limit on the size or the number",
    ),
    "the same as objects": (
        {"constraint": (None, [WeightClip(0.2), UnitNorm()])},
        ValueError,
        r"UnitNorm\(\) and WeightClip\(limit=0.2\) exclude each other",
    ),
    "spectral norm with a limit": (
        {"constraint": ["spectral_norm", "max_norm"]},
        ValueError,
        r"SpectralNorm\(\) and MaxNorm\(\) exclude each other: SpectralNorm divides the size",
    ),
    "spectral norm twice": (
        {"constraint": ["spectral_norm", SpectralNorm(2.0)]},
        ValueError,
        r"one constraint may reparametrize the weights, got SpectralNorm\(\) and SpectralNorm\(l",
    ),
    "pac and batch_size": (
        {"architecture": Packing(3)},
        ValueError,
        r"batch_size=16 is not a multiple of pac=3: with packing, a minibatch holds whole packs",
    ),
    "more in a pack than there are rows": (
        {"architecture": Packing(64), "batch_size": 128},
        ValueError,
        r"pac=64 rows together, but there are only 60",
    ),
    "packing of the generator": (
        {"architecture": ("packing", None)},
        ValueError,
        r"architecture=\('packing', None\): Packing\(\) is for the discriminator, not the generato",
    ),
    "a latent mixture of the discriminator": (
        {"architecture": (None, "latent_mixture")},
        ValueError,
        r"LatentMixture\(\) is for the generator, not the discriminator",
    ),
    "noise around the discriminator": (
        {"architecture": (None, NoiseSkip())},
        ValueError,
        r"NoiseSkip\(\) is for the generator, not the discriminator",
    ),
    "a part twice": (
        {"architecture": ["packing", Packing(4)]},
        ValueError,
        r"architecture=\['packing', Packing\(pac=4\)\] has Packing twice",
    ),
    "a part that is a layer": (
        {"architecture": Dense(3)},
        TypeError,
        r"architecture=Dense\(n_units=3\) is not known; choose one of: residual",
    ),
    "no tangent": (
        {"normalization": NoTangent()},
        ValueError,
        r"R1R2 needs a tangent pass; NoTangent has none: implement tangent\(\) and tangent_backward"
        r"\(\), or set gradient_penalty=None",
    ),
    "no features to match": (
        {"matching": "features", "discriminator_hidden_layer_sizes": ()},
        ValueError,
        r"matching='features' compares the discriminator's last hidden layer, and it has none",
    ),
    "one network looks ahead": (
        {"optimizer": ("extra_adam", "adam")},
        ValueError,
        r"ExtraAdam\(.*\) looks ahead .* and Adam\(.*\) does not. Choose an optimizer",
    ),
    "looking ahead with several steps": (
        {"optimizer": "extra_adam", "n_discriminator_steps": 2},
        ValueError,
        r"optimizer='extra_adam' updates both networks at once, so n_discriminator_steps=2 is",
    ),
    "looking ahead in turn": (
        {"optimizer": "extra_adam", "n_discriminator_steps": 1},
        ValueError,
        r"optimizer='extra_adam' updates both networks at once, so n_discriminator_steps=1 is",
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
    "alpha of several models": (
        {"penalty": L1([1e-3, 1e-2])},
        ValueError,
        r"alpha=\[0.001, 0.01\] of L1 has strengths for several models, but this estimator trai",
    ),
    "group lasso": ({"penalty": GroupLasso(-1)}, ValueError, r"alpha must be .*>= 0, got -1"),
    "orthogonal": ({"penalty": Orthogonal(np.nan)}, ValueError, r"alpha must be .*got nan"),
    "negative gamma": ({"gradient_penalty": R1(-1)}, ValueError, r"gamma must be .*>= 0, got -1"),
    "gamma of several models": (
        {"gradient_penalty": R1([0.1, 0.2])},
        ValueError,
        r"gamma=\[0.1, 0.2\] of R1 has strengths for several models",
    ),
    "interval": (
        {"gradient_penalty": WGANGP(interval=0)},
        ValueError,
        r"interval must be an integer >= 1, got 0",
    ),
    "interval as a float": (
        {"gradient_penalty": WGANGP(interval=1.5)},
        TypeError,
        r"interval must be an integer, got 1.5",
    ),
    "spread of DRAGAN": (
        {"gradient_penalty": DRAGAN(spread=-1)},
        ValueError,
        r"spread must be a finite number >= 0, got -1",
    ),
    "schedule of a penalty": (
        {"gradient_penalty": R1(schedule="step")},
        ValueError,
        r"schedule='step' is not known; choose one of: constant, linear, geometric, cosine, or an",
    ),
    "final of geometric": (
        {"gradient_penalty": R1(schedule=GeometricSchedule(0))},
        ValueError,
        r"final must be a finite number > 0 and <= 1, got 0",
    ),
    "smoothing": (
        {"loss": NonSaturating(1.5)},
        ValueError,
        r"label_smoothing must be a finite number >= 0 and < 1, got 1.5",
    ),
    "limit": ({"constraint": MaxNorm(0)}, ValueError, r"limit must be a finite number > 0, got 0"),
    "limit of clipped weights": (
        {"constraint": (None, WeightClip(-1))},
        ValueError,
        r"limit must be a finite number > 0, got -1",
    ),
    "radius": ({"constraint": L1Ball("1")}, TypeError, r"radius must be a real number, got '1'"),
    "NaN as radius": ({"constraint": L2Ball(np.nan)}, ValueError, r"radius must be .*got nan"),
    "units": ({"constraint": MaxUnits(0)}, ValueError, r"n_units must be an integer >= 1, got 0"),
    "density": (
        {"constraint": MaxNonZero(1.5)},
        ValueError,
        r"density must be a finite number > 0 and <= 1, got 1.5",
    ),
    "iterations": (
        {"constraint": SpectralNorm(1.0, 0)},
        ValueError,
        r"n_iterations must be an integer >= 1, got 0",
    ),
    "strength": (
        {"activity_penalty": L1Activity(-1)},
        ValueError,
        r"strength must be a finite number >= 0, got -1",
    ),
    "strengths": (
        {"activity_penalty": L2Activity([1e-3, 1e-2])},
        ValueError,
        r"strength=\[0.001, 0.01\] of L2Activity has strengths for several models",
    ),
    "where": (
        {"activity_penalty": L1Activity(where="inside")},
        ValueError,
        r"where='inside' is not known; choose one of: output, hidden, both",
    ),
    "rate": ({"dropout": Dropout(1.0)}, ValueError, r"rate must be .* < 1, got 1.0"),
    "group norm": ({"normalization": GroupNorm(0)}, ValueError, r"n_groups must be .*>= 1, got 0"),
    "batch norm": ({"normalization": (BatchNorm(0), None)}, ValueError, r"epsilon must be .*> 0"),
    "pac": ({"architecture": Packing(0)}, ValueError, r"pac must be an integer >= 1, got 0"),
    "pac as a float": (
        {"architecture": Packing(2.0)},
        TypeError,
        r"pac must be an integer, got 2.0",
    ),
    "frequencies": (
        {"architecture": FourierFeatures([1, -1])},
        ValueError,
        r"frequencies must be a finite number > 0, got -1",
    ),
    "one frequency": (
        {"architecture": FourierFeatures(3)},
        TypeError,
        r"frequencies must be a sequence of numbers, got 3",
    ),
    "no frequencies": (
        {"architecture": FourierFeatures([])},
        ValueError,
        r"frequencies must hold at least one number, got \[\]",
    ),
    "components": (
        {"architecture": LatentMixture(0)},
        ValueError,
        r"n_components must be an integer >= 1, got 0",
    ),
    "spread": (
        {"architecture": LatentMixture(5, -1)},
        ValueError,
        r"spread must be a finite number > 0, got -1",
    ),
    "epsilon of a statistic": (
        {"architecture": MinibatchStd(0)},
        ValueError,
        r"epsilon must be a finite number > 0, got 0",
    ),
    "sigma": ({"noise": InstanceNoise(-1)}, ValueError, r"sigma must be .*>= 0, got -1"),
    "schedule of noise": (
        {"noise": InstanceNoise(schedule=0.5)},
        TypeError,
        r"schedule=0.5 is not known; choose one of: constant",
    ),
    "limit of a gradient": (
        {"clipping": ClipNorm(0)},
        ValueError,
        r"limit must be a finite number > 0, got 0",
    ),
    "limit of an entry": (
        {"clipping": (None, ClipValue("1"))},
        TypeError,
        r"limit must be a real number, got '1'",
    ),
    "weight": ({"matching": MatchRows(-1)}, ValueError, r"weight must be .*>= 0, got -1"),
    "weights": (
        {"matching": MatchFeatures([0.1, 0.2])},
        ValueError,
        r"weight=\[0.1, 0.2\] of MatchFeatures has strengths for several models",
    ),
    "order": ({"matching": MatchMoments(order=3)}, ValueError, r"order must be 1 or 2, got 3"),
    "beta of the future": (
        {"optimizer": ExtraAdam(beta_1=1.0)},
        ValueError,
        r"beta_1 must be .* < 1, got 1.0",
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


OF_THE_VAE = {
    "negative beta": ({"beta": -1}, ValueError, r"beta must be a finite number >= 0, got -1"),
    "a pair of betas": ({"beta": (1, 1)}, TypeError, r"beta must be a real number, got \(1, 1\)"),
    "the decoder's width": (
        {"decoder_hidden_layer_sizes": (-1,)},
        ValueError,
        r"decoder_hidden_layer_sizes must be an integer >= 1, got -1",
    ),
    "packing": (
        {"architecture": "packing"},
        ValueError,
        r"architecture='packing': Packing\(\) is for neither network",
    ),
    "a statistic of minibatches": (
        {"architecture": (None, "minibatch_std")},
        ValueError,
        r"MinibatchStd\(\) is for neither network",
    ),
    "a latent mixture": (
        {"architecture": ["residual", "latent_mixture"]},
        ValueError,
        r"LatentMixture\(\) is for neither network",
    ),
    "noise around": ({"architecture": "noise_skip"}, ValueError, r"NoiseSkip\(\) is for neither"),
}
GAN_ONLY = (NoTangent, Packing, NoiseSkip, LatentMixture, MinibatchStd)  # as values


def of_both():
    """The rows that the VAE shares with the GAN, in its words."""
    for name, (settings, error, message) in {**FLAT, **OBJECTS}.items():
        values = str([*settings.values()])
        foreign = any(cls.__name__ in values for cls in GAN_ONLY) or "'packing'" in values
        if not foreign and settings.keys() <= RegularizedVAE().get_params().keys():
            if name == "a latent mixture of the discriminator":
                continue
            words = message.replace("discriminator_hidden", "decoder_hidden")
            words = words.replace("generator, discriminator", "encoder, decoder")
            yield pytest.param(settings, error, words, id=name)


@pytest.mark.parametrize(("settings", "error", "message"), [*of_both(), *rows(OF_THE_VAE)])
def test_bad_settings_of_the_vae(table, settings, error, message):
    model = RegularizedVAE(**{"max_iter": 1, "batch_size": 16, "random_state": 0, **settings})
    before = vars(model).copy()
    with pytest.raises(error, match=message):
        model.fit(table)
    assert vars(model) == before


GAUSSIAN = {
    "unknown penalty": (
        {"penalty": "group_lasso"},
        ValueError,
        r"penalty='group_lasso' is not known; choose one of: l1, l2, elasticnet, None",
    ),
    "an object": (
        {"penalty": L1(0.1)},
        ValueError,
        r"penalty=L1\(alpha=0.1\) is not known; choose",
    ),
    "negative alpha": ({"alpha": -1}, ValueError, r"alpha must be a finite number >= 0, got -1"),
    "NaN alpha": ({"alpha": np.nan}, ValueError, r"alpha must be .*got nan"),
    "a word for alpha": (
        {"alpha": "small"},
        TypeError,
        r"alpha must be a real number or 'auto', got 'small'",
    ),
    "pooling": (
        {"pooling": 2},
        ValueError,
        r"pooling must be a finite number >= 0 and <= 1, got 2",
    ),
    "conditional": ({"conditional": "yes"}, TypeError, r"conditional must be True or False.*'yes'"),
    "a pair of alphas": ({"alpha": (0.1, 0.2)}, TypeError, r"alpha must be a real number, got \(0"),
    "l1_ratio": (
        {"penalty": "elasticnet", "l1_ratio": 1.5},
        ValueError,
        r"l1_ratio must be a finite number >= 0 and <= 1, got 1.5",
    ),
    "max_iter": (
        {"penalty": "l1", "max_iter": 0},
        ValueError,
        r"max_iter must be an integer >= 1, got 0",
    ),
    "tol": ({"penalty": "l1", "tol": 0}, ValueError, r"tol must be a finite number > 0, got 0"),
    "unused tol": ({"tol": "small"}, TypeError, r"tol must be a real number, got 'small'"),
    "standardize": (
        {"standardize": 1},
        TypeError,
        r"standardize must be True or False, a .*, got 1",
    ),
    "random_state": ({"random_state": "x"}, ValueError, r"random_state must be None, an integer"),
}


@pytest.mark.parametrize(("settings", "error", "message"), list(rows(GAUSSIAN)))
def test_bad_settings_of_the_gaussian(table, settings, error, message):
    model = RegularizedGaussian(**settings)
    before = vars(model).copy()
    with pytest.raises(error, match=message):
        model.fit(table)
    assert vars(model) == before


MIXTURE = {
    "no components": (
        {"n_components": 0},
        ValueError,
        r"n_components must be an integer >= 1, got 0",
    ),
    "a word for components": (
        {"n_components": "many"},
        TypeError,
        r"n_components must be an integer, got 'many'",
    ),
    "more components than rows": (
        {"n_components": 10**6},
        ValueError,
        r"n_components=1000000 is larger than the number of rows, \d+: choose a smaller "
        r"number, or n_components='auto'",
    ),
    "unknown penalty": (
        {"penalty": "group_lasso"},
        ValueError,
        r"penalty='group_lasso' is not known; choose one of: l1, l2, elasticnet, None",
    ),
    "an object": (
        {"penalty": L1(0.1)},
        ValueError,
        r"penalty=L1\(alpha=0.1\) is not known; choose",
    ),
    "negative alpha": ({"alpha": -1}, ValueError, r"alpha must be a finite number >= 0, got -1"),
    "NaN alpha": ({"alpha": np.nan}, ValueError, r"alpha must be .*got nan"),
    "l1_ratio": (
        {"penalty": "elasticnet", "l1_ratio": 1.5},
        ValueError,
        r"l1_ratio must be a finite number >= 0 and <= 1, got 1.5",
    ),
    "covariance_type": (
        {"covariance_type": "tied"},
        ValueError,
        r"covariance_type='tied' is not known; choose one of: diag, full, low_rank, auto",
    ),
    "rank": (
        {"covariance_type": "low_rank", "rank": 0},
        ValueError,
        r"rank must be an integer >= 1, got 0",
    ),
    "shrinkage": ({"shrinkage": -1}, ValueError, r"shrinkage must be a finite number >= 0, got -1"),
    "weight_penalty": (
        {"weight_penalty": "l1"},
        ValueError,
        r"weight_penalty='l1' is not known; choose one of: dirichlet, entropy, None",
    ),
    "weight_alpha": (
        {"weight_penalty": "entropy", "weight_alpha": -1},
        ValueError,
        r"weight_alpha must be a finite number >= 0, got -1",
    ),
    "batch_size": ({"batch_size": 0}, ValueError, r"batch_size must be an integer >= 1, got 0"),
    "max_iter": ({"max_iter": 0}, ValueError, r"max_iter must be an integer >= 1, got 0"),
    "tol": ({"tol": -1}, ValueError, r"tol must be a finite number >= 0, got -1"),
    "conditional": ({"conditional": "yes"}, TypeError, r"conditional must be True or False, got"),
    "balanced": ({"conditional": "balanced"}, TypeError, r"conditional must be True or False, got"),
    "standardize": (
        {"standardize": 1},
        TypeError,
        r"standardize must be True or False, a .*, got 1",
    ),
    "backend": ({"backend": "abacus"}, ValueError, r"backend='abacus'"),
    "dtype": (
        {"dtype": "float16"},
        ValueError,
        r"dtype='float16' is not known; choose one of: float32, float64",
    ),
    "random_state": ({"random_state": "x"}, ValueError, r"random_state must be None, an integer"),
}


@pytest.mark.parametrize(("settings", "error", "message"), list(rows(MIXTURE)))
def test_bad_settings_of_the_mixture(table, settings, error, message):
    model = RegularizedMixture(**settings)
    before = vars(model).copy()
    with pytest.raises(error, match=message):
        model.fit(table)
    assert vars(model) == before


UNUSED = {
    "no elastic net": ({"l1_ratio": 0.2}, r"l1_ratio=0.2 has no effect: penalty='l1'"),
    "no low rank": ({"rank": 3}, r"rank=3 has no effect: covariance"),
    "no weight penalty": ({"weight_alpha": 2.0}, r"weight_alpha=2.0 has no effect: weight_penalty"),
}


@pytest.mark.parametrize(("settings", "message"), UNUSED.values(), ids=UNUSED)
def test_settings_of_the_mixture_without_effect_warn(table, settings, message):
    small = {"n_components": 1, "alpha": 1.0, "covariance_type": "diag", "max_iter": 1}
    with pytest.warns(UserWarning, match=message):
        RegularizedMixture(**{**small, **settings}).fit(table)


@pytest.mark.parametrize(
    ("cls", "tables"),
    [
        (RegularizedGAN, [FLAT]),
        (RegularizedVAE, [FLAT, OF_THE_VAE]),
        (RegularizedGaussian, [GAUSSIAN]),
        (RegularizedMixture, [MIXTURE]),
    ],
)
def test_every_setting_has_a_bad_value(cls, tables):
    covered = {name for rows in tables for row in rows.values() for name in row[0]}
    assert covered >= cls().get_params().keys()


@pytest.mark.parametrize("n", [7, 9, 61])
def test_a_batch_shrunk_to_the_data_holds_whole_packs(small_gan, n):
    X = np.random.default_rng(0).normal(size=(n, 2))
    gan = small_gan(architecture=Packing(4), batch_size=64)
    assert gan.fit(X).n_iter_ == 10
    assert gan.partial_fit(X).n_iter_ == 12  # one pass takes two batches


def test_batch_norm_under_a_gradient_penalty_warns_and_says_why(small_gan, table):
    with pytest.warns(
        UserWarning, match="the score of a row would depend on the whole minibatch"
    ) as all_:
        small_gan(normalization="batch").fit(table)
    assert len(all_) == 1
    assert "normalization=('batch', 'layer')" in str(all_[0].message)
    for settings in (
        {"normalization": ("batch", "layer")},
        {"normalization": "batch", "gradient_penalty": None},
    ):
        small_gan(**settings).fit(table)


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
    pytest.param({}, lambda X: np.where(X > 0, DAYS[0], "soon"), TypeError, id="dates"),
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
                run.state.thetas["generator"][...] = np.inf

    constant = {"learning_rate": "constant", "gamma": 0.3}
    gan = small_gan(callbacks=[Explode()], **constant)
    with pytest.raises(DivergenceError, match="was not finite at update 7") as caught:
        gan.fit(table)
    assert caught.value.step == 7
    expected = small_gan(max_iter=6, **constant).fit(table)
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
                run.state.thetas["discriminator"][...] = np.nan

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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"normalization": "batch", "batch_size": 1}, "BatchNorm.* in the generator.*1 row"),
        (
            {"architecture": (None, "minibatch_std"), "batch_size": 1},
            "MinibatchStd.* in the discriminator.*1 row",
        ),
        (
            {"architecture": (None, ["packing", "minibatch_std"]), "batch_size": 2},
            "MinibatchStd.* in the discriminator.*1 row or pack",
        ),
        ({"activation": BatchNorm()}, "activation=BatchNorm.*is a normalization"),
        ({"activation": Dense(3)}, "activation=Dense.*no weights of its own"),
        ({"normalization": Dense(5)}, "normalization=Dense.*number of columns"),
        ({"constraint": ["max_norm", "max_norm"]}, "MaxNorm occurs twice"),
    ],
    ids=str,
)
def test_layers_and_batches_that_cannot_work(settings, message):
    X = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match=message):
        RegularizedGAN(max_iter=1, gradient_penalty=None, **settings).fit(X)


def test_one_row_is_no_minibatch_for_batch_norm():
    X = np.random.default_rng(0).normal(size=(20, 2))
    gan = RegularizedGAN(max_iter=2, normalization=("batch", None), random_state=0).fit(X)
    with pytest.raises(ValueError, match=r"BatchNorm.*1 row"):
        gan.partial_fit(X[:1])
    before, after = gan.score(X), gan.partial_fit(X[:2]).score(X)
    assert after > before - 0.2  # two rows say nothing of the statistics that samples need
