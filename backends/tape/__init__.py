"""Updates on the CPU as tapes: written down once, then replayed without the Python that made them."""
