"""Checkpoints as tables of names."""
