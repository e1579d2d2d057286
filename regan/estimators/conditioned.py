"""Conditioned sampling: rows are made until enough of them fulfil conditions, so many at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from regan.backends.blas_threads import OneThreadEach
from regan.data.conditions.asked import Conditions
from regan.data.conditions.evidence import Evidence
from regan.data.conditions.given import floating_of
from regan.data.conditions.translation import Translated
from regan.data.reader import Reader
from regan.data.table_scaler import TableScaler
from regan.estimators.completing import Completer

MOST_IN_VAIN = 200_000
"""Rows that are made in turn without one that fulfils the conditions, at most."""

MOST_EACH = 50_000
MOST_IN_ALL = 4_000_000

CodesGiven = Callable[[Evidence, np.random.Generator], "np.ndarray | None"]
"""Draws the classes (n,) of rows of which something is known, if there are classes."""


@dataclass
class Made:
    """Rows that were made.

    Attributes
    ----------
    numbers : array of shape (n, C)
    codes : array of shape (n,) or None
        Their classes.
    held : bool array of shape (n, A)
        Which conditions each fulfils.
    possible : bool array of shape (n,)
        Which break no rule between columns now that what is known is written to them.
    """

    numbers: np.ndarray
    codes: np.ndarray | None
    held: np.ndarray
    possible: np.ndarray

    @property
    def good(self) -> np.ndarray:
        """Which rows (n,) are what was asked for."""
        return np.asarray(self.held.all(axis=1) & self.possible)

    @property
    def score(self) -> np.ndarray:
        """How good each row (n,) is: whether it is possible counts as two conditions."""
        return np.asarray(self.held.sum(axis=1) + 2 * self.possible)

    def __len__(self) -> int:
        return len(self.numbers)

    def at(self, rows: np.ndarray) -> Made:
        """Some of the rows, by position."""
        codes = None if self.codes is None else self.codes[rows]
        return Made(self.numbers[rows], codes, self.held[rows], self.possible[rows])

    def take(self, at: np.ndarray, made: Made) -> None:
        """Put other rows in the places `at`."""
        self.numbers[at], self.held[at] = made.numbers, made.held
        self.possible[at] = made.possible
        if self.codes is not None and made.codes is not None:
            self.codes[at] = made.codes

    @classmethod
    def nothing(cls, n: int, like: Made) -> Made:
        """Room for n rows, of which there are none yet."""
        codes = None if like.codes is None else np.zeros(n, dtype=np.int64)
        held = np.zeros((n, like.held.shape[1]), dtype=bool)
        return cls(np.zeros((n, like.numbers.shape[1])), codes, held, np.zeros(n, dtype=bool))


@dataclass
class _Tally:
    """How many rows were made, and how many of them failed each condition, and rules."""

    made: int = 0
    failed: Any = 0
    ruled: int = 0

    def add(self, made: Made) -> None:
        self.made += len(made)
        self.failed = self.failed + (~made.held).sum(axis=0)
        self.ruled += int((made.held.all(axis=1) & ~made.possible).sum())


@dataclass(frozen=True, eq=False)
class ConditionedSampler:
    """Makes rows that fulfil conditions with a fitted model.

    Attributes
    ----------
    reader : Reader
    completing : callable
        Gives a context with a `Completer`.
    rows : int
        How many to make at a time.
    translated : Translated
        The conditions.
    codes_given : callable
    advice : str
        What to do if there are no such rows, for messages.
    """

    reader: Reader
    completing: Callable[[int], AbstractContextManager[Completer]]
    rows: int
    translated: Translated
    codes_given: CodesGiven
    advice: str

    @property
    def conditions(self) -> Conditions:
        """What the rows have to fulfil."""
        return self.translated.conditions

    def draw(self, n: int, seed: Sequence[int]) -> tuple[np.ndarray, np.ndarray | None]:
        """`n` rows that fulfil conditions which are the same for all, and their classes.

        The first rows are the same whatever `n` is: what is made is taken in order. RuntimeError if
        none of the last 200,000 rows did.
        """
        tally, parts, left, in_vain, piece = _Tally(), list[Made](), n, 0, 0
        with OneThreadEach(), self.completing(self.rows) as complete:
            which = np.zeros(self.rows, dtype=np.int64)
            while left > 0:
                made = self._make(complete, which, [*seed, piece], None)
                piece += 1
                tally.add(made)
                in_vain = 0 if made.good.any() else in_vain + len(which)
                if in_vain >= MOST_IN_VAIN:
                    raise self._failure(
                        tally, f"only {n - left} of the {n} requested rows fulfill the conditions"
                    )
                parts.append(made.at(np.flatnonzero(made.good)[:left]))
                left -= len(parts[-1])
        return _joined(parts)

    def draw_each(
        self, whose: np.ndarray, seed: Sequence[int], codes: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """A row under the conditions at each of the positions `whose` (n,), and their classes.

        codes : the classes (n,), if they are given. RuntimeError if there is a row that none of
        those that were made for it fulfils.
        """
        made, left, tally = self.attempts(whose, seed, codes, MOST_EACH, MOST_IN_ALL)
        if len(left):
            row = f", for example row {whose[left[0]]} of the conditions"
            where = f"no row was found for {len(left)} of the {len(whose)} requested rows"
            raise self._failure(tally, where + row * self.conditions.of_table)
        return made.numbers, made.codes

    def attempts(
        self,
        whose: np.ndarray,
        seed: Sequence[int],
        codes: np.ndarray | None,
        each: int,
        in_all: int,
    ) -> tuple[Made, np.ndarray, _Tally]:
        """A row for each as by `draw_each`, and the best of those made for it where none fulfils
        its conditions, with the positions of these.

        each, in_all : how many to make at most, for one row and for all.
        """
        n = len(whose)
        tally, left, tries, turn = _Tally(), np.arange(n), 0, 0
        best: Made | None = None
        with OneThreadEach(), self.completing(self.rows) as complete:
            while len(left) and tries < each and tally.made < max(in_all, 2 * n):
                several = 1 if turn == 0 else max(1, min(self.rows // len(left), each - tries))
                for start in range(0, len(left), self.rows):
                    own = left[start : start + self.rows]
                    several_of = np.repeat(own, several)
                    part = None if codes is None else codes[several_of]
                    made = self._make(complete, whose[several_of], [*seed, turn, start], part)
                    tally.add(made)
                    made = _best_of(made, several)
                    best = Made.nothing(n, made) if best is None else best
                    new = np.full(len(own), turn == 0) | (made.score > best.score[own])
                    best.take(own[new], made.at(np.flatnonzero(new)))
                assert best is not None
                left, tries, turn = left[~best.good[left]], tries + several, turn + 1
        assert best is not None
        return best, left, tally

    def _make(
        self, complete: Completer, which: np.ndarray, seed: Sequence[int], codes: np.ndarray | None
    ) -> Made:
        """Rows for those at positions `which` (m,) of the conditions."""
        rng = np.random.default_rng(list(seed))
        evidence = self.translated.evidence[which]
        if codes is None:
            codes = self.codes_given(evidence, rng)
        conditions = self.conditions.at(which)
        numbers = self._numbers(complete(rng, evidence, codes), which)
        held = conditions.held(numbers)
        before = numbers[:, self._ruled]
        conditions.write(numbers)
        possible = np.ones(len(numbers), dtype=bool)
        near = np.isclose(before, numbers[:, self._ruled], equal_nan=True).all(axis=1)
        if not near.all():
            fixed = conditions.fixed(numbers.shape[1])
            fixed = np.broadcast_to(fixed, numbers.shape)[~near]
            possible[~near] = self._mended(numbers, np.flatnonzero(~near), fixed)
        return Made(numbers, codes, held, possible)

    def _mended(self, numbers: np.ndarray, rows: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        """Which of some rows obey the rules between columns, after those were mended that did not.

        fixed : which cells of them must stay.
        """
        scaler = self.reader.scaler
        assert isinstance(scaler, TableScaler)
        possible = ~scaler.impossible(numbers[rows])
        if not possible.all():
            broken = numbers[rows[~possible]]
            for coding in scaler.encoder.codings_:
                for j, other in coding.mended(broken, fixed[~possible]).items():
                    broken[:, j] = other
            numbers[rows[~possible]] = broken
            possible[~possible] = ~scaler.impossible(broken)
        return possible

    def _numbers(self, made: np.ndarray, which: np.ndarray) -> np.ndarray:
        """The numbers (n, C) of scaled rows, as the container can hold them."""
        limits, scaler, known = (
            self.reader.container.limits,
            self.reader.scaler,
            self.translated.known,
        )
        if isinstance(scaler, TableScaler) and known is not None:
            numbers = scaler.encoder.decode(made, known[which])
        else:
            numbers = scaler.inverse(made)
        numbers = np.clip(numbers, -limits, limits)
        for j, dtype in enumerate(floating_of(self.reader)):
            if dtype != "float64":
                numbers[:, j] = numbers[:, j].astype(dtype)
        return np.asarray(numbers)

    @property
    def _ruled(self) -> list[int]:
        """The columns that rules are about, or that others follow from."""
        scaler = self.reader.scaler
        codings = scaler.encoder.codings_ if isinstance(scaler, TableScaler) else ()
        return sorted({j for coding in codings for j in coding.reads | coding.writes})

    def _failure(self, tally: _Tally, what: str) -> RuntimeError:
        """What to raise: it names the conditions that failed most."""
        asked, failed = (
            self.conditions.asked,
            np.broadcast_to(tally.failed, (len(self.conditions.asked),)),
        )
        order = np.argsort(-failed, kind="stable")[:3]
        each = [f"{int(failed[i])} do not fulfill {asked[i].words}" for i in order if failed[i]]
        if tally.ruled:
            each.append(f"{tally.ruled} break a rule or a dependency between columns")
        others = np.flatnonzero((failed == 0) & (not self.conditions.of_table))
        beside = (
            f". All of them fulfill {' and '.join(asked[i].words for i in others)}"
            if len(others)
            else ""
        )
        return RuntimeError(
            f"the model generated {tally.made} rows, and {what}: {', '.join(each)}{beside}. "
            f"{self.advice}"
        )


def _best_of(made: Made, several: int) -> Made:
    """Of `several` rows for each the first of the best ones."""
    if several == 1:
        return made
    first = made.score.reshape(-1, several).argmax(axis=1)
    return made.at(np.arange(len(first)) * several + first)


def _joined(parts: Sequence[Made]) -> tuple[np.ndarray, np.ndarray | None]:
    codes = [part.codes for part in parts if part.codes is not None]
    return np.concatenate([part.numbers for part in parts]), (
        np.concatenate(codes) if codes else None
    )
