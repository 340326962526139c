"""Intervals and tables that the findings rest on."""
