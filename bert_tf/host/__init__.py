"""What the machine is: console, files, disk, locks, processor, workers, environment."""
