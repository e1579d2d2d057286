"""Updates on the CPU replayed by compiled code, where there was a compiler when regan was installed."""
