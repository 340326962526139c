"""What can be known of a run before it trains: its data, its model, and whether the machine will do."""
