"""The user's data: containers, columns and labels, and the matrices that models train on."""

from regan.data.encoder import TableEncoder
from regan.data.faults import ColumnsError

__all__ = ["ColumnsError", "TableEncoder"]
