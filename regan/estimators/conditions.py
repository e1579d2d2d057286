"""Rows of a fitted model under conditions, and tables whose missing cells it fills."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

import numpy as np

from regan.data.conditions import Evidence
from regan.data.conditions.asked import Conditions
from regan.data.conditions.deduced import deduced
from regan.data.conditions.gaps import Gaps, copied, filled
from regan.data.conditions.given import read_conditions, values_of
from regan.data.conditions.translation import known_numbers, translate
from regan.data.reader import Reader
from regan.estimators.completing import Completer, regardless
from regan.estimators.conditioned import ConditionedSampler
from regan.estimators.drawing import check_room
from regan.estimators.sampling import Maker, piece_rows
from regan.validation import check_int, warn_user

IMPUTED_EACH, IMPUTED_IN_ALL = 500, 2_000_000
"""Rows that `impute` makes for one row, and in all, at most."""


class Conditioned(ABC):
    """What an estimator makes under conditions.

    A model that draws cells given others overrides `_completing`, says whether it holds numbers
    that are known (`_holds_numbers`), and draws classes given what is known (`_codes_given`).
    """

    _holds_numbers: ClassVar[bool] = False
    """Whether rows of `_completing` have the numbers that are known."""

    _instead: ClassVar[str] = "use RegularizedMixture or RegularizedGaussian"
    """What to do where they have not, for messages."""

    _reader: Reader

    @abstractmethod
    def _making(self, n_rows: int) -> AbstractContextManager[Maker]:
        """A context with a function that makes `n_rows` scaled rows, for use in one thread."""

    @abstractmethod
    def _sampling_seed(self, random_state: Any) -> int:
        """The seed of a random state, of the constructor's if that is None."""

    @contextmanager
    def _completing(self, n_rows: int) -> Iterator[Completer]:
        """A context with a function that makes rows given evidence, for use in one thread.

        n_rows : about how many will be asked for at a time. Here rows come as they do without
        evidence, and whoever asks keeps those that fit.
        """
        with self._making(n_rows) as make:
            yield regardless(make, n_rows)

    def _codes_given(self, evidence: Evidence, rng: np.random.Generator) -> np.ndarray | None:
        """The classes (n,) of rows of which something is known, drawn; None without classes."""
        return None

    def _sample_given(
        self, n_samples: Any, seed: int, given: Any, codes: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Rows under conditions as numbers, one a cell, and the positions of their classes.

        codes : the classes, if they are given.
        """
        n = check_int(n_samples, "n_samples", minimum=1)
        is_read = isinstance(given, Conditions)
        conditions = given if is_read else read_conditions(self._reader, given)
        conditions = deduced(conditions, self._reader.scaler)
        self._refuse_numbers(conditions)
        check_room(n * conditions.n_rows, len(self._reader.names))
        sampler = self._conditioned(conditions)
        if codes is None and not conditions.of_table:
            numbers, codes = sampler.draw(n, [seed, 23])
        else:
            whose = np.repeat(np.arange(conditions.n_rows), n)
            numbers, codes = sampler.draw_each(whose, [seed, 23], codes)
        return self._as_numbers(numbers), codes

    def _impute(
        self, X: Any, n_draws: Any, random_state: Any, codes: np.ndarray | None = None
    ) -> Any:
        """What `impute` gives; codes : the classes of the rows, if they are given."""
        n_draws = check_int(n_draws, "n_draws", minimum=1)
        seed = self._sampling_seed(random_state)
        gaps = Gaps.of(self._reader, self._reader.read_incomplete(self, X))
        if not len(gaps.rows):
            tables = [copied(X) for _ in range(n_draws)]
            return tables[0] if n_draws == 1 else tables
        self._refuse_to_impute(gaps.conditions)
        conditions = deduced(gaps.conditions, self._reader.scaler)
        sampler = self._conditioned(conditions, strict=False)
        own = None if codes is None else codes[gaps.rows]
        whose, tables = np.arange(len(gaps.rows)), []
        for draw in range(n_draws):
            limits = IMPUTED_EACH, IMPUTED_IN_ALL
            made, *_ = sampler.attempts(whose, [seed, 29, draw], own, *limits)
            if not made.possible.all() and not draw:
                _warn_of_misfits(int((~made.possible).sum()), len(gaps.rows))
            tables.append(filled(X, gaps, self._reader.wrap(self._as_numbers(made.numbers))))
        return tables[0] if n_draws == 1 else tables

    def _as_numbers(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers (n, C) in the dtype that a container wraps."""
        return numbers.astype(self._reader.container.dtype, copy=False)

    def _refuse_to_impute(self, conditions: Conditions) -> None:
        """ValueError if numbers are known, and rows of the model cannot be given them."""
        known = known_numbers(conditions, self._reader.scaler)
        if known and not self._holds_numbers:
            raise ValueError(
                "impute needs a model that can draw cells given numbers, such as those of column "
                f"{known[0].asked.name!r}, and this {type(self).__name__} cannot: {self._instead}"
            )

    def _conditioned(self, conditions: Conditions, *, strict: bool = True) -> ConditionedSampler:
        translated = translate(
            conditions,
            self._reader.scaler,
            holds_numbers=self._holds_numbers,
            strict=strict,
        )
        rows = piece_rows(self._widest)
        return ConditionedSampler(
            self._reader, self._completing, rows, translated, self._codes_given, self._advice
        )

    @property
    def _advice(self) -> str:
        """What to do if there are no rows under conditions."""
        if self._holds_numbers:
            return (
                "The model hardly ever generates such rows, or the conditions contradict a rule "
                "or dependency of the training data: remove a condition, or widen it"
            )
        return (
            "Use wider conditions (a Range, or several values instead of one), or use a model "
            "that draws cells given other cells, such as RegularizedMixture"
        )

    @property
    def _widest(self) -> int:
        """How many numbers making a row takes at a time, at most."""
        return self._reader.scaler.n_columns

    def _refuse_numbers(self, conditions: Conditions) -> None:
        """ValueError for known numbers that rows of the model cannot be given."""
        names = [values.name for values in values_of(self._reader)]
        for known in known_numbers(conditions, self._reader.scaler):
            asked = known.asked
            if known.is_whole:
                continue
            if not self._holds_numbers:
                raise ValueError(
                    f"conditions: column {asked.name!r} is numeric, and this "
                    f"{type(self).__name__} cannot draw cells given a number: give a Range, or "
                    f"{self._instead}. This model takes levels, sets of levels and ranges as "
                    "conditions"
                )
            if known.others:
                others = " and ".join(repr(names[j]) for j in known.others)
                raise ValueError(
                    f"conditions: column {asked.name!r} is tied to {others} by a rule or a "
                    f"dependency, so a number for it also needs a value for {others}: give a "
                    f"condition on {others} too, or give a Range for {asked.name!r}"
                )


def _warn_of_misfits(n: int, n_rows: int) -> None:
    """Warn that some rows were completed by what does not fit."""
    warn_user(
        f"impute: in {n} of {n_rows} rows with missing cells, the observed cells break a rule or "
        "a dependency between columns of the training data. The cells imputed in these rows fit "
        "most of the observed cells, but not all"
    )


def has_conditions(conditions: Any) -> bool:
    """Whether something is asked for: None and an empty mapping ask for nothing."""
    return conditions is not None and not (isinstance(conditions, Mapping) and not conditions)


def holds_numbers(model: Conditioned) -> bool:
    """Whether rows of a model can be given numbers."""
    return bool(model._holds_numbers)
