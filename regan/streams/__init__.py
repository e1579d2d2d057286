"""Rows that are not in memory: sources, what is learned of all rows, and how they are drawn."""
