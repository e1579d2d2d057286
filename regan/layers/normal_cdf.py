"""Uniform numbers from normal ones."""

from scipy.special import ndtr

from regan.backends import Kernel

# erfc and not normcdf: a C++ compiler without CUDA knows it too
NORMAL_CDF = Kernel(
    "normal_cdf",
    "T z",
    "T p",
    "p = T(0.5) * erfc(z * T(-0.7071067811865476));",
    lambda z, p: ndtr(z, out=p),
)
