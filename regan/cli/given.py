"""What ``regan sample`` is asked of its rows: by ``--where``, or by a file with ``--like``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from regan.cli.reading import Reading
from regan.cli.where import read_where
from regan.data.containers import column_index
from regan.data.row_names import BY_POSITION, RowNames
from regan.estimators.view import ModelView

GIVEN_NUMBERS = (
    "`regan fit --model mixture` fits a model that can draw cells given any cells, and so does "
    "`regan fit --masked` (a GAN or VAE)"
)
"""What helps where a model cannot be given what it is asked for."""

_ROW = re.compile(r"\bin row (\d+)( \[index .*?\])?")


@dataclass(frozen=True, eq=False)
class Given:
    """Conditions on the rows of a model.

    Attributes
    ----------
    conditions : mapping, DataFrame or None
    what : str
        Where they are from.
    rows : RowNames
        What the rows of a table are called.
    """

    conditions: Any = None
    what: str = "--where"
    rows: RowNames = BY_POSITION

    @property
    def n_rows(self) -> int:
        """How many rows of conditions there are."""
        return (
            1
            if self.conditions is None or isinstance(self.conditions, dict)
            else len(self.conditions)
        )

    @contextmanager
    def in_words(self) -> Iterator[None]:
        """Errors about conditions name where these are from, and what helps."""
        try:
            yield
        except (ValueError, TypeError, RuntimeError) as error:
            if self.conditions is None or type(error) not in (ValueError, TypeError, RuntimeError):
                raise
            raise ValueError(self._told(str(error))) from error

    def _told(self, text: str) -> str:
        helps = f"; {GIVEN_NUMBERS}" if "RegularizedMixture" in text else ""
        text = _ROW.sub(lambda found: f"in {self.rows.one(int(found[1]))}", text)
        text = text.removeprefix("conditions: ")
        return text + helps if text.startswith(self.what) else f"{self.what}: {text}{helps}"


def given_rows(parts: Iterator[np.ndarray], given: Given) -> Iterator[np.ndarray]:
    """The parts of rows, whose errors name the conditions."""
    with given.in_words():
        yield from parts


def read_given(
    view: ModelView, model: Path, wheres: Sequence[str], like: Path | None, reading: Reading
) -> Given:
    """The conditions that a user gives. ValueError and UsageError for what is none."""
    if like is None:
        if reading != Reading():
            raise click.UsageError(
                f"{reading.words[0]} is an option for reading a table: it needs --like FILE"
            )
        if not wheres:
            return Given()
        with Given({}).in_words():
            return Given(read_where(wheres, view))
    if wheres:
        raise click.UsageError(
            "--like and --where cannot be combined: give one of them; a table of --like may have "
            "all conditions as columns"
        )
    read = reading.incomplete(view, model, like, only_known=True)
    names = tuple(view.names[j] for j in read.columns)
    frame = read.frame
    frame.columns = column_index(names, (None,))
    return Given(frame, str(like), read.rows)
