"""Updates on the CPU replayed by compiled code, where regan was installed with it."""
