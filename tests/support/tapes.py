"""Updates as Python makes them, and the same as a tape."""

import numpy as np

from regan.backends import numpy_backend, recording


def both_ways(monkeypatch, train):
    """What ``train()`` gives plainly and taped, both a dict of arrays; how many tapes were made.

    Every run is worth a tape.
    """
    made, recorded = [], recording.recorded

    def counted(*given):
        made.append(recorded(*given))
        return made[-1]

    monkeypatch.setattr(numpy_backend, "WORTH", 2)
    monkeypatch.setattr(numpy_backend, "recorded", counted)
    monkeypatch.setenv("REGAN_TAPE", "0")
    plain = train()
    assert not made
    monkeypatch.setenv("REGAN_TAPE", "numpy")
    return plain, train(), sum(tape is not None for tape in made)


def assert_equal_bits(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(other[name], value, err_msg=name)
