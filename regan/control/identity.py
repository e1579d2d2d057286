"""Identity of a run: the settings and the data that have to be the same for it to go on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

import numpy as np

from regan.data.containers import name_columns
from regan.data.encoded_rows import pieces_of
from regan.data.literals import steady
from regan.data.reader import Reader
from regan.data.scaling import Scaler
from regan.data.table_scaler import TableScaler
from regan.data.unscaled_rows import UnscaledRows, in_pieces
from regan.mixtures.coordinates import Matrix
from regan.storage.stored import Stored
from regan.streams.stream import Stream

_FREE = ("backend", "callbacks", "verbose", "warm_start")
"""Settings that may change: what is computed stays the same."""

_NAMED = 5


@dataclass(frozen=True)
class Identity:
    """A run's settings and data, in JSON's terms.

    Attributes
    ----------
    model : str
        The class.
    spec : dict
        Its specification, as `ModelSpec.describe` gives it: this is compared.
    settings : dict of str to str
        How each setting is shown.
    shape : list of int
        Rows and columns of the data.
    names : list of str
        The columns', as they are shown.
    columns : list of str
        A digest of each column, scaled.
    labels : str or None
        A digest of the class labels.
    start : int
        Updates before the run.
    stream : str or None
        A digest of what is known of all rows, and of how they are read, where they are not in
        memory: the digests of columns and labels are those of a sample then.
    """

    model: str
    spec: dict[str, Any]
    settings: dict[str, str]
    shape: list[int]
    names: list[str]
    columns: list[str]
    labels: str | None
    start: int
    stream: str | None = None

    @classmethod
    def of(
        cls,
        model: str,
        spec: dict[str, Any],
        settings: Mapping[str, Any],
        reader: Reader,
        rows: tuple[Matrix | UnscaledRows | Stream, Matrix | None],
        start: int,
    ) -> Self:
        """Of a fit to rows (n, D) and one-hot labels (n, C), after `start` updates; or to a stream,
        and the labels of its sample.

        Of a table of mixed columns the numbers and levels are compared, and not their encoding.
        """
        X, labels = rows
        columns, known = _digests_of(reader.scaler, X), None
        if isinstance(X, Stream):
            own = {**X.fingerprint(), "buffer_rows": X.buffer_rows}
            known = hashlib.sha256(json.dumps(own, sort_keys=True).encode())
        return cls(
            model,
            spec,
            {name: repr(settings[name]) for name in sorted(settings) if name not in _FREE},
            [len(X), len(columns)],
            [repr(steady(name)) for name in reader.names],
            columns,
            None if labels is None else _digest(labels),
            start,
            None if known is None else known.hexdigest(),
        )

    def beside(self, other: Identity, here: str, there: str) -> Identity:
        """Of a fit to two tables, from those of fits to each of them, which are called so."""
        both = (self, here), (other, there)
        return replace(
            self,
            shape=[a + b for a, b in zip(self.shape, other.shape, strict=True)],
            names=[f"{name} of {which}" for each, which in both for name in each.names],
            columns=[*self.columns, *other.columns],
            labels=f"{self.shape[0]} and {other.shape[0]} rows",
        )

    def export(self) -> dict[str, Any]:
        """As a dict for JSON."""
        return asdict(self)

    @classmethod
    def restore(cls, stored: Stored) -> Self:
        """The inverse of `export`, from a file."""
        entries = {"stream": None, **{n: entry.value for n, entry in stored.entries().items()}}
        model, spec, settings, shape, names, columns, labels, start, stream = Stored(
            entries, stored.place
        ).fields(*(field.name for field in fields(cls)))
        n_rows, n_columns = (n.integer() for n in shape.items(2))
        return cls(
            model.text(),
            {name: entry.value for name, entry in spec.entries().items()},
            {name: entry.text() for name, entry in settings.entries().items()},
            [n_rows, n_columns],
            [name.text() for name in names.items(n_columns)],
            [digest.text() for digest in columns.items(n_columns)],
            None if labels.is_none else labels.text(),
            start.integer(),
            None if stream.is_none else stream.text(),
        )

    def difference(self, now: Identity) -> str | None:
        """What is different `now`, in words; None if nothing is."""
        if self.model != now.model:
            return f"it is the checkpoint of a {self.model}, and this is a {now.model}"
        if self.spec != now.spec:
            changed = [n for n, v in now.settings.items() if self.settings.get(n) != v]
            was, is_ = (
                " and ".join(f"{n}={identity.settings.get(n, '?')}" for n in changed)
                for identity in (self, now)
            )
            return (
                f"it was written with {was or 'other settings'}, and the model now has "
                f"{is_ or 'these settings'}"
            )
        if self.shape != now.shape:
            was, is_ = ("{} rows of {} columns".format(*i.shape) for i in (self, now))
            return f"it was written for {was}, and the data now have {is_}"
        return self._difference_of_data(now)

    def _difference_of_data(self, now: Identity) -> str | None:
        if self.names != now.names:
            pairs = zip(self.names, now.names, strict=True)
            was, is_ = map(_some, zip(*(pair for pair in pairs if pair[0] != pair[1]), strict=True))
            return f"it was written for the columns {was}, and the data now have {is_}"
        other = np.array([a != b for a, b in zip(self.columns, now.columns, strict=True)])
        if other.any():
            where = name_columns(tuple(map(_Shown, self.names)), other)
            return f"it was written for data with other values in {where}"
        if self.labels != now.labels:
            return "it was written for data with other class labels"
        if self.stream != now.stream:
            return "it was written for other rows, or with another buffer_rows"
        if self.start != now.start:
            return (
                f"it belongs to a fit that began at update {self.start}, and this fit begins at "
                f"update {now.start}"
            )
        return None


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


class _Shown(str):
    """Text that is its own repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _digests_of(scaler: Scaler, X: Matrix | UnscaledRows | Stream) -> list[str]:
    """A digest of each column of the data, or of a sample of them: of its numbers, and what it
    holds beside.
    """
    if isinstance(X, Stream):
        return _digests_of(scaler, X.sample)
    if not isinstance(scaler, TableScaler):
        found = [hashlib.sha256() for _ in range(X.shape[1])]
        for piece in in_pieces(X):
            for own, column in zip(found, piece.T, strict=True):
                own.update(np.ascontiguousarray(column).tobytes())
        return [own.hexdigest() for own in found]
    assert not isinstance(X, UnscaledRows)
    encoder = scaler.encoder
    each = zip(scaler.inverse(X).T, encoder.dtypes_, encoder.columns_, strict=True)
    return [
        _digest(
            numbers,
            f"{replace(dtype, categories=steady(dtype.categories))} {steady(column.identity)}",
        )
        for numbers, dtype, column in each
    ]


def _digest(values: Matrix, what: str = "") -> str:
    found = hashlib.sha256()
    for piece in pieces_of(values):
        found.update(np.ascontiguousarray(piece).tobytes())
    found.update(what.encode("utf-8", "surrogatepass"))
    return found.hexdigest()
