"""The result of an evaluation: rows of a table, a verdict, and how notebooks show both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from regan.metrics.differences import Difference, Differences
from regan.metrics.overall import Verdict, verdict_on
from regan.metrics.rows import Row

_COLORS = ("#2e9e5b", "#8aa52e", "#d98a1f", "#d64545")
"""Of levels; drawn as a line and as a shade, which are visible on light and on dark pages."""


class Evaluation(list[Row]):
    """The result of `evaluate`: a list of `Row`, with a verdict in words.

    A notebook shows it as a table with colors; ``print`` as a table of text.

    Parameters
    ----------
    rows : iterable of Row
    columns, pairs : sequences of Difference
        See the attributes.
    warned : sequence of str
        What membership inference found beyond chance.
    seen : str
        Why the held-out rows are not unseen; empty if they are.
    n_rows : tuple of int
        How many real and generated rows `columns` and `pairs` compare; empty if unknown.
    left_out : sequence of hashable
        See the attributes.

    Attributes
    ----------
    columns : list of Difference, which prints as a table
        How much each column differs, the largest difference first, but those within chance behind
        all others.
    pairs : list of Difference
        The 10 pairs of columns whose association differs most, in the same order.
    warned : tuple of str
    seen : str
    n_rows : tuple of int
    left_out : tuple of hashable
        The names of columns of identifiers, which were not compared.

    Examples
    --------
    >>> import numpy as np
    >>> from regan.metrics import evaluate
    >>> real, fake = np.random.default_rng(0).normal(size=(2, 200, 2))
    >>> evaluation = evaluate(real, fake + [0, 2])
    >>> print(evaluation[4].name, evaluation[4].verdict)
    coverage far off
    >>> [(each.name, round(each.distance, 2)) for each in evaluation.columns[:1]]
    [('column 1', 0.69)]
    """

    def __init__(
        self,
        rows: Iterable[Row] = (),
        *,
        columns: Sequence[Difference] = (),
        pairs: Sequence[Difference] = (),
        warned: Sequence[str] = (),
        seen: str = "",
        n_rows: Sequence[int] = (),
        left_out: Sequence[Any] = (),
    ) -> None:
        super().__init__(rows)
        self.columns, self.pairs = Differences(columns), Differences(pairs)
        self.warned, self.left_out = tuple(warned), tuple(left_out)
        self.seen, self.n_rows = seen, tuple(n_rows)

    @property
    def verdict(self) -> Verdict:
        """The evaluation in words: quality, and privacy."""
        return verdict_on(self, self.columns, self.pairs, self.warned, self.seen, self.n_rows)

    def to_frame(self) -> Any:
        """The rows as a DataFrame of pandas, with a verdict on each; metrics are the index.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError(
                "to_frame gives a DataFrame of pandas, which is missing: pip install pandas"
            ) from error
        fields = ("value", "floor", "greater_is_better", "chance", "gap", "verdict", "meaning")
        return pandas.DataFrame(
            {name: [getattr(row, name) for row in self] for name in fields},
            index=pandas.Index([row.name for row in self], name="metric"),
        )

    def __str__(self) -> str:
        lines = [f"{'metric':24}{'generated':>10}{'floor':>10}  verdict"]
        lines += [
            f"{row.name:24}{row.value:z10.3f}{row.floor:z10.3f}  {row.verdict}" for row in self
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """A table with a color for each verdict, and the verdict on all below it."""
        header = "".join(f"<th>{name}</th>" for name in _HEADER)
        lines = "".join(map(_line, self))
        told = str(self.verdict).splitlines()
        words = "".join(f"<p>{escape(sentence)}</p>" for sentence in told)
        return f"<table><thead><tr>{header}</tr></thead><tbody>{lines}</tbody></table>{words}"


_HEADER = ("metric", "generated", "floor", "better", "verdict")


def _line(row: Row) -> str:
    color = _COLORS[row.level]
    style = f"border-left: 4px solid {color}; background: {color}33; text-align: left"
    cells = (
        f"<td>{row.value:z.3f}</td><td>{row.floor:z.3f}</td>"
        f"<td>{'higher' if row.greater_is_better else 'lower'}</td>"
    )
    return (
        f'<tr><th title="{escape(row.meaning)}">{escape(row.name)}</th>{cells}'
        f'<td style="{style}">{escape(row.verdict)}</td></tr>'
    )
