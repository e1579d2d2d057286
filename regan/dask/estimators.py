"""GAN and VAE on a Dask cluster."""

from __future__ import annotations

from typing import Any, ClassVar, Self, Unpack

import numpy as np
from distributed import Client
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from regan.dask.clients import find_client, find_workers
from regan.dask.fitting import ClusterFit
from regan.dask.given import Given
from regan.dask.sampling import sample_lazily
from regan.dask.settings import GANSettings, VAESettings
from regan.dask.tables import Partitions
from regan.estimators.elsewhere import SampledBlocks, scored_rows
from regan.estimators.fit_summary import SummaryMixin
from regan.estimators.gan import RegularizedGAN
from regan.estimators.neural import NeuralModel
from regan.estimators.vae import RegularizedVAE
from regan.training.divergence import DivergenceError
from regan.training.time_left import in_words
from regan.typing import AnyTable, RandomState
from regan.validation import check_int

_OWN = ("client", "n_shards")


class DaskModel(SummaryMixin, BaseEstimator):
    """A model of two networks that is fitted on a Dask cluster; see `DaskRegularizedGAN`.

    Attributes
    ----------
    local_class : type
        The estimator that it becomes.
    """

    local_class: ClassVar[type[NeuralModel]]

    rounds_: list[tuple[float, float]]

    def __init__(
        self, client: Client | None = None, n_shards: int | None = None, **params: Any
    ) -> None:
        self.client = client
        self.n_shards = n_shards
        self._take(self.local_class(**params))

    def _take(self, settings: NeuralModel) -> None:
        """Have the settings of a model as attributes."""
        self.__dict__.update(settings.get_params(deep=False))

    @property
    def _settings(self) -> NeuralModel:
        """The model without Dask that has the settings, unfitted."""
        names = self.local_class._get_param_names()
        return self.local_class(**{name: getattr(self, name) for name in names})

    # As estimators have it

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings: `client`, `n_shards` and those of the model."""
        own = {name: getattr(self, name) for name in _OWN}
        return {**own, **self._settings.get_params(deep)}

    def set_params(self, **params: Any) -> Self:
        """Set some of the settings; ValueError for names that there are not."""
        own = {name: params.pop(name) for name in _OWN if name in params}
        self._take(self._settings.set_params(**params))
        self.__dict__.update(own)
        return self

    def __sklearn_clone__(self) -> Self:
        own = {name: getattr(self, name) for name in _OWN}  # a connection has no copy
        return type(self)(**own, **clone(self._settings).get_params(deep=False))

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        inside = repr(self._settings).partition("(")[2][:-1]
        own = [f"{n}={getattr(self, n)!r}" for n in _OWN if getattr(self, n) is not None]
        return f"{type(self).__name__}({', '.join([*own, *filter(None, [inside])])})"

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "client": None}  # a connection stays where it is

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_local")

    def _fit_summary(self) -> dict[str, str]:
        seconds = sum(whole for whole, _ in self.rounds_)
        return {"Rounds": f"{len(self.rounds_):,} in {in_words(seconds)}"}

    @property
    def _shown_within(self) -> NeuralModel:
        return self._local

    # The public methods

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on the rows of all partitions, where they are.

        Parameters
        ----------
        X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
            What the model without Dask takes, in partitions of any lengths, also unknown ones.
            Empty ones are left out. The rows are read three times: who reads them from files and
            has the memory calls ``X.persist()`` first.
        y : Dask series or array, or the name of a column of `X`, default=None
            Class labels if ``conditional=True``, in partitions like those of `X`; else ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            For data or settings that cannot be used, with the partition. The model stays what it
            was.
        RuntimeError
            If there are no workers, or some have another version of regan.
        DivergenceError
            If training met a value that is not finite; the last average is kept.
        """
        client = find_client(self.client)
        conditional = bool(self._settings.conditional)
        given = Given.of(X, y if conditional or _is_name(y) else None)
        workers = find_workers(client)
        n_shards = len(workers)
        if self.n_shards is not None:
            n_shards = check_int(self.n_shards, "n_shards", minimum=1)
        local = self._settings
        with client.as_current():
            try:
                rounds = ClusterFit(client, workers, n_shards).fit(local, given)
            except DivergenceError:
                if hasattr(local, "n_iter_") and local.n_iter_:
                    self._local, self._as_frame = local, given.is_frame
                raise
        self._local, self._as_frame, self.rounds_ = local, given.is_frame, rounds.seconds
        return self

    def to_local(self) -> NeuralModel:
        """The fitted model without Dask: it samples, scores, is saved, and goes on training."""
        if not hasattr(self, "_local"):
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with "
                "appropriate arguments before using this estimator."
            )
        local: NeuralModel = self._local
        return local

    def sample(self, n_samples: int = 1, random_state: RandomState = None) -> AnyTable:
        """Generate rows, lazily: each partition is made where it is computed.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState or None, default=None
            None means the constructor's: an int there repeats the same rows at every call, None
            draws afresh.

        Returns
        -------
        X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
            As the training data were, in partitions of about four million cells. Its rows are those
            of ``to_local().sample(n_samples, random_state)``, which is also what samples under
            conditions, and by class.
        """
        local, n = self.to_local(), check_int(n_samples, "n_samples", minimum=1)
        blocks = SampledBlocks.of(local, random_state)
        return sample_lazily(blocks, n, local.n_features_in_, as_frame=self._as_frame)

    def score(self, X: Any, y: Any = None) -> float:
        """How near generated rows are to `X`: higher is better, 1 at the best.

        Parameters
        ----------
        X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
        y : as of `fit`

        Returns
        -------
        score : float
            ``to_local().score``, of the 2,000 rows that it looks at; these alone are fetched.
        """
        local, client = self.to_local(), find_client(self.client)
        given = Given.of(X, y if bool(local.conditional) or _is_name(y) else None)
        parts = Partitions.count(client, given)
        table, labels = parts.take(scored_rows(local, parts.n_rows))
        return float(local.score(table, labels))

    @property
    def history_(self) -> dict[str, np.ndarray]:
        """As of the model without Dask: means over the shards, one entry an update of each."""
        return self.to_local().history_

    @property
    def n_iter_(self) -> int:
        """Updates that each shard has made."""
        return int(self.to_local().n_iter_)


def _is_name(y: Any) -> bool:
    return isinstance(y, (str, int, tuple))


class DaskRegularizedGAN(DaskModel):
    """A generative adversarial network on a Dask cluster, by local SGD (federated averaging).

    The partitions are shared out over shards, one for each worker. In each round every shard makes
    a window of updates on its own rows, from the same parameters; then parameters, the average
    that samples come from and the moments of the optimizers are averaged over the shards, weighted
    by their rows (McMahan et al., 2017, arXiv:1602.05629; of GANs Rasouli et al., 2020,
    arXiv:2006.07228). A window is a fortieth of a shard's updates, 250 at most.

    `max_iter` updates are made in all: each of m shards makes ``max_iter / m``, so that as many
    rows are seen as by one process, and learning rates fall over these.

    What columns there are is learnt as from a table in memory, of a sample and of what it lacks,
    with moments and frequencies of all rows; frames are learnt of the sample. It is an eighth of
    the rows, but 32,768 at least, if there are so many, and 131,072 at most; fewer of tables of
    more than 64 columns.

    For a given seed, given partitions and a given number of shards the model is always the same,
    whichever workers there are. A shard whose worker is lost is made anew from its partitions
    elsewhere, and goes on from the last average. With one shard, and no more than 32,768 rows, all
    of which are in the sample then, the model is that of `RegularizedGAN`.

    Shards are to be alike: rows that are sorted by date or class are better shuffled
    (``X.shuffle``), for what only one shard has seen fades in the average. The zeros of penalties
    such as L1 are those that all shards agree on.

    Parameters
    ----------
    client : distributed.Client, default=None
        None means the current one (`distributed.get_client`).
    n_shards : int, default=None
        In how many parts rows are trained on at a time; None means one for each worker. There are
        no more than partitions that hold rows, and none of fewer rows than a minibatch.
    **params
        The settings of `RegularizedGAN`. With `early_stopping` rows of the sample are held out;
        callbacks and the progress bar run where the client is, after each round, and `on_step` is
        not called. ``warm_start=True`` and `Checkpoint` are refused.

    Attributes
    ----------
    history_ : dict of str to array
        As of `RegularizedGAN`: means over the shards, one entry an update of each.
    n_iter_ : int
        Updates that each shard has made.
    rounds_ : list of pair of float
        The seconds that each round took, and those of the slowest shard's updates in it.

    See Also
    --------
    regan.RegularizedGAN : What `to_local` gives.

    Examples
    --------
    .. code-block:: python

        import dask.dataframe as dd
        from distributed import Client
        from regan.dask import DaskRegularizedGAN

        client = Client(n_workers=2, threads_per_worker=1)
        frame = dd.read_parquet("rows/").persist()
        gan = DaskRegularizedGAN(client, random_state=0).fit(frame)
        gan.score(frame)
        gan.sample(10**9).to_parquet("samples/")
        gan.to_local().save("model")
    """

    local_class = RegularizedGAN

    def __init__(
        self,
        client: Client | None = None,
        n_shards: int | None = None,
        **params: Unpack[GANSettings],
    ) -> None:
        super().__init__(client, n_shards, **params)


class DaskRegularizedVAE(DaskModel):
    """A variational autoencoder, trained on a Dask cluster by local SGD (federated averaging).

    All else is as of `DaskRegularizedGAN`.

    Parameters
    ----------
    client : distributed.Client, default=None
        None means the current one.
    n_shards : int, default=None
        In how many parts rows are trained on at a time; None means one for each worker.
    **params
        The settings of `RegularizedVAE`.

    Attributes
    ----------
    history_ : dict of str to array
    n_iter_ : int
    rounds_ : list of pair of float

    See Also
    --------
    regan.RegularizedVAE : What `to_local` gives.
    """

    local_class = RegularizedVAE

    def __init__(
        self,
        client: Client | None = None,
        n_shards: int | None = None,
        **params: Unpack[VAESettings],
    ) -> None:
        super().__init__(client, n_shards, **params)
