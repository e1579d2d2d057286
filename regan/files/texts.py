"""Texts that hold no table: JSON, HTML, XML, prose."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np

_MARKUP = re.compile(r"<(!DOCTYPE\b|\?xml\b|html\b)", re.IGNORECASE)
_TAG = re.compile(r"<([A-Za-z][\w:.-]*)(\s[^<>]*)?>")
_LONG = 20
_FEW = 10


def no_table(text: str) -> str | None:
    """What the beginning of a text is, if it is of another kind than tables are."""
    text = text.strip().removeprefix("\ufeff")
    if text[:1] in ("{", "[") and _is_json(text):
        return "JSON: save its records as CSV, a line for each"
    tag = _TAG.match(text)
    if _MARKUP.match(text) or (tag is not None and f"</{tag[1]}>" in text):
        return "HTML or XML: save the table in it as CSV"
    return None


def _is_json(text: str) -> bool:
    """Whether the first line is JSON, or all of a text as far as it goes."""
    for part in (text.split("\n", 1)[0], text):
        try:
            json.loads(part)
        except json.JSONDecodeError as error:
            if part is text and error.pos >= len(text) - 1 and "\n" in text:
                return True
        except RecursionError:
            return True
        else:
            return True
    return False


def is_prose(texts: Sequence[str]) -> bool:
    """Whether cells are sentences rather: long, of several words, nearly all of them different."""
    several = [text for text in texts if text.strip()]
    if len(several) < _FEW or len({*several}) < 0.9 * len(several):
        return False
    blanks = np.array([text.strip().count(" ") for text in several])
    return bool(np.median([len(text) for text in several]) > _LONG and np.median(blanks) >= 2)
