"""The regularized cycle GAN."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from regan.backends.registry import BUILT_IN
from regan.building.cycle_spec import CycleSpec
from regan.building.settings import Settings
from regan.building.types import (
    ActivationLike,
    ActivityPenaltyLike,
    Callbacks,
    ClippingLike,
    ConsistencyLike,
    ConstraintLike,
    DropoutLike,
    GradientPenaltyLike,
    LossLike,
    MatchingLike,
    NoiseLike,
    NormalizationLike,
    OptimizerLike,
    Parts,
    PenaltyLike,
    ScheduleLike,
    Standardize,
)
from regan.estimators.base import SCORE_ROWS
from regan.estimators.cycle.contents import CycleContents
from regan.estimators.cycle.domain import Domain, agreement
from regan.estimators.cycle.run import CycleRun
from regan.estimators.fit_summary import SummaryMixin, columns_in_words
from regan.estimators.network_contents import DTYPES
from regan.estimators.persistence import savable, save
from regan.estimators.sampling import backend_or_numpy, piece_rows
from regan.files.values import Codec
from regan.layers.fitted import FittedNetwork
from regan.layers.pruning import Sparsity, sparsity
from regan.objectives import CycleObjective
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.training.divergence import DivergenceError
from regan.training.results import Result
from regan.training.state import TrainingState
from regan.typing import (
    AnyTable,
    Auto,
    BackendName,
    Dtype,
    PerNetwork,
    RandomState,
    TableLike,
    Widths,
)
from regan.validation import check_bool, check_choice, draw_seed, quietly


@savable
class RegularizedCycleGAN(SummaryMixin, TransformerMixin, BaseEstimator):
    r"""Cycle-consistent generative adversarial network (CycleGAN) with regularization.

    It learns to map rows of one domain to another from *unpaired* rows: `X` and `Y` have rows of
    different objects, in any number and order. Examples are the same measurements by two
    laboratories (batch effects), a sensor before and after recalibration, and simulated and real
    features.

    The generator G maps rows of X to rows of Y, and the inverse generator F maps rows of Y to rows
    of X. Two discriminators compare the results with the data. The generators minimize

    .. math::

        & L_G(D_Y(G(x)), D_Y(y)) + L_G(D_X(F(y)), D_X(x)) \\
        & + \lambda \left[ d(F(G(x)), x) + d(G(F(y)), y) \right]
        + \iota \left[ d(G(y), y) + d(F(x), x) \right]

    with an adversarial loss L (`loss`), the cycle consistency d (`cycle_consistency`) of strength
    :math:`\lambda` and the identity terms of strength :math:`\iota`. Penalties, constraints and all
    other regularizers are those of `RegularizedGAN`. Zhu, Park, Isola and Efros, 2017
    (arXiv:1703.10593).

    **What the model cannot determine.** The distributions of both domains and cycle consistency do
    not determine the map. If a one-to-one map of Y onto itself does not change the distribution of
    Y, such as a rotation of a ring or an exchange of two equal clusters, G followed by that map
    satisfies the objective as well as G, up to the identity terms. Columns of numbers that both
    domains have start as the identity of standardized columns, and identity terms keep the map near
    this start. A column that has the opposite sign in Y is therefore not found. Columns belong
    together by name, or by position if X or Y is an array and both have as many columns. Check the
    map with a few rows that you know in both domains: a better `score` does not mean a better map.

    Every setting of a network takes one value for all networks, or a pair ``(generators,
    discriminators)``.

    Parameters
    ----------
    penalty : str, Penalty, list of these, None or a pair, default="l2"
        Penalty on the weights, as for `RegularizedGAN`: l1, l2, elasticnet, group_lasso or
        orthogonal.
    alpha : float or a pair, default=1e-4
        Strength of the weight penalty.
    l1_ratio : float in [0, 1] or a pair, default=0.5
        Share of the L1 part of an elastic net.
    loss : str or Loss, default="relativistic"
        Adversarial loss: relativistic, non_saturating, minimax, wasserstein, hinge or
        least_squares.
    cycle_consistency : {"l1", "l2"} or Consistency, default="l2"
        Distance d between a row and what comes back of it: the mean over cells of half the squared
        difference, or of the absolute difference, in standardized columns. L1 is the distance of
        the original method. It holds the two generators so close to being inverses of each other
        that they move slowly.
    cycle_strength : float, default=3.0
        Strength :math:`\lambda` of the cycle consistency.
    identity_strength : float or "auto", default="auto"
        Strength :math:`\iota` of the identity terms, which keep rows of the target domain as they
        are, in standardized columns. They need domains with the same columns, in the same order,
        with the same levels. Of all maps that fit the distributions, they prefer those near the
        identity. "auto" takes 0.03, 0.3 for columns with levels, and 0 if the columns differ.
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Widths of the hidden layers of both generators.
    discriminator_hidden_layer_sizes : int, sequence of int or None, default=None
        Widths of the hidden layers of both discriminators. None means those of the generators.
    activation : str, Layer or a pair, default="leaky_relu"
        Hidden activation: leaky_relu (slope 0.2), relu, tanh, sigmoid, softplus, elu, silu or gelu.
    optimizer : str, Optimizer or a pair, default="adam"
        sgd, rmsprop, adam, adamw or optimistic_adam; or extra_sgd or extra_adam, which look ahead
        (extragradient) and have to be set for both networks.
    learning_rate_init : float, "auto" or a pair, default="auto"
        Initial learning rate. "auto" takes 3e-3.
    learning_rate : str, Schedule or a pair, default="cosine"
        Schedule of the learning rate over `max_iter` updates: constant, linear, geometric or
        cosine.
    beta_1 : float in [0, 1) or a pair, default=0.0
        Decay of Adam's first moment; momentum of SGD and RMSprop.
    beta_2 : float in [0, 1) or a pair, default=0.99
        Decay of the second moment, for Adam and RMSprop.
    batch_size : int or "auto", default="auto"
        Rows of each domain in a minibatch. "auto" takes 128.
    gradient_penalty : str, GradientPenalty, list of these or None, default="r1r2"
        Penalty on the input gradients of the discriminators: r1, r2, r1r2, wgan_gp, zero_gp, dragan
        or roth.
    gamma : float or "auto", default="auto"
        Strength of the gradient penalty. "auto" takes 200 times the number of columns that the
        networks see, divided by the number of rows of the smaller domain, and at least 0.3 and at
        most 30.
    max_iter : int or "auto", default="auto"
        Number of updates of the generators. "auto" takes more for more rows, from 100 to 8,000.
    n_discriminator_steps : int, default=0
        Updates of the discriminators before each update of the generators. 0 updates all networks
        at once, from the same passes.
    ema_decay : float in [0, 1), default=0.999
        Decay of the moving averages of the generators' parameters, which `transform` and
        `inverse_transform` use. 0 turns them off.
    constraint : str, Constraint, list of these, None or a pair, default=None
        Constraint on the weights: spectral_norm, weight_clip, max_norm, unit_norm, non_negative,
        l1_ball, l2_ball, max_units or max_nonzero.
    activity_penalty : {"l1", "l2"}, ActivityPenalty, list of these, None or a pair, default=None
        Penalty on G(x) and F(y), on the scores of the discriminators, or on hidden activations.
    normalization : {"batch", "layer", "group"}, Layer, None or a pair, default=None
        Normalization of hidden layers.
    dropout : float, Dropout, None or a pair, default=None
        Rate of dropout in hidden layers, in training only.
    architecture : str, part, list of these, None, "auto" or a pair, default="auto"
        Parts of the networks: residual, fourier, minibatch_std (discriminators), packing
        (discriminators) or noise_skip (generators). With noise_skip, a generator adds the numbers
        that both domains have to its output and starts as their identity. "auto" takes noise_skip
        if there are such columns, unless a penalty sets weights of the generators to zero.
        Otherwise "auto" takes none.
    noise : "instance", InstanceNoise or None, default=None
        Noise on all rows that the discriminators see. It decreases during training.
    matching : {"rows", "moments", "features"}, Matching, list of these or None, default=None
        Data term of the generators: the squared distance between moments of mapped rows and of the
        data, for example.
    clipping : str, Clipping, list of these, None or a pair, default=None
        Gradient clipping before the optimizer: of each entry (value), of each layer (norm) or of
        the whole gradient (global_norm).
    standardize : bool, {"auto", "quantile", "standard"}, TableEncoder or a pair, default=True
        How the columns are scaled for training, as for `RegularizedGAN`. Each domain is scaled by
        itself. A pair has one value for X and one for Y.
    backend : {"numpy", "cupy", "auto"} or None, default=None
        Where the model computes. None reads the environment variable ``REGAN_BACKEND``; if the
        variable is not set, it means NumPy.
    dtype : {"float32", "float64"}, default="float32"
        Type of the parameters and of all passes.
    callbacks : list of Callback or callable, default=None
        Called during training. With a `Checkpoint`, a fit can resume after an interruption.
    random_state : int, RandomState or None, default=None
        Seed of the initial weights, minibatches and noise.
    verbose : int or bool, default=0
        1 or True shows a progress bar in a terminal or a notebook, and prints about 15 lines to a
        file or a pipe.

    Attributes
    ----------
    generator_, inverse_generator_ : FittedNetwork
        The averaged generators from X to Y and from Y to X, on scaled rows.
    discriminator_, inverse_discriminator_ : FittedNetwork
        The discriminators of rows of Y and of X.
    history_ : dict of str to array
        Values of training, with one entry for each update, as for `RegularizedGAN`. Terms of the
        way from Y to X begin with ``inverse_``. ``cycle`` and ``inverse_cycle`` are
        :math:`\lambda d(F(G(x)), x)` and :math:`\lambda d(G(F(y)), y)`. ``distance`` compares rows
        of both domains with mapped rows.
    sparsity_ : dict of str to Sparsity
        For each network, the share of weights that are exactly zero, and the number of dead units.
    n_iter_ : int
        Number of updates made.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : array of str
        Names of the columns of X, if it had names.
    n_features_out_ : int
        Number of columns of Y.

    See Also
    --------
    RegularizedGAN : Generates rows from noise.

    Examples
    --------
    A second instrument has another offset and another unit in each column:

    >>> import numpy as np
    >>> from regan import RegularizedCycleGAN
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(400, 2))
    >>> Y = [5, -3] + [2, 0.1] * rng.normal(size=(300, 2))
    >>> model = RegularizedCycleGAN(max_iter=200, random_state=0).fit(X, Y)
    >>> bool(np.allclose(model.transform([[0, 1]]), [[5, -2.9]], atol=0.5))
    True
    >>> bool(np.allclose(model.inverse_transform([[5, -2.9]]), [[0, 1]], atol=0.5))
    True
    """

    networks = ("generator", "discriminator")
    spec_class = CycleSpec

    generator_: FittedNetwork
    inverse_generator_: FittedNetwork
    discriminator_: FittedNetwork
    inverse_discriminator_: FittedNetwork
    history_: dict[str, np.ndarray]
    n_iter_: int
    n_features_in_: int
    feature_names_in_: np.ndarray
    _source: Domain
    _target: Domain
    _state: TrainingState | None
    _n_rows: tuple[int, int]
    _seed: int

    if TYPE_CHECKING:  # scikit-learn's have no types

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """The settings."""

        def set_params(self, **params: Any) -> Self:
            """Set some of the settings."""

    def __init__(
        self,
        penalty: PenaltyLike = "l2",
        *,
        alpha: PerNetwork[float] = 1e-4,
        l1_ratio: PerNetwork[float] = 0.5,
        loss: LossLike = "relativistic",
        cycle_consistency: ConsistencyLike = "l2",
        cycle_strength: float = 3.0,
        identity_strength: float | Auto = "auto",
        hidden_layer_sizes: Widths = (128, 128),
        discriminator_hidden_layer_sizes: Widths | None = None,
        activation: ActivationLike = "leaky_relu",
        optimizer: OptimizerLike = "adam",
        learning_rate_init: PerNetwork[float | Auto] = "auto",
        learning_rate: ScheduleLike = "cosine",
        beta_1: PerNetwork[float] = 0.0,
        beta_2: PerNetwork[float] = 0.99,
        batch_size: int | Auto = "auto",
        gradient_penalty: GradientPenaltyLike = "r1r2",
        gamma: float | Auto = "auto",
        max_iter: int | Auto = "auto",
        n_discriminator_steps: int = 0,
        ema_decay: float = 0.999,
        constraint: ConstraintLike = None,
        activity_penalty: ActivityPenaltyLike = None,
        normalization: NormalizationLike = None,
        dropout: DropoutLike = None,
        architecture: PerNetwork[Parts | Auto] = "auto",
        noise: NoiseLike = None,
        matching: MatchingLike = None,
        clipping: ClippingLike = None,
        standardize: Standardize | tuple[Standardize, Standardize] = True,
        backend: BackendName | None = None,
        dtype: Dtype = "float32",
        callbacks: Callbacks = None,
        random_state: RandomState = None,
        verbose: int | bool = 0,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.loss = loss
        self.cycle_consistency = cycle_consistency
        self.cycle_strength = cycle_strength
        self.identity_strength = identity_strength
        self.hidden_layer_sizes = hidden_layer_sizes
        self.discriminator_hidden_layer_sizes = discriminator_hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.batch_size = batch_size
        self.gradient_penalty = gradient_penalty
        self.gamma = gamma
        self.max_iter = max_iter
        self.n_discriminator_steps = n_discriminator_steps
        self.ema_decay = ema_decay
        self.constraint = constraint
        self.activity_penalty = activity_penalty
        self.normalization = normalization
        self.dropout = dropout
        self.architecture = architecture
        self.noise = noise
        self.matching = matching
        self.clipping = clipping
        self.standardize = standardize
        self.backend = backend
        self.dtype = dtype
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    # The public methods

    def fit(self, X: TableLike, Y: TableLike) -> Self:
        """Fit the model to unpaired rows of two domains.

        If you press Ctrl-C, `fit` stops with a warning and keeps the model of the last complete
        window of updates.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            At least two rows of the first domain: numbers in any units, or a DataFrame that may
            also have categories, strings, booleans, dates and missing cells.
        Y : array-like or DataFrame of shape (m_samples, m_features)
            At least two rows of the second domain. Its rows and its columns may be others.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If the data or hyper-parameters cannot be used. Fitted attributes stay as they were.
        DivergenceError
            If a value in training is not finite. The model keeps the last finite parameters.
        BackendUnavailableError
            If the requested backend is not available on this machine.
        """
        with self._unchanged_on_error():
            self._fit(X, Y)
        return self

    def transform(self, X: TableLike) -> AnyTable:
        """Map rows of the first domain to the second one.

        Each row is mapped by itself, without any random numbers. Numbers stay within the range of
        the column of Y in training and keep to what all of its values obey, such as whole numbers.
        A category is the most probable one.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows with the columns of X in training. A missing number counts as the mean of its
            column, and a level that X did not have in training counts as none.

        Returns
        -------
        Y : array or DataFrame of shape (n_samples, m_features)
            Mapped rows in the units, the container and the dtypes of Y in training. A pandas
            DataFrame has the index of X if X is one too.
        """
        check_is_fitted(self)
        return self._mapped(X, self.generator_, self._source, self._target)

    def inverse_transform(self, Y: TableLike) -> AnyTable:
        """Map rows of the second domain to the first one; see `transform`.

        Parameters
        ----------
        Y : array-like or DataFrame of shape (n_samples, m_features)
            Rows with the columns of Y in training.

        Returns
        -------
        X : array or DataFrame of shape (n_samples, n_features)
            Mapped rows in the form of X in training.
        """
        check_is_fitted(self)
        return self._mapped(Y, self.inverse_generator_, self._target, self._source)

    def score(self, X: TableLike, Y: TableLike) -> float:
        """Score mapped rows against rows of the other domain: higher is better, at most 1.

        The score is the mean of two values of `regan.metrics.two_sample_score`: of ``transform(X)``
        against `Y`, and of ``inverse_transform(Y)`` against `X`, on standardized columns. It uses
        at most 2,000 rows of each. It does not tell whether a row is mapped to the right place:
        for this, you need rows that you know in both domains.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features), n_samples >= 2
            Rows of the first domain, held out from training if possible.
        Y : array-like or DataFrame of shape (m_samples, m_features), m_samples >= 2
            Rows of the second domain.

        Returns
        -------
        score : float
        """
        check_is_fitted(self)
        ways = (
            (self._source, X, self.generator_, self._target),
            (self._target, Y, self.inverse_generator_, self._source),
        )
        real = [domain.compared(table, SCORE_ROWS, self._seed) for domain, table, *_ in ways]
        made = [
            there.numbers(self._translate(network, here.read(table, SCORE_ROWS, self._seed)))
            for here, table, network, there in ways
        ]
        return agreement(real, made[::-1])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of Y, which `transform` returns.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        names : array of str
            For an array without names, ``y0``, ``y1`` and so on.
        """
        check_is_fitted(self)
        container = self._target.reader.container
        names = container.names
        called = [f"y{i}" for i in names] if container.is_array else map(str, names)
        return np.array(list(called), dtype=object)

    def save(self, path: str | os.PathLike[str], *, sampler_only: bool = False) -> None:
        """Save the fitted model to a file; `regan.load` reads it.

        Parameters
        ----------
        path : str or path
            File to write.
        sampler_only : bool, default=False
            Whether to save only what `transform`, `inverse_transform` and `score` need. The
            discriminators, the optimizers and the history are left out.

        Raises
        ------
        OSError
            If `path` cannot be written. An existing file stays as it was.
        TypeError
            If a file cannot hold a hyper-parameter, such as a function. Pickle such a model
            instead.
        """
        check_is_fitted(self)
        save(self, path, sampler_only=check_bool(sampler_only, "sampler_only"))

    @property
    def sparsity_(self) -> dict[str, Sparsity]:
        """Sparsity of each network: the share of weights that are exactly zero, in all and by
        layer, and the dead units of each hidden layer.
        """
        return {
            name: sparsity(fitted.network, fitted.theta) for name, fitted in self._fitted().items()
        }

    @property
    def n_features_out_(self) -> int:
        """Number of columns of Y."""
        if not hasattr(self, "_target"):
            raise AttributeError("n_features_out_ needs a fitted model")
        return self._target.n_columns

    # How they work

    def _fit(self, X: Any, Y: Any) -> None:
        if Y is None:  # in the words that scikit-learn's tools look for
            raise ValueError(
                "give the rows of the second domain: fit(X, Y) requires y to be passed, but the "
                "target y is None"
            )
        trains_in = str(check_choice(self.dtype, "dtype", DTYPES))
        CycleSpec.read(Settings.of(self))  # before any work: it tells what there is to tell
        here, there = self._scalings
        source, rows = Domain.learn(X, here, trains_in, "X", self)
        target, others = Domain.learn(Y, there, trains_in, "Y")

        def read(*facts: Any) -> CycleSpec:
            with quietly():
                return CycleSpec.read(Settings.of(self), *facts)

        given = (source, rows), (target, others), draw_seed(self.random_state)
        fit = CycleRun(read, type(self).__name__, *given)
        (self._source, self._target), self._seed = fit.domains, fit.seed
        self._n_rows = len(rows), len(others)
        with fit.patience:
            try:
                fit.train()
            except DivergenceError:
                self._set_fitted(fit.result())
                raise
            self._set_fitted(fit.result())
        fit.tell()

    @property
    def _scalings(self) -> tuple[Any, Any]:
        """The setting `standardize` of each domain."""
        if not isinstance(self.standardize, tuple):
            return self.standardize, self.standardize
        if len(self.standardize) != 2:
            raise ValueError(
                f"standardize as a tuple must be a pair (X, Y), got {self.standardize!r}"
            )
        return self.standardize

    def _set_fitted(self, result: Result) -> None:
        self._state, self.n_iter_ = result.state, result.state.step
        self._set_networks(result.networks)
        self.history_ = result.history

    def _set_networks(self, networks: Mapping[str, FittedNetwork]) -> None:
        for name, network in networks.items():
            setattr(self, f"{name}_", network)

    def _fitted(self) -> dict[str, FittedNetwork]:
        """The networks by name; a file may have left out the discriminators."""
        names = CycleObjective.names
        return {name: getattr(self, f"{name}_") for name in names if hasattr(self, f"{name}_")}

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Put every attribute back if fitting fails, unless it is a divergence after updates."""
        before = dict(self.__dict__)
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, DivergenceError) and hasattr(self, "n_iter_")):
                self.__dict__.clear()
                self.__dict__.update(before)
            raise

    def _mapped(self, table: Any, network: FittedNetwork, here: Domain, there: Domain) -> Any:
        made = self._translate(network, here.read(table))
        return there.wrap(there.numbers(made), like=table)

    def _translate(self, fitted: FittedNetwork, rows: np.ndarray) -> np.ndarray:
        """What a generator makes of scaled rows (n, D).

        Always of as many at a time: a product may round differently at another size.
        """
        ops = backend_or_numpy(self.backend, fitted.theta.dtype, told=True)
        network, theta = fitted.on(ops)
        network.keeps_caches = False
        size, made = piece_rows(network.widest), np.empty((len(rows), network.n_out))
        with ops.recycling():
            for start in range(0, len(rows), size):
                piece = rows[start : start + size]
                ops.recycle()
                whole = ops.asarray(np.resize(piece, (size, rows.shape[1]))[None])
                done = ops.to_numpy(CycleObjective.translate(network, theta, whole))
                made[start : start + len(piece)] = done[0, : len(piece)]
        return made

    def _fit_summary(self) -> dict[str, str]:
        domains = self._source, self._target
        columns = [columns_in_words(d.reader.encoder, d.n_columns) for d in domains]
        summary = {
            "Rows trained on": "X {:,}, Y {:,}".format(*self._n_rows),
            "Columns": "X {}, Y {}".format(*columns),
            "Updates": f"{self.n_iter_:,}",
        }
        for name, fitted in self._fitted().items():
            title = name.replace("_", " ").capitalize()
            summary[title] = f"{fitted.theta.size:,} parameters"
        runs_on = backend_or_numpy(self.backend, self.generator_.theta.dtype, told=True)
        summary["Backend"] = f"{runs_on.name}, {self.generator_.theta.dtype}"
        return summary

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.single_output, tags.target_tags.multi_output = False, True
        return tags

    # What a model file asks

    def _contents(self, codec: Codec, *, whole: bool) -> tuple[dict[str, np.ndarray], Any]:
        networks = self._fitted()
        if not whole:
            networks = {name: networks[name] for name in CycleObjective.samplers}
        return CycleContents(
            self._source,
            self._target,
            networks,
            self._state if whole else None,
            self.history_ if whole else {},
            self.n_iter_,
            self._n_rows,
            self._seed,
        ).export(codec, whole=whole)

    def _adopt(self, stored: Stored, tensors: Tensors, codec: Codec) -> None:
        with Stored(self.get_params(deep=False), "params").building("set that can map rows"):
            trains_in = str(check_choice(self.dtype, "dtype", DTYPES))
            check_choice(self.backend, "backend", (*BUILT_IN, None))
        names = CycleObjective.names, CycleObjective.samplers
        contents = CycleContents.restore(stored, tensors, codec, *names, trains_in, self)
        tensors.end()
        self._source, self._target = contents.source, contents.target
        self._state, self.history_ = contents.state, contents.history
        self.n_iter_, self._n_rows = contents.n_iter, contents.n_rows
        self._seed = contents.seed
        self._set_networks(contents.networks)
        with stored.building("model that can map rows"), quietly():
            self._try_out()

    def _try_out(self) -> None:
        """Map two rows each way; whatever cannot be fails here."""
        ways = (
            (self.generator_, self._source, self._target),
            (self.inverse_generator_, self._target, self._source),
        )
        for network, here, there in ways:
            if (network.network.n_in, network.network.n_out) != (here.columns.n, there.columns.n):
                raise ValueError("a generator has other inputs or outputs than the columns")
            there.numbers(self._translate(network, np.zeros((2, here.columns.n))))
