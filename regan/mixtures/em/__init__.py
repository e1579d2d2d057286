"""Mixtures of products of distributions, fitted by expectation maximization."""
