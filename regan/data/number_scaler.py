"""The scale of a table of numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.rules import USUAL, EncodingDefaults, decide
from regan.data.encoding import ArrayEncoding
from regan.data.faults import Faults
from regan.data.numbers.normality import is_normal
from regan.data.numbers.patterns import are_on_one_scale
from regan.data.numbers.pieces import as_column
from regan.data.numbers.spread import check_spread
from regan.data.scaling import SCALINGS, ColumnScaler, Scaler
from regan.data.table_scaler import TableScaler


def learn_scaler(
    names: tuple[Any, ...],
    rows: np.ndarray,
    scaling: str | None = SCALINGS[0],
    dtypes: Sequence[str] | None = None,
    defaults: EncodingDefaults = USUAL,
) -> Scaler:
    """The scaler of numbers `rows` (n, D), whose columns have `names`, in whatever floating dtype.

    scaling : one of `SCALINGS`, or None for a model that trains on the numbers as they are; dtypes
    : the floating ones that columns were given in; defaults : what suits the model. ValueError if
    the variance of a column is out of range.
    """
    drawn, linear = defaults.draws_ties, set()
    if scaling == SCALINGS[0] and defaults.common_scale and are_on_one_scale(rows):
        linear = set(range(rows.shape[1]))
        return ColumnScaler.learn(rows, scaling, dtypes, drawn, linear).with_common_scale()
    if scaling == SCALINGS[0] and defaults.integer_levels:
        plain = [ColumnSettings()] * len(names)
        settings = decide(names, plain, list(rows.T), defaults.integer_levels, scaling)
        if any(each.few for each in settings):
            types = ["float64"] * len(names) if dtypes is None else dtypes
            return TableScaler.learn(rows, ArrayEncoding.learn(names, rows, settings, types), drawn)
        linear = {j for j, each in enumerate(settings) if each.scaling == "standard"}
    by_rank = set()
    if scaling == SCALINGS[0] and defaults.normal:
        by_rank = {j for j in range(rows.shape[1]) if not is_normal(as_column(rows, j))}
    scaler = ColumnScaler.learn(rows, scaling, dtypes, drawn, linear, by_rank)
    if (bad := ~np.isfinite(scaler.scale)).any():
        faults = Faults()
        note_spread(faults, names, rows, bad)
        faults.refuse()
    return scaler


def note_spread(faults: Faults, names: Any, rows: np.ndarray, which: np.ndarray) -> None:
    """Note columns with variances that float64 cannot hold, among those of `rows` (n, D)."""
    for j in np.flatnonzero(which):
        with faults.of(names[j]):
            check_spread(names[j], as_column(rows, j))
