"""Readers of users' data: arrays and tables in, rows to train on, and the same form out again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from regan.data.array_form import ArrayForm, as_table
from regan.data.columns.rules import USUAL, EncodingDefaults
from regan.data.containers import (
    Container,
    by_name,
    check_numbers,
    column_names,
)
from regan.data.encoder import TableEncoder
from regan.data.faults import Faults
from regan.data.frames.dataframes import as_pandas, is_frame, is_mixed, telling_index
from regan.data.frames.libraries import frame_kind
from regan.data.frames.no_table import check_table
from regan.data.number_scaler import learn_scaler, note_spread
from regan.data.numbers.pieces import pieces
from regan.data.row_names import RowNames
from regan.data.scaling import SCALINGS, ColumnScaler, Scaler
from regan.data.table_scaler import TableContainer, TableScaler
from regan.storage.stored import Stored
from regan.storage.tensors import Tensors
from regan.typing import Scaling
from regan.validation import check_bool, check_choice, warn_user

_TOGETHER = 5
_PLAIN = {np.dtype(np.float32), np.dtype(np.float64)}
_SETTINGS: dict[str | None, Any] = {None: False, "auto": True}
"""The settings for scalings that are not called by their own names."""


@dataclass(frozen=True)
class Reader:
    """Reads what users give, and gives rows back in the same form.

    Between the user's table and the rows that a model trains on are numbers, one a cell: `read`
    makes them and `wrap` gives them back as the table, the scaler scales them and inverts that. A
    DataFrame with other columns than floating ones, or with missing cells, goes through an encoder,
    and any DataFrame or array if `standardize` is one.

    Attributes
    ----------
    container : Container or TableContainer
        The form of the user's data.
    scaler : Scaler
    trains_in : str
        The dtype that values are computed in.
    """

    container: Container | TableContainer
    scaler: Scaler
    trains_in: str = "float64"

    @classmethod
    def learn(
        cls,
        estimator: Any,
        X: Any,
        standardize: Any,
        trains_in: str = "float64",
        defaults: EncodingDefaults = USUAL,
    ) -> tuple[Self, np.ndarray]:
        """The reader of data like `X`, and the numbers of `X` (n, C), of any floating dtype.

        estimator : its `n_features_in_` and `feature_names_in_` are set; standardize : the setting;
        defaults : what suits the model.
        """
        scaling = check_standardize(standardize)
        encoder, rows = read_first(estimator, X, standardize, trains_in, defaults)
        if encoder is not None:
            if scaling is None:
                raise ValueError(
                    "standardize=False has no effect on a table with missing cells, or with "
                    "columns that are not floating-point numbers, because an encoder scales them: "
                    "leave standardize out, give standardize=TableEncoder(), or convert all "
                    "columns by X.astype(float) and impute"
                )
            if not encoder.width:
                raise ValueError(
                    "X has nothing to learn: each column has no values, or numbers the rows anew "
                    "(ids='sequence')"
                )
            form = None if is_frame(X) else ArrayForm.of(X)
            scaler: Scaler = TableScaler.learn(rows, encoder, defaults.draws_ties)
            return cls(TableContainer(encoder, form), scaler, trains_in), rows
        container = Container.of(X, whole=scaling is not None)
        scaler = learn_scaler(container.names, rows, scaling, container.dtypes, defaults)
        return cls(container, scaler, trains_in), rows

    def with_scaler(self, scaler: Scaler) -> Self:
        """The same with another scaler of the same columns."""
        container = self.container
        if isinstance(container, TableContainer):
            assert isinstance(scaler, TableScaler)
            assert isinstance(scaler.encoder, TableEncoder)
            container = replace(container, encoder=scaler.encoder)
        return replace(self, container=container, scaler=scaler)

    # What it knows

    @property
    def encoder(self) -> TableEncoder | None:
        """The fitted encoder of a table."""
        if isinstance(self.container, TableContainer):
            return self.container.encoder
        return None

    @property
    def names(self) -> tuple[Any, ...]:
        """The names of the columns; positions for an array."""
        return self.container.names

    # Reading and writing

    def read(
        self,
        estimator: Any,
        X: Any,
        *,
        minimum: int = 1,
        going_on: bool = False,
        compared: bool = False,
    ) -> np.ndarray:
        """The numbers of `X` (n, C) in float64, every one finite and with a finite square, but NaN
        for missing cells.

        estimator : whose names of columns scikit-learn compares; going_on : whether training goes
        on with them, which refuses levels that were not in the training data, for example; compared
        : whether they are for an `opened` reader alone, where cells of a table may be missing that
        never were.
        """
        if self.encoder is not None:
            table = self._as_table(estimator, X)
            _check_rows(table, minimum)
            rows: np.ndarray = self.encoder.read(
                table, unseen=not going_on, missing=compared, going_on=going_on
            )
            return rows
        rows = _read_numbers(
            estimator, X, reset=False, minimum=minimum, trained=self._computed_in(self.trains_in)
        )
        self._check_names(X)
        return rows

    def read_incomplete(self, estimator: Any, X: Any) -> np.ndarray:
        """The numbers of `X` (n, C) as by `read`, NaN where cells are missing, in any column.

        What else there is that the training data had not, is let through: new levels have -1.
        """
        if self.encoder is not None:
            return self.read(estimator, X, compared=True)
        trained = self._computed_in(self.trains_in)
        rows = _read_numbers(estimator, X, reset=False, minimum=1, trained=trained, missing=True)
        self._check_names(X)
        return rows

    def _as_table(self, estimator: Any, X: Any) -> Any:
        """What the encoder reads of `X`: a DataFrame, or of an array one by positions."""
        check_table(X)
        assert isinstance(self.container, TableContainer)
        if self.container.form is not None:
            table = as_pandas(X) if is_frame(X) else as_table(X)
            given = table if is_frame(X) else X
            validate_data(estimator, given, reset=False, skip_check_array=True)
            return table.set_axis(list(self.names), axis=1)
        if is_frame(X):
            return X
        raise TypeError(
            f"the training data were a DataFrame with the columns {list(self.names)}, and X is of "
            f"the type {type(X).__name__}: give a DataFrame with these columns"
        )

    def _check_names(self, X: Any) -> None:
        """ValueError for a DataFrame with other names, or names in another order, than at first.

        scikit-learn compares names that are strings, of the libraries that it knows.
        """
        named = not self.container.is_array
        if named and is_frame(X) and column_names(X) != self.names:
            raise ValueError(
                f"the columns of X are {list(column_names(X))}, and in the training data they were "
                f"{list(self.names)}"
            )

    def arranged(self, X: Any, what: str = "X") -> Any:
        """A DataFrame with its columns in the order of the training data; all else as it is.

        ValueError if it has others; what : `X` in words.
        """
        if self.container.is_array or not is_frame(X):
            return X
        return by_name(X, self.names, what, "the training data")

    def _computed_in(self, dtype: str) -> str:
        return "float64" if self.scaler.enabled else dtype

    def wrap(self, rows: np.ndarray) -> Any:
        """Numbers (n, C) as the user's data were."""
        return self.container.wrap(rows)

    def comparable(self, rows: np.ndarray) -> np.ndarray:
        """Numbers (n, C) on the scale that scores compare on: of levels, one-hot columns."""
        return self.scaler.standardize(rows)

    def opened(self, *tables: np.ndarray) -> Self:
        """A copy that compares missing cells of `tables` (n, C), as `read` gives them."""
        return replace(self, scaler=self.scaler.opened(*tables))

    def renamed(self, names: tuple[Any, ...]) -> Self:
        """The same for an array whose columns have `names`."""
        assert isinstance(self.container, Container)
        return replace(self, container=replace(self.container, names=names))

    # Going on

    def relaxed(self, rows: np.ndarray, standardize: Any) -> Self:
        """A copy with room for numbers (n, C) that training goes on with.

        ValueError if the setting `standardize` is not what it was, or for numbers that the first
        fit leaves no room for.
        """
        self._check_setting(standardize)
        scaler = self.scaler.relaxed(rows)
        if isinstance(self.container, Container):
            self.container.check(rows)
        return self.with_scaler(scaler)

    def _check_setting(self, standardize: Any) -> None:
        now = check_standardize(standardize)
        was: str | None = SCALINGS[0]
        if isinstance(self.scaler, ColumnScaler):
            was = self.scaler.scaling
        elif self.encoder is not None and now is not None:
            was = now  # the encoders are compared
        if now != was:
            raise ValueError(
                f"standardize={standardize!r} cannot take effect in a resumed fit: the first fit "
                f"had standardize={_SETTINGS.get(was, was)!r}"
            )
        first, other = self.encoder, None
        if isinstance(standardize, TableEncoder) or first is not None:
            other = _given_encoder(standardize)
        if _settings_of(other) != _settings_of(first):
            raise ValueError(
                f"the TableEncoder cannot be changed in a resumed fit: the first fit had {first}, "
                f"and now it is {other}"
            )

    def blurred(self) -> Self:
        """A copy that holds no single numbers of columns by rank, but means of five or more."""
        return self.with_scaler(self.scaler.blurred(_TOGETHER))

    # What a model file holds

    def export(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """What was learned of the columns: arrays, and values in JSON's terms."""
        arrays, scaler = self.scaler.export()
        container = self.container
        form = container.form if isinstance(container, TableContainer) else container
        return arrays, {"container": form and form.export(), "scaler": scaler}

    @classmethod
    def restore(cls, stored: Stored, tensors: Tensors, trains_in: str = "float64") -> Self:
        """The inverse of `export`."""
        container, scaler = stored.fields("container", "scaler")
        kind = scaler.entry("kind").choice("columns", "array", "table")
        if kind == "table":
            table = TableScaler.restore(scaler, tensors)
            assert isinstance(table.encoder, TableEncoder)
            form = None if container.is_none else ArrayForm.restore(container)
            if form is not None and not form.fits(table.encoder):
                container.refuse("an array of the dtype of its columns, or null beside a table")
            return cls(TableContainer(table.encoder, form), table, trains_in)
        restored = TableScaler if kind == "array" else ColumnScaler
        own, columns = Container.restore(container), restored.restore(scaler, tensors)
        if len(own.names) != columns.n_cells:
            container.refuse(f"a container of {columns.n_cells} columns")
        return cls(own, columns, trains_in)


def read_first(
    estimator: Any,
    X: Any,
    standardize: Any,
    trains_in: str = "float64",
    defaults: EncodingDefaults = USUAL,
) -> tuple[TableEncoder | None, np.ndarray]:
    """A fitted encoder, if `X` is a table for one, and the numbers of `X` (n, C), of any floating
    dtype; see `Reader.learn`.
    """
    given = isinstance(standardize, TableEncoder)
    check_table(X)
    if (index := telling_index(X)) is not None:
        warn_user(
            f"the model does not learn the index of X, {index}: X.reset_index() makes it a column"
        )
    if not (given or is_mixed(X)):
        trained = "float64" if standardize else trains_in
        return None, _read_numbers(
            estimator, X, reset=True, minimum=2, trained=trained, copies=not _is_plain(X)
        )
    table = X if is_frame(X) else as_table(X)
    _check_rows(table, 2)
    encoder = _given_encoder(standardize)
    rows = encoder.fit_read(table, defaults)
    validate_data(estimator, as_pandas(X) if is_frame(X) else X, reset=True, skip_check_array=True)
    return encoder, rows


def check_standardize(standardize: Any) -> Scaling | None:
    """How columns of numbers are scaled, from the setting: one of `SCALINGS`, or None."""
    if isinstance(standardize, TableEncoder):
        return SCALINGS[0]
    if isinstance(standardize, str):
        scaling: Scaling = check_choice(standardize, "standardize", SCALINGS)
        return scaling
    more = f", a TableEncoder or one of {', '.join(map(repr, SCALINGS))}"
    return SCALINGS[0] if check_bool(standardize, "standardize", more) else None


def _is_plain(X: Any) -> bool:
    """Whether `X` is an array, or a DataFrame of pandas, of floating numbers of one dtype that are
    good enough as they are.
    """
    if frame_kind(X) == "pandas":
        dtypes = set(X.dtypes)
        return len(dtypes) == 1 and dtypes <= _PLAIN
    return isinstance(X, np.ndarray) and X.dtype in _PLAIN


def _read_numbers(
    estimator: Any,
    X: Any,
    *,
    reset: bool,
    minimum: int,
    trained: str,
    copies: bool = True,
    missing: bool = False,
) -> np.ndarray:
    """The numbers of an array, or of a DataFrame of floating columns.

    copies : in float64; else an array stays the one that it is; missing : whether cells may be.
    """
    check_numbers(X)
    rows: np.ndarray = validate_data(
        estimator,
        as_pandas(X) if frame_kind(X) in ("pandas", "pyarrow") else X,
        reset=reset,
        dtype=np.float64 if copies else None,
        order="C" if copies else None,  # the same sums, so the same model, whatever the container
        ensure_all_finite=False,
        ensure_min_samples=minimum,
    )
    names = column_names(X)
    limits = [_largest(dtype, trained) for dtype in Container.of(X).dtypes]
    if all((np.abs(part).max(axis=0) <= limits).all() for _, part in pieces(rows)):
        return rows
    faults, infinite = Faults("X", RowNames.of(X)), np.isinf(rows)
    if not missing:
        faults.without_encoder(names, np.isnan(rows), is_first=reset)
    faults.cells("inf", names, infinite)
    large = (np.abs(rows) > limits) & ~infinite
    faults.large(names, large, min(limits))
    if faults and reset:
        note_spread(faults, names, rows, (np.isfinite(rows) & ~large).all(axis=0))
    faults.refuse()
    return rows


def _check_rows(X: Any, minimum: int) -> None:
    if len(X) < minimum:
        raise ValueError(
            f"Found array with {len(X)} sample(s) (shape={X.shape}) while a minimum of "
            f"{minimum} is required."
        )


def encoder_of_all(X: Any, standardize: Any) -> Any:
    """The setting `standardize` with which every part of a table goes through an encoder, if the
    whole does.
    """
    scaled = check_standardize(standardize) is not None
    return _given_encoder(standardize) if scaled and is_mixed(X) else standardize


def _settings_of(encoder: TableEncoder | None) -> str:
    """All settings, none of which is shortened."""
    if encoder is None:
        return ""
    rules = [rule.text for rule in encoder.rules or ()]
    return repr(sorted({**encoder.get_params(deep=False), "rules": rules}.items()))


def _given_encoder(standardize: Any) -> TableEncoder:
    """An unfitted encoder with the settings asked for."""
    if isinstance(standardize, TableEncoder):
        encoder: TableEncoder = clone(standardize)
        return encoder
    return TableEncoder(check_standardize(standardize) or SCALINGS[0])


def _largest(stored: str, trained: str) -> float:
    """The largest value whose square is finite; half precision is computed in single."""
    names = ["float32" if name == "float16" else name for name in (stored, trained)]
    return float(np.sqrt(min(np.finfo(name).max for name in names)))
