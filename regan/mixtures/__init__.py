"""Gaussian mixtures, whose components are the frames in which networks train."""
