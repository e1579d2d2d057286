"""What the columns of a file are, recognised by their cells."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regan.data.faults import in_words
from regan.data.missing_words import MISSING_WORDS
from regan.data.numbers.written import SEPARATORS, Writing, grouped
from regan.files.csv_lines import has_leading_zero, number
from regan.files.dates import (
    Found,
    find_odd_date,
    find_times,
    find_zoneless,
    looks_like_time,
    short_forms,
    tell_days,
)
from regan.files.kinds import FORMATTED, LARGEST, BadCellError, Kind, canonical, is_missing

_NUMBER = "a finite number"
_MANY = 20


@dataclass(frozen=True)
class Recognised:
    """What a column is.

    Attributes
    ----------
    kind : Kind
    words : tuple of str
        Those of `MISSING_WORDS` in it.
    remark : str or None
        What is to be said of it, behind its name.
    is_plain : bool
        Whether all other cells are numbers, dates or the like, so that the words are none.
    """

    kind: Kind
    words: tuple[str, ...] = ()
    remark: str | None = None
    is_plain: bool = True


def recognise(
    columns: Iterable[tuple[str, Recognised]],
    na: tuple[str, ...],
    tell: Callable[[str], None] = lambda _: None,
) -> list[Kind]:
    """The kinds of the columns of one file, whose names come with them.

    Words that mark missing cells of numbers, dates and the like do so among words as well if they
    mean nothing else, or if the file has them among numbers, dates and the like in another column;
    elsewhere they are levels. na : the user's words for missing cells; tell : gets sentences.
    """
    columns = list(columns)
    used = {word for _, each in columns if each.is_plain for word in each.words} | _SURE
    kinds = []
    levels: dict[str, list[str]] = {}
    missing: dict[str, list[str]] = {}
    for name, each in columns:
        kind = each.kind
        if not each.is_plain:
            words = tuple(word for word in each.words if word in used)
            kind = replace(kind, na=(*na, *words))
            for word in each.words:
                (missing if word in words else levels).setdefault(word, []).append(name)
        if each.remark is not None:
            tell(f"column {name!r} {each.remark}")
        kinds.append(kind)
    for word, names in missing.items():
        tell(f"{word!r} is read as a missing cell in {in_words(names)}")
    for word, names in levels.items():
        if word in _DOUBTFUL:
            helps = f"--na {word} reads it as missing"
            tell(f"{word!r} is read as a level in {in_words(names)}: {helps}")
    return kinds


_SURE = frozenset(("?", "#N/A", "<NA>", "NaN", "nan", "-nan", "NaT", "\\N"))
"""Words that are no levels."""
_DOUBTFUL = frozenset(MISSING_WORDS) - _SURE - {"-", "--", ".", "None", "none"}
"""Words that are hardly ever levels."""


def recognise_column(texts: Any, na: tuple[str, ...], decimal: str) -> Recognised:
    """What a column is, a Series of text; see `recognise`."""
    given = [text.strip() for text in texts.unique().tolist() if not is_missing(text, na)]
    different = {*given}
    words = tuple(word for word in MISSING_WORDS if word in different)
    values = [text for text in given if text not in words] if words else given
    found = _plain(values, decimal)
    if found is not None:
        kind = replace(found.kind, na=(*na, *words), lenient=found.kind.kind == "integer")
        return replace(found, kind=kind, words=words)
    remark = _check_even(texts, values, decimal)
    if forms := short_forms(values):
        others = "".join(f', or "{form}"' for form in forms[1:])
        remark = (
            f"holds dates whose years have two digits, such as {values[0]!r}, and is read as text; "
            f'to read it as dates, set {{"kind": "date", "format": "{forms[0]}"}}{others} in a '
            "--schema"
        )
    if all(map(looks_like_time, values)) and (zoneless := find_zoneless(values)) is not None:
        remark = (
            f"holds times with and without a time zone, such as {values[zoneless]!r}, and is read "
            "as text: give all of them a zone, or none"
        )
    return Recognised(Kind("level", na=na), words, remark, is_plain=False)


def _plain(values: list[str], decimal: str) -> Recognised | None:
    """What texts are, if not levels."""
    if not values:
        return Recognised(Kind("number"))
    if all(value.casefold() in ("true", "false") for value in values):
        return Recognised(Kind("boolean"))
    if (numbers := _numbers(values, decimal)) is not None:
        return numbers
    found = find_times(values)
    if found is None:
        return None if Writing.learn(values) is None else Recognised(Kind(FORMATTED))
    if found.other is not None:
        return Recognised(Kind("level"), remark=_doubt(values[0], found))
    return Recognised(Kind(found.kind, found.form))


def _doubt(value: str, found: Found) -> str:
    return (
        f"holds dates whose day and month cannot be distinguished, such as {value!r}, and is read "
        f'as text; to read it as dates, set {{"kind": "{found.kind}", "format": "{found.form}"}}, '
        f'or "{found.other}", in a --schema'
    )


def _numbers(values: list[str], decimal: str) -> Recognised | None:
    """Numbers that floats or integers of 64 bits hold as they are written."""
    if all(_is_finite(canonical(value, decimal, None)) for value in values):
        return _kind_of(values, decimal, None)
    for sign in SEPARATORS:
        if sign == decimal:
            continue
        pattern = grouped(sign, decimal)
        if all(pattern.fullmatch(v) or _is_finite(canonical(v, decimal, sign)) for v in values):
            found = _kind_of(values, decimal, sign)
            example = next(value for value in values if pattern.fullmatch(value))
            number_ = canonical(example, decimal, sign)
            words = (
                f"holds {example!r} and similar cells, which are read as numbers with separated "
                f"thousands ({number_})"
            )
            return found if found is None else replace(found, remark=words)
    return None


def _kind_of(values: list[str], decimal: str, thousands: str | None) -> Recognised | None:
    if any(map(has_leading_zero, values)) or _have_plus(values):
        return Recognised(Kind("level"))
    plain = [canonical(value, decimal, thousands) for value in values]
    if all(value.lstrip("+-").isdecimal() for value in plain):
        large, small = max(map(int, plain)), min(map(int, plain))
        if large >= 2 * LARGEST or small < -LARGEST or (large >= LARGEST and small < 0):
            return Recognised(
                Kind("level"),
                remark="holds integers of more than 64 bits, which are read as text",
            )
        days = tell_days(list(map(int, plain)))
        return Recognised(Kind("integer", thousands=thousands), remark=days)
    return Recognised(Kind("number", thousands=thousands))


def _have_plus(values: list[str]) -> bool:
    """Whether most numbers have a plus, and none a minus, as telephone numbers do."""
    signs = [value[0] for value in values]
    return "-" not in signs and signs.count("+") > len(signs) / 2


def _is_finite(text: str) -> bool:
    value = number(text)
    return value is not None and math.isfinite(value)


def _check_even(texts: Any, values: Sequence[str], decimal: str) -> str | None:
    """What is to be said of a column of words.

    BadCellError for a cell that is no number, or no date, among many that are.
    """
    plain = {value: canonical(value, decimal, None) for value in values}
    if all(number(text) is not None for text in plain.values()):  # some are infinite
        raise _odd(texts, next(v for v, text in plain.items() if not _is_finite(text)), _NUMBER)
    numbers = {value for value, text in plain.items() if _is_finite(text)}
    dates = {value for value in values if value not in numbers and looks_like_time(value)}
    for alike, what in ((numbers, _NUMBER), (dates, "a date or time")):
        if len(alike) > max(_MANY, len(values) / 2):
            odd = next((value for value in values if value not in alike), None)
            if alike is dates and _two_forms(dates):
                return _UNEVEN
            odd = find_odd_date(values) if odd is None else odd
            if odd is None:
                return _UNEVEN
            raise _odd(texts, odd, what)
    return None


_UNEVEN = "holds dates or times in different forms, which are read as text"


def _odd(texts: Any, odd: str, what: str) -> BadCellError:
    row = int((texts.str.strip() == odd).to_numpy().argmax())
    return BadCellError(row, f"holds {odd!r}, which is not {what}")


def _two_forms(dates: Iterable[str]) -> bool:
    """Whether dates are written in several ways, so that none is odd."""
    return len({re.sub(r"\d+", "0", date) for date in dates}) > 1
