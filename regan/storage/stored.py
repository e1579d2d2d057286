"""Stored values: what a file holds, read by type, length and range before anything is built of it.

A file may come from anybody, and a hash inside it proves nothing: whoever forges the one computes
the other. So nothing in a file is trusted, and nothing in it names what to import, call or open.
"""

from __future__ import annotations

import json
import math
import re
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

_DEEPEST = 64
_LARGEST = 2**63 - 1
_SHOWN = 60
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class FileError(ValueError):
    """A file that cannot be used: damaged, forged, of another kind or of another version."""

    __module__ = "regan"  # where users find it


@dataclass(frozen=True)
class Stored:
    """A value of a file in JSON's terms, and where in the file it stands.

    Each method reads it as one kind of value. FileError, with the place, for what is no such one.

    Attributes
    ----------
    value : object
    place : str
        As in ``columns[2].levels``, for messages.
    """

    value: Any
    place: str = ""

    @classmethod
    def parse(cls, text: str) -> Stored:
        """The value of a text in JSON. FileError for text that is not, or is nested deeply."""
        try:
            value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise FileError(f"its configuration is no JSON: {short(str(error))}") from error
        if _depth(value) > _DEEPEST:
            raise FileError(f"its configuration is nested more than {_DEEPEST} levels deep")
        return cls(value)

    def refuse(self, expected: str) -> NoReturn:
        """FileError: this is not what was `expected`, in words."""
        where = self.place or "the configuration"
        raise FileError(f"{where} must be {expected}, and is {short(reprlib.repr(self.value))}")

    @contextmanager
    def building(self, what: str) -> Iterator[None]:
        """A context in which whatever goes wrong means that this value is not `what`.

        But for a library that is missing here, which is no fault of the file.
        """
        try:
            yield
        except (FileError, ImportError):
            raise
        except Exception as error:
            where = self.place or "the configuration"
            raise FileError(f"{where} is no {what}: {short(str(error))}") from error

    # Structure

    @property
    def is_none(self) -> bool:
        """Whether it stands for nothing."""
        return self.value is None

    def entries(self) -> dict[str, Stored]:
        """The entries of a mapping, whatever they are called."""
        if not isinstance(self.value, dict):
            self.refuse("a mapping")
        dot = "." if self.place else ""
        return {name: Stored(v, f"{self.place}{dot}{name}") for name, v in self.value.items()}

    def entry(self, name: str) -> Stored:
        """The entry `name` of a mapping, whatever others there are."""
        entries = self.entries()
        if name not in entries:
            self.refuse(f"a mapping with {name}")
        return entries[name]

    def fields(self, *names: str) -> tuple[Stored, ...]:
        """The entries of a mapping that has exactly these."""
        entries = self.entries()
        if entries.keys() != set(names):
            lost, more = set(names) - set(entries), set(entries) - set(names)
            differs = [f"without {', '.join(sorted(lost))}"] * bool(lost)
            differs += [f"with {short(', '.join(sorted(more)))} besides"] * bool(more)
            where = self.place or "the configuration"
            raise FileError(f"{where} is {' and '.join(differs)}")
        return tuple(entries[name] for name in names)

    def items(self, length: int | None = None) -> list[Stored]:
        """The items of a list."""
        values = self.values(length)
        return [Stored(item, f"{self.place}[{i}]") for i, item in enumerate(values)]

    def values(self, length: int | None = None) -> list[Any]:
        """A list as it is, of whatever."""
        if not isinstance(self.value, list):
            self.refuse("a list")
        if length is not None and len(self.value) != length:
            self.refuse(f"a list of {length}")
        return self.value

    # Values

    def text(self, pattern: re.Pattern[str] | None = None) -> str:
        """A text; pattern : which all of it has to match."""
        if not isinstance(self.value, str):
            self.refuse("a text")
        if pattern is not None and not pattern.fullmatch(self.value):
            self.refuse("one of the texts that are written there")
        return self.value

    def choice(self, *options: str) -> str:
        """One of several texts."""
        if not isinstance(self.value, str) or self.value not in options:
            self.refuse(f"one of {', '.join(options)}")
        return self.value

    def flag(self) -> bool:
        """A boolean."""
        if not isinstance(self.value, bool):
            self.refuse("true or false")
        return self.value

    def integer(self, low: int = 0, high: int = _LARGEST) -> int:
        """An integer between `low` and `high`."""
        value = self.value
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.refuse(f"an integer from {low} to {high}")
        return value

    def real(self, low: float = -math.inf, high: float = math.inf) -> float:
        """A finite number between `low` and `high`."""
        return float(self.reals(low, high, several=False)[0])

    def reals(
        self, low: float = -math.inf, high: float = math.inf, *, several: bool = True
    ) -> np.ndarray:
        """Finite numbers (n,) between `low` and `high`, from a list; from one without `several`."""
        values = self.values() if several else [self.value]
        kinds = {type(value) for value in values}
        if not kinds <= {int, float}:
            self.refuse("a number" if not several else "a list of numbers")
        try:
            numbers = np.array(values, dtype=np.float64)
        except OverflowError:
            self.refuse("of finite numbers")
        if not (np.isfinite(numbers) & (low <= numbers) & (numbers <= high)).all():
            bounds = "" if math.isinf(low) and math.isinf(high) else f" from {low:g} to {high:g}"
            self.refuse(f"{'finite numbers' if several else 'a finite number'}{bounds}")
        return numbers

    def increasing(self) -> np.ndarray:
        """Finite numbers (n,), at least one, each larger than the one before it."""
        numbers = self.reals()
        if not len(numbers) or (numbers[1:] <= numbers[:-1]).any():
            self.refuse("a list of increasing numbers")
        return numbers


def special(value: float) -> dict[str, str] | None:
    """What JSON has no number for, NaN and the infinities, in its terms; None for all else."""
    return None if math.isfinite(value) else {"float": repr(value)}


def of_special(stored: Stored) -> float:
    """The inverse of `special`."""
    return _SPECIAL[stored.fields("float")[0].choice(*_SPECIAL)]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("an entry occurs twice")
    return entries


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _depth(value: Any) -> int:
    """How deeply lists and mappings lie in one another, without recursion."""
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        inner = [v.values() if isinstance(v, dict) else v for v in level if type(v) in (dict, list)]
        level, depth = [item for items in inner for item in items], depth + 1
    return depth


def short(text: str) -> str:
    """A text of a file as messages show it: in one line, and not long."""
    text = ascii(text)[1:-1] if not text.isprintable() else text
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
