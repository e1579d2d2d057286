"""Cells as pandas writes them to CSV files, whatever the form of a file is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regan.files.csv_lines import number
from regan.files.forms import Options
from regan.files.kinds import (
    FORMATTED,
    NUMBERS,
    TIMES,
    BadCellError,
    Kind,
    canonical,
    is_missing,
    parse_column,
)
from regan.files.recognition import Recognised, recognise, recognise_column
from regan.files.schema import Schema


def canonical_texts(
    names: Sequence[str],
    columns: Sequence[Any],
    decimal: str,
    options: Options | None = None,
    schema: Schema | None = None,
) -> list[list[str] | None]:
    """The cells of columns, Series of text, as pandas writes them; None where they are so already.

    Missing cells are empty, numbers have decimal points, dates and times the form of ISO 8601.
    schema : what says what the columns are; otherwise they are recognised.
    """
    kinds = kinds_of(names, columns, decimal, options, schema)
    return [plain_texts(each, kind, decimal) for each, kind in zip(columns, kinds, strict=True)]


def kinds_of(
    names: Sequence[str],
    columns: Sequence[Any],
    decimal: str,
    options: Options | None = None,
    schema: Schema | None = None,
) -> list[Kind]:
    """What columns are, by their cells, or as a schema says; see `canonical_texts`."""
    na = () if options is None else options.na
    own = [_recognised(texts, na, decimal) for texts in columns]
    kinds = recognise(list(zip(names, own, strict=True)), na)
    if schema is None:
        return kinds
    return [schema.columns.get(n, kind) for n, kind in zip(names, kinds, strict=True)]


def _recognised(texts: Any, na: tuple[str, ...], decimal: str) -> Recognised:
    try:
        return recognise_column(texts, na, decimal)
    except BadCellError:
        return Recognised(Kind("level", na=na), is_plain=False)


def plain_texts(texts: Any, kind: Kind, decimal: str) -> list[str] | None:
    """The cells of one column as pandas writes them; None where they are so already."""
    cells: list[str] = texts.tolist()
    plain = not kind.na and (kind.form or kind.thousands) is None
    if plain and (decimal == "." or kind.kind not in NUMBERS) and kind.kind not in TIMES:
        return [_bool_word(cell) for cell in cells] if kind.kind == "boolean" else None
    if kind.kind in TIMES:
        try:
            values = parse_column(texts, kind, decimal)
        except BadCellError:
            return None
        lost = values.isna()
        return [*values.astype(object).where(~lost, "").map(str)]
    return [_one(cell, kind, decimal) for cell in cells]


def _one(cell: str, kind: Kind, decimal: str) -> str:
    if is_missing(cell, kind.na):
        return ""
    if kind.kind == "boolean":
        return _bool_word(cell)
    if kind.kind == FORMATTED:
        return cell.strip()
    if kind.kind not in NUMBERS:
        return cell
    plain = canonical(cell, decimal, kind.thousands)
    return cell if number(plain) is None else plain


def _bool_word(cell: str) -> str:
    word = cell.strip().casefold()
    return word.capitalize() if word in ("true", "false") else cell
