"""What the machine is: whose process, console, files here and remote, disk, locks, processor, workers, environment."""
