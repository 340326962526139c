"""Examples from files, and batches from examples."""
