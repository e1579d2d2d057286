"""Arguments that a callee must not write to."""

from __future__ import annotations

import numpy as np

from regan.backends import Array, Backend


class Arguments:
    """Host arrays sent to the device, and compared with what callees have left of them.

    Parameters
    ----------
    ops : Backend
    name : str
        Who is called, for the message.
    """

    def __init__(self, ops: Backend, name: str) -> None:
        self.ops, self.name = ops, name
        self._given: list[tuple[Array, np.ndarray]] = []

    def put(self, a: np.ndarray) -> Array:
        """`a` on the device, never a view of it."""
        device = self.ops.asarray(np.array(a))
        self._given.append((device, np.array(a)))
        return device

    def check(self, what: str) -> None:
        """AssertionError if an array differs from what was given."""
        if not all(np.array_equal(self.ops.to_numpy(device), a) for device, a in self._given):
            raise AssertionError(f"{self.name}: {what} writes to its arguments")
