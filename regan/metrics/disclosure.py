"""Values, and combinations of them, that are given out verbatim though few rows have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.stats import hypergeom

from regan.metrics.identified import identifiers_of
from regan.metrics.samples import as_numbers, names_of_samples
from regan.metrics.tables import Printed, called, findings
from regan.typing import TableLike
from regan.validation import check_bool, check_int

_CHANCE = 1e-3
_TIMES = 2
_MOST_PAIRED = 32
_MOST_NAMED = 3
_MOST_PRINTED = 10
_ROOM = 4
_NONE, _MISSING = -1, -2

Texts = Callable[[np.ndarray], Sequence[str]]
"""What people call the values that numbers (n,) of a column stand for."""


@dataclass(frozen=True)
class Repeated:
    """Rare values that generated rows repeat: of a column, a pair of columns, or whole rows.

    Attributes
    ----------
    name : hashable, tuple of two of these, or None
        The column or the two columns; None for whole rows.
    n_rare : int
        The number of different values that fewer than k training rows have.
    n_repeated : int
        The number of these values that generated rows repeat.
    share : float
        The share of generated rows with one of these values.
    expected : float
        The share of fresh rows that would have one of these values.
    p_value : float
        The probability of at least as many generated rows if they were fresh rows.
    examples : tuple
        Some of the repeated values, as text, if `examples` was larger than 0.
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
        """Whether `share` is over twice `expected`, and `p_value` at most one in a thousand."""
        return self.share > _TIMES * self.expected and self.p_value <= _CHANCE


@dataclass(frozen=True, repr=False)
class Disclosure(Printed):
    """Replicated uniques: the result of `disclosure`.

    It prints as its warnings and a table.

    Attributes
    ----------
    columns : tuple of Repeated
        One entry for each column.
    pairs : tuple of Repeated
        One entry for each pair of columns with repeated rare combinations, the most first.
    rows : Repeated
        Of whole rows.
    k : int
        Values of fewer than k training rows are rare.
    """

    columns: tuple[Repeated, ...]
    pairs: tuple[Repeated, ...]
    rows: Repeated
    k: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """The significant findings in words, without the values."""
        rare = "unique" if self.k == 2 else f"in fewer than {self.k} rows"
        told = []
        called = [f"values of {_called(each.name)}" for each in self.columns]
        for what, each in zip(["rows", *called], [self.rows, *self.columns], strict=True):
            if each.is_beyond_chance:
                told.append(
                    f"Generated rows repeat {each.n_repeated} of {each.n_rare} {what} that are "
                    f"{rare} in the data: {each.share:.2%} of generated rows have one, and "
                    f"{each.expected:.2%} of fresh rows would"
                )
        if among := [each.name for each in self.pairs if each.is_beyond_chance]:
            names = ", ".join(
                f"{_called(one)} with {_called(other)}" for one, other in among[:_MOST_NAMED]
            )
            more = " and others" if len(among) > _MOST_NAMED else ""
            told.append(
                f"Generated rows repeat pairs of values that are {rare} in the data: {names}{more}"
            )
        return tuple(told)

    def _sentences(self) -> list[str]:
        return findings(self.warnings)

    def _header(self) -> list[str]:
        rare = "unique" if self.k == 2 else f"in fewer than {self.k} rows"
        header = ["values of", rare, "repeated", "generated rows", "fresh rows", "beyond chance"]
        return [*header, *(["examples"] * self._has_examples)]

    def _lines(self) -> list[list[str]]:
        kinds = [(called(each.name), each) for each in self.columns]
        pairs = [(" and ".join(map(called, each.name)), each) for each in self.pairs]
        lines = [
            [
                name,
                str(each.n_rare),
                str(each.n_repeated),
                f"{each.share:.2%}",
                f"{each.expected:.2%}",
                "yes" if each.is_beyond_chance else "no",
                *([", ".join(map(str, each.examples))] * self._has_examples),
            ]
            for name, each in [("whole rows", self.rows), *kinds, *pairs[:_MOST_PRINTED]]
        ]
        if more := len(pairs[_MOST_PRINTED:]):
            lines.append([f"{more} more pairs", *[""] * (len(lines[0]) - 1)])
        return lines

    @property
    def _has_examples(self) -> bool:
        return any(each.examples for each in (self.rows, *self.columns, *self.pairs))


def _called(name: Any) -> str:
    return f"column {name}" if isinstance(name, int) else repr(name)


def disclosure(
    train: TableLike, fake: TableLike, *, k: int = 2, pairs: bool = True, examples: int = 0
) -> Disclosure:
    r"""Disclosure (replicated uniques): rare values of the training data in generated rows.

    If only one training row has a name, a salary to the cent or a rare combination of two answers,
    and generated rows have it too, this may identify the row. The function checks the values of
    each column, combinations of two columns whose single values are not rare, and whole rows.

    A repeated rare value alone is no disclosure: the only age of 93 in the training data is likely
    to occur among fresh rows too. So regan compares the counts with what fresh rows would repeat.
    For this it leaves out each training row and compares it with the others. Of ages, fresh rows
    repeat about as many as generated rows. Of numbers with many decimals, names or identifiers,
    they repeat none, so a generated row with such a value took it from the training data.

    Parameters
    ----------
    train : array-like of shape (n, D)
        The rows that the generator was fitted on, not scaled.
    fake : array-like of shape (m, D)
    k : int, default=2
        Values of fewer than k training rows are rare; with 2, unique values.
    pairs : bool, default=True
        Whether to check pairs of columns. At most 32 columns are paired, those with the most values
        that are not rare.
    examples : int, default=0
        How many repeated values to list for each column, each pair and whole rows; 0 lists none.

    Returns
    -------
    Disclosure
        - `columns`, `pairs` and `rows`: the numbers of rare values and of repeated ones, the share
          of generated rows that have one, and the share expected of fresh rows.
        - `warnings`: the significant findings in words.

    Notes
    -----
    Of n training rows, those whose value occurs in 2 to k rows repeat a value that fewer than k of
    the other rows have. Their share is the Good-Turing estimate for a fresh row,
    :math:`\sum_{r=2}^{k} r N_r / n`, where :math:`N_r` values occur in r rows each. `p_value` is
    that of Fisher's exact test of generated rows against training rows. A finding is significant if
    its p-value is at most .001 and its share is more than twice that of fresh rows.

    A combination that is rare in reality occurs more often if a generator draws columns too
    independently. This does not disclose the training row. For pairs, `expected` is therefore at
    least the share of independent columns with the values of `fake`.

    A missing cell does not count as a value of a column, but it counts in whole rows. Whole rows of
    DataFrames are compared without columns of identifiers, which `fit` refuses by default. A column
    that numbers the rows repeats the numbers of the data, so leave it out.

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
    without = identifiers_of(train)
    return disclosure_of(
        one,
        other,
        names,
        k,
        pairs=pairs,
        examples=examples,
        texts=texts,
        whole=[j for j, name in enumerate(names) if name not in without] or None,
    )


def disclosure_of(
    train: np.ndarray,
    fake: np.ndarray,
    names: Sequence[Any],
    k: int = 2,
    *,
    pairs: bool = True,
    examples: int = 0,
    texts: Sequence[Texts] = (),
    whole: Sequence[int] | None = None,
) -> Disclosure:
    """As `disclosure`, of numbers (n, C) and (m, C), one a cell, NaN for missing ones.

    names : of the columns (C,); texts : of the numbers of each, for examples; whole : the columns,
    by position, of which whole rows consist, by default all.
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
    of_rows = range(len(names)) if whole is None else whole
    rows = teller.told(None, of_rows, _numbered(_in_one(cells[:, of_rows])))
    return Disclosure(tuple(columns), tuple(combined), rows, k)


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
