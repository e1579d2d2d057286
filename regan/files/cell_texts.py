"""Values as a column of a text writes them: its decimals, dates, words for true and false."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from regan.files.csv_parts import is_whole
from regan.files.kinds import Kind, canonical

_PAIRS = {"true": "false", "yes": "no", "y": "n", "t": "f", "1": "0"}
_TO_MINUTES = 16  # characters


@dataclass(frozen=True)
class CellTexts:
    """How a column writes its values.

    Attributes
    ----------
    kind : Kind
    decimal : str
    places : int or None
        Of numbers that all have so many decimals.
    words : tuple of str
        What is true, and what is false.
    between : str
        Between a date and a time.
    to_minutes : bool
        Whether times have no seconds.
    """

    kind: Kind
    decimal: str = "."
    places: int | None = None
    words: tuple[str, str] = ("True", "False")
    between: str = " "
    to_minutes: bool = False

    @classmethod
    def of(cls, texts: Sequence[str], kind: Kind, decimal: str = ".") -> CellTexts:
        """As the cells `texts` do, none of which is missing."""
        different = list(dict.fromkeys(text.strip() for text in texts))
        return cls(
            kind,
            decimal,
            _places([canonical(text, decimal, kind.thousands) for text in different]),
            _words(different),
            "T" if different and all("T" in text for text in different) else " ",
            bool(different) and all(len(text) == _TO_MINUTES for text in different),
        )

    def written(self, values: Sequence[Any]) -> list[str]:
        """The texts of values none of which is missing."""
        known = self.kind.kind in ("date", "timestamp")
        dates = self.kind.kind == "date" if known else all(map(_is_date, values))
        return [self._one(value, is_date=dates) for value in values]

    def _one(self, value: Any, *, is_date: bool) -> str:
        if isinstance(value, (bool, np.bool_)):
            return self.words[not value]
        if isinstance(value, (Real, np.number)):
            return self._number(value)
        form = self.kind.form
        if isinstance(value, datetime.date):
            return value.strftime(form) if form is not None else self._iso(value, is_date=is_date)
        if isinstance(value, datetime.time) and form is not None:
            return value.strftime(form)
        return str(value)

    def _iso(self, value: datetime.date, *, is_date: bool) -> str:
        if is_date or not isinstance(value, datetime.datetime):
            return value.strftime("%Y-%m-%d")
        text = str(value).replace(" ", self.between, 1)
        return text[:_TO_MINUTES] if self.to_minutes and text.endswith(":00") else text

    def _number(self, value: Any) -> str:
        text = str(value)
        if self.places is not None and float(f"{value:.{self.places}f}") == float(value):
            text = f"{value:.{self.places}f}"
        elif not isinstance(value, (int, np.integer)) and is_whole(np.array([float(value)])):
            text = str(int(value))
        whole, point, rest = text.partition(".")
        if self.kind.thousands is not None and whole.lstrip("-").isdecimal():
            whole = f"{int(whole):,}".replace(",", self.kind.thousands)
        return whole + (self.decimal if point else "") + rest


def _places(numbers: Sequence[str]) -> int | None:
    """How many decimals all numbers have; None if they differ, or have none."""
    parts = [text.lstrip("+-").partition(".") for text in numbers]
    if not all((whole + rest).isdecimal() for whole, _, rest in parts):
        return None
    found = {len(rest) for _, _, rest in parts}
    return found.pop() if len(found) == 1 and 0 not in found else None


def _words(texts: Sequence[str]) -> tuple[str, str]:
    """What is true and what is false, by one of them if the other is nowhere."""
    yes = next((text for text in texts if text.casefold() in _PAIRS), None)
    no = next((text for text in texts if text.casefold() in _PAIRS.values()), None)
    if yes is None and no is None:
        return "True", "False"
    if yes is None:
        assert no is not None
        word = next(y for y, n in _PAIRS.items() if n == no.casefold())
        yes = _in_case_of(no, word)
    return yes, _in_case_of(yes, _PAIRS[yes.casefold()]) if no is None else no


def _in_case_of(text: str, word: str) -> str:
    return word.upper() if text.isupper() else word if text.islower() else word.capitalize()


def _is_date(value: Any) -> bool:
    """Whether a value is a day: a date, or a timestamp at midnight without a zone."""
    if isinstance(value, datetime.datetime):
        return value.tzinfo is None and value.time() == datetime.time.min
    return isinstance(value, datetime.date)
