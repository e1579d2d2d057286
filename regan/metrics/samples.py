"""Checks of samples, before every two-sample measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from sys import maxsize
from typing import Any

import numpy as np
from sklearn.utils import check_array

from regan.data import TableEncoder
from regan.data.containers import by_name, check_names, check_numbers, column_names
from regan.data.faults import Faults
from regan.data.frames.dataframes import as_pandas, has_missing, is_frame, is_mixed
from regan.data.frames.libraries import frame_kind
from regan.data.frames.no_table import check_table
from regan.data.number_scaler import learn_scaler
from regan.data.row_names import RowNames
from regan.metrics.identified import identified, numbered

_ORDINALS = ("the first sample", "the second sample", "the third sample")


def as_samples(*samples: Any) -> list[Any]:
    """Two samples, (n, D) and (m, D), or three, of finite numbers in float64; None stays None.

    DataFrames are compared by the names of their columns, in the order of the first one. Where they
    have other columns than floating ones, or missing cells, they are on the scale of `comparable`,
    and identifiers are left out, with a warning.
    """
    encoder, tables = as_numbers(*samples, integer_levels=None, leave_out=True)
    return tables if encoder is None else _scaled(encoder, tables)


def comparable(*samples: Any) -> list[Any]:
    """Samples as `as_samples` takes them, on the scale that scores of models compare on.

    This is the scale of a model with default settings that was fitted to the first sample. Numbers
    are standardized, or by rank if they have tails; levels are one-hot columns, which are not
    standardized. A missing cell is a further level, even if the first sample has none. Columns of
    identifiers are left out.
    """
    return compared(*samples).scaled


@dataclass(frozen=True)
class Compared:
    """Samples that are compared, None for those that are not given.

    Attributes
    ----------
    names : tuple
        Of the columns (C,).
    numbers : list of arrays of shape (n, C)
        One number a cell, NaN for missing ones.
    scaled : list of arrays of shape (n, D)
        As `comparable` gives them.
    encoder : TableEncoder or None
        What reads mixed columns.
    """

    names: tuple[Any, ...]
    numbers: list[Any]
    scaled: list[Any]
    encoder: TableEncoder | None

    @property
    def missing(self) -> list[Any]:
        """Which cells are missing: masks (n, C)."""
        return [None if each is None else np.isnan(each) for each in self.numbers]

    @property
    def left_out(self) -> tuple[Any, ...]:
        """The columns of identifiers, by name."""
        kept = compared_places(self.encoder, len(self.names))
        return tuple(name for j, name in enumerate(self.names) if j not in kept)


def compared(*samples: Any) -> Compared:
    """Samples as `as_samples` takes them, as numbers and on the scale of `comparable`."""
    encoder, tables = as_numbers(*samples, integer_levels=None, leave_out=True)
    names = names_of_samples(*samples)
    if encoder is not None:
        return Compared(names, tables, _scaled(encoder, tables), encoder)
    scaler = learn_scaler(names, tables[0])
    scaled = [None if rows is None else scaler.standardize(rows) for rows in tables]
    return Compared(names, tables, scaled, None)


def compared_places(encoder: TableEncoder | None, n_columns: int) -> list[int]:
    """The positions of the columns that are compared: all but identifiers."""
    if encoder is None:
        return list(range(n_columns))
    return [j for j, each in enumerate(encoder.columns_) if each.present.summary is not None]


def _scaled(encoder: TableEncoder, tables: list[Any]) -> list[Any]:
    return [None if numbers is None else encoder.compare(numbers) for numbers in tables]


def as_numbers(
    *samples: Any,
    integer_levels: int | None = 0,
    pool: bool = True,
    gaps: bool = False,
    leave_out: bool = False,
    called: Sequence[str] = _ORDINALS,
) -> tuple[TableEncoder | None, list[Any]]:
    """Samples as `as_samples` takes them, with one number a cell, NaN for missing ones; the encoder
    that compares them, if there are mixed columns or missing cells.

    integer_levels : `max_integer_levels` of the encoder; pool : whether, of text with very many
    levels, all but the most frequent ones of the first sample are one level; gaps : whether cells
    of arrays may be missing, and of other samples than the first without an encoder; leave_out :
    whether identifiers are numbers without a meaning, see `compared_places`; called : what messages
    call the samples. TypeError or ValueError for samples that cannot be compared.
    """
    samples = tuple(_in_one_order(samples, called))
    if not (is_mixed(samples[0]) if gaps else _need_encoder(samples)):
        return None, as_arrays(*samples, missing=gaps, called=called)
    levels: dict[str, Any] = {"pool": "other"} if pool else {"max_levels": maxsize}
    found = identified(samples[0], called[0]) if leave_out else {}
    encoder = TableEncoder(
        max_integer_levels=integer_levels,
        ids=numbered(found, samples[0]),
        dependencies=False,
        **levels,
    )
    first, *others = zip(samples, called, strict=False)
    tables: list[Any] = [encoder.fit_read(first[0], what=first[1])]
    for X, which in others:
        if X is not None and not is_frame(X):
            raise TypeError(
                f"{which} is of the type {type(X).__name__}, and {called[0]} is a DataFrame with "
                "missing cells or with columns that are not floating-point numbers: give a "
                f"DataFrame with the columns {list(encoder.names)}"
            )
        read = partial(encoder.read, unseen=True, missing=True, what=which, like=called[0])
        tables.append(None if X is None else read(X))
    return encoder.opened(*(numbers for numbers in tables if numbers is not None)), tables


def _need_encoder(samples: tuple[Any, ...]) -> bool:
    """Whether samples are DataFrames of mixed columns, or with missing cells in any of them."""
    first, *others = samples
    if is_mixed(first):
        return True
    return is_frame(first) and any(is_frame(X) and has_missing(X) for X in others)


def as_arrays(*samples: Any, missing: bool = False, called: Sequence[str] = _ORDINALS) -> list[Any]:
    """Samples of numbers alone, whatever the dtypes are, as they are in float64; None stays None.

    DataFrames are compared by the names of their columns. missing : whether cells may be missing;
    called : what messages call the samples.
    """
    arrays = []
    for X, which in zip(_in_one_order(samples, called), called, strict=False):
        if X is not None:
            check_numbers(X, which)
            X = _array(X, which, missing)
        arrays.append(X)
    widths = list(dict.fromkeys(X.shape[1] for X in arrays if X is not None))
    if len(widths) > 1:
        raise ValueError(
            f"samples need equal numbers of columns, got {' and '.join(map(str, widths))}"
        )
    return arrays


def _array(X: Any, which: str, missing: bool) -> np.ndarray:
    table = as_pandas(X) if frame_kind(X) in ("pandas", "pyarrow") else X
    array: np.ndarray = check_array(
        table, dtype=np.float64, ensure_all_finite=False, input_name=which
    )
    names = column_names(X)
    faults = Faults(which, RowNames.of(X))
    if not missing:
        faults.of_array(names, np.isnan(array))
    faults.cells("inf", names, np.isinf(array))
    faults.refuse()
    return array


def names_of_samples(*samples: Any) -> tuple[Any, ...]:
    """The names of the columns of the first DataFrame; positions if there is none."""
    frames = [X for X in samples if is_frame(X)]
    return column_names(frames[0] if frames else samples[0])


def _in_one_order(samples: tuple[Any, ...], called: Sequence[str]) -> list[Any]:
    """DataFrames with their columns in the order of the first one, all else as it is."""
    for i, (X, which) in enumerate(zip(samples, called, strict=False)):
        if X is not None or i < 2:
            check_table(X, which)
        if is_frame(X):
            check_names(X, which)
    frames = [i for i, X in enumerate(samples) if is_frame(X)]
    if not frames:
        return list(samples)
    names, like = column_names(samples[frames[0]]), called[frames[0]]
    return [by_name(X, names, called[i], like) if i in frames else X for i, X in enumerate(samples)]
