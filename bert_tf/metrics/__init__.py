"""Scores from answers and truth, as numbers of NumPy."""
