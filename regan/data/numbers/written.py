"""Numbers in text: with signs of currencies or of per cent, with separated thousands."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from regan.storage.stored import Stored

SEPARATORS = (",", ".", "'", " ", "\u00a0", "\u202f", "\u2019")
"""What may separate thousands."""
MOST_PLACES = 15
_EXACT = 2**53
_CODES = (
    "AED ARS AUD BDT BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY "
    "KES KRW KWD MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY "
    "TWD UAH USD UYU VND ZAR"
)
_SIGN = rf"(?:[A-Z]{{0,3}}\$|[¢£¤¥৳฿\u20a0-\u20c0]|{'|'.join(_CODES.split())}|%)"
_BLANK = "[ \u00a0\u202f]"
_PREFIX = re.compile(rf"(?:{_SIGN}{_BLANK}?)?")
_SUFFIX = re.compile(rf"(?:{_BLANK}?{_SIGN})?")
_CELL = re.compile(
    rf"(?P<open>\()?(?P<before>-)?(?P<prefix>{_PREFIX.pattern})(?P<after>-)?"
    rf"(?P<body>\d(?:[\d{re.escape(''.join(SEPARATORS))}]*\d)?)"
    rf"(?P<suffix>{_SUFFIX.pattern})(?P<close>\))?",
    re.A,
)
_NEGATIVES = {
    "before": (True, False, False, False),
    "after": (False, True, False, False),
    "parentheses": (False, False, True, True),
}
"""Where negative numbers have their sign: which groups of a cell are there."""
_CODE = re.compile(r"[-+]?0\d")
_COMMA = re.compile(r"[-+]?\d+,\d+")


@dataclass(frozen=True)
class Writing:
    """A way in which the numbers of a column are written.

    Attributes
    ----------
    prefix, suffix : str
        Signs of a currency or of per cent, and a blank beside them.
    thousands : str
        What separates thousands; nothing, if they are not separated.
    decimal : {".", ","}
    places : int
        Decimals that all numbers have, or have at most.
    trimmed : bool
        Whether zeros at the end of decimals are left out.
    negative : {"before", "after", "parentheses"}
        Where negative numbers have their sign: before or behind the prefix, or else.
    """

    prefix: str = ""
    suffix: str = ""
    thousands: str = ""
    decimal: str = "."
    places: int = 0
    trimmed: bool = False
    negative: str = "before"

    @classmethod
    def learn(cls, texts: Iterable[str], *, plain: bool = False) -> Self | None:
        """The way in which all of `texts` are written, which gives each of them again.

        None if there is none; plain : whether numbers without a sign or separated thousands count.
        """
        cells, affixes, negatives = [], set(), set()
        for text in texts:
            cell = _CELL.fullmatch(text)
            sign = None if cell is None else _negative(cell)
            if cell is None or sign is None:
                return None
            cells.append(cell)
            affixes.add((cell["prefix"], cell["suffix"]))
            negatives.add(sign)
            if len(affixes) > 1 or len(negatives - {""}) > 1:
                return None
        if not cells:
            return None
        ((prefix, suffix),) = affixes
        negative = max(negatives) or "before"
        bodies = [cell["body"] for cell in cells]
        if not (plain or prefix or suffix) and all(map(_is_float, bodies)):
            return None
        for thousands, decimal in _divisions(bodies, "%" in prefix + suffix):
            lengths = {len(body.partition(decimal)[2]) for body in bodies}
            trimmed = len(lengths) > 1
            if lengths == {0, 3} and _are_grouped(bodies, decimal):
                continue
            one = cls(prefix, suffix, thousands, decimal, max(lengths), trimmed, negative)
            is_marked = plain or prefix or suffix or thousands
            if is_marked and max(lengths) <= MOST_PLACES and one._fits(cells):
                return one
        return None

    def text(self, number: float) -> str:
        """A number as it is written."""
        body = f"{abs(number):,.{self.places}f}"
        whole, _, part = body.partition(".")
        part = part.rstrip("0") if self.trimmed else part
        body = whole.replace(",", self.thousands) + (self.decimal + part if part else "")
        if number >= 0 or not any(digit in "123456789" for digit in body):
            return f"{self.prefix}{body}{self.suffix}"
        if self.negative == "parentheses":
            return f"({self.prefix}{body}{self.suffix})"
        signs = ("-", "") if self.negative == "before" else ("", "-")
        return f"{signs[0]}{self.prefix}{signs[1]}{body}{self.suffix}"

    def number(self, text: str) -> float | None:
        """The inverse; None for a text that is not written so."""
        cell = _CELL.fullmatch(text)
        return None if cell is None else self._number(cell)

    def holds(self, number: float) -> bool:
        """Whether a number is so small that it is written exactly."""
        return abs(number) * 10.0**self.places < _EXACT

    def _fits(self, cells: Sequence[re.Match[str]]) -> bool:
        return all(self._number(cell) is not None for cell in cells)

    def _number(self, cell: re.Match[str]) -> float | None:
        body = cell["body"].replace(self.thousands, "") if self.thousands else cell["body"]
        try:
            number = float(body.replace(self.decimal, ".") if self.decimal == "," else body)
        except ValueError:
            return None
        number = -number if _negative(cell) else number
        return number if self.holds(number) and self.text(number) == cell[0] else None

    def export(self) -> dict[str, Any]:
        """What a model file has to hold, in JSON's terms."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`."""
        prefix, suffix, thousands, decimal, places, trimmed, negative = stored.fields(
            *cls.__dataclass_fields__
        )
        one = cls(
            prefix.text(_PREFIX),
            suffix.text(_SUFFIX),
            thousands.choice("", *SEPARATORS),
            decimal.choice(".", ","),
            places.integer(0, MOST_PLACES),
            trimmed.flag(),
            negative.choice(*_NEGATIVES),
        )
        if one.thousands == one.decimal:
            thousands.refuse("another sign than the decimal one")
        return one


def _negative(cell: re.Match[str]) -> str | None:
    """Where a cell has its sign, "" without one; None if it has half of one, or several."""
    there = tuple(cell[name] is not None for name in ("before", "after", "open", "close"))
    if not any(there):
        return ""
    return next((name for name, groups in _NEGATIVES.items() if groups == there), None)


def _divisions(bodies: Sequence[str], per_cent: bool) -> Iterator[tuple[str, str]]:
    """What may separate thousands and decimals, the likelier first."""
    signs = sorted({sign for body in bodies for sign in body if not sign.isdigit()})
    if not signs:
        yield "", "."
    if len(signs) == 1:
        (sign,) = signs
        both = [(sign, "," if sign == "." else "."), ("", sign)]
        yield from both[::-1] if per_cent else both
    if len(signs) == 2:
        yield from ((one, other) for one, other in (signs, signs[::-1]) if other in ".,")


def _are_grouped(bodies: Sequence[str], sign: str) -> bool:
    """Whether a sign is where it separates thousands, wherever it is."""
    pattern = grouped(sign, "." if sign == "," else ",")
    return all(pattern.fullmatch(body) for body in bodies if sign in body)


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@cache
def grouped(thousands: str, decimal: str) -> re.Pattern[str]:
    """A pattern of numbers with separated thousands."""
    sign, mark = re.escape(thousands), re.escape(decimal)
    return re.compile(rf"[+-]?[1-9]\d{{0,2}}({sign}\d{{3}})+({mark}\d*)?", re.A)


def number_in(text: str) -> float | None:
    """What a text stands for as a number, also one of money, in whatever way it is written."""
    text = text.strip().strip("$€£¥% ")
    if _CODE.match(text):
        return None
    if grouped(",", ".").fullmatch(text):
        text = text.replace(",", "")
    elif _COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
