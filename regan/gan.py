"""The regularized GAN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from regan import factory
from regan.backends import Backend, get_backend
from regan.base import FittedNetwork, GenerativeModel
from regan.callbacks import Callback, FunctionCallback, ProgressBar
from regan.layers import Layer
from regan.network import Network
from regan.objective import Objective
from regan.players import PLAYERS, Pair
from regan.schedules import ConstantSchedule
from regan.settings import for_one_model, pair, per_network, shared
from regan.state import Run, TrainingState
from regan.trainer import DivergenceError, Trainer
from regan.validation import check_int, check_real


class RegularizedGAN(GenerativeModel):
    r"""A generative adversarial network of two multilayer perceptrons, with regularizers of choice.

    The generator G maps noise z to rows, the discriminator D rows to scores. They minimise in turn

    .. math::

        & L_G(D(G(z))) + R(w_G), \\
        & L_D(D(x), D(G(z))) + R(w_D) + \gamma \, \tfrac12 \, \mathrm{mean}\, |\nabla_x D|^2

    with the adversarial losses of `loss`, weight penalties R (biases are not penalised) and a
    gradient penalty.

    Every setting that concerns one network takes one value for both or a pair ``(generator,
    discriminator)``: a pair is a 2-tuple, several things are a list. These settings are `penalty`,
    `alpha`, `l1_ratio`, `activation`, `optimizer`, `learning_rate_init`, `learning_rate`, `beta_1`
    and `beta_2`. A name stands for the common case; an object gives full control and brings its own
    strengths.

    Parameters
    ----------
    penalty : {"l1", "l2", "elasticnet"}, Penalty, list of these, None or a pair, default="l2"
        Penalty on the weights. L1 parts act by a proximal step: weights become exactly zero.
    alpha : float or a pair, default=1e-4
        Its strength: ``alpha |w|_1``, ``alpha / 2 |w|_2^2``, or the mixture below.
    l1_ratio : float in [0, 1] or a pair, default=0.5
        For the elastic net, ``alpha (l1_ratio |w|_1 + (1 - l1_ratio) / 2 |w|_2^2)``.
    loss : str or Loss, default="relativistic"
        The adversarial loss: relativistic, non_saturating, minimax, wasserstein, hinge or
        least_squares.
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Widths of the generator's hidden layers.
    discriminator_hidden_layer_sizes : int, sequence of int or None, default=None
        The discriminator's; None means the same.
    activation : str, Layer or a pair, default="leaky_relu"
        Hidden activation: leaky_relu (slope 0.2), relu, tanh, sigmoid, softplus, elu, silu or gelu.
    latent_dim : int, default=32
        Z, the length of a noise row.
    optimizer : {"sgd", "rmsprop", "adam", "adamw"}, Optimizer or a pair, default="adam"
    learning_rate_init : float or a pair, default=3e-3
        The initial learning rate.
    learning_rate : {"constant", "linear", "cosine"}, Schedule or a pair, default="cosine"
        How it falls over `max_iter` updates; linear and cosine end at 0.
    beta_1 : float in [0, 1) or a pair, default=0.0
        Decay of Adam's first moment; momentum of SGD and RMSprop.
    beta_2 : float in [0, 1) or a pair, default=0.99
        Decay of the second moment, for Adam and RMSprop.
    batch_size : int, default=128
        Rows of a minibatch; at most the number of rows.
    gradient_penalty : {"r1", "r2", "r1r2"}, GradientPenalty, list of these or None, default="r1r2"
        Penalty on the discriminator's input gradient: at data rows (r1), at generated rows (r2).
    gamma : float, default=0.3
        Its strength, in the convention ``gamma / 2 mean |grad D|^2``, on scaled columns.
    max_iter : int, default=8000
        Generator updates.
    n_discriminator_steps : int, default=1
        Discriminator updates before each generator update.
    ema_decay : float in [0, 1), default=0.999
        Decay of the moving average of the generator's parameters, which is what samples; 0 turns it
        off.
    standardize : bool, default=True
        Scale columns to zero mean and unit variance for training; samples come back in the units
        of the data either way.
    backend : {"numpy", "cupy", "auto"} or None, default=None
        None reads the environment variable ``REGAN_BACKEND``, else means NumPy.
    dtype : {"float32", "float64"}, default="float32"
        Of parameters and passes. Scaling happens in float64.
    warm_start : bool, default=False
        Whether `fit` goes on from the last call's state and scaling.
    callbacks : list of Callback or callable, default=None
        A callable is called with the `Run` after every window of updates.
    random_state : int, RandomState or None, default=None
        Initial weights, batches, noise, and what `sample` draws.
    verbose : int or bool, default=0
        1 or True shows a progress bar on a terminal.

    Attributes
    ----------
    generator_ : FittedNetwork
        The averaged generator, from noise to scaled rows.
    discriminator_ : FittedNetwork
        The discriminator, from scaled rows to scores.
    history_ : dict of str to array
        One entry an update: ``generator_loss``, ``discriminator_loss``, each penalty by name
        (``discriminator_r1``, ``generator_l2``, ...), ``generator_grad_norm`` and
        ``discriminator_grad_norm``. At the updates ``distance_iter``, ``distance``: the sliced
        Wasserstein distance between generated rows and data, scaled. NaN where a term was not
        part of the objective at the time.
    n_iter_ : int
        Generator updates made.
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

    def __init__(
        self,
        penalty: Any = "l2",
        *,
        alpha: Any = 1e-4,
        l1_ratio: Any = 0.5,
        loss: Any = "relativistic",
        hidden_layer_sizes: Any = (128, 128),
        discriminator_hidden_layer_sizes: Any = None,
        activation: Any = "leaky_relu",
        latent_dim: int = 32,
        optimizer: Any = "adam",
        learning_rate_init: Any = 3e-3,
        learning_rate: Any = "cosine",
        beta_1: Any = 0.0,
        beta_2: Any = 0.99,
        batch_size: int = 128,
        gradient_penalty: Any = "r1r2",
        gamma: Any = 0.3,
        max_iter: int = 8000,
        n_discriminator_steps: int = 1,
        ema_decay: float = 0.999,
        standardize: bool = True,
        backend: str | None = None,
        dtype: str = "float32",
        warm_start: bool = False,
        callbacks: Sequence[Any] | None = None,
        random_state: Any = None,
        verbose: int = 0,
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
        self.standardize = standardize
        self.backend = backend
        self.dtype = dtype
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose

    def _generator(self) -> FittedNetwork:
        return self.generator_

    def _train(self, X: np.ndarray, *, resume: bool, one_pass: bool) -> None:
        n = len(X)
        n_updates = check_int(self.max_iter, "max_iter", minimum=1)
        batch_size = min(check_int(self.batch_size, "batch_size", minimum=1), n)
        steps = check_int(self.n_discriminator_steps, "n_discriminator_steps", minimum=1)
        if one_pass:  # batches of equal size that together hold every row about once
            n_updates = -(-n // (steps * batch_size))
            batch_size = -(-n // (steps * n_updates))
        ops = get_backend(self.backend, self.dtype)
        trainer = self._trainer(ops, X.shape[1], batch_size, steps, constant=one_pass)
        state = self._resume(trainer) if resume else trainer.init(self._seed)
        rows = None
        if one_pass:
            order = np.random.default_rng([self._seed, 5, state.step]).permutation(n)
            rows = np.resize(order, (n_updates, steps, batch_size))
        run = Run(state, n_updates)
        try:
            trainer.run(run, ops.asarray(X), rows)
        except DivergenceError:
            self._store(trainer.objective, run, self.history_ if resume else {})
            raise
        self._store(trainer.objective, run, self.history_ if resume else {})

    def _trainer(
        self, ops: Backend, n_features: int, batch_size: int, steps: int, *, constant: bool
    ) -> Trainer:
        """The whole plan of training, from the hyper-parameters."""
        networks = self._networks(ops, n_features)
        optimizers = per_network(self, "optimizer", factory.make_optimizer, "beta_1", "beta_2")
        schedules = per_network(self, "learning_rate", factory.make_schedule)
        if constant:
            schedules = Pair(ConstantSchedule(), ConstantSchedule())
        penalties = per_network(self, "penalty", factory.make_penalties, "alpha", "l1_ratio")
        triples = zip(penalties, networks, optimizers, strict=True)
        bound = [
            [for_one_model(p).bind(ops, net.layout, decoupled=opt.decoupled) for p in things]
            for things, net, opt in triples
        ]
        gradient = shared(self, "gradient_penalty", factory.make_gradient_penalties, "gamma")
        loss = factory.make_loss(self.loss)
        gradient_penalties = [for_one_model(p).bind(ops) for p in gradient]
        objective = Objective(*networks, loss, gradient_penalties, Pair(*bound))
        objective.check()
        name = "learning_rate_init"
        rates = [
            check_real(rate, name, minimum=0, open_minimum=True)
            for rate in pair(self.learning_rate_init, name)
        ]
        decay = check_real(self.ema_decay, "ema_decay", minimum=0, maximum=1, open_maximum=True)
        return Trainer(
            objective,
            optimizers,
            Pair(*rates),
            schedules,
            batch_size=batch_size,
            n_discriminator_steps=steps,
            ema_decay=decay,
            callbacks=self._callbacks(),
        )

    def _networks(self, ops: Backend, n_features: int) -> Pair:
        widths = factory.make_widths(self.hidden_layer_sizes, "hidden_layer_sizes")
        d_widths = widths
        if self.discriminator_hidden_layer_sizes is not None:
            d_widths = factory.make_widths(
                self.discriminator_hidden_layer_sizes, "discriminator_hidden_layer_sizes"
            )
        latent_dim = check_int(self.latent_dim, "latent_dim", minimum=1)
        on_g, on_d = (factory.make_activation(a) for a in pair(self.activation, "activation"))
        return Pair(
            factory.make_network(ops, latent_dim, widths, n_features, on_g),
            factory.make_network(ops, n_features, d_widths, 1, on_d),
        )

    def _callbacks(self) -> list[Callback]:
        callbacks: list[Callback] = []
        if not isinstance(self.callbacks, (list, tuple, type(None))):
            raise TypeError(f"callbacks must be a list, got {self.callbacks!r}")
        for callback in self.callbacks or ():
            usable = isinstance(callback, Callback) or callable(callback)
            if not usable or isinstance(callback, type):
                raise TypeError(f"callbacks must hold Callbacks or callables, got {callback!r}")
            given = isinstance(callback, Callback)
            callbacks.append(callback if given else FunctionCallback(callback))
        verbose = int(self.verbose) if isinstance(self.verbose, bool) else self.verbose
        if check_int(verbose, "verbose", minimum=0):
            callbacks.append(ProgressBar())
        return callbacks

    def _resume(self, trainer: Trainer) -> TrainingState:
        """The state of the last fit on the device, if the networks are still the same."""
        fitted = (self.generator_, self.discriminator_)
        for player, new, old in zip(PLAYERS, trainer.objective.networks, fitted, strict=True):
            was, now = _architecture(old.network), _architecture(new)
            if was != now:
                raise ValueError(
                    f"cannot go on from the last fit: its {player} was {was}, and the present "
                    f"settings make {now}. Set hidden_layer_sizes, activation and latent_dim back, "
                    "or fit with warm_start=False"
                )
        state = self._state.map(lambda a: trainer.ops.asarray(a.copy()))
        fresh = trainer.init(self._seed)
        kept = [
            old if was == now else new
            for old, new, was, now in zip(
                state.optimizers, fresh.optimizers, state.methods, fresh.methods, strict=True
            )
        ]
        return replace(state, optimizers=Pair(*kept), methods=fresh.methods)

    def _export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        arrays, fitted = super()._export()
        state, rest = self._state.pack()
        history = {f"history.{name}": values for name, values in self.history_.items()}
        for player, network in zip(PLAYERS, (self.generator_, self.discriminator_), strict=True):
            rest |= {f"{player}.layers": network.layers, f"{player}.n_in": network.network.n_in}
        return {**arrays, **state, **history}, {**fitted, **rest}

    def _restore(self, arrays: dict[str, np.ndarray], fitted: dict[str, Any]) -> None:
        super()._restore(arrays, fitted)
        ops = get_backend("numpy", arrays["average"].dtype)
        networks = [
            Network(fitted[f"{player}.layers"], fitted[f"{player}.n_in"], ops) for player in PLAYERS
        ]
        history = {k: a for k, a in arrays.items() if k.startswith("history.")}
        history = {k.removeprefix("history."): a for k, a in history.items()}
        self._set_fitted(Pair(*networks), TrainingState.unpack(arrays, fitted), history)

    def _store(self, objective: Objective, run: Run, before: dict[str, np.ndarray]) -> None:
        """Set the fitted attributes, all on the host; `before` is the history so far."""
        numpy = get_backend("numpy", self.dtype)
        networks = [Network(n.layers, n.n_in, numpy) for n in objective.networks]
        new = {name: np.concatenate(rows) for name, rows in run.history.items()}
        state = run.state.map(objective.ops.to_numpy)
        self._set_fitted(Pair(*networks), state, _joined(before, new) if before else new)

    def _set_fitted(
        self, networks: Pair, state: TrainingState, history: dict[str, np.ndarray]
    ) -> None:
        self._state = state
        self.generator_ = FittedNetwork(networks.generator, state.sampling_theta())
        self.discriminator_ = FittedNetwork(networks.discriminator, state.thetas.discriminator)
        self.n_iter_ = state.step
        self.history_ = history


def _architecture(network: Network) -> str:
    """The layers of a network as words: what has to stay the same for parameters to keep sense."""

    def words(layer: Layer) -> str:
        params = layer.get_params(deep=False)
        return " ".join([type(layer).__name__, *(str(v) for k, v in params.items() if k != "gain")])

    return ", ".join([f"{network.n_in} inputs", *map(words, network.layers)])


def _joined(before: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Two stretches of history in a row; NaN where one of them does not have a term."""

    def part(history: dict[str, np.ndarray], name: str) -> np.ndarray:
        like = "distance" if name.startswith("distance") else "generator_loss"
        absent = np.full(len(history.get(like, ())), np.nan)
        return history.get(name, absent)

    return {n: np.concatenate([part(before, n), part(new, n)]) for n in {**before, **new}}
