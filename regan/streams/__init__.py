"""Rows that are not in memory: what they are read from, what is learnt of all, how they are drawn."""
