"""Words for missing cells in text."""

from __future__ import annotations

MISSING_WORDS = (
    *("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "NaT", "null", "NULL", "Null"),
    *("None", "none", "?", "-", "--", ".", "\\N"),
)
"""Those that are read as missing among numbers, dates and the like; the last is of databases."""
_FOLDED = frozenset(word.casefold() for word in MISSING_WORDS) | {""}


def is_blank(text: str) -> bool:
    """Whether a text is empty, or such a word in any case."""
    return text.strip().casefold() in _FOLDED
