"""What steers training beside its updates: callbacks, early stopping, checkpoints."""
