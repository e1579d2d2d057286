"""Rows that are not in memory: sources, what is learnt of them in one pass, streams to train on."""
