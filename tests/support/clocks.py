"""Clocks for what takes time: tests never look at a real one."""


class StepClock:
    """A clock that shows so many seconds more at each look."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now

    def pass_by(self, seconds):
        """Let time pass between two looks."""
        self.now += seconds
