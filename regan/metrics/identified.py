"""Columns of identifiers, which comparisons of samples leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regan.data.columns.cells import Cells
from regan.data.columns.identifiers import tell_identifiers
from regan.data.containers import column_names
from regan.data.encoder import TableEncoder
from regan.data.frames.dataframes import as_pandas, is_frame
from regan.typing import Identifiers
from regan.validation import shown, warn_user


def identifiers_of(X: Any) -> dict[Any, str]:
    """The columns of a DataFrame that a `TableEncoder` refuses as identifiers by default, by name,
    with the reason of each.
    """
    if not is_frame(X):
        return {}
    table, found, max_levels = as_pandas(X), {}, TableEncoder().max_levels
    for j, name in enumerate(column_names(X)):
        cells = Cells(name, table.iloc[:, j]).present
        if len(cells.series) and (why := tell_identifiers(cells, max_levels)) is not None:
            found[name] = why
    return found


def identified(X: Any, which: str) -> dict[Any, str]:
    """As `identifiers_of`, with a warning that names them.

    which : `X` in words. ValueError if there is no other column.
    """
    found = identifiers_of(X)
    listed = shown(", ".join(f"{name!r} ({why})" for name, why in found.items()))
    if found and len(found) == len(column_names(X)):
        raise ValueError(
            f"{which} has only columns of identifiers, so there is nothing to compare: {listed}"
        )
    if found:
        several = len(found) > 1
        warn_user(
            f"the comparison leaves out the column{'s' * several} {listed}: a generator should "
            f"not repeat identifiers. To compare {'them' if several else 'it'}, convert "
            f"{'the columns' if several else 'the column'} to a categorical dtype"
        )
    return found


def numbered(found: Mapping[Any, str], X: Any) -> Identifiers | dict[Any, Identifiers]:
    """The setting `ids` of an encoder that learns nothing of the columns `found` of `X`."""
    if not found:
        return "keep"
    return {name: "sequence" if name in found else "keep" for name in column_names(X)}
