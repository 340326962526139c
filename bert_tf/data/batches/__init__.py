"""Rows to batches: which rows form which batch, and the tensors that they become."""
