"""One run: its inputs, its session, training, outcomes and folder."""
