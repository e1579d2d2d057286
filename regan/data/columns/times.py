"""Times: dates and timestamps, times of day, durations and periods, as whole ticks of a clock."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np

from regan.data.columns.base import ColumnSettings
from regan.data.columns.cells import Cells
from regan.data.columns.named import some
from regan.data.columns.number import NumberColumn
from regan.data.columns.numbered import NumberedColumn
from regan.data.columns.scale import Scale
from regan.data.columns.shown import SummaryTable, Ticks
from regan.data.columns.time_axes import round_places
from regan.data.columns.time_scale import TimeScale
from regan.data.faults import refused
from regan.data.frames.dataframes import Dtype
from regan.data.numbers.clocks import NANOSECONDS, Clock
from regan.data.numbers.grids import Grid
from regan.storage.stored import Stored

_EXACT = 2.0**53

TIMES = SummaryTable(
    "times",
    "Dates and times",
    ("first, real", "generated", "last, real", "generated", "mean, real", "generated"),
)


@dataclass(frozen=True)
class TimeColumn(NumberedColumn):
    """Times, held as ticks of a clock, which models learn like numbers.

    A subclass says which values are such times, and what they are called; ticks are whole for all
    values of the training data. The fields of a subclass say in which form values come.

    Attributes
    ----------
    clock : Clock
    form : tuple of str
        The names of a subclass's own fields.
    is_sum : bool
        Whether times of the kind can be added.
    """

    clock: Clock

    is_sum: ClassVar[bool] = False
    summary = TIMES
    form: ClassVar[tuple[str, ...]]

    # What a subclass says

    @classmethod
    @abstractmethod
    def measure(cls, cells: Cells) -> tuple[dict[str, Any], Clock, np.ndarray]:
        """The subclass's own fields, the clock and the ticks (n,) of cells to learn from."""

    @abstractmethod
    def texts(self, numbers: np.ndarray) -> list[str]:
        """What people call times, from their ticks (n,)."""

    @property
    def what(self) -> str:
        """What its cells are, in words, without their range."""
        return self.kind

    @abstractmethod
    def export_form(self) -> dict[str, Any]:
        """The subclass's own fields, `form` by name, in JSON's terms."""

    @classmethod
    @abstractmethod
    def restore_form(cls, *stored: Stored) -> dict[str, Any]:
        """The inverse of `export_form`, from the values of `form`."""

    # Columns

    @property
    def labels(self) -> list[str]:
        if self.number.levels is None:
            return [str(self.name)]
        return [f"{self.name}_{text}" for text in self.texts(self.number.levels)]

    @property
    def identity(self) -> list[Any]:
        return [*self.clock.identity, *super().identity]

    @property
    def words(self) -> str:
        first, last = self.texts(np.array([self.number.low, self.number.high]))
        return f"{self.what}, always {first}" if first == last else f"{self.what} {first}..{last}"

    @classmethod
    def learn(cls, cells: Cells, settings: ColumnSettings) -> Self:
        form, clock, ticks = cls.measure(cells)
        if settings.level and (n := len(np.unique(ticks))) > settings.max_levels:
            raise ValueError(
                f"column {cells.name!r} has {n} levels in {len(ticks)} rows, more than max_levels="
                f"{settings.max_levels}: take it out of categorical, or raise max_levels"
            )
        few = replace(settings, few=settings.few or settings.level)
        return cls(cells.name, NumberColumn.of(cells.name, ticks, few), clock, **form)

    @classmethod
    def survey(cls, cells: Cells) -> np.ndarray | None:
        return cls.measure(cells)[2]

    @abstractmethod
    def ticks_of(self, cells: Cells) -> np.ndarray:
        """Ticks (n,) of cells, which need not be whole."""

    def read(self, cells: Cells, *, unseen: bool) -> np.ndarray:
        ticks = self.ticks_of(cells)
        if not unseen:
            self._check_seen(ticks)
        return ticks

    def held(self, numbers: np.ndarray, dtype: Dtype) -> np.ndarray:
        if self.n_levels:
            return ~self.unseen(numbers)
        return np.asarray(numbers == np.rint(numbers))

    def named(self, values: Sequence[Any], dtype: Dtype) -> np.ndarray:
        if any(isinstance(value, Real) for value in values):  # a number is no time
            raise TypeError(f"cannot be {some(map(repr, values))}: it holds {self.choice}")
        try:
            return super().named(values, dtype)
        except TypeError as error:
            if not any(isinstance(value, str) for value in values):
                raise
            like = self.texts(self.extremes[:1])[0]
            raise TypeError(f"{error}; write text in the form {like!r}") from None

    def _check_seen(self, ticks: np.ndarray) -> None:
        if (new := self.unseen(ticks)).any():
            what = f"holds {self.texts(ticks[new])[0]}, which was not in the training data,"
            advice = f"its {self.n_levels} different values are learned as levels"
            raise refused(self.name, what, advice, new)

    # Models

    def decode(self, encoded: np.ndarray) -> np.ndarray:
        return np.asarray(np.rint(super().decode(encoded)))

    def widened(self, numbers: np.ndarray) -> Self:
        self._check_seen(numbers)
        if (between := numbers != np.rint(numbers)).any():
            what = f"held whole {self.units} in the training data, and holds fractions now"
            raise refused(self.name, what, "round them, or fit again", between)
        return super().widened(numbers)

    @property
    def units(self) -> str:
        """What its ticks are, in words."""
        return self.clock.days.words if self.clock.unit == "D" else _NAMES.get(self.clock.unit, "")

    def blurred(self, k: int) -> Self:
        number = self.number.blurred(k)
        if number is self.number:
            return self
        ends = np.array([np.floor(number.low), np.ceil(number.high)])
        low, high = ends if number.grid is None else number.grid.round(ends)
        return replace(self, number=replace(number, low=float(low), high=float(high)))

    def scale(self, dtype: Dtype) -> Scale:
        plain = self.number.scale(dtype)
        return TimeScale(
            self.quantity,
            plain.low,
            plain.high,
            plain.grid or Grid(),
            is_sum=self.is_sum,
            counts=self.counts_at,
            ticks=self.ticks_at,
            unit=NANOSECONDS.get(self.own_unit, 1),
        )

    @property
    def quantity(self) -> str:
        """What is measured, in words: columns of one quantity can be compared."""
        return self.holds

    @property
    def own_unit(self) -> str:
        """The unit of `counts_at`."""
        return self.clock.unit

    def counts_at(self, numbers: np.ndarray) -> np.ndarray:
        """What other columns count as well, int64 (n,), of ticks (n,)."""
        return self.clock.counts(numbers)

    def ticks_at(self, counts: np.ndarray) -> np.ndarray:
        """The inverse; between whole ticks for counts that the column does not have."""
        return self.clock.ticks(counts, self.clock.unit)

    def check_dtype(self, dtype: Dtype) -> None:
        try:
            dtype.series(self.write(self.extremes))
        except (ValueError, OverflowError) as error:
            raise ValueError(
                f"column {self.name!r} holds {self.words}, which the dtype of the training data, "
                f"{dtype.word}, cannot hold"
            ) from error

    # Reports

    def describe(self, real: np.ndarray, fake: np.ndarray) -> tuple[Any, ...]:
        ends = [end(rows) for end in (np.min, np.max, np.mean) for rows in (real, fake)]
        return tuple(self.texts(np.array(ends)))

    def ends(self, low: float, high: float) -> list[str]:
        return self.texts(np.rint([low, high]))

    def ticks(self, low: float, high: float) -> Ticks | None:
        places = self.places(low, high)
        return Ticks(tuple(places.tolist()), tuple(self.texts(places)))

    def places(self, low: float, high: float) -> np.ndarray:
        """Ticks (k,), at least one and not many, that an axis from `low` to `high` names."""
        origin = self.clock.origin
        return round_places(low + origin, high + origin, self.clock.unit) - origin

    # Files

    def export(self) -> dict[str, Any]:
        own = {"clock": self.clock.export(), "number": self.number.export()}
        return {**own, **self.export_form()}

    @classmethod
    def restore(cls, name: Any, stored: Stored) -> Self:
        clock, number, *form = stored.fields("clock", "number", *cls.form)
        column = cls(
            name,
            NumberColumn.restore(name, number),
            Clock.restore(clock),
            **cls.restore_form(*form),
        )
        if np.abs(column.extremes).max() >= _EXACT:
            number.refuse("a column of ticks below 2**53")
        return column


_NAMES = {
    "h": "hours",
    "m": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
}
