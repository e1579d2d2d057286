"""Reading ahead: one thread, one key at a time, and errors where they are asked for."""

import threading

import pytest
from streams import reading_threads

from regan.training.read_ahead import ReadAhead


@pytest.fixture
def ahead():
    read = ReadAhead(lambda key: 1 / key)
    yield read
    read.close()
    assert not reading_threads()


def test_what_is_asked_for_is_what_is_there(ahead):
    ahead.begin(2)
    assert (ahead.get(2), ahead.get(4)) == (0.5, 0.25)
    ahead.begin(2)
    ahead.begin(8)  # in place of that
    assert (ahead.get(2), ahead.get(8)) == (0.5, 0.125)
    assert len(reading_threads()) == 1


def test_errors_come_where_it_is_asked_for(ahead):
    ahead.begin(0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            ahead.get(0)
    assert ahead.get(1) == 1


def test_closing_waits_for_what_is_read_and_forgets_it():
    begun, done = threading.Event(), threading.Event()
    read = []

    def wait(key):
        begun.set()
        done.wait(10)
        read.append(key)

    ahead = ReadAhead(wait)
    ahead.begin(1)
    begun.wait(10)
    ahead.begin(2)  # waits behind the first one
    threading.Timer(0.05, done.set).start()
    ahead.close()
    assert read == [1]
    assert not reading_threads()
    ahead.close()


def test_nothing_is_begun_without_need():
    ReadAhead(int).close()
    assert not reading_threads()
