"""Strings to ids, in graph."""
