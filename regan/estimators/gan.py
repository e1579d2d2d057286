"""The regularized GAN."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Self

from sklearn.utils.validation import check_is_fitted

from regan.building.specs import GameSpec
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
    r"""A generative adversarial network of two multilayer perceptrons, with regularizers of choice.

    The generator G maps noise z to rows, the discriminator D rows to scores. They minimise in turn

    .. math::

        & L_G(D(G(z))) + R(w_G) + A(G(z)) + M(G(z), x), \\
        & L_D(D(x), D(G(z))) + R(w_D) + A(D) + \gamma \, \tfrac12 \, \mathrm{mean}\, |\nabla_x D|^2

    with the adversarial losses of `loss`, weight penalties R (biases are not penalised), activity
    penalties A, data terms M and a gradient penalty, within the constraints on the weights.

    Every setting that concerns one network takes one value for both or a pair ``(generator,
    discriminator)``: a pair is a 2-tuple, several things are a list. These settings are `penalty`,
    `alpha`, `l1_ratio`, `activation`, `optimizer`, `learning_rate_init`, `learning_rate`, `beta_1`,
    `beta_2`, `constraint`, `activity_penalty`, `normalization`, `dropout`, `architecture` and
    `clipping`. A name stands for the common case; an object gives full control and brings its own
    strengths.

    Parameters
    ----------
    penalty : str, Penalty, list of these, None or a pair, default="l2"
        Penalty on the weights: l1, l2, elasticnet, group_lasso or orthogonal. L1 parts and the
        group lasso act by a proximal step: weights become exactly zero.
    alpha : float or a pair, default=1e-4
        Its strength: ``alpha |w|_1``, ``alpha / 2 |w|_2^2``, or the mixture below.
    l1_ratio : float in [0, 1] or a pair, default=0.5
        For the elastic net, ``alpha (l1_ratio |w|_1 + (1 - l1_ratio) / 2 |w|_2^2)``.
    loss : str or Loss, default="relativistic"
        The adversarial loss: relativistic, non_saturating, minimax, wasserstein, hinge or
        least_squares. An object may smooth the real label, as ``NonSaturating(0.1)``.
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Widths of the generator's hidden layers.
    discriminator_hidden_layer_sizes : int, sequence of int or None, default=None
        The discriminator's; None means the same.
    activation : str, Layer or a pair, default="leaky_relu"
        Hidden activation: leaky_relu (slope 0.2), relu, tanh, sigmoid, softplus, elu, silu or gelu.
    latent_dim : int or "auto", default="auto"
        Z, the length of a noise row. By the rule 32, and beside noise_skip at least as many as the
        networks see columns, in mixed frames columns of numbers.
    optimizer : str, Optimizer or a pair, default="adam"
        sgd, rmsprop, adam, adamw, optimistic_adam, or one that looks ahead, for both networks at
        once: extra_sgd or extra_adam.
    learning_rate_init : float, "auto" or a pair, default="auto"
        The initial learning rate. By the rule 3e-3, and in local frames, or principal ones of one
        component, 1e-3, of n < 1000 rows ``1e-6 n``.
    learning_rate : str, Schedule or a pair, default="cosine"
        How it falls over `max_iter` updates: constant, linear, geometric or cosine. Linear and
        cosine end at 0, geometric at a hundredth.
    beta_1 : float in [0, 1) or a pair, default=0.0
        Decay of Adam's first moment; momentum of SGD and RMSprop.
    beta_2 : float in [0, 1) or a pair, default=0.99
        Decay of the second moment, for Adam and RMSprop.
    batch_size : int or "auto", default="auto"
        Rows of a minibatch; at most the number of rows. By the rule 128, and in local frames, or
        principal ones of one component, 256.
    gradient_penalty : str, GradientPenalty, list of these or None, default="r1r2"
        Penalty on the discriminator's input gradient: at data rows (r1), at generated rows (r2), at
        both (r1r2), between them (wgan_gp, zero_gp), around the data (dragan), or weighted by the
        scores (roth). An object may bring a schedule of its strength and a lazy interval.
    gamma : float or "auto", default="auto"
        Its strength, in the convention ``gamma / 2 mean |grad D|^2``, on scaled columns. By the
        rule 0.3, in principal frames of several components 1, and in local frames 0.1, where a
        zero-centred penalty falls geometrically to a hundredth of that over training. A number is
        constant. D cannot see structure that is narrower than about ``sqrt(gamma / 1.4)``.
    max_iter : int or "auto", default="auto"
        Generator updates. By the rule 1.5 for each row, and more of many rows or columns, up to 4
        (:doc:`/guide/sharp`), from 100 to 8000, and in frames as many as rows, from 20 to 3000:
        more would learn few rows by heart. In principal frames of several components twice as many
        as rows, up to 6000, in mixed frames twice as many, up to 4000, and fewer of fewer than 400
        rows.
    n_discriminator_steps : int, default=0
        Discriminator updates before each generator update. 0 updates both networks at once, which
        takes one pass through the discriminator instead of two, and is as good on the data that we
        measure.
    ema_decay : float in [0, 1), default=0.999
        Decay of the moving average of the generator's parameters, which is what samples; 0 turns it
        off.
    constraint : str, Constraint, list of these, None or a pair, default=None
        What the weights have to keep to: spectral_norm, weight_clip, max_norm, unit_norm,
        non_negative, l1_ball, l2_ball, max_units or max_nonzero.
    activity_penalty : {"l1", "l2"}, ActivityPenalty, list of these, None or a pair, default=None
        Penalty on G(z) and D(x), or on hidden activations.
    normalization : {"batch", "layer", "group"}, Layer, None or a pair, default=None
        Of the hidden layers, before the activation. Group norm has two groups, or as many as an
        object says.
    dropout : float in [0, 1), Dropout, None or a pair, default=None
        The share of hidden activations that are left out at random while training.
    architecture : str, object, list of these, None or a pair, default="auto"
        Parts beside the hidden layers: residual, fourier, minibatch_std, packing, latent_mixture or
        noise_skip. One value for both networks goes where it makes sense: the last two to the
        generator, the two before them to the discriminator. By the rule noise_skip in local and
        mixed frames, or principal ones of one component, unless a penalty sets weights of the
        generator to zero; else none.
    noise : "instance", InstanceNoise or None, default=None
        Noise on all rows that the discriminator sees, falling over training.
    matching : {"rows", "moments", "features"}, Matching, list of these or None, default=None
        A data term for the generator: squared distance to data rows, to their first two moments, or
        to the mean of the discriminator's last hidden layer.
    clipping : str, Clipping, list of these, None or a pair, default=None
        A bound on the gradient before the optimizer: by entry (value), by layer (norm) or as a
        whole (global_norm).
    conditional : bool or "balanced", default=False
        Whether to train on class labels `y` as well, and generate by class. "balanced" (the
        `class_weight` of scikit-learn's classifiers) draws minibatches in which all classes are
        equally frequent, for rare ones; so are they in the distances of `history_`. Samples
        without `y`, scores and early stopping keep the shares of the training data.
    frames : int, "auto" or None, default="auto"
        Frames: the networks train in the coordinates of a Gaussian mixture, with its component as a
        further label; rows come back from a component drawn as often as in the data (in its class).
        So modes and their shares are given, and what is left to learn is what no Gaussian has. Up
        to 32 columns that vary, frames are local: each component is a standard normal distribution
        in its own coordinates. The coordinates of more columns are their principal components, with
        one unit for all. The number of components, by "auto" that of the lowest BIC with 15 rows
        for each column and component (of principal components 100 for each component, at most 16).
        There are frames then of an array with no more columns of levels (a few whole numbers)
        than of other numbers, and of a DataFrame of numbers alone, with at least 15 rows for each
        column; with fewer than 50 for each of more than 10 columns, and for more than 32 columns,
        they are principal, and there have to be 200 rows and, unless the columns are on one scale
        as pixels are, two for each column. Of fewer rows than that, arrays of numbers with classes
        have one component for each class (:doc:`/guide/sharp`). Of 50 rows and more, other arrays,
        and DataFrames with levels, have mixed frames: components of numbers and levels, 40 rows for
        each, at most 100, of which the networks know how often each level occurs. Frames stay when
        training goes on.
    masked : bool, default=False
        Whether to learn to complete rows: all other cells given any of them (`impute`, and
        `conditions` of `sample`). Half of the rows of a minibatch are made whole, as without; of
        each other, a share of cells that is uniform between 0 and 1 is shown, and in the first
        fifth of the updates the generator is pulled towards the cells that are hidden. It takes up
        to twice the time, and something of the score on few rows (:doc:`/guide/conditions`).
    standardize : bool, {"auto", "quantile", "standard"} or TableEncoder, default=True
        Train on columns of zero mean and unit variance; one that gives evidence of long tails,
        outliers or a spike becomes normal scores by rank (`True` and "auto"; "standard" is mean and
        variance for all, "quantile" ranks for all). Samples come back in the units of the data, and
        keep to the range of each column and to what all of its values obey: whole numbers,
        decimals, steps. More than 32 columns on one scale, as pixels are, are divided by one number
        (`True` and "auto"). False trains on the numbers as they are and gives what the model makes.
        A DataFrame with other columns than floating numbers, or with missing cells, is encoded, by
        a `TableEncoder` with its defaults or by the one given here, which then encodes any
        DataFrame, and any array: NaN in it are missing cells.
    backend : {"numpy", "cupy", "auto"} or None, default=None
        None reads the environment variable ``REGAN_BACKEND``, else means NumPy.
    dtype : {"float32", "float64"}, default="float32"
        Of parameters and passes. Scaling happens in float64.
    early_stopping : bool or EarlyStopping, default=False
        Whether to hold out a tenth of the rows, stop when generated rows come no nearer to them,
        and keep the best state; an `EarlyStopping` says how. The learning rate follows its schedule
        over `max_iter` all the same.
    warm_start : bool, default=False
        Whether `fit` goes on from the last call's state and scaling.
    callbacks : list of Callback or callable, default=None
        A callable is called with the `Run` after every window of updates.
    random_state : int, RandomState or None, default=None
        Initial weights, batches, noise, and what `sample` draws.
    verbose : int or bool, default=0
        1 or True shows a progress bar in a terminal or a notebook, and prints about 15 lines in a
        file or a pipe; see `ProgressBar`.

    Attributes
    ----------
    generator_ : FittedNetwork
        The averaged generator, from noise (and labels) to scaled rows. Of a table, its last biases
        are those with which levels are as frequent as in the data.
    discriminator_ : FittedNetwork
        The discriminator, from scaled rows (and labels), or packs of them, to scores.
    history_ : dict of str to array
        One entry an update: ``generator_loss``, ``discriminator_loss``, each penalty by name
        (``discriminator_r1``, ``generator_l2``, ...), with ``masked=True`` the pull towards hidden
        cells (``generator_warm_up``), ``generator_grad_norm`` and
        ``discriminator_grad_norm``; means, where the discriminator makes several steps.
        ``distance``, the sliced Wasserstein distance between generated rows and data, scaled (in
        frames: between their coordinates there), and
        with early stopping ``validation_score``, are measured now and then, and after the last
        update. NaN where a term was not measured, or was not part of the objective at the time;
        ``pandas.DataFrame(model.history_)`` is a table of all.
    frames_ : FittedFrames or None
        The mixture whose components are the frames: ``weights_``, ``means_``, ``covariances_``,
        its own ``sample`` and ``score_samples``.
    sparsity_ : dict of str to Sparsity
        For each network the share of weights that are exactly zero, in all and by layer, and the
        number of dead units of each hidden layer that `prune` can take units from.
    classes_ : array
        The class labels, if ``conditional=True``.
    n_iter_ : int
        Generator updates made.
    best_iter_ : int
        With early stopping: the update whose state was kept, and is the fitted model.
    best_score_ : float
        Its score on the held-out rows, higher is better; the best of several, so a little too high.
    n_features_in_ : int
    feature_names_in_ : array of str
        Where the training data had names.

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

        A fit with early stopping has done so, on the rows that it held out.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_samples, n_features)
            Rows of the distribution of the training data that were not trained on: of rows that
            were, the discriminator knows too well that they are real.
        y : array-like of shape (n_samples,)
            Their classes, if the model is conditional.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For a model without its discriminator (``save(sampler_only=True)``), or one that judges
            packs of rows.

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
                "method='rejection' needs the discriminator, and the model was saved with "
                "sampler_only=True, which leaves it out"
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
                "method='rejection' needs scores that were calibrated on rows which were not "
                "trained on: call calibrate(X_holdout), or fit with early_stopping=True"
            )
        rejection = Rejection(judge, self._calibration)
        sampler = self._sampler
        return replace(sampler, making=partial(self._making, sampler.rows, rejection))
