"""Work on the device recorded in a CUDA graph, and repeated by one launch."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from regan.validation import warn_user

SWITCH = "REGAN_CUDA_GRAPHS"
"""The environment variable that switches recording off with 0."""


def wanted() -> bool:
    """Whether work may be recorded."""
    return os.environ.get(SWITCH, "1") != "0"


def record(
    cupy: Any, first: Callable[[], None], again: Callable[[], None]
) -> Callable[[], None] | None:
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
    with cupy.cuda.using_allocator(pool.malloc), stream:
        first()
        graph = _captured(stream, again)
    current.wait_event(stream.record())
    if graph is None:
        return None
    kept = pool, again  # and with `again` the arrays that it works on

    def repeat(_: Any = kept) -> None:
        graph.launch()

    return repeat


def _captured(stream: Any, work: Callable[[], None]) -> Any:
    """The graph of `work`, or None after a warning."""
    try:
        stream.begin_capture()
        try:
            work()
        finally:
            graph = stream.end_capture()
    except Exception as error:  # CuPy, cuBLAS and the driver refuse in classes of their own
        warn_user(
            f"updates cannot be recorded in a CUDA graph and run kernel by kernel, more slowly: "
            f"{type(error).__name__}: {error}; {SWITCH}=0 turns recording off, and this warning"
        )
        return None
    return graph
