"""How estimators read what users give them, and give rows back in the same form."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import validate_data

from regan.data import TableEncoder
from regan.data.containers import (
    Container,
    check_numbers,
    column_names,
    name_columns,
    refuse_cells,
    refuse_large,
)
from regan.data.dataframes import is_frame, is_mixed
from regan.data.scaling import ColumnScaler, Scaler
from regan.data.table_scaler import TableContainer, TableScaler
from regan.validation import check_bool


class TableInput(BaseEstimator):
    """An estimator that takes arrays and tables, with numbers or with mixed columns.

    Between the user's table and the rows that a model trains on are numbers, one a cell:
    `_validate` reads them and `_container` gives them back as the table, `_scaler` scales them and
    inverts that. A DataFrame with other columns than floating ones goes through an encoder, and any
    DataFrame if `standardize` is one.
    """

    standardize: Any

    table_encoder_: TableEncoder
    _container: Container | TableContainer
    _scaler: Scaler

    @property
    def _trains_in(self) -> str:
        """The dtype that values are computed in."""
        return "float64"

    # Reading

    def _validate(self, X: Any, *, reset: bool, minimum: int, unseen: bool = True) -> np.ndarray:
        """The rows of `X` as numbers in float64, every one finite and with a finite square.

        unseen : whether levels may be new that were not in the training data.
        """
        if self._takes_table(X, reset):
            return self._read_table(X, reset=reset, minimum=minimum, unseen=unseen)
        if reset:
            self.__dict__.pop("table_encoder_", None)
        check_numbers(X)
        rows: np.ndarray = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            order="C",  # the same sums, so the same model, whatever the container
            ensure_all_finite=False,
            ensure_min_samples=minimum,
        )
        names = column_names(X)
        refuse_cells("NaN", names, np.isnan(rows))
        refuse_cells("inf", names, np.isinf(rows))
        trained = "float64" if self.standardize else self._trains_in
        limits = [_largest(dtype, trained) for dtype in Container.of(X).dtypes]
        refuse_large(names, np.abs(rows) > limits, min(limits))
        return rows

    def _takes_table(self, X: Any, reset: bool) -> bool:
        """Whether an encoder reads `X`."""
        if not reset:
            return hasattr(self, "table_encoder_")
        given = isinstance(self.standardize, TableEncoder)
        if given and not is_frame(X):
            raise TypeError(
                f"standardize={self.standardize!r} encodes a DataFrame of pandas, and X is of the "
                f"type {type(X).__name__}: set it to True or False"
            )
        return given or is_mixed(X)

    def _read_table(self, X: Any, *, reset: bool, minimum: int, unseen: bool) -> np.ndarray:
        """The numbers of a DataFrame, one a cell."""
        if len(X) < minimum:
            raise ValueError(
                f"Found array with {len(X)} sample(s) (shape={X.shape}) while a minimum of "
                f"{minimum} is required."
            )
        if not reset:
            rows: np.ndarray = self.table_encoder_.read(X, unseen=unseen)
            return rows
        encoder = self._given_encoder()
        rows = encoder._learn(X)
        validate_data(self, X, reset=True, skip_check_array=True)
        self.table_encoder_ = encoder
        return rows

    def _given_encoder(self) -> TableEncoder:
        """An unfitted encoder with the settings asked for."""
        if isinstance(self.standardize, TableEncoder):
            encoder: TableEncoder = clone(self.standardize)
            return encoder
        return TableEncoder()

    # Learning

    def _learn_columns(self, X: Any, rows: np.ndarray) -> None:
        """What the columns of `X` hold, and their scales."""
        enabled = self._check_standardize()
        if not hasattr(self, "table_encoder_"):
            self._container = Container.of(X)
            self._scaler = scaler = ColumnScaler.learn(rows, enabled)
            if (bad := ~np.isfinite(scaler.scale)).any():
                named = name_columns(column_names(X), bad)
                raise ValueError(
                    f"the variance of {named} overflows or underflows: rescale the column"
                )
        elif enabled:
            self._set_table(TableScaler.learn(rows, self.table_encoder_))
        else:
            raise ValueError(
                "standardize=False has no effect on a table with other columns than floating "
                "numbers, for its encoder scales them: leave it out, give a TableEncoder, or "
                "convert all columns by X.astype(float)"
            )

    def _relax(self, rows: np.ndarray) -> None:
        """Make room for numbers that training goes on with."""
        enabled, was = self._check_standardize(), self._scaler.enabled
        if enabled != was:
            raise ValueError(
                f"standardize={enabled} cannot take effect when training goes on: the first fit "
                f"had standardize={was}"
            )
        first = self._scaler.encoder if isinstance(self._scaler, TableScaler) else None
        given = isinstance(self.standardize, TableEncoder)
        now = self._given_encoder() if given or first is not None else None
        if repr(now) != repr(first):
            raise ValueError(
                f"the TableEncoder cannot change when training goes on: the first fit had {first}, "
                f"and now it is {now}"
            )
        self._scaler = self._scaler.relaxed(rows)
        if isinstance(self._scaler, TableScaler):
            self._set_table(self._scaler)

    def _check_standardize(self) -> bool:
        """Whether columns are scaled."""
        given = isinstance(self.standardize, TableEncoder)
        return given or check_bool(self.standardize, "standardize", " or a TableEncoder")

    def _set_table(self, scaler: TableScaler) -> None:
        self._scaler, self._container = scaler, TableContainer(scaler.encoder)
        self.table_encoder_ = scaler.encoder

    def _comparable(self, rows: np.ndarray) -> np.ndarray:
        """Numbers (n, C) as columns whose distances make sense: of levels, one-hot ones."""
        return self._scaler.standardize(rows) if hasattr(self, "table_encoder_") else rows

    # What a model file holds

    def _export_columns(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What was learnt of the columns: arrays, and values that JSON can hold."""
        arrays, fitted = self._scaler.export()
        if isinstance(self._container, Container):
            fitted["container"] = astuple(self._container)
        names = getattr(self, "feature_names_in_", None)
        fitted["n_features_in"] = self.n_features_in_
        fitted["feature_names_in"] = None if names is None else list(names)
        return arrays, fitted

    def _restore_columns(self, arrays: dict[str, np.ndarray], fitted: dict[str, Any]) -> None:
        """The inverse of `_export_columns`."""
        if "table" in fitted:
            self._set_table(TableScaler.restore(arrays, fitted))
        else:
            self._scaler = ColumnScaler.restore(arrays, fitted)
            self._container = Container(*fitted["container"])
        self.n_features_in_ = fitted["n_features_in"]
        if fitted["feature_names_in"] is not None:
            self.feature_names_in_ = np.array(fitted["feature_names_in"], dtype=object)


def _largest(stored: str, trained: str) -> float:
    """The largest value whose square is finite; half precision is computed in single."""
    names = ["float32" if name == "float16" else name for name in (stored, trained)]
    return float(np.sqrt(min(np.finfo(name).max for name in names)))
