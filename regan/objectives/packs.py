"""Packing: rows that the discriminator judges together, each with its label columns."""

from __future__ import annotations

from dataclasses import dataclass

from regan.backends import Array


@dataclass(frozen=True)
class Packs:
    """The way from rows to packs and back.

    A row has the D columns of the data and, where the model is conditional, C columns of labels
    behind them; a pack has `size` rows, one behind the other. Lin et al., 2018 (arXiv:1712.04086).

    Attributes
    ----------
    size : int
        pac, the rows of a pack.
    n_features : int
        D.
    """

    size: int
    n_features: int

    def whole(self, n: int) -> int:
        """How many of `n` rows fill packs."""
        return n // self.size * self.size

    def join(self, rows: Array) -> Array:
        """Rows (K, N, D + C) as packs (K, N / pac, pac (D + C))."""
        k, n, d = rows.shape
        return rows if self.size == 1 else rows.reshape(k, n // self.size, self.size * d)

    def rows(self, packs: Array, like: Array) -> Array:
        """The data columns of packs, row by row, as `like` (K, N, D) has them."""
        return packs.reshape(like.shape[0], like.shape[1], -1)[..., : like.shape[-1]]

    def columns(self, packs: Array) -> Array:
        """The data columns of packs, (K, N / pac, pac D)."""
        if not self._labelled(packs):
            return packs
        k, n, _ = packs.shape
        return self._apart(packs)[..., : self.n_features].reshape(k, n, -1)

    def with_columns(self, packs: Array, columns: Array) -> Array:
        """A copy of `packs` with the data columns exchanged for `columns`."""
        if not self._labelled(packs):
            return columns
        copy = packs.copy()
        self._apart(copy)[..., : self.n_features] = self._apart(columns)
        return copy

    def add_columns(self, packs: Array, columns: Array) -> None:
        """Add `columns` to the data columns of `packs`, in place."""
        inside = self._apart(packs)[..., : self.n_features]
        inside += self._apart(columns)

    def _labelled(self, packs: Array) -> bool:
        """Whether the rows of packs have labels behind."""
        return bool(packs.shape[-1] != self.size * self.n_features)

    def _apart(self, packs: Array) -> Array:
        """Packs (K, N / pac, W) as views of their rows, (K, N / pac, pac, W / pac)."""
        k, n, width = packs.shape
        return packs.reshape(k, n, self.size, width // self.size)
