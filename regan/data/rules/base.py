"""The contract of a rule between columns, and of what it makes of a table for models."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator

from regan.data.columns import column_of_numbers
from regan.data.columns.base import Column, ColumnSettings
from regan.data.columns.scale import Scale
from regan.data.frames.dataframes import Dtype
from regan.data.numbers.patterns import is_few
from regan.storage.stored import Stored


@dataclass(frozen=True)
class Table:
    """The columns of a table as they were learned, in order.

    Attributes
    ----------
    columns : sequence of Column
    dtypes : sequence of Dtype
    """

    columns: Sequence[Column]
    dtypes: Sequence[Dtype]

    def place(self, name: Any) -> int:
        """The position of the column `name`."""
        return [column.name for column in self.columns].index(name)

    def has_order(self, place: int) -> bool:
        """Whether the column at a position has a scale."""
        return self.columns[place].scale(self.dtypes[place]) is not None

    def scales(self, places: Sequence[int], *, summed: bool = False) -> list[Scale]:
        """The scales of columns that are compared, or summed, in one unit.

        TypeError, in words that follow those for the rule, for columns that cannot be.
        """
        scales = []
        for j in places:
            column, scale = self.columns[j], self.columns[j].scale(self.dtypes[j])
            if scale is None:
                raise TypeError(
                    f"column {column.name!r} holds {column.present.holds}, which have no order "
                    "here: numbers, times, booleans and ordered categories have one"
                )
            if summed and not scale.is_sum:
                raise TypeError(
                    f"column {column.name!r} holds {scale.quantity}, which cannot be added"
                )
            scales.append(scale)
        for j, scale in zip(places, scales, strict=True):
            if scale.quantity != scales[0].quantity:
                raise TypeError(
                    f"column {self.columns[places[0]].name!r} holds {scales[0].quantity} and "
                    f"column {self.columns[j].name!r} {scale.quantity}, which cannot be compared"
                )
        return [scale.beside(scales) for scale in scales]


@dataclass(frozen=True)
class Learner:
    """How columns that rules make are learned.

    Attributes
    ----------
    settings : sequence of ColumnSettings
        Of the columns of the table.
    integer_levels : int
        Whole numbers of at most so many different values are levels.
    max_levels : int
        More combinations are refused.
    """

    settings: Sequence[ColumnSettings]
    integer_levels: int
    max_levels: int

    def column(self, name: Any, numbers: np.ndarray, place: int, like: Column) -> Column:
        """A column of `numbers` (n,) in the place of the column `like`; NaN for missing cells."""
        present = numbers[~np.isnan(numbers)]
        own = self.settings[place]
        few = not own.named and is_few(present, self.integer_levels)
        return like.holding(column_of_numbers(name, present, replace(own, few=few), "float64"))


class Rule(BaseEstimator, ABC):
    """Base class of rules (constraints) between columns of a table.

    All rows of the data obey the rules, and all generated rows do too. Pass rules to
    `regan.data.TableEncoder`.
    """

    @property
    @abstractmethod
    def names(self) -> list[Any]:
        """The names of the columns under the rule."""

    @property
    def summed(self) -> list[Any]:
        """Those of the columns that are always numbers, and never levels."""
        return []

    @abstractmethod
    def check(self) -> None:
        """Raise TypeError or ValueError for invalid arguments; the rule's text precedes it."""

    def bounds(self, table: Table) -> list[tuple[int, int, bool]]:
        """Inequalities (low, high, strict) between columns by position: high is never below low."""
        return []

    def coding(self, table: Table) -> Coding | None:
        """The encoding of the columns other than by bounds, not fitted yet; None for no other."""
        return None

    @abstractmethod
    def broken(self, table: Table, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        """Which of the rows (n, C) break the rule, (n,), and how, in words before a row count.

        Raises TypeError as `Table.scales` does.
        """

    def __repr__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The rule with its arguments, in the order of its signature."""
        shown, named = [], False
        for name, parameter in inspect.signature(type(self)).parameters.items():
            value = getattr(self, name)
            if value is parameter.default or repr(value) == repr(parameter.default):
                named = True
                continue
            named = named or parameter.kind is parameter.KEYWORD_ONLY
            shown.append(f"{name}={value!r}" if named else repr(value))
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True)
class Coding(ABC):
    """How columns under a rule reach the model in place of themselves, and how they come back.

    Numbers are those of the table, (n, C), one a cell; NaN is a missing one.

    Attributes
    ----------
    table : Table
    rules : tuple of Rule
        What asks for it.
    """

    table: Table
    rules: tuple[Rule, ...]

    @property
    @abstractmethod
    def reads(self) -> frozenset[int]:
        """The columns, by position, that have to be there before it decodes."""

    @property
    @abstractmethod
    def writes(self) -> frozenset[int]:
        """The columns whose numbers it decodes."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[int, Column]:
        """The columns that the matrix is made of in the place of those of the table."""

    @abstractmethod
    def learn(self, numbers: np.ndarray, learner: Learner) -> Self:
        """From numbers that obey the rule. ValueError, in words behind the rule's, if none can."""

    @abstractmethod
    def encode(self, numbers: np.ndarray) -> dict[int, np.ndarray]:
        """The numbers (n,) of `columns`."""

    @abstractmethod
    def decode(self, numbers: np.ndarray) -> None:
        """Make numbers that `columns` decoded those of the table, so that every row obeys."""

    def deduced(self, numbers: np.ndarray, known: np.ndarray) -> dict[int, np.ndarray]:
        """Numbers (n,) of columns that follow from those of numbers (n, C) that are known.

        NaN where they do not. What decoding computes anyway is not among them.
        """
        return {}

    def mended(self, numbers: np.ndarray, known: np.ndarray) -> dict[int, np.ndarray]:
        """Other numbers (n,) of columns where they are not known, with which rows (n, C) obey.

        It is asked for rows in which numbers are known that decoding would compute.
        """
        return {}

    @property
    def text(self) -> str:
        """What messages call it."""
        return f"rule {self.rules[0].text}"

    def broken(self, numbers: np.ndarray) -> tuple[np.ndarray, str]:
        """Which rows (n,) training cannot go on with, and why, as by `Rule.broken`."""
        return np.zeros(len(numbers), dtype=bool), ""

    def widened(self, table: Table, numbers: np.ndarray) -> Self:
        """The same for columns with room for `numbers` that training goes on with."""
        return replace(self, table=table)

    def rescaled(self, table: Table, numbers: np.ndarray) -> Self:
        """The same with scales learned of `numbers` (n, C) alone; see `Column.rescaled`."""
        return replace(self, table=table)

    def blurred(self, table: Table, k: int) -> Self:
        """The same without single numbers of the data; see `Column.blurred`."""
        return replace(self, table=table)

    @abstractmethod
    def export(self) -> dict[str, Any]:
        """What it learned, in JSON's terms."""

    @abstractmethod
    def restore(self, stored: Stored) -> Self:
        """The inverse of `export`, of one that has learned nothing."""


def may_hold(column: Column, numbers: np.ndarray) -> bool:
    """Whether a column may have such numbers (n,), NaN for missing cells."""
    there, extremes = numbers[~np.isnan(numbers)], column.extremes
    if len(there) < len(numbers) and not column.takes_missing:
        return False
    if not len(there):
        return True
    ends = extremes[~np.isnan(extremes)]
    if not len(ends) or there.min() < ends.min() or there.max() > ends.max():
        return False
    if column.n_numbers:
        return True
    return np.array_equal(there, np.rint(there)) or not column.unseen(there).any()


@contextmanager
def saying(*rules: Rule) -> Iterator[None]:
    """A context whose errors begin with the rules."""
    which = f"rule{'s' * (len(rules) > 1)} {' and '.join(rule.text for rule in rules)}"
    try:
        yield
    except TypeError as error:
        raise TypeError(f"{which}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{which}: {error}") from error


def check_names(names: Any, least: int, what: str = "columns") -> None:
    """TypeError or ValueError if `names` is no list of at least so many columns."""
    if isinstance(names, str) or not np.iterable(names):
        raise TypeError(f"{what} must be a list of columns, got {names!r}")
    if len(list(names)) < least:
        raise ValueError(f"{what} must be {least} or more, got {names!r}")


def out_of_order(
    table: Table, numbers: np.ndarray, names: list[Any], strict: bool
) -> tuple[np.ndarray, str]:
    """Rows (n,) in which a column is below one before it, and in words which one is."""
    places = [table.place(name) for name in names]
    scales = table.scales(places)
    broken, words = np.zeros(len(numbers), dtype=bool), ""
    so_far = np.full(len(numbers), -np.inf)
    for i, (name, j, scale) in enumerate(zip(names, places, scales, strict=True)):
        own = scale.meanings(numbers[:, j])
        wrong = (own <= so_far) if strict else (own < so_far)
        if wrong.any() and not broken.any():
            before = " or ".join(map(repr, names[:i]))
            words = f"{name!r} is {'not above' if strict else 'below'} {before}"
        broken |= wrong
        so_far = np.fmax(so_far, own)
    return broken, words


def renamed(rule: Rule, names: Mapping[Any, Any]) -> Rule:
    """The same rule between columns that are called otherwise; `names` by the former ones."""
    params = {}
    for name, value in rule.get_params(deep=False).items():
        several = isinstance(value, list | tuple)
        params[name] = [names.get(v, v) for v in value] if several else names.get(value, value)
    return type(rule)(**params)
