"""Updates as Python makes them, and the same as a tape."""

import numpy as np

from regan.backends import numpy_backend, recording


def by_way(monkeypatch, way, train):
    """What ``train()`` gives by a way of `REGAN_TAPE`, and how many tapes were made.

    Every run is worth a tape.
    """
    made, recorded = [], recording.recorded

    def counted(*given):
        made.append(recorded(*given))
        return made[-1]

    with monkeypatch.context() as patched:
        patched.setattr(numpy_backend, "WORTH", 2)
        patched.setattr(numpy_backend, "recorded", counted)
        patched.setenv("REGAN_TAPE", way)
        return train(), sum(tape is not None for tape in made)


def both_ways(monkeypatch, train):
    """What ``train()`` gives plainly and taped, both a dict of arrays; how many tapes were made."""
    plain, none = by_way(monkeypatch, "0", train)
    assert not none
    return plain, *by_way(monkeypatch, "numpy", train)


def assert_equal_bits(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(other[name], value, err_msg=name)
