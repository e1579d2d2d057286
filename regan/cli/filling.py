"""``regan impute``: the missing cells of a file, by a model or by a mixture fitted to the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regan.cli.advice import Source, in_terms_of
from regan.cli.encoders import check_rules
from regan.cli.given import GIVEN_NUMBERS
from regan.cli.manners import conclude, tell
from regan.cli.models import load_sampler
from regan.cli.reading import Reading
from regan.cli.unlike import values_beyond
from regan.data import TableEncoder
from regan.estimators import RegularizedMixture, load
from regan.estimators.view import ModelView, by_position
from regan.files.csv_files import listed
from regan.files.csv_parts import write_texts
from regan.files.filled_files import filled_parquets, filled_texts
from regan.files.incomplete import Incomplete
from regan.files.parquet_files import is_parquet, write_parquet
from regan.storage.places import STDOUT
from regan.storage.stored import FileError


def draws_of(output: Path, n: int) -> list[Path]:
    """The files of `n` draws: the one that is named, or several with numbers in their names."""
    if n == 1:
        return [output]
    if output == STDOUT:
        raise ValueError(
            "--draws writes several files, but standard output is one: name a file with -o"
        )
    stem, point, suffixes = output.name[1:].partition(".")
    return [
        output.with_name(f"{output.name[:1]}{stem}-{i}{point}{suffixes}") for i in range(1, n + 1)
    ]


def fill_file(
    model: Path | None,
    gaps: Path,
    outputs: Sequence[Path],
    random_state: int | None,
    reading: Reading,
) -> None:
    """Write the file `gaps` with its missing cells filled to each of the `outputs`."""
    if model is None:
        view, read, X = _fitted_to(gaps, random_state, reading)
    else:
        view, read, X = _known_to(model, gaps, reading)
    if read.file.is_parquet != is_parquet(outputs[0]) and outputs[0] != STDOUT:
        kind, other = ("Parquet", "text") if read.file.is_parquet else ("text", "Parquet")
        raise ValueError(
            f"{outputs[0]} would be {other}, and {gaps} is {kind}, whose cells are written as they "
            "are: name a file of its kind"
        )
    tables = _filled(view, read, X, len(outputs), random_state)
    left = [_is_missing(tables[0], j) & read.lost[:, j] for j in range(read.lost.shape[1])]
    if read.file.is_parquet:
        for path, table in zip(outputs, filled_parquets(read, tables), strict=True):
            write_parquet(path, [table])
    else:
        for path, text in zip(outputs, filled_texts(read, tables), strict=True):
            write_texts(path, [text])
    _tell_of_rest(read, left)
    n, where = int(read.lost.sum() - np.sum(left)), int((read.lost.any(axis=0)).sum())
    what = f"{n} missing cell{'s' * (n != 1)} of {where} column{'s' * (where != 1)} filled"
    more = f"{outputs[0]} and {len(outputs) - 1} more, up to " if len(outputs) > 1 else ""
    conclude(f"{what}, written to {more}".rstrip(), outputs[-1])


def _fitted_to(
    path: Path, random_state: int | None, reading: Reading
) -> tuple[ModelView, Incomplete, Any]:
    """A mixture of the rows of a file, and these."""
    _refuse_model(path)
    read, table = reading.incomplete_table(path)
    if len(table.frame) < 2:
        raise ValueError(f"{path} has one row, but fitting a model needs at least two")
    settings = check_rules(table).encoder_settings
    ids = dict.fromkeys(table.look_like_identifiers, "sequence")  # they stay as they are
    encoder = TableEncoder(**settings | {"ids": ids | settings.get("ids", {})})
    with in_terms_of(Source(path, read.rows, of_fit=False)):
        model = RegularizedMixture(standardize=encoder, random_state=random_state)
        return ModelView(model.fit(table.frame)), read, table.frame


def _refuse_model(path: Path) -> None:
    """ValueError for a model in the place of a table."""
    if not path.is_file():
        return  # a pipe is read once
    try:
        load(path)
    except (FileError, OSError):
        return
    raise ValueError(f"{path} is a model: name a file with missing cells after it")


def _known_to(model: Path, path: Path, reading: Reading) -> tuple[ModelView, Incomplete, Any]:
    """A model, and the rows of a file in its columns."""
    view = ModelView(load_sampler(model))
    read = reading.incomplete(view, model, path)
    if view.encoder is None:
        view = ModelView(by_position(view.model))
        return view, read, read.frame.to_numpy(dtype=float)
    X = view.encoder.named(read.frame.copy())
    for sentence in values_beyond(view, X, read.rows):
        tell(f"Warning: {path}: {sentence}")
    return view, read, X


def _filled(
    view: ModelView, read: Incomplete, X: Any, n: int, random_state: int | None
) -> list[Any]:
    try:
        with in_terms_of(Source(read.path, read.rows, of_fit=False)):
            return view.impute(X, n, random_state)
    except ValueError as error:
        if "can draw cells given numbers" not in str(error):
            raise
        raise ValueError(f"{error}; {GIVEN_NUMBERS}") from error


def _is_missing(table: Any, j: int) -> np.ndarray:
    """Which cells of a column are missing."""
    if isinstance(table, np.ndarray):
        return np.asarray(np.isnan(table[:, j]))
    return np.asarray(table.iloc[:, j].isna())


def _tell_of_rest(read: Incomplete, left: Sequence[np.ndarray]) -> None:
    """Tell of columns whose missing cells nothing is known of."""
    names = [str(n) for n, each in zip(read.frame.columns, left, strict=True) if each.any()]
    if names:
        tell(
            f"Warning: {read.path}: the missing cells of {listed(names)} are not filled: the "
            "model knows no values for them, or they number the rows"
        )
