"""What a person is shown of an evaluation: a page, its figures, and a model card."""
