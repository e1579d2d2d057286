"""Values, and combinations of them, that are given out verbatim though few rows have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.stats import hypergeom

from regan.metrics.samples import as_numbers, names_of_samples
from regan.typing import TableLike
from regan.validation import check_bool, check_int

_CHANCE = 1e-3
_TIMES = 2
_MOST_PAIRED = 32
_MOST_NAMED = 3
_ROOM = 4
_NONE, _MISSING = -1, -2

Texts = Callable[[np.ndarray], Sequence[str]]
"""What people call the values that numbers (n,) of a column stand for."""


@dataclass(frozen=True)
class Repeated:
    """What generated rows repeat of the rare values of a column, a pair of columns, or all of them.

    Attributes
    ----------
    name : hashable, tuple of two of these, or None
        The column or the columns; None of whole rows.
    n_rare : int
        How many different values fewer than k rows of training have.
    n_repeated : int
        How many of these are given out.
    share : float
        Of the generated rows, those that have one of them.
    expected : float
        Of fresh rows, those that would.
    p_value : float
        The probability of so many generated rows, or more, if they were fresh.
    examples : tuple
        Some of the values that are given out, as text, where they were asked for.
    """

    name: Any
    n_rare: int
    n_repeated: int
    share: float
    expected: float
    p_value: float
    examples: tuple[Any, ...] = ()

    @property
    def is_beyond_chance(self) -> bool:
        """Whether it is twice as many rows as fresh ones would be, and one in a thousand."""
        return self.share > _TIMES * self.expected and self.p_value <= _CHANCE


@dataclass(frozen=True)
class Disclosure:
    """Replicated uniques; see `disclosure`.

    Attributes
    ----------
    columns : tuple of Repeated
        One for each column.
    pairs : tuple of Repeated
        One for each pair of columns of which rare combinations are given out, the most first.
    rows : Repeated
        Whole rows.
    k : int
        Values of fewer rows are rare.
    """

    columns: tuple[Repeated, ...]
    pairs: tuple[Repeated, ...]
    rows: Repeated
    k: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is beyond chance, in words and without values."""
        rare = "unique" if self.k == 2 else f"in fewer than {self.k} rows"
        told = []
        called = [f"values of {_called(each.name)}" for each in self.columns]
        for what, each in zip(["rows", *called], [self.rows, *self.columns], strict=True):
            if each.is_beyond_chance:
                told.append(
                    f"{each.n_repeated} of {each.n_rare} {what} that are {rare} in the data are "
                    f"given out verbatim, in {each.share:.2%} of the generated rows; "
                    f"{each.expected:.2%} of fresh rows would have one"
                )
        if among := [each.name for each in self.pairs if each.is_beyond_chance]:
            names = ", ".join(
                f"{_called(one)} with {_called(other)}" for one, other in among[:_MOST_NAMED]
            )
            more = " and others" if len(among) > _MOST_NAMED else ""
            told.append(f"pairs of values that are {rare} in the data are given out: {names}{more}")
        return tuple(told)


def _called(name: Any) -> str:
    return f"column {name}" if isinstance(name, int) else repr(name)


def disclosure(
    train: TableLike, fake: TableLike, *, k: int = 2, pairs: bool = True, examples: int = 0
) -> Disclosure:
    r"""Disclosure: what is given out verbatim though fewer than k rows of training have it.

    A name, a salary to the cent or a rare combination of two answers that one row of the data has,
    and generated rows as well, may lead back to that row. Values of each column are looked at,
    combinations of two columns each of whose values is not rare itself, and whole rows.

    That rare values are repeated is no disclosure by itself: the only age of 93 among the rows of
    training is likely to come up among fresh rows too. So all is counted beside what fresh rows
    would repeat, which the rows of training themselves tell: each is left out, and compared with
    the others. Of ages it is about as many; of numbers with many decimals, of names or of
    identifiers it is none, and each that is given out was taken from the data.

    Parameters
    ----------
    train : array-like of shape (n, D)
        What the generator was fitted on, as it is, not scaled.
    fake : array-like of shape (m, D)
    k : int, default=2
        Values of fewer rows are rare; 2 for those that are unique.
    pairs : bool, default=True
        Whether pairs of columns are looked at, of at most 32 columns, those with the most values
        that are not rare.
    examples : int, default=0
        How many of the values to name, of each column, pair, and of rows: 0 gives none out.

    Returns
    -------
    Disclosure
        `columns`, `pairs` and `rows`, each with how many rare values there are and how many of them
        are given out, in which share of the generated rows, and in which share of fresh ones;
        `warnings`, what is beyond chance in words.

    Notes
    -----
    Of n rows of training, those whose value is in 2 to k rows repeat a value that fewer than k of
    the others have; their share is what is expected of a fresh row, the estimate of Good and
    Turing, :math:`\sum_{r=2}^{k} r N_r / n`, with the numbers :math:`N_r` of values in r rows.
    `p_value` is that of Fisher's exact test of generated rows against these. What is beyond chance
    has a p-value of at most .001, and at least twice the share of fresh rows.

    Combinations of values that are impossible in truth but for one row come up where a generator
    draws columns too independently, which gives out nothing of that row. Of pairs `expected` is
    therefore at least the share that independent columns with the values of `fake` would have.

    Missing cells are no values of a column, but they count in whole rows. A column that numbers
    rows repeats the numbers of the data: leave it out.

    References
    ----------
    Nowok, Raab and Dibben, 2016 (Journal of Statistical Software 74), for replicated uniques;
    Good, 1953, for the share of fresh rows.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import disclosure
    >>> rng = np.random.default_rng(0)
    >>> ages, pay = rng.poisson(40, (2, 300)), rng.normal(size=(2, 300))
    >>> train, fake = (np.column_stack(pair) for pair in zip(ages, pay))
    >>> fake[:15, 1] = train[:15, 1]
    >>> ages, pay = disclosure(train, fake).columns
    >>> pay.n_repeated, pay.share, pay.expected, pay.is_beyond_chance
    (15, 0.05, 0.0, True)
    >>> ages.n_repeated > 0, ages.is_beyond_chance
    (True, False)
    """
    k, examples = check_int(k, "k", minimum=2), check_int(examples, "examples", minimum=0)
    check_bool(pairs, "pairs")
    names = names_of_samples(train, fake)
    encoder, (one, other) = as_numbers(train, fake, pool=False)
    texts: list[Texts] = [_plain] * one.shape[1]
    if encoder is not None:
        texts = [column.texts for column in encoder.columns_]
    return disclosure_of(one, other, names, k, pairs=pairs, examples=examples, texts=texts)


def disclosure_of(
    train: np.ndarray,
    fake: np.ndarray,
    names: Sequence[Any],
    k: int = 2,
    *,
    pairs: bool = True,
    examples: int = 0,
    texts: Sequence[Texts] = (),
) -> Disclosure:
    """As `disclosure`, of numbers (n, C) and (m, C), one a cell, NaN for missing ones.

    names : of the columns (C,); texts : of the numbers of each, for examples.
    """
    teller = _Teller(train, k, examples, texts)
    n = len(train)
    coded = [_codes(train[:, j], fake[:, j]) for j in range(len(names))]  # (C, n + m)
    columns = [
        teller.told(name, [j], codes)
        for j, (name, codes) in enumerate(zip(names, coded, strict=True))
    ]
    combined = []
    often = [_often(codes, n, k) for codes in coded]
    for i, j in combinations(_paired(coded, often, n) if pairs else (), 2):
        both = coded[i] * (int(coded[j].max()) + 1) + coded[j]
        codes = _numbered(np.where(often[i] & often[j], both, _NONE))
        combined.append(teller.told((names[i], names[j]), [i, j], codes, (coded[i], coded[j])))
    combined = [each for each in combined if each.n_repeated]
    combined.sort(key=lambda each: (not each.is_beyond_chance, each.expected - each.share))
    cells = np.stack(coded, axis=1)
    cells[np.isnan(np.concatenate([train, fake]))] = _MISSING
    whole = teller.told(None, range(len(names)), _numbered(_in_one(cells)))
    return Disclosure(tuple(columns), tuple(combined), whole, k)


@dataclass(frozen=True)
class _Teller:
    """Counts what is repeated of the rare values of `train` (n, C)."""

    train: np.ndarray
    k: int
    n_examples: int
    texts: Sequence[Texts]

    def told(
        self,
        name: Any,
        columns: Sequence[int],
        codes: np.ndarray,
        parts: tuple[np.ndarray, ...] = (),
    ) -> Repeated:
        """Of codes (n + m,) of training and generated rows, -1 for those that do not count.

        parts : the codes of what they are pairs of.
        """
        n, m = len(self.train), len(codes) - len(self.train)
        real, made = codes[:n], codes[n:]
        counts = np.bincount(real[real >= 0], minlength=int(codes.max()) + 2)  # of -1 the last
        is_rare = (counts > 0) & (counts < self.k)
        hits = is_rare[made]
        again = int(((counts[real] > 1) & (counts[real] <= self.k)).sum())
        if parts:
            again = max(again, round(n * _by_themselves(real, is_rare, parts)))
        repeated = np.unique(made[hits])
        chance = hypergeom.sf(hits.sum() - 1, n + m, hits.sum() + again, m)
        return Repeated(
            name,
            int(is_rare.sum()),
            len(repeated),
            float(hits.mean()),
            again / n,
            float(min(chance, 1.0)),
            tuple(
                self._shown(int((real == code).argmax()), columns)
                for code in repeated[: self.n_examples]
            ),
        )

    def _shown(self, row: int, columns: Sequence[int]) -> Any:
        """The values of a row of training as text: one, or several."""
        words = tuple(self.texts[j](self.train[[row], j])[0] for j in columns)
        return words[0] if len(words) == 1 else words


def _codes(real: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Numbers (n,) and (m,) as codes (n + m,) of different ones; -1 for missing cells."""
    numbers = np.concatenate([real, made])
    codes = np.full(len(numbers), _NONE)
    there = ~np.isnan(numbers)
    codes[there] = np.unique(numbers[there], return_inverse=True)[1].ravel()
    return codes


def _numbered(codes: np.ndarray) -> np.ndarray:
    """The same with codes that follow one another, where others would take much room."""
    if codes.max() <= _ROOM * len(codes):
        return codes
    kinds, numbered = np.unique(codes, return_inverse=True)
    return np.asarray(numbered.ravel() - (kinds[0] == _NONE))


def _often(codes: np.ndarray, n: int, k: int) -> np.ndarray:
    """Which cells (n + m,) have a value of more than k rows of training, the first n."""
    counts = np.bincount(codes[:n][codes[:n] >= 0], minlength=int(codes.max()) + 2)
    return np.asarray(counts[codes] > k)


def _by_themselves(real: np.ndarray, is_rare: np.ndarray, parts: tuple[np.ndarray, ...]) -> float:
    """The share of generated rows that would have a rare pair if columns were independent.

    real : codes (n,) of the pairs; parts : codes (n + m,) of either value.
    """
    first = np.zeros(len(is_rare), dtype=np.int64)
    first[real[::-1]] = np.arange(len(real))[::-1]
    shares = 1.0
    for codes in parts:
        made = codes[len(real) :]
        counts = np.bincount(made[made >= 0], minlength=int(codes.max()) + 1)
        shares = shares * counts[codes[first[is_rare]]] / len(made)
    return float(np.sum(shares))


def _paired(coded: list[np.ndarray], often: list[np.ndarray], n: int) -> list[int]:
    """The columns that are looked at in pairs: those with two values or more that many rows have,
    and of too many those with the most.
    """
    values = [len(np.unique(codes[:n][many[:n]])) for codes, many in zip(coded, often, strict=True)]
    chosen = [j for j in np.argsort(-np.array(values), kind="stable") if values[j] > 1]
    return sorted(map(int, chosen[:_MOST_PAIRED]))


def _in_one(cells: np.ndarray) -> np.ndarray:
    """One code (n,) for each different row of codes (n, C)."""
    together = np.ascontiguousarray(cells).view(
        [("", np.void, cells.dtype.itemsize * cells.shape[1])]
    )
    return np.asarray(np.unique(together.ravel(), return_inverse=True)[1].ravel())


def _plain(numbers: np.ndarray) -> list[str]:
    return [f"{number:.15g}" for number in numbers]
