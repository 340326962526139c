"""Strategy, step, loop and what survives them."""
