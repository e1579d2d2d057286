"""Columns of numbers: what they look like, their scales, their grids, their distributions."""
