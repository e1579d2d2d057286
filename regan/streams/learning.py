"""What is learnt of rows that are not in memory: their columns, from a sample and what it lacks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from regan.data.columns.blocks import ColumnBlock
from regan.data.columns.optional import OptionalColumn
from regan.data.numbers.spread import Spread
from regan.data.reader import Reader
from regan.data.scaling import ColumnScaler
from regan.data.table_scaler import TableScaler
from regan.streams.column_survey import ColumnSurvey
from regan.streams.survey import Survey


def of_all(reader: Reader, survey: Survey) -> Reader:
    """A reader that was learnt from some rows, with moments and shares of all of them."""
    scaler = reader.scaler
    if isinstance(scaler, ColumnScaler):
        return reader.with_scaler(_with_moments(scaler, survey))
    assert isinstance(scaler, TableScaler)
    return reader.with_scaler(_with_shares(scaler, survey))


def _with_moments(scaler: ColumnScaler, survey: Survey) -> ColumnScaler:
    spread = spread_of(survey)
    with np.errstate(invalid="ignore"):
        constant = (np.sqrt(spread.variance) != spread.scale) | (spread.low == spread.high)
    scale = np.where(constant, scaler.scale, spread.scale)
    value = np.where(constant, scaler.value, 0.0)
    own = replace(scaler, mean=spread.mean, scale=scale, constant=constant, value=value)
    return own.with_common_scale() if scaler.is_common else own


def spread_of(survey: Survey) -> Spread:
    """Location and spread of the columns of all rows."""
    columns = survey.columns
    mean, variance, n, low, high = (
        np.array([getattr(column, name) for column in columns], dtype=np.float64)
        for name in ("mean", "variance", "n_numbers", "low", "high")
    )
    return Spread.from_moments(n, mean, variance, low, high)


def _with_shares(scaler: TableScaler, survey: Survey) -> TableScaler:
    encoder, shares, start = scaler.encoder, scaler.shares.copy(), 0
    recoded = {j for coding in encoder.codings_ for j in coding.columns}
    for block, size in zip(encoder.blocks, encoder.levels_, strict=True):
        if isinstance(block, ColumnBlock) and block.position not in recoded:
            counts = _counts(block.column, survey.columns[block.position], survey.n_rows)
            if counts is not None and counts.sum():
                shares[start : start + size] = counts / counts.sum()
        start += size
    return replace(scaler, shares=shares)


def _counts(column: Any, surveyed: ColumnSurvey, n_rows: int) -> np.ndarray | None:
    """How often each level of a block occurs in all rows; None where that is not known."""
    if isinstance(column, OptionalColumn):
        missing = float(surveyed.n_missing)
        if not column.column.n_levels:
            return np.array([n_rows - missing, missing])
        inner = _counts(column.column, surveyed, n_rows)
        return None if inner is None else np.append(inner, missing)
    levels = getattr(column, "levels", None)
    pooled = getattr(column, "pool", None) is not None
    if levels is None or surveyed.counts is None or pooled:
        return None
    counts = [surveyed.counts.get(level) for level in levels.tolist()]
    return None if None in counts else np.array(counts, dtype=np.float64)
