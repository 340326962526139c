"""The report of an evaluated run: a page, figures and a model card."""
