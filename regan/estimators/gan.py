"""The regularized GAN."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Self

from sklearn.utils.validation import check_is_fitted

from regan.building.game_spec import GameSpec
from regan.building.types import (
    ActivationLike,
    ActivityPenaltyLike,
    Callbacks,
    ClippingLike,
    Conditional,
    ConstraintLike,
    DropoutLike,
    Frames,
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
    Stopping,
)
from regan.data.columns.rules import EncodingDefaults
from regan.data.labels import check_labels
from regan.estimators.neural import NeuralModel
from regan.estimators.persistence import savable
from regan.estimators.rejection import (
    Judge,
    Rejection,
    calibrate,
    generating,
    rows_in_a_pack,
)
from regan.estimators.sampling import Sampler, backend_or_numpy
from regan.layers.fitted import FittedNetwork
from regan.mixtures.coordinates import Rows
from regan.typing import Auto, BackendName, Dtype, PerNetwork, RandomState, TableLike, Widths


@savable
class RegularizedGAN(NeuralModel):
    r"""Generative adversarial network (GAN) with regularization, for tables and arrays.

    The generator G maps noise z to rows. The discriminator D maps rows to scores. Both networks are
    multilayer perceptrons, and they minimize in turn

    .. math::

        & L_G(D(G(z))) + R(w_G) + A(G(z)) + M(G(z), x), \\
        & L_D(D(x), D(G(z))) + R(w_D) + A(D) + \gamma \, \tfrac12 \, \mathrm{mean}\, |\nabla_x D|^2

    with the adversarial losses L (`loss`), weight penalties R (biases are not penalized), activity
    penalties A, data terms M (`matching`) and a gradient penalty. Constraints bound the weights.

    Every setting of a network takes one value for both networks, or a pair ``(generator,
    discriminator)``. A pair is a 2-tuple; several values for one network are a list. These settings
    are `penalty`, `alpha`, `l1_ratio`, `activation`, `optimizer`, `learning_rate_init`,
    `learning_rate`, `beta_1`, `beta_2`, `constraint`, `activity_penalty`, `normalization`,
    `dropout`, `architecture` and `clipping`. A name selects the usual form of a regularizer. An
    object gives full control and has its own strengths.

    Parameters
    ----------
    penalty : str, Penalty, list of these, None or a pair, default="l2"
        Penalty on the weights: l1, l2, elasticnet, group_lasso or orthogonal. L1 parts and the
        group lasso are applied as a proximal step, so weights become exactly zero.
    alpha : float or a pair, default=1e-4
        Strength of the weight penalty: ``alpha |w|_1``, ``alpha / 2 |w|_2^2``, or the mixture
        below.
    l1_ratio : float in [0, 1] or a pair, default=0.5
        For the elastic net, ``alpha (l1_ratio |w|_1 + (1 - l1_ratio) / 2 |w|_2^2)``.
    loss : str or Loss, default="relativistic"
        Adversarial loss: relativistic, non_saturating, minimax, wasserstein, hinge or
        least_squares. An object may smooth the real label, as in ``NonSaturating(0.1)``.
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Widths of the generator's hidden layers.
    discriminator_hidden_layer_sizes : int, sequence of int or None, default=None
        Widths of the discriminator's hidden layers. None means those of the generator.
    activation : str, Layer or a pair, default="leaky_relu"
        Hidden activation: leaky_relu (slope 0.2), relu, tanh, sigmoid, softplus, elu, silu or gelu.
    latent_dim : int or "auto", default="auto"
        Latent dimension Z, the length of a noise vector. "auto" takes 32. With noise_skip, "auto"
        takes at least the number of columns that the networks see, and in mixed frames at least the
        number of columns of numbers.
    optimizer : str, Optimizer or a pair, default="adam"
        sgd, rmsprop, adam, adamw or optimistic_adam; or extra_sgd or extra_adam, which look ahead
        (extragradient) and have to be set for both networks.
    learning_rate_init : float, "auto" or a pair, default="auto"
        Initial learning rate. "auto" takes 3e-3. In local frames, and in principal frames of one
        component, "auto" takes 1e-3, or ``1e-6 n`` if there are n < 1000 rows.
    learning_rate : str, Schedule or a pair, default="cosine"
        Schedule of the learning rate over `max_iter` updates: constant, linear, geometric or
        cosine. Linear and cosine end at 0, geometric at a hundredth of the initial rate.
    beta_1 : float in [0, 1) or a pair, default=0.0
        Decay of Adam's first moment; momentum of SGD and RMSprop.
    beta_2 : float in [0, 1) or a pair, default=0.99
        Decay of the second moment, for Adam and RMSprop.
    batch_size : int or "auto", default="auto"
        Rows in a minibatch, at most the number of rows. "auto" takes 128, and 256 in local frames
        and in principal frames of one component.
    gradient_penalty : str, GradientPenalty, list of these or None, default="r1r2"
        Penalty on the discriminator's input gradient: at data rows (r1), at generated rows (r2), at
        both (r1r2), between them (wgan_gp, zero_gp), around the data (dragan), or weighted by the
        scores (roth). An object may have a schedule of its strength and a lazy interval.
    gamma : float or "auto", default="auto"
        Strength of the gradient penalty, ``gamma / 2 mean |grad D|^2`` on scaled columns. "auto"
        takes 0.3, in principal frames of several components 1, and in local frames 0.1. In local
        frames, "auto" also makes a zero-centered penalty decrease geometrically to a hundredth of
        its strength during training. A number is constant. D cannot see structure that is narrower
        than about ``sqrt(gamma / 1.4)``.
    max_iter : int or "auto", default="auto"
        Number of generator updates. "auto" depends on the frames (:doc:`/guide/sharp`). Without
        frames, it takes at least 1.5 updates for each row, more if there are many rows or columns,
        at most 4 for each row, and from 100 to 8000 in all. In local frames, and in principal
        frames of one component, it takes as many updates as rows, from 20 to 3000, because with
        more updates the networks would memorize small data. In principal frames of several
        components it takes twice as many updates as rows, up to 6000. In mixed frames it takes
        twice as many, up to 4000, and fewer for each row if there are fewer than 400 rows.
    n_discriminator_steps : int, default=0
        Discriminator updates before each generator update. 0 updates both networks at once, which
        takes one pass through the discriminator instead of two, and was as good on all data that
        we measured.
    ema_decay : float in [0, 1), default=0.999
        Decay of the exponential moving average of the generator's parameters. The averaged
        generator makes the samples. 0 turns averaging off.
    constraint : str, Constraint, list of these, None or a pair, default=None
        Constraint on the weights: spectral_norm, weight_clip, max_norm, unit_norm, non_negative,
        l1_ball, l2_ball, max_units or max_nonzero.
    activity_penalty : {"l1", "l2"}, ActivityPenalty, list of these, None or a pair, default=None
        Penalty on the outputs G(z) and D(x), or on hidden activations.
    normalization : {"batch", "layer", "group"}, Layer, None or a pair, default=None
        Normalization of the hidden layers, before the activation. Group norm has two groups; an
        object sets another number.
    dropout : float in [0, 1), Dropout, None or a pair, default=None
        Share of hidden activations that are set to zero at random during training.
    architecture : str, object, list of these, None or a pair, default="auto"
        Parts of the networks besides the hidden layers: residual, fourier, minibatch_std, packing,
        latent_mixture or noise_skip. If one value is given for both networks, the last two go to
        the generator alone, and the two before them to the discriminator alone. "auto" takes
        noise_skip in local and mixed frames and in principal frames of one component, unless a
        penalty sets weights of the generator to zero. Otherwise "auto" takes none.
    noise : "instance", InstanceNoise or None, default=None
        Noise on all rows that the discriminator sees. It decreases during training.
    matching : {"rows", "moments", "features"}, Matching, list of these or None, default=None
        Data term of the generator: the squared distance to data rows, to their first two moments,
        or to the mean of the discriminator's last hidden layer.
    clipping : str, Clipping, list of these, None or a pair, default=None
        Gradient clipping before the optimizer: of each entry (value), of each layer (norm) or of
        the whole gradient (global_norm).
    conditional : bool or "balanced", default=False
        Whether to train on class labels `y` too, and generate rows of given classes. "balanced"
        (compare `class_weight` of scikit-learn's classifiers) draws minibatches in which all
        classes are equally frequent, which helps rare classes. The distances in `history_` then
        weight all classes equally as well. Samples without `y`, scores and early stopping keep the
        class frequencies of the training data.
    frames : int, "auto" or None, default="auto"
        Number of components of a Gaussian mixture in whose coordinates (frames) the networks train.
        The component is an additional label. To generate a row, regan draws a component with its
        frequency in the training data (within the class). The mixture represents modes and their
        shares, and the networks learn what is not Gaussian. There are three kinds
        (:doc:`/guide/sharp`):

        - Local frames, with up to 32 columns that vary: each component is a standard normal
          distribution in its own coordinates.
        - Principal frames, with more columns: the coordinates are principal components, with one
          unit for all of them.
        - Mixed frames, for numbers and levels: the networks know how often each level occurs in
          each component.

        "auto" chooses the number of components by the lowest BIC. A component has at least 15 rows
        for each column; in principal frames, it has 100 rows, and there are at most 16 components.

        "auto" uses frames for DataFrames of numbers alone, and for arrays in which columns of
        levels (a few whole numbers) do not outnumber the other columns. They need at least 15 rows
        for each column. Principal frames are used for more than 32 columns, and for more than 10
        columns with fewer than 50 rows for each. They need 200 rows, and two rows for each column
        unless the columns are on one scale, as pixels are. With fewer rows, arrays of numbers with
        classes have one component for each class. Other arrays, and DataFrames with levels, have
        mixed frames from 50 rows on, with 40 rows for each component and at most 100 components.

        Frames stay the same when training continues.
    masked : bool, default=False
        Whether to learn to complete rows: to draw all other cells given any of the cells, for
        `impute` and the `conditions` of `sample`. Half of the rows of a minibatch are generated as
        a whole. In each other row, a share of the cells that is uniform between 0 and 1 is shown.
        During the first fifth of the updates, a loss pulls the generator towards the hidden cells.
        Training takes up to twice the time, and the score is a little lower on small data
        (:doc:`/guide/conditions`).
    standardize : bool, {"auto", "quantile", "standard"} or TableEncoder, default=True
        How columns are scaled for training. True and "auto" standardize columns to zero mean and
        unit variance. A column with evidence of long tails, outliers or a spike is transformed to
        normal scores by rank instead. "standard" standardizes all columns; "quantile" transforms
        all columns by rank. Samples are in the units of the data. They stay within the range of
        each column and keep to what all of its values obey: whole numbers, decimals, steps.
        True and "auto" divide more than 32 columns on one scale, such as pixels, by one number.
        False trains on the numbers as they are, and samples are what the model makes.
        If a DataFrame has columns other than floating-point numbers, or missing cells, it is
        encoded by a `TableEncoder` with its defaults. A `TableEncoder` given here encodes every
        DataFrame and every array; NaN in an array is a missing cell.
    backend : {"numpy", "cupy", "auto"} or None, default=None
        Where the model computes. None reads the environment variable ``REGAN_BACKEND``; if the
        variable is not set, it means NumPy.
    dtype : {"float32", "float64"}, default="float32"
        Type of the parameters and of all passes. Columns are scaled in float64.
    early_stopping : bool or EarlyStopping, default=False
        Whether to hold out a tenth of the rows, stop when generated rows come no closer to the
        held-out rows, and keep the best state. An `EarlyStopping` changes these settings. The
        schedule of the learning rate still covers all `max_iter` updates.
    warm_start : bool, default=False
        Whether `fit` continues from the state and the scaling of the previous call.
    callbacks : list of Callback or callable, default=None
        Called during training. regan calls a callable with the `Run` after every window of updates.
    random_state : int, RandomState or None, default=None
        Seed of the initial weights, minibatches and noise, and of `sample`.
    verbose : int or bool, default=0
        1 or True shows a progress bar in a terminal or a notebook, and prints about 15 lines to a
        file or a pipe; see `ProgressBar`.

    Attributes
    ----------
    generator_ : FittedNetwork
        The averaged generator. It maps noise (and labels) to scaled rows. If the data are a table,
        its last biases are adjusted so that levels are as frequent as in the training data.
    discriminator_ : FittedNetwork
        The discriminator. It maps scaled rows (and labels), or packs of rows, to scores.
    history_ : dict of str to array
        Values of training, with one entry for each update: ``generator_loss``,
        ``discriminator_loss``, each penalty by name (``discriminator_r1``, ``generator_l2``, ...),
        ``generator_grad_norm`` and ``discriminator_grad_norm``; with ``masked=True`` also the loss
        that pulls towards hidden cells (``generator_warm_up``). If the discriminator makes several
        steps for each update, the values are means. ``distance`` is the sliced Wasserstein distance
        between generated rows and data, on scaled columns (in frames: in their coordinates). It is
        measured at intervals and after the last update, like ``validation_score`` with early
        stopping. An entry is NaN if a value was not measured, or was not part of the objective at
        the time. ``pandas.DataFrame(model.history_)`` is a table of all values.
    frames_ : FittedFrames or None
        The mixture whose components are the frames: ``weights_``, ``means_``, ``covariances_``,
        its own ``sample`` and ``score_samples``.
    sparsity_ : dict of str to Sparsity
        For each network, the share of weights that are exactly zero, in all and by layer, and the
        number of dead units in each hidden layer that `prune` can remove.
    classes_ : array
        The class labels, if ``conditional=True``.
    n_iter_ : int
        Number of generator updates made.
    best_iter_ : int
        With early stopping: the update whose state was kept. This state is the fitted model.
    best_score_ : float
        With early stopping: the score of that state on the held-out rows; higher is better. As the
        best of several scores, it is slightly too high.
    n_features_in_ : int
        Number of columns of the training data.
    feature_names_in_ : array of str
        Names of the columns, if the training data had names.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import RegularizedGAN
    >>> X = np.random.default_rng(0).normal([5, -3], [2, 0.1], size=(500, 2))
    >>> gan = RegularizedGAN(penalty="l1", alpha=1e-3, max_iter=300, random_state=0).fit(X)
    >>> gan.sample(1000).shape
    (1000, 2)
    >>> bool(np.allclose(gan.sample(1000).mean(axis=0), [5, -3], atol=0.5))
    True
    """

    networks = ("generator", "discriminator")
    # a discriminator would learn the noise of ties
    _encoding = EncodingDefaults(draws_ties=False, common_scale=True)
    spec_class = GameSpec

    generator_: FittedNetwork
    discriminator_: FittedNetwork

    def __init__(
        self,
        penalty: PenaltyLike = "l2",
        *,
        alpha: PerNetwork[float] = 1e-4,
        l1_ratio: PerNetwork[float] = 0.5,
        loss: LossLike = "relativistic",
        hidden_layer_sizes: Widths = (128, 128),
        discriminator_hidden_layer_sizes: Widths | None = None,
        activation: ActivationLike = "leaky_relu",
        latent_dim: int | Auto = "auto",
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
        conditional: Conditional = False,
        frames: Frames = "auto",
        masked: bool = False,
        standardize: Standardize = True,
        backend: BackendName | None = None,
        dtype: Dtype = "float32",
        early_stopping: Stopping = False,
        warm_start: bool = False,
        callbacks: Callbacks = None,
        random_state: RandomState = None,
        verbose: int | bool = 0,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.discriminator_hidden_layer_sizes = discriminator_hidden_layer_sizes
        self.activation = activation
        self.latent_dim = latent_dim
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
        self.conditional = conditional
        self.frames = frames
        self.masked = masked
        self.standardize = standardize
        self.backend = backend
        self.dtype = dtype
        self.early_stopping = early_stopping
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def calibrate(self, X: TableLike, y: TableLike | None = None) -> Self:
        """Calibrate the discriminator's scores on held-out rows, for rejection sampling.

        A fit with early stopping does this itself, on the rows that it held out.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows from the distribution of the training data that were not used for training. The
            discriminator overestimates how real the rows of training are.
        y : array-like of shape (n_samples,)
            Classes of the rows, if the model is conditional.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the model has no discriminator (``save(sampler_only=True)``), or if the discriminator
            judges packs of rows.

        Examples
        --------
        >>> import numpy as np
        >>> from regan import RegularizedGAN
        >>> X = np.random.default_rng(0).normal(size=(600, 2))
        >>> gan = RegularizedGAN(max_iter=50, random_state=0).fit(X[:500]).calibrate(X[500:])
        >>> gan.sample(100, method="rejection").shape
        (100, 2)
        """
        check_is_fitted(self)
        rows = self._reader.scaler.forward(self._reader.read(self, X, minimum=10))
        labels = None
        if self._classes is not None:
            labels = self._classes.encoded(self._classes.codes(check_labels(y, X), len(rows)))
        self._judge()
        self._set_calibration(self._coordinates.enter((rows, labels), self._seed + 2))
        return self

    def _judge(self) -> Judge:
        """What judges generated rows. ValueError if nothing does so one by one."""
        if not hasattr(self, "discriminator_"):
            raise ValueError(
                "method='rejection' needs the discriminator, but the model was saved with "
                "sampler_only=True, which leaves it out: save the whole model, or use "
                "method='generator'"
            )
        ops = backend_or_numpy(self.backend, self._sampling_network.theta.dtype, told=True)
        return Judge(self.discriminator_, ops, self._coordinates)

    def _set_calibration(self, held: Rows | None) -> None:
        self._calibration, coordinates = None, self._coordinates
        if held is not None and rows_in_a_pack(self.discriminator_, coordinates) == 1:
            generate = generating(self._sampling_network, coordinates, self._seed)
            self._calibration = calibrate(self._judge(), held, coordinates, generate, self._seed)

    def _rejecting_sampler(self) -> Sampler:
        judge = self._judge()
        if self._calibration is None:
            raise ValueError(
                "method='rejection' needs discriminator scores that were calibrated on held-out "
                "rows: call calibrate(X_holdout), or fit with early_stopping=True"
            )
        rejection = Rejection(judge, self._calibration)
        sampler = self._sampler
        return replace(sampler, making=partial(self._making, sampler.rows, rejection))
