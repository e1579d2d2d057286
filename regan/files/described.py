"""Tables in words: what each column holds, before a model is fitted to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from regan.data.frames.dataframes import column_as_pandas, columns_of_frame
from regan.data.numbers.written import Writing
from regan.files.csv_files import listed
from regan.files.csv_parts import is_whole
from regan.files.file_table import FileTable
from regan.files.kinds import FORMATTED

_SHOWN = 20


def describe_frame(table: FileTable) -> str:
    """The columns of a table that was read, in one sentence."""
    kinds = list(table.recognised.values())
    parts = map(column_as_pandas, columns_of_frame(table.frame))
    words = [_in_words(part, kind.kind) for part, kind in zip(parts, kinds, strict=True)]
    return _sentence(list(table.kinds), words)


def describe_numbers(names: Sequence[str] | None, values: np.ndarray) -> str:
    """The same of numbers (n, D)."""
    called = list(map(str, range(values.shape[1]))) if names is None else names
    words = []
    for column in values.T[:_SHOWN]:
        kind = "integer" if is_whole(column) else "number"
        words.append(f"{kind} {column.min():.6g}..{column.max():.6g}")
    return _sentence(called, words)


def _sentence(names: Sequence[str], words: Sequence[str]) -> str:
    pairs = zip(names[:_SHOWN], words, strict=False)
    text = "; ".join(f"{listed([name])}: {what}" for name, what in pairs)
    more = len(names) - _SHOWN
    return f"{text}; and {more} more" if more > 0 else text


def _in_words(series: Any, kind: str) -> str:
    present = series.dropna()
    lost = 1 - len(present) / len(series)
    missing = f" ({_percent(lost)} missing)" if lost else ""
    if not len(present):
        return f"{kind}, all missing"
    return f"{_held(present, kind)}{missing}"


def _held(series: Any, kind: str) -> str:
    """What a column without missing cells holds."""
    if kind in ("level", "ordered", "identifier"):
        n = series.nunique()
        word = {"ordered": "ordered levels", "identifier": "identifiers"}.get(kind, "levels")
        return f"{n} {word.removesuffix('s') if n == 1 else word}"
    if kind == "boolean":
        return f"boolean, {_percent(float(series.astype(float).mean()))} true"
    if kind == FORMATTED:
        return _formatted(series.unique().tolist())
    low, high = series.min(), series.max()
    if kind == "integer" and not str(series.dtype).lower().startswith(("int", "uint")):
        kind = "number"
    if kind == "number":
        return f"number {float(low):.6g}..{float(high):.6g}"
    if kind == "date":
        return f"date {low:%Y-%m-%d}..{high:%Y-%m-%d}"
    return f"{kind} {low}..{high}"


def _formatted(texts: list[str]) -> str:
    writing = Writing.learn(texts)
    numbers = [] if writing is None else [writing.number(text) or 0.0 for text in texts]
    if writing is None or not numbers:
        return FORMATTED
    return f"{FORMATTED} {writing.text(min(numbers))}..{writing.text(max(numbers))}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else "under 1 %"
