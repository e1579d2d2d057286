"""Levels: values of which there are a few, such as strings, categories and booleans."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from regan.data.columns.base import UNSEEN, Column, ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.date_texts import date_as_text
from regan.data.columns.identifiers import identifiers, identify_levels, number_as_text
from regan.data.columns.refused import refusal
from regan.data.columns.scale import Scale
from regan.data.columns.shown import SummaryTable, Ticks
from regan.data.faults import ColumnWarning, Fault, refused
from regan.data.frames.dataframes import Dtype, objects
from regan.data.literals import read_keys, write_literal
from regan.storage.stored import Stored
from regan.validation import warn_user

_NAMED = 5
_JITTER = 0.3


@dataclass(frozen=True)
class LevelColumn(Column):
    """Values of which there are a few, held as their codes: one-hot columns of the matrix.

    Attributes
    ----------
    levels : array of object, of shape (L,)
        In the order of their codes.
    pool : str or None
        The level that stands for all that are not among them.
    """

    levels: np.ndarray
    pool: str | None = None

    kind = "level"
    group = "categorical"
    holds = "levels"
    instead = "other values"
    takes_text = True
    summary = SummaryTable(
        "levels",
        "Shares of levels",
        ("levels", "never generated", "most frequent", "real", "generated", "distance"),
        "Distance: the total variation, half the sum of all differences of shares.",
    )
    takes_new = True

    @property
    def is_binary(self) -> bool:
        return list(self.levels) == [False, True]  # 0 and 1 as well

    @property
    def holds_tuples(self) -> bool:
        return any(isinstance(level, tuple) for level in self.levels)

    @property
    def n_levels(self) -> int:
        return len(self.levels)

    @property
    def labels(self) -> list[str]:
        return [f"{self.name}_{level}" for level in self.levels]

    @property
    def words(self) -> str:
        if all(isinstance(level, bool) for level in self.levels):
            return "boolean" if self.n_levels > 1 else f"boolean, always {self.levels[0]}"
        pooled = "" if self.pool is None else f", all others as {self.pool!r}"
        return f"{self.n_levels} level{'s' if self.n_levels > 1 else ''}{pooled}"

    @property
    def identity(self) -> list[Any]:
        return list(self.levels)

    @classmethod
    def accepts(cls, cells: Cells, settings: ColumnSettings) -> bool:
        return refusal(cells, declared=settings.level) is None

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        levels, values = _levels(cells), cells.values
        many = len(levels) > settings.max_levels
        kept = settings.ids == "keep" or settings.level
        why = None if kept else identify_levels(cells, values, settings.max_levels)
        if not settings.level and cells.categories is None:
            _check_texts(cells, len(levels), is_refused=bool(many or why))
        if why:
            raise identifiers(cells.name, why)
        if many and settings.pool is not None:
            return cls.of(cells.name, _pooled(cells, levels, settings), settings.pool)
        if many:
            raise refused(
                cells.name,
                f"has {_how_many(cells, len(levels))}, more than max_levels={settings.max_levels}",
                "drop identifiers and free text, or give the model "
                "standardize=TableEncoder(pool='other') (from regan.data) to merge the rarer "
                "levels into one, or TableEncoder(max_levels=...) with a higher limit",
                kind="many levels",
            )
        return cls.of(cells.name, levels)

    @classmethod
    def of(cls, name: Any, levels: Iterable[Any], pool: str | None = None) -> Self:
        """With these levels, in order."""
        return cls(name, objects(list(levels)), pool)

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        known = {level: code for code, level in enumerate(self.levels)}
        values, where = _distinct(cells)
        other = known[self.pool] if self.pool is not None else UNSEEN
        found = [known.get(value, other) for value in values.tolist()]
        of_values = np.array(found, dtype=np.float64)
        codes: np.ndarray = of_values[where]
        if (new := self.unseen(codes)).any() and not unseen:
            others = _words([*dict.fromkeys(cells.values[new].tolist())])
            what = f"has levels that were not in the training data: {others},"
            known_levels = _words(self.levels.tolist())
            raise refused(self.name, what, f"the known levels are {known_levels}", new)
        return codes

    def named(self, values: Sequence[Any], dtype: Dtype) -> np.ndarray:
        known = {level: code for code, level in enumerate(self.levels.tolist())}
        for value in values:
            with suppress(TypeError):  # what has no hash
                if value in known:
                    continue
            raise ValueError(
                f"cannot be {value!r}, a level that was not in the training data: the known "
                f"levels are {_words(self.levels.tolist())}"
            )
        return np.array([known[value] for value in values], dtype=np.float64)

    def named_end(self, value: Any, dtype: Dtype) -> float:
        order = dtype.order
        if self.is_binary or order is None:
            return super().named_end(value, dtype)
        if value not in order:
            raise ValueError(f"has no level {value!r}: its order is {_words(order)}")
        places = [order.index(level) for level in self.levels.tolist()]
        # between those that occurred, for one that did not
        return float(np.interp(order.index(value), places, range(len(places)), -0.5, len(places)))

    def write(self, numbers: np.ndarray) -> np.ndarray:
        values: np.ndarray = self.levels[numbers.astype(np.int64)]
        return values

    def parse(self, texts: Sequence[str]) -> np.ndarray:
        by_word = {str(level): level for level in self.levels}
        if len(by_word) < self.n_levels:
            raise ValueError("has levels with equal text, which a CSV file cannot distinguish")
        for level in self.levels:
            if isinstance(level, datetime.datetime) and level.time() == datetime.time.min:
                by_word.setdefault(str(level.date()), level)  # as pandas writes midnights
        unknown = [text for text in texts if text not in by_word]
        if unknown and self.pool is None:
            raise ValueError(f"holds {unknown[0]!r}, a level that the model does not know")
        return objects([by_word.get(text, self.pool) for text in texts])

    def encode(self, numbers: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        return np.asarray(numbers[:, None] == np.arange(self.n_levels), dtype=np.float64)

    def codes(self, numbers: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(numbers), UNSEEN, numbers).astype(np.int64)

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.asarray(encoded.argmax(axis=1), dtype=np.float64)

    def unseen(self, numbers: np.ndarray) -> np.ndarray:
        return np.asarray(numbers == UNSEEN)

    def scale(self, dtype: Dtype) -> Scale | None:
        if self.is_binary:
            return Scale("booleans", 0, 1, places=np.arange(2.0), is_sum=False)
        if dtype.order is None or self.pool is not None:
            return None
        order = {level: place for place, level in enumerate(dtype.order)}
        places = np.array([order[level] for level in self.levels], dtype=np.float64)
        return Scale(f"levels of {dtype.order}", 0, self.n_levels - 1, places=places, is_sum=False)

    def describe(self, real: np.ndarray, fake: np.ndarray) -> tuple[Any, ...]:
        shares = np.array(
            [[(codes == i).mean() for i in range(self.n_levels)] for codes in (real, fake)]
        )
        first = int(shares[0].argmax())
        return (
            str(self.n_levels),
            str(int((shares[1] == 0).sum())),
            self.levels[first],
            f"{shares[0, first]:.1%}",
            f"{shares[1, first]:.1%}",
            f"{0.5 * np.abs(shares[0] - shares[1]).sum():.3f}",
        )

    def ticks(self, low: float, high: float) -> Ticks:
        edges = np.arange(self.n_levels + 1) - 0.5
        places = map(float, range(self.n_levels))
        return Ticks(tuple(places), tuple(self.levels), tuple(edges.tolist()), _JITTER)

    def export(self) -> dict[str, Any]:
        return {"levels": write_literal(self.levels.tolist()), "pool": self.pool}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        levels, pool = stored.fields("levels", "pool")
        known = read_keys(levels)
        if not pool.is_none and pool.text() not in known:
            pool.refuse("one of the levels")
        return cls.of(name, known, pool.value)

    @property
    def extremes(self) -> np.ndarray:
        return np.arange(self.n_levels, dtype=np.float64)


def _check_texts(cells: Cells, n_levels: int, *, is_refused: bool) -> None:
    """Warn of numbers and dates stored as text; an error if they cannot be levels anyway."""
    if (number := number_as_text(cells.values)) is not None:
        kind, example = "numbers as text", f"numbers stored as text, such as {number!r}"
        advice = (
            "convert the column to learn it as numbers (pandas.to_numeric, after removing "
            "currency signs and separators)"
        )
    elif (date := date_as_text(cells.values)) is not None:
        kind, example = "dates as text", f"dates stored as text, such as {date!r}"
        advice = (
            "convert the column to learn it as dates (pandas.to_datetime with the format of the "
            "texts; str.to_datetime in polars)"
        )
    else:
        return
    if is_refused:
        raise refused(cells.name, f"holds {example}", advice, kind=kind)
    what = f"holds {example}, so each of its {n_levels} different texts is a level"
    warn_user(ColumnWarning(Fault(cells.name, what, advice, kind=kind)))


def _values(cells: Cells) -> np.ndarray:
    """The values of a column, none of which is equal to one of another type."""
    values = cells.values
    if cells.categories is not None or cells.types == {str}:
        return values
    if any(issubclass(each, np.generic) for each in cells.types):
        values = objects([v.item() if isinstance(v, np.generic) else v for v in values])
    if len(set(zip(map(type, values), values, strict=True))) == len(set(values)):
        return values
    first: dict[Any, Any] = {}
    for value in values:
        known = first.setdefault(value, value)
        if type(known) is not type(value):
            mixed = np.array([value == other for other in values], dtype=bool)
            what = f"holds {known!r} and {value!r}, which are equal and of different types,"
            raise refused(cells.name, what, "convert all to one type", mixed)
    return values


def _distinct(cells: Cells) -> tuple[np.ndarray, Any]:
    """Values that occur, and where in them each cell is; of categories, all of these once."""
    if cells.categories is not None:
        return objects(cells.categories.tolist()), cells.series.cat.codes.to_numpy()
    if cells.types == {str} or cells.types == {bool}:
        return cells.distinct()
    return _values(cells), slice(None)


def _how_many(cells: Cells, n: int) -> str:
    """The `n` levels of cells in words, or those of all rows as far as they are known."""
    drawn = cells.drawn
    if drawn is None:
        return f"{n} levels in {len(cells.series)} rows"
    if drawn.n_values is None and len(cells.series) < drawn.n_cells:
        return f"at least {n} levels in {drawn.n_cells} rows"
    return f"{n} levels in {drawn.n_cells} rows"


def _levels(cells: Cells) -> list[Any]:
    """The levels of a column: in the order of its dtype, else sorted, else as they appear."""
    if cells.categories is not None:
        occurring = set(cells.series.cat.codes.tolist())
        return [v for i, v in enumerate(cells.categories.tolist()) if i in occurring]
    levels = list(dict.fromkeys(_values(cells).tolist()))
    try:
        return sorted(levels)
    except TypeError:
        return levels


def _pooled(cells: Cells, levels: list[Any], settings: ColumnSettings) -> list[Any]:
    """The most frequent levels in their order, and what the others are called."""
    pool = settings.pool
    if not all(isinstance(level, str) for level in levels):
        raise refused(
            cells.name,
            f"has {len(levels)} levels, more than max_levels={settings.max_levels}, and they are "
            f"not strings, so pool={pool!r} cannot be one of them",
            "convert them by astype(str), or raise max_levels",
            kind="levels that are no texts",
        )
    if cells.categories is not None and pool not in cells.categories:
        raise refused(
            cells.name,
            f"has no category {pool!r} for the levels beyond max_levels={settings.max_levels}",
            f"add it by .cat.add_categories({pool!r})",
            kind="a category to pool",
        )
    counted = Counter(value for value in cells.values if value != pool)
    kept = {level for level, _ in counted.most_common(settings.max_levels - 1)}
    return [*(level for level in levels if level in kept), pool]


def _words(values: Sequence[Any]) -> str:
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    return ", ".join(map(repr, values[:_NAMED])) + more
