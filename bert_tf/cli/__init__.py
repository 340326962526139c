"""The command line: flags to one frozen config, and one thin function a command."""
