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
    """Base class of models of two networks on a Dask cluster; see `DaskRegularizedGAN`.

    Attributes
    ----------
    local_class : type
        Class of the model without Dask.
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
        """Get the settings: `client`, `n_shards` and those of the model."""
        own = {name: getattr(self, name) for name in _OWN}
        return {**own, **self._settings.get_params(deep)}

    def set_params(self, **params: Any) -> Self:
        """Set some of the settings. Unknown names raise a ValueError."""
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
        """Fit the model to the rows of all partitions, on their workers.

        Parameters
        ----------
        X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
            Data that the model without Dask takes, in partitions of any lengths, which may be
            unknown. Empty partitions are left out. The rows are read three times: if they come from
            files and fit into the memory of the cluster, call ``X.persist()`` first.
        y : Dask series or array, or the name of a column of `X`, default=None
            Class labels if ``conditional=True``, in partitions like those of `X`; else ignored.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            If the data or settings cannot be used. The message names the partition, and the model
            stays as it was.
        RuntimeError
            If there are no workers, or if some have another version of regan.
        DivergenceError
            If a value in training is not finite. The model keeps the last average.
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
        """Return the fitted model without Dask, to sample, score, save or continue training."""
        if not hasattr(self, "_local"):
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with "
                "appropriate arguments before using this estimator."
            )
        local: NeuralModel = self._local
        return local

    def sample(self, n_samples: int = 1, random_state: RandomState = None) -> AnyTable:
        """Generate rows lazily: each partition is generated where it is computed.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState or None, default=None
            Seed. None takes the `random_state` of the constructor: with an int there, every call
            returns the same rows; with None there, every call returns new rows.

        Returns
        -------
        X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
            Rows in the form of the training data, in partitions of about four million cells. They
            are the rows of ``to_local().sample(n_samples, random_state)``. To sample under
            conditions or by class, use ``to_local().sample``.
        """
        local, n = self.to_local(), check_int(n_samples, "n_samples", minimum=1)
        blocks = SampledBlocks.of(local, random_state)
        return sample_lazily(blocks, n, local.n_features_in_, as_frame=self._as_frame)

    def score(self, X: Any, y: Any = None) -> float:
        """Score generated rows against `X`: higher is better, at most 1.

        Parameters
        ----------
        X : dask.dataframe.DataFrame or dask.array.Array of shape (n_samples, n_features)
            Rows to compare with.
        y : Dask series or array, or the name of a column of `X`
            Class labels, as for `fit`.

        Returns
        -------
        score : float
            The result of ``to_local().score`` on the 2,000 rows that it uses. Only these rows are
            fetched from the cluster.
        """
        local, client = self.to_local(), find_client(self.client)
        given = Given.of(X, y if bool(local.conditional) or _is_name(y) else None)
        parts = Partitions.count(client, given)
        table, labels = parts.take(scored_rows(local, parts.n_rows))
        return float(local.score(table, labels))

    @property
    def history_(self) -> dict[str, np.ndarray]:
        """Values of training: means over the shards, one entry for each update of a shard."""
        return self.to_local().history_

    @property
    def n_iter_(self) -> int:
        """Number of updates that each shard made."""
        return int(self.to_local().n_iter_)


def _is_name(y: Any) -> bool:
    return isinstance(y, (str, int, tuple))


class DaskRegularizedGAN(DaskModel):
    """Generative adversarial network (GAN) on a Dask cluster, by local SGD (federated averaging).

    The partitions are distributed over shards, one for each worker. In each round, every shard
    makes a window of updates on its own rows, starting from the same parameters. Then the
    parameters, the moving average that samples come from, and the moments of the optimizers are
    averaged over the shards, weighted by their rows (McMahan et al., 2017, arXiv:1602.05629; for
    GANs Rasouli et al., 2020, arXiv:2006.07228). A window is a fortieth of the updates of a shard,
    at most 250.

    There are `max_iter` updates in all: each of m shards makes ``max_iter / m``, so training sees
    as many rows as in one process. The schedules of learning rates cover these updates.

    Columns are learned as from a table in memory, from a sample and the values that the sample
    lacks, with moments and frequencies of all rows. Frames are learned from the sample. The sample
    is an eighth of the rows, at least 32,768 rows if there are as many, and at most 131,072 rows;
    for tables of more than 64 columns it is smaller.

    Given the seed, the partitions and the number of shards, the model is always the same, whichever
    workers there are. If a worker is lost, its shard is created again from its partitions on
    another worker and continues from the last average. With one shard and at most 32,768 rows, all
    rows are in the sample, and the model is that of `RegularizedGAN`.

    The shards should have similar rows. Shuffle rows that are sorted by date or class
    (``X.shuffle``), because what only one shard has seen fades in the average. The zeros of
    penalties such as L1 are those on which all shards agree.

    Parameters
    ----------
    client : distributed.Client, default=None
        Client of the cluster. None means the current client (`distributed.get_client`).
    n_shards : int, default=None
        Number of shards, which train at the same time. None means one for each worker. There are at
        most as many shards as partitions with rows, and no shard has fewer rows than a minibatch.
    **params
        Settings of `RegularizedGAN`. With `early_stopping`, rows of the sample are held out.
        Callbacks and the progress bar run in the process of the client after each round, and
        `on_step` is not called. ``warm_start=True`` and `Checkpoint` are not supported.

    Attributes
    ----------
    history_ : dict of str to array
        As in `RegularizedGAN`: means over the shards, one entry for each update of a shard.
    n_iter_ : int
        Number of updates that each shard made.
    rounds_ : list of pair of float
        Seconds that each round took, and seconds of the updates of the slowest shard in it.

    See Also
    --------
    regan.RegularizedGAN : The model that `to_local` returns.

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
    """Variational autoencoder (VAE) on a Dask cluster, by local SGD (federated averaging).

    It is trained as `DaskRegularizedGAN` is.

    Parameters
    ----------
    client : distributed.Client, default=None
        Client of the cluster. None means the current client.
    n_shards : int, default=None
        Number of shards, which train at the same time. None means one for each worker.
    **params
        Settings of `RegularizedVAE`.

    Attributes
    ----------
    history_ : dict of str to array
        As in `DaskRegularizedGAN`.
    n_iter_ : int
        Number of updates that each shard made.
    rounds_ : list of pair of float
        As in `DaskRegularizedGAN`.

    See Also
    --------
    regan.RegularizedVAE : The model that `to_local` returns.
    """

    local_class = RegularizedVAE

    def __init__(
        self,
        client: Client | None = None,
        n_shards: int | None = None,
        **params: Unpack[VAESettings],
    ) -> None:
        super().__init__(client, n_shards, **params)
