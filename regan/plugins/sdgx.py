"""regan in sdgx: models of single tables.

The entry points of the group ``sdgx.model`` lead here, so that sdgx finds the models by name:
``regan``, ``regan-vae``, ``regan-gaussian`` and ``regan-mixture``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sdgx.data_loader import DataLoader
from sdgx.data_models.metadata import Metadata
from sdgx.models.base import SynthesizerModel
from sdgx.models.extension import hookimpl
from sklearn.utils import check_random_state
from sklearn.utils.random import sample_without_replacement
from sklearn.utils.validation import check_is_fitted

from regan.estimators.base import GenerativeModel
from regan.estimators.gan import RegularizedGAN
from regan.estimators.gaussian import RegularizedGaussian
from regan.estimators.loading import load
from regan.estimators.mixture import RegularizedMixture
from regan.estimators.vae import RegularizedVAE
from regan.plugins.metadata import with_levels
from regan.storage.atomic import write_atomically
from regan.validation import draw_seed

_MODEL, _COLUMNS = "model.safetensors", "columns.json"
_SPAN = 10**15  # so many ids to draw from that two draws have none in common


@dataclass(frozen=True)
class _Ids:
    """Id columns, whose values are drawn afresh, each of them once.

    Attributes
    ----------
    dtypes : dict of column name to str
    first : dict of column name to int
        For numbers: the one after the largest of the training data.
    """

    dtypes: dict[str, str]
    first: dict[str, int]

    @classmethod
    def of(cls, ids: pd.DataFrame) -> Self:
        dtypes = {name: str(dtype) for name, dtype in ids.dtypes.items()}
        return cls(dtypes, {k: int(ids[k].max()) + 1 for k in ids if is_numeric_dtype(ids[k])})

    def draw(self, n: int, seed: int) -> pd.DataFrame:
        """`n` rows: numbers above those of the training data, or the column's name and a number."""
        rng = np.random.RandomState(seed)
        made = {}
        for name, dtype in self.dtypes.items():
            first = self.first.get(name, 0)
            span = min(_largest(dtype) - first, _SPAN)
            if span < n:
                raise ValueError(
                    f"column {name!r} ({dtype}) has no room for {n} new ids above {first - 1}: "
                    "store it as int64, or remove it from metadata.id_columns"
                )
            numbers = pd.Series(first + sample_without_replacement(span, n, random_state=rng))
            words = name not in self.first
            made[name] = (name + "-" + numbers.map(str) if words else numbers).astype(dtype)
        return pd.DataFrame(made, index=range(n))


class _Model(SynthesizerModel):
    """What the models share: an estimator between sdgx's loaders and frames."""

    use_dataloader = True
    estimator_class: ClassVar[type[GenerativeModel]]

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.estimator = self.estimator_class(**settings)
        self._standardize = self.estimator.standardize
        if getattr(self.estimator, "conditional", False):
            raise ValueError(
                "conditional=True needs class labels, but sdgx passes no target: set "
                "conditional=False"
            )

    def fit(self, metadata: Metadata, dataloader: DataLoader) -> None:
        """Fit the model to all rows of `dataloader`.

        Columns that `metadata` calls discrete are treated as levels, even if they are numbers. The
        model does not train on id columns, and columns that `metadata` does not list are left out.

        Raises
        ------
        ValueError, TypeError
            If the estimator cannot use the data. The message names the columns.
        """
        data = dataloader.load_all()
        data = data[[name for name in data if name in metadata.column_list]]
        ids = [name for name in data if _is_id(metadata, name)]
        frame = data.drop(columns=ids)
        if frame.shape[1] == 0:
            raise ValueError(
                f"the table has only id columns ({ids}), so there is nothing to train on"
            )
        standardize = with_levels(self._standardize, frame, metadata.get("discrete_columns"))
        self.estimator.set_params(standardize=standardize).fit(frame)
        self._names, self._ids = list(data.columns), _Ids.of(data[ids])
        self._start_stream()

    def sample(self, count: int, random_state: Any = None) -> pd.DataFrame:
        """Generate rows, with the columns of the training data.

        Parameters
        ----------
        count : int
            Number of rows.
        random_state : int, RandomState or None, default=None
            Seed. With an int, every call returns the same rows. None takes the `random_state` of
            the constructor. With an int there, the first call after `fit` or `load` always returns
            the same rows, and each further call returns other rows, because sdgx samples in pieces.
        """
        check_is_fitted(self.estimator)
        seed = draw_seed(self._stream if random_state is None else random_state)
        rows = self.estimator.sample(count, random_state=seed)
        return pd.concat([rows, self._ids.draw(count, seed)], axis=1)[self._names]

    def save(self, save_dir: str | Path) -> None:
        """Save the fitted model to the folder `save_dir`; see `~regan.RegularizedGAN.save`."""
        check_is_fitted(self.estimator)
        folder = Path(save_dir)
        folder.mkdir(parents=True, exist_ok=True)
        self.estimator.save(folder / _MODEL)
        columns = {"names": self._names, "ids": vars(self._ids)}
        write_atomically(folder / _COLUMNS, json.dumps(columns).encode())

    @classmethod
    def load(cls, save_dir: str | Path) -> Self:
        """Load a model that `save` wrote, with its settings."""
        estimator = load(Path(save_dir) / _MODEL)
        if not isinstance(estimator, cls.estimator_class):
            raise ValueError(
                f"{save_dir} has a {type(estimator).__name__}, not a {cls.__name__}: load it with "
                "the name of the model that was saved"
            )
        columns = json.loads((Path(save_dir) / _COLUMNS).read_text())
        model = cls()
        model.estimator, model._standardize = estimator, estimator.standardize
        model._names, model._ids = columns["names"], _Ids(**columns["ids"])
        model._start_stream()
        return model

    def _start_stream(self) -> None:
        state = self.estimator.random_state
        self._stream = None if state is None else check_random_state(state)


class ReganModel(_Model):
    """`~regan.RegularizedGAN` as a model of sdgx: ``regan``.

    Parameters
    ----------
    **settings
        Hyper-parameters of `~regan.RegularizedGAN`.

    Attributes
    ----------
    estimator : RegularizedGAN
    """

    estimator_class = RegularizedGAN


class ReganVAEModel(_Model):
    """`~regan.RegularizedVAE` as a model of sdgx: ``regan-vae``; see `ReganModel`."""

    estimator_class = RegularizedVAE


class ReganGaussianModel(_Model):
    """`~regan.RegularizedGaussian` as a model of sdgx: ``regan-gaussian``; see `ReganModel`."""

    estimator_class = RegularizedGaussian


class ReganMixtureModel(_Model):
    """`~regan.RegularizedMixture` as a model of sdgx: ``regan-mixture``; see `ReganModel`."""

    estimator_class = RegularizedMixture


@hookimpl  # type: ignore[untyped-decorator]
def register(manager: Any) -> None:
    """Register the models with sdgx's `ModelManager`."""
    manager.register("regan", ReganModel)
    manager.register("regan-vae", ReganVAEModel)
    manager.register("regan-gaussian", ReganGaussianModel)
    manager.register("regan-mixture", ReganMixtureModel)


def _is_id(metadata: Metadata, name: str) -> bool:
    """Whether an id is what `metadata` takes the column for, and not a date that never repeats."""
    is_date = name in metadata.datetime_columns
    return not is_date and metadata.get_column_data_type(name) == "id"


def _largest(dtype: str) -> int:
    """The largest whole number that a column holds exactly."""
    kind = np.dtype(dtype.lower() if dtype[0] in "IUF" else dtype)
    return int(np.iinfo(kind).max) if kind.kind in "iu" else 2**53
