"""Metrics that compare generated with real rows, and metrics of imputed cells.

The metrics do not scale arrays of numbers: scale the columns first. They compare rows by Euclidean
distance. DataFrames are scaled by the first sample if any sample has missing cells or columns that
are not floating-point numbers. Each level is then a one-hot column, and a missing cell is a further
level.
"""

from regan.metrics.classifier import ClassifierTest, classifier_test
from regan.metrics.detection import Detection
from regan.metrics.differences import Difference
from regan.metrics.disclosure import Disclosure, Repeated, disclosure
from regan.metrics.distances import energy_distance, mmd, sliced_wasserstein, wasserstein
from regan.metrics.evaluation import METRICS, Metric, Scorer, evaluate
from regan.metrics.hiding import hide_cells
from regan.metrics.imputation import ImputationRow, imputation
from regan.metrics.membership import Attack, Membership, membership
from regan.metrics.modes import ModeReport, mode_report
from regan.metrics.neighbors import PRDC, PrecisionCoverage, prdc, precision_coverage
from regan.metrics.overall import Verdict
from regan.metrics.privacy import ClosestRecords, closest_records
from regan.metrics.results import Evaluation
from regan.metrics.rows import Row
from regan.metrics.score import two_sample_score

__all__ = [
    "METRICS",
    "PRDC",
    "Attack",
    "ClassifierTest",
    "ClosestRecords",
    "Detection",
    "Difference",
    "Disclosure",
    "Evaluation",
    "ImputationRow",
    "Membership",
    "Metric",
    "ModeReport",
    "PrecisionCoverage",
    "Repeated",
    "Row",
    "Scorer",
    "Verdict",
    "classifier_test",
    "closest_records",
    "disclosure",
    "energy_distance",
    "evaluate",
    "hide_cells",
    "imputation",
    "membership",
    "mmd",
    "mode_report",
    "prdc",
    "precision_coverage",
    "sliced_wasserstein",
    "two_sample_score",
    "wasserstein",
]
