"""What is measured or compared over whole runs."""
