"""Pictures of fitted models and of searches, after scikit-learn's conventions.

A display holds what it shows in its attributes. ``from_estimator`` computes that and draws it;
`plot` draws it again, elsewhere, without computing.
"""

from regan.displays.base import Display
from regan.displays.coverage import CoverageDisplay
from regan.displays.path import PathDisplay
from regan.displays.samples import SamplesDisplay
from regan.displays.training import TrainingDisplay

__all__ = ["CoverageDisplay", "Display", "PathDisplay", "SamplesDisplay", "TrainingDisplay"]
