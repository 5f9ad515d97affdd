"""The command line: options, questions, signals and the lock. Only this room prints and asks."""
