"""regan in SDGym: synthesizers for its benchmark of single tables.

Importing this module is enough for `sdgym.benchmark_single_table` to find them by name.
"""

from __future__ import annotations

import json
from abc import ABC
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar, Self
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
from pandas.api.types import is_datetime64_any_dtype
from sdgym.synthesizers.base import BaselineSynthesizer
from sdv.data_processing import DataProcessor
from sdv.metadata import Metadata, SingleTableMetadata
from sklearn.base import clone

from regan.estimators.base import GenerativeModel
from regan.estimators.gan import RegularizedGAN
from regan.estimators.gaussian import RegularizedGaussian
from regan.estimators.mixture import RegularizedMixture
from regan.estimators.vae import RegularizedVAE
from regan.plugins.metadata import with_levels


class TableModel:
    """A model of one table under SDV's metadata: what SDGym keeps of a fit.

    The estimator trains on numbers, categories, booleans and dates, with the missing cells in all
    of them. Ids and personal data are made afresh by SDV's `DataProcessor`, as for
    SDV's own synthesizers; every id is made only once.

    Parameters
    ----------
    estimator : RegularizedGAN, RegularizedVAE, RegularizedGaussian or RegularizedMixture
        Unfitted; `fit` trains it.
    metadata : sdv.metadata.Metadata
        Of a single table. What it calls categorical are levels, also where they are numbers.
    """

    def __init__(self, estimator: GenerativeModel, metadata: Metadata) -> None:
        self.estimator = estimator
        self.metadata = metadata

    def fit(self, data: pd.DataFrame) -> Self:
        """Train on the rows of `data`.

        Raises
        ------
        sdv.errors.InvalidDataError, sdv.metadata.InvalidMetadataError
            Where data and metadata contradict one another.
        ValueError, TypeError
            For what the estimator refuses, by column.
        """
        self.metadata.validate_table(data)
        (table,) = self.metadata.to_dict()["tables"].values()
        columns = {name: table["columns"][name] for name in data.columns}
        self._names = list(columns)
        self._host, self._dates = _HostColumns(table).fit(data), _Dates(table)
        frame = self._dates.fit(data).drop(columns=self._host.names)
        levels = [k for k, v in columns.items() if v["sdtype"] not in ("numerical", "datetime")]
        if frame.shape[1] == 0:
            raise ValueError(
                f"the table has only ids and personal data ({', '.join(map(repr, columns))}), so "
                "there is nothing to train on"
            )
        standardize = with_levels(self.estimator.standardize, frame, levels)
        self.estimator.set_params(standardize=standardize).fit(frame)
        return self

    def sample(self, num_rows: int, random_state: Any = None) -> pd.DataFrame:
        """Generate rows, with the columns of the training data.

        Parameters
        ----------
        num_rows : int
        random_state : int, RandomState or None, default=None
            As for the estimator; ids and personal data follow SDV's own seeds, and differ from call
            to call.
        """
        rows = self.estimator.sample(num_rows, random_state)
        made = self._host.make(rows)
        return pd.concat([self._dates.inverse(rows), made], axis=1)[self._names]


class _HostColumns:
    """The columns that SDV's `DataProcessor` makes from nothing: ids and personal data."""

    def __init__(self, table: dict[str, Any]) -> None:
        columns = {k: v for k, v in table["columns"].items() if not _is_trained(v)}
        self.names = list(columns)
        metadata: dict[str, Any] = {"columns": columns}
        if keys := _keys(table):
            metadata |= {"primary_key": keys[0], "alternate_keys": keys[1:]}
        self._processor = DataProcessor(SingleTableMetadata.load_from_dict(metadata))

    def fit(self, data: pd.DataFrame) -> Self:
        """Learn the columns."""
        if self.names:
            self._processor.fit(data[self.names])
        return self

    def make(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The columns for generated `rows`."""
        return self._processor.reverse_transform(rows[[]].copy()) if self.names else rows[[]]


class _Dates:
    """Columns of dates, in a table as texts of a format or as dates; the model sees the latter."""

    def __init__(self, table: dict[str, Any]) -> None:
        columns = {k: v for k, v in table["columns"].items() if v["sdtype"] == "datetime"}
        self._formats = {k: v.get("datetime_format") for k, v in columns.items()}

    def fit(self, data: pd.DataFrame) -> pd.DataFrame:
        """Learn which columns are texts; the table with dates."""
        self._texts = {}
        dates = {}
        for name, given in self._formats.items():
            if not is_datetime64_any_dtype(data[name]):
                dates[name] = pd.to_datetime(data[name], format=given)
                self._texts[name] = given or _format_of(dates[name])
        return data.assign(**dates)

    def inverse(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Generated rows as the table was."""
        texts = {name: rows[name].dt.strftime(given) for name, given in self._texts.items()}
        return rows.assign(**texts)


def _format_of(dates: pd.Series) -> str:
    """A format for dates of which none is given."""
    whole = (dates.dropna() == dates.dropna().dt.normalize()).all()
    return "%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S"


def _is_trained(column: dict[str, Any]) -> bool:
    """Whether the estimator sees a column.

    SDV takes every type that it has no model of for personal data, unless it says otherwise.
    """
    if column["sdtype"] in ("numerical", "categorical", "boolean", "datetime"):
        return True
    return column["sdtype"] not in ("id", "unknown") and not column.get("pii", True)


def _keys(table: dict[str, Any]) -> list[str]:
    """What has to be unique: ids, and single columns that are a key."""
    ids = [k for k, v in table["columns"].items() if v["sdtype"] == "id"]
    declared = [table.get("primary_key"), *table.get("alternate_keys", ())]
    return ids + [key for key in declared if isinstance(key, str) and key not in ids]


class _Synthesizer(BaselineSynthesizer, ABC):
    """What the synthesizers share."""

    _MODALITY_FLAG = "single_table"
    _MODEL_KWARGS: ClassVar[dict[str, Any]] = {}
    _internal_synthesizer: TableModel
    estimator: ClassVar[GenerativeModel]

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        cls._unfitted()

    @classmethod
    def get_subclasses(cls, *_: Any, **__: Any) -> dict[str, type[BaselineSynthesizer]]:
        """All of them by name: SDGym asks for a variant's class among those without subclasses."""
        classes: dict[str, type[BaselineSynthesizer]] = super().get_subclasses(include_parents=True)
        return classes

    @classmethod
    def _unfitted(cls) -> GenerativeModel:
        """A copy of `estimator`, with the settings of SDGym's variants."""
        estimator: GenerativeModel = clone(cls.estimator).set_params(**cls._MODEL_KWARGS)
        if getattr(estimator, "warm_start", False):
            raise ValueError("warm_start=True has no effect in SDGym, which fits every model once")
        if getattr(estimator, "conditional", False):
            raise ValueError(
                "conditional=True needs class labels, but SDGym passes no target: set "
                "conditional=False"
            )
        return estimator

    def _fit(self, data: pd.DataFrame, metadata: Metadata) -> None:
        self._internal_synthesizer = TableModel(self._unfitted(), metadata).fit(data)

    def _sample_from_synthesizer(self, synthesizer: Self, n_samples: int) -> pd.DataFrame:
        return synthesizer._internal_synthesizer.sample(n_samples)


class ReganSynthesizer(_Synthesizer):
    """`~regan.RegularizedGAN` as a synthesizer of SDGym.

    To set hyper-parameters, define a subclass with another `estimator`. SDGym finds the subclass by
    its name.

    Attributes
    ----------
    estimator : RegularizedGAN
        Unfitted model. Every fit trains a copy of it.

    Examples
    --------
    >>> from regan import RegularizedGAN
    >>> from regan.plugins.sdgym import ReganSynthesizer
    >>> class SparseSynthesizer(ReganSynthesizer):
    ...     estimator = RegularizedGAN("l1", alpha=1e-3)
    """

    estimator = RegularizedGAN()


class ReganVAESynthesizer(_Synthesizer):
    """`~regan.RegularizedVAE` as a synthesizer of SDGym; see `ReganSynthesizer`."""

    estimator = RegularizedVAE()


class ReganGaussianSynthesizer(_Synthesizer):
    """`~regan.RegularizedGaussian` as a synthesizer of SDGym; see `ReganSynthesizer`."""

    estimator = RegularizedGaussian()


class ReganMixtureSynthesizer(_Synthesizer):
    """`~regan.RegularizedMixture` as a synthesizer of SDGym; see `ReganSynthesizer`."""

    estimator = RegularizedMixture()


def write_dataset(
    folder: str | Path, name: str, data: pd.DataFrame, metadata: Metadata | None = None
) -> Path:
    """Write a table where ``benchmark_single_table(additional_datasets_folder=folder)`` finds it.

    Parameters
    ----------
    folder : str or Path
        Holds a folder for every table.
    name : str
        What tables of results call the table.
    data : DataFrame
    metadata : sdv.metadata.Metadata or None, default=None
        None lets SDV guess, from the table as SDGym will read it.

    Returns
    -------
    path : Path
        The folder of this table.

    Raises
    ------
    FileExistsError
        If the folder has a table of this name.
    ValueError
        For levels that SDGym would read as missing cells.
    """
    path = Path(folder) / "single_table" / name
    text = data.to_csv(index=False)
    read = pd.read_csv(StringIO(text), low_memory=False)
    _check_round_trip(data, read)
    if metadata is None:
        metadata = Metadata.detect_from_dataframe(read, table_name=name)
    # SDGym 0.15 looks for tables in one folder and reads them in a folder of the same name inside
    for place in (path, path / name):
        place.mkdir(parents=True)
        (place / "metadata.json").write_text(json.dumps(metadata.to_dict()))
        with ZipFile(place / "data.zip", "w", ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}.csv", text)
    return path


def _check_round_trip(data: pd.DataFrame, read: pd.DataFrame) -> None:
    """Refuse levels such as "NA", which pandas reads as missing cells."""
    for name in data.columns:
        lost = data[name].notna().to_numpy() & read[name].isna().to_numpy()
        if lost.any():
            level = data[name].to_numpy()[lost][0]
            raise ValueError(
                f"column {name!r} holds {level!r}, which SDGym reads as a missing cell: give the "
                "level another name"
            )
