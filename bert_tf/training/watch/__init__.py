"""What is noticed while training runs: faults, stalls, signals, the end of a machine."""
