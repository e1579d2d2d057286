"""The regularized variational autoencoder."""

from __future__ import annotations

from regan.building.autoencoder_spec import AutoencoderSpec
from regan.building.types import (
    ActivationLike,
    ActivityPenaltyLike,
    Callbacks,
    ClippingLike,
    Conditional,
    ConstraintLike,
    DropoutLike,
    Frames,
    NormalizationLike,
    OptimizerLike,
    Parts,
    PenaltyLike,
    ScheduleLike,
    Standardize,
    Stopping,
)
from regan.estimators.neural import NeuralModel
from regan.estimators.persistence import savable
from regan.layers.fitted import FittedNetwork
from regan.typing import Auto, BackendName, Dtype, PerNetwork, RandomState, Widths


@savable
class RegularizedVAE(NeuralModel):
    r"""Variational autoencoder (VAE) with regularization, for tables and arrays.

    The encoder maps a row x to a normal distribution of its latent vector z. The decoder maps z to
    a mean for every column; each column also has one learned variance. For columns of categories,
    the decoder gives the probabilities of their levels instead. Both networks are multilayer
    perceptrons, and together they minimize

    .. math::

        \mathbb{E}_{z \sim q(z | x)} [-\log p(x | z)] + \beta\, \mathrm{KL}(q(z | x) \,\|\, N(0, I))
        + R(w_\mathrm{encoder}) + R(w_\mathrm{decoder})

    `sample` draws z from N(0, I), adds the noise of the columns and draws levels. Kingma and
    Welling, 2014 (arXiv:1312.6114).

    Every setting of a network takes one value for both networks, or a pair ``(encoder, decoder)``.
    A pair is a 2-tuple; several values for one network are a list. A name selects the usual form of
    a regularizer. An object gives full control and has its own strengths.

    Parameters
    ----------
    penalty : str, Penalty, list of these, None or a pair, default="l2"
        Penalty on the weights: l1, l2, elasticnet, group_lasso or orthogonal.
    alpha : float or a pair, default=1e-4
        Strength of the weight penalty.
    l1_ratio : float in [0, 1] or a pair, default=0.5
        Share of the L1 part in the elastic net.
    beta : float, default=1.0
        Weight of the divergence, non-negative. More than 1 favors simpler codes (Higgins et al.,
        2017).
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Widths of the encoder's hidden layers.
    decoder_hidden_layer_sizes : int, sequence of int or None, default=None
        Widths of the decoder's hidden layers. None means those of the encoder.
    activation : str, Layer or a pair, default="leaky_relu"
        Hidden activation: leaky_relu (slope 0.2), relu, tanh, sigmoid, softplus, elu, silu or gelu.
    latent_dim : int, default=8
        Latent dimension Z, the length of a latent vector.
    optimizer : str, Optimizer or a pair, default="adam"
        sgd, rmsprop, adam, adamw, optimistic_adam, extra_sgd or extra_adam.
    learning_rate_init : float or a pair, default=5e-3
        Initial learning rate.
    learning_rate : str, Schedule or a pair, default="cosine"
        Schedule of the learning rate over `max_iter` updates: constant, linear, geometric or
        cosine.
    beta_1 : float in [0, 1) or a pair, default=0.9
        Decay of Adam's first moment; momentum of SGD and RMSprop.
    beta_2 : float in [0, 1) or a pair, default=0.999
        Decay of the second moment, for Adam and RMSprop.
    batch_size : int, default=128
        Rows in a minibatch, at most the number of rows.
    max_iter : int or "auto", default="auto"
        Number of updates. Without frames, "auto" takes at least 3 updates for each row, more if
        there are many rows, at most 4 for each row, and from 100 to 8000 in all. In frames it takes
        as many updates as rows, from 20 to 3000. In mixed frames it takes twice as many, at most
        4000. :doc:`/guide/sharp` has the numbers for fewer rows.
    ema_decay : float in [0, 1), default=0.999
        Decay of the exponential moving average of the decoder's parameters. The averaged decoder
        makes the samples.
    constraint : str, Constraint, list of these, None or a pair, default=None
        Constraint on the weights: spectral_norm, weight_clip, max_norm, unit_norm, non_negative,
        l1_ball, l2_ball, max_units or max_nonzero.
    activity_penalty : {"l1", "l2"}, ActivityPenalty, list of these, None or a pair, default=None
        Penalty on the encoder's outputs (means and logits of variances) and on the decoder's means,
        or on hidden activations.
    normalization : {"batch", "layer", "group"}, Layer, None or a pair, default=None
        Normalization of the hidden layers, before the activation. Group norm has two groups; an
        object sets another number.
    dropout : float in [0, 1), Dropout, None or a pair, default=None
        Share of hidden activations that are set to zero at random during training.
    architecture : str, object, list of these, None or a pair, default=None
        Parts of the networks besides the hidden layers: residual or fourier.
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
        Local, principal or mixed frames: the networks train in the coordinates of the components of
        a mixture, and the component is an additional label; see `RegularizedGAN`.
    masked : bool, default=False
        Whether to learn to complete rows: to draw all other cells given any of the cells, for
        `impute` and the `conditions` of `sample`. Half of the rows of a minibatch are generated as
        a whole. In each other row, a share of the cells that is uniform between 0 and 1 is shown,
        and the bound is that of the hidden cells. Training takes up to twice the time, and the
        score is a little lower on small data (:doc:`/guide/conditions`).
    standardize : bool, {"auto", "quantile", "standard"} or TableEncoder, default=True
        How columns are scaled for training. True and "auto" standardize columns to zero mean and
        unit variance. A column with evidence of long tails, outliers or a spike is transformed to
        normal scores by rank instead. "standard" standardizes all columns; "quantile" transforms
        all columns by rank. Samples are in the units of the data. They stay within the range of
        each column and keep to what all of its values obey: whole numbers, decimals, steps.
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
    decoder_ : FittedNetwork
        The averaged decoder. It maps latent vectors (and labels) to scaled means and log
        deviations. If the data are a table, its last biases are adjusted so that levels are as
        frequent as in the training data.
    encoder_ : FittedNetwork
        The encoder. It maps scaled rows (and labels) to means of z and to logits of the variances
        of z, which are between 0 and 1.
    history_ : dict of str to array
        Values of training, with one entry for each update: ``reconstruction``, ``kl`` (times
        `beta`), each penalty by name (``encoder_l2``, ...), ``encoder_grad_norm`` and
        ``decoder_grad_norm``. ``distance`` and, with early stopping, ``validation_score`` are
        measured at intervals and are NaN between, as in `RegularizedGAN`.
    n_iter_ : int
        Number of updates made.
    best_iter_ : int
        With early stopping: the update whose state was kept. This state is the fitted model.
    best_score_ : float
        With early stopping: the score of that state on the held-out rows; higher is better. As the
        best of several scores, it is slightly too high.
    classes_ : array
        The class labels, if ``conditional=True``.
    frames_ : FittedFrames or None
        The mixture whose components are the frames.
    sparsity_ : dict of str to Sparsity
        For each network, the share of weights that are exactly zero, and the number of dead units.
    n_features_in_ : int
        Number of columns of the training data.
    feature_names_in_ : array of str
        Names of the columns, if the training data had names.

    Examples
    --------
    >>> import numpy as np
    >>> from regan import RegularizedVAE
    >>> X = np.random.default_rng(0).normal([5, -3], [2, 0.1], size=(500, 2))
    >>> vae = RegularizedVAE(penalty="l1", max_iter=300, random_state=0).fit(X)
    >>> vae.sample(1000).shape
    (1000, 2)
    """

    networks = ("encoder", "decoder")
    spec_class = AutoencoderSpec

    encoder_: FittedNetwork
    decoder_: FittedNetwork

    def __init__(
        self,
        penalty: PenaltyLike = "l2",
        *,
        alpha: PerNetwork[float] = 1e-4,
        l1_ratio: PerNetwork[float] = 0.5,
        beta: float = 1.0,
        hidden_layer_sizes: Widths = (128, 128),
        decoder_hidden_layer_sizes: Widths | None = None,
        activation: ActivationLike = "leaky_relu",
        latent_dim: int = 8,
        optimizer: OptimizerLike = "adam",
        learning_rate_init: PerNetwork[float] = 5e-3,
        learning_rate: ScheduleLike = "cosine",
        beta_1: PerNetwork[float] = 0.9,
        beta_2: PerNetwork[float] = 0.999,
        batch_size: int = 128,
        max_iter: int | Auto = "auto",
        ema_decay: float = 0.999,
        constraint: ConstraintLike = None,
        activity_penalty: ActivityPenaltyLike = None,
        normalization: NormalizationLike = None,
        dropout: DropoutLike = None,
        architecture: PerNetwork[Parts] = None,
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
        self.beta = beta
        self.hidden_layer_sizes = hidden_layer_sizes
        self.decoder_hidden_layer_sizes = decoder_hidden_layer_sizes
        self.activation = activation
        self.latent_dim = latent_dim
        self.optimizer = optimizer
        self.learning_rate_init = learning_rate_init
        self.learning_rate = learning_rate
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.ema_decay = ema_decay
        self.constraint = constraint
        self.activity_penalty = activity_penalty
        self.normalization = normalization
        self.dropout = dropout
        self.architecture = architecture
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
