"""Control of training beside its updates: callbacks, early stopping, checkpoints."""
