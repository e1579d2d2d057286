"""regan as plugins of synthcity: a GAN, a VAE and a mixture, which its users call by name.

synthcity encodes a table before a plugin sees it. What it made codes of is categories again for the
model, and codes in what the model generates, which synthcity decodes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.preprocessing import LabelEncoder
from synthcity.plugins import Plugin, Plugins
from synthcity.plugins.core.constraints import Constraints
from synthcity.plugins.core.dataloader import DataLoader, create_from_info
from synthcity.plugins.core.distribution import (
    CategoricalDistribution,
    Distribution,
    FloatDistribution,
    IntegerDistribution,
)
from synthcity.plugins.core.schema import Schema

from regan.building.settings import default_of
from regan.data.labels import Classes, check_labels
from regan.estimators.gan import RegularizedGAN
from regan.estimators.mixture import RegularizedMixture
from regan.estimators.vae import RegularizedVAE
from regan.validation import check_int, warn_user

_FEW = 15  # synthcity makes codes of what has fewer values, unless they are 0, 1, 2, ... already
_REFUSED = {
    "conditional": "the model is conditional if cond is passed to fit",
    "device": "it sets where PyTorch computes; use backend",
    "warm_start": "every fit trains a new model",
}


class _EstimatorPlugin(Plugin):
    """A plugin that trains an estimator of regan and takes its settings by their names."""

    def __init__(self, **settings: Any) -> None:
        for name in sorted(_REFUSED.keys() & settings.keys()):
            raise TypeError(f"{self.name()} takes no {name}: {_REFUSED[name]}")
        known = self._estimator().get_params(deep=False).keys() - {"random_state"}
        own = {name: settings.pop(name) for name in sorted(known & settings.keys())}
        super().__init__(**settings)
        self.settings = own

    @staticmethod
    @abstractmethod
    def _estimator(**settings: Any) -> Any:
        """The unfitted estimator."""

    @staticmethod
    def type() -> str:
        """The type of the data that the plugin generates: tables."""
        return "generic"

    # What synthcity calls

    def _fit(self, X: DataLoader, *, cond: Any = None) -> Self:
        if X.type() != "generic":
            raise TypeError(
                f"{self.name()} needs a GenericDataLoader, which holds independent rows; this "
                f"loader has the type {X.type()!r}"
            )
        rows, y = X.dataframe(), None
        if cond is not None:
            with _naming_cond():
                y = check_labels(_column(cond), rows)
        self.expecting_conditional = y is not None
        self.classes = None if y is None else Classes.learn(y)
        self.coded = self._coded(rows)
        estimator = self._estimator(
            **self.settings, conditional=y is not None, random_state=self.random_state
        )
        self.estimator = estimator.fit(rows.astype(dict.fromkeys(self.coded, "category")), y)
        return self

    def generate(
        self,
        count: int | None = None,
        constraints: Constraints | None = None,
        random_state: int | None = None,
        **kwargs: Any,
    ) -> DataLoader:
        """Generate rows, as every plugin of synthcity does.

        Parameters
        ----------
        count : int or None, default=None
            None means as many as there were to learn from.
        constraints : Constraints or None, default=None
            Rules that every row has to keep to, on the values of the table: ``("age", "<=", 40)``,
            ``("sex", "==", "Female")``. Rows are generated until enough of them do.
        random_state : int or None, default=None
            None goes on with NumPy's global generator.
        cond : label or array-like of shape (count,)
            For a plugin that was fitted with ``cond``: the classes of the rows, in this order.

        Returns
        -------
        X : DataLoader
            Fewer than `count` rows, and a warning, where `sampling_patience` rounds did not find
            enough that keep to the constraints.
        """
        # synthcity itself compares rules with codes, and knows neither < nor in
        return super().generate(
            count=count, random_state=random_state, wanted=constraints, **kwargs
        )

    def _generate(
        self,
        count: int,
        syn_schema: Schema,
        *,
        cond: Any = None,
        wanted: Constraints | None = None,
    ) -> DataLoader:
        check_int(count, "count", minimum=1)
        if wanted is not None and (unknown := set(wanted.features()) - set(self.schema())):
            raise ValueError(
                f"constraints name columns that the table does not have: {sorted(unknown)}"
            )
        if cond is None or self.classes is None:  # synthcity refuses one without the other
            made = self._enough(count, syn_schema, wanted=wanted)
            return create_from_info(made, self.data_info)
        with _naming_cond():
            codes = self.classes.codes(_column(cond), count)
        parts = []
        for code in np.unique(codes):  # one by one: where a row is dropped, the next moves up
            places = np.flatnonzero(codes == code)
            y = self.classes.labels[code]
            rows = self._enough(len(places), syn_schema, wanted=wanted, y=y)
            parts.append(rows.set_axis(places[: len(rows)]))
        return create_from_info(pd.concat(parts).sort_index(ignore_index=True), self.data_info)

    # How they work

    def _coded(self, rows: pd.DataFrame) -> list[str]:
        """The columns that hold codes: synthcity's own, and integers that were codes already."""
        encoded = {c for c, e in self._data_encoders.items() if isinstance(e, LabelEncoder)}
        whole = rows.select_dtypes("integer")
        return [c for c in whole if c in encoded or whole[c].nunique() < _FEW]

    def _enough(self, count: int, syn_schema: Schema, **given: Any) -> pd.DataFrame:
        """`count` encoded rows that synthcity lets through, or a warning."""
        rows: pd.DataFrame = self._safe_generate(self._rows, count, syn_schema, **given).dataframe()
        if len(rows) < count:
            warn_user(
                f"only {len(rows)} of {count} rows fulfill the constraints after "
                f"{self.sampling_patience} rounds: raise sampling_patience, or widen the "
                "constraints"
            )
        return rows

    def _rows(self, count: int, wanted: Constraints | None, **given: Any) -> pd.DataFrame:
        """At most `count` rows as synthcity has encoded them, those that are `wanted`.

        The seed comes out of NumPy's global generator: ``generate(random_state=)`` seeds that one.
        """
        seed = int(np.random.randint(np.iinfo(np.int32).max))
        rows = self.estimator.sample(count, random_state=seed, **given)
        rows = rows.astype(dict.fromkeys(self.coded, int))
        return rows if wanted is None else rows[wanted.filter(self._decoded(rows))]

    def _decoded(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What synthcity makes of `rows` in the end."""
        loader = create_from_info(rows, self.data_info)
        if self.compress_dataset:
            loader = loader.decompress(self.compress_context)
        return loader.decode(self._data_encoders).dataframe()


class _NetworkPlugin(_EstimatorPlugin):
    """A plugin whose networks have a width and a depth that a search can draw."""

    def __init__(
        self, *, n_units: int | None = None, n_layers: int | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.settings |= _hidden_layers(self.settings, n_units, n_layers)


class ReganPlugin(_NetworkPlugin):
    """`RegularizedGAN` as synthcity's plugin "regan".

    Parameters
    ----------
    n_units, n_layers : int or None, default=None
        Width and number of the hidden layers, as numbers that a search can draw. None means those
        of the estimator. They replace `hidden_layer_sizes`, so give either them or
        `hidden_layer_sizes`.
    discriminator_learning_rate_init : float or None, default=None
        Initial learning rate of the discriminator. None means the same rate for both networks.
    **settings
        Settings of `RegularizedGAN` by their names, except `conditional` (it follows from ``cond``)
        and `warm_start`. Also settings of synthcity: `random_state`, `workspace`, `strict`,
        `sampling_patience`, `sampling_strategy` and `compress_dataset`. `device` is not allowed.

    Attributes
    ----------
    estimator : RegularizedGAN
        The fitted model, after `fit`.

    See Also
    --------
    register : Registers the plugins by name.

    Notes
    -----
    ``fit(X, cond=labels)`` trains on class labels, one for each row. ``generate(count,
    cond=labels)`` generates rows of these classes in the given order; `labels` is one label for all
    rows, or one for each row.
    """

    def __init__(
        self, *, discriminator_learning_rate_init: float | None = None, **settings: Any
    ) -> None:
        if discriminator_learning_rate_init is not None:
            own = settings.get("learning_rate_init", self._estimator().learning_rate_init)
            if isinstance(own, tuple):
                raise ValueError(
                    "learning_rate_init is already a pair: leave out "
                    "discriminator_learning_rate_init, or give one number for each"
                )
            settings["learning_rate_init"] = (own, discriminator_learning_rate_init)
        super().__init__(**settings)

    @staticmethod
    def name() -> str:
        """Name of the plugin in synthcity."""
        return "regan"

    @staticmethod
    def _estimator(**settings: Any) -> RegularizedGAN:
        return RegularizedGAN(**settings)

    @staticmethod
    def hyperparameter_space(**kwargs: Any) -> list[Distribution]:  # noqa: ARG004
        """Arguments of the constructor that synthcity's searches draw, with their ranges."""
        return [
            *_network_space(),
            _choice("discriminator_learning_rate_init", [3e-4, 1e-3, 3e-3, 1e-2]),
            _choice("gradient_penalty", ["r1", "r2", "r1r2", "wgan_gp", "zero_gp"]),
            _choice("gamma", [0.03, 0.1, 0.3, 1.0, 3.0, 10.0]),
        ]


class ReganVAEPlugin(_NetworkPlugin):
    """`RegularizedVAE` as synthcity's plugin "regan_vae".

    Parameters
    ----------
    n_units, n_layers : int or None, default=None
        Width and number of the hidden layers, as for `ReganPlugin`.
    **settings
        Settings of `RegularizedVAE` by their names, and synthcity's own, as for `ReganPlugin`.

    Attributes
    ----------
    estimator : RegularizedVAE
        The fitted model, after `fit`.
    """

    @staticmethod
    def name() -> str:
        """Name of the plugin in synthcity."""
        return "regan_vae"

    @staticmethod
    def _estimator(**settings: Any) -> RegularizedVAE:
        return RegularizedVAE(**settings)

    @staticmethod
    def hyperparameter_space(**kwargs: Any) -> list[Distribution]:  # noqa: ARG004
        """Arguments of the constructor that synthcity's searches draw, with their ranges."""
        return [*_network_space(), _choice("beta", [0.1, 0.3, 1.0, 3.0])]


class ReganMixturePlugin(_EstimatorPlugin):
    """`RegularizedMixture` as synthcity's plugin "regan_mixture".

    Parameters
    ----------
    **settings
        Settings of `RegularizedMixture` by their names, and synthcity's own, as for `ReganPlugin`.
        It has no networks, so there are no `n_units` and `n_layers`.

    Attributes
    ----------
    estimator : RegularizedMixture
        The fitted model, after `fit`.
    """

    @staticmethod
    def name() -> str:
        """Name of the plugin in synthcity."""
        return "regan_mixture"

    @staticmethod
    def _estimator(**settings: Any) -> RegularizedMixture:
        return RegularizedMixture(**settings)

    @staticmethod
    def hyperparameter_space(**kwargs: Any) -> list[Distribution]:  # noqa: ARG004
        """Arguments of the constructor that synthcity's searches draw, with their ranges."""
        return [
            _choice("penalty", ["l1", "l2"]),
            _choice("alpha", [0.1, 0.3, 1.0, 3.0, 10.0]),
            _choice("n_components", [2, 3, 5, 8, 12, 20, 30]),
            _choice("covariance_type", ["diag", "full", "low_rank"]),
        ]


def register(plugins: Plugins | None = None) -> Plugins:
    """Register regan's plugins with synthcity, for the rest of the process.

    The names are ``regan``, ``regan_vae`` and ``regan_mixture``.

    Parameters
    ----------
    plugins : Plugins or None, default=None
        Registry to add the plugins to. None creates a new registry.

    Returns
    -------
    plugins : Plugins
        The registry with the plugins. Other registries and ``Benchmarks.evaluate`` find the plugins
        by name, too.
    """
    plugins = Plugins() if plugins is None else plugins
    for plugin in (ReganPlugin, ReganVAEPlugin, ReganMixturePlugin):
        plugins.add(plugin.name(), plugin)
    return plugins


def _network_space() -> list[Distribution]:
    return [
        _choice("penalty", ["l1", "l2", "elasticnet", "group_lasso"]),
        _choice("alpha", [1e-6, 1e-5, 1e-4, 1e-3, 1e-2]),
        FloatDistribution(name="l1_ratio", low=0.0, high=1.0),
        FloatDistribution(name="dropout", low=0.0, high=0.3),
        IntegerDistribution(name="n_units", low=32, high=256, step=32),
        IntegerDistribution(name="n_layers", low=1, high=3),
        _choice("learning_rate_init", [3e-4, 1e-3, 3e-3, 1e-2]),
        IntegerDistribution(name="max_iter", low=2000, high=16000, step=2000),
    ]


def _choice(name: str, choices: list[Any]) -> Distribution:
    return CategoricalDistribution(name=name, choices=choices)


def _hidden_layers(
    given: dict[str, Any], n_units: int | None, n_layers: int | None
) -> dict[str, Any]:
    """`hidden_layer_sizes` of `n_layers` times `n_units`, if one of them is given."""
    if n_units is None and n_layers is None:
        return {}
    if "hidden_layer_sizes" in given:
        raise ValueError(
            "n_units and n_layers set the same as hidden_layer_sizes: leave one of them out"
        )
    usual = default_of(RegularizedGAN, "hidden_layer_sizes")
    width = check_int(usual[0] if n_units is None else n_units, "n_units", minimum=1)
    depth = check_int(len(usual) if n_layers is None else n_layers, "n_layers", minimum=1)
    return {"hidden_layer_sizes": (width,) * depth}


def _column(cond: Any) -> Any:
    """`cond` as one column: that of a table, or itself."""
    if np.ndim(cond) == 2 and np.shape(cond)[1] == 1:
        return cond.iloc[:, 0] if hasattr(cond, "iloc") else np.asarray(cond)[:, 0]
    return cond


@contextmanager
def _naming_cond() -> Iterator[None]:
    """Say of errors about labels that they are about ``cond``."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"cond must be class labels, which become y of the model: {error}"
        ) from error
