"""Compiled code: elementwise kernels for the instruction sets of the processor."""
