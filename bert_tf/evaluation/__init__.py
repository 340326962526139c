"""Model and task to numbers, answers and files."""
