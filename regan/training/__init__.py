"""The training loop: what it works on, what it changes, what it leaves behind."""
