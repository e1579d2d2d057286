"""Gaussian mixtures: the frames in which networks train."""
