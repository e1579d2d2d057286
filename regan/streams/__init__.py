"""Rows that are not in memory: sources, what is learnt of all rows, and how they are drawn."""
