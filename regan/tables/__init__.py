"""Tables of mixed columns, and the matrices that models train on."""

from regan.tables.encoder import TableEncoder

__all__ = ["TableEncoder"]
