"""The task that the user's own files make."""
