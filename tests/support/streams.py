"""Streams over arrays in memory, and models fitted to them."""

import numpy as np

from regan.data.scaling import ColumnScaler
from regan.data.unscaled_rows import UnscaledRows
from regan.streams.stream import Stream


class ArrayStream(Stream):
    """Rows of numbers (n, C) in blocks, as a scaler has been learnt of them."""

    def __init__(self, numbers, scaler, codes=None, block=64, sample_rows=2000, buffer_rows=None):
        n = len(numbers)
        self.rows, self.scaler, self.all_codes, self.buffer_rows = (
            numbers,
            scaler,
            codes,
            buffer_rows,
        )
        self.starts = np.arange(0, n, block)
        self.ends = np.append(self.starts[1:], n)
        chosen = np.random.default_rng(5).permutation(n)[:sample_rows]
        self.sample_positions = np.sort(chosen)
        some = numbers[self.sample_positions]
        unscaled = isinstance(scaler, ColumnScaler)
        self.sample = UnscaledRows(scaler, some) if unscaled else scaler.forward(some)
        self.sample_codes = None if codes is None else codes[self.sample_positions]
        self.read = []

    def __len__(self):
        return len(self.rows)

    @property
    def lengths(self):
        return self.ends - self.starts

    def numbers(self, block, positions):
        rows = self.starts[block] + positions
        self.read.append(rows)
        return np.asarray(self.rows[rows], dtype=np.float64)

    def codes(self, block, positions):
        return None if self.all_codes is None else self.all_codes[self.starts[block] + positions]

    def encoded(self, numbers):
        return self.scaler.forward(numbers)

    def fingerprint(self):
        return {"rows": len(self), "sum": float(np.nansum(self.rows))}


def streaming(model, stream_class=ArrayStream, **options):
    """The same model, whose `fit` takes rows in memory as if they were not."""

    class Streaming(type(model)):
        def _learn(self, X, y, *, resume=False):
            rows, labels = super()._learn(X, y, resume=resume)
            codes = self._learn_labels(labels, len(X), resume)
            numbers = rows.numbers if isinstance(rows, UnscaledRows) else self._reader.read(self, X)
            self.stream = stream_class(numbers, self._reader.scaler, codes, **options)
            return self.stream, labels

    Streaming.__name__ = type(model).__name__
    model.__class__ = Streaming
    return model
