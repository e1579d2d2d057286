"""What is learned of rows that are not in memory: columns, from a sample and what it lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from regan.data.columns.base import Column
from regan.data.columns.blocks import ColumnBlock
from regan.data.columns.identifiers import identifiers
from regan.data.encoder import TableEncoder
from regan.data.faults import Faults
from regan.data.numbers.spread import Spread
from regan.data.reader import Reader
from regan.data.scaling import ColumnScaler
from regan.data.table_scaler import TableScaler
from regan.streams.checking import check_rows, needs_check
from regan.streams.column_survey import ColumnSurvey
from regan.streams.passing import Surveyed
from regan.streams.source import Source
from regan.streams.survey import Survey

_ROUNDS = 4
"""Times that columns are learned again of rows which are not as was learned."""

_LEAST_ROWS = 100
_NEAR = 1e-7

Learn = Callable[[Any], tuple[Reader, np.ndarray]]
"""Learns the reader of a table, and gives its numbers."""


def learn_columns(
    source: Source, surveyed: Surveyed, learn: Learn, *, anew: bool = True
) -> tuple[Reader, np.ndarray, Surveyed]:
    """The reader of all rows, the numbers (n, C) of those that it was learned from, and these.

    Where rules or dependencies were learned, or what texts mean, all rows are read again: those
    that are not as was learned are learned too. What a few rows still break after four rounds
    stays.

    anew : whether moments and shares are those of these rows, and not of an earlier fit.
    """
    reader, numbers = _learnt(source, surveyed, learn)
    shares = None
    for _ in range(_ROUNDS):
        encoding = getattr(reader.scaler, "encoder", None)
        if encoding is None or not needs_check(encoding, surveyed.survey):
            break
        checked = check_rows(source, encoding, numbers)
        shares = checked.shares
        if shares is not None:
            break
        surveyed = surveyed.witnessed(checked.rows, checked.table)
        reader, numbers = _learnt(source, surveyed, learn)
    if not anew:
        return reader, numbers, surveyed
    if reader.encoder is not None:
        refuse_row_numbers(reader.encoder, surveyed.survey)
    sample = numbers[surveyed.is_sampled]
    return of_all(reader, surveyed.survey, sample, shares), numbers, surveyed


def _learnt(source: Source, surveyed: Surveyed, learn: Learn) -> tuple[Reader, np.ndarray]:
    """What is learned of sample and witnesses; errors call rows by their numbers among all."""
    with surveyed.known(source.row_place):
        return learn(surveyed.learnt)


def refuse_row_numbers(encoder: TableEncoder, survey: Survey) -> None:
    """ColumnsError for columns of integers that number the rows, which a sample does not tell.

    Each integer from the least to the largest occurs once: n of them have the variance
    (n^2 - 1) / 12, which n numbers drawn from that range miss by a part of about 1 / sqrt(n).
    """
    faults, n = Faults(), survey.n_rows
    for column, dtype, found in zip(encoder.columns_, encoder.dtypes_, survey.columns, strict=True):
        ids = encoder.ids
        kept = ids == "keep" or (isinstance(ids, dict) and ids.get(column.name) == "keep")
        if kept or dtype.limits is None or not column.is_plain or found.n_numbers < n:
            continue
        if n < _LEAST_ROWS or found.high - found.low + 1 != n:
            continue
        apart = abs(found.mean - (found.low + found.high) / 2) / n
        if apart < _NEAR and abs(12 * found.variance / (n * n - 1) - 1) < _NEAR:
            with faults.of(column.name):
                how = f"which ids={{{column.name!r}: 'sequence'}} numbers anew"
                raise identifiers(column.name, f"each integer of a range of {n:,} once, {how}")
    faults.refuse()


def of_all(
    reader: Reader, survey: Survey, sample: np.ndarray, shares: np.ndarray | None = None
) -> Reader:
    """A reader that was learned from a sample and its witnesses, as it is of all rows: with their
    moments and shares.

    Quantiles are those of the sample: a witness stands for itself alone, and a row of the sample
    for many. What lies beyond the sample is trained on as its end.

    sample : numbers (m, C); shares : of all levels, if they are known.
    """
    scaler = reader.scaler.rescaled(sample)
    if isinstance(scaler, ColumnScaler):
        return reader.with_scaler(_with_moments(scaler, survey))
    assert isinstance(scaler, TableScaler)
    own = _with_shares(scaler, survey) if shares is None else scaler.with_shares(shares)
    return reader.with_scaler(own)


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
    return scaler.with_shares(shares)


def _counts(column: Column, surveyed: ColumnSurvey, n_rows: int) -> np.ndarray | None:
    """How often each level of a block occurs in all rows; None where that is not known."""
    if column.present is not column:  # cells may be missing, which is a level behind the others
        missing = float(surveyed.n_missing)
        if not column.present.n_levels:
            return np.array([n_rows - missing, missing])
        inner = _counts(column.present, surveyed, n_rows)
        return None if inner is None else np.append(inner, missing)
    levels = getattr(column, "levels", None)
    pooled = getattr(column, "pool", None) is not None
    if levels is None or surveyed.counts is None or pooled:
        return None
    counts = [surveyed.counts.get(level) for level in levels.tolist()]
    return None if None in counts else np.array(counts, dtype=np.float64)
