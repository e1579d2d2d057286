"""Updates on the CPU as tapes: written down once, then replayed without walking through Python."""
