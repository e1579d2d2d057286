"""The time that is left of a run, by a clock of the test."""

import pytest

from regan.training.state import Run
from regan.training.time_left import TimeLeft, as_clock, in_words


class Watch:
    """A clock, a run and what is left of it: updates take what the test says."""

    def __init__(self, n_updates, done=0, window=10):
        self.now, self.run, self.window = 100.0, Run(None, n_updates, done), window
        self.time = TimeLeft(self.run, lambda: self.now)

    def update(self, *seconds):
        for each in seconds:
            self.now += each
            self.run.done += 1
            self.time.step(self.run)
            if self.run.done % self.window == 0:
                self.time.report(self.run)
        return self.left

    @property
    def left(self):
        return self.time.seconds(self.run)


def test_an_even_pace_is_known_after_a_window():
    watch = Watch(100)
    assert watch.left is None
    assert watch.update(*[0.5] * 3) is None
    assert not watch.time.is_known
    assert watch.update(*[0.5] * 7) == pytest.approx(45)
    assert watch.time.is_known
    assert watch.time.whole(watch.run) == pytest.approx((50, 100))
    assert watch.update(*[0.5] * 5) == pytest.approx(42.5)  # within a window too
    assert watch.update(*[0.5] * 85) == 0


def test_the_first_update_tells_nothing():
    watch = Watch(100)
    assert watch.update(30, *[0.5] * 9) == pytest.approx(45)
    assert watch.time.whole(watch.run) == pytest.approx((79.5, 100))  # and is counted


def test_long_windows_are_seen_before_their_end():
    watch = Watch(1000, window=250)
    assert watch.update(1, 1) is None
    assert watch.update(1) == pytest.approx(997)


def test_the_first_window_of_one_update():
    watch = Watch(4, window=1)
    assert watch.update(3) == pytest.approx(9)
    assert watch.update(1) == pytest.approx(2)


def test_a_short_disturbance_moves_it_little_and_a_lasting_change_is_learnt():
    watch = Watch(1000)
    before = watch.update(*[0.1] * 500)
    assert watch.update(*[0.4] * 10) < 1.15 * before
    watch = Watch(1000)
    watch.update(*[0.1] * 250)
    watch.update(*[0.2] * 500)
    assert watch.left == pytest.approx(250 * 0.2, rel=0.1)
    assert watch.update(*[0.2] * 150) == pytest.approx(100 * 0.2, rel=0.05)


def test_it_falls_without_jumps():
    watch, before = Watch(400), None
    for i in range(400):
        left = watch.update(0.3 if i % 10 == 9 else 0.1)  # each window ends with a report
        if before is not None:
            assert abs(left - before) < 1.5
        before = left
    assert left == 0


def test_a_run_that_goes_on_counts_what_is_left():
    watch = Watch(100, done=60)
    assert watch.update(*[0.5] * 10) == pytest.approx(15)
    assert watch.time.whole(watch.run) == pytest.approx((20, 40))


def test_a_window_that_is_played_once_more():
    watch = Watch(100)
    watch.update(*[0.5] * 15)
    watch.run.done = 10
    assert watch.update(*[0.5] * 10) == pytest.approx(40, rel=0.2)


@pytest.mark.parametrize(
    ("seconds", "words", "clock"),
    [
        (0.04, "0.04 s", "0:00:00"),
        (9.949, "9.9 s", "0:00:10"),
        (9.96, "10 s", "0:00:10"),
        (99.6, "2 min", "0:01:40"),
        (5969, "99 min", "1:39:29"),
        (5990, "1 h 40 min", "1:39:50"),
        (400_000, "111 h 7 min", "111:06:40"),
        (None, None, "-:--:--"),
    ],
)
def test_durations(seconds, words, clock):
    assert as_clock(seconds) == clock
    assert seconds is None or in_words(seconds) == words
