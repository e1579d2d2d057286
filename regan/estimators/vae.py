"""The regularized variational autoencoder."""

from __future__ import annotations

from regan.building.specs import AutoencoderSpec
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
    r"""A variational autoencoder of two multilayer perceptrons, with regularizers of choice.

    The encoder maps a row x to a normal distribution of its latent row z, the decoder maps z to a
    mean for every column; beside it, each column has one learnt variance. Where columns are
    categories, the decoder gives the probabilities of their levels instead. Both minimise

    .. math::

        \mathbb{E}_{z \sim q(z | x)} [-\log p(x | z)] + \beta\, \mathrm{KL}(q(z | x) \,\|\, N(0, I))
        + R(w_\mathrm{encoder}) + R(w_\mathrm{decoder})

    `sample` draws z from N(0, I), adds the columns' noise and draws levels. Kingma and Welling,
    2014 (arXiv:1312.6114).

    Every setting that concerns one network takes one value for both or a pair ``(encoder,
    decoder)``: a pair is a 2-tuple, several things are a list. A name stands for the common case;
    an object gives full control and brings its own strengths.

    Parameters
    ----------
    penalty : str, Penalty, list of these, None or a pair, default="l2"
        Penalty on the weights: l1, l2, elasticnet, group_lasso or orthogonal.
    alpha : float or a pair, default=1e-4
        Its strength.
    l1_ratio : float in [0, 1] or a pair, default=0.5
        For the elastic net.
    beta : float, default=1.0
        The weight of the divergence, non-negative; more than 1 asks for simpler codes (Higgins et
        al., 2017).
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Widths of the encoder's hidden layers.
    decoder_hidden_layer_sizes : int, sequence of int or None, default=None
        The decoder's; None means the same.
    activation : str, Layer or a pair, default="leaky_relu"
        Hidden activation: leaky_relu (slope 0.2), relu, tanh, sigmoid, softplus, elu, silu or gelu.
    latent_dim : int, default=8
        Z, the length of a latent row.
    optimizer : str, Optimizer or a pair, default="adam"
        sgd, rmsprop, adam, adamw, optimistic_adam, extra_sgd or extra_adam.
    learning_rate_init : float or a pair, default=5e-3
        The initial learning rate.
    learning_rate : str, Schedule or a pair, default="cosine"
        How it falls over `max_iter` updates: constant, linear, geometric or cosine.
    beta_1 : float in [0, 1) or a pair, default=0.9
        Decay of Adam's first moment; momentum of SGD and RMSprop.
    beta_2 : float in [0, 1) or a pair, default=0.999
        Decay of the second moment, for Adam and RMSprop.
    batch_size : int, default=128
        Rows of a minibatch; at most the number of rows.
    max_iter : int or "auto", default="auto"
        Updates. By the rule 3 for each row, and more of many rows, up to 4, from 100 to 8000, in
        frames as many as there are rows, from 20 to 3000, and in mixed frames twice as many, at
        most 4000; of fewer than 400 rows see :doc:`/guide/sharp`.
    ema_decay : float in [0, 1), default=0.999
        Decay of the moving average of the decoder's parameters, which is what samples.
    constraint : str, Constraint, list of these, None or a pair, default=None
        What the weights have to keep to: spectral_norm, weight_clip, max_norm, unit_norm,
        non_negative, l1_ball, l2_ball, max_units or max_nonzero.
    activity_penalty : {"l1", "l2"}, ActivityPenalty, list of these, None or a pair, default=None
        Penalty on the encoder's means and logits of variances, and on the decoder's means, or on
        hidden activations.
    normalization : {"batch", "layer", "group"}, Layer, None or a pair, default=None
        Of the hidden layers, before the activation. Group norm has two groups, or as many as an
        object says.
    dropout : float in [0, 1), Dropout, None or a pair, default=None
        The share of hidden activations that are left out at random while training.
    architecture : str, object, list of these, None or a pair, default=None
        Parts beside the hidden layers: residual or fourier.
    clipping : str, Clipping, list of these, None or a pair, default=None
        A bound on the gradient before the optimizer: by entry (value), by layer (norm) or as a
        whole (global_norm).
    conditional : bool or "balanced", default=False
        Whether to train on class labels `y` as well, and generate by class. "balanced" (the
        `class_weight` of scikit-learn's classifiers) draws minibatches in which all classes are
        equally frequent, for rare ones; so are they in the distances of `history_`. Samples
        without `y`, scores and early stopping keep the shares of the training data.
    frames : int, "auto" or None, default="auto"
        Local, principal or mixed frames: the networks train in the coordinates of a mixture's
        components, with the component as a further label; see `RegularizedGAN`.
    masked : bool, default=False
        Whether to learn to complete rows: all other cells given any of them (`impute`, and
        `conditions` of `sample`). Half of the rows of a minibatch are made whole, as without; of
        each other, a share of cells that is uniform between 0 and 1 is shown, and the bound is that
        of the others. It takes up to twice the time, and something of the score on few rows
        (:doc:`/guide/conditions`).
    standardize : bool, {"auto", "quantile", "standard"} or TableEncoder, default=True
        Train on columns of zero mean and unit variance; one that gives evidence of long tails,
        outliers or a spike becomes normal scores by rank (`True` and "auto"; "standard" is mean and
        variance for all, "quantile" ranks for all). Samples come back in the units of the data, and
        keep to the range of each column and to what all of its values obey: whole numbers,
        decimals, steps. False trains on the numbers as they are and gives what the model makes.
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
    decoder_ : FittedNetwork
        The averaged decoder, from latent rows (and labels) to scaled means and log deviations. Of a
        table, its last biases are those with which levels are as frequent as in the data.
    encoder_ : FittedNetwork
        The encoder, from scaled rows (and labels) to means of z and logits of its variances, which
        are between 0 and 1.
    history_ : dict of str to array
        One entry an update: ``reconstruction``, ``kl`` (times `beta`), each penalty by name
        (``encoder_l2``, ...), ``encoder_grad_norm`` and ``decoder_grad_norm``; now and then
        ``distance``, and with early stopping ``validation_score``, NaN between, as for
        `RegularizedGAN`.
    n_iter_ : int
        Updates made.
    best_iter_ : int
        With early stopping: the update whose state was kept, and is the fitted model.
    best_score_ : float
        Its score on the held-out rows, higher is better; the best of several, so a little too high.
    classes_ : array
        The class labels, if ``conditional=True``.
    frames_ : FittedFrames or None
        The mixture whose components are the frames.
    sparsity_ : dict of str to Sparsity
        The share of weights that are exactly zero, and dead units, for each network.
    n_features_in_ : int
    feature_names_in_ : array of str
        Where the training data had names.

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
