"""Layers, encoder and heads."""
