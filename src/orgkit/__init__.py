"""orgkit: bootstrap an AWS organization that a partner pays for and an institution runs."""

__version__ = "0.1.0"
