"""Work on the device recorded in a CUDA graph, and repeated by one launch."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import local
from typing import Any

from regan.backends.base import Array
from regan.validation import warn_user

SWITCH = "REGAN_CUDA_GRAPHS"
"""The environment variable that switches recording off with 0."""

WORTH = 10
"""Repetitions from which on a graph pays."""


def wanted() -> bool:
    """Whether work may be recorded."""
    return os.environ.get(SWITCH, "1") != "0"


class Recording:
    """A CUDA graph with everything that it works on."""

    def __init__(self, graph: Any, result: Array, pool: Any, *kept: Any) -> None:
        self._graph, self._result, self._pool, self._kept = graph, result, pool, kept

    def repeat(self) -> Array:
        """Ask the device for all of it, on the current stream."""
        self._graph.launch()
        return self._result

    def close(self) -> None:
        """Drop the graph; a pool gives nothing back by itself when it is dropped."""
        self._graph, self._result, self._kept = None, None, ()
        self._pool.free_all_blocks()


def record(cupy: Any, first: Callable[[], Array], again: Callable[[], Array]) -> Recording | None:
    """See `regan.backends.Backend.record`.

    A stream is captured: what it is asked to do is written down with all addresses and not done.
    So everything happens in a memory pool of the graph's own. `first` leaves it holding every block
    that `again` needs, and nobody else ever gets one of them; arrays that `again` makes and drops
    share blocks as they would without a graph, since it repeats them in the same order.
    """
    pool = cupy.cuda.MemoryPool()
    current = cupy.cuda.get_current_stream()
    # a blocking stream cannot be captured while the legacy stream is in use
    stream = cupy.cuda.Stream(non_blocking=True)
    stream.wait_event(current.record())
    _OUTER.allocator, graph, result = cupy.cuda.get_allocator(), None, None
    try:
        with cupy.cuda.using_allocator(pool.malloc), stream:
            first()
            graph, result = _captured(stream, again)
    finally:
        del _OUTER.allocator
        if graph is None:
            pool.free_all_blocks()
    current.wait_event(stream.record())
    if graph is None:
        return None
    # the stream too, for its address must not be another's; and with `again` what that works on
    return Recording(graph, result, pool, stream, again)


_OUTER = local()


def outside(cupy: Any) -> AbstractContextManager[Any]:
    """A context for what outlives a recording though it is made during one."""
    allocator = getattr(_OUTER, "allocator", None)
    return nullcontext() if allocator is None else cupy.cuda.using_allocator(allocator)


def _captured(stream: Any, work: Callable[[], Array]) -> tuple[Any, Array]:
    """The graph of `work` and its result, or None for both after a warning."""
    try:
        stream.begin_capture()
        try:
            result = work()
        finally:
            graph = stream.end_capture()
    except Exception as error:  # CuPy, cuBLAS and the driver refuse in classes of their own
        warn_user(
            f"updates cannot be recorded in a CUDA graph and run kernel by kernel, more slowly: "
            f"{type(error).__name__}: {error}; {SWITCH}=0 turns recording off, and this warning"
        )
        return None, None
    return graph, result
