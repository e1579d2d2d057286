"""A fitted model and its data on one HTML page."""

from regan.report.contents import write_report

__all__ = ["write_report"]
